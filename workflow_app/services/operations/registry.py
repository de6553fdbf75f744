"""Where the operations of service tasks are written down."""

import inspect
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

_NAME = re.compile(r"[a-z][a-z_]*\.[a-z][a-z_]*")

Handler = Callable[..., dict[str, Any] | None]

_HANDLERS: dict[str, Handler] = {}
_SETS: dict[str, tuple[str, ...]] = {}
_AT_WITHDRAWAL: list[Callable[[Any], None]] = []


def operation(name: str, sets: tuple[str, ...] = ()) -> Callable[[Handler], Handler]:
    """Register `def handler(moving: Transition, *, …) -> dict | None` as the operation `domain.verb`.

    The parameters of the service task arrive by keyword; the returned dict of scalars becomes process data under its
    own names. `sets` says which these are, so that the deployment gate knows what a condition may read; a parameter
    may be part of a name, as in `{name}_due`. Raises ValueError for a bad or doubled name, for a handler with other
    than keyword parameters, and at a call for a handler that returns other names than it said.
    """

    def register(handler: Handler) -> Handler:
        if not _NAME.fullmatch(name):
            raise ValueError(f"an operation is called domain.verb, not {name!r}")
        if name in _HANDLERS:
            raise ValueError(f"operation {name} is registered twice")
        first, *others = inspect.signature(handler).parameters.values()
        if any(each.kind is not inspect.Parameter.KEYWORD_ONLY for each in others):
            raise ValueError(f"parameters of {name} after {first.name} must be keyword-only")
        _HANDLERS[name] = _faithful(name, handler, sets)
        _SETS[name] = sets
        return handler

    return register


def _faithful(name: str, handler: Handler, sets: tuple[str, ...]) -> Handler:
    @wraps(handler)
    def call(moving: Any, **params: Any) -> dict[str, Any]:
        result = handler(moving, **params) or {}
        if result.keys() != {each.format(**params) for each in sets}:
            raise ValueError(f"{name} says that it sets {sets}, and sets {sorted(result)}")
        return result

    return call


def registered() -> dict[str, Handler]:
    """Everything registered so far, by name."""
    return dict(_HANDLERS)


def names_set(name: str) -> tuple[str, ...]:
    """The names that an operation sets in process data, with parameters in braces."""
    return _SETS[name]


def at_withdrawal(undo: Callable[[Any], None]) -> Callable[[Any], None]:
    """Register `def undo(moving: Transition) -> None`: run when a case is withdrawn, to take back what an operation
    left outside of it. It runs for every process, so it looks for itself whether there is anything to take back."""
    _AT_WITHDRAWAL.append(undo)
    return undo


def undo_all(moving: Any) -> None:
    """Run everything registered by `at_withdrawal`, in the order of registration."""
    for undo in _AT_WITHDRAWAL:
        undo(moving)
