"""Read uploaded papers: one's own, and those of the cases one may see."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q

from workflow_app.domain import clock
from workflow_app.domain.errors import NotFoundError
from workflow_app.models import Case, Document, User
from workflow_app.selectors.access import Access


def get_document(user: User, document_id: UUID) -> Document:
    """The paper if it is the account's own or belongs to a case it may see; raises NotFoundError."""
    seen = Q(owner=user) | Q(case__in=Access(user, clock.now()).cases())
    document = Document.objects.filter(seen, pk=document_id).first()
    if document is None:
        raise NotFoundError
    return document


def list_documents(case: Case) -> list[Document]:
    """The papers of a case that the caller has got by `get_case`, oldest first."""
    return list(case.documents.select_related("owner").order_by("uploaded_at", "pk"))


def label_documents(user: User, ids: Sequence[str]) -> list[tuple[str, str]]:
    """(id, name) of those of `ids` that the account may read; others are left out."""
    known = []
    for each in ids:
        try:
            known.append(UUID(each))
        except ValueError:
            continue
    if not known:
        return []
    seen = Q(owner=user) | Q(case__in=Access(user, clock.now()).cases())
    rows = Document.objects.filter(seen, pk__in=known).order_by("uploaded_at", "pk")
    return [(str(row.pk), row.name) for row in rows]
