"""From pydantic's findings to sentences with a JSON pointer and the same codes that forms use."""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from ninja.errors import ValidationError

from forms.pointers import join_pointer, shown_key
from forms.validator import LocalProblem

MAX_FINDINGS = 100

_TYPE = _("“{name}”的类型不对，应为{expected}。")
_TEXT, _INTEGER, _NUMBER, _YES_NO = _("文字"), _("整数"), _("数字"), _("是或否（true 或 false）")
_LIST, _OBJECT, _MOMENT, _DAY, _ID = (
    _("列表"),
    _("对象"),
    _("带时区的日期时间"),
    _("存在的日期"),
    _("标识（UUID）"),
)

# Finding → code, sentence, what is expected.
_KINDS: Mapping[str, tuple[str, str, str]] = {
    "missing": ("required", _("请填写“{name}”。"), ""),
    "extra_forbidden": ("unknown_field", _("没有“{name}”这一项，请删除后重新提交。"), ""),
    "string_too_long": ("max_length", _("“{name}”最多 {limit} 个字，请删减。"), ""),
    "string_too_short": ("min_length", _("“{name}”至少要有 {limit} 个字，请补充。"), ""),
    "too_long": ("max_items", _("“{name}”最多 {limit} 项，请删减。"), ""),
    "too_short": ("min_items", _("“{name}”至少要有 {limit} 项，请补充。"), ""),
    "greater_than_equal": ("minimum", _("“{name}”不能小于 {limit}，请改正。"), ""),
    "less_than_equal": ("maximum", _("“{name}”不能大于 {limit}，请改正。"), ""),
    "string_pattern_mismatch": ("pattern", _("“{name}”的格式不对，请对照接口说明改正。"), ""),
    "enum": ("enum", _("“{name}”只能是 {limit} 之一。"), ""),
    "literal_error": ("enum", _("“{name}”只能是 {limit} 之一。"), ""),
    "string_type": ("type", _TYPE, _TEXT),
    "string_unicode": ("type", _TYPE, _TEXT),
    "int_type": ("type", _TYPE, _INTEGER),
    "int_parsing": ("type", _TYPE, _INTEGER),
    "int_parsing_size": ("type", _TYPE, _INTEGER),
    "int_from_float": ("type", _TYPE, _INTEGER),
    "float_type": ("type", _TYPE, _NUMBER),
    "float_parsing": ("type", _TYPE, _NUMBER),
    "bool_type": ("type", _TYPE, _YES_NO),
    "bool_parsing": ("type", _TYPE, _YES_NO),
    "list_type": ("type", _TYPE, _LIST),
    "dict_type": ("type", _TYPE, _OBJECT),
    "model_type": ("type", _TYPE, _OBJECT),
    "model_attributes_type": ("type", _TYPE, _OBJECT),
    "uuid_type": ("type", _TYPE, _ID),
    "uuid_parsing": ("format", _TYPE, _ID),
    "timezone_aware": ("format", _TYPE, _MOMENT),
    "datetime_type": ("type", _TYPE, _MOMENT),
    "datetime_parsing": ("format", _TYPE, _MOMENT),
    "datetime_from_date_parsing": ("format", _TYPE, _MOMENT),
    "datetime_object_invalid": ("format", _TYPE, _MOMENT),
    "date_type": ("type", _TYPE, _DAY),
    "date_parsing": ("format", _TYPE, _DAY),
    "date_from_datetime_parsing": ("format", _TYPE, _DAY),
    "date_from_datetime_inexact": ("format", _TYPE, _DAY),
}
_OTHER = ("rule", _("“{name}”的内容不符合要求，请对照接口说明改正。"), "")
# As pydantic lists them, in English: 'a', 'b' or 'c'.
_CHOICES = re.compile(r"'([^']*)'")
# Where pydantic says how much was allowed, by kind of finding.
_LIMITS = ("max_length", "min_length", "ge", "le", "expected")


def problems_from(error: ValidationError) -> list[LocalProblem]:
    """At most 100 problems, in the language that is active. Pointers start at the body, or name the parameter."""
    found: dict[tuple[str, str], LocalProblem] = {}
    for finding in error.errors:
        problem = _problem(finding)
        found.setdefault((problem["pointer"], problem["code"]), problem)
    return list(found.values())[:MAX_FINDINGS]


def _problem(finding: Mapping[str, Any]) -> LocalProblem:
    code, message, expected = _KINDS.get(finding["type"], _OTHER)
    path = _path(finding["loc"])
    context = finding.get("ctx", {})
    limit = next((context[name] for name in _LIMITS if name in context), "")
    if code == "enum":
        limit = ", ".join(filter(None, _CHOICES.findall(limit)))
    return {
        "pointer": join_pointer(path),
        "code": code,
        "message": gettext(message).format_map(
            {
                "name": shown_key(path[-1]) if path else "",
                "limit": limit,
                "expected": gettext(expected) if expected else "",
            }
        ),
    }


def _path(location: tuple[Any, ...]) -> tuple[Any, ...]:
    """The place in the body, which ninja names after the handler's argument, or the name of the parameter."""
    return location[2:] if location[0] == "body" else location[1:]
