"""Read one's own drafts."""

from uuid import UUID

from workflow_app.domain.errors import NotFoundError
from workflow_app.models import Draft, User

MOST = 50


def get_draft(user: User, draft_id: UUID) -> Draft:
    """One's own draft, filed or not; raises NotFoundError."""
    draft = Draft.objects.filter(owner=user, task__isnull=True, pk=draft_id).first()
    if draft is None:
        raise NotFoundError
    return draft


def list_drafts(user: User) -> list[Draft]:
    """One's own drafts of applications that wait to be filed, latest first."""
    waiting = Draft.objects.filter(owner=user, task__isnull=True, submitted_at__isnull=True)
    return list(waiting.select_related("countersign_request").order_by("-updated_at")[:MOST])
