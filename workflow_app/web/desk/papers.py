"""Uploaded papers to look at, page by page, without saving them."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from workflow_app.selectors.documents import get_document
from workflow_app.services.paper_pages import page_of
from workflow_app.web.visitor import signed_in, user_of


@require_safe
@signed_in
def page(request: HttpRequest, document_id: UUID, number: int) -> HttpResponse:
    """One page as PNG, for whoever may read the paper; `?size=small` for lists."""
    found = get_document(user_of(request), document_id)
    shown = page_of(found, number, size=request.GET.get("size", "full"))
    return HttpResponse(shown.png, content_type="image/png")
