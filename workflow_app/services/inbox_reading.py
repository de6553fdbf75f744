"""What a reader does with messages: opens them."""

from collections.abc import Sequence

from notifications.models import Message
from workflow_app.domain import clock
from workflow_app.models import User


def mark_read(*, user: User, ids: Sequence[int]) -> int:
    """Note that the account has read these of its messages; those of others and those read before stay as they are."""
    waiting = Message.objects.filter(recipient=user, pk__in=ids, read_at__isnull=True)
    return waiting.update(read_at=clock.now())
