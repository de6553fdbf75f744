"""Submitted data for reading: on the page before sending, and in the case."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, override

from forms.fields import FormField, fields_of
from forms.loader import Form
from forms.widgets import Choices
from workflow_app.domain.codes import is_id_card
from workflow_app.domain.masking import mask_id_number, mask_phone
from workflow_app.domain.money import format_cents


def summary(
    form: Form,
    data: Mapping[str, Any],
    language: str,
    *,
    choices: Choices | None = None,
    masked: bool = False,
) -> list[tuple[str, str]]:
    """(title, text) of every field that `data` has, in the order of the form; rows of groups are lines.

    `choices` gives the labels of records, matters, sessions and documents as in `build_form`. `masked` hides
    identity numbers and telephones of natural persons. Unchecked drafts are shown as they are.
    """
    with override(language):
        return [
            (field.title(language), _text(field, data[field.name], language, choices or {}, masked))
            for field in fields_of(form)
            if field.name in data
        ]


def _text(field: FormField, value: Any, language: str, choices: Choices, masked: bool) -> str:
    if isinstance(value, bool):
        return gettext("是") if value else gettext("否")
    if isinstance(value, list):
        return _list_text(field, value, language, choices, masked)
    if field.kind == "money" and isinstance(value, int):
        return gettext("{amount} 元").format_map({"amount": format_cents(value)})
    if field.kind in ("choice", "server"):
        return _label(field, value, language, choices)
    return _masked(field.schema.get("format", ""), str(value)) if masked else str(value)


def _list_text(field: FormField, values: list[Any], language: str, choices: Choices, masked: bool) -> str:
    if field.kind == "group":
        rows = [row if isinstance(row, dict) else {} for row in values]
        return "\n".join(
            f"{number}. {_row_text(field, row, language, choices, masked)}"
            for number, row in enumerate(rows, 1)
        )
    if field.kind == "documents" and "documents" not in choices:
        return gettext("共 {count} 份").format_map({"count": len(values)})
    return gettext("、").join(_label(field, value, language, choices) for value in values)


def _row_text(field: FormField, row: Mapping[str, Any], language: str, choices: Choices, masked: bool) -> str:
    parts = [
        gettext("{title}：{value}").format_map(
            {
                "title": child.title(language),
                "value": _text(child, row[child.name], language, choices, masked),
            }
        )
        for child in field.children
        if child.name in row
    ]
    return gettext("；").join(parts)


def _label(field: FormField, value: Any, language: str, choices: Choices) -> str:
    if field.kind in ("choice", "choices"):
        known = [(str(constant), title) for constant, title in field.options(language)]
    else:
        known = [(str(each), label) for each, label in choices.get(field.ui.get("widget", "documents"), ())]
    return dict(known).get(str(value), str(value))


def _masked(name: str, text: str) -> str:
    if name == "phone-cn":
        return mask_phone(text)
    is_person = name == "id-card" or (name == "subject-code" and is_id_card(text))
    return mask_id_number(text) if is_person else text
