"""The one place that reads request bodies and refuses those that nothing behind it should have to think about.

JSON must be UTF-8 of a bounded size and depth, without repeated keys, without NaN and numbers beyond 2^53, without NUL
and half characters. What is refused here gave an error of the server or, worse, passed in some other program.
"""

import hashlib
import io
import json
import re
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn, cast

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from ninja.parser import Parser
from ninja.types import DictStrAny

from workflow_app.api.failures import (
    AddressInvalidError,
    BodyTooLargeError,
    ContentTypeError,
    FileRequiredError,
    JsonEncodingError,
    JsonInvalidError,
    JsonNumberError,
    JsonRepeatedKeyError,
    JsonTooDeepError,
    LengthRequiredError,
    TextInvalidError,
)

JSON = "application/json"
MULTIPART = "multipart/form-data"
# The outermost object and the forms' own limit inside `data` (forms.hostile) both fit; nothing legitimate is near.
MAX_DEPTH = 32
# Beyond it programs that read JSON numbers as floating point lose digits.
MAX_NUMBER = 2**53 - 1
# Forms with files come in through the disk; what a file may be is said by whoever stores it, with its name.
MAX_UPLOAD = 64 * 1024 * 1024
# A body that is one file comes in through memory.
MAX_RAW = 20 * 1024 * 1024
# What is still read of a request that is too large, so that its sender gets the answer and not a broken connection.
MAX_DRAINED = 128 * 1024 * 1024

_CHUNK = 64 * 1024
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# A text counts as one even without its end: looking for that from every quote in it would cost the square.
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_SHOWN = 40


@dataclass(frozen=True)
class Upload:
    """One uploaded file: the name its sender gave it, and its content from the first byte."""

    name: str
    content: BinaryIO
    size: int


class StrictParser(Parser):
    """Ninja's parser with the refusals of this module."""

    def parse_body(self, request: HttpRequest) -> DictStrAny:
        """The JSON value of the body."""
        _ensure_json(request)
        value: DictStrAny = parse_json(request.body)
        return value

    def parse_querydict(
        self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest
    ) -> DictStrAny:
        """The query; the last one of a repeated name counts, as in the pages."""
        for key, values in data.lists():
            for text in (key, *values):
                if _CONTROL.search(text):
                    raise AddressInvalidError
        return super().parse_querydict(data, list_fields, request)


def parse_json(content: bytes) -> Any:
    """The value of a JSON text; raises one of the `Json…Error`s for everything that is not exactly one."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as broken:
        raise JsonEncodingError(position=broken.start) from broken
    _ensure_depth(text)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse_number,
            parse_int=_integer,
            parse_float=_float,
        )
    except json.JSONDecodeError as broken:
        raise JsonInvalidError(line=broken.lineno, column=broken.colno) from broken
    _ensure_storable(value)
    return value


def _ensure_depth(text: str) -> None:
    # Counted before parsing, because the parser itself goes down one call a level.
    depth = 0
    for match in _BRACKETS.finditer(text):
        if match[0] in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise JsonTooDeepError(limit=MAX_DEPTH)
        elif match[0] in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise JsonRepeatedKeyError(key=_shown(key))
        result[key] = value
    return result


def _refuse_number(number: str) -> NoReturn:
    raise JsonNumberError(number=_shown(number))


def _integer(digits: str) -> int:
    # Python reads no integer of more than 4300 digits, so the length is looked at first.
    if len(digits) > len(str(-MAX_NUMBER)) or abs(int(digits)) > MAX_NUMBER:
        _refuse_number(digits)
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if not abs(number) <= MAX_NUMBER:
        _refuse_number(digits)
    return number


def _ensure_storable(value: Any) -> None:
    if isinstance(value, str):
        if _UNSTORABLE.search(value):
            raise TextInvalidError
    elif isinstance(value, dict):
        for key, each in value.items():
            _ensure_storable(key)
            _ensure_storable(each)
    elif isinstance(value, list):
        for each in value:
            _ensure_storable(each)


def _shown(text: str) -> str:
    """A piece of the request as it can be sent back."""
    clean = _UNSTORABLE.sub("�", text)
    return clean if len(clean) <= _SHOWN else clean[: _SHOWN - 1] + "…"


def _ensure_json(request: HttpRequest) -> None:
    charset = (request.content_params or {}).get("charset", "utf-8").lower()
    if request.content_type != JSON or charset not in ("utf-8", "utf8"):
        _refuse_type(request, JSON)


def _refuse_type(request: HttpRequest, *expected: str) -> NoReturn:
    raise ContentTypeError(
        found=_shown(request.headers.get("Content-Type", "")), expected=" / ".join(expected)
    )


def ensure_address(request: HttpRequest) -> None:
    """Refuse control characters in the path, which no object's name has and no database stores."""
    if _CONTROL.search(request.path):
        raise AddressInvalidError


def ensure_size(request: HttpRequest) -> None:
    """Refuse what says it is larger than any operation takes, or does not say how large it is."""
    said = request.META.get("CONTENT_LENGTH") or ""
    if not said and "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        raise LengthRequiredError
    length = int(said) if said.isdecimal() else 0
    limit = MAX_UPLOAD if request.content_type == MULTIPART else MAX_RAW
    if length > limit:
        _drain(request, min(length, MAX_DRAINED))
        raise BodyTooLargeError(limit=limit)


def _drain(request: HttpRequest, length: int) -> None:
    while length > 0:
        chunk = request.read(min(_CHUNK, length))
        if not chunk:
            return
        length -= len(chunk)


def uploaded(request: HttpRequest, *raw_types: str, field: str = "file") -> Upload:
    """The file of the request: part `field` of a form, or the whole body if it is of one of `raw_types`.

    Raises `ContentTypeError`, `FileRequiredError`.
    """
    if request.content_type != MULTIPART:
        if request.content_type not in raw_types:
            _refuse_type(request, MULTIPART, *raw_types)
        content = raw_body(request)
        return Upload("", io.BytesIO(content), len(content))
    found = request.FILES.get(field)
    if not isinstance(found, UploadedFile):
        raise FileRequiredError(field=field)
    found.seek(0)
    return Upload(found.name or "", cast(BinaryIO, found), found.size or 0)


def part(request: HttpRequest, name: str, longest: int) -> str:
    """The text part `name` of a form, empty if there is none; raises `TextInvalidError` for what cannot be stored."""
    text = request.POST.get(name, "").strip()
    if len(text) > longest or _CONTROL.search(text):
        raise TextInvalidError
    return text


def raw_body(request: HttpRequest) -> bytes:
    """The body of a request that is one file. Django's own limit is meant for forms and JSON."""
    if not hasattr(request, "_body"):
        request._body = request.read()
    return request.body


def fingerprint(request: HttpRequest) -> str:
    """SHA-256 of method, address and content. Forms are told apart by their parts, not by their random boundary."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n{request.content_type}\n".encode())
    if request.content_type == MULTIPART:
        for name, values in sorted(request.POST.lists()):
            digest.update(json.dumps([name, values]).encode())
        for name, files in sorted(request.FILES.lists()):
            for file in files:
                digest.update(json.dumps([name, file.name, file.size]).encode())
                for chunk in file.chunks():
                    digest.update(chunk)
    elif request.content_type == JSON:
        digest.update(request.body)
    else:
        digest.update(raw_body(request))
    return digest.hexdigest()
