"""Files by the hash of their content. A file is there whole or not at all, and never changes."""

import contextlib
import hashlib
import os
import re
import tempfile
from pathlib import Path

from django.conf import settings

from workflow_app.domain.errors import CreditError

_HASH = re.compile(r"[0-9a-f]{64}")


class BlobMissingError(CreditError):
    """No file with this hash is stored."""

    code = "blob_missing"
    message = "文件 {sha256} 不在存储中，请联系系统管理员从备份恢复。"
    status = 500


class BlobBrokenError(CreditError):
    """The stored bytes are not those that were put there."""

    code = "blob_broken"
    message = "文件 {sha256} 的内容已损坏，请联系系统管理员从备份恢复。"
    status = 500


def put(content: bytes) -> str:
    """Store the bytes → their SHA-256 in hexadecimal. On return they survive a power cut. Twice is once."""
    digest = hashlib.sha256(content).hexdigest()
    path = _path(digest)
    if path.exists() and path.stat().st_size == len(content):
        return digest
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(prefix=".draft-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # A reader sees the old name or the whole file, whenever this process dies.
        Path(draft).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(draft).unlink()
        raise
    _sync_folder(path.parent)
    return digest


def get(sha256: str) -> bytes:
    """The bytes stored under this hash. Raises `BlobMissingError`, `BlobBrokenError`."""
    try:
        content = _path(sha256).read_bytes()
    except FileNotFoundError as missing:
        raise BlobMissingError(sha256=sha256) from missing
    if hashlib.sha256(content).hexdigest() != sha256:
        raise BlobBrokenError(sha256=sha256)
    return content


def _path(sha256: str) -> Path:
    # Whatever is not a hash names no file: no way out of the folder.
    if not _HASH.fullmatch(sha256):
        raise BlobMissingError(sha256=sha256[:64])
    return Path(settings.BLOB_DIR) / sha256[:2] / sha256


def _sync_folder(folder: Path) -> None:
    """The new name has to survive a power cut too, and so has a folder made for it."""
    for each in (folder, folder.parent):
        descriptor = os.open(each, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
