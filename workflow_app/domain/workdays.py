"""Working days and office hours by the State Council's yearly notice, with its make-up working days (调休).

A calendar is built from the exceptions only (days off on weekdays, working weekends); every other day is an
ordinary weekday or weekend. A year without a notice is provisional: it knows weekends only, and whatever
rests on it says so. All arithmetic is exact to the microsecond, so that pausing and resuming never loses or
gains time.
"""

import itertools
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import CreditError

# Before 2004 the notices named no single days, so a calendar cannot be right there.
FIRST_YEAR = 2004

_SATURDAY = 5
_MICROSECOND = timedelta(microseconds=1)
_SECOND = timedelta(seconds=1)


class CalendarYearMissingError(CreditError):
    """A computation reached a year that the calendar does not cover; `year` says which."""

    code = "calendar_year_missing"
    message = "工作日历中没有 {year} 年，无法计算期限。请核对日期；如日期无误，请联系管理员建立该年日历。"
    status = 422


class DayKind(StrEnum):
    """What a day is. The provisional kinds are of a year whose notice has not been entered."""

    WORKING = "working"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKE_UP = "make_up"
    PROVISIONAL_WORKING = "provisional_working"
    PROVISIONAL_WEEKEND = "provisional_weekend"


# Message ids of the catalogue.
ORDINARY_REASONS = {
    DayKind.WORKING: "工作日",
    DayKind.WEEKEND: "周末",
    DayKind.PROVISIONAL_WORKING: "工作日（暂定）",
    DayKind.PROVISIONAL_WEEKEND: "周末（暂定）",
}


@dataclass(frozen=True)
class DayRule:
    """One exception of the yearly notice.

    `reason` is a short text such as 春节放假 or 调休上班; `notice` is the number of the notice that orders
    it.
    """

    is_working: bool
    reason: str
    notice: str


@dataclass(frozen=True)
class OfficeHours:
    """A region's office hours in local time; `ValueError` unless they ascend and do not touch."""

    periods: tuple[tuple[time, time], ...] = ((time(8, 30), time(12, 0)), (time(13, 30), time(17, 30)))

    def __post_init__(self) -> None:
        edges = [edge for period in self.periods for edge in period]
        if not edges or any(earlier >= later for earlier, later in itertools.pairwise(edges)):
            raise ValueError("office hours must be ascending periods that do not touch")

    @property
    def start(self) -> time:
        """When the office opens."""
        return self.periods[0][0]

    @property
    def end(self) -> time:
        """When the office closes: the moment a period ends on its last day (民法典第二百零三条第二款)."""
        return self.periods[-1][1]

    @property
    def seconds_per_day(self) -> int:
        """Length of one working day in whole seconds."""
        return sum((_since_midnight(end) - _since_midnight(start)) // _SECOND for start, end in self.periods)


def _since_midnight(moment: time) -> timedelta:
    return timedelta(
        hours=moment.hour, minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond
    )


class WorkCalendar:
    """Answers what day is a working day and moves moments through working time. Immutable after construction.

    `days` holds the exceptions, `noticed_years` the years whose notice is entered. Days run from 2004 to
    `last_year`, by default one provisional year after the last notice; beyond them every method raises
    `CalendarYearMissingError`. Moments that come in must be aware; those that go out are aware UTC.
    """

    def __init__(
        self,
        days: Mapping[date, DayRule],
        noticed_years: frozenset[int],
        hours: OfficeHours | None = None,
        tz: tzinfo = CHINA,
        last_year: int | None = None,
    ) -> None:
        self.hours = hours or OfficeHours()
        self.tz = tz
        self.last_year = last_year if last_year is not None else max(noticed_years) + 1
        self._days = dict(days)
        self._noticed_years = frozenset(noticed_years)
        self._periods = [(_since_midnight(start), _since_midnight(end)) for start, end in self.hours.periods]
        lengths = [end - start for start, end in self._periods]
        # When each period begins, and how much of the day's working time lies before it.
        self._begun = [
            (start, sum(lengths[:index], timedelta())) for index, (start, _) in enumerate(self._periods)
        ]
        self._full = sum(lengths, timedelta())
        first, last = date(FIRST_YEAR, 1, 1), date(self.last_year, 12, 31)
        # Ordinals of all working days, ascending: every question becomes one binary search.
        self._working = [
            ordinal
            for ordinal in range(first.toordinal(), last.toordinal() + 1)
            if self._works(date.fromordinal(ordinal))
        ]

    def _works(self, day: date) -> bool:
        rule = self._days.get(day)
        return rule.is_working if rule else day.weekday() < _SATURDAY

    @property
    def full_day(self) -> timedelta:
        """Exact length of one working day."""
        return self._full

    def require_year(self, year: int) -> None:
        """Raise `CalendarYearMissingError` if the calendar does not cover the year."""
        if not FIRST_YEAR <= year <= self.last_year:
            raise CalendarYearMissingError(year=year)

    def kind(self, day: date) -> DayKind:
        """What the day is; a day with a rule of its own is never provisional in kind."""
        self.require_year(day.year)
        rule = self._days.get(day)
        if rule:
            return DayKind.MAKE_UP if rule.is_working else DayKind.HOLIDAY
        if self.is_provisional(day):
            return DayKind.PROVISIONAL_WORKING if self._works(day) else DayKind.PROVISIONAL_WEEKEND
        return DayKind.WORKING if self._works(day) else DayKind.WEEKEND

    def is_working(self, day: date) -> bool:
        """Whether offices work on the day."""
        self.require_year(day.year)
        return self._works(day)

    def reason(self, day: date) -> str:
        """Why the day is what it is: the notice's reason, or 工作日 or 周末, marked 暂定 if provisional."""
        kind = self.kind(day)
        return self._days[day].reason if day in self._days else ORDINARY_REASONS[kind]

    def notice(self, day: date) -> str:
        """Number of the notice that makes the day an exception, empty for an ordinary day."""
        self.require_year(day.year)
        return self._days[day].notice if day in self._days else ""

    def is_provisional(self, day: date) -> bool:
        """Whether the day lies in a year whose notice has not been entered."""
        self.require_year(day.year)
        return day.year not in self._noticed_years

    def is_provisional_due(self, due_at: datetime) -> bool:
        """Whether a due date rests on a year whose notice has not been entered.

        Only the last year of the calendar can be such a one, so the due date alone says it; beyond the calendar nothing
        is due.
        """
        return self.local(due_at).year not in self._noticed_years

    def next_working_day(self, day: date) -> date:
        """The day itself if it is a working day, else the first one after it (民法典第二百零三条第一款)."""
        self.require_year(day.year)
        return self._working_day(bisect_left(self._working, day.toordinal()))

    def add_working_days(self, day: date, n: int) -> date:
        """The n-th (from 1) working day after the day, which itself is not counted (民法典第二百零一条)."""
        if n < 1:
            raise ValueError("n must be at least 1")
        self.require_year(day.year)
        return self._working_day(bisect_left(self._working, day.toordinal() + 1) + n - 1)

    def _working_day(self, index: int) -> date:
        if index >= len(self._working):
            raise CalendarYearMissingError(year=self.last_year + 1)
        return date.fromordinal(self._working[index])

    def local(self, moment: datetime) -> datetime:
        """The moment in the office's time zone; `ValueError` for a naive one, whose zone would be a guess."""
        if moment.tzinfo is None:
            raise ValueError("moment must be aware")
        return moment.astimezone(self.tz)

    def start_of_office(self, day: date) -> datetime:
        """When the office opens on the day if it is a working day, aware UTC."""
        return self._at(day, _since_midnight(self.hours.start))

    def end_of_office(self, day: date) -> datetime:
        """When the office closes on the day if it is a working day, aware UTC (民法典第二百零三条第二款)."""
        return self._at(day, _since_midnight(self.hours.end))

    def _at(self, day: date, offset: timedelta) -> datetime:
        self.require_year(day.year)
        return (datetime.combine(day, time(), self.tz) + offset).astimezone(UTC)

    def is_office_time(self, moment: datetime) -> bool:
        """Whether the office is open; at the opening minute it is, at the closing minute no longer."""
        local = self.local(moment)
        since = _since_midnight(local.time())
        return self.is_working(local.date()) and any(start <= since < end for start, end in self._periods)

    def next_office_moment(self, moment: datetime) -> datetime:
        """The moment itself during office hours, else the next opening of the office, aware UTC."""
        local = self.local(moment)
        since = _since_midnight(local.time())
        if self.is_working(local.date()):
            for start, end in self._periods:
                if since < end:
                    return self._at(local.date(), max(since, start))
        return self.start_of_office(self.add_working_days(local.date(), 1))

    def working_time_between(self, a: datetime, b: datetime) -> timedelta:
        """Exact working time from a to b; negative when b is the earlier one."""
        return self._position(b) - self._position(a)

    def working_seconds_between(self, a: datetime, b: datetime) -> int:
        """Whole working seconds from a to b, cut towards zero; negative when b is the earlier one."""
        span = self.working_time_between(a, b)
        return span // _SECOND if span >= timedelta() else -(-span // _SECOND)

    def add_working_time(self, moment: datetime, span: timedelta) -> datetime:
        """The earliest moment by which `span` of working time has passed since the given one, aware UTC.

        An empty span gives the moment itself, a negative one raises `ValueError`. What ends exactly with a
        period ends at its closing (17:30), not at the next opening.
        """
        if span < timedelta():
            raise ValueError("span must not be negative")
        if not span:
            return self.local(moment).astimezone(UTC)
        # One tick is taken off and put back, so that a full day stays on its own day instead of opening the
        # next.
        index, within = divmod(self._position(moment) + span - _MICROSECOND, self._full)
        day, within = self._working_day(index), within + _MICROSECOND
        # The last period that is begun before that much of the day's working time has passed.
        start, before = [(start, before) for start, before in self._begun if before < within][-1]
        return self._at(day, start + within - before)

    def add_working_seconds(self, moment: datetime, seconds: float) -> datetime:
        """`add_working_time` with the span in seconds."""
        return self.add_working_time(moment, timedelta(seconds=seconds))

    def _position(self, moment: datetime) -> timedelta:
        """Working time from the first day of the calendar to the moment."""
        local = self.local(moment)
        self.require_year(local.year)
        ordinal = local.date().toordinal()
        index = bisect_left(self._working, ordinal)
        position = index * self._full
        if index < len(self._working) and self._working[index] == ordinal:
            since = _since_midnight(local.time())
            position += sum(
                (max(min(since, end) - start, timedelta()) for start, end in self._periods), timedelta()
            )
        return position
