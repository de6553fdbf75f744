"""Letters: their record and the sealed PDF."""

from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from ninja import Router

from workflow_app.api.auth import signed_in
from workflow_app.api.openapi import file_answer
from workflow_app.api.schemas.letters import LetterOut
from workflow_app.domain.errors import NotFoundError
from workflow_app.selectors.letters import get_letter
from workflow_app.services import blobs

router = Router(tags=["letters"])
PDF = "application/pdf"


@router.get("/{number}.pdf", operation_id="letters_download", openapi_extra=file_answer(PDF))
def letters_download(request: HttpRequest, number: str) -> HttpResponse:
    """The sealed PDF. 404 until the worker has made it."""
    letter = get_letter(signed_in(request), number)
    if not letter.sha256:
        raise NotFoundError
    name = quote(f"{letter.number}.pdf")
    return HttpResponse(
        blobs.get(letter.sha256),
        content_type=PDF,
        headers={"Content-Disposition": f"attachment; filename=\"letter.pdf\"; filename*=UTF-8''{name}"},
    )


@router.get("/{number}", response=LetterOut, operation_id="letters_get")
def letters_get(request: HttpRequest, number: str) -> LetterOut:
    """The record of a letter."""
    return LetterOut.of(get_letter(signed_in(request), number))
