"""The supervisor's list of clocks, to narrow down, to keep as a view, and to act from."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from workflow_app.domain.errors import CreditError, NotFoundError
from workflow_app.models.people import Role
from workflow_app.selectors.overdue import BREACHED, RUNNING, STATES, list_choices, list_fit, list_watched
from workflow_app.selectors.processes import list_processes
from workflow_app.selectors.saved_views import list_views
from workflow_app.web import filling
from workflow_app.web.control import acts
from workflow_app.web.control.asking import asked, month_of, query_of, recent_months, selection_of
from workflow_app.web.control.cells import state_titles
from workflow_app.web.errors import sentence
from workflow_app.web.visitor import for_roles, user_of


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.SUPERVISOR)
def clocks(request: HttpRequest) -> HttpResponse:
    """Clocks of the supervised regions, soonest due first, with filters that stay in the address.

    Sent, it acts on the ticked rows and shows what became of each; the list below it is read afterwards.
    """
    if request.method != "POST":
        return _page(request)
    try:
        results = acts.act_on_ticked(request)
    except NotFoundError:
        raise
    except CreditError as refused:
        typed = acts.kept_typed(request)
        return _page(request, status=refused.status, problem=sentence(refused), typed=typed)
    return _page(request, results=results, refused=sum(not each.ok for each in results))


def _page(request: HttpRequest, status: int = 200, **about_the_act: Any) -> HttpResponse:
    user, values = user_of(request), asked(request)
    state = values.get("state", RUNNING)
    state = state if state in STATES else RUNNING
    page = list_watched(
        user,
        state=state,
        selection=selection_of(values),
        month=month_of(values.get("month", "")),
        q=values.get("q", ""),
        cursor=request.GET.get("cursor", ""),
        limit=acts.MOST_AT_ONCE,
    )
    context = {
        "page": page,
        "state": state,
        "states": list({**state_titles(), BREACHED: gettext("曾经超期")}.items()),
        "asked": {**values, "cursor": request.GET.get("cursor", "")},
        "is_filtered": bool(values.keys() - {"state"}),
        "choices": list_choices(user),
        "processes": list_processes(user),
        "months": recent_months() if state == BREACHED else [],
        "fit": list_fit(each.task for each in page.items if each.task),
        "views": list_views(user),
        "query_kept": query_of({**values, "state": state}),
        "token": filling.new_token(),
        "most_extension": acts.MOST_EXTENSION,
        **about_the_act,
    }
    return render(request, "web/control/clocks.html", context, status=status)
