"""信用档案: one page about one subject, to read and to print."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from workflow_app.domain import clock
from workflow_app.selectors.archive import get_archive
from workflow_app.selectors.overview import list_standings
from workflow_app.web.visitor import signed_in, user_of


@require_safe
@signed_in
def archive(request: HttpRequest, subject_id: int) -> HttpResponse:
    """The file of a subject, as far as its reader may see it."""
    found = get_archive(user_of(request), subject_id)
    context = {"archive": found, "standings": list_standings(found.cases), "now": clock.now()}
    return render(request, "web/portal/archive.html", context)
