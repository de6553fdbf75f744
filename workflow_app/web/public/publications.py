"""信用公示: what is published now, with search, and one publication as long as it is live."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_noop as _
from django.views.decorators.http import require_safe

from workflow_app.selectors.publications import get_published, list_published, list_publishers
from workflow_app.web.public.content import content_rows

PAGE_SIZE = 20
KINDS = {"commitment": _("信用承诺"), "breach": _("违反信用承诺")}


def _unkept(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Search engines keep no copy: what is no longer published is nowhere to be found. Browsers and proxies keep none
    of any page."""

    @wraps(view)
    def told(request: HttpRequest, **place: Any) -> HttpResponse:
        response = view(request, **place)
        response.headers["X-Robots-Tag"] = "noindex, noarchive"
        return response

    return told


@require_safe
@_unkept
def publications(request: HttpRequest) -> HttpResponse:
    """What is published now, newest first, as far as it is asked for."""
    asked = {name: request.GET.get(name, "").strip() for name in ("q", "kind", "agency", "cursor")}
    page = list_published(
        asked["q"],
        asked["cursor"],
        kind=asked["kind"] if asked["kind"] in KINDS else "",
        agency=asked["agency"],
        limit=PAGE_SIZE,
    )
    context = {
        "page": page,
        "asked": asked,
        "kinds": KINDS,
        "agencies": list_publishers(),
        "is_filtered": any(asked[name] for name in ("q", "kind", "agency")),
    }
    return render(request, "web/public/publications.html", context)


@require_safe
@_unkept
def publication(request: HttpRequest, publication_id: int) -> HttpResponse:
    """One publication, as long as it is live."""
    found = get_published(publication_id)
    context = {
        "publication": found.publication,
        "rows": content_rows(found.content),
        "is_disputed": found.is_disputed,
    }
    return render(request, "web/public/publication.html", context)
