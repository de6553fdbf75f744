"""The working-day calendar of each region, held in memory and never older than the tables."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, time
from uuid import UUID

from workflow_app.domain.codes import region_prefixes
from workflow_app.domain.workdays import FIRST_YEAR, DayRule, OfficeHours, WorkCalendar
from workflow_app.models import CalendarDay, CalendarNotice, Region, rows


@dataclass
class _Held:
    """What the tables said at one version, with the calendars built from it, by office hours."""

    version: UUID | None
    days: dict[date, DayRule]
    years: frozenset[int]
    hours: dict[str, OfficeHours]
    calendars: dict[OfficeHours, WorkCalendar] = field(default_factory=dict)


_held: _Held | None = None


def get_calendar(region: str) -> WorkCalendar:
    """The calendar of the region with this GB/T 2260 code: the country's days, the region's own office hours.
    An empty code stands for the whole country.

    Costs one small query: the tables' version is compared each time, so that a change made by any process counts
    from its commit on. Without any notice every computation raises `CalendarYearMissingError`. Raises
    `RegionCodeInvalidError`.
    """
    return _calendar(_current(), region)


def get_calendars(regions: Iterable[str]) -> dict[str, WorkCalendar]:
    """The calendars of several regions, by code, as `get_calendar` gives each; costs one small query for all."""
    held = _current()
    return {region: _calendar(held, region) for region in regions}


def _calendar(held: _Held, region: str) -> WorkCalendar:
    places = region_prefixes(region) if region else ()
    hours = next((held.hours[code] for code in places if code in held.hours), OfficeHours())
    if hours not in held.calendars:
        last_year = None if held.years else FIRST_YEAR - 1
        held.calendars[hours] = WorkCalendar(held.days, held.years, hours, last_year=last_year)
    return held.calendars[hours]


def _current() -> _Held:
    global _held
    # The version first: if a change commits in between, the days are newer than it says and are read once more.
    found = rows.query("SELECT version FROM workflow_app_calendarversion WHERE id = 1")
    version = found[0][0] if found else None
    held = _held
    if held is None or held.version != version:
        held = _held = _read(version)
    return held


def _read(version: UUID | None) -> _Held:
    days = {
        row.day: DayRule(row.is_working, row.reason, row.notice.number)
        for row in CalendarDay.objects.select_related("notice")
    }
    years = frozenset(CalendarNotice.objects.values_list("year", flat=True))
    hours = {
        code: OfficeHours(
            tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in periods)
        )
        for code, periods in Region.objects.exclude(office_hours=[]).values_list("code", "office_hours")
    }
    return _Held(version, days, years, hours)


def get_year(year: int) -> list[CalendarDay]:
    """The exceptions of one year as the notice names them, in order."""
    return list(CalendarDay.objects.filter(day__year=year).select_related("notice").order_by("day"))
