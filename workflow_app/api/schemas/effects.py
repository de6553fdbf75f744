"""Effects of a decision, and what their recipients answered."""

from typing import Annotated

from pydantic import Field

from workflow_app.api.schemas.common import Input, Moment, Output
from workflow_app.models import EffectReceipt


class AcknowledgeIn(Input):
    """The number or name under which the recipient keeps it."""

    acknowledgement: Annotated[str, Field(max_length=120)]


class EffectOut(Output):
    """One recipient that was told of one effect; `acknowledged_at` is empty until it has answered."""

    id: int
    effect: str
    recipient: str
    sent_at: Moment
    acknowledged_at: Moment | None
    acknowledgement: str

    @classmethod
    def of(cls, receipt: EffectReceipt) -> "EffectOut":
        return cls(
            id=receipt.pk,
            effect=receipt.effect,
            recipient=receipt.recipient,
            sent_at=receipt.sent_at,
            acknowledged_at=receipt.acknowledged_at,
            acknowledgement=receipt.acknowledgement,
        )
