"""Between JSON data and what widgets carry: money in yuan, yes and no as text, numbers as typed.

What cannot be read stays as it was typed, so that the schema refuses it and the page shows it again.
"""

import re
from collections.abc import Mapping
from typing import Any

from forms.fields import FormField, options_of
from workflow_app.domain.codes import half_width
from workflow_app.domain.money import MoneyInvalidError, format_cents, parse_cents

_INTEGER = re.compile(r"-?[0-9]{1,16}")
# Longer than any amount that the validator accepts; the parser would read a number of any length.
_MONEY_LENGTH = 30
_YES_NO = {"true": True, "false": False}


def to_json(field: FormField, raw: Any) -> Any:
    """What a widget read from the POST, as JSON data; None when the person said nothing.

    `raw` is a text, a bool (checkbox) a list of texts (boxes, documents), or None.
    """
    if field.kind == "checkbox":
        return _checkbox(field, raw)
    if field.kind in ("choices", "server_many", "documents"):
        return [_constant(field.schema.get("items", {}), text) for text in raw or () if text] or None
    text = raw.strip() if isinstance(raw, str) else ""
    return _scalar(field, text) if text else None


def _checkbox(field: FormField, ticked: bool) -> bool | None:
    # An optional agreement that is not given is left out: false would contradict its `const`.
    is_optional_agreement = field.schema.get("const") is True and not field.required
    return None if is_optional_agreement and not ticked else bool(ticked)


def _scalar(field: FormField, text: str) -> Any:
    match field.kind:
        case "integer":
            return _integer(text)
        case "money":
            return _cents(text)
        case "yes_no":
            return _YES_NO.get(text, text)
        case "choice" | "server":
            return _constant(field.schema, text)
    return text


def _integer(text: str) -> int | str:
    bare = half_width(text)
    return int(bare) if _INTEGER.fullmatch(bare) else text


def _cents(text: str) -> int | str:
    if len(text) > _MONEY_LENGTH:
        return text
    try:
        return parse_cents(text)
    except MoneyInvalidError:
        return text


def _constant(schema: Mapping[str, Any], text: str) -> Any:
    """The constant an option stands for; for the server's options a number where the schema wants one."""
    for option in options_of(schema):
        if str(option["const"]) == text:
            return option["const"]
    return _integer(text) if schema.get("type") == "integer" else text


def from_json(field: FormField, value: Any) -> Any:
    """A stored value as its widget shows it; the inverse of `to_json`, and tolerant of unchecked drafts."""
    if field.kind == "money" and isinstance(value, int):
        return format_cents(value)
    if field.kind == "yes_no" and isinstance(value, bool):
        return "true" if value else "false"
    if field.kind in ("choices", "server_many", "documents"):
        return [str(each) for each in value] if isinstance(value, list) else []
    return value


def is_empty_row(values: Mapping[str, Any]) -> bool:
    """Whether a row says nothing: an unticked box is no statement of its own."""
    return all(value is False for value in values.values())
