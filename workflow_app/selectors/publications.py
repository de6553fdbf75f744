"""Read what is published for everybody (公示), only while it is live. Persons were masked when it was made.

Nothing here is kept beside the tables: whoever asks after the end finds nothing, by search as by its address.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.fields.json import KT

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import NotFoundError
from workflow_app.domain.shingles import query_of
from workflow_app.models import Agency, Commitment, CreditRecord, Publication
from workflow_app.models.commitments import Performance
from workflow_app.selectors.paging import DEFAULT_LIMIT, Page, decode_cursor, ensure_limit, page_of
from workflow_app.selectors.records import shown_identity
from workflow_app.selectors.search import clean_search

BREACH, COMMITMENT = "breach", "commitment"

# The texts of a publication in which people search, in both languages.
_SEARCHED = (
    "subject", "subject_code", "matter", "matter_en", "commitment_code", "agency", "agency_en", "title_en",
)  # fmt: skip
_FOUND = "SELECT publication_id FROM workflow_app_publicationwords WHERE words @@ %s::tsquery"


@dataclass(frozen=True)
class Published:
    """One live publication as it stands today. `is_disputed`: an objection against its record is being handled."""

    publication: Publication
    content: Mapping[str, Any]
    is_disputed: bool


def list_published(
    q: str = "", cursor: str = "", *, kind: str = "", agency: str = "", limit: int = DEFAULT_LIMIT
) -> Page[Publication]:
    """Live publications, newest first; `q` is part of the title, a name or a matter, or begins a code; `agency` is an
    agency's code.

    Nothing that is not shown is searched, so that no masked name can be guessed. Raises `CursorInvalidError`,
    `LimitInvalidError`.
    """
    ensure_limit(limit)
    rows = _live()
    if kind:
        rows = rows.filter(kind=kind)
    if agency:
        rows = rows.filter(case__agency__code=clean_search(agency))
    if q := clean_search(q):
        asked = query_of(q)
        # Nothing is found by marks alone.
        rows = rows.filter(pk__in=RawSQL(_FOUND, [asked])) if asked else rows.none()  # noqa: S611 - our own text
    if cursor:
        (last,) = decode_cursor(cursor, int)
        rows = rows.filter(pk__lt=last)
    return page_of(list(rows.order_by("-pk")[: limit + 1]), limit, "pk")


def get_published(publication_id: int) -> Published:
    """One live publication with its texts as they stand today; raises NotFoundError, also once it has ended."""
    found = _live().filter(pk=publication_id).select_related("case__subject").first()
    if found is None:
        raise NotFoundError
    if found.kind == BREACH:
        record = _records_of(found.case.agency_id, found.content["breach_number"]).first()
        if record is None:
            raise NotFoundError
        subject = found.case.subject
        name, code = shown_identity(subject)
        facts = record.facts.replace(subject.code, code).replace(subject.name, name)
        now = {"breach_facts": facts, "breach_on": record.decision_on.isoformat()}
        return Published(found, {**found.content, **now}, record.is_disputed)
    return Published(found, {**found.content, **_performance_of(found)}, is_disputed=False)


def searched_texts(publication: Publication) -> list[str]:
    """All texts that the search looks through: nothing but what the public reads."""
    return [publication.title, *(str(publication.content.get(name, "")) for name in _SEARCHED)]


def _performance_of(publication: Publication) -> dict[str, str]:
    """履行状态 of a published commitment: what became of it belongs to what the public reads (GB/T 46277-2025)."""
    made = (
        Commitment.objects.filter(case=publication.case_id).first()
        if publication.kind == COMMITMENT
        else None
    )
    if made is None:
        return {}
    day = made.performance_on.isoformat() if made.performance_on else ""
    return {"performance": str(Performance(made.performance).label), "performance_on": day}


def list_publishers() -> list[Agency]:
    """The agencies whose commitments and breaches may be public, in order of their regions."""
    return list(Agency.objects.filter(matters__isnull=False).distinct().order_by("region_id", "id"))


def _live() -> QuerySet[Publication]:
    """What is published today: begun, not ended, not stopped.

    A breach is published only as long as its record is: repaired, withdrawn or deleted, by whichever case, it is gone
    at once (《信用修复管理办法》：终止公示). One whose number was corrected is not found again, and so not shown.
    """
    day = clock.now().astimezone(CHINA).date()
    record = _records_of(OuterRef("case__agency"), OuterRef("breach_number"))
    rows = Publication.objects.alias(breach_number=KT("content__breach_number"))
    return rows.filter(
        ~Q(kind=BREACH) | Exists(record), starts_on__lte=day, ends_on__gte=day, stopped_at__isnull=True
    )


def _records_of(agency: Any, number: Any) -> QuerySet[CreditRecord]:
    day = clock.now().astimezone(CHINA).date()
    return CreditRecord.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gte=day),
        source_agency=agency,
        number=number,
        is_published=True,
        is_deleted=False,
    )
