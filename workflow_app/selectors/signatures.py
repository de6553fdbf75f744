"""Who signs what is filed, as what, and what waits for a second signature."""

import hashlib
import json
from contextlib import suppress
from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import NotFoundError
from workflow_app.models import (
    CountersignRequest,
    Document,
    Draft,
    Mandate,
    MatterText,
    Subject,
    SubjectAccount,
    User,
)
from workflow_app.models.people import Role
from workflow_app.models.signatures import Capacity
from workflow_app.selectors.access import Access

MOST = 100


def needs_countersignature(user: User, subject: Subject, day: date) -> bool:
    """Whether this account files for the subject only together with its legal representative."""
    if SubjectAccount.objects.filter(user=user, subject=subject).exists():
        return False
    mandates = Mandate.objects.filter(agent=user, subject=subject, valid_from__lte=day, valid_until__gte=day)
    # Of several mandates the one that lets most counts.
    asked = list(mandates.values_list("needs_countersignature", flat=True))
    return bool(asked) and all(asked)


def capacity_of(user: User, subject: Subject) -> Capacity:
    """As what the account signs for the subject."""
    if SubjectAccount.objects.filter(user=user, subject=subject).exists():
        return Capacity.SELF if subject.is_person else Capacity.REPRESENTATIVE
    access = Access(user, clock.now())
    if subject.pk in access.subject_ids:
        return Capacity.AGENT
    return Capacity.CLERK if Role.CLERK in access.roles else Capacity.OFFICER


def subject_of(draft: Draft, user: User) -> Subject | None:
    """For whom the draft is filed: whom it names, else the only subject the account acts for. None where that is
    nobody's, or nobody the account may file for: a code alone tells nobody whose it is."""
    access = Access(user, clock.now())
    if draft.on_behalf_of:
        known = Subject.objects.all() if access.roles else access.subjects()
        return known.filter(code=draft.on_behalf_of).first()
    own = list(access.subjects()[:2])
    return own[0] if len(own) == 1 else None


def digest_of(draft: Draft) -> str:
    """SHA-256 (hex) over the canonical JSON of what is signed: process, subject, answers, papers by their content, and
    the text of the matter that is promised."""
    papers = Document.objects.filter(pk__in=papers_of(draft)).order_by("sha256")
    promised = promised_text(draft)
    signed = [
        draft.process,
        draft.on_behalf_of,
        draft.data,
        list(papers.values_list("sha256", flat=True)),
        [promised.matter.code, promised.version, promised.content, promised.consequences] if promised else [],
    ]
    text = json.dumps(signed, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def promised_text(draft: Draft) -> MatterText | None:
    """The text that the draft promises to keep, as it is in force today; None where it promises none."""
    code = draft.data.get("matter")
    if not isinstance(code, str):
        return None
    day = today()
    texts = MatterText.objects.filter(matter__code=code, matter__is_open=True, valid_from__lte=day)
    texts = texts.exclude(valid_until__lt=day).select_related("matter")
    return texts.order_by("-version").first()


def papers_of(draft: Draft) -> list[UUID]:
    """The ids of the papers that go with the draft: those it lists, and those its answers name, which a system need not
    list once more. What is no id is left out; a draft is kept as it was typed."""
    named = [each for value in draft.data.values() if isinstance(value, list) for each in value]
    keys = []
    for each in [*draft.documents, *named]:
        with suppress(ValueError):
            keys.append(UUID(each if isinstance(each, str) else ""))
    return list(dict.fromkeys(keys))


def request_of(draft: Draft) -> CountersignRequest | None:
    """The request for a second signature under the draft, open or settled."""
    return CountersignRequest.objects.filter(draft=draft).select_related("settled_by", "subject").first()


def open_request_of(draft: Draft) -> CountersignRequest | None:
    """The request that the draft still waits for."""
    waiting = CountersignRequest.objects.filter(draft=draft, settled_at__isnull=True)
    return waiting.select_related("subject").first()


def representatives_of(subject: Subject) -> list[User]:
    """The accounts that sign for the subject by law."""
    return list(User.objects.filter(subject_accounts__subject=subject, is_active=True).order_by("pk"))


def list_to_countersign(user: User) -> list[CountersignRequest]:
    """What waits for this account's signature as legal representative, oldest first."""
    found = _addressed_to(user).filter(settled_at__isnull=True)
    return list(found.select_related("draft__owner", "subject").order_by("asked_at", "pk")[:MOST])


def get_to_countersign(user: User, draft_id: UUID) -> CountersignRequest:
    """One request that is addressed to this account, open or settled; raises NotFoundError."""
    rows = _addressed_to(user).filter(draft_id=draft_id)
    request = rows.select_related("draft__owner", "subject", "settled_by").first()
    if request is None:
        raise NotFoundError
    return request


def papers_to_countersign(user: User) -> list[UUID]:
    """The ids of the papers of what waits for this account's signature: who signs may read them."""
    papers = Q(pk__in=[])
    for waiting in _addressed_to(user).filter(settled_at__isnull=True).select_related("draft"):
        papers |= Q(owner=waiting.draft.owner_id, pk__in=papers_of(waiting.draft))
    return list(Document.objects.filter(papers).values_list("pk", flat=True))


def count_to_countersign(user: User) -> int:
    """How many applications wait for this account's signature, at most `MOST`."""
    return _addressed_to(user).filter(settled_at__isnull=True)[:MOST].count()


def _addressed_to(user: User) -> QuerySet[CountersignRequest]:
    own = SubjectAccount.objects.filter(user=user).values("subject_id")
    return CountersignRequest.objects.filter(subject__in=own)


def today() -> date:
    """The day in China."""
    return clock.now().astimezone(CHINA).date()
