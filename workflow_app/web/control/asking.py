"""What an address of the supervisor's pages asks for: filters, months, and the same again as a query."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.http import HttpRequest

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.workdays import FIRST_YEAR
from workflow_app.selectors.scope import Selection

# What stands in an address, in this order. A saved view keeps these and nothing else.
FILTERS = ("state", "process", "agency", "region", "officer", "clock", "month", "q")
LONGEST = 100
# How far back the choosers reach, and how much a trend shows at first.
MONTHS = 36
TREND_MONTHS = 12
# Of an id in the database.
_DIGITS = 18


def asked(request: HttpRequest) -> dict[str, str]:
    """The filters of the address as typed, empty ones left out."""
    return kept(request.GET)


def kept(values: Mapping[str, str]) -> dict[str, str]:
    """Of some values those that are filters, cleaned of what no field can hold."""
    cleaned = {name: values.get(name, "").replace("\0", "").strip()[:LONGEST] for name in FILTERS}
    return {name: value for name, value in cleaned.items() if value}


def query_of(values: Mapping[str, str]) -> str:
    """The filters as the query of an address, always in the same order."""
    return urlencode(kept(values))


def selection_of(values: Mapping[str, str]) -> Selection:
    """The filters that figures and lists understand alike; a number that is none selects nothing."""
    return Selection(
        process=values.get("process", ""),
        agency=number(values.get("agency", "")),
        region=values.get("region", ""),
        officer=number(values.get("officer", "")),
        clock=values.get("clock", ""),
    )


def number(text: str) -> int | None:
    """An id that stands in an address; None where there is none, 0 (which nothing has) where it is no number."""
    if not text:
        return None
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else 0


def month_of(text: str) -> date | None:
    """The first day of a month written as 2026-09; None for anything else, and for months that cannot have figures:
    before the calendar begins, or still to come."""
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return month if date(FIRST_YEAR, 1, 1) <= month <= this_month() else None


def this_month() -> date:
    """The first day of the present month in China."""
    return clock.now().astimezone(CHINA).date().replace(day=1)


def months_before(month: date, count: int) -> date:
    """The first day of the month so many months earlier; negative for later."""
    index = month.year * 12 + month.month - 1 - count
    return date(index // 12, index % 12 + 1, 1)


def recent_months() -> list[date]:
    """The months to choose from, latest first."""
    now = this_month()
    return [months_before(now, count) for count in range(MONTHS)]


@dataclass(frozen=True)
class Span:
    """Months from a first to a last, both their first days and both included."""

    since: date
    until: date


def span_of(request: HttpRequest, length: int) -> Span:
    """The span the address asks for by `since` and `until`; by default the last `length` months. The wrong way round
    it is turned."""
    until = month_of(request.GET.get("until", "")) or this_month()
    since = month_of(request.GET.get("since", "")) or months_before(until, length - 1)
    return Span(min(since, until), max(since, until))
