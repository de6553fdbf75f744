"""Collects what is wrong with the content of a change, value by value, so that all of it is said at once."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext_noop as _

from forms.pointers import join_pointer, shown_key
from forms.problems import Problem
from workflow_app.services.change_errors import ChangeInvalidError

# The database holds no more: a day beyond belongs to no calendar either.
_LARGEST = 10_000

Path = tuple[object, ...]

MISSING = _("请填写此项。")
UNKNOWN = _("不认识“{key}”这一项，请删去。")
NOT_TEXT = _("应为文字。")
TOO_LONG = _("不能超过 {most} 个字。")
NOT_DAY = _("应为日期，写作 YYYY-MM-DD。")
NOT_COUNT = _("应为 1 至 {most} 的整数。")
NOT_YES_NO = _("应为“是”或“否”（true 或 false）。")
NOT_ONE_OF = _("应为 {choices} 之一。")
NOT_OBJECT = _("应为一组带名称的内容。")
NOT_LIST = _("应为列表，最多 {most} 项。")
EMPTY = _("没有填写任何变更。")
DOUBLED = _("“{value}”出现了多次，请只保留一处。")


class Findings:
    """What was found so far. Each check gives the value in its kept form, or notes why not."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def note(self, path: Path, code: str, message: str, **params: Any) -> None:
        """Something at `path` is wrong."""
        problem: Problem = {
            "pointer": join_pointer(path),
            "code": code,
            "message_id": message,
            "params": params,
        }
        self.problems.append(problem)

    def ensure_none(self) -> None:
        """Raise `ChangeInvalidError` if anything was found."""
        if self.problems:
            raise ChangeInvalidError(self.problems)

    def mapping(self, path: Path, value: Any, known: Collection[str]) -> Mapping[str, Any]:
        """The value if it is an object; names that nobody knows are noted."""
        if not isinstance(value, Mapping):
            self.note(path, "type", NOT_OBJECT)
            return {}
        for key in value:
            if key not in known:
                self.note((*path, key), "unknown", UNKNOWN, key=shown_key(key))
        return value

    def items(self, path: Path, value: Any, most: int) -> list[Any]:
        """The value if it is a list of no more than `most`."""
        if not isinstance(value, list) or len(value) > most:
            self.note(path, "type", NOT_LIST, most=most)
            return []
        return value

    def text(self, path: Path, value: Any, most: int, *, required: bool = True) -> str:
        """The value without spaces around it; None stands for an empty one."""
        if value is None:
            value = ""
        if not isinstance(value, str) or not _is_plain(value):
            self.note(path, "type", NOT_TEXT)
            return ""
        text = value.strip()
        if required and not text:
            self.note(path, "required", MISSING)
        if len(text) > most:
            self.note(path, "max_length", TOO_LONG, most=most)
        return text

    def day(self, path: Path, value: Any, *, required: bool = True) -> str | None:
        """The value as `YYYY-MM-DD`."""
        if value in (None, ""):
            if required:
                self.note(path, "required", MISSING)
            return None
        try:
            # Python reads more forms than people should write.
            if not isinstance(value, str) or len(value) != len("2026-01-01"):
                raise ValueError
            return date.fromisoformat(value).isoformat()
        except ValueError:
            self.note(path, "date", NOT_DAY)
            return None

    def count(self, path: Path, value: Any, *, required: bool = True, most: int = _LARGEST) -> int | None:
        """The value if it is a whole number from 1 to `most`."""
        if value is None and not required:
            return None
        if type(value) is not int or not 1 <= value <= most:
            self.note(path, "number", NOT_COUNT, most=most)
            return None
        return value

    def yes_no(self, path: Path, value: Any) -> bool:
        """The value if it is one of the two."""
        if type(value) is not bool:
            self.note(path, "type", NOT_YES_NO)
        return value is True

    def choice(self, path: Path, value: Any, choices: Collection[str]) -> str:
        """The value if it is one of `choices`."""
        if not isinstance(value, str) or value not in choices:
            self.note(path, "choice", NOT_ONE_OF, choices="、".join(each or "空" for each in choices))
            return ""
        return value


def _is_plain(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text
