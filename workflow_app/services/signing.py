"""签署: whoever files signs what is filed; where the mandate says so, the legal representative signs as well."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_noop as _

from workflow_app.domain import clock
from workflow_app.domain.errors import ConflictError, CreditError, NotFoundError
from workflow_app.models import Case, CountersignRequest, Draft, Signature, Subject, User
from workflow_app.models.signatures import Capacity
from workflow_app.selectors.signatures import (
    capacity_of,
    digest_of,
    get_to_countersign,
    needs_countersignature,
    today,
)
from workflow_app.services.drafts import submit_draft
from workflow_app.services.errors import DraftLockedError, SubjectRequiredError
from workflow_app.services.notices import notify_about
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
PASSWORD = "password"  # noqa: S105 - the name of a factor
MOST_REASON = 300


class AnswersChangedError(ConflictError):
    """What is to be signed is no longer what the page showed."""

    code = "answers_changed"
    message = "您打开本页之后，申请内容有过改动。请核对下面的最新内容，再签署。"


class NothingToSignError(ConflictError):
    """The request was settled or taken back meanwhile."""

    code = "nothing_to_sign"
    message = "此签署请求已经处理或者撤回，不需要再签署。"


class RefusalReasonMissingError(CreditError):
    """Whoever refuses says why, so that the agent can mend it."""

    code = "refusal_reason_missing"
    message = "请写明不签署的理由，经办人据此修改。"
    status = 422


def sign_draft(
    *, draft_id: UUID, user: User, password: str, address: str, digest: str, consent: bool
) -> list[Case] | CountersignRequest:
    """Sign one's own draft and file it → its cases; or, where a second signature is needed, the request for it.

    `digest` is that of what the page showed, `consent` the one to the privacy notice. Signing again gives the same
    again. Raises `PasswordWrongError`, `SignInThrottledError`, `ConsentMissingError`, `AnswersChangedError`,
    `DraftLockedError`, and as `submit_draft`; nothing is then signed or filed.
    """
    draft = _own(user, draft_id)
    if draft.submitted_at is not None:
        return list(draft.cases.order_by("id"))
    confirm_password(user=user, password=password, address=address)
    with transaction.atomic():
        draft = _own(user, draft_id, lock=True)
        if draft.submitted_at is not None:
            return list(draft.cases.order_by("id"))
        if _open_request(draft):
            raise DraftLockedError
        subject = _subject(draft, user)
        ensure_accepted(user=user, consent=consent)
        if digest_of(draft) != digest:
            raise AnswersChangedError
        # Signatures under what the draft said before are none under what it says now.
        draft.signatures.all().delete()
        _sign(draft, user, capacity_of(user, subject), digest)
        if needs_countersignature(user, subject, today()):
            return _ask(draft, subject)
        return submit_draft(draft_id=draft.pk, user=user)


def _own(user: User, draft_id: UUID, *, lock: bool = False) -> Draft:
    rows = Draft.objects.select_for_update() if lock else Draft.objects
    draft = rows.filter(pk=draft_id, owner=user, task__isnull=True).first()
    if draft is None:
        raise NotFoundError
    return draft


def _subject(draft: Draft, user: User) -> Subject:
    if draft.on_behalf_of:
        found = Subject.objects.filter(code=draft.on_behalf_of).first()
    else:
        found = Subject.objects.filter(accounts__user=user).first()
    if found is None:
        raise SubjectRequiredError
    return found


def _open_request(draft: Draft) -> CountersignRequest | None:
    return CountersignRequest.objects.filter(draft=draft, settled_at__isnull=True).first()


def _sign(draft: Draft, user: User, capacity: Capacity, digest: str) -> None:
    Signature.objects.create(
        draft=draft,
        signer=user,
        capacity=capacity,
        statement=STATEMENTS[capacity],
        digest=digest,
        factor=PASSWORD,
        at=clock.now(),
    )


def _ask(draft: Draft, subject: Subject) -> CountersignRequest:
    request, _created = CountersignRequest.objects.update_or_create(
        draft=draft,
        defaults={
            "subject": subject,
            "asked_at": clock.now(),
            "settled_at": None,
            "settled_by": None,
            "is_refused": False,
            "reason": "",
        },
    )
    notify_about(
        "countersign_asked",
        _representatives(subject),
        process=draft.process,
        path=f"/countersign/{draft.pk}",
        origin=f"{draft.pk}.{draft.version}",
        subject={"name": subject.name},
        agent=str(draft.owner),
    )
    return request


def _representatives(subject: Subject) -> list[User]:
    return list(User.objects.filter(subject_accounts__subject=subject, is_active=True).order_by("pk"))


def countersign(
    *, draft_id: UUID, user: User, password: str, address: str, digest: str, consent: bool
) -> list[Case]:
    """Sign as legal representative what the agent has signed; the case is then filed in the agent's name.

    Raises NotFoundError, `NothingToSignError`, and as `sign_draft`.
    """
    known = get_to_countersign(user, draft_id)
    if known.draft.submitted_at is not None:
        return list(known.draft.cases.order_by("id"))
    confirm_password(user=user, password=password, address=address)
    with transaction.atomic():
        request = _locked(user, draft_id)
        ensure_accepted(user=user, consent=consent)
        if digest_of(request.draft) != digest:
            raise AnswersChangedError
        _sign(request.draft, user, Capacity.REPRESENTATIVE, digest)
        _settle(request, user)
        return submit_draft(draft_id=request.draft_id, user=request.draft.owner)


def refuse_countersign(*, draft_id: UUID, user: User, reason: str) -> None:
    """Do not sign; the agent reads why and may change the draft again. Raises NotFoundError, `NothingToSignError`,
    `RefusalReasonMissingError`."""
    reason = reason.replace("\0", "").strip()[:MOST_REASON]
    if not reason:
        raise RefusalReasonMissingError
    with transaction.atomic():
        request = _locked(user, draft_id)
        _settle(request, user, is_refused=True, reason=reason)
        draft = request.draft
        notify_about(
            "countersign_refused",
            [draft.owner],
            process=draft.process,
            path=f"/drafts/{draft.pk}",
            origin=f"{draft.pk}.{draft.version}",
            subject={"name": request.subject.name},
            reason=reason,
        )


def take_back_countersign(*, draft_id: UUID, user: User) -> None:
    """The agent opens the draft again before it is signed. Raises NotFoundError, `NothingToSignError`."""
    with transaction.atomic():
        draft = _own(user, draft_id, lock=True)
        request = _open_request(draft)
        if request is None:
            raise NothingToSignError
        draft.signatures.all().delete()
        request.delete()


def _locked(user: User, draft_id: UUID) -> CountersignRequest:
    get_to_countersign(user, draft_id)
    # The draft first, as everywhere: whoever takes the request back holds it too.
    draft = Draft.objects.select_for_update().get(pk=draft_id)
    request = _open_request(draft)
    if request is None:
        raise NothingToSignError
    request.draft = draft
    return request


def _settle(request: CountersignRequest, user: User, *, is_refused: bool = False, reason: str = "") -> None:
    request.settled_at, request.settled_by = clock.now(), user
    request.is_refused, request.reason = is_refused, reason
    request.save()
    if is_refused:
        request.draft.signatures.all().delete()
