"""The messages of an account."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from workflow_app.selectors.messages import list_messages
from workflow_app.services.inbox_reading import mark_read
from workflow_app.web.visitor import signed_in, user_of

MOST = 200


@require_safe
@signed_in
def inbox(request: HttpRequest) -> HttpResponse:
    """All messages, newest first; unread ones are marked until the reader says so."""
    page = list_messages(user_of(request), cursor=request.GET.get("cursor", ""))
    context = {"page": page, "unread_ids": [each.pk for each in page.items if each.read_at is None]}
    return render(request, "web/portal/inbox.html", context)


@require_POST
@signed_in
def read(request: HttpRequest) -> HttpResponse:
    """The messages shown have been read."""
    ids = [
        int(each) for each in request.POST.getlist("message")[:MOST] if each.isdecimal() and len(each) < 18
    ]
    mark_read(user=user_of(request), ids=ids)
    return redirect("web:inbox")
