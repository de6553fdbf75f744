"""Acknowledgements of effects: each recipient that was told answers, and the answer is kept."""

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import ConflictError, CreditError, NotFoundError
from workflow_app.models import EffectReceipt, User
from workflow_app.models.people import Role
from workflow_app.selectors.access import Access
from workflow_app.services.transition import open_case

_LONGEST = 120


class AcknowledgementInvalidError(CreditError):
    """No number or name under which the recipient keeps it."""

    code = "acknowledgement_invalid"
    message = "请填写接收单位的回执编号或者说明（1 至 120 字）。"
    status = 422


class AcknowledgedOtherwiseError(ConflictError):
    """The recipient has already acknowledged under another number."""

    code = "acknowledged_otherwise"
    message = "{recipient}已于{day}回执（{acknowledgement}），不能更改。"


def acknowledge_effect(*, receipt_id: int, user: User, acknowledgement: str) -> EffectReceipt:
    """Write down that a recipient has done what it was told. The same acknowledgement twice changes nothing.

    By reviewers and approvers of the case's agency. Raises NotFoundError, `AcknowledgementInvalidError`,
    `AcknowledgedOtherwiseError`.
    """
    text = acknowledgement.strip()
    if not 1 <= len(text) <= _LONGEST or not text.isprintable():
        raise AcknowledgementInvalidError
    now = clock.now()
    agencies = Access(user, now).agencies(Role.REVIEWER, Role.APPROVER)
    receipt = EffectReceipt.objects.filter(pk=receipt_id, case__agency__in=agencies).first()
    if receipt is None:
        raise NotFoundError
    with open_case(user, pk=receipt.case_id, now=now) as moving:
        receipt.refresh_from_db()
        if receipt.acknowledged_at is None:
            receipt.acknowledged_at, receipt.acknowledgement = now, text
            receipt.save(update_fields=["acknowledged_at", "acknowledgement"])
            moving.record_event("effect.acknowledged", effect=receipt.effect, recipient=receipt.recipient)
        elif receipt.acknowledgement != text:
            raise AcknowledgedOtherwiseError(
                recipient=receipt.recipient,
                day=f"{receipt.acknowledged_at.astimezone(CHINA):%Y-%m-%d}",
                acknowledgement=receipt.acknowledgement,
            )
    return receipt
