"""Training sessions: enrol, attend, results."""

from django.http import HttpRequest
from ninja import Router

from workflow_app.api.auth import signed_in
from workflow_app.api.schemas.common import PageOut
from workflow_app.api.schemas.training import SessionOut
from workflow_app.selectors.training import list_sessions

router = Router(tags=["training"])


@router.get("/sessions", response=PageOut[SessionOut], operation_id="training_sessions_list")
def training_sessions_list(request: HttpRequest) -> PageOut[SessionOut]:
    """Sessions that have not ended, soonest first."""
    signed_in(request)
    return PageOut(items=[SessionOut.of(info) for info in list_sessions()], next=None)
