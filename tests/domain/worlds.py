"""Calendars, moments and an independent day walk for the tests of the domain."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from chinese_calendar import constants
from hypothesis import strategies as st

from workflow_app.domain.deadlines import Pause
from workflow_app.domain.workdays import DayRule, OfficeHours, WorkCalendar

CHINA = ZoneInfo("Asia/Shanghai")
NOTICE = "国办发明电〔2025〕7号"
NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
    "Anti-Fascist 70th Day": "抗战胜利纪念日",
}


@cache
def real_days() -> dict[date, DayRule]:
    """The exceptions of 2004 to 2026 as the yearly notices name them."""
    days = {day: DayRule(False, NAMES[name] + "放假", NOTICE) for day, name in constants.holidays.items()}
    return days | {day: DayRule(True, "调休上班", NOTICE) for day in constants.workdays}


@cache
def real_calendar() -> WorkCalendar:
    """2004 to 2026 with notices, 2027 provisional."""
    return WorkCalendar(real_days(), frozenset(range(2004, 2027)))


def with_rules(rules: dict[date, DayRule], **options) -> WorkCalendar:
    """The real calendar with some days overruled."""
    return WorkCalendar(real_days() | rules, frozenset(range(2004, 2027)), **options)


def beijing(text: str) -> datetime:
    """An aware moment from local date and time such as `2026-09-25 16:59`."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=CHINA)


def pause(start: str, end: str | None, owed_by: str = "applicant", reason: str = "补正材料") -> Pause:
    return Pause(beijing(start), beijing(end) if end else None, owed_by, reason)


# Independent of the code under test: it asks the library that the calendar was seeded from, a day and a
# minute at a time, and knows nothing of ordinals, positions or binary search.


def works(day: date, extra_holidays: frozenset[date] = frozenset()) -> bool:
    if day in extra_holidays or day in constants.holidays:
        return False
    return day in constants.workdays or day.isoweekday() <= 5


def nth_working_day(day: date, n: int) -> date:
    while n:
        day += timedelta(days=1)
        n -= works(day)
    return day


def office_minutes(start: datetime, hours: OfficeHours | None = None) -> Iterator[datetime]:
    """The beginning of every office minute from the local start on, for ever."""
    day = start.date()
    while True:
        if works(day):
            for opens, closes in (hours or OfficeHours()).periods:
                minute = datetime.combine(day, opens, CHINA)
                while minute.time() < closes:
                    if minute >= start:
                        yield minute
                    minute += timedelta(minutes=1)
        day += timedelta(days=1)


def close_of(day: date) -> datetime:
    return datetime.combine(day, time(17, 30), CHINA)


def walked_due(start: datetime, n: int, pauses: list[Pause]) -> datetime:
    """The due date of n working days by stopwatch: it runs in every office minute that is in no pause."""
    base = close_of(nth_working_day(start.date(), n))
    budget = 0
    for minute in office_minutes(start):
        if minute >= base:
            break
        budget += 1
    for minute in office_minutes(start):
        budget -= not any(one.start <= minute < one.end for one in pauses)
        if not budget:
            return minute + timedelta(minutes=1)
    raise AssertionError("the minutes never end")


# Strategies: moments in years whose notices are known, inside and outside of office hours.

minutes_2024_2026 = st.integers(0, 3 * 365 * 24 * 60 - 180 * 24 * 60).map(
    lambda n: datetime(2024, 1, 1, tzinfo=CHINA) + timedelta(minutes=n)
)
microseconds = st.integers(0, 2 * 365 * 24 * 3600 * 10**6).map(
    lambda n: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(microseconds=n)
)
amounts = st.integers(1, 25)


@st.composite
def pauses_after(draw: st.DrawFn, start: datetime, most: int = 4, after_days: int = 0) -> list[Pause]:
    """Pauses to the minute, which may overlap each other and may begin after the due date."""
    count = draw(st.integers(0, most))
    found = []
    for _ in range(count):
        begins = start + timedelta(
            days=after_days, minutes=draw(st.integers(0 if after_days else -3000, 15 * 24 * 60))
        )
        length = timedelta(minutes=draw(st.integers(0, 6 * 24 * 60)))
        owner = draw(st.sampled_from(["applicant", "source_unit", "trainer"]))
        found.append(Pause(begins, begins + length, owner, "等待"))
    return found
