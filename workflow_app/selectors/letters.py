"""Read letters, and say to anybody whether one is valid."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from bpmn.manifest import Text
from workflow_app.domain import clock
from workflow_app.domain.errors import NotFoundError
from workflow_app.models import Case, Letter, User
from workflow_app.models.letters import LetterStatus
from workflow_app.selectors.access import Access
from workflow_app.selectors.paging import DEFAULT_LIMIT, Page, decode_cursor, ensure_limit, page_of
from workflow_app.selectors.processes import manifest_of
from workflow_app.selectors.wording import is_english

VALID, SUPERSEDED, VOIDED, TAMPERED, UNKNOWN = "valid", "superseded", "voided", "tampered", "unknown"
_STATUS = {
    LetterStatus.ISSUED: VALID,
    LetterStatus.SUPERSEDED: SUPERSEDED,
    LetterStatus.VOIDED: VOIDED,
}
# Crockford's base 32 reads these as the digits they look like.
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None})
# Of a case and its definition, of which only the titles are asked.
_HEAVY = ("case__state", "case__state_mac", "case__definition__files", "case__definition__manifest")
_CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")


@dataclass(frozen=True)
class Verdict:
    """What anybody may know of a letter: nothing about persons, nothing of its text.

    `status`: valid, superseded, voided, tampered or unknown; the rest is empty when it is unknown. `title` and
    `agency` are in the reader's language. `superseded_by` is the number of the letter that replaces it.
    """

    status: str
    number: str = ""
    title: str = ""
    agency: str = ""
    issued_at: datetime | None = None
    sha256: str = ""
    superseded_by: str = ""


NOTHING = Verdict(UNKNOWN)


def get_letter(user: User, number: str) -> Letter:
    """The letter with case, agency and what replaces it; raises NotFoundError, also if forbidden."""
    letter = _with_names(Access(user, clock.now()).letters()).filter(number=number).first()
    if letter is None:
        raise NotFoundError
    return letter


def list_letters(case: Case) -> list[Letter]:
    """The letters of a case that the caller has got by `get_case`, oldest first."""
    return list(_with_names(Letter.objects.filter(case=case)).order_by("id"))


def list_failed_letters(user: User, *, cursor: str = "", limit: int = DEFAULT_LIMIT) -> Page[Letter]:
    """The letters the account may see that could not be made, newest first, each with its `problem`."""
    ensure_limit(limit)
    rows = _with_names(Access(user, clock.now()).letters()).filter(status=LetterStatus.FAILED)
    if cursor:
        (last,) = decode_cursor(cursor, int)
        rows = rows.filter(pk__lt=last)
    return page_of(rows.order_by("-pk")[: limit + 1], limit, "pk")


def due_letters(now: datetime) -> QuerySet[Letter]:
    """Letters whose PDF may be made now: first those that were not tried yet, then oldest first."""
    ready = Q(retry_at__isnull=True) | Q(retry_at__lte=now)
    return Letter.objects.filter(ready, status=LetterStatus.PENDING).order_by("attempts", "created_at", "pk")


def verify_by_code(code: str) -> Verdict:
    """The verdict on the letter with this verification code, as printed or as typed from paper."""
    typed = code.upper().translate(_READ_AS)
    if not _CODE.fullmatch(typed):
        return NOTHING
    return _verdict_on(_public().filter(verify_code=typed).first())


def verdict_by_digest(sha256: str) -> Verdict:
    """The verdict on the letter with exactly this content."""
    return _verdict_on(_public().filter(sha256=sha256).first()) if sha256 else NOTHING


def title_of_letter(letter: Letter) -> Text:
    """What the letter is called; its paper itself is always Chinese."""
    kinds = {each.kind: each.title for each in manifest_of(letter.case.definition.content_hash).letters}
    return kinds.get(letter.kind, Text(letter.title, letter.title))


def _public() -> QuerySet[Letter]:
    return Letter.objects.select_related("agency", "superseded_by", "case__definition").defer(
        "record", *_HEAVY
    )


def _verdict_on(letter: Letter | None) -> Verdict:
    # A letter that is not made yet does not exist for the public.
    if letter is None or letter.status not in _STATUS:
        return NOTHING
    title = title_of_letter(letter)
    return Verdict(
        status=_STATUS[LetterStatus(letter.status)],
        number=letter.number,
        title=title.en if is_english() else title.zh,
        agency=letter.agency.name_en if is_english() else letter.agency.name,
        issued_at=letter.created_at,
        sha256=letter.sha256,
        superseded_by=letter.superseded_by.number if letter.superseded_by else "",
    )


def _with_names(letters: QuerySet[Letter]) -> QuerySet[Letter]:
    return letters.select_related("case__definition", "agency__region", "superseded_by").defer(*_HEAVY)
