"""Which agencies' figures somebody may read: those of the supervised regions, as far as they are asked for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from workflow_app.domain import clock
from workflow_app.models import Region, User, rows
from workflow_app.selectors.access import Access
from workflow_app.selectors.calendar import get_calendar, get_calendars

SOON_DAYS = 2


@dataclass(frozen=True)
class Selection:
    """What is asked for; what is left empty is not narrowed.

    process: its slug. agency: its key. region: its GB/T 2260 code, with all that lies below it. officer: the key of
    the account; then the tasks it holds are counted, and what it did, instead of clocks. clock: its name.
    """

    process: str = ""
    agency: int | None = None
    region: str = ""
    officer: int | None = None
    clock: str = ""


EVERYTHING = Selection()


@dataclass(frozen=True)
class Place:
    """One agency of the scope, with its region and the length of its working day in seconds."""

    agency: int
    name: str
    name_en: str
    region: str
    day: int


_BELOW = (
    "SELECT id, name, name_en, region_id FROM workflow_app_agency "
    "WHERE region_id LIKE ANY(%s) AND starts_with(region_id, %s) AND (id = %s OR %s) ORDER BY region_id, id"
)


def places_of(user: User, selection: Selection = EVERYTHING) -> dict[int, Place]:
    """The agencies that the account supervises and the selection leaves, by key; empty for who supervises nothing."""
    prefixes = Access(user, clock.now()).supervised_prefixes
    if not prefixes:
        return {}
    found = rows.query(
        _BELOW,
        [f"{prefix}%" for prefix in prefixes],
        Region(code=selection.region).prefix,
        selection.agency or 0,
        selection.agency is None,
    )
    calendars = get_calendars({region for *_, region in found})
    return {
        agency: Place(agency, name, name_en, region, calendars[region].hours.seconds_per_day)
        for agency, name, name_en, region in found
    }


def ask(text: str, *values: Any) -> list[tuple[Any, ...]]:
    """The rows that a statement over many rows gives, planned anew for these values.

    A plan that is kept for any values (`rows.query`) does not know how little of a table they leave.
    """
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        return cursor.fetchall()


def soon_until(now: datetime) -> datetime:
    """What is due by this moment is due soon: within two working days."""
    calendar = get_calendar("")
    return calendar.add_working_time(now, timedelta(seconds=SOON_DAYS * calendar.hours.seconds_per_day))
