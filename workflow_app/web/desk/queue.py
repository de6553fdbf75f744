"""The officer's desk: queues, soonest due first, with filters, views and columns that stay in the address."""

from collections.abc import Sequence
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from django.views.decorators.http import require_POST, require_safe

from workflow_app.domain import clock
from workflow_app.domain.errors import CreditError
from workflow_app.models import Task
from workflow_app.models.figures import ViewPlace
from workflow_app.models.people import Role
from workflow_app.models.tasks import LIVE
from workflow_app.selectors.assistances import count_open
from workflow_app.selectors.paging import Page
from workflow_app.selectors.people import list_colleagues
from workflow_app.selectors.processes import list_processes
from workflow_app.selectors.saved_views import list_views
from workflow_app.selectors.tasks import Due, Queue, count_tasks, get_tasks, list_tasks
from workflow_app.services.saved_views import LONGEST_QUERY, delete_view, save_view
from workflow_app.web import filling
from workflow_app.web.errors import sentence
from workflow_app.web.tags import person
from workflow_app.web.visitor import DESK_ROLES, access_of, for_roles, user_of

PAGE_SIZE = 30
MOST_COUNTED = 999
QUEUES: dict[str, str] = {
    "group": _("待领取"),
    "mine": _("我的待办"),
    "held": _("已搁置"),
    "all": _("全部"),
}
DUE: dict[str, str] = {"overdue": _("已超期"), "today": _("今天到期"), "week": _("七天内到期")}
COLUMNS: dict[str, str] = {
    "case": _("案件"),
    "subject": _("主体"),
    "agency": _("机关"),
    "officer": _("办理人"),
    "since": _("到达"),
}
FILTERS = ("q", "process", "element", "agency", "officer", "due")
_LONGEST = 100


@require_safe
@for_roles(*DESK_ROLES)
def desk(request: HttpRequest) -> HttpResponse:
    """One queue."""
    return render(request, "web/desk/queue.html", queue_context(request))


def queue_context(request: HttpRequest, **extra: Any) -> dict[str, Any]:
    """What the page of a queue shows, for the address it was asked by."""
    user, asked = user_of(request), asked_of(request, request.GET)
    page = _page(request, asked)
    filters = {name: asked[name] for name in FILTERS}
    shown = [name for name in request.GET.getlist("column") if name in COLUMNS] or list(COLUMNS)
    return {
        "page": page,
        "queue": asked["queue"],
        "tabs": [
            (name, title, count_tasks(user, queue=cast(Queue, name), most=MOST_COUNTED + 1))
            for name, title in QUEUES.items()
        ],
        "requests": count_open(user) if Role.SOURCE_UNIT in access_of(request).roles else None,
        "asked": asked,
        "columns": COLUMNS.items(),
        "shown": shown,
        "query": _query(asked, shown),
        "due_choices": DUE.items(),
        "processes": list_processes(user),
        "colleagues": list_colleagues(user),
        "supervises": Role.SUPERVISOR in access_of(request).roles,
        "now": clock.now(),
        "views": list_views(user, ViewPlace.DESK),
        "agencies": list({grant.agency_id: grant.agency for grant in access_of(request).grants}.values()),
        "is_filtered": any(filters.values()),
        "token": filling.new_token(),
        "seen": _seen(page.items),
        **extra,
    }


def asked_of(request: HttpRequest, said: QueryDict) -> dict[str, str]:
    """The queue, the filters and the page that an address asks for, cleaned of what no field can hold."""
    supervises = Role.SUPERVISOR in access_of(request).roles
    asked = {name: said.get(name, "").replace("\0", "").strip()[:_LONGEST] for name in (*FILTERS, "cursor")}
    asked["cursor"] = said.get("cursor", "")
    if asked["due"] not in DUE:
        asked["due"] = "overdue" if said.get("overdue") == "1" else ""
    queue = said.get("queue", "all" if supervises else "group")
    return {**asked, "queue": queue if queue in QUEUES else "group"}


def _page(request: HttpRequest, asked: dict[str, str]) -> Page[Task]:
    return list_tasks(
        user_of(request),
        queue=cast(Queue, asked["queue"]),
        process=asked["process"],
        element=asked["element"],
        agency=asked["agency"],
        officer=asked["officer"],
        due=cast(Due, asked["due"]),
        q=asked["q"],
        cursor=asked["cursor"],
        limit=PAGE_SIZE,
    )


def _query(asked: dict[str, str], shown: Sequence[str]) -> str:
    """The selection as the query of an address, always in the same order, without the page."""
    pairs = [("queue", asked["queue"]), *((name, asked[name]) for name in FILTERS if asked[name])]
    chosen = [] if len(shown) == len(COLUMNS) else [("column", name) for name in shown]
    return urlencode([*pairs, *chosen])


def _seen(tasks: Sequence[Task]) -> str:
    """What the rows of a page looked like, for `pulse`."""
    return " ".join(f"{task.pk}.{task.assignee_id or 0}" for task in tasks)


@require_safe
@for_roles(*DESK_ROLES)
def pulse(request: HttpRequest) -> HttpResponse:
    """What has changed since the page was shown, whose rows `seen` names: nothing (204), or JSON `{changed: {task:
    words}, fresh}` with what became of rows and how many new ones there would be. The page moves by nobody's act but
    its reader's."""
    before = dict(
        pair.split(".", 1) for pair in request.GET.get("seen", "").split()[:PAGE_SIZE] if "." in pair
    )
    now = {str(task.pk): task for task in _page(request, asked_of(request, request.GET)).items}
    # A row that only slid to the next page is where it was: what is not on this page is read by itself.
    ids = [int(key) for key in before if key.isdecimal() and len(key) < 18]
    stand = {str(key): task for key, task in get_tasks(user_of(request), ids).items()}
    changed = {key: words for key in before if (words := _became(before[key], stand.get(key)))}
    fresh = sum(key not in before for key in now)
    if not changed and not fresh:
        return HttpResponse(status=204)
    return JsonResponse({"changed": changed, "fresh": fresh})


def _became(holder: str, task: Task | None) -> str:
    """What became of a row that was shown in the hands of the account with the key `holder`, 0 for nobody; "" if
    nothing."""
    if task is None or task.status not in LIVE:
        return gettext("已办结或者转出")
    if holder == str(task.assignee_id or 0):
        return ""
    if task.assignee is None:
        return gettext("已退回待领取")
    return gettext("已由{who}领取").format(who=person(task.assignee))


@require_POST
@for_roles(*DESK_ROLES)
def view_save(request: HttpRequest) -> HttpResponse:
    """Keep the present selection under a name, for oneself or for an agency."""
    query = _posted_query(request)
    agency = request.POST.get("agency", "")
    try:
        view = save_view(
            user=user_of(request),
            name=request.POST.get("name", ""),
            query=query,
            place=ViewPlace.DESK,
            agency_id=int(agency) if agency.isdecimal() and len(agency) < 18 else None,
        )
    except CreditError as refused:
        messages.error(request, sentence(refused))
    else:
        messages.success(request, gettext("已保存视图“{name}”。").format(name=view.name))
    return redirect(f"{reverse('web:desk')}?{query}")


@require_POST
@for_roles(*DESK_ROLES)
def view_delete(request: HttpRequest, view_id: int) -> HttpResponse:
    """Forget one of one's own views."""
    delete_view(user=user_of(request), view_id=view_id)
    messages.success(request, gettext("视图已删除。"))
    return redirect(f"{reverse('web:desk')}?{_posted_query(request)}")


def _posted_query(request: HttpRequest) -> str:
    said = QueryDict(request.POST.get("query", "")[: 4 * LONGEST_QUERY])
    shown = [name for name in said.getlist("column") if name in COLUMNS] or list(COLUMNS)
    return _query(asked_of(request, said), shown)


@require_safe
@for_roles(*DESK_ROLES)
def keys(request: HttpRequest) -> HttpResponse:
    """The keys that work at the desk, and how to switch them off."""
    return render(request, "web/desk/keys.html")
