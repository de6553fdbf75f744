"""Letters: number and words in the transition that decides, the sealed PDF afterwards by the worker."""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import connection, transaction

from bpmn.manifest import LetterKind
from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import ConflictError, CreditError, ForbiddenError
from workflow_app.domain.numbers import letter_number
from workflow_app.letters.page import render_letter, verification_url
from workflow_app.letters.pki import seal_of
from workflow_app.letters.sealing import seal_pdf
from workflow_app.models import Letter, User
from workflow_app.models.letters import LetterStatus
from workflow_app.selectors.access import Access, applicants_of
from workflow_app.selectors.letters import due_letters, get_letter
from workflow_app.services import blobs
from workflow_app.services.definitions import bundle_of
from workflow_app.services.letter_values import letter_values
from workflow_app.services.notices import notify
from workflow_app.services.series import next_number
from workflow_app.services.transition import Transition, open_trail

logger = logging.getLogger(__name__)

# Crockford's base 32: no letter that is read as a digit, none that sounds like another. 26 of them hold 130 bits.
CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 26
RECORD_FORMAT = "letter/1"
MOST_ATTEMPTS = 5
# Waits between tries of a letter that could not be made: 1, 2, 4, 8 minutes.
FIRST_WAIT = timedelta(minutes=1)
ISSUED_EVENT = "letter_issued"
INTERRUPTED = "制作进程多次中断，请联系系统管理员查看日志。"
# "LETT" above the letter's id: the key of the lock that says who is making it.
_LOCK = 0x4C455454 << 32


class LetterTextMissingError(CreditError):
    """The definition lists no such letter or has no text for it."""

    code = "letter_text_missing"
    message = "流程“{process}”没有文书“{kind}”的文本。"
    status = 500


class LetterNotFailedError(ConflictError):
    """Only a letter that could not be made can be tried again."""

    code = "letter_not_failed"
    message = "文书{number}当前状态为“{status}”，无需重新制作。"


def create_letter(moving: Transition, kind: str, supersedes: str = "") -> Letter:
    """Give the letter its number and freeze its words; the worker makes the PDF. Played again, it is the same letter.

    `supersedes` names the kind of an earlier letter of the case that this one replaces. Raises LetterTextMissingError.
    """
    listed, text = _kind_and_text(moving, kind)
    origin = moving.next_step()
    made = Letter.objects.filter(case_id=moving.case.pk, kind=kind, origin=origin).first()
    if made is not None:
        return made
    agency, day = moving.case.agency, moving.now.astimezone(CHINA).date()
    # The series is what is printed before the number, so that no two letters ever read the same.
    number = letter_number(
        agency.short_name,
        listed.mark,
        day.year,
        next_number(f"letter:{agency.short_name}{listed.mark}:{day.year}"),
    )
    code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
    title = listed.title.zh
    letter = Letter.objects.create(
        case=moving.case,
        kind=kind,
        origin=origin,
        number=number,
        title=title,
        agency=agency,
        verify_code=code,
        created_at=moving.now,
        record={
            "format": RECORD_FORMAT,
            "kind": kind,
            "number": number,
            "title": title,
            "issued_on": day.isoformat(),
            "agency": {"name": agency.name, "code": agency.code},
            "verify": {"code": code, "url": verification_url(code)},
            "definition": {
                "process": moving.bundle.slug,
                "version": moving.bundle.version,
                "content_hash": moving.bundle.content_hash,
            },
            "text": letter_values(moving, text, kind),
        },
    )
    moving.record_event("letter.numbered", letter=number, letter_kind=kind)
    if supersedes:
        _supersede(moving, letter, supersedes)
    moving.wakes.add("letters")
    return letter


def _kind_and_text(moving: Transition, kind: str) -> tuple[LetterKind, str]:
    listed = next((each for each in moving.manifest.letters if each.kind == kind), None)
    text = moving.bundle.files.get(text_path(moving.bundle.slug, kind))
    if listed is None or text is None:
        raise LetterTextMissingError(process=moving.bundle.slug, kind=kind)
    return listed, text


def text_path(slug: str, kind: str) -> str:
    """Where the text of a letter lies in a bundle."""
    return f"forms/{slug}/letters/{kind}.html"


def _supersede(moving: Transition, new: Letter, kind: str) -> None:
    old = Letter.objects.select_for_update().filter(case_id=moving.case.pk, kind=kind, superseded_by=None)
    for letter in old.exclude(pk=new.pk).exclude(status=LetterStatus.VOIDED):
        letter.superseded_by = new
        # One that is still being made becomes superseded when it is.
        if letter.status == LetterStatus.ISSUED:
            letter.status = LetterStatus.SUPERSEDED
        letter.save(update_fields=["superseded_by", "status"])
        moving.record_event("letter.superseded", letter=letter.number, by=new.number)


def void_letter(moving: Transition, kind: str, reason: str) -> list[Letter]:
    """Take every letter of this kind in the case out of force, made or not; who verifies it is told so."""
    letters = Letter.objects.select_for_update().filter(case_id=moving.case.pk, kind=kind)
    voided = list(letters.exclude(status=LetterStatus.VOIDED).order_by("id"))
    for letter in voided:
        letter.status, letter.status_reason = LetterStatus.VOIDED, reason
        letter.save(update_fields=["status", "status_reason"])
        moving.record_event("letter.voided", letter=letter.number, reason=reason)
    return voided


def retry_letter(*, number: str, user: User) -> Letter:
    """A supervisor of the region has a failed letter made once more, after what hindered it was mended.

    Raises NotFoundError, ForbiddenError, LetterNotFailedError.
    """
    found = get_letter(user, number)
    prefixes = Access(user, clock.now()).supervised_prefixes
    if not any(found.agency.region_id.startswith(prefix) for prefix in prefixes):
        raise ForbiddenError
    with open_trail(found.case_id, skip_locked=False) as moving:
        moving.actor = user
        letter = Letter.objects.select_for_update().get(pk=found.pk)
        if letter.status != LetterStatus.FAILED:
            raise LetterNotFailedError(number=number, status=letter.get_status_display())
        letter.status, letter.attempts, letter.retry_at = LetterStatus.PENDING, 0, None
        letter.save(update_fields=["status", "attempts", "retry_at"])
        moving.record_event("letter.retried", letter=letter.number)
        moving.wakes.add("letters")
    return letter


def produce_letters(limit: int = 20) -> int:
    """Make the PDF files of up to `limit` letters that wait → how many were made.

    May run several times at once or be killed anywhere: each letter is made once. One that cannot be made says why,
    is tried again later and stops no other.
    """
    waiting = list(due_letters(clock.now()).values_list("pk", flat=True)[:limit])
    return sum(_produce(letter_id) for letter_id in waiting)


def _produce(letter_id: int) -> bool:
    with _held(letter_id) as mine:
        letter = _claim(letter_id) if mine else None
        if letter is None:
            return False
        try:
            content = _make(letter)
            return _finish(letter, content)
        except Exception as error:
            _note_failure(letter_id, error)
            return False


@contextmanager
def _held(letter_id: int) -> Iterator[bool]:
    """Whether this process alone may make the letter. The lock belongs to the connection: it dies with the process."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK + letter_id])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK + letter_id])


def _claim(letter_id: int) -> Letter | None:
    """The letter if it still waits. The try is counted before it begins, so that one that kills the process ends."""
    with transaction.atomic():
        rows = due_letters(clock.now()).select_for_update(of=("self",), skip_locked=True)
        letter = rows.select_related("case", "agency").defer("case__state").filter(pk=letter_id).first()
        if letter is None:
            return None
        if letter.attempts >= MOST_ATTEMPTS:
            letter.status, letter.problem = LetterStatus.FAILED, letter.problem or INTERRUPTED
            letter.save(update_fields=["status", "problem"])
            return None
        letter.attempts += 1
        letter.save(update_fields=["attempts"])
        return letter


def _make(letter: Letter) -> bytes:
    bundle = bundle_of(letter.case.definition_id)
    text = bundle.files.get(text_path(bundle.slug, letter.kind))
    if text is None:
        raise LetterTextMissingError(process=bundle.slug, kind=letter.kind)
    rendered = render_letter(text, letter.record)
    name = letter.record["agency"]["name"]
    return seal_pdf(
        rendered.pdf,
        seal_of(letter.agency.code, name),
        agency_name=name,
        verify_url=letter.record["verify"]["url"],
        place=rendered.seal,
        moment=clock.now(),
    )


def _finish(made: Letter, content: bytes) -> bool:
    """Enter the made letter into the register, unless it was voided or made by somebody else meanwhile."""
    sha256 = blobs.put(content)
    with open_trail(made.case_id, skip_locked=False) as moving:
        letter = Letter.objects.select_for_update().get(pk=made.pk)
        if letter.status != LetterStatus.PENDING:
            return False
        letter.status = LetterStatus.SUPERSEDED if letter.superseded_by_id else LetterStatus.ISSUED
        letter.sha256, letter.size, letter.issued_at = sha256, len(content), moving.now
        letter.problem, letter.retry_at = "", None
        letter.save(update_fields=["status", "sha256", "size", "issued_at", "problem", "retry_at"])
        shown: dict[str, Any] = {"number": letter.number, "title": letter.title}
        # Made by the worker, but the fruit of an officer's decision: nobody waits for the office to open.
        notify(moving, ISSUED_EVENT, applicants_of(moving.case), by_time=False, letter=shown)
        moving.record_event("letter.issued", letter=letter.number, letter_kind=letter.kind, sha256=sha256)
    return True


def _note_failure(letter_id: int, error: Exception) -> None:
    logger.error("letter %s could not be made: %r", letter_id, error)
    with transaction.atomic():
        letter = Letter.objects.select_for_update().get(pk=letter_id)
        if letter.status != LetterStatus.PENDING:
            return
        # A CreditError is a sentence for people; anything else is for the administrator.
        letter.problem = str(error) if isinstance(error, CreditError) else f"{type(error).__name__}: {error}"
        letter.retry_at = clock.now() + FIRST_WAIT * 2 ** (letter.attempts - 1)
        if letter.attempts >= MOST_ATTEMPTS:
            letter.status, letter.retry_at = LetterStatus.FAILED, None
        letter.save(update_fields=["problem", "retry_at", "status"])
