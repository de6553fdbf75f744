"""The privacy notice, in every version that was ever in force."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from workflow_app.domain.errors import NotFoundError
from workflow_app.services.privacy import VERSIONS, version_in_force


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """The version in force, or the one asked for by `version`."""
    current = version_in_force()
    version = request.GET.get("version", current)
    if version not in VERSIONS:
        raise NotFoundError
    context = {
        "version": version,
        "is_current": version == current,
        "versions": sorted(VERSIONS),
        "text": f"web/public/privacy/{version}.html",
    }
    return render(request, "web/public/privacy.html", context)
