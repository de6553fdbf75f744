"""From the validator's findings to sentences that say what to do."""

from collections.abc import Callable, Iterator
from typing import Any

from django.utils.translation import gettext_noop as _
from jsonschema import ValidationError

from forms.fields import FormField, Kind, find_field
from forms.formats import MESSAGES as FORMAT_MESSAGES
from forms.loader import Form
from forms.pointers import join_pointer, shown_key
from forms.problems import Problem
from workflow_app.domain.money import format_cents

_REQUIRED = _("请填写{title}。")
_SELECT = _("请选择{title}。")
_REQUIRED_BY_KIND: dict[Kind, str] = {
    **dict.fromkeys(("choice", "choices", "server", "server_many", "yes_no"), _SELECT),
    "documents": _("请上传{title}。"),
    "checkbox": _("请勾选“{title}”。"),
}

_TYPE_ANY = _("{title}的类型不对，请按说明重新填写。")
_TYPE_BY_KIND: dict[Kind, str] = {
    **dict.fromkeys(("text", "textarea", "date"), _("{title}应为文字，请重新填写。")),
    "integer": _("请用整数填写{title}，例如 12。"),
    "money": _("请以元为单位填写{title}，最多两位小数，例如 1234.50。"),
    **dict.fromkeys(("checkbox", "yes_no"), _("{title}只能是“是”或“否”，请重新选择。")),
    **dict.fromkeys(("choice", "server"), _("请从列出的选项中选择{title}。")),
    **dict.fromkeys(("choices", "server_many", "documents", "group"), _("{title}应为列表，请重新填写。")),
}

_CONST = _("{title}只能是“{expected}”，请改正。")
_MINIMUM = _("{title}不能小于 {limit}，请改正。")
_MAXIMUM = _("{title}不能大于 {limit}，请改正。")
_MINIMUM_MONEY = _("{title}不能少于 {limit} 元，请改正。")
_MAXIMUM_MONEY = _("{title}不能多于 {limit} 元，请改正。")
_OTHER = _("{title}的内容不符合要求，请对照说明改正。")
_UNKNOWN = _("表单中没有“{name}”这一项，请删除后重新提交。")

# Keyword → code and sentence of those that only need a limit and how much there is now.
_COUNTED: dict[str, tuple[str, str]] = {
    "minLength": ("min_length", _("{title}至少要有 {limit} 个字，现在有 {actual} 个字，请补充。")),
    "maxLength": ("max_length", _("{title}最多 {limit} 个字，现在有 {actual} 个字，请删减。")),
    "minItems": ("min_items", _("{title}至少要有 {limit} 项，现在有 {actual} 项，请补充。")),
    "maxItems": ("max_items", _("{title}最多 {limit} 项，现在有 {actual} 项，请删减。")),
}
_PLAIN: dict[str, tuple[str, str]] = {
    "enum": ("enum", _TYPE_BY_KIND["choice"]),
    "oneOf": ("enum", _TYPE_BY_KIND["choice"]),
    "pattern": ("pattern", _("{title}的格式不对，请按该项的说明重新填写。")),
    "uniqueItems": ("unique_items", _("{title}中有重复的内容，请删去重复的项。")),
}


def problems_from(error: ValidationError, form: Form) -> Iterator[Problem]:
    """The problems that one finding of the validator stands for, without their `title`."""
    path = tuple(error.absolute_path)
    field = find_field(form, join_pointer(path))
    # jsonschema types `validator` with its unset marker; a finding always names its keyword.
    keyword = str(error.validator)
    if keyword in _MAKERS:
        yield from _MAKERS[keyword](error, path, field, form)
    elif keyword in _COUNTED:
        code, message_id = _COUNTED[keyword]
        yield _problem(
            path, code, message_id, limit=error.validator_value, actual=len(_sized(error.instance))
        )
    else:
        code, message_id = _PLAIN.get(keyword, ("rule", _OTHER))
        yield _problem(path, code, message_id)


def _problem(path: tuple[object, ...], code: str, message_id: str, **params: Any) -> Problem:
    return {"pointer": join_pointer(path), "code": code, "message_id": message_id, "params": params}


def _sized(instance: Any) -> str | list[Any]:
    assert isinstance(instance, str | list)
    return instance


def _required(
    error: ValidationError, path: tuple[object, ...], _field: object, form: Form
) -> Iterator[Problem]:
    value: Any = error.validator_value
    names = value if error.validator == "required" else _dependent_names(value, error.instance)
    for name in names:
        if name not in _mapping(error.instance):
            pointer = join_pointer((*path, name))
            missing = find_field(form, pointer)
            message_id = _REQUIRED_BY_KIND.get(missing.kind, _REQUIRED) if missing else _REQUIRED
            yield {"pointer": pointer, "code": "required", "message_id": message_id, "params": {}}


def _mapping(instance: Any) -> dict[str, Any]:
    assert isinstance(instance, dict)
    return instance


def _dependent_names(value: dict[str, list[str]], instance: Any) -> list[str]:
    return [name for key, names in value.items() if key in _mapping(instance) for name in names]


def _unknown(
    error: ValidationError, path: tuple[object, ...], _field: object, _form: Form
) -> Iterator[Problem]:
    schema: Any = error.schema
    for name in _mapping(error.instance):
        # A known field that fails is also "unevaluated"; it has a problem of its own already.
        if name not in schema.get("properties", {}):
            yield _problem((*path, name), "unknown_field", _UNKNOWN, name=shown_key(name))


def _type(
    _error: ValidationError, path: tuple[object, ...], field: FormField | None, _form: Form
) -> Iterator[Problem]:
    whole = field is not None and len(path) in (1, 3)
    yield _problem(path, "type", _TYPE_BY_KIND[field.kind] if field and whole else _TYPE_ANY)


def _const(
    error: ValidationError, path: tuple[object, ...], field: FormField | None, _form: Form
) -> Iterator[Problem]:
    if field and field.kind == "checkbox" and error.validator_value is True:
        yield _problem(path, "const", _REQUIRED_BY_KIND["checkbox"])
    else:
        yield _problem(path, "const", _CONST, expected=str(error.validator_value))


def _format(
    error: ValidationError, path: tuple[object, ...], _field: object, _form: Form
) -> Iterator[Problem]:
    name = str(error.validator_value)
    yield _problem(path, "format", FORMAT_MESSAGES[name], format=name)


def _bound(
    error: ValidationError, path: tuple[object, ...], field: FormField | None, _form: Form
) -> Iterator[Problem]:
    is_minimum = error.validator == "minimum"
    limit: Any = error.validator_value
    code = "minimum" if is_minimum else "maximum"
    if field and field.kind == "money":
        message_id = _MINIMUM_MONEY if is_minimum else _MAXIMUM_MONEY
        yield _problem(path, code, message_id, limit=format_cents(limit))
    else:
        yield _problem(path, code, _MINIMUM if is_minimum else _MAXIMUM, limit=limit)


_Maker = Callable[[ValidationError, tuple[object, ...], FormField | None, Form], Iterator[Problem]]
_MAKERS: dict[str, _Maker] = {
    "required": _required,
    "dependentRequired": _required,
    "additionalProperties": _unknown,
    "unevaluatedProperties": _unknown,
    "type": _type,
    "const": _const,
    "format": _format,
    "minimum": _bound,
    "maximum": _bound,
}
