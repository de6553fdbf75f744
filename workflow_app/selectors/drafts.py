"""Read one's own drafts."""

from uuid import UUID

from workflow_app.domain.errors import NotFoundError
from workflow_app.models import Draft, User

MOST = 50


def get_draft(user: User, draft_id: UUID) -> Draft:
    """One's own draft, filed or not; raises NotFoundError."""
    draft = Draft.objects.filter(owner=user, pk=draft_id).first()
    if draft is None:
        raise NotFoundError
    return draft


def list_drafts(user: User) -> list[Draft]:
    """One's own drafts that wait to be filed, latest first."""
    return list(Draft.objects.filter(owner=user, submitted_at__isnull=True).order_by("-updated_at")[:MOST])
