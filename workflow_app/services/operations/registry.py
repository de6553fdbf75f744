"""Where the operations of service tasks are written down."""

import inspect
import re
from collections.abc import Callable
from typing import Any

_NAME = re.compile(r"[a-z][a-z_]*\.[a-z][a-z_]*")

Handler = Callable[..., dict[str, Any] | None]

_HANDLERS: dict[str, Handler] = {}


def operation(name: str) -> Callable[[Handler], Handler]:
    """Register `def handler(moving: Transition, *, …) -> dict | None` as the operation `domain.verb`.

    The parameters of the service task arrive by keyword; a returned dict of scalars becomes process data under its
    own names. Raises ValueError for a bad or doubled name, or a handler with other than keyword parameters.
    """

    def register(handler: Handler) -> Handler:
        if not _NAME.fullmatch(name):
            raise ValueError(f"an operation is called domain.verb, not {name!r}")
        if name in _HANDLERS:
            raise ValueError(f"operation {name} is registered twice")
        first, *others = inspect.signature(handler).parameters.values()
        if any(each.kind is not inspect.Parameter.KEYWORD_ONLY for each in others):
            raise ValueError(f"parameters of {name} after {first.name} must be keyword-only")
        _HANDLERS[name] = handler
        return handler

    return register


def registered() -> dict[str, Handler]:
    """Everything registered so far, by name."""
    return dict(_HANDLERS)
