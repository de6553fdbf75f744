"""Upload papers."""

from django.http import HttpRequest
from ninja import Router

from workflow_app.api.auth import signed_in
from workflow_app.api.body import part, uploaded
from workflow_app.api.openapi import file_body
from workflow_app.api.schemas.documents import DocumentOut
from workflow_app.services.documents import store_document

router = Router(tags=["documents"])


@router.post(
    "",
    response={201: DocumentOut},
    operation_id="documents_create",
    openapi_extra=file_body(kind="Which paper it is, as the form names it"),
)
def documents_create(request: HttpRequest) -> DocumentOut:
    """Keep one paper (PDF, JPEG, PNG; 20 MB) for a later filing; its id goes into the form."""
    upload = uploaded(request)
    document = store_document(
        user=signed_in(request),
        kind=part(request, "kind", longest=40),
        name=upload.name,
        content=upload.content,
    )
    return DocumentOut.of(document)
