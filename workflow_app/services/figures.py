"""Keeps the monthly figures up: what has ended enters them once, in small transactions that any worker may run or lose.

A row is claimed, added and marked in one transaction, so that it is counted exactly once however often a job is killed
or run twice. Times are taken by the calendar as it stands when they are counted. What ended beyond the last year of
the calendar waits until that year is entered.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction

from workflow_app.domain.clock import CHINA
from workflow_app.domain.deadlines import Pause, net_and_gross
from workflow_app.domain.histogram import bucket_of, pack
from workflow_app.domain.workdays import WorkCalendar
from workflow_app.models import Agency, rows
from workflow_app.models.figures import FigureKind
from workflow_app.selectors.access import APPLICANT
from workflow_app.selectors.calendar import get_calendar, get_calendars

# The only figure of a case.
ANSWER = "answer"
# Rows of each kind in one transaction: few enough to keep nobody waiting, enough to be worth one.
BATCH = 200


class _Key(NamedTuple):
    """What makes a figure; the order in which they are locked."""

    kind: str
    month: date
    process: str
    agency: int
    name: str


@dataclass
class _Sum:
    """What is to be added to one figure; times in seconds."""

    count: int = 0
    late: int = 0
    net: int = 0
    gross: int = 0
    calendar: int = 0
    buckets: Counter[int] = field(default_factory=Counter)


class _Clock(NamedTuple):
    pk: int
    case: int
    process: str
    agency: int
    name: str
    is_applicants: bool
    started_at: datetime
    stopped_at: datetime
    is_breached: bool
    is_withdrawn: bool


class _Task(NamedTuple):
    case: int
    process: str
    case_agency: int
    element: str
    clock: str
    role: str
    agency: int | None
    done_by: int
    created_at: datetime
    claimed_at: datetime | None
    done_at: datetime
    is_late: bool


class _Case(NamedTuple):
    pk: int
    process: str
    agency: int
    filed_at: datetime
    answered_at: datetime


class _Halt(NamedTuple):
    """A time in which a clock of a case stood still."""

    case: int
    clock_id: int
    clock: str
    pause: Pause


# Claimed and marked by one statement. Rows that another worker or an act holds are passed over, not waited for.
_CLAIM = """
WITH claimed AS MATERIALIZED (
    SELECT id FROM {table} WHERE {ended} AND NOT is_counted AND {moment} < %s
    ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE {table} r SET is_counted = true FROM claimed, workflow_app_case c
WHERE r.id = claimed.id AND c.id = r.{case}
RETURNING {columns}
"""
_CLAIM_CLOCKS = _CLAIM.format(
    table="workflow_app_clock",
    ended="status = 'stopped'",
    moment="stopped_at",
    case="case_id",
    columns="r.id, r.case_id, r.process, r.agency_id, r.name, r.is_applicants, r.started_at, r.stopped_at, "
    "r.breached_at IS NOT NULL, c.status = 'withdrawn' AND c.closed_at = r.stopped_at",
)
_CLAIM_TASKS = _CLAIM.format(
    table="workflow_app_task",
    ended="status = 'done'",
    moment="done_at",
    case="case_id",
    columns="r.case_id, r.process, c.agency_id, r.element, r.clock, r.role, r.agency_id, r.done_by_id, r.created_at, "
    "r.claimed_at, r.done_at, coalesce(r.done_at > r.due_at, false)",
)
_CLAIM_CASES = _CLAIM.format(
    table="workflow_app_case",
    ended="answered_at IS NOT NULL",
    moment="answered_at",
    case="id",
    columns="r.id, r.process, r.agency_id, r.filed_at, r.answered_at",
)
_OLDEST = """
SELECT 'clock', min(id) FROM (SELECT id FROM workflow_app_clock
    WHERE status = 'stopped' AND NOT is_counted AND stopped_at < %s ORDER BY id LIMIT 1) k
UNION ALL SELECT 'task', min(id) FROM (SELECT id FROM workflow_app_task
    WHERE status = 'done' AND NOT is_counted AND done_at < %s ORDER BY id LIMIT 1) t
UNION ALL SELECT 'case', min(id) FROM (SELECT id FROM workflow_app_case
    WHERE answered_at IS NOT NULL AND NOT is_counted AND answered_at < %s ORDER BY id LIMIT 1) c
"""
_HALTS = """
SELECT k.case_id, k.id, k.name, p.started_at, p.ended_at, p.owed_by
FROM workflow_app_clock k JOIN workflow_app_clockpause p ON p.clock_id = k.id WHERE k.case_id = ANY(%s)
"""
_SIDES = """
SELECT case_id, started_at, stopped_at, is_applicants, breached_at FROM workflow_app_clock
WHERE case_id = ANY(%s) AND (is_applicants OR breached_at IS NOT NULL)
"""
# In the order of the key, so that two workers never wait for each other.
_ADD = """
INSERT INTO workflow_app_figure AS f (kind, month, process, agency_id, name, count, late_count, net_working_seconds,
    gross_working_seconds, gross_calendar_seconds, histogram)
SELECT * FROM unnest(%s::text[], %s::date[], %s::text[], %s::bigint[], %s::text[], %s::integer[], %s::integer[],
    %s::bigint[], %s::bigint[], %s::bigint[], %s::numeric[])
ON CONFLICT (kind, month, process, agency_id, name) DO UPDATE SET
    count = f.count + excluded.count,
    late_count = f.late_count + excluded.late_count,
    net_working_seconds = f.net_working_seconds + excluded.net_working_seconds,
    gross_working_seconds = f.gross_working_seconds + excluded.gross_working_seconds,
    gross_calendar_seconds = f.gross_calendar_seconds + excluded.gross_calendar_seconds,
    histogram = f.histogram + excluded.histogram
"""


def count_figures(limit: int) -> int:
    """Enter up to `limit` stopped clocks, done tasks and answered cases each into the monthly figures → how many.

    clock: from start to stop, its pauses aside; late if it was breached. An applicant's own clock is nobody's figure.
    A clock that the applicant's withdrawal stopped counts only if it had been breached: the rest was not owed any more.
    task: from when the step was there until it was done, in the office time of the case's agency, without the pauses of
    the clock that governs it; late if done after its due date, which an applicant's step never is.
    officer: how long the officer had the step in hand, by the office time of their own agency.
    case: from arrival to answer, without what the applicant owed: pauses on their account and the time of their own
    clocks. Late if one of the authorities' clocks had been breached by then. A withdrawn case has no answer.
    """
    horizon = _horizon()
    with transaction.atomic():
        clocks = [_Clock(*row) for row in rows.query(_CLAIM_CLOCKS, horizon, limit)]
        tasks = [_Task(*row) for row in rows.query(_CLAIM_TASKS, horizon, limit)]
        cases = [_Case(*row) for row in rows.query(_CLAIM_CASES, horizon, limit)]
        if clocks or tasks or cases:
            ledger = _Ledger(
                {clock.case for clock in clocks} | {task.case for task in tasks} | {case.pk for case in cases}
            )
            for clock in clocks:
                ledger.add_clock(clock)
            for task in tasks:
                ledger.add_task(task)
            ledger.add_cases(cases)
            if ledger.sums:
                _add(ledger.sums)
    return len(clocks) + len(tasks) + len(cases)


def oldest_uncounted() -> tuple[tuple[str, int], ...]:
    """By kind the oldest row that has ended and is in no figure yet; empty if all are counted."""
    return tuple((kind, pk) for kind, pk in rows.query(_OLDEST, *[_horizon()] * 3) if pk is not None)


def _horizon() -> datetime:
    """Up to here the calendar knows every day."""
    return datetime.combine(date(get_calendar("").last_year + 1, 1, 1), time(), CHINA)


class _Ledger:
    """The times of one batch, by figure."""

    def __init__(self, cases: Iterable[int]) -> None:
        self.sums: dict[_Key, _Sum] = {}
        self._regions = dict(Agency.objects.values_list("pk", "region_id"))
        self._calendars = get_calendars(set(self._regions.values()))
        self._halts: dict[int, list[_Halt]] = {}
        for case, pk, name, start, end, owed_by in rows.query(_HALTS, list(cases)):
            halt = _Halt(case, pk, name, Pause(start, end, owed_by, ""))
            self._halts.setdefault(case, []).append(halt)

    def add_clock(self, clock: _Clock) -> None:
        if clock.is_applicants or (clock.is_withdrawn and not clock.is_breached):
            return
        halts = [halt.pause for halt in self._halts.get(clock.case, ()) if halt.clock_id == clock.pk]
        key = (FigureKind.CLOCK, clock.process, clock.agency, clock.name)
        self._add(key, (clock.started_at, clock.stopped_at), halts, clock.is_breached, clock.agency)

    def add_task(self, task: _Task) -> None:
        halts = [halt.pause for halt in self._halts.get(task.case, ()) if halt.clock == task.clock]
        is_late = task.is_late and task.role != APPLICANT
        key = (FigureKind.TASK, task.process, task.case_agency, task.element)
        self._add(key, (task.created_at, task.done_at), halts, is_late, task.case_agency)
        if task.agency is not None:
            key = (FigureKind.OFFICER, task.process, task.agency, str(task.done_by))
            since = task.claimed_at or task.created_at
            self._add(key, (since, task.done_at), halts, is_late, task.agency)

    def add_cases(self, cases: Sequence[_Case]) -> None:
        owed: dict[int, list[Pause]] = {}
        breached: dict[int, datetime] = {}
        for case, start, end, is_applicants, breach in rows.query(_SIDES, [each.pk for each in cases]):
            if is_applicants:
                owed.setdefault(case, []).append(Pause(start, end, APPLICANT, ""))
            else:
                breached[case] = min(breach, breached.get(case, breach))
        for each in cases:
            halts = [halt.pause for halt in self._halts.get(each.pk, ()) if halt.pause.owed_by == APPLICANT]
            is_late = each.pk in breached and breached[each.pk] <= each.answered_at
            self._add(
                (FigureKind.CASE, each.process, each.agency, ANSWER),
                (each.filed_at, each.answered_at),
                [*halts, *owed.get(each.pk, ())],
                is_late,
                each.agency,
            )

    def _add(
        self,
        key: tuple[FigureKind, str, int, str],
        span: tuple[datetime, datetime],
        halts: Sequence[Pause],
        is_late: bool,
        agency: int,
    ) -> None:
        begin, end = span
        # The machine's clock may have been set back in between.
        end = max(begin, end)
        kind, process, of, name = key
        spent = net_and_gross(begin, end, halts, self._calendar(agency))
        month = end.astimezone(CHINA).date().replace(day=1)
        total = self.sums.setdefault(_Key(kind.value, month, process, of, name), _Sum())
        total.count += 1
        total.late += is_late
        total.net += spent.net_working_seconds
        total.gross += spent.gross_working_seconds
        total.calendar += spent.gross_calendar_seconds
        total.buckets[bucket_of(spent.net_working_seconds)] += 1

    def _calendar(self, agency: int) -> WorkCalendar:
        return self._calendars[self._regions[agency]]


def _add(sums: Mapping[_Key, _Sum]) -> None:
    added: list[list[Any]] = [
        [*key, total.count, total.late, total.net, total.gross, total.calendar, Decimal(pack(total.buckets))]
        for key, total in sorted(sums.items())
    ]
    rows.change(_ADD, *map(list, zip(*added, strict=True)))
