"""Uploaded papers to look at, page by page, without saving them."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from workflow_app.models import Document
from workflow_app.selectors.documents import get_document
from workflow_app.services.paper_pages import (
    PaperBusyError,
    PaperLockedError,
    PaperUnreadableError,
    page_of,
)
from workflow_app.web.errors import sentence
from workflow_app.web.visitor import signed_in, user_of


@require_safe
@signed_in
def page(request: HttpRequest, document_id: UUID, number: int) -> HttpResponse:
    """One page as PNG, for whoever may read the paper; `?size=small` for lists."""
    found = get_document(user_of(request), document_id)
    shown = page_of(found, number, size=request.GET.get("size", "full"))
    return HttpResponse(shown.png, content_type="image/png")


@require_safe
@signed_in
def paper(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """A paper to leaf through, by `?page=n`; for htmx only the page that is turned to."""
    found = get_document(user_of(request), document_id)
    asked = request.GET.get("page", "1")
    number = int(asked) if asked.isdecimal() and len(asked) < 6 else 1
    context = _leaf(found, number)
    if request.headers.get("HX-Request") == "true":
        return render(request, "web/parts/leaf.html", context)
    return render(request, "web/desk/paper.html", context)


def _leaf(document: Document, number: int) -> dict[str, Any]:
    """The page that is shown. What cannot be shown says why, and can still be saved."""
    try:
        shown = page_of(document, number)
    except (PaperBusyError, PaperLockedError, PaperUnreadableError) as refused:
        return {"document": document, "problem": sentence(refused)}
    return {
        "document": document,
        "number": number,
        "pages": shown.pages,
        "before": number - 1,
        "after": number + 1 if number < shown.pages else 0,
    }
