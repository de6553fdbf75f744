"""The officer's desk: queues, soonest due first."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from workflow_app.models.people import Role
from workflow_app.selectors.processes import list_processes
from workflow_app.selectors.tasks import Queue, list_tasks
from workflow_app.web.visitor import DESK_ROLES, access_of, for_roles, user_of

PAGE_SIZE = 30
QUEUES = ("mine", "group", "all")


@require_safe
@for_roles(*DESK_ROLES)
def desk(request: HttpRequest) -> HttpResponse:
    """A queue, soonest due first, with filters that stay in the address."""
    supervises = Role.SUPERVISOR in access_of(request).roles
    queue = request.GET.get("queue", "all" if supervises else "group")
    queue = queue if queue in QUEUES else "group"
    asked = {name: request.GET.get(name, "") for name in ("process", "q", "cursor")}
    overdue = True if request.GET.get("overdue") == "1" else None
    page = list_tasks(user_of(request), queue=cast(Queue, queue), overdue=overdue, **asked, limit=PAGE_SIZE)
    context = {
        "page": page,
        "queue": queue,
        "queues": QUEUES,
        "asked": {**asked, "overdue": "1" if overdue else ""},
        "processes": list_processes(user_of(request)),
        "supervises": supervises,
        "is_filtered": bool(asked["process"] or asked["q"] or overdue),
    }
    return render(request, "web/desk/queue.html", context)
