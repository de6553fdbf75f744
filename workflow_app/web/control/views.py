"""For supervisors: the clocks that are overdue or nearly so."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from workflow_app.models.people import Role
from workflow_app.selectors.overdue import list_pressing
from workflow_app.web.visitor import for_roles, user_of

PAGE_SIZE = 50


@require_safe
@for_roles(Role.SUPERVISOR)
def control(request: HttpRequest) -> HttpResponse:
    """Running clocks of the supervised regions that are overdue or due within two working days, worst first."""
    page = list_pressing(user_of(request), cursor=request.GET.get("cursor", ""), limit=PAGE_SIZE)
    return render(request, "web/control/pressing.html", {"page": page})
