"""Read cases: only those the account may see, whichever way it asks."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from workflow_app.domain import clock
from workflow_app.domain.errors import NotFoundError
from workflow_app.domain.numbers import is_case_number
from workflow_app.models import Case, Clock, Event, Submission, Task, User
from workflow_app.models.tasks import LIVE
from workflow_app.selectors.access import Access
from workflow_app.selectors.paging import DEFAULT_LIMIT, Page, decode_cursor, ensure_limit, page_of
from workflow_app.selectors.search import matching

_NAMES = (
    "subject",
    "agency__region",
    "record__source_agency",
    "matter_text__matter",
    "definition",
    "applicant",
)
# Never sent to the database for reading: the engine's position and the texts of the definition.
HEAVY = ("state", "state_mac", "definition__files", "definition__manifest")


def get_case(user: User, number: str) -> Case:
    """The case with subject, agency, record, matter text and definition; raises NotFoundError, also if forbidden."""
    if not is_case_number(number):
        raise NotFoundError
    return _the(Access(user, clock.now()), number=number)


def get_case_by_key(access: Access, pk: int) -> Case:
    """As `get_case`, by its key in the database."""
    return _the(access, pk=pk)


def _the(access: Access, **which: Any) -> Case:
    case = _with_names(access.cases()).filter(**which).first()
    if case is None:
        raise NotFoundError
    return case


def list_cases(
    user: User,
    *,
    process: str = "",
    status: str = "",
    agency: str = "",
    breached: bool | None = None,
    q: str = "",
    cursor: str = "",
    limit: int = DEFAULT_LIMIT,
) -> Page[Case]:
    """The account's cases, newest first.

    `agency` is an agency's code; `breached` True: a clock was overrun, False: none; `q` as for `search.matching`.
    Raises `CursorInvalidError`, `LimitInvalidError`.
    """
    ensure_limit(limit)
    rows = Access(user, clock.now()).cases()
    if process:
        rows = rows.filter(process=process)
    if status:
        rows = rows.filter(status=status)
    if agency:
        rows = rows.filter(agency__code=agency)
    if breached is not None:
        overrun = Exists(Clock.objects.filter(case=OuterRef("pk"), breached_at__isnull=False))
        rows = rows.filter(overrun if breached else ~overrun)
    rows = rows.filter(matching(q))
    if cursor:
        (last,) = decode_cursor(cursor, int)
        rows = rows.filter(pk__lt=last)
    # First the keys of the page: in one statement PostgreSQL looks up the names for every case there is.
    chosen = list(rows.order_by("-pk").values_list("pk", flat=True)[: limit + 1])
    return page_of(_with_names(Case.objects.filter(pk__in=chosen)).order_by("-pk"), limit, "pk")


def _with_names(cases: QuerySet[Case]) -> QuerySet[Case]:
    return cases.select_related(*_NAMES).defer(*HEAVY)


def get_history(case: Case) -> list[Event]:
    """The audit events of a case that the caller has got by `get_case`, oldest first, with their actors."""
    return list(case.events.select_related("actor").order_by("sequence"))


def list_case_tasks(case: Case, *, live_only: bool = True) -> list[Task]:
    """The tasks of a case with who holds or did them, oldest first."""
    tasks = case.tasks.select_related("assignee", "done_by", "agency").order_by("id")
    return list(tasks.filter(status__in=LIVE) if live_only else tasks)


def list_submissions(case: Case) -> list[Submission]:
    """What was handed in, oldest first, with who did."""
    return list(case.submissions.select_related("by", "task").order_by("id"))


def latest_submission(case: Case, form: str) -> Submission | None:
    """What was handed in last with `form`."""
    return case.submissions.filter(form=form).order_by("-id").first()
