"""Read queues: one's own tasks, those of one's group, and all one may see. Soonest due first."""

from collections.abc import Collection
from datetime import datetime, time, timedelta
from typing import Literal

from django.db.models import F, Q, QuerySet

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import NotFoundError
from workflow_app.models import Task, User
from workflow_app.models.tasks import LIVE, TaskStatus
from workflow_app.selectors.access import APPLICANT, Access
from workflow_app.selectors.cases import HEAVY, get_case_by_key
from workflow_app.selectors.paging import (
    DEFAULT_LIMIT,
    Page,
    decode_cursor,
    ensure_limit,
    page_of,
)
from workflow_app.selectors.search import matching

Queue = Literal["mine", "group", "held", "all"]
Due = Literal["", "overdue", "today", "week"]
# Days ahead that each choice reaches.
_WITHIN = {"overdue": 0, "today": 0, "week": 6}
_SOONEST = (F("due_at").asc(nulls_last=True), "pk")
# Nobody has done a live task.
_IN_LISTS = ("case__subject", "case__definition", "assignee", "done_for", "agency")
_HEAVY = tuple(f"case__{name}" for name in HEAVY)


def get_task(user: User, task_id: int) -> Task:
    """The task, live or not, with its case as `get_case` gives it; raises NotFoundError, also if one is forbidden."""
    access = Access(user, clock.now())
    found = access.tasks().filter(pk=task_id)
    task = found.select_related("assignee", "done_by", "done_for", "agency").first()
    if task is None:
        raise NotFoundError
    task.case = get_case_by_key(access, task.case_id)
    return task


def list_tasks(
    user: User,
    *,
    queue: Queue = "mine",
    process: str = "",
    overdue: bool | None = None,
    q: str = "",
    element: str = "",
    agency: str = "",
    officer: str = "",
    due: Due = "",
    cursor: str = "",
    limit: int = DEFAULT_LIMIT,
) -> Page[Task]:
    """Live tasks, soonest due first, those without a date last.

    mine: in the account's hands or in those of an absent colleague in whose place it acts, and what its subjects owe;
    group: unclaimed in its queues; held: its own that are put aside; all: every live task it may see. `q` as for cases,
    `element` a step of a diagram, `agency` an agency's code, `officer` a username, `due` within which time. Raises
    `CursorInvalidError`, `LimitInvalidError`.
    """
    ensure_limit(limit)
    now = clock.now()
    rows = _queue(Access(user, now), queue)
    if process:
        rows = rows.filter(case__process=process)
    if overdue is not None:
        late = Q(due_at__lt=now)
        rows = rows.filter(late if overdue else Q(due_at__isnull=True) | ~late)
    if due in _WITHIN:
        rows = rows.filter(due_at__lt=_end_of(now, _WITHIN[due]) if due != "overdue" else now)
    named = {"element": element, "agency__code": agency, "assignee__username": officer}
    rows = rows.filter(matching(q, "case__"), **{name: value for name, value in named.items() if value})
    if cursor:
        rows = _after(rows, cursor)
    # First the keys of the page: in one statement PostgreSQL looks up the names for the whole queue.
    chosen = list(rows.order_by(*_SOONEST).values_list("pk", flat=True)[: limit + 1])
    shown = Task.objects.filter(pk__in=chosen).select_related(*_IN_LISTS).defer(*_HEAVY)
    return page_of(shown.order_by(*_SOONEST), limit, "due_at", "pk")


def _end_of(now: datetime, days: int) -> datetime:
    """The end of the day in China that is `days` ahead."""
    return datetime.combine(now.astimezone(CHINA).date() + timedelta(days=days + 1), time(), CHINA)


def _queue(access: Access, queue: Queue) -> QuerySet[Task]:
    if queue in ("mine", "held"):
        owed = Q(role=APPLICANT, case__subject__in=access.subject_ids) if access.subject_ids else Q()
        if access.substituted_ids:
            # As `Access.stands_in`.
            owed |= access.doable() & Q(assignee__in=access.substituted_ids, done_for__isnull=True)
        own = Task.objects.filter(Q(assignee=access.user) | owed, status__in=LIVE)
        # What is overdue is nothing to be put aside.
        is_held = Q(held_until__gt=access.at) & (Q(due_at__isnull=True) | Q(due_at__gt=access.at))
        return own.filter(is_held if queue == "held" else Q(held_until__isnull=True) | ~is_held)
    if queue == "group":
        return Task.objects.filter(access.official(), status=TaskStatus.OPEN)
    return access.tasks().filter(status__in=LIVE)


def _after(rows: QuerySet[Task], cursor: str) -> QuerySet[Task]:
    moment, last = decode_cursor(cursor, (datetime, type(None)), int)
    if moment is None:
        return rows.filter(due_at__isnull=True, pk__gt=last)
    return rows.filter(Q(due_at__gt=moment) | Q(due_at=moment, pk__gt=last) | Q(due_at__isnull=True))


def _with_names(tasks: QuerySet[Task]) -> QuerySet[Task]:
    return tasks.select_related(*_IN_LISTS, "case__agency__region", "done_by").defer(*_HEAVY)


def count_tasks(user: User, *, queue: Queue, most: int) -> int:
    """How many tasks a queue holds, counted no further than `most`."""
    return _queue(Access(user, clock.now()), queue)[:most].count()


def get_tasks(user: User, ids: Collection[int]) -> dict[int, Task]:
    """Those of some tasks that the account may see, by key, as they stand now."""
    rows = _with_names(Access(user, clock.now()).tasks()).filter(pk__in=list(ids))
    return {task.pk: task for task in rows}


def next_task(user: User, queue: Queue, besides: int) -> Task | None:
    """The task of a queue that is due soonest, besides one, without any of its names: only where it leads to."""
    rows = _queue(Access(user, clock.now()), queue).exclude(pk=besides)
    return rows.only("pk").order_by(*_SOONEST).first()
