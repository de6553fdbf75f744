"""Public: is this letter valid? Nothing about any person is said."""

from django.http import HttpRequest
from ninja import Router

from workflow_app.api.body import uploaded
from workflow_app.api.openapi import file_body
from workflow_app.api.schemas.letters import VerdictOut
from workflow_app.selectors.letters import verify_by_code
from workflow_app.services.letter_verification import verify_file

router = Router(tags=["verify"])


@router.get("/{code}", response=VerdictOut, auth=None, operation_id="verify_code")
def verify_code(request: HttpRequest, code: str) -> VerdictOut:
    """By the code that is printed on the letter."""
    return VerdictOut.of(verify_by_code(code))


@router.post(
    "", response=VerdictOut, auth=None, operation_id="verify_file", openapi_extra=file_body("application/pdf")
)
def verify_upload(request: HttpRequest) -> VerdictOut:
    """By the file itself: its signature, and its digest in the register."""
    return VerdictOut.of(verify_file(uploaded(request, "application/pdf").content.read()))
