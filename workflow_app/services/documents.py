"""材料: take in uploaded papers. What a file is, its content says; its name is only a name."""

import re
import unicodedata
from typing import BinaryIO

from django.db.models import Sum

from workflow_app.domain import clock
from workflow_app.domain.errors import CreditError
from workflow_app.models import Document, User
from workflow_app.services import blobs
from workflow_app.services.file_kinds import FileKind, kind_of_content

MAX_BYTES = 20 * 1024 * 1024
# What one account may keep without filing it.
MAX_UNFILED = 100
MAX_UNFILED_BYTES = 400 * 1024 * 1024
MAX_NAME = 120
# Longer side times shorter side: what a page scanned at 600 dpi needs, and no more.
MAX_PIXELS = 40_000_000

_KIND = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LAST_PART = re.compile(r"[^/\\]*$")
# Characters that mean something to a shell, a header or a file system, and all kinds of brackets of markup.
_FORBIDDEN = re.compile(r"[<>:\"|?*'`$;&%#\r\n\t]")


class DocumentEmptyError(CreditError):
    """The file has no content."""

    code = "document_empty"
    message = "文件“{name}”是空的，请重新选择文件。"
    status = 422


class DocumentTooLargeError(CreditError):
    """The file is larger than a paper may be."""

    code = "document_too_large"
    message = "文件“{name}”超过 {limit} MB，请压缩或拆分后重新上传。"
    status = 413


class DocumentTypeError(CreditError):
    """The content is neither PDF nor JPEG nor PNG, or is cut off."""

    code = "document_type_unknown"
    message = "文件“{name}”不是完整的 PDF、JPEG 或 PNG 文件，请转换格式后重新上传。"
    status = 422


class DocumentExtensionError(CreditError):
    """The name's extension says something else than the content."""

    code = "document_extension_wrong"
    message = "文件“{name}”的内容是 {found}，与扩展名不符，请改正扩展名或重新选择文件。"
    status = 422


class DocumentPixelsError(CreditError):
    """The picture has more pixels than any paper needs."""

    code = "document_too_many_pixels"
    message = "图片“{name}”超过 {limit} 百万像素，请降低分辨率后重新上传。"
    status = 422


class DocumentKindError(CreditError):
    """The kind of paper is not a plain word."""

    code = "document_kind_invalid"
    message = "材料种类“{kind}”不正确。"
    status = 422


class DocumentQuotaError(CreditError):
    """Too much is uploaded and not filed."""

    code = "document_quota"
    message = "您已上传而未提交的材料过多（最多 {count} 份、{megabytes} MB），请先提交或删除后再上传。"
    status = 409


def store_document(*, user: User, kind: str, name: str, content: BinaryIO) -> Document:
    """Keep one paper for later filing → its row. Only PDF, JPEG and PNG, told by content, up to 20 MB.

    `name` may be anything; a clean one is stored. Reads at most one byte beyond the limit. Raises
    `DocumentEmptyError`, `DocumentTooLargeError`, `DocumentTypeError`, `DocumentExtensionError`,
    `DocumentPixelsError`, `DocumentKindError`, `DocumentQuotaError`.
    """
    if not _KIND.fullmatch(kind):
        raise DocumentKindError(kind=clean_name(kind)[:40])
    shown = clean_name(name)
    data = content.read(MAX_BYTES + 1)
    if not data:
        raise DocumentEmptyError(name=shown)
    if len(data) > MAX_BYTES:
        raise DocumentTooLargeError(name=shown, limit=MAX_BYTES // 1024**2)
    found = kind_of_content(data)
    if found is None:
        raise DocumentTypeError(name=shown)
    if found.pixels > MAX_PIXELS:
        raise DocumentPixelsError(name=shown, limit=MAX_PIXELS // 1_000_000)
    full_name = _with_extension(shown, found)
    _ensure_quota(user, len(data))
    return Document.objects.create(
        owner=user,
        kind=kind,
        name=full_name,
        content_type=found.content_type,
        size=len(data),
        sha256=blobs.put(data),
        uploaded_at=clock.now(),
    )


def clean_name(name: str) -> str:
    """The last part of a file name without anything that could mislead a reader or a program; never empty."""
    last = _LAST_PART.search(unicodedata.normalize("NFC", name.replace("\0", "")))
    bare = last[0] if last else ""
    # Control characters and changes of writing direction hide what a name really is (exe.pdf shown as fdp.exe).
    visible = "".join(char for char in bare if unicodedata.category(char)[0] != "C")
    words = " ".join(_FORBIDDEN.sub(" ", visible).split()).lstrip(". -").rstrip(". ")
    return _shortened(words) or "文件"


def _shortened(name: str) -> str:
    stem, dot, extension = name.rpartition(".")
    if len(name) <= MAX_NAME or not dot or len(extension) > 10:
        return name[:MAX_NAME]
    return f"{stem[: MAX_NAME - len(extension) - 1]}.{extension}"


def _with_extension(name: str, found: FileKind) -> str:
    stem, dot, extension = name.rpartition(".")
    # A date or a number after the last point is part of the name.
    if not dot or not stem or not extension.isalnum() or extension.isdecimal() or len(extension) > 5:
        return f"{name[: MAX_NAME - 5]}.{found.extensions[0]}"
    if extension.lower() not in found.extensions:
        raise DocumentExtensionError(name=name, found=found.label)
    return name


def _ensure_quota(user: User, size: int) -> None:
    unfiled = Document.objects.filter(owner=user, case__isnull=True)
    total = unfiled.aggregate(bytes=Sum("size"))["bytes"] or 0
    if total + size > MAX_UNFILED_BYTES or unfiled.count() >= MAX_UNFILED:
        raise DocumentQuotaError(count=MAX_UNFILED, megabytes=MAX_UNFILED_BYTES // 1024**2)
