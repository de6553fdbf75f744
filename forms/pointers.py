"""JSON pointers (RFC 6901) into submitted data, safe to send back and to show."""

from collections.abc import Iterable

# A key comes from outside: long enough to recognise, short enough for a page.
_KEY_LENGTH = 64


def shown_key(key: object) -> str:
    """A key of the data as text that can be stored and shown: no half characters, no NUL, at most 64 long."""
    text = str(key).encode("utf-8", "backslashreplace").decode("utf-8").replace("\x00", "\\x00")
    return text if len(text) <= _KEY_LENGTH else text[: _KEY_LENGTH - 1] + "…"


def join_pointer(parts: Iterable[object]) -> str:
    """`["changes", 0, "a/b"]` → `/changes/0/a~1b`; nothing → the empty pointer, the whole."""
    return "".join("/" + shown_key(part).replace("~", "~0").replace("/", "~1") for part in parts)


def split_pointer(pointer: str) -> list[str]:
    """The inverse of `join_pointer`, with numbers as text."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
