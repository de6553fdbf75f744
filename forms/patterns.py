"""Which regular expressions a form may use: those whose time cannot explode, whatever is typed."""

import re
from re import _parser as parser  # type: ignore[attr-defined]  # the only parser that agrees with `re`
from typing import Any

MAX_PATTERN_TEXT = 200
# Ways to divide a text among the repeats: two open ones and some choices, well under a second at worst.
_MAX_WAYS = 500_000

_ATOMS = {"LITERAL", "NOT_LITERAL", "ANY", "IN", "AT"}
# Groups that begin with (? and something else than a colon: look-arounds, flags, names.
_SPECIAL_GROUP = re.compile(r"(?<!\\)\(\?(?!:)")


def pattern_problems(pattern: str) -> list[str]:
    """Why the pattern may not be used; empty when it may. The rules stand in forms/README.md."""
    try:
        tree = parser.parse(pattern, re.ASCII)
    except re.error as error:
        return [f"正则表达式无效：{error}"]
    finder = _Finder()
    finder.walk(tree, repeated=False)
    if not _is_anchored(tree):
        finder.problems.add("正则表达式应以 ^ 开头、以 $ 结尾")
    if _SPECIAL_GROUP.search(pattern):
        finder.problems.add("正则表达式中不允许使用 (?: 以外的特殊分组")
    if finder.ways > _MAX_WAYS:
        finder.problems.add("正则表达式中可变的重复过多")
    return sorted(finder.problems)


def _is_anchored(tree: Any) -> bool:
    return len(tree) > 1 and [str(tree[place][1]) for place in (0, -1)] == ["AT_BEGINNING", "AT_END"]


class _Finder:
    """Walks the parsed pattern; collects what is not allowed, and the ways in which the rest can match."""

    def __init__(self) -> None:
        self.problems: set[str] = set()
        self.ways = 1

    def walk(self, tree: Any, *, repeated: bool) -> None:
        """`repeated`: an enclosing quantifier can run this part more than once."""
        for operation, argument in tree:
            name = str(operation)
            if name in ("MAX_REPEAT", "MIN_REPEAT"):
                self._repeat(argument, repeated)
            elif name == "SUBPATTERN":
                self.walk(argument[3], repeated=repeated)
            elif name == "BRANCH":
                self._branch(argument, repeated)
            elif name not in _ATOMS:
                self.problems.add(f"正则表达式中不允许使用 {name}")

    def _repeat(self, argument: Any, repeated: bool) -> None:
        least, most, body = argument
        if repeated:
            self.problems.add("正则表达式中不允许嵌套的重复")
        self.ways *= max(min(int(most), MAX_PATTERN_TEXT) - least + 1, 1)
        self.walk(body, repeated=repeated or most > 1)

    def _branch(self, argument: Any, repeated: bool) -> None:
        if repeated:
            self.problems.add("正则表达式中重复的部分不允许有多个分支")
        self.ways *= len(argument[1])
        for branch in argument[1]:
            self.walk(branch, repeated=repeated)
