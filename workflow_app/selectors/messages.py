"""The inbox of an account."""

from notifications.models import Message
from workflow_app.models import User
from workflow_app.selectors.paging import Page, decode_cursor, ensure_limit, page_of

PAGE_SIZE = 30


def count_unread(user: User, *, limit: int) -> int:
    """How many messages the account has not opened, counted no further than `limit`."""
    waiting = Message.objects.filter(recipient=user, rendered_at__isnull=False, read_at__isnull=True)
    return waiting[:limit].count()


def list_messages(user: User, *, cursor: str = "", limit: int = PAGE_SIZE) -> Page[Message]:
    """The account's messages, newest first. Raises `CursorInvalidError`, `LimitInvalidError`."""
    ensure_limit(limit)
    rows = Message.objects.filter(recipient=user, rendered_at__isnull=False).select_related("case")
    rows = rows.defer("case__state", "case__state_mac")
    if cursor:
        (last,) = decode_cursor(cursor, int)
        rows = rows.filter(pk__lt=last)
    return page_of(rows.order_by("-pk")[: limit + 1], limit, "pk")
