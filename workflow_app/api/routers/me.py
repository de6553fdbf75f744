"""Who am I."""

from django.http import HttpRequest
from ninja import Router

from workflow_app.api.auth import signed_in
from workflow_app.api.schemas.people import Me
from workflow_app.domain import clock
from workflow_app.selectors.access import Access

router = Router(tags=["me"])


@router.get("", response=Me, operation_id="me_get")
def me_get(request: HttpRequest) -> Me:
    """The account behind the request, its roles and agencies, and whom it may act for."""
    user = signed_in(request)
    return Me.of(user, Access(user, clock.now()))
