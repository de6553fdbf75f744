"""Who was told of a decision's effects, and their acknowledgements."""

from django.http import HttpRequest
from ninja import Router

from workflow_app.api.auth import signed_in
from workflow_app.api.schemas.common import Id, PageOut
from workflow_app.api.schemas.effects import AcknowledgeIn, EffectOut
from workflow_app.selectors.cases import get_case
from workflow_app.services.effects import acknowledge_effect

router = Router(tags=["effects"])


@router.get("/cases/{number}/effects", response=PageOut[EffectOut], operation_id="effects_list")
def effects_list(request: HttpRequest, number: str) -> PageOut[EffectOut]:
    """Every recipient that was told of the case's decision, in order."""
    case = get_case(signed_in(request), number)
    return PageOut(items=[EffectOut.of(each) for each in case.effects.order_by("id")], next=None)


@router.post("/effects/{int:receipt_id}/acknowledge", response=EffectOut, operation_id="effects_acknowledge")
def effects_acknowledge(request: HttpRequest, receipt_id: Id, body: AcknowledgeIn) -> EffectOut:
    """Write down that a recipient has done what it was told; for officers of the case's agency."""
    receipt = acknowledge_effect(
        receipt_id=receipt_id, user=signed_in(request), acknowledgement=body.acknowledgement
    )
    return EffectOut.of(receipt)
