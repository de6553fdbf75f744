"""The supervisor's list: clocks of the supervised regions that run, come due soon, are overdue or were breached.

Rights that only lapse are left out: nobody can be urged to use one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from workflow_app.domain import clock as service_clock
from workflow_app.domain.clock import CHINA
from workflow_app.models import Agency, Clock, Region, RoleGrant, Task, User
from workflow_app.models.clocks import ClockStatus
from workflow_app.models.people import Role
from workflow_app.models.tasks import LIVE
from workflow_app.selectors.paging import (
    DEFAULT_LIMIT,
    Page,
    decode_cursor,
    ensure_limit,
    page_of,
)
from workflow_app.selectors.scope import EVERYTHING, Selection, places_of, soon_until
from workflow_app.selectors.search import matching

RUNNING, SOON, OVERDUE, BREACHED = "running", "soon", "overdue", "breached"
STATES = (RUNNING, SOON, OVERDUE, BREACHED)
# Whoever works on the cases that clocks measure.
_OFFICERS = (Role.REVIEWER, Role.APPROVER, Role.SOURCE_UNIT, Role.TRAINER)
# Selects, as an officer, the steps that nobody has taken.
NOBODY = 0
_HEAVY = ("case__state", "case__state_mac", "case__definition__files", "case__definition__manifest")


@dataclass(frozen=True)
class Watched:
    """A clock and the live steps of its case, those that the clock governs first."""

    clock: Clock
    tasks: Sequence[Task]

    @property
    def task(self) -> Task | None:
        """The step that is waited for; none while the case waits for nobody."""
        return self.tasks[0] if self.tasks else None


@dataclass(frozen=True)
class Choices:
    """What a supervisor may narrow the list to: everything that lies in the supervised regions."""

    regions: list[Region]
    agencies: list[Agency]
    officers: list[User]


def list_watched(
    user: User,
    *,
    state: str = RUNNING,
    selection: Selection = EVERYTHING,
    month: date | None = None,
    q: str = "",
    cursor: str = "",
    limit: int = DEFAULT_LIMIT,
) -> Page[Watched]:
    """Clocks of the supervised regions, soonest due first; breached ones, running or stopped, latest breach first.

    running: all that run; soon: due within two working days; overdue: run and are past due; breached: were ever
    past due, with `month` (its first day) those that stopped in it. With an officer (`NOBODY`: with none) the clocks
    whose step that officer holds. `q` as for cases. Empty for accounts that supervise nothing. Raises
    `CursorInvalidError`, `LimitInvalidError`.
    """
    ensure_limit(limit)
    rows = _asked(user, state, selection, month, q)
    key = "breached_at" if state == BREACHED else "due_at"
    if cursor:
        rows = _after(rows, cursor, key)
    order = ("-breached_at", "-pk") if state == BREACHED else ("due_at", "pk")
    # Names are read for what is shown, not for all that is looked through.
    shown = list(rows.order_by(*order).values_list("pk", flat=True)[: limit + 1])
    page = page_of(_with_names(Clock.objects.filter(pk__in=shown)).order_by(*order), limit, key, "pk")
    return Page(_with_tasks(page.items), page.next)


def count_watched(
    user: User,
    *,
    state: str = RUNNING,
    selection: Selection = EVERYTHING,
    month: date | None = None,
    q: str = "",
    most: int,
) -> int:
    """How many clocks `list_watched` has for the same question, counted up to `most`."""
    return _asked(user, state, selection, month, q)[:most].count()


def _asked(user: User, state: str, selection: Selection, month: date | None, q: str) -> QuerySet[Clock]:
    rows = _in_state(_selected(_clocks(user, selection), selection), state, service_clock.now())
    if month and state == BREACHED:
        rows = _stopped_in(rows, month)
    return rows.filter(matching(q, "case__"))


def get_watched(user: User, clock_ids: Iterable[int]) -> list[Watched]:
    """Those of some clocks that lie in the supervised regions, as they stand now, by case."""
    rows = _with_names(_clocks(user, EVERYTHING).filter(pk__in=list(clock_ids)))
    return _with_tasks(list(rows.order_by("case_id", "pk")))


def list_fit(tasks: Iterable[Task]) -> list[tuple[Agency, list[User]]]:
    """By agency, the officers who hold what one of the tasks needs. Four eyes are seen to when one is handed over."""
    wanted = {(task.role, task.agency_id) for task in tasks if task.agency_id is not None}
    if not wanted:
        return []
    day = service_clock.now().astimezone(CHINA).date()
    grants = RoleGrant.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gte=day),
        valid_from__lte=day,
        user__is_active=True,
        agency__in={agency for _, agency in wanted},
    ).select_related("user", "agency")
    found: dict[Agency, dict[User, None]] = {}
    for grant in grants.order_by("agency__name", "user__display_name", "user_id"):
        if (grant.role, grant.agency_id) in wanted:
            found.setdefault(grant.agency, {})[grant.user] = None
    return [(agency, list(users)) for agency, users in found.items()]


def list_choices(user: User) -> Choices:
    """The regions, agencies and officers of the supervised regions, by code and name."""
    places = places_of(user)
    agencies = Agency.objects.filter(pk__in=places).select_related("region").order_by("region_id", "name")
    regions = {agency.region_id: agency.region for agency in agencies}
    officers = User.objects.filter(grants__agency__in=places, grants__role__in=_OFFICERS, is_active=True)
    return Choices(
        list(regions.values()), list(agencies), list(officers.distinct().order_by("display_name", "pk"))
    )


def _clocks(user: User, selection: Selection) -> QuerySet[Clock]:
    """Clocks by which authorities are measured, of the supervised regions as far as they are selected."""
    return Clock.objects.filter(is_applicants=False, agency__in=list(places_of(user, selection)))


def _selected(rows: QuerySet[Clock], selection: Selection) -> QuerySet[Clock]:
    if selection.process:
        rows = rows.filter(process=selection.process)
    if selection.clock:
        rows = rows.filter(name=selection.clock)
    if selection.officer is not None:
        steps = Task.objects.filter(status__in=LIVE)
        if selection.officer == NOBODY:
            steps = steps.filter(assignee__isnull=True, agency__isnull=False)
        else:
            steps = steps.filter(assignee=selection.officer)
            # One officer holds few steps: from them to their clocks, not through all clocks.
            rows = rows.filter(case__in=list(steps.values_list("case", flat=True)))
        rows = rows.filter(Exists(steps.filter(case=OuterRef("case"), clock=OuterRef("name"))))
        # What an officer holds has not stopped.
        rows = rows.exclude(status=ClockStatus.STOPPED)
    return rows


def _in_state(rows: QuerySet[Clock], state: str, now: datetime) -> QuerySet[Clock]:
    if state == BREACHED:
        return rows.filter(breached_at__isnull=False)
    rows = rows.filter(status=ClockStatus.RUNNING)
    if state == SOON:
        return rows.filter(due_at__gte=now, due_at__lte=soon_until(now))
    return rows.filter(due_at__lt=now) if state == OVERDUE else rows


def _stopped_in(rows: QuerySet[Clock], month: date) -> QuerySet[Clock]:
    begin = datetime.combine(month, time(), CHINA)
    end = datetime.combine((month + timedelta(days=31)).replace(day=1), time(), CHINA)
    # What stopped in the month was breached before its end: so much of the index need not be read.
    return rows.filter(breached_at__lt=end, stopped_at__gte=begin, stopped_at__lt=end)


def _after(rows: QuerySet[Clock], cursor: str, key: str) -> QuerySet[Clock]:
    moment, last = decode_cursor(cursor, datetime, int)
    way = "lt" if key == "breached_at" else "gt"
    return rows.filter(Q(**{f"{key}__{way}": moment}) | Q(**{key: moment, f"pk__{way}": last}))


def _with_names(rows: QuerySet[Clock]) -> QuerySet[Clock]:
    return rows.select_related(
        "case__subject", "case__agency__region", "case__definition", "agency__region"
    ).defer(*_HEAVY)


def _with_tasks(clocks: list[Clock]) -> list[Watched]:
    """The clocks with the live steps of their cases, read by one query for all."""
    live: dict[int, list[Task]] = {}
    tasks = Task.objects.filter(case__in={each.case_id for each in clocks}, status__in=LIVE)
    for task in tasks.select_related("assignee", "agency").order_by("pk"):
        live.setdefault(task.case_id, []).append(task)
    return [
        Watched(each, sorted(live.get(each.case_id, ()), key=lambda task: (task.clock != each.name, task.pk)))
        for each in clocks
    ]
