"""签署: whoever files signs what is filed, as it stands at that moment; where the mandate says so, a second person
signs as well."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_noop as _

from workflow_app.domain import clock
from workflow_app.domain.errors import ConflictError, NotFoundError
from workflow_app.models import Case, CountersignRequest, Draft, Signature, Subject, User
from workflow_app.models.signatures import Capacity
from workflow_app.selectors.signatures import (
    capacity_of,
    digest_of,
    needs_countersignature,
    open_request_of,
    representatives_of,
    subject_of,
    today,
)
from workflow_app.services.cases import file_case
from workflow_app.services.drafts import submit_draft
from workflow_app.services.errors import NotRepresentingError, SubjectRequiredError
from workflow_app.services.notices import both_names, notify_about, shown_name
from workflow_app.services.privacy import ensure_accepted
from workflow_app.services.sign_in import confirm_password

# What a signature says, by the signer's capacity; kept with each signature as it was read.
STATEMENTS = {
    Capacity.SELF: _("本人确认以上内容和材料真实、完整，愿意承担相应的法律责任，并以本账户的登录密码签署。"),
    Capacity.REPRESENTATIVE: _(
        "本人作为法定代表人（负责人），代表本单位确认以上内容和材料真实、完整，"
        "愿意承担相应的法律责任，并以本账户的登录密码签署。"
    ),
    Capacity.AGENT: _("本人受托办理，在授权范围内确认以上内容和材料真实、完整，并以本账户的登录密码签署。"),
    Capacity.CLERK: _("本人按来人提供并签字确认的内容代为录入，并以本账户的登录密码签署。"),
    Capacity.OFFICER: _("本人依职权提起，对以上内容负责，并以本账户的登录密码签署。"),
}
BY_TOKEN = _("经办人的业务系统以本账户的访问令牌提交，确认以上内容和材料真实、完整。")
# How an account had proved itself when it signed: by its password once more, or by the token of its system.
PASSWORD, TOKEN = "password", "token"


class AnswersChangedError(ConflictError):
    """What is to be signed is no longer what the page showed."""

    code = "answers_changed"
    message = "您打开本页之后，申请内容有过改动，还没有签署。请重新核对最新的内容，再签署。"


class NobodyCountersignsError(ConflictError):
    """The mandate wants a second signature, and nobody could give it."""

    code = "nobody_countersigns"
    message = (
        "按照授权，此申请还需要法定代表人（负责人）签署，但该单位还没有法定代表人的账户。"
        "请先由法定代表人开通账户，或者到窗口办理。"
    )


def sign_draft(
    *, draft_id: UUID, user: User, password: str, address: str, digest: str, consent: bool
) -> list[Case] | CountersignRequest:
    """Sign one's own draft and file it → its cases; or, where a second signature is needed, the request for it.

    `digest` is that of what the page showed, `consent` the one to the privacy notice, `address` where the connection
    comes from. Signing again gives the same again. Raises `PasswordWrongError`, `SignInThrottledError`,
    `ConsentMissingError`, `AnswersChangedError`, `NobodyCountersignsError`, `SubjectRequiredError`, and as
    `submit_draft`; nothing is then signed or filed.
    """
    if (signed := _signed_before(own_draft(user, draft_id))) is not None:
        return signed
    confirm_password(user=user, password=password, address=address)
    with transaction.atomic():
        draft = own_draft(user, draft_id, lock=True)
        if (signed := _signed_before(draft)) is not None:
            return signed
        ensure_accepted(user=user, consent=consent)
        if digest_of(draft) != digest:
            raise AnswersChangedError
        subject = _subject(draft, user)
        capacity = capacity_of(user, subject)
        sign_as(draft, user, capacity, digest, STATEMENTS[capacity], PASSWORD)
        if needs_countersignature(user, subject, today()):
            return _ask_countersign(draft, subject)
        return submit_draft(draft_id=draft.pk, user=user)


def _signed_before(draft: Draft) -> list[Case] | CountersignRequest | None:
    """What became of the draft when it was signed; None as long as it is not."""
    if draft.submitted_at is not None:
        return list(draft.cases.order_by("id"))
    return open_request_of(draft)


def hand_in_draft(*, draft_id: UUID, user: User) -> list[Case] | CountersignRequest:
    """What a system with the account's token does: file the draft, or ask for the second signature where it is needed.

    Handing in again gives the same again. Raises `NobodyCountersignsError`, and as `submit_draft`.
    """
    with transaction.atomic():
        draft = own_draft(user, draft_id, lock=True)
        if (handed_in := _signed_before(draft)) is not None:
            return handed_in
        subject = subject_of(draft, user)
        if subject is None or not needs_countersignature(user, subject, today()):
            return submit_draft(draft_id=draft_id, user=user)
        sign_as(draft, user, Capacity.AGENT, digest_of(draft), BY_TOKEN, TOKEN)
        return _ask_countersign(draft, subject)


def own_draft(user: User, draft_id: UUID, *, lock: bool = False) -> Draft:
    """The account's own draft of an application; `lock` holds it. Raises NotFoundError."""
    rows = Draft.objects.select_for_update() if lock else Draft.objects
    draft = rows.filter(pk=draft_id, owner=user, task__isnull=True).first()
    if draft is None:
        raise NotFoundError
    return draft


def _subject(draft: Draft, user: User) -> Subject:
    subject = subject_of(draft, user)
    if subject is None:
        raise NotRepresentingError if draft.on_behalf_of else SubjectRequiredError
    return subject


def sign_as(
    draft: Draft, user: User, capacity: Capacity, digest: str, statement: str, factor: str
) -> Signature:
    """Put the account's signature under the (locked) draft, in place of one it gave before."""
    signature, _is_new = Signature.objects.update_or_create(
        draft=draft,
        signer=user,
        defaults={
            "capacity": capacity,
            "statement": statement,
            "digest": digest,
            "factor": factor,
            "at": clock.now(),
        },
    )
    return signature


def _ask_countersign(draft: Draft, subject: Subject) -> CountersignRequest:
    representatives = representatives_of(subject)
    if not representatives:
        raise NobodyCountersignsError
    _ensure_fileable(draft)
    now = clock.now()
    request, _is_new = CountersignRequest.objects.update_or_create(
        draft=draft,
        defaults={
            "subject": subject,
            "asked_at": now,
            "settled_at": None,
            "settled_by": None,
            "is_refused": False,
            "reason": "",
        },
    )
    notify_about(
        "countersign_asked",
        representatives,
        process=draft.process,
        path=f"/countersign/{draft.pk}",
        origin=f"{draft.pk}.{now:%Y%m%d%H%M%S}",
        subject={"name": shown_name(subject)},
        agent=both_names(draft.owner),
    )
    return request


class _UndoneError(Exception):
    """Leaves a transaction of which nothing shall stay."""


def _ensure_fileable(draft: Draft) -> None:
    """What cannot be filed is told to who filled it in, not to who signs it afterwards: file it, and undo that."""
    try:
        with transaction.atomic():
            file_case(
                process=draft.process,
                data=draft.data,
                documents=draft.documents,
                user=draft.owner,
                on_behalf_of=draft.on_behalf_of,
                signatures=[Signature(draft=draft, capacity=Capacity.REPRESENTATIVE)],
            )
            raise _UndoneError
    except _UndoneError:
        return
