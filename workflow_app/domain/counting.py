"""How due dates are counted: the things a clock is made of, and the one computation behind every due date.

The public functions are in `workflow_app.domain.deadlines`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from workflow_app.domain.errors import CreditError
from workflow_app.domain.periods import add_months
from workflow_app.domain.workdays import CalendarYearMissingError, WorkCalendar

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)


class BudgetInvalidError(CreditError):
    """A budget or an extension is smaller than one."""

    code = "budget_invalid"
    message = "期限的数量应为不小于 1 的整数，不能是 {amount}。"
    status = 422


class UnitMismatchError(CreditError):
    """An extension or a cap counts in another unit than the budget, so they cannot be added or compared."""

    code = "deadline_unit_mismatch"
    message = "延长或上限的单位（{other_title}）应与期限的单位（{unit_title}）一致。"
    status = 422


class ExtensionCapError(CreditError):
    """The budget with its extensions is longer than the rule allows: `total` over `cap`, both in `unit`."""

    code = "extension_over_cap"
    message = "延长后合计 {total}，超过规定的上限 {cap}（单位：{unit_title}）。"
    status = 422


class Unit(StrEnum):
    """What a budget counts."""

    WORKING_DAY = "working_day"
    CALENDAR_DAY = "calendar_day"
    MONTH = "month"


# What sentences call them; these are message ids of the catalogue.
UNIT_TITLES = {Unit.WORKING_DAY: "工作日", Unit.CALENDAR_DAY: "自然日", Unit.MONTH: "月"}


@dataclass(frozen=True)
class Budget:
    """How long something may take; `amount` is at least 1, else `BudgetInvalidError`."""

    amount: int
    unit: Unit

    def __post_init__(self) -> None:
        _require_amount(self.amount)


@dataclass(frozen=True)
class Extension:
    """Time granted on top of the budget, in its unit; `amount` is at least 1, else `BudgetInvalidError`."""

    amount: int
    unit: Unit
    reason: str

    def __post_init__(self) -> None:
        _require_amount(self.amount)


def _require_amount(amount: int) -> None:
    if amount < 1:
        raise BudgetInvalidError(amount=amount)


@dataclass(frozen=True)
class Pause:
    """A time in which the clock stood still because `owed_by` owed something; `end` None: it still does."""

    start: datetime
    end: datetime | None
    owed_by: str
    reason: str

    def __post_init__(self) -> None:
        if self.end is not None and self.end < self.start:
            raise ValueError("a pause must not end before it starts")


@dataclass(frozen=True)
class Due:
    """A due date.

    `base_due_at` is the date without pauses. `provisional` says that it rests on a year whose notice is
    missing. `paused_seconds` is the paused time that counted: working seconds for a budget in working days,
    calendar seconds for one in calendar days or months.
    """

    due_at: datetime
    base_due_at: datetime
    provisional: bool
    paused_seconds: int


@dataclass(frozen=True)
class Stretch:
    """An uninterrupted part of one pause; stretches never overlap, so nothing is counted twice."""

    start: datetime
    end: datetime
    pause: Pause


@dataclass(frozen=True)
class Computation:
    """A due date with its local start day, its last day before any move, and the pauses that count."""

    start_day: date
    last_day: date
    due: Due
    stretches: tuple[Stretch, ...]


def compute(
    started_at: datetime,
    budget: Budget,
    calendar: WorkCalendar,
    pauses: Sequence[Pause] = (),
    extensions: Sequence[Extension] = (),
    cap: Budget | None = None,
    as_of: datetime | None = None,
) -> Computation:
    """The due date with the steps that led to it; the rules are told at `deadlines.compute_due`."""
    start_day = calendar.local(started_at).date()
    calendar.require_year(start_day.year)
    last_day = _last_day(start_day, _total(budget, extensions, cap), calendar)
    in_working_time = budget.unit is Unit.WORKING_DAY
    # The end of the period before and after it is moved off a rest day (民法典第二百零三条第一款).
    reached = calendar.end_of_office(last_day)
    base_due_at = due_at = _office_end_from(reached, calendar)
    paused, counted = timedelta(), []
    for stretch in stretches_of(pauses, started_at, as_of):
        if stretch.start >= due_at:
            break
        if in_working_time:
            length = calendar.working_time_between(stretch.start, stretch.end)
            due_at = calendar.add_working_time(due_at, length)
        else:
            length = stretch.end - stretch.start
            # A pause on the days to which a rest day moved the end adds nothing, but nothing is due in it.
            reached = max(reached + length, stretch.end)
            due_at = _office_end_from(reached, calendar)
        paused += length
        counted.append(stretch)
    relied_on_from = start_day + _DAY if in_working_time else last_day
    years = range(relied_on_from.year, calendar.local(due_at).year + 1)
    provisional = any(calendar.is_provisional(date(year, 1, 1)) for year in years)
    due = Due(due_at, base_due_at, provisional, paused // _SECOND)
    return Computation(start_day, last_day, due, tuple(counted))


def _total(budget: Budget, extensions: Sequence[Extension], cap: Budget | None) -> Budget:
    """The budget with its extensions, checked against the cap."""
    others: list[Budget | Extension] = [*extensions, *([cap] if cap else [])]
    for other in others:
        if other.unit is not budget.unit:
            raise UnitMismatchError(
                unit=budget.unit.value,
                unit_title=UNIT_TITLES[budget.unit],
                other=other.unit.value,
                other_title=UNIT_TITLES[other.unit],
            )
    total = budget.amount + sum(extension.amount for extension in extensions)
    if cap and total > cap.amount:
        raise ExtensionCapError(
            total=total, cap=cap.amount, unit=cap.unit.value, unit_title=UNIT_TITLES[cap.unit]
        )
    return Budget(total, budget.unit)


def _last_day(start_day: date, budget: Budget, calendar: WorkCalendar) -> date:
    """Last day of the period, which may be a rest day unless the budget counts working days."""
    # 民法典第二百零一条第一款: the start day is not counted, so day one is the day after it.
    if budget.unit is Unit.WORKING_DAY:
        return calendar.add_working_days(start_day, budget.amount)
    if budget.unit is Unit.CALENDAR_DAY:
        ordinal = start_day.toordinal() + budget.amount
        if ordinal > date(calendar.last_year, 12, 31).toordinal():
            raise CalendarYearMissingError(year=calendar.last_year + 1)
        return date.fromordinal(ordinal)
    # 民法典第二百零二条: the same date of the last month, or the end of the month that lacks it.
    calendar.require_year((start_day.year * 12 + start_day.month - 1 + budget.amount) // 12)
    return add_months(start_day, budget.amount)


def _office_end_from(moment: datetime, calendar: WorkCalendar) -> datetime:
    """The first end of office on a working day that is not before the moment."""
    day = calendar.local(moment).date()
    if not calendar.is_working(day) or moment > calendar.end_of_office(day):
        day = calendar.add_working_days(day, 1)
    return calendar.end_of_office(day)


def stretches_of(pauses: Sequence[Pause], started_at: datetime, as_of: datetime | None) -> list[Stretch]:
    """The pauses from the start on, ascending; where two overlap, the one that began first keeps the time."""
    stretches: list[Stretch] = []
    cursor = started_at
    for pause in sorted(pauses, key=lambda pause: pause.start):
        end = pause.end or as_of
        if end is None:
            raise ValueError("an open pause needs as_of")
        start = max(pause.start, cursor)
        if end > start:
            stretches.append(Stretch(start, end, pause))
            cursor = end
    return stretches
