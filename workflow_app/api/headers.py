"""Headers that steer an act: which version its sender saw, and under which key it is sent."""

import re

from django.http import HttpRequest, HttpResponse

from workflow_app.api.failures import HeaderInvalidError

_VERSION = re.compile(r'(?:W/)?"(\d{1,9})"')
_KEY = re.compile(r"[\x21-\x7e]{1,200}")


def expected_version(request: HttpRequest) -> int | None:
    """The lock_version in If-Match, None if there is none or any will do; raises `HeaderInvalidError`."""
    header = request.headers.get("If-Match", "").strip()
    if header in ("", "*"):
        return None
    match = _VERSION.fullmatch(header)
    if match is None:
        raise HeaderInvalidError(header="If-Match", expected='"<lock_version>"')
    return int(match[1])


def idempotency_key(request: HttpRequest) -> str | None:
    """The Idempotency-Key, None if there is none; raises `HeaderInvalidError`."""
    header = request.headers.get("Idempotency-Key")
    if header is None:
        return None
    if not _KEY.fullmatch(header):
        raise HeaderInvalidError(header="Idempotency-Key", expected="[!-~]{1,200}")
    return header


def set_version(response: HttpResponse, lock_version: int) -> None:
    """Say in ETag which version the answer shows; the same text goes into If-Match."""
    response["ETag"] = f'"{lock_version}"'
