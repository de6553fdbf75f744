"""第二签署人: the legal representative signs what an agent has signed, refuses to, or the agent takes it back."""

from uuid import UUID

from django.db import transaction

from workflow_app.domain import clock
from workflow_app.domain.errors import ConflictError, CreditError
from workflow_app.models import Case, CountersignRequest, Draft, User
from workflow_app.models.signatures import Capacity
from workflow_app.selectors.signatures import digest_of, get_to_countersign, open_request_of
from workflow_app.services.drafts import submit_draft
from workflow_app.services.errors import NotRepresentingError
from workflow_app.services.notices import notify_about, shown_name
from workflow_app.services.privacy import ensure_accepted
from workflow_app.services.sign_in import confirm_password
from workflow_app.services.signing import PASSWORD, STATEMENTS, AnswersChangedError, own_draft, sign_as

MOST_REASON = 300


class NothingToSignError(ConflictError):
    """The request was settled or taken back meanwhile."""

    code = "nothing_to_sign"
    message = "此签署请求已经处理或者撤回，不需要再签署。"


class AgentMandateEndedError(ConflictError):
    """Whoever filled it in may no longer file for the subject."""

    code = "agent_mandate_ended"
    message = "{who}的委托已经到期或者终止，此申请不能以其名义提交，您的签署没有生效。请先在“委托”页面续期，再签署。"


class AgentSignatureOutdatedError(ConflictError):
    """The agent signed under an older text of what is promised."""

    code = "agent_signature_outdated"
    message = "经办人签署后，所承诺事项的文本已有新版本。请写明理由退回，由经办人重新签署。"


class RefusalReasonMissingError(CreditError):
    """Whoever refuses says why, so that the agent can mend it."""

    code = "refusal_reason_missing"
    message = "请写明不签署的理由，经办人据此修改。"
    status = 422


def countersign(
    *, draft_id: UUID, user: User, password: str, address: str, digest: str, consent: bool
) -> list[Case]:
    """Sign as legal representative what the agent has signed → the cases, filed in the agent's name.

    Signing again gives the same cases. Raises NotFoundError, `NothingToSignError`, `AgentMandateEndedError`,
    `AgentSignatureOutdatedError`, and as `sign_draft`; nothing is then signed or filed.
    """
    known = get_to_countersign(user, draft_id)
    if known.draft.submitted_at is not None:
        return list(known.draft.cases.order_by("id"))
    confirm_password(user=user, password=password, address=address)
    with transaction.atomic():
        draft = _hold(user, draft_id)
        if draft.submitted_at is not None:
            return list(draft.cases.order_by("id"))
        request = _open_request(draft)
        ensure_accepted(user=user, consent=consent)
        if digest_of(draft) != digest:
            raise AnswersChangedError
        if draft.signatures.exclude(digest=digest).exists():
            # The draft cannot change meanwhile, but the text of what is promised may have a new version.
            raise AgentSignatureOutdatedError
        sign_as(draft, user, Capacity.REPRESENTATIVE, digest, STATEMENTS[Capacity.REPRESENTATIVE], PASSWORD)
        _settle(request, user)
        ended = AgentMandateEndedError(who=str(draft.owner), who_en=draft.owner.display_name_en)
        try:
            cases = submit_draft(draft_id=draft.pk, user=draft.owner)
        except NotRepresentingError as refused:
            raise ended from refused
        # A draft that names nobody is for whom its owner acts now: not for another than this signature is for.
        if any(case.subject_id != request.subject_id for case in cases):
            raise ended
        return cases


def refuse_countersign(*, draft_id: UUID, user: User, reason: str) -> None:
    """Do not sign; the agent reads why and may change the draft again.

    Raises NotFoundError, `NothingToSignError`, `RefusalReasonMissingError`.
    """
    reason = reason.replace("\0", "").strip()[:MOST_REASON]
    if not reason:
        raise RefusalReasonMissingError
    with transaction.atomic():
        draft = _hold(user, draft_id)
        request = _open_request(draft)
        _settle(request, user, is_refused=True, reason=reason)
        draft.signatures.all().delete()
        notify_about(
            "countersign_refused",
            [draft.owner],
            process=draft.process,
            path=f"/drafts/{draft.pk}",
            origin=f"{draft.pk}.{request.settled_at:%Y%m%d%H%M%S}",
            subject={"name": shown_name(request.subject)},
            reason=reason,
        )


def take_back_countersign(*, draft_id: UUID, user: User) -> None:
    """The agent opens the draft again before it is signed. Raises NotFoundError, `NothingToSignError`."""
    with transaction.atomic():
        draft = own_draft(user, draft_id, lock=True)
        request = _open_request(draft)
        draft.signatures.all().delete()
        request.delete()


def _hold(user: User, draft_id: UUID) -> Draft:
    """The draft of a request that is addressed to the account, held as by whoever takes it back."""
    get_to_countersign(user, draft_id)
    return Draft.objects.select_for_update(of=("self",)).select_related("owner").get(pk=draft_id)


def _open_request(draft: Draft) -> CountersignRequest:
    request = open_request_of(draft)
    if request is None:
        raise NothingToSignError
    return request


def _settle(request: CountersignRequest, user: User, *, is_refused: bool = False, reason: str = "") -> None:
    request.settled_at, request.settled_by = clock.now(), user
    request.is_refused, request.reason = is_refused, reason
    request.save()
