"""The working-day calendar of each region, held in memory and never older than the tables."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from uuid import UUID

from workflow_app.domain.codes import region_prefixes
from workflow_app.domain.workdays import FIRST_YEAR, DayRule, OfficeHours, WorkCalendar
from workflow_app.models import CalendarDay, CalendarNotice, Region, rows
from workflow_app.selectors.reading import once


@dataclass(frozen=True)
class CalendarBook:
    """What the tables say, or would say: the days that differ, the notices' numbers by year, office hours by region.

    Not to be changed once it is made: the calendars built from it are kept.
    """

    days: Mapping[date, DayRule]
    notices: Mapping[int, str]
    hours: Mapping[str, OfficeHours]
    _built: dict[OfficeHours, WorkCalendar] = field(default_factory=dict, compare=False, repr=False)

    def calendar(self, region: str) -> WorkCalendar:
        """The country's days with the office hours of the region, or of the nearest one above it that has its own.

        An empty code stands for the whole country. Raises `RegionCodeInvalidError`.
        """
        places = region_prefixes(region) if region else ()
        hours = next((self.hours[code] for code in places if code in self.hours), OfficeHours())
        if hours not in self._built:
            years = frozenset(self.notices)
            last_year = None if years else FIRST_YEAR - 1
            self._built[hours] = WorkCalendar(self.days, years, hours, last_year=last_year)
        return self._built[hours]


_held: tuple[UUID | None, CalendarBook] | None = None


def get_calendar(region: str) -> WorkCalendar:
    """The calendar of the region with this GB/T 2260 code: the country's days, the region's own office hours.
    An empty code stands for the whole country.

    Costs one small query: the tables' version is compared each time, so that a change made by any process counts
    from its commit on. Without any notice every computation raises `CalendarYearMissingError`. Raises
    `RegionCodeInvalidError`.
    """
    return get_book().calendar(region)


def get_calendars(regions: Iterable[str]) -> dict[str, WorkCalendar]:
    """The calendars of several regions, by code, as `get_calendar` gives each; costs one small query for all."""
    book = get_book()
    return {region: book.calendar(region) for region in regions}


def get_book() -> CalendarBook:
    """All that the tables say at this moment; costs what `get_calendar` costs."""
    return once("calendar", _newest)


def _newest() -> CalendarBook:
    global _held
    # The version first: if a change commits in between, the days are newer than it says and are read once more.
    found = rows.query("SELECT version FROM workflow_app_calendarversion WHERE id = 1")
    version = found[0][0] if found else None
    held = _held
    if held is None or held[0] != version:
        held = _held = (version, _read())
    return held[1]


def _read() -> CalendarBook:
    notices = dict(CalendarNotice.objects.values_list("year", "number"))
    days = {
        day: DayRule(is_working, reason, notices[year])
        for day, is_working, reason, year in CalendarDay.objects.values_list(
            "day", "is_working", "reason", "notice_id"
        )
    }
    hours = {
        code: office_hours(periods)
        for code, periods in Region.objects.exclude(office_hours=[]).values_list("code", "office_hours")
    }
    return CalendarBook(days, notices, hours)


def office_hours(periods: Iterable[Iterable[str]]) -> OfficeHours:
    """Office hours from their stored form, such as [["08:30", "12:00"], ["13:30", "17:30"]]; raises `ValueError`."""
    return OfficeHours(tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in periods))


def get_year(year: int) -> list[CalendarDay]:
    """The exceptions of one year as the notice names them, in order."""
    return list(CalendarDay.objects.filter(day__year=year).select_related("notice").order_by("day"))
