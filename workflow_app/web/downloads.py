"""Files that people save: never shown as a page of this site, whatever is in them."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header


def attachment(content: bytes, name: str, content_type: str) -> HttpResponse:
    """The file as a download that no browser runs or sniffs."""
    response = HttpResponse(content, content_type=content_type)
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
