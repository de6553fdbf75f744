"""窗口代录: a clerk takes down an application for the person at the counter, who signs it on paper.

What the person signs is a sheet with the answers as they stand and the beginning of their digest, which the clerk
copies from the paper when it is scanned: a sheet printed before an answer was changed is not taken for a later one. If
an answer changes afterwards, the sheet no longer fits and has to be signed anew, so that nothing is filed that nobody
has signed.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID

from django.db import transaction

from forms.formats import is_phone
from workflow_app.domain import clock
from workflow_app.domain.codes import half_width
from workflow_app.domain.errors import ConflictError, CreditError, ForbiddenError, NotFoundError
from workflow_app.models import CounterVisit, Document, Draft, Subject, User
from workflow_app.models.counter import Relation
from workflow_app.models.people import Role
from workflow_app.models.subjects import CodeKind
from workflow_app.selectors.access import Access
from workflow_app.services.definitions import current_bundle
from workflow_app.services.documents import store_document
from workflow_app.services.errors import DraftSubmittedError
from workflow_app.services.subjects import check_code, clean_person_or_firm

# Kinds of scans taken at the counter.
SHEET, AUTHORISATION, IDENTITY = "signed_sheet", "authorisation", "identity"
PAPER_KINDS = (SHEET, AUTHORISATION, IDENTITY)
MOST_NAME = 60
MOST_PAPERS = 10
# As much of the digest as the clerk copies from the sheet.
CODE_LENGTH = 4


class RelationError(CreditError):
    """The relation is none, or not one that a person can have to this subject."""

    code = "relation_invalid"
    message = (
        "请选择来人与办理主体的关系：个人可以是本人或者受托人，单位可以是法定代表人（负责人）或者受托人。"
    )
    status = 422


class PhoneInvalidError(CreditError):
    """No telephone number of mainland China."""

    code = "phone_invalid"
    message = "联系电话“{phone}”不正确，请填写手机号码或者带区号的固定电话。"
    status = 422


class VisitorInvalidError(CreditError):
    """Something about the person at the counter is missing or wrong; `problems` says what, by field."""

    code = "visitor_invalid"
    message = "来人信息有 {count} 处需要改正。"
    status = 422

    def __init__(self, problems: Mapping[str, CreditError]) -> None:
        super().__init__(count=len(problems))
        self.problems = problems


class SheetMissingError(ConflictError):
    """The person at the counter has not signed yet."""

    code = "sheet_missing"
    message = "来人还没有签字：请打印签字页，由来人核对签名后扫描上传，再提交。"


class SheetDiffersError(ConflictError):
    """The code on the paper is not that of the answers as they stand."""

    code = "sheet_differs"
    message = (
        "核对码与现在填写的内容不符：请照签字页右上角重新核对；打印以后改过内容的，"
        "请重新打印，由来人再次签名后扫描上传。"
    )


class SheetOutdatedError(ConflictError):
    """An answer was changed after the sheet had been signed."""

    code = "sheet_outdated"
    message = "签字后内容有改动，原签字页不再有效：请重新打印，由来人再次签名后扫描上传。"


class AuthorisationMissingError(ConflictError):
    """An agent without a written power of attorney (《民法典》第一百六十五条)."""

    code = "authorisation_missing"
    message = "来人是受托人，请扫描上传授权委托书后再提交。"


class PapersTooManyError(ConflictError):
    """More scans than a visit needs."""

    code = "counter_papers_too_many"
    message = "窗口扫描件最多 {most} 份，请合并为一份 PDF 后上传。"


@dataclass(frozen=True)
class Visitor:
    """The person at the counter as the clerk typed it; where it is the subject itself, name and code may be empty."""

    relation: str
    name: str = ""
    code_kind: str = CodeKind.ID_CARD
    code: str = ""
    phone: str = ""


def open_visit(
    *, user: User, process: str, subject: Subject, visitor: Visitor, uses: Mapping[str, str] | None = None
) -> Draft:
    """Begin an application of that process for the subject, with who stands at the counter → the draft to fill in.

    `uses` names fields of its form that ask for the visitor's `name` or telephone (`tel`) once more: they are filled in
    already. Only for clerks. Raises ForbiddenError, `VisitorInvalidError`, `ProcessUnknownError`.
    """
    _ensure_clerk(user)
    current_bundle(process)
    known, now = _checked(subject, visitor), clock.now()
    told = {"name": known["name"], "tel": known["phone"]}
    data = {name: told[use] for name, use in (uses or {}).items() if told.get(use)}
    with transaction.atomic():
        draft = Draft.objects.create(
            owner=user, process=process, on_behalf_of=subject.code, data=data, updated_at=now
        )
        CounterVisit.objects.create(draft=draft, at=now, **known)
    return draft


def change_visitor(*, user: User, draft_id: UUID, subject: Subject, visitor: Visitor) -> CounterVisit:
    """Correct who stands at the counter, as long as the draft is not filed. A sheet signed before counts no more.

    Raises NotFoundError, `DraftSubmittedError`, `VisitorInvalidError`.
    """
    known = _checked(subject, visitor)
    with transaction.atomic():
        visit = _locked(user, draft_id)
        for name, value in known.items():
            setattr(visit, name, value)
        visit.signed_digest = ""
        visit.save()
    return visit


def add_paper(
    *, user: User, draft_id: UUID, kind: str, name: str, content: BinaryIO, sheet_code: str = ""
) -> CounterVisit:
    """Keep a scan of the signed sheet, the power of attorney or the visitor's document.

    A signed sheet stands for the answers as they are at this moment, which `sheet_code`, the first four characters of
    the code printed on it, has to prove; it takes the place of one signed before. Raises NotFoundError,
    `DraftSubmittedError`, `SheetDiffersError`, `PapersTooManyError`, and as `store_document`.
    """
    if kind not in PAPER_KINDS:
        raise NotFoundError
    with transaction.atomic():
        visit = _locked(user, draft_id)
        digest = digest_of(visit.draft, visit)
        if kind == SHEET and _as_printed(sheet_code) != digest[:CODE_LENGTH]:
            raise SheetDiffersError
        if visit.papers.count() >= MOST_PAPERS:
            raise PapersTooManyError(most=MOST_PAPERS)
        paper = store_document(user=user, kind=kind, name=name, content=content)
        if kind == SHEET:
            for before in visit.papers.filter(kind=SHEET):
                _delete(visit, before)
            visit.signed_digest = digest
            visit.save(update_fields=["signed_digest"])
        visit.papers.add(paper)
    return visit


def remove_paper(*, user: User, draft_id: UUID, paper_id: UUID) -> None:
    """Take back a scan that is not filed yet. Raises NotFoundError, `DraftSubmittedError`."""
    with transaction.atomic():
        visit = _locked(user, draft_id)
        paper = visit.papers.filter(pk=paper_id).first()
        if paper is None:
            raise NotFoundError
        if paper.kind == SHEET:
            visit.signed_digest = ""
            visit.save(update_fields=["signed_digest"])
        _delete(visit, paper)


def _delete(visit: CounterVisit, paper: Document) -> None:
    visit.papers.remove(paper)
    paper.delete()


def signed_papers(visit: CounterVisit) -> list[str]:
    """The ids of the scans that go with the application, once all that is filed was signed on paper; raises as
    `ensure_signed`."""
    ensure_signed(visit)
    return [str(pk) for pk in visit.papers.values_list("pk", flat=True)]


def ensure_signed(visit: CounterVisit) -> None:
    """Raise `AuthorisationMissingError`, `SheetMissingError` or `SheetOutdatedError` unless all that is filed was
    signed on paper."""
    kinds = set(visit.papers.values_list("kind", flat=True))
    if visit.relation == Relation.AGENT and AUTHORISATION not in kinds:
        raise AuthorisationMissingError
    if SHEET not in kinds or not visit.signed_digest:
        raise SheetMissingError
    if visit.signed_digest != digest_of(visit.draft, visit):
        raise SheetOutdatedError


def digest_of(draft: Draft, visit: CounterVisit) -> str:
    """SHA-256 (hex) over the canonical JSON of what the sheet shows: process, subject, answers, who signs."""
    shown = [
        draft.process, draft.on_behalf_of, draft.data, visit.name, visit.code_kind, visit.code, visit.relation
    ]  # fmt: skip
    text = json.dumps(shown, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _as_printed(typed: str) -> str:
    return "".join(half_width(typed).split()).lower()[:CODE_LENGTH]


def _ensure_clerk(user: User) -> None:
    if Role.CLERK not in Access(user, clock.now()).roles:
        raise ForbiddenError


def _locked(user: User, draft_id: UUID) -> CounterVisit:
    found = (
        CounterVisit.objects.select_for_update()
        .select_related("draft")
        .filter(draft=draft_id, draft__owner=user)
    ).first()
    if found is None:
        raise NotFoundError
    if found.draft.submitted_at is not None:
        raise DraftSubmittedError
    return found


def _checked(subject: Subject, visitor: Visitor) -> dict[str, str]:
    """The columns of the visit. The person themself is known already: nothing is asked twice."""
    problems: dict[str, CreditError] = {}
    is_self = visitor.relation == Relation.SELF
    others = {Relation.SELF} if subject.is_person else {Relation.REPRESENTATIVE}
    if visitor.relation not in {*others, Relation.AGENT}:
        problems["relation"] = RelationError()
    known = {
        "relation": visitor.relation,
        "name": subject.name,
        "code_kind": subject.code_kind,
        "code": subject.code,
    }
    if not is_self:
        # A person shows a document of a person, whomever they come for.
        kind = visitor.code_kind if visitor.code_kind != CodeKind.USCC else ""
        known["code_kind"] = kind
        for name, check in (
            ("name", lambda: clean_person_or_firm(visitor.name, MOST_NAME)),
            ("code", lambda: check_code(kind, visitor.code)),
        ):
            try:
                known[name] = check()
            except CreditError as problem:
                problems[name] = problem
    known["name"] = known["name"][:MOST_NAME]
    known["phone"] = visitor.phone.strip()
    if known["phone"] and (len(known["phone"]) > 20 or not is_phone(known["phone"])):
        problems["phone"] = PhoneInvalidError(phone=known["phone"][:40])
    if problems:
        raise VisitorInvalidError(problems)
    return known
