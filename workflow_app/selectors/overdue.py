"""Clocks that press: overdue now, or due soon. For supervisors of a region and what lies below."""

from datetime import datetime, timedelta

from django.db.models import Q

from workflow_app.domain import clock
from workflow_app.models import Clock, User
from workflow_app.models.clocks import ClockStatus
from workflow_app.selectors.access import Access
from workflow_app.selectors.calendar import get_calendar
from workflow_app.selectors.paging import (
    DEFAULT_LIMIT,
    CursorInvalidError,
    Page,
    decode_cursor,
    ensure_limit,
    page_of,
)

SOON_DAYS = 2


def list_pressing(user: User, *, cursor: str = "", limit: int = DEFAULT_LIMIT) -> Page[Clock]:
    """Running clocks of the supervised regions that are overdue or due within two working days, longest due first.

    Empty for accounts that supervise nothing. Raises `CursorInvalidError`, `LimitInvalidError`.
    """
    ensure_limit(limit)
    access = Access(user, clock.now())
    below = Q()
    for prefix in access.supervised_prefixes:
        below |= Q(case__agency__region__code__startswith=prefix)
    if not access.supervised_prefixes:
        return Page([], None)
    rows = Clock.objects.filter(below, status=ClockStatus.RUNNING, due_at__lte=_horizon(access.at))
    if cursor:
        rows = _after(rows, cursor)
    rows = rows.select_related("case__subject", "case__agency__region", "case__definition")
    rows = rows.defer("case__state", "case__state_mac", "case__definition__files")
    return page_of(rows.order_by("due_at", "pk")[: limit + 1], limit, "due_at", "pk")


def _horizon(now: datetime) -> datetime:
    calendar = get_calendar("")
    return calendar.add_working_time(now, timedelta(seconds=SOON_DAYS * calendar.hours.seconds_per_day))


def _after(rows, cursor: str):  # type: ignore[no-untyped-def]  # a queryset of clocks, and one again
    due, last = decode_cursor(cursor, str, int)
    try:
        moment = datetime.fromisoformat(due)
    except ValueError as broken:
        raise CursorInvalidError from broken
    if moment.tzinfo is None:
        raise CursorInvalidError
    return rows.filter(Q(due_at__gt=moment) | Q(due_at=moment, pk__gt=last))
