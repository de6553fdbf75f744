"""Views that a supervisor saved: to keep the present selection, to open it by its address, to forget it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from workflow_app.domain.errors import CreditError
from workflow_app.models.people import Role
from workflow_app.services.saved_views import LONGEST_QUERY, delete_view, save_view
from workflow_app.web.control.asking import query_of
from workflow_app.web.errors import sentence
from workflow_app.web.visitor import for_roles, user_of


@require_POST
@for_roles(Role.SUPERVISOR)
def save(request: HttpRequest) -> HttpResponse:
    """Keep the selection under a name; the same name again replaces it."""
    query = _query(request)
    try:
        view = save_view(user=user_of(request), name=request.POST.get("name", ""), query=query)
    except CreditError as refused:
        messages.error(request, sentence(refused))
    else:
        messages.success(request, gettext("已保存视图“{name}”。").format(name=view.name))
    return redirect(f"{reverse('web:control_clocks')}?{query}")


@require_POST
@for_roles(Role.SUPERVISOR)
def delete(request: HttpRequest, view_id: int) -> HttpResponse:
    """Forget a view; pressed twice, it is forgotten once."""
    delete_view(user=user_of(request), view_id=view_id)
    messages.success(request, gettext("视图已删除。"))
    return redirect(f"{reverse('web:control_clocks')}?{_query(request)}")


def _query(request: HttpRequest) -> str:
    """Of what the page sent along, the filters; anything else in it is left out."""
    return query_of(QueryDict(request.POST.get("query", "")[: 4 * LONGEST_QUERY]))
