"""What no form accepts, whatever its schema says: data that breaks storage, letters, engine or validator."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_noop as _

from forms.pointers import join_pointer, shown_key
from forms.problems import Problem

MAX_TEXT = 20_000
MAX_DEPTH = 8
# Comparing entries for uniqueness costs the square of their number.
MAX_ENTRIES = 200
# Beyond it, JSON numbers lose digits in browsers, and Python refuses to print the longest.
MAX_NUMBER = 2**53 - 1

# With the key `typename` the engine takes data for an object of its own: the case could not be loaded again.
_FORBIDDEN_KEY = "typename"
_FORBIDDEN_PREFIX = "__"

_MESSAGES = {
    "forbidden_key": _("字段名“{name}”不允许使用，请删除后重新提交。"),
    "nul_character": _("{title}中含有不可见的空字符（NUL），请删除后重新填写。"),
    "broken_character": _("{title}中含有不完整的字符，请删除后重新填写。"),
    "text_too_long": _("{title}超过 {limit} 个字，请删减。"),
    "too_deep": _("提交的内容层次过多，最多 {limit} 层，请减少嵌套。"),
    "too_many_entries": _("{title}超过 {limit} 项，请删减。"),
    "bad_number": _("{title}中的数字无效或过大，请改正。"),
    "not_json": _("{title}的内容不是可以识别的类型，请重新填写。"),
}


def find_hostile(data: object) -> Iterator[Problem]:
    """The places of `data` that are refused whatever the schema says; the caller fills in their `title`."""
    return _walk(data, ())


def _problem(code: str, path: tuple[object, ...], **params: Any) -> Problem:
    return {"pointer": join_pointer(path), "code": code, "message_id": _MESSAGES[code], "params": params}


def _walk(value: object, path: tuple[object, ...]) -> Iterator[Problem]:
    if isinstance(value, str):
        yield from _text_problems(value, path)
    elif isinstance(value, dict | list):
        yield from _container_problems(value, path)
    elif isinstance(value, int | float):
        # Written so that NaN, which compares false with everything, is refused too.
        if not abs(value) <= MAX_NUMBER:
            yield _problem("bad_number", path)
    elif value is not None:
        yield _problem("not_json", path)


def _text_problems(text: str, path: tuple[object, ...]) -> Iterator[Problem]:
    if len(text) > MAX_TEXT:
        yield _problem("text_too_long", path, limit=MAX_TEXT)
    if "\x00" in text:
        yield _problem("nul_character", path)
    if any("\ud800" <= char <= "\udfff" for char in text):
        yield _problem("broken_character", path)


def _container_problems(value: dict[Any, Any] | list[Any], path: tuple[object, ...]) -> Iterator[Problem]:
    if len(path) >= MAX_DEPTH:
        yield _problem("too_deep", path, limit=MAX_DEPTH)
        return
    if len(value) > MAX_ENTRIES:
        yield _problem("too_many_entries", path, limit=MAX_ENTRIES)
        return
    for key, each in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(value, dict):
            yield from _key_problems(key, (*path, key))
        yield from _walk(each, (*path, key))


def _key_problems(key: object, path: tuple[object, ...]) -> Iterator[Problem]:
    if not isinstance(key, str):
        yield _problem("not_json", path)
    elif key == _FORBIDDEN_KEY or key.startswith(_FORBIDDEN_PREFIX):
        yield _problem("forbidden_key", path, name=shown_key(key))
    else:
        yield from _text_problems(key, path)
