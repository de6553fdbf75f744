"""Read clocks: the countdown everybody sees, why a due date is what it is, and where the time went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from workflow_app.domain.deadlines import (
    Budget,
    DayLine,
    Extension,
    Pause,
    Spent,
    Unit,
    compute_due,
    explain,
    net_and_gross,
)
from workflow_app.domain.errors import NotFoundError
from workflow_app.domain.workdays import WorkCalendar
from workflow_app.models import Case, Change, Clock, ClockExtension, ClockPause, Event, User
from workflow_app.models.clocks import ClockStatus
from workflow_app.models.people import Role
from workflow_app.selectors.access import APPLICANT
from workflow_app.selectors.calendar import get_calendar

PLATFORM = "platform"
# Who can owe something, in the order in which it is told.
OWNERS = (PLATFORM, Role.SOURCE_UNIT.value, Role.TRAINER.value, APPLICANT)

_STEPS = ("task.created", "task.completed", "task.cancelled")


@dataclass(frozen=True)
class Countdown:
    """What is left of a clock at one moment; the same figure for applicant, officer and supervisor.

    `seconds_left` counts working time and is negative when overdue; `days_left` counts working days, begun ones whole.
    A paused clock stands still at its pause, a stopped one at its end.
    """

    seconds_left: int
    days_left: int
    is_overdue: bool


@dataclass(frozen=True)
class Entry:
    """One line of a clock's ledger, as the trail of its case has it.

    `kind`: started, paused, resumed, extended, warned, breached, lapsed, escalated, recomputed, recovered or stopped.
    `at`: when it was so; for warnings and the breach the moment itself, however late it was noted. `due_at`: the due
    date from then on, where the line sets one. A pause says who owed what, an extension how much was granted, why and
    by whom, a warning after how many percent of the time it came, what a change of calendar or rules has done its title
    as the reason; `is_on_time` goes with the end.
    """

    kind: str
    at: datetime
    due_at: datetime | None = None
    owed_by: str = ""
    reason: str = ""
    amount: int | None = None
    percent: int | None = None
    by: User | None = None
    is_on_time: bool | None = None


@dataclass(frozen=True)
class Share:
    """The part of a clock's time in which one side owed something: working and calendar time in whole seconds.

    `paused_seconds` is how much of the working time the clock stood still. All shares together are the gross time.
    """

    owner: str
    working_seconds: int
    calendar_seconds: int
    paused_seconds: int


@dataclass(frozen=True)
class Ledger:
    """Everything about one clock until `until`, the same for applicant, officer and supervisor.

    `seconds_per_day` is the length of a working day there. `due_if_resumed`: of a paused clock, when it would be due
    if it went on now.
    """

    entries: list[Entry]
    spent: Spent
    shares: list[Share]
    seconds_per_day: int
    until: datetime
    due_if_resumed: datetime | None


def list_clocks(case: Case) -> list[Clock]:
    """The clocks of a case, oldest first, with pauses, extensions and rungs read."""
    clocks = case.clocks.order_by("id").prefetch_related("pauses", "extensions__approved_by", "rungs")
    for clock in (rows := list(clocks)):
        clock.case = case
    return rows


def get_clock(case: Case, name: str) -> Clock:
    """The newest clock of that name; raises NotFoundError."""
    clock = (
        case.clocks.filter(name=name)
        .order_by("-id")
        .prefetch_related("pauses", "extensions__approved_by")
        .first()
    )
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


def ledger_of(clock: Clock, now: datetime) -> Ledger:
    """What happened to the clock, how long it took with and without pauses, and who owed something meanwhile.

    In a pause it is whoever the pause names. Of the rest it is the source unit, the trainer or the applicant while
    nobody but they had a task to do, and the platform all other time.
    """
    calendar = get_calendar(clock.case.agency.region_id)
    until = max(clock.stopped_at or now, clock.started_at)
    kinds = [*(f"clock.{kind}" for kind in _KINDS), *_STEPS]
    events = clock.case.events.filter(kind__in=kinds).select_related("actor").order_by("sequence")
    trail = list(events)
    paused = clock.status == ClockStatus.PAUSED
    terms = terms_of(clock, list(clock.pauses.all()), list(clock.extensions.all()), calendar)
    return Ledger(
        entries=_entries(clock, trail),
        spent=spent_on(clock, now),
        shares=_shares(clock, trail, until, calendar),
        seconds_per_day=calendar.hours.seconds_per_day,
        until=until,
        due_if_resumed=compute_due(**terms, as_of=now).due_at if paused else None,
    )


_KINDS = (
    "started",
    "paused",
    "resumed",
    "extended",
    "warned",
    "breached",
    "lapsed",
    "escalated",
    "recomputed",
    "recovered",
    "stopped",
)
# What time alone brings: the event says when it was due.
_BY_TIME = frozenset({"warned", "breached", "lapsed", "escalated"})


def _entries(clock: Clock, trail: Sequence[Event]) -> list[Entry]:
    """The events of this clock: from the start that made it to the next start of that name."""
    nth = clock.case.clocks.filter(name=clock.name, pk__lte=clock.pk).count()
    changes = {event.data["change"] for event in trail if event.data.get("change")}
    titles = dict(Change.objects.filter(pk__in=changes).values_list("pk", "title")) if changes else {}
    entries, starts = [], 0
    for event in trail:
        if event.kind in _STEPS or event.data.get("clock") != clock.name:
            continue
        starts += event.kind == "clock.started"
        if starts == nth:
            entries.append(_entry(event, titles.get(event.data.get("change"), "")))
    return entries


def _entry(event: Event, change: str) -> Entry:
    kind, data = event.kind.removeprefix("clock."), event.data
    told = data.get("due_at") or data.get("after")
    due_at = datetime.fromisoformat(told) if told else None
    by_time = kind in _BY_TIME and due_at is not None
    return Entry(
        kind=kind,
        at=due_at if by_time and due_at else event.at,
        due_at=None if by_time else due_at,
        owed_by=data.get("owed_by", ""),
        reason=data.get("reason", change),
        amount=data.get("amount") if kind == "extended" else None,
        percent=data.get("percent"),
        by=event.actor if kind == "extended" else None,
        is_on_time=data.get("is_on_time"),
    )


@dataclass(frozen=True)
class _Span:
    """Somebody had something to do from a moment to a moment; None: they still have."""

    owner: str
    start: datetime
    end: datetime | None

    def covers(self, moment: datetime) -> bool:
        return self.start <= moment and (self.end is None or moment < self.end)


def _shares(clock: Clock, trail: Sequence[Event], until: datetime, calendar: WorkCalendar) -> list[Share]:
    start = clock.started_at
    pauses = [_Span(each.owed_by, each.started_at, each.ended_at) for each in clock.pauses.all()]
    steps = _steps(trail)
    edges = {edge for span in (*pauses, *steps) for edge in (span.start, span.end) if edge is not None}
    moments = sorted({start, until, *(edge for edge in edges if start < edge < until)})
    working, calendar_time, still = ({owner: timedelta() for owner in OWNERS} for _ in range(3))
    for begin, end in pairwise(moments):
        pause = next((span for span in pauses if span.covers(begin)), None)
        owner = pause.owner if pause else _owner({span.owner for span in steps if span.covers(begin)})
        length = calendar.working_time_between(begin, end)
        working[owner] = working.get(owner, timedelta()) + length
        calendar_time[owner] = calendar_time.get(owner, timedelta()) + (end - begin)
        still[owner] = still.get(owner, timedelta()) + (length if pause else timedelta())
    columns = zip(_whole(working), _whole(calendar_time), _whole(still), strict=True)
    shares = [Share(owner, *seconds) for owner, seconds in zip(working, columns, strict=True)]
    return [share for share in shares if share.calendar_seconds]


def _owner(roles: set[str]) -> str:
    """Who owes something while these have tasks to do and the clock runs."""
    (only, *others) = roles or {PLATFORM}
    return only if not others and only in OWNERS else PLATFORM


def _steps(trail: Sequence[Event]) -> list[_Span]:
    """When a task of which role waited or was being done, by the trail: a row does not know when it was cancelled."""
    waiting: dict[str, list[tuple[str, datetime]]] = {}
    spans = []
    for event in trail:
        if event.kind == "task.created":
            waiting.setdefault(event.data["task"], []).append((event.data["role"], event.at))
        elif event.kind in _STEPS and waiting.get(event.data["task"]):
            role, since = waiting[event.data["task"]].pop(0)
            spans.append(_Span(role, since, event.at))
    return [*spans, *(_Span(role, since, None) for each in waiting.values() for role, since in each)]


def _whole(lengths: dict[str, timedelta]) -> list[int]:
    """Whole seconds that add up to the whole seconds of the sum."""
    passed, sums = timedelta(), [0]
    for length in lengths.values():
        passed += length
        sums.append(passed // _SECOND)
    return [after - before for before, after in pairwise(sums)]


_SECOND = timedelta(seconds=1)


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
