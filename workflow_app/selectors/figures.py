"""统计: what the supervised regions achieved, month by month, from rows that are kept up as cases go on.

Months are their first days in China; both ends are included. A figure belongs to the month in which what it counts came
to its end. Working days are working seconds by the length of a working day where the agency sits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from workflow_app.domain import clock
from workflow_app.domain.histogram import Part, percentiles, unpack
from workflow_app.models import User
from workflow_app.models.figures import FigureKind
from workflow_app.selectors.board import count_tasks, names_of
from workflow_app.selectors.scope import EVERYTHING, Place, ask, places_of
from workflow_app.selectors.scope import Selection as Selection

# What the region's five-year plan promises (金华市“十四五”社会信用体系建设规划): 信用异议协同处理平均时间控制在5天以内;
# 信用修复协同处理时间全部控制在3天以内.
OBJECTION, OBJECTION_DAYS = "objection", 5
REPAIR, REPAIR_CLOCK = "repair", "handle"

SHARES = (0.5, 0.9, 0.99)
_SECONDS_PER_DAY = 86400
_SECONDS_PER_HOUR = 3600


@dataclass(frozen=True)
class Mean:
    """How long answers took on average: None where there was none.

    calendar_days: from arrival to answer. working_days: without what the applicant owed meanwhile.
    gross_working_days: with it. bar: the days promised.
    """

    count: int
    calendar_days: float | None
    working_days: float | None
    gross_working_days: float | None
    bar: int


@dataclass(frozen=True)
class Share:
    """A part of a whole; there is no share of nothing."""

    part: int
    whole: int

    @property
    def percent(self) -> float | None:
        """The part in per cent."""
        return 100 * self.part / self.whole if self.whole else None


@dataclass(frozen=True)
class Headline:
    """objections: from arrival to answer. repairs: answered by their clock of three working days; repairs_late: those
    of them answered late; repairs_overdue: those that are late now and still run. on_time: the authorities' clocks
    that stopped in time, of all that stopped."""

    objections: Mean
    repairs: int
    repairs_late: int
    repairs_overdue: int
    on_time: Share


@dataclass(frozen=True)
class Point:
    """One month: how many ended and how many of them late; mean and percentiles in working days, None where nothing
    ended."""

    month: date
    count: int
    late: int
    mean_working_days: float | None
    p50: float | None
    p90: float | None
    p99: float | None


@dataclass(frozen=True)
class Step:
    """One user task of a diagram: how often it was done, how often after its due date, how many office hours it took;
    how many wait there now, and how many of them are overdue."""

    element: str
    count: int
    late: int
    p50_hours: float | None
    p90_hours: float | None
    running: int
    overdue: int


@dataclass(frozen=True)
class Load:
    """What one officer has in hand: all, of it due soon, of it overdue; and how much they did this month."""

    user_id: int
    name: str
    name_en: str
    running: int
    soon: int
    overdue: int
    done_this_month: int


# Added up by the database.
_SUMS = (
    "SELECT {by}, sum(count)::bigint, sum(late_count)::bigint, sum(net_working_seconds)::bigint, "
    "sum(gross_working_seconds)::bigint, sum(gross_calendar_seconds)::bigint, {histogram} "
    "FROM workflow_app_figure WHERE kind = %s AND month BETWEEN %s AND %s AND agency_id = ANY(%s) "
    "AND (process = %s OR %s = '') AND (name = %s OR %s = '') GROUP BY {by}"
)
_HISTOGRAM = "sum(histogram)::text"


@dataclass(frozen=True)
class _Sum:
    """Figures of agencies whose working days are equally long; times and the day in seconds, histogram as digits."""

    day: int
    count: int
    late: int
    net: int
    gross: int
    calendar: int
    histogram: str


@dataclass(frozen=True)
class _Source:
    """Where figures are read from."""

    places: Mapping[int, Place]
    since: date
    until: date

    def sums(
        self, kind: str, by: str, *, process: str = "", name: str = "", histogram: str = _HISTOGRAM
    ) -> dict[Any, list[_Sum]]:
        """The sums by a column of the figures, one for each length of a working day, which differs from place to
        place."""
        agencies: dict[int, list[int]] = {}
        for place in self.places.values():
            agencies.setdefault(place.day, []).append(place.agency)
        groups: dict[Any, list[_Sum]] = {}
        for day, its in agencies.items():
            text = _SUMS.format(by=by, histogram=histogram)
            for key, *values in ask(text, kind, self.since, self.until, its, *(process,) * 2, *(name,) * 2):
                groups.setdefault(key, []).append(_Sum(day, *values))
        return groups


def headline(user: User, *, since: date, until: date, selection: Selection = EVERYTHING) -> Headline:
    """What the region is measured by, for the months from `since` to `until`.

    Objections and repairs are processes of their own: where the selection names another one there are none.
    """
    source = _Source(places_of(user, selection), since, until)
    plain = {"process": selection.process, "histogram": "''"}
    clocks = source.sums(FigureKind.CLOCK, "process || '.' || name", name=selection.clock, **plain)
    whole, late = (
        sum(getattr(each, part) for sums in clocks.values() for each in sums) for part in ("count", "late")
    )
    repairs = clocks.get(f"{REPAIR}.{REPAIR_CLOCK}", [])
    return Headline(
        objections=_mean(source.sums(FigureKind.CASE, "process", **plain).get(OBJECTION, [])),
        repairs=sum(each.count for each in repairs),
        repairs_late=sum(each.late for each in repairs),
        repairs_overdue=_repairs_overdue(source.places) if selection.process in ("", REPAIR) else 0,
        on_time=Share(whole - late, whole),
    )


def _mean(sums: Sequence[_Sum]) -> Mean:
    count = sum(each.count for each in sums)
    if not count:
        return Mean(0, None, None, None, OBJECTION_DAYS)
    return Mean(
        count,
        sum(each.calendar for each in sums) / _SECONDS_PER_DAY / count,
        sum(each.net / each.day for each in sums) / count,
        sum(each.gross / each.day for each in sums) / count,
        OBJECTION_DAYS,
    )


def _repairs_overdue(places: Mapping[int, Place]) -> int:
    ((count,),) = ask(
        "SELECT count(*) FROM workflow_app_clock WHERE status = 'running' AND due_at < %s AND process = %s "
        "AND name = %s AND agency_id = ANY(%s)",
        clock.now(),
        REPAIR,
        REPAIR_CLOCK,
        list(places),
    )
    return int(count)


def trend(
    user: User,
    *,
    since: date,
    until: date,
    selection: Selection = EVERYTHING,
    kind: str = FigureKind.CLOCK,
    name: str = "",
) -> list[Point]:
    """One point for each month, also those in which nothing ended.

    kind: `clock`, `task`, `case` or `officer`; name: of the clock (else the selection's), of the element of the step,
    or the key of the account (else the selection's officer).
    """
    if kind == FigureKind.CLOCK:
        name = name or selection.clock
    if kind == FigureKind.OFFICER and selection.officer is not None:
        name = name or str(selection.officer)
    source = _Source(places_of(user, selection), since, until)
    found = source.sums(FigureKind(kind).value, "month", process=selection.process, name=name)
    return [_point(month, found.get(month, [])) for month in _months(since, until)]


def _months(since: date, until: date) -> list[date]:
    first, last = (day.year * 12 + day.month - 1 for day in (since, until))
    return [date(index // 12, index % 12 + 1, 1) for index in range(first, last + 1)]


def _point(month: date, sums: Sequence[_Sum]) -> Point:
    count = sum(each.count for each in sums)
    days = percentiles((Part(unpack(each.histogram), each.day) for each in sums), SHARES)
    p50, p90, p99 = days or (None, None, None)
    mean = sum(each.net / each.day for each in sums) / count if count else None
    return Point(month, count, sum(each.late for each in sums), mean, p50, p90, p99)


def heat(
    user: User, process: str, *, since: date, until: date, selection: Selection = EVERYTHING
) -> list[Step]:
    """The user tasks of one process that were done in these months or wait now, by element."""
    places = places_of(user, selection)
    found = _Source(places, since, until).sums(FigureKind.TASK, "name", process=process)
    live = _live_steps(places, process)
    return [
        _step(element, found.get(element, []), live.get(element, (0, 0)))
        for element in sorted({*found, *live})
    ]


def _step(element: str, sums: Sequence[_Sum], live: tuple[int, int]) -> Step:
    hours = percentiles((Part(unpack(each.histogram), _SECONDS_PER_HOUR) for each in sums), SHARES[:2])
    p50, p90 = hours or (None, None)
    count, late = sum(each.count for each in sums), sum(each.late for each in sums)
    running, overdue = live
    return Step(element, count, late, p50, p90, running, overdue)


# The steps of an agency's own officers are read from one index. Applicants and source units work for the case's agency
# in no queue of its own, or in that of another agency: of those few the case is asked.
_LIVE_STEPS = """
SELECT element, sum(running)::bigint, sum(overdue)::bigint FROM (
    SELECT element, count(*) AS running, count(*) FILTER (WHERE due_at < %s) AS overdue FROM workflow_app_task
    WHERE status IN ('open', 'claimed') AND process = %s AND role NOT IN ('applicant', 'source_unit')
        AND agency_id = ANY(%s)
    GROUP BY element
    UNION ALL
    SELECT element, count(*), count(*) FILTER (WHERE t.due_at < %s AND role = 'source_unit') FROM workflow_app_task t
    JOIN workflow_app_case c ON c.id = t.case_id
    WHERE t.status IN ('open', 'claimed') AND t.process = %s AND role IN ('applicant', 'source_unit')
        AND c.agency_id = ANY(%s)
    GROUP BY element
) live GROUP BY element
"""


def _live_steps(places: Mapping[int, Place], process: str) -> dict[str, tuple[int, int]]:
    found = ask(_LIVE_STEPS, *(clock.now(), process, list(places)) * 2)
    return {element: (running, overdue) for element, running, overdue in found}


def loads(user: User, selection: Selection = EVERYTHING) -> list[Load]:
    """The officers of the supervised regions with what they hold and did, most loaded first."""
    places = places_of(user, selection)
    held = {
        officer: counts
        for officer, counts in count_tasks(places, selection, "assignee_id").items()
        if officer
    }
    month = clock.now().astimezone(clock.CHINA).date().replace(day=1)
    sums = _Source(places, month, month).sums(
        FigureKind.OFFICER,
        "name",
        process=selection.process,
        name=str(selection.officer or ""),
        histogram="''",
    )
    done = {int(name): sum(each.count for each in found) for name, found in sums.items()}
    found = [
        Load(pk, *names, *held.get(pk, (0, 0, 0)), done_this_month=done.get(pk, 0))
        for pk, names in names_of({*held, *done}).items()
    ]
    return sorted(found, key=lambda load: (-load.overdue, -load.soon, -load.running, load.user_id))
