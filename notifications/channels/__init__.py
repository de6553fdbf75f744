"""Ways to reach a person besides the inbox. A channel is a module here with a `CHANNEL`; it is found by discovery."""

import importlib
import pkgutil
from functools import cache

from notifications.channels.base import Channel


@cache
def all_channels() -> dict[str, Channel]:
    """Every channel by its name. Raises ValueError when two share one."""
    found: dict[str, Channel] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda each: each.name):
        channel = getattr(importlib.import_module(f"{__name__}.{module.name}"), "CHANNEL", None)
        if channel is None:
            continue
        if channel.name in found:
            raise ValueError(f"two channels are called {channel.name}")
        found[channel.name] = channel
    return found
