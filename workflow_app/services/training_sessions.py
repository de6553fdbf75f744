"""Plan training sessions: when, where, how many seats."""

from datetime import datetime

from django.db import transaction

from workflow_app.domain import clock
from workflow_app.domain.errors import CreditError, ForbiddenError, NotFoundError
from workflow_app.models import Course, TrainingSession, User
from workflow_app.models.people import Role
from workflow_app.models.training import SEATED
from workflow_app.selectors.access import Access
from workflow_app.services.training import ensure_trainer, promote

MOST_SEATS = 10_000


class SessionInvalidError(CreditError):
    """A session that cannot take place."""

    code = "session_invalid"
    message = "培训场次的开始时间应晚于现在，请改正。"
    status = 422


class SessionTooShortError(SessionInvalidError):
    """Shorter than the course asks for."""

    message = "培训场次的时长应不少于课程要求的 {minutes} 分钟，请改正。"


class SessionPlaceError(SessionInvalidError):
    """No place, or more than a line about it."""

    message = "培训场次的地点应为 1 至 200 字，请改正。"


class SessionSeatsError(SessionInvalidError):
    """Fewer seats than are taken, or more than any room has."""

    message = "培训场次的席位应在 {least} 至 {most} 之间，请改正。"


def plan_session(
    *,
    user: User,
    course: str,
    place: str,
    starts_at: datetime,
    ends_at: datetime,
    seats: int,
    is_online: bool = False,
) -> TrainingSession:
    """A new session of the course (by its code) in the trainer's own agency; both times are aware.

    Raises ForbiddenError (no trainer), NotFoundError (no such course), `SessionInvalidError`.
    """
    now = clock.now()
    own = [grant.agency for grant in Access(user, now).grants if grant.role == Role.TRAINER]
    if not own:
        raise ForbiddenError
    found = Course.objects.filter(code=course).first()
    if found is None:
        raise NotFoundError
    _ensure_possible(found, place, starts_at, ends_at, now)
    _ensure_seats(seats, taken=0)
    return TrainingSession.objects.create(
        course=found,
        agency=own[0],
        place=place.strip(),
        is_online=is_online,
        starts_at=starts_at,
        ends_at=ends_at,
        seats=seats,
        trainer=user,
    )


def change_seats(*, session_id: int, user: User, seats: int) -> TrainingSession:
    """Give a session more or fewer seats, never fewer than are taken; who waits moves up.

    Raises NotFoundError, ForbiddenError, `SessionInvalidError`.
    """
    with transaction.atomic():
        session = TrainingSession.objects.select_for_update().filter(pk=session_id).first()
        if session is None:
            raise NotFoundError
        now = clock.now()
        ensure_trainer(session, user, now)
        _ensure_seats(seats, session.enrolments.filter(status__in=SEATED).count())
        session.seats = seats
        session.save(update_fields=["seats"])
        if session.starts_at > now:
            promote(session, now)
    return session


def _ensure_possible(
    course: Course, place: str, starts_at: datetime, ends_at: datetime, now: datetime
) -> None:
    minutes = (ends_at - starts_at).total_seconds() / 60
    if starts_at <= now:
        raise SessionInvalidError
    if minutes < course.minimum_minutes:
        raise SessionTooShortError(minutes=course.minimum_minutes)
    if not 1 <= len(place.strip()) <= 200:
        raise SessionPlaceError


def _ensure_seats(seats: int, taken: int) -> None:
    if not max(1, taken) <= seats <= MOST_SEATS:
        raise SessionSeatsError(least=max(1, taken), most=MOST_SEATS)
