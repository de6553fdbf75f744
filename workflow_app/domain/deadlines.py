"""Due dates: counted by the Civil Code, in working days, calendar days or months, with pauses and extensions.

One rule holds everywhere: the day something starts is not counted, a period that ends on a rest day moves
to the next working day, and it ends when the office closes (民法典第二百零一条至第二百零三条). Time the
clock stood still is added as it was, not as it was planned. Moments that come in must be aware; those that
go out are aware UTC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from workflow_app.domain.counting import (
    Budget,
    BudgetInvalidError,
    Computation,
    Due,
    Extension,
    ExtensionCapError,
    Pause,
    Unit,
    UnitMismatchError,
    compute,
    stretches_of,
)
from workflow_app.domain.workdays import DayKind, WorkCalendar

__all__ = [
    "Budget",
    "BudgetInvalidError",
    "DayLine",
    "Due",
    "Extension",
    "ExtensionCapError",
    "Pause",
    "Spent",
    "Unit",
    "UnitMismatchError",
    "compute_due",
    "explain",
    "fraction_at",
    "net_and_gross",
]

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)

# Everything a day line can say; these are message ids of the catalogue.
START_DAY = "起算当日，不计入"
WEEKEND = "周末，不计入"
HOLIDAY = "{day_reason}，不计入（{notice}）"
COUNTED_WORKING_DAY = "计为第 {number} 个工作日"
COUNTED_MAKE_UP_DAY = "{day_reason}，计为第 {number} 个工作日（{notice}）"
COUNTED_CALENDAR_DAY = "计为第 {number} 日"
PAUSED = "暂停（{pause_reason}），不计入"
CARRIED = "补足此前暂停的时间，未满一日，不计入"
MOVED = "期间届满但当日为休息日，顺延"
MOVED_HERE = "由休息日顺延至本日，计为第 {number} 日"


@dataclass(frozen=True)
class DayLine:
    """One day of the explanation of a due date.

    `number` is the running number of a counted day. `reason` is the Chinese sentence; for other languages
    `message` is its message id and `params` fill it. `provisional` marks a day of a year whose notice has
    not been entered.
    """

    day: date
    counted: bool
    reason: str
    number: int | None
    provisional: bool
    message: str
    params: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True)
class Spent:
    """How long something took, with the pauses (gross) and without (net), in whole seconds.

    `by_owner` splits the paused working seconds by who owed something; with the net they add up to the gross.
    """

    gross_working_seconds: int
    net_working_seconds: int
    gross_calendar_seconds: int
    net_calendar_seconds: int
    by_owner: Mapping[str, int]


def compute_due(
    started_at: datetime,
    budget: Budget,
    calendar: WorkCalendar,
    pauses: Sequence[Pause] = (),
    extensions: Sequence[Extension] = (),
    cap: Budget | None = None,
    as_of: datetime | None = None,
) -> Due:
    """When something that started at `started_at` is due.

    Extensions lengthen the budget before anything else and never beyond `cap` (`ExtensionCapError`). Pauses
    count from the start on and if they begin before the due date; where they overlap they count once; an
    open one counts until `as_of`, which it requires (`ValueError`).

    In working days the due date moves by exactly the working time that was paused, so that the working time
    between start and due date, pauses left out, is the same with and without them. In calendar days and
    months the paused calendar time is added to the last day, and the end of office at or after it on a
    working day is the due date.

    Raises `UnitMismatchError`, and `CalendarYearMissingError` where the calendar ends first.
    """
    return compute(started_at, budget, calendar, pauses, extensions, cap, as_of).due


def explain(
    started_at: datetime,
    budget: Budget,
    calendar: WorkCalendar,
    pauses: Sequence[Pause] = (),
    extensions: Sequence[Extension] = (),
    cap: Budget | None = None,
    as_of: datetime | None = None,
) -> list[DayLine]:
    """Every day from start day to due day with why it counts or does not; takes and raises as `compute_due`.

    Counted days are numbered from 1; the due day is counted and has the highest number. A day on which less
    than a whole day has passed since the last counted one, because of a pause, is not counted.
    """
    computation = compute(started_at, budget, calendar, pauses, extensions, cap, as_of)
    ledger = _Ledger(calendar, computation)
    if budget.unit is Unit.WORKING_DAY:
        return ledger.working_day_lines()
    return ledger.calendar_day_lines()


class _Ledger:
    """Writes the lines of one computation."""

    def __init__(self, calendar: WorkCalendar, computation: Computation) -> None:
        self._calendar = calendar
        self._computation = computation
        self._due_day = calendar.local(computation.due.due_at).date()

    def working_day_lines(self) -> list[DayLine]:
        start_day, last_number = self._computation.start_day, 0
        lines, origin = [self._line(start_day, START_DAY)], self._calendar.end_of_office(start_day)
        for day in self._days():
            if not self._calendar.is_working(day):
                lines.append(self._rest_day(day))
                continue
            until = self._calendar.end_of_office(day)
            passed = self._calendar.working_time_between(origin, until) - self._paused_working_time(until)
            number = passed // self._calendar.full_day
            if number > last_number:
                last_number = number
                is_make_up = self._calendar.kind(day) is DayKind.MAKE_UP
                lines.append(
                    self._line(day, COUNTED_MAKE_UP_DAY if is_make_up else COUNTED_WORKING_DAY, number)
                )
            else:
                lines.append(self._halted(day, until))
        return lines

    def calendar_day_lines(self) -> list[DayLine]:
        start_day, last_number = self._computation.start_day, 0
        lines, whole = [self._line(start_day, START_DAY)], (self._computation.last_day - start_day).days
        for day in self._days():
            until = self._midnight(day + _DAY)
            number = ((day - start_day) - self._paused_time(until)) // _DAY
            if day == self._due_day:
                was_moved = lines[-1].message == MOVED
                lines.append(self._line(day, MOVED_HERE if was_moved else COUNTED_CALENDAR_DAY, whole))
            elif last_number < number < whole:
                last_number = number
                lines.append(self._line(day, COUNTED_CALENDAR_DAY, number))
            elif number >= whole and not self._calendar.is_working(day):
                lines.append(self._line(day, MOVED))
            else:
                lines.append(self._halted(day, until))
        return lines

    def _days(self) -> list[date]:
        """The days after the start day up to the due day."""
        start_day = self._computation.start_day
        return [start_day + _DAY * n for n in range(1, (self._due_day - start_day).days + 1)]

    def _paused_time(self, until: datetime) -> timedelta:
        return sum(
            (max(min(part.end, until) - part.start, timedelta()) for part in self._computation.stretches),
            timedelta(),
        )

    def _paused_working_time(self, until: datetime) -> timedelta:
        return sum(
            (
                self._calendar.working_time_between(part.start, min(part.end, until))
                for part in self._computation.stretches
                if part.start < until
            ),
            timedelta(),
        )

    def _midnight(self, day: date) -> datetime:
        """When the day begins in the office's time zone."""
        return datetime.combine(day, time(), self._calendar.tz)

    def _halted(self, day: date, until: datetime) -> DayLine:
        """A day that would count but for a pause, on it or before it."""
        for part in self._computation.stretches:
            if part.start < until and part.end > self._midnight(day):
                return self._line(day, PAUSED, pause_reason=part.pause.reason)
        return self._line(day, CARRIED)

    def _rest_day(self, day: date) -> DayLine:
        return self._line(day, HOLIDAY if self._calendar.kind(day) is DayKind.HOLIDAY else WEEKEND)

    def _line(self, day: date, message: str, number: int | None = None, **params: Any) -> DayLine:
        if number is not None:
            params["number"] = number
        if message in (HOLIDAY, COUNTED_MAKE_UP_DAY):
            params |= {"day_reason": self._calendar.reason(day), "notice": self._calendar.notice(day)}
        return DayLine(
            day=day,
            counted=number is not None,
            reason=message.format_map(params),
            number=number,
            provisional=self._calendar.is_provisional(day),
            message=message,
            params=params,
        )


def fraction_at(
    started_at: datetime,
    due_at: datetime,
    fraction: float,
    calendar: WorkCalendar,
    pauses: Sequence[Pause] = (),
    as_of: datetime | None = None,
) -> datetime:
    """When that part (above 0) of the working time from start to due date has passed, for warnings.

    Time in `pauses` does not pass; an open one lasts until `as_of`. 1 gives the due date itself, 1.5 half of that
    working time after it.
    """
    if fraction <= 0:
        raise ValueError("fraction must be above 0")
    due_at = calendar.local(due_at).astimezone(UTC)
    if fraction == 1 or due_at <= started_at:
        return due_at
    halts = [
        (stretch.start, calendar.working_time_between(stretch.start, stretch.end))
        for stretch in stretches_of(pauses, started_at, as_of)
        if stretch.end <= due_at
    ]
    halted = sum((length for _, length in halts), timedelta())
    net = calendar.working_time_between(started_at, due_at) - halted
    if fraction > 1:
        return calendar.add_working_time(due_at, net * (fraction - 1))
    moment = calendar.add_working_time(started_at, net * fraction)
    for start, length in halts:
        if start < moment:
            moment = calendar.add_working_time(moment, length)
    return moment


def net_and_gross(
    started_at: datetime, ended_at: datetime, pauses: Sequence[Pause], calendar: WorkCalendar
) -> Spent:
    """How long it took from start to end with and without the pauses, in working and in calendar time.

    An open pause lasts until the end; pauses outside of start and end do not count.
    """
    by_owner: dict[str, int] = {}
    paused = timedelta()
    for stretch in stretches_of(pauses, started_at, ended_at):
        if stretch.start >= ended_at:
            break
        owner, end = stretch.pause.owed_by, min(stretch.end, ended_at)
        by_owner[owner] = by_owner.get(owner, 0) + calendar.working_seconds_between(stretch.start, end)
        paused += end - stretch.start
    gross = calendar.working_seconds_between(started_at, ended_at)
    return Spent(
        gross_working_seconds=gross,
        net_working_seconds=gross - sum(by_owner.values()),
        gross_calendar_seconds=(ended_at - started_at) // _SECOND,
        net_calendar_seconds=(ended_at - started_at - paused) // _SECOND,
        by_owner=by_owner,
    )
