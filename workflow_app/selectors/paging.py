"""Lists page by key: the next page begins after the last row seen, however much was added or removed meanwhile."""

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from workflow_app.domain.errors import CreditError

DEFAULT_LIMIT = 50
MOST = 200
_LONGEST_CURSOR = 300
# What a key of the database can be.
_LARGEST_ID = 2**63 - 1

T = TypeVar("T")


class CursorInvalidError(CreditError):
    """The cursor was not given out by this list."""

    code = "cursor_invalid"
    message = "翻页标记无效，请从第一页重新开始。"
    status = 422


class LimitInvalidError(CreditError):
    """The page size is out of bounds."""

    code = "limit_invalid"
    message = "每页条数应在 1 至 {most} 之间。"
    status = 422


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some items and the cursor of the next page, None on the last one. There are no totals: counting costs all."""

    items: list[T]
    next: str | None


def ensure_limit(limit: int) -> int:
    """The page size if it is permitted, else `LimitInvalidError`."""
    if not 1 <= limit <= MOST:
        raise LimitInvalidError(most=MOST)
    return limit


def encode_cursor(*keys: Any) -> str:
    """The key of the last row seen (JSON values) as an opaque word."""
    text = json.dumps(keys, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def decode_cursor(cursor: str, *types: type | tuple[type, ...]) -> list[Any]:
    """The key back, with one value of each of `types`, moments aware; raises `CursorInvalidError`."""
    if len(cursor) > _LONGEST_CURSOR:
        raise CursorInvalidError
    try:
        keys = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError) as broken:
        raise CursorInvalidError from broken
    if not isinstance(keys, list) or len(keys) != len(types):
        raise CursorInvalidError
    return [_key(key, expected) for key, expected in zip(keys, types, strict=True)]


def _key(told: Any, expected: type | tuple[type, ...]) -> Any:
    """One part of a key as `encode_cursor` and `page_of` wrote it."""
    key = told
    if isinstance(told, str) and datetime in (expected if isinstance(expected, tuple) else (expected,)):
        try:
            key = datetime.fromisoformat(told)
        except ValueError as broken:
            raise CursorInvalidError from broken
        if key.tzinfo is None:
            raise CursorInvalidError
    if isinstance(key, bool) or not isinstance(key, expected):
        raise CursorInvalidError
    if isinstance(key, int) and abs(key) > _LARGEST_ID:
        raise CursorInvalidError
    return key


def page_of(rows: Iterable[T], limit: int, *attributes: str) -> Page[T]:
    """The page from `limit` + 1 rows, whose key is made of `attributes`."""
    read = list(rows)
    items = read[:limit]
    if len(read) <= limit:
        return Page(items, None)
    keys = [getattr(items[-1], name) for name in attributes]
    return Page(
        items, encode_cursor(*[key.isoformat() if hasattr(key, "isoformat") else key for key in keys])
    )
