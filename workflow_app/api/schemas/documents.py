"""Uploaded papers."""

from uuid import UUID

from workflow_app.api.schemas.common import Moment, Output
from workflow_app.models import Document


class DocumentOut(Output):
    """One paper as it was stored; its id goes into the forms."""

    id: UUID
    kind: str
    name: str
    sha256: str
    size: int
    content_type: str
    uploaded_at: Moment

    @classmethod
    def of(cls, document: Document) -> "DocumentOut":
        return cls(**{name: getattr(document, name) for name in cls.model_fields})
