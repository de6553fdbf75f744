"""The fields of a credit record that a decision may change: what each is called, read and written as.

A value travels as text: dates YYYY-MM-DD, amounts in yuan with two decimals, choices as their code. Empty text is no
value. An amount given as a whole number (JSON) counts cents, as forms deliver money.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from workflow_app.domain.errors import CreditError
from workflow_app.domain.money import MoneyInvalidError, parse_cents
from workflow_app.models.records import RecordSeverity, StartRule
from workflow_app.selectors.records import FIELD_TITLES, as_text

_LARGEST_CENTS = 2**63 - 1


class RecordFieldUnknownError(CreditError):
    """The field does not exist or no decision in a case may change it."""

    code = "record_field_unknown"
    message = "信用信息没有可以更正的项目“{field}”，可更正的项目有：{known}。"
    status = 422


class RecordValueInvalidError(CreditError):
    """The new value does not fit the field."""

    code = "record_value_invalid"
    message = "“{title}”的新内容“{value}”不正确：{hint}。"
    status = 422


class RecordTextTooLongError(RecordValueInvalidError):
    """More characters than the register holds."""

    message = "“{title}”的新内容不能超过 {most} 字，请删减。"


class RecordChoiceError(RecordValueInvalidError):
    """None of the values that the field can have."""

    message = "“{title}”的新内容“{value}”不正确，应为 {choices} 之一。"


# What is expected of a field; these are message ids of the catalogue.
NOT_EMPTY = "此项不能为空"
TEXT_WANTED = "应为文字"
DATE_WANTED = "应为真实存在的日期，例如 2026-03-15"
AMOUNT_WANTED = "应为以元为单位的金额，例如 5000.00"
AMOUNT_OUT_OF_RANGE = "金额不能小于零或者过大"


@dataclass(frozen=True)
class Field:
    """One editable field: how a value is read, and whether it may be empty."""

    name: str
    read: Callable[["Field", Any], Any]
    may_be_empty: bool = True
    longest: int = 20_000
    choices: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Its Chinese name."""
        return FIELD_TITLES[self.name]

    def parse(self, value: Any) -> Any:
        """The value as the model stores it; raises `RecordValueInvalidError`."""
        parsed = self.read(self, value.strip() if isinstance(value, str) else value)
        if parsed in (None, "") and not self.may_be_empty:
            raise self.invalid(value, NOT_EMPTY)
        return parsed

    def invalid(self, value: Any, hint: str) -> RecordValueInvalidError:
        """The error that says what is expected of this field."""
        return RecordValueInvalidError(field=self.name, title=self.title, value=str(value)[:100], hint=hint)


def _read_text(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise field.invalid(value, TEXT_WANTED)
    if len(value) > field.longest:
        raise RecordTextTooLongError(field=field.name, title=field.title, most=field.longest)
    return value


def _read_date(field: Field, value: Any) -> date | None:
    if value == "":
        return None
    # fromisoformat alone also takes 20260302 and 2026-W10-1.
    if not isinstance(value, str) or len(value) != 10:
        raise field.invalid(value, DATE_WANTED)
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise field.invalid(value, DATE_WANTED) from None


def _read_amount(field: Field, value: Any) -> int | None:
    if value == "":
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        cents = value
    else:
        try:
            cents = parse_cents(value if isinstance(value, str) else "")
        except MoneyInvalidError:
            raise field.invalid(value, AMOUNT_WANTED) from None
    if not 0 <= cents <= _LARGEST_CENTS:
        raise field.invalid(value, AMOUNT_OUT_OF_RANGE)
    return cents


def _read_choice(field: Field, value: Any) -> str:
    if value not in field.choices:
        raise RecordChoiceError(
            field=field.name, title=field.title, value=str(value)[:100], choices=", ".join(field.choices)
        )
    return str(value)


EDITABLE: dict[str, Field] = {
    field.name: field
    for field in (
        Field("title", _read_text, may_be_empty=False, longest=300),
        Field("number", _read_text, may_be_empty=False, longest=120),
        Field("facts", _read_text),
        Field("basis", _read_text),
        Field("content", _read_text),
        Field("penalty_kinds", _read_text, longest=200),
        Field("amount_cents", _read_amount),
        Field("finding_on", _read_date),
        Field("decision_on", _read_date, may_be_empty=False),
        Field("published_on", _read_date),
        Field("valid_until", _read_date),
        Field("severity", _read_choice, choices=tuple(RecordSeverity.values)),
        Field("start_rule", _read_choice, choices=tuple(StartRule.values)),
    )
}
# What people and forms call it.
_ALIASES = {"amount": "amount_cents"}


def editable_field(name: str) -> Field:
    """The editable field of that name; raises `RecordFieldUnknownError` naming those there are."""
    field = EDITABLE.get(_ALIASES.get(name, name))
    if field is None:
        known = "、".join(f"{each.title}（{each.name}）" for each in EDITABLE.values())
        raise RecordFieldUnknownError(field=str(name)[:50], known=known)
    return field


__all__ = [
    "EDITABLE",
    "Field",
    "RecordFieldUnknownError",
    "RecordValueInvalidError",
    "as_text",
    "editable_field",
]
