"""Read uploaded papers: one's own, and those of the cases one may see."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q

from workflow_app.domain import clock
from workflow_app.domain.errors import NotFoundError
from workflow_app.models import Assistance, Case, Document, User
from workflow_app.models.people import Role
from workflow_app.selectors.access import CASE_ROLES, Access
from workflow_app.selectors.signatures import papers_to_countersign

# Papers that a source unit sends with its answer (协查): for the office, never for the applicant's side.
ASSISTANCE_KIND = "assistance"


def get_document(user: User, document_id: UUID) -> Document:
    """The paper if it is the account's own, belongs to a case it may see, or was chosen for its unit to look at;
    raises NotFoundError."""
    document = Document.objects.filter(_seen(user), pk=document_id).first()
    if document is None:
        raise NotFoundError
    return document


def list_documents(case: Case) -> list[Document]:
    """The papers of a case that the caller has got by `get_case`, oldest first, without those of answers to 协查."""
    return list(
        case.documents.exclude(kind=ASSISTANCE_KIND).select_related("owner").order_by("uploaded_at", "pk")
    )


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
    rows = Document.objects.filter(_seen(user), pk__in=known).order_by("uploaded_at", "pk")
    return [(str(row.pk), row.name) for row in rows]


def _seen(user: User) -> Q:
    """Which papers the account may read."""
    access = Access(user, clock.now())
    seen = Q(owner=user) | (Q(case__in=access.cases()) & ~Q(kind=ASSISTANCE_KIND))
    if offices := access.agencies(*CASE_ROLES):
        # Not in a case of one's own, whatever one's office is (回避).
        seen |= Q(case__agency__in=offices) & ~Q(case__subject__in=access.subject_ids)
    if access.subject_ids and (waiting := papers_to_countersign(user)):
        seen |= Q(pk__in=waiting)
    if units := access.agencies(Role.SOURCE_UNIT):
        chosen = Assistance.objects.filter(agency__in=units, cancelled_at__isnull=True)
        seen |= Q(pk__in=chosen.values("documents"))
    return seen
