"""The front page: what can be done here, what waits for the visitor, what was published last."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from workflow_app.selectors.publications import list_published
from workflow_app.selectors.waiting import count_waiting
from workflow_app.services.definitions import list_current
from workflow_app.web.public.entries import entries
from workflow_app.web.visitor import access_of, is_signed_in

RECENT = 5


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The front page. Applicants may start what stands on it; whoever is not signed in is asked to on the way."""
    manifests = [bundle.manifest for _, bundle in list_current()]
    context = {
        "entries": entries(each for each in manifests if "applicant" in each.starters),
        "recent": list_published(limit=RECENT).items,
        "waiting": count_waiting(access_of(request)) if is_signed_in(request) else None,
    }
    return render(request, "web/public/home.html", context)
