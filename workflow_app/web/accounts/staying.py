"""A press that keeps the session of somebody who reads or types for long."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from workflow_app.web.visitor import is_signed_in


@require_POST
def stay(request: HttpRequest) -> HttpResponse:
    """204 while the session lives, which this press has just lengthened; 401 when it has ended."""
    return HttpResponse(status=204 if is_signed_in(request) else 401)
