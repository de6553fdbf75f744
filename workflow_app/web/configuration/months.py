"""A year of the calendar as twelve grids of weeks, with what each day is in a sign and in words."""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from workflow_app.domain.workdays import DayKind, WorkCalendar
from workflow_app.models import CalendarDay
from workflow_app.web.visitor import language

# Kind → look and sign. Weekends are shaded, days of a notice carry a sign, so that black and white tells them apart.
_LOOKS: Mapping[DayKind, tuple[str, str]] = {
    DayKind.WORKING: ("work", ""),
    DayKind.WEEKEND: ("weekend", ""),
    DayKind.HOLIDAY: ("holiday", _("休")),
    DayKind.MAKE_UP: ("make-up", _("班")),
    DayKind.PROVISIONAL_WORKING: ("work", ""),
    DayKind.PROVISIONAL_WEEKEND: ("weekend", ""),
}
# What a screen reader says of an ordinary day is its number alone.
_PLAIN = {DayKind.WORKING, DayKind.PROVISIONAL_WORKING}


@dataclass(frozen=True)
class Cell:
    """One day: how it looks, its sign, and why it is so (empty for an ordinary working day)."""

    day: date
    look: str
    sign: str
    reason: str


@dataclass(frozen=True)
class Month:
    """One month: its weeks from Monday to Sunday, None where another month's days stand."""

    first: date
    title: str
    weeks: list[list[Cell | None]]
    working_days: int


def months_of(year: int, calendar_of_country: WorkCalendar) -> list[Month]:
    """The twelve months of a year; raises `CalendarYearMissingError`."""
    calendar_of_country.require_year(year)
    return [_month(year, month, calendar_of_country) for month in range(1, 13)]


@dataclass
class Stretch:
    """Days in a row that the notice names for one reason, as it does itself."""

    first: date
    last: date
    is_working: bool
    reason: str

    @property
    def days(self) -> int:
        """How many they are."""
        return (self.last - self.first).days + 1


def stretches_of(days: Sequence[CalendarDay]) -> list[Stretch]:
    """The named days of a year, which come in order, as stretches."""
    found: list[Stretch] = []
    for day in days:
        last = found[-1] if found else None
        same = last and (last.is_working, last.reason) == (day.is_working, day.reason)
        if last and same and last.last + timedelta(days=1) == day.day:
            last.last = day.day
        else:
            found.append(Stretch(day.day, day.day, day.is_working, day.reason))
    return found


def weekdays() -> list[tuple[str, str]]:
    """Short and long names of the days of the week, from Monday."""
    monday = date(2024, 1, 1)
    days = [monday.replace(day=number) for number in range(1, 8)]
    return [(_short(day), date_format(day, "l")) for day in days]


def _short(day: date) -> str:
    name = date_format(day, "D")
    return name if language() == "en" else name[-1]


def _month(year: int, month: int, days: WorkCalendar) -> Month:
    first = date(year, month, 1)
    weeks = [
        [_cell(day, days) if day.month == month else None for day in week]
        for week in calendar.Calendar().monthdatescalendar(year, month)
    ]
    working = sum(days.is_working(cell.day) for week in weeks for cell in week if cell)
    title = date_format(first, "F") if language() == "en" else gettext("{month}月").format(month=month)
    return Month(first, title, weeks, working)


def _cell(day: date, days: WorkCalendar) -> Cell:
    kind = days.kind(day)
    look, sign = _LOOKS[kind]
    reason = "" if kind in _PLAIN else gettext(days.reason(day))
    return Cell(day, look, gettext(sign) if sign else "", reason)
