"""Which deadlines were missed: one by one, with how late it was or is and who has it in hand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import Q, QuerySet

from workflow_app.domain import clock as service_clock
from workflow_app.domain.clock import CHINA
from workflow_app.models import Clock, Task, User
from workflow_app.models.clocks import ClockStatus
from workflow_app.models.tasks import LIVE
from workflow_app.selectors.calendar import get_calendars
from workflow_app.selectors.paging import (
    DEFAULT_LIMIT,
    Page,
    decode_cursor,
    ensure_limit,
    page_of,
)
from workflow_app.selectors.scope import EVERYTHING, Place, Selection, places_of

_HEAVY = (
    "case__state",
    "case__state_mac",
    "case__rules",
    "case__definition__files",
    "case__definition__manifest",
)


@dataclass(frozen=True)
class Breach:
    """A clock that was breached, with its case and agency.

    days_late: working days from the due date, as it is after pauses and extensions, to the stop, or until now while it
    goes on; never below 0. task: the live step it waits for, None once it has stopped or while nobody is waited for.
    """

    clock: Clock
    days_late: float
    task: Task | None


def list_breaches(
    user: User,
    *,
    since: date,
    until: date,
    selection: Selection = EVERYTHING,
    is_going: bool | None = None,
    cursor: str = "",
    limit: int = DEFAULT_LIMIT,
) -> Page[Breach]:
    """Breaches of the months from `since` to `until` in the supervised regions, latest first.

    is_going: only clocks that have not stopped yet, or only those that have. Empty for accounts that supervise nothing.
    Raises `CursorInvalidError`, `LimitInvalidError`.
    """
    ensure_limit(limit)
    places = places_of(user, selection)
    found = Clock.objects.filter(
        agency__in=list(places), breached_at__gte=_begin(since), breached_at__lt=_begin(_next_month(until))
    )
    if selection.process:
        found = found.filter(process=selection.process)
    if selection.clock:
        found = found.filter(name=selection.clock)
    if is_going is not None:
        found = (
            found.exclude(status=ClockStatus.STOPPED)
            if is_going
            else found.filter(status=ClockStatus.STOPPED)
        )
    if cursor:
        found = _after(found, cursor)
    # The keys come from the index alone, however long one has to look; the rows only of this page.
    keys = list(found.order_by("-breached_at", "-pk").values_list("pk", flat=True)[: limit + 1])
    clocks = Clock.objects.filter(pk__in=keys).select_related("case__definition", "agency").defer(*_HEAVY)
    page = page_of(clocks.order_by("-breached_at", "-pk"), limit, "breached_at", "pk")
    return Page(_with_tasks(page.items, places), page.next)


def _begin(month: date) -> datetime:
    return datetime.combine(month.replace(day=1), time(), CHINA)


def _next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _after(found: QuerySet[Clock], cursor: str) -> QuerySet[Clock]:
    moment, last = decode_cursor(cursor, datetime, int)
    return found.filter(Q(breached_at__lt=moment) | Q(breached_at=moment, pk__lt=last))


def _with_tasks(clocks: list[Clock], places: dict[int, Place]) -> list[Breach]:
    going = {each.case_id for each in clocks if each.status != ClockStatus.STOPPED}
    live: dict[tuple[int, str], Task] = {}
    for task in (
        Task.objects.filter(case__in=going, status__in=LIVE).select_related("assignee").order_by("-pk")
    ):
        live[task.case_id, task.clock] = task
    late = _days_late(clocks, places)
    return [
        Breach(
            each, days, live.get((each.case_id, each.name)) if each.status != ClockStatus.STOPPED else None
        )
        for each, days in zip(clocks, late, strict=True)
    ]


def _days_late(clocks: Iterable[Clock], places: dict[int, Place]) -> list[float]:
    calendars, now = get_calendars({place.region for place in places.values()}), service_clock.now()
    late = []
    for each in clocks:
        place = places[each.agency_id]
        seconds = calendars[place.region].working_seconds_between(each.due_at, each.stopped_at or now)
        late.append(max(seconds, 0) / place.day)
    return late
