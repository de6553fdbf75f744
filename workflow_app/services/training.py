"""Credit-repair training: enrol, check in and out, results, certificates. The certificate lets the repair case go on.

Locks are always taken in the order session, case: whoever wants seats of one session waits there.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import ForbiddenError, NotFoundError
from workflow_app.models import Case, Enrolment, TrainingSession, User
from workflow_app.models.people import Role
from workflow_app.models.training import SEATED, UNDER_WAY, EnrolmentStatus
from workflow_app.selectors.access import Access
from workflow_app.selectors.training import minutes_present
from workflow_app.services.inbox import receive_message
from workflow_app.services.notices import notify
from workflow_app.services.series import next_number
from workflow_app.services.training_errors import (
    AlreadyEnrolledError,
    AttendanceClosedError,
    AttendanceCodeError,
    EnrolmentAmbiguousError,
    EnrolmentStateError,
    NotCheckedOutError,
    NotWaitingForTrainingError,
    ResultFixedError,
    ScoreInvalidError,
    ScoreMissingError,
    SessionOverError,
    SessionRunningError,
)
from workflow_app.services.transition import open_case

MESSAGE = "training.passed"
# How long before the beginning and after the end people may check in and out.
GRACE = timedelta(minutes=30)
FULL_SCORE = 100
_CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_CODE_LENGTH = 8


def enrol(*, session_id: int, case_number: str, user: User) -> Enrolment:
    """Book a seat for the subject of a repair case, or a place on the waiting list when the session is full.

    Raises NotFoundError (no such session, or a case of somebody else), `SessionOverError`,
    `NotWaitingForTrainingError`, `AlreadyEnrolledError`. Enrolling twice in one session gives the same enrolment.
    """
    with _locked(session_id) as session:
        now = clock.now()
        if session.starts_at <= now:
            raise SessionOverError
        try:
            with open_case(user, number=case_number, now=now) as moving:
                case = moving.case
                if case.subject_id not in Access(user, now).subject_ids:
                    raise NotFoundError
                current = case.enrolments.filter(status__in=UNDER_WAY).first()
                if current is not None and current.session_id == session.pk:
                    return current
                if current is not None:
                    raise AlreadyEnrolledError(day=_day(current.session.starts_at))
                if MESSAGE not in moving.run.waiting_messages():
                    raise NotWaitingForTrainingError(number=case_number)
                enrolment = _book(session, case, user, now)
                moving.record_event("training.enrolled", session=session.pk, status=enrolment.status)
        except Case.DoesNotExist as missing:
            raise NotFoundError from missing
    return enrolment


def _book(session: TrainingSession, case: Case, user: User, now: datetime) -> Enrolment:
    is_free = session.enrolments.filter(status__in=SEATED).count() < session.seats
    enrolment, _ = Enrolment.objects.update_or_create(
        session=session,
        case=case,
        defaults={
            "subject_id": case.subject_id,
            "user": user,
            "status": EnrolmentStatus.ENROLLED if is_free else EnrolmentStatus.WAITING,
            "enrolled_at": now,
            "checked_in_at": None,
            "checked_out_at": None,
            "score": None,
        },
    )
    return enrolment


def cancel_enrolment(*, session_id: int, case_number: str, user: User) -> Enrolment:
    """Give the seat back before the session begins; the first on the waiting list gets it.

    Raises NotFoundError, `SessionOverError`. Cancelling twice changes nothing.
    """
    with _locked(session_id) as session:
        now = clock.now()
        enrolment = (
            session.enrolments.filter(case__number=case_number, subject__in=Access(user, now).subject_ids)
            .select_related("case")
            .first()
        )
        if enrolment is None:
            raise NotFoundError
        if enrolment.status == EnrolmentStatus.CANCELLED:
            return enrolment
        if session.starts_at <= now:
            raise SessionOverError
        enrolment.status = EnrolmentStatus.CANCELLED
        enrolment.save(update_fields=["status"])
        with open_case(user, pk=enrolment.case_id, now=now) as moving:
            moving.record_event("training.cancelled", session=session.pk)
        promote(session, now)
    return enrolment


def promote(session: TrainingSession, now: datetime) -> None:
    """Give free seats to those who wait, first come first served, and tell them."""
    free = session.seats - session.enrolments.filter(status__in=SEATED).count()
    if free <= 0:
        return
    waiting = session.enrolments.filter(status=EnrolmentStatus.WAITING).select_related("user")
    for enrolment in waiting.order_by("enrolled_at", "pk")[:free]:
        enrolment.status = EnrolmentStatus.ENROLLED
        enrolment.save(update_fields=["status"])
        with open_case(None, pk=enrolment.case_id, now=now) as moving:
            moving.record_event("training.promoted", session=session.pk)
            # Somebody gave the seat up, and the session may be tomorrow: this does not wait for the office.
            notify(moving, "training_promoted", [enrolment.user], by_time=False, session=told(session))


def told(session: TrainingSession) -> dict[str, str]:
    """When and where a session is, for messages: local time in China, and the place."""
    return {"starts": f"{session.starts_at.astimezone(CHINA):%Y-%m-%d %H:%M}", "place": session.place}


def attendance_code(session: TrainingSession, act: str) -> str:
    """The code shown in the room to check `in` or `out`: nobody can check out with the code of the morning."""
    digest = salted_hmac(f"training.{act}", str(session.pk), algorithm="sha256").digest()
    return "".join(_CODE_LETTERS[byte % len(_CODE_LETTERS)] for byte in digest[:_CODE_LENGTH])


def check_in(
    *,
    session_id: int,
    user: User,
    enrolment_id: int | None = None,
    code: str = "",
    case_number: str = "",
) -> Enrolment:
    """Say that somebody has come: a trainer names the enrolment, the person gives the code shown in the room.

    `case_number` is needed when one account has enrolled several subjects. From half an hour before the beginning to
    the end. Raises NotFoundError, ForbiddenError, `AttendanceCodeError`, `AttendanceClosedError`,
    `EnrolmentStateError`, `EnrolmentAmbiguousError`. Doing it twice changes nothing.
    """
    with _locked(session_id) as session:
        now = clock.now()
        enrolment = _attending(session, user, enrolment_id, "in", code, case_number, now)
        if enrolment.status in (EnrolmentStatus.PRESENT, EnrolmentStatus.LEFT):
            return enrolment
        if enrolment.status != EnrolmentStatus.ENROLLED:
            raise EnrolmentStateError(status=enrolment.get_status_display())
        if not session.starts_at - GRACE <= now <= session.ends_at:
            raise AttendanceClosedError(
                begins=_minute(session.starts_at - GRACE), ends=_minute(session.ends_at)
            )
        enrolment.status, enrolment.checked_in_at = EnrolmentStatus.PRESENT, now
        enrolment.save(update_fields=["status", "checked_in_at"])
    return enrolment


def check_out(
    *,
    session_id: int,
    user: User,
    enrolment_id: int | None = None,
    code: str = "",
    case_number: str = "",
) -> Enrolment:
    """Say that somebody has left; as `check_in`. People do it until half an hour after the end.

    A trainer may do it until the results are entered: what counts is the time within the session, never more.
    """
    with _locked(session_id) as session:
        now = clock.now()
        enrolment = _attending(session, user, enrolment_id, "out", code, case_number, now)
        if enrolment.status == EnrolmentStatus.LEFT:
            return enrolment
        if enrolment.status != EnrolmentStatus.PRESENT:
            raise EnrolmentStateError(status=enrolment.get_status_display())
        if enrolment_id is None and now > session.ends_at + GRACE:
            raise AttendanceClosedError(
                begins=_minute(session.starts_at), ends=_minute(session.ends_at + GRACE)
            )
        enrolment.status, enrolment.checked_out_at = EnrolmentStatus.LEFT, now
        enrolment.save(update_fields=["status", "checked_out_at"])
    return enrolment


def _attending(
    session: TrainingSession,
    user: User,
    enrolment_id: int | None,
    act: str,
    code: str,
    case_number: str,
    now: datetime,
) -> Enrolment:
    if enrolment_id is not None:
        ensure_trainer(session, user, now)
        found = session.enrolments.filter(pk=enrolment_id).first()
        if found is None:
            raise NotFoundError
        return found
    own = session.enrolments.filter(subject__in=Access(user, now).subject_ids).exclude(
        status=EnrolmentStatus.CANCELLED
    )
    if case_number:
        own = own.filter(case__number=case_number)
    rows = list(own[:2])
    if not rows:
        raise NotFoundError
    if len(rows) > 1:
        raise EnrolmentAmbiguousError
    if not constant_time_compare(code.strip().upper(), attendance_code(session, act)):
        raise AttendanceCodeError
    return rows[0]


def ensure_trainer(session: TrainingSession, user: User, now: datetime) -> None:
    """Raise ForbiddenError unless the account trains for the session's agency."""
    if session.agency_id not in Access(user, now).agencies(Role.TRAINER):
        raise ForbiddenError


def record_results(*, session_id: int, user: User, results: Mapping[int, int | None]) -> list[Enrolment]:
    """Enter who has passed: enrolment id → score (None where the course has no test). All are entered or none.

    Passed is who was present for the course's minimum and reached its pass mark; a certificate with a gapless number
    and its validity is given, and the repair case is told. Who never came is absent; they, who failed and who waited
    for a seat in vain are told to book another session (补训).

    Only after the session. Raises NotFoundError, ForbiddenError, `SessionRunningError`, `NotCheckedOutError`,
    `ScoreMissingError`, `ScoreInvalidError`, `ResultFixedError`. The same results twice change nothing.
    """
    with _locked(session_id) as session:
        now = clock.now()
        ensure_trainer(session, user, now)
        if now < session.ends_at:
            raise SessionRunningError(ends=_minute(session.ends_at))
        rows = {
            row.pk: row for row in session.enrolments.select_related("case", "subject", "user").order_by("pk")
        }
        if not set(results) <= set(rows):
            raise NotFoundError
        before = {pk: row.status for pk, row in rows.items()}
        for pk in sorted(results):
            _grade(session, rows[pk], results[pk], now)
        _close(rows.values())
        for row in rows.values():
            if row.status != before[row.pk] and row.status != EnrolmentStatus.PASSED:
                _send_again(session, row, user, now)
            if row.pk in results and row.status == EnrolmentStatus.PASSED and not row.case.is_finished:
                _tell_case(row, user)
    return list(session.enrolments.select_related("case", "subject").order_by("pk"))


def _grade(session: TrainingSession, row: Enrolment, score: int | None, now: datetime) -> None:
    course = session.course
    if score is not None and not 0 <= score <= FULL_SCORE:
        raise ScoreInvalidError(score=score)
    if row.status in (EnrolmentStatus.PASSED, EnrolmentStatus.FAILED):
        if row.score != score:
            raise ResultFixedError(number=row.case.number)
        return
    if row.status == EnrolmentStatus.PRESENT:
        raise NotCheckedOutError(number=row.case.number)
    if row.status != EnrolmentStatus.LEFT:
        raise EnrolmentStateError(status=row.get_status_display())
    if course.pass_mark is not None and score is None:
        raise ScoreMissingError(number=row.case.number)
    is_passed = minutes_present(row) >= course.minimum_minutes and (
        course.pass_mark is None or (score or 0) >= course.pass_mark
    )
    row.score = score
    row.status = EnrolmentStatus.PASSED if is_passed else EnrolmentStatus.FAILED
    if is_passed:
        day = now.astimezone(CHINA).date()
        n = next_number(f"certificate:{session.agency.code}:{day.year}")
        row.certificate_number = f"XFPX-{session.agency.region_id}-{day.year}-{n:06d}"
        row.certificate_valid_until = day + timedelta(days=course.validity_days)
    row.save(update_fields=["score", "status", "certificate_number", "certificate_valid_until"])


def _close(rows: Iterable[Enrolment]) -> None:
    """Who never came is absent, and a session that is over has no seats to wait for."""
    ends = {
        EnrolmentStatus.ENROLLED: EnrolmentStatus.ABSENT,
        EnrolmentStatus.WAITING: EnrolmentStatus.CANCELLED,
    }
    for row in rows:
        if end := ends.get(EnrolmentStatus(row.status)):
            row.status = end
            row.save(update_fields=["status"])


# Why somebody has to book again, as the message and the trail say it.
_AGAIN = {
    EnrolmentStatus.ABSENT: "absent",
    EnrolmentStatus.FAILED: "failed",
    EnrolmentStatus.CANCELLED: "unseated",
}


def _send_again(session: TrainingSession, row: Enrolment, user: User, now: datetime) -> None:
    """The case still waits for a training: whoever booked is told why this was none."""
    if row.case.is_finished:
        return
    reason = _AGAIN[EnrolmentStatus(row.status)]
    with open_case(user, pk=row.case_id, now=now) as moving:
        moving.record_event(f"training.{reason}", session=session.pk)
        notify(moving, "training_again", [row.user], by_time=False, session=told(session), reason=reason)


def _tell_case(row: Enrolment, user: User) -> None:
    """The message that lets the case go on; its key is the certificate, so it is delivered once."""
    until = row.certificate_valid_until
    receive_message(
        case_number=row.case.number,
        name=MESSAGE,
        key=row.certificate_number or "",
        data={"certificate": row.certificate_number, "valid_until": until.isoformat() if until else ""},
        actor=user,
    )


@contextmanager
def _locked(session_id: int) -> Iterator[TrainingSession]:
    """The session, locked until the act is written; raises NotFoundError."""
    with transaction.atomic():
        session = (
            TrainingSession.objects.select_for_update(of=("self",))
            .select_related("course", "agency")
            .filter(pk=session_id)
            .first()
        )
        if session is None:
            raise NotFoundError
        yield session


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(CHINA):%Y-%m-%d}"


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M}"
