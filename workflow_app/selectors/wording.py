"""Sentences of errors, day lines and remarks in the reader's language."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language, gettext

# What stands under these names is our own wording; under all others, what people typed or what things are called.
_OURS = frozenset(
    {"hint", "status", "title", "reason", "unit_title", "other_title", "day_reason", "notice", "pause_reason"}
)


def is_english() -> bool:
    """Whether the reader asked for English."""
    return (get_language() or "").startswith("en")


def say(message: str, params: Mapping[str, Any]) -> str:
    """The sentence of a message id, filled. For English, `name_en` stands in for `name` where params have it."""
    return gettext(message).format_map({name: _told(name, params) for name in params})


def _told(name: str, params: Mapping[str, Any]) -> Any:
    value = (is_english() and params.get(f"{name}_en")) or params[name]
    return gettext(value) if name in _OURS and isinstance(value, str) else value
