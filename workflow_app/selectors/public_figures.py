"""服务数据: what the service achieved in the last twelve whole months, for everybody.

Nothing here says anything about one person: a month of a process in which fewer than `FEWEST` cases were answered tells
nothing but that there were few, and no sum counts it, so that it cannot be reckoned back. The clocks that stopped in a
month are not those of the cases answered in it, so that few of them hide their percentage alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Sum

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.models import Figure
from workflow_app.models.figures import FigureKind
from workflow_app.selectors.calendar import get_calendars

MONTHS = 12
# Fewer are not told: the usual bound for official statistics with small numbers.
FEWEST = 5


@dataclass
class Answers:
    """How many cases were answered, in how many working days on average, and how many per cent of the answering clocks
    stopped in time; None where there was nothing, or where the number is too small to be told. `is_hidden`: the cases
    of the month are too few; of a total, it is nothing but such months.
    """

    count: int | None = 0
    mean_days: float | None = None
    in_time_percent: float | None = None
    is_hidden: bool = False


@dataclass(frozen=True)
class ProcessFigures:
    """One process: `months` newest first, as far back as anything was answered, and their `total`, which leaves out
    what is hidden."""

    process: str
    months: list[tuple[date, Answers]]
    total: Answers


@dataclass
class _Sum:
    """What is added up: answers, their working time in days, and the answering clock's stops."""

    count: int = 0
    days: float = 0.0
    timed: int = 0
    late: int = 0

    def add(self, other: "_Sum") -> None:
        self.count += other.count
        self.days += other.days
        self.timed += other.timed
        self.late += other.late

    def told(self) -> "_Sum":
        """What of it may be told: small numbers count as nothing."""
        kept = _Sum()
        if self.count >= FEWEST:
            kept.count, kept.days = self.count, self.days
        if self.timed >= FEWEST:
            kept.timed, kept.late = self.timed, self.late
        return kept


@dataclass
class _Sums:
    """By process and month."""

    by: dict[tuple[str, date], _Sum] = field(default_factory=dict)

    def of(self, process: str, month: date) -> _Sum:
        return self.by.setdefault((process, month), _Sum())


def months_told() -> list[date]:
    """The first days of the last twelve whole months, newest first: a month that still runs would mislead."""
    this = clock.now().astimezone(CHINA).date()
    last = this.year * 12 + this.month - 2
    return [date(index // 12, index % 12 + 1, 1) for index in range(last, last - MONTHS, -1)]


def public_figures(answering: Mapping[str, str]) -> list[ProcessFigures]:
    """The figures of each process in `answering`, which names the clock whose stop is the answer ("" where none).

    Working days are counted by the office hours of the region that answered, without what the applicant owed.
    """
    months = months_told()
    sums = _read(answering, months)
    return [_process(process, months, sums) for process in answering]


def _process(process: str, months: list[date], sums: _Sums) -> ProcessFigures:
    told: list[tuple[date, Answers]] = []
    whole = _Sum()
    for month in months:
        found = sums.of(process, month)
        kept = found.told()
        # In a month of which no number is told the percentage would stand alone.
        is_hidden = found.count > 0 and not kept.count
        if is_hidden:
            kept = _Sum()
        whole.add(kept)
        told.append((month, Answers(None, is_hidden=True) if is_hidden else _answers(kept)))
    while told and told[-1][1] == Answers():
        # Before its first answer there is nothing to tell.
        told.pop()
    # Nothing but small numbers is not nothing.
    is_hidden = not whole.count and any(each.is_hidden for _, each in told)
    return ProcessFigures(process, told, Answers(None, is_hidden=True) if is_hidden else _answers(whole))


def _answers(found: _Sum) -> Answers:
    return Answers(
        found.count,
        found.days / found.count if found.count else None,
        100 * (found.timed - found.late) / found.timed if found.timed else None,
    )


def _read(answering: Mapping[str, str], months: list[date]) -> _Sums:
    sums = _Sums()
    for process, month, day, kind, name, count, late, net in _rows(months):
        if kind == FigureKind.CASE:
            sums.of(process, month).add(_Sum(count, net / day))
        elif name == answering.get(process):
            sums.of(process, month).add(_Sum(timed=count, late=late))
    return sums


def _rows(months: list[date]) -> Iterator[tuple[str, date, int, str, str, int, int, int]]:
    """Process, month, seconds of a working day, kind, name, count, late, net working seconds; by region."""
    rows = (
        Figure.objects.filter(
            kind__in=(FigureKind.CASE, FigureKind.CLOCK), month__gte=months[-1], month__lte=months[0]
        )
        .values_list("process", "month", "agency__region_id", "kind", "name")
        .annotate(Sum("count"), Sum("late_count"), Sum("net_working_seconds"))
        .order_by()
    )
    found = list(rows)
    calendars = get_calendars({region for _, _, region, *_ in found})
    for process, month, region, kind, name, count, late, net in found:
        yield process, month, calendars[region].hours.seconds_per_day, kind, name, count, late, net
