"""What is asked again and again while one page is made is read once."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

_T = TypeVar("_T")
# None while anybody acts.
_known: ContextVar[dict[Hashable, Any] | None] = ContextVar("known", default=None)


@contextmanager
def reading() -> Iterator[None]:
    """While a page is only read, ask once for each thing that `once` is asked for, however many lists stand on it.

    Never around anything that writes: an act looks at everything as it is at that moment.
    """
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def once(key: Hashable, read: Callable[[], _T]) -> _T:
    """What `read` gives, read once for a key while a page is read, else each time."""
    known = _known.get()
    if known is None:
        return read()
    if key not in known:
        known[key] = read()
    found: _T = known[key]
    return found
