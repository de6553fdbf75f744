"""Read training sessions, who is enrolled, and one's own certificates."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from workflow_app.domain import clock
from workflow_app.domain.errors import NotFoundError
from workflow_app.models import Case, Enrolment, TrainingSession, User
from workflow_app.models.people import Role
from workflow_app.models.training import SEATED, EnrolmentStatus
from workflow_app.selectors.access import Access
from workflow_app.selectors.records import shown_identity


@dataclass(frozen=True)
class SessionInfo:
    """A session with what is left of it. `seats_left` is never below zero."""

    session: TrainingSession
    seats_left: int
    waiting: int


@dataclass(frozen=True)
class ShownEnrolment:
    """An enrolment for the trainer's list; natural persons are masked."""

    enrolment: Enrolment
    subject_name: str
    subject_code: str


def list_sessions(*, include_past: bool = False, limit: int = 200) -> list[SessionInfo]:
    """Sessions that have not ended, soonest first; with `include_past` all of them, latest first."""
    rows = _counted()
    if include_past:
        rows = rows.order_by("-starts_at", "-pk")
    else:
        rows = rows.filter(ends_at__gt=clock.now()).order_by("starts_at", "pk")
    return [_info(session) for session in rows[:limit]]


def get_session(session_id: int) -> SessionInfo:
    """One session; raises NotFoundError."""
    session = _counted().filter(pk=session_id).first()
    if session is None:
        raise NotFoundError
    return _info(session)


def _counted() -> QuerySet[TrainingSession]:
    return TrainingSession.objects.select_related("course", "agency__region", "trainer").annotate(
        taken=Count("enrolments", filter=Q(enrolments__status__in=SEATED)),
        waiting=Count("enrolments", filter=Q(enrolments__status=EnrolmentStatus.WAITING)),
    )


def _info(session: TrainingSession) -> SessionInfo:
    # The counts are annotations, which types do not know.
    taken, waiting = getattr(session, "taken", 0), getattr(session, "waiting", 0)
    return SessionInfo(session, max(session.seats - taken, 0), waiting)


def list_enrolments(user: User, session_id: int) -> list[ShownEnrolment]:
    """Who is enrolled in the session, in the order of enrolment; NotFoundError for all but its trainers."""
    agencies = Access(user, clock.now()).agencies(Role.TRAINER)
    session = TrainingSession.objects.filter(pk=session_id, agency__in=agencies).first()
    if session is None:
        raise NotFoundError
    rows = session.enrolments.select_related("subject", "case", "session__course").order_by(
        "enrolled_at", "pk"
    )
    return [ShownEnrolment(row, *shown_identity(row.subject)) for row in rows]


def list_own_enrolments(user: User) -> list[Enrolment]:
    """The enrolments of the subjects the account acts for, latest session first."""
    rows = Enrolment.objects.filter(subject__in=Access(user, clock.now()).subject_ids)
    return list(
        rows.select_related("session__course", "session__agency", "case", "subject").order_by(
            "-session__starts_at", "-pk"
        )
    )


def list_enrolments_of(case: Case) -> list[Enrolment]:
    """The enrolments of a case that the caller has got by `get_case`, latest booking first."""
    rows = case.enrolments.select_related("session__course", "session__agency")
    return list(rows.order_by("-enrolled_at", "-pk"))


def place_in_line(enrolment: Enrolment) -> int:
    """How many wait for a seat of the session before and with this one; 0 for whoever does not wait."""
    if enrolment.status != EnrolmentStatus.WAITING:
        return 0
    waiting = enrolment.session.enrolments.filter(status=EnrolmentStatus.WAITING)
    earlier = Q(enrolled_at__lt=enrolment.enrolled_at) | Q(
        enrolled_at=enrolment.enrolled_at, pk__lte=enrolment.pk
    )
    return waiting.filter(earlier).count()


def minutes_present(enrolment: Enrolment) -> int:
    """Whole minutes between check-in and check-out that lie within the session; 0 without either."""
    if enrolment.checked_in_at is None or enrolment.checked_out_at is None:
        return 0
    session = enrolment.session
    begun: datetime = max(enrolment.checked_in_at, session.starts_at)
    ended: datetime = min(enrolment.checked_out_at, session.ends_at)
    return max(int((ended - begun).total_seconds()) // 60, 0)
