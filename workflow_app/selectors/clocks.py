"""Read clocks: the countdown everybody sees, and why a due date is what it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workflow_app.domain.deadlines import (
    Budget,
    DayLine,
    Extension,
    Pause,
    Spent,
    Unit,
    explain,
    net_and_gross,
)
from workflow_app.domain.errors import NotFoundError
from workflow_app.domain.workdays import WorkCalendar
from workflow_app.models import Case, Clock, ClockExtension, ClockPause
from workflow_app.models.clocks import ClockStatus
from workflow_app.selectors.calendar import get_calendar


@dataclass(frozen=True)
class Countdown:
    """What is left of a clock at one moment; the same figure for applicant, officer and supervisor.

    `seconds_left` counts working time and is negative when overdue; `days_left` counts working days, begun ones whole.
    A paused clock stands still at its pause, a stopped one at its end.
    """

    seconds_left: int
    days_left: int
    is_overdue: bool


def list_clocks(case: Case) -> list[Clock]:
    """The clocks of a case, oldest first, with pauses, extensions and rungs read."""
    clocks = case.clocks.order_by("id").prefetch_related("pauses", "extensions__approved_by", "rungs")
    for clock in (rows := list(clocks)):
        clock.case = case
    return rows


def get_clock(case: Case, name: str) -> Clock:
    """The newest clock of that name; raises NotFoundError."""
    clock = case.clocks.filter(name=name).order_by("-id").prefetch_related("pauses", "extensions").first()
    if clock is None:
        raise NotFoundError
    clock.case = case
    return clock


def countdown(clock: Clock, now: datetime) -> Countdown:
    """What is left of the clock at `now`."""
    calendar = get_calendar(clock.case.agency.region_id)
    at = _stands_at(clock, now)
    seconds = calendar.working_seconds_between(at, clock.due_at)
    per_day = calendar.hours.seconds_per_day
    # Away from zero: half a day left is one, half a day late is one.
    days = -(-seconds // per_day) if seconds >= 0 else seconds // per_day
    return Countdown(seconds, days, at > clock.due_at)


def _stands_at(clock: Clock, now: datetime) -> datetime:
    if clock.status == ClockStatus.STOPPED:
        return clock.stopped_at or now
    if clock.status == ClockStatus.PAUSED:
        return max((p.started_at for p in clock.pauses.all() if p.ended_at is None), default=now)
    return now


def explain_clock(clock: Clock, as_of: datetime) -> list[DayLine]:
    """Why the clock is due when it is, day by day; an open pause counts until `as_of`."""
    calendar = get_calendar(clock.case.agency.region_id)
    terms = terms_of(clock, list(clock.pauses.all()), list(clock.extensions.all()), calendar)
    return explain(**terms, as_of=as_of)


def spent_on(clock: Clock, now: datetime) -> Spent:
    """How long the clock has taken so far, split by who owed it."""
    end = clock.stopped_at or now
    calendar = get_calendar(clock.case.agency.region_id)
    return net_and_gross(
        clock.started_at, max(end, clock.started_at), pauses_of(list(clock.pauses.all())), calendar
    )


def terms_of(
    clock: Clock,
    pauses: Sequence[ClockPause],
    extensions: Sequence[ClockExtension],
    calendar: WorkCalendar,
) -> dict[str, Any]:
    """The arguments of the domain's `compute_due` and `explain` from the ledger of a clock."""
    unit = Unit(clock.unit)
    return {
        "started_at": clock.started_at,
        "budget": Budget(clock.amount, unit),
        "calendar": calendar,
        "pauses": pauses_of(pauses),
        "extensions": [Extension(each.amount, unit, each.reason) for each in sorted(extensions, key=_by_id)],
        "cap": Budget(clock.cap_amount, unit) if clock.cap_amount else None,
    }


def pauses_of(rows: Sequence[ClockPause]) -> list[Pause]:
    """Pauses as the domain knows them, oldest first."""
    return [
        Pause(row.started_at, row.ended_at, row.owed_by, row.reason)
        for row in sorted(rows, key=lambda row: row.started_at)
    ]


def _by_id(row: ClockExtension) -> int:
    return row.pk or 2**63
