"""沟通和批注: say something in a case besides the forms. A note is never changed or deleted; a mistake is put right by
the next one."""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.conf import settings

from workflow_app.domain.errors import CreditError, ForbiddenError
from workflow_app.models import Case, Note, User
from workflow_app.models.notes import Audience
from workflow_app.models.tasks import TaskStatus
from workflow_app.selectors.access import APPLICANT, Access, applicants_of
from workflow_app.selectors.cases import get_case
from workflow_app.selectors.notes import is_office, mentionable, office_readers
from workflow_app.services.notices import notify
from workflow_app.services.transition import Transition, open_trail

NOTE_ADDED, MENTIONED = "note_added", "mentioned"
LONGEST = 2000
# More than that in an hour is no conversation any more.
MOST_NOTES, SPAN = 20, timedelta(hours=1)


class NoteEmptyError(CreditError):
    """Nothing was said."""

    code = "note_empty"
    message = "请填写内容后再发送。"
    status = 422


class NoteTooLongError(CreditError):
    """More than a note may hold."""

    code = "note_too_long"
    message = "内容最多 {limit} 字，您填写了 {length} 字，请删减或者分成几条发送。"
    status = 422


class NoteTooManyError(CreditError):
    """One account said too much in one case within an hour."""

    code = "note_too_many"
    message = "您在一小时内已在本案发送 {limit} 条，请稍后再发送，或者把内容合并为一条。"
    status = 429


class MentionUnfitError(CreditError):
    """Somebody is mentioned who may not see the case as an officer."""

    code = "mention_unfit"
    message = "{who}不是能够查看本案的工作人员，请从列表中选择要提醒的人。"
    status = 422


def add_note(*, number: str, user: User, text: str, audience: str, mentioned: Iterable[User] = ()) -> Note:
    """Say `text` in the case; `audience` is `office` or `everybody`, `mentioned` officers are asked to look.

    The other side is told, of a note of the office whoever has the case in hand; the version of the case that people
    saw stays good. The trail keeps who wrote when and a seal of the text, not the text, for the trail is read by
    both sides. Raises NotFoundError, ForbiddenError (the applicant's side writes no notes of the office and mentions
    nobody), `NoteEmptyError`, `NoteTooLongError`, `NoteTooManyError`, `MentionUnfitError`.
    """
    words = _clean(text)
    case = get_case(user, number)
    with open_trail(case.pk, skip_locked=False) as moving:
        moving.actor = user
        by_office = is_office(Access(user, moving.now), case)
        asked = list(dict.fromkeys(mentioned))
        if not by_office and (asked or audience != Audience.EVERYBODY):
            raise ForbiddenError
        _ensure_fit(case, asked)
        _ensure_not_too_many(moving, user)
        note = Note.objects.create(
            case=moving.case,
            author=user,
            by_office=by_office,
            audience=Audience(audience),
            text=words,
            at=moving.now,
        )
        note.mentioned.set(asked)
        moving.record_event(
            _kind(note),
            note=note.pk,
            seal=seal(note),
            mentioned=[each.pk for each in asked],
        )
        _tell(moving, note, asked)
    return note


def _kind(note: Note) -> str:
    """The kind of its event: the applicant's side reads none of the office's own."""
    if note.audience == Audience.OFFICE:
        return "note.written"
    return "note.sent_by_office" if note.by_office else "note.sent_by_applicant"


def seal(note: Note) -> str:
    """HMAC-SHA256 over case, note and text, in hexadecimal: proves to whoever holds the key that the text is the one of
    the trail. A plain hash would let anybody who reads the trail guess at short notes."""
    message = f"note\n{note.case_id}\n{note.pk}\n{note.text}".encode()
    return hmac.digest(settings.STATE_KEY.encode(), message, hashlib.sha256).hex()


def cleaned(text: str) -> str:
    """What may be kept of a typed text: line ends as `\\n`, no control characters, no blanks around it."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    words = "".join(char for char in lines if char in "\n\t" or char.isprintable()).strip()
    return words.encode("utf-8", "ignore").decode()


def _clean(text: str) -> str:
    words = cleaned(text)
    if not words:
        raise NoteEmptyError
    if len(words) > LONGEST:
        raise NoteTooLongError(limit=LONGEST, length=len(words))
    return words


def _ensure_fit(case: Case, asked: Sequence[User]) -> None:
    known = {user.pk for user in mentionable(case)} if asked else set()
    for user in asked:
        if user.pk not in known:
            raise MentionUnfitError(who=str(user), who_en=user.display_name_en)


def _ensure_not_too_many(moving: Transition, user: User) -> None:
    """Under the lock of the case."""
    since = moving.now - SPAN
    if Note.objects.filter(case_id=moving.case.pk, author=user, at__gt=since).count() >= MOST_NOTES:
        raise NoteTooManyError(limit=MOST_NOTES)


def _tell(moving: Transition, note: Note, asked: Sequence[User]) -> None:
    """Who is mentioned hears that, everybody else concerned that something was said; never its author."""
    author = {"zh": str(note.author), "en": note.author.display_name_en or str(note.author)}
    notify(moving, MENTIONED, [each for each in asked if each != note.author], author=author)
    heard = {note.author, *asked}
    if note.audience == Audience.OFFICE:
        # A note that mentions nobody in particular is for whoever has the case in hand, not for a whole queue.
        live = moving.case.tasks.filter(status=TaskStatus.CLAIMED).exclude(role=APPLICANT)
        readers = [task.assignee for task in live.select_related("assignee") if task.assignee]
    else:
        readers = applicants_of(moving.case) if note.by_office else office_readers(moving.case)
    notify(
        moving,
        NOTE_ADDED,
        [user for user in readers if user not in heard],
        side={"zh": "办理机关", "en": "the office"}
        if note.by_office
        else {"zh": "申请人", "en": "the applicant"},
    )
