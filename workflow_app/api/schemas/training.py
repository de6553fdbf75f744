"""Training sessions and who takes part."""

from datetime import date
from typing import Annotated

from pydantic import Field, StrictInt

from workflow_app.api.schemas.common import AgencyOut, BodyId, Input, Moment, Output, SubjectOut, is_english
from workflow_app.models import Enrolment
from workflow_app.selectors.training import SessionInfo, minutes_present

CaseNumber = Annotated[str, Field(min_length=1, max_length=40)]


class SessionOut(Output):
    """One date of a course."""

    id: int
    course: str
    title: str
    agency: AgencyOut
    place: str
    is_online: bool
    starts_at: Moment
    ends_at: Moment
    seats: int
    seats_left: int
    waiting: int

    @classmethod
    def of(cls, info: SessionInfo) -> "SessionOut":
        session = info.session
        return cls(
            id=session.pk,
            course=session.course.code,
            title=session.course.title_en if is_english() else session.course.title,
            agency=AgencyOut.of(session.agency),
            place=session.place,
            is_online=session.is_online,
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            seats=session.seats,
            seats_left=info.seats_left,
            waiting=info.waiting,
        )


class EnrolIn(Input):
    """The repair case that asked for the training."""

    case: CaseNumber


class AttendIn(Input):
    """Who has come or leaves. A trainer names the enrolment; a participant gives the code shown in the room.

    `case` is needed when the account has enrolled several subjects.
    """

    enrolment: BodyId | None = None
    code: Annotated[str, Field(max_length=20)] = ""
    case: Annotated[str, Field(max_length=40)] = ""


class ResultIn(Input):
    """The result of one participant; `score` (0 to 100) where the course has a test."""

    enrolment: BodyId
    score: StrictInt | None = None


class ResultsIn(Input):
    """The results of a session."""

    results: Annotated[list[ResultIn], Field(min_length=1, max_length=500)]


class EnrolmentOut(Output):
    """One participant of one session."""

    id: int
    session: int
    case: str
    subject: SubjectOut
    status: str
    enrolled_at: Moment
    checked_in_at: Moment | None
    checked_out_at: Moment | None
    minutes: int
    score: int | None
    certificate_number: str | None
    certificate_valid_until: date | None

    @classmethod
    def of(cls, enrolment: Enrolment) -> "EnrolmentOut":
        return cls(
            id=enrolment.pk,
            session=enrolment.session_id,
            case=enrolment.case.number,
            subject=SubjectOut.of(enrolment.subject),
            status=enrolment.status,
            enrolled_at=enrolment.enrolled_at,
            checked_in_at=enrolment.checked_in_at,
            checked_out_at=enrolment.checked_out_at,
            minutes=minutes_present(enrolment),
            score=enrolment.score,
            certificate_number=enrolment.certificate_number,
            certificate_valid_until=enrolment.certificate_valid_until,
        )


class ParticipantsOut(Output):
    """Who is enrolled, in the order of enrolment, and the codes to show in the room."""

    items: list[EnrolmentOut]
    next: None = None
    check_in_code: str
    check_out_code: str
