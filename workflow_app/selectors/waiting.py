"""What waits for an account when it comes back: steps to do, and forms it began."""

from dataclasses import dataclass

from workflow_app.models import Draft
from workflow_app.selectors.access import Access

# Counted no further: a page says "99+".
MOST = 100


@dataclass(frozen=True)
class Waiting:
    """How many, at most `MOST` of each. `tasks`: live steps of the account's queues. `drafts`: forms not yet filed."""

    tasks: int
    drafts: int


def count_waiting(access: Access) -> Waiting:
    """What waits for the account now, in two queries."""
    drafts = Draft.objects.filter(owner=access.user, task__isnull=True, submitted_at__isnull=True)
    return Waiting(tasks=access.queue()[:MOST].count(), drafts=drafts[:MOST].count())
