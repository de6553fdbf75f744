"""Training sessions: enrol, attend, results."""

from django.http import HttpRequest
from ninja import Router

from workflow_app.api.auth import signed_in
from workflow_app.api.schemas.common import Id, PageOut
from workflow_app.api.schemas.training import (
    AttendIn,
    EnrolIn,
    EnrolmentOut,
    ParticipantsOut,
    ResultsIn,
    SessionOut,
)
from workflow_app.models import Enrolment
from workflow_app.selectors.training import get_session, list_enrolments, list_own_enrolments, list_sessions
from workflow_app.services.training import (
    attendance_code,
    cancel_enrolment,
    check_in,
    check_out,
    enrol,
    record_results,
)

router = Router(tags=["training"])


@router.get("/sessions", response=PageOut[SessionOut], operation_id="training_sessions_list")
def training_sessions_list(request: HttpRequest) -> PageOut[SessionOut]:
    """Sessions that have not ended, soonest first."""
    return PageOut(items=[SessionOut.of(info) for info in list_sessions()], next=None)


@router.get("/sessions/{int:session_id}", response=SessionOut, operation_id="training_sessions_get")
def training_sessions_get(request: HttpRequest, session_id: Id) -> SessionOut:
    """One session with the seats that are left."""
    return SessionOut.of(get_session(session_id))


@router.get(
    "/sessions/{int:session_id}/enrolments",
    response=ParticipantsOut,
    operation_id="training_participants_list",
)
def training_participants_list(request: HttpRequest, session_id: Id) -> ParticipantsOut:
    """Who is enrolled, for the trainers of the session."""
    rows = list_enrolments(signed_in(request), session_id)
    session = get_session(session_id).session
    return ParticipantsOut(
        items=[EnrolmentOut.of(row.enrolment) for row in rows],
        check_in_code=attendance_code(session, "in"),
        check_out_code=attendance_code(session, "out"),
    )


@router.get("/enrolments", response=PageOut[EnrolmentOut], operation_id="training_enrolments_list")
def training_enrolments_list(request: HttpRequest) -> PageOut[EnrolmentOut]:
    """The enrolments of the subjects the account acts for, latest session first."""
    return _several(list_own_enrolments(signed_in(request)))


@router.post(
    "/sessions/{int:session_id}/enrol",
    response={201: EnrolmentOut},
    operation_id="training_enrolments_create",
)
def training_enrolments_create(request: HttpRequest, session_id: Id, body: EnrolIn) -> EnrolmentOut:
    """Book a seat for a repair case, or a place on the waiting list when the session is full."""
    return EnrolmentOut.of(enrol(session_id=session_id, case_number=body.case, user=signed_in(request)))


@router.post(
    "/sessions/{int:session_id}/cancel", response=EnrolmentOut, operation_id="training_enrolments_cancel"
)
def training_enrolments_cancel(request: HttpRequest, session_id: Id, body: EnrolIn) -> EnrolmentOut:
    """Give the seat back before the session begins."""
    row = cancel_enrolment(session_id=session_id, case_number=body.case, user=signed_in(request))
    return EnrolmentOut.of(row)


@router.post(
    "/sessions/{int:session_id}/check-in", response=EnrolmentOut, operation_id="training_enrolments_check_in"
)
def training_enrolments_check_in(request: HttpRequest, session_id: Id, body: AttendIn) -> EnrolmentOut:
    """Say that somebody has come."""
    row = check_in(
        session_id=session_id,
        user=signed_in(request),
        enrolment_id=body.enrolment,
        code=body.code,
        case_number=body.case,
    )
    return EnrolmentOut.of(row)


@router.post(
    "/sessions/{int:session_id}/check-out",
    response=EnrolmentOut,
    operation_id="training_enrolments_check_out",
)
def training_enrolments_check_out(request: HttpRequest, session_id: Id, body: AttendIn) -> EnrolmentOut:
    """Say that somebody has left."""
    row = check_out(
        session_id=session_id,
        user=signed_in(request),
        enrolment_id=body.enrolment,
        code=body.code,
        case_number=body.case,
    )
    return EnrolmentOut.of(row)


@router.post(
    "/sessions/{int:session_id}/results",
    response=PageOut[EnrolmentOut],
    operation_id="training_results_create",
)
def training_results_create(request: HttpRequest, session_id: Id, body: ResultsIn) -> PageOut[EnrolmentOut]:
    """Enter the results after the session. Certificates are given, and the repair cases go on."""
    results = {each.enrolment: each.score for each in body.results}
    return _several(record_results(session_id=session_id, user=signed_in(request), results=results))


def _several(rows: list[Enrolment]) -> PageOut[EnrolmentOut]:
    return PageOut(items=[EnrolmentOut.of(row) for row in rows], next=None)
