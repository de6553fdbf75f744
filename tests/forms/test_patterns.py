"""Regular expressions that forms may use, and those that could stop the server."""

import re
import time

import pytest

from forms.patterns import MAX_PATTERN_TEXT, pattern_problems


@pytest.mark.parametrize(
    "pattern",
    [
        r"^\d{4}$",
        r"^[A-Z]{2}-?\d{6,20}$",
        r"^[\u4e00-\u9fa5A-Za-z0-9()（）]+第\d+号$",
        r"^(?:甲|乙)\d*$",
        r"^(a+)?b$",
        r"^(?:ab){3}$",
        r"^\(?\d{3}\)?$",
    ],
)
def test_plain_patterns_are_allowed(pattern: str) -> None:
    assert pattern_problems(pattern) == []


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        (r"^(a+)+$", "嵌套的重复"),
        (r"^(a*)*$", "嵌套的重复"),
        (r"^(?:a{1,9}){1,9}$", "嵌套的重复"),
        (r"^(?:\d+-?){3}$", "嵌套的重复"),
        (r"^(a+?)+$", "嵌套的重复"),
        (r"^(ab|a|b)+$", "多个分支"),
        (r"^a+b+c+$", "可变的重复过多"),
        (r"^\d{0,99}\d{0,99}\d{0,99}$", "可变的重复过多"),
        (r"^(a)\1$", "GROUPREF"),
        (r"^(?=a)a$", "特殊分组"),
        (r"^(?<!a)a$", "特殊分组"),
        (r"^(?P<n>a)$", "特殊分组"),
        (r"a", "以 ^ 开头"),
        (r"^a", "以 ^ 开头"),
        (r"a$", "以 ^ 开头"),
        (r"^a\$", "以 ^ 开头"),
        (r"^a|b$", "以 ^ 开头"),
        (r"", "以 ^ 开头"),
        (r"^(a$", "无效"),
    ],
)
def test_others_are_refused_with_the_reason(pattern: str, reason: str) -> None:
    assert any(reason in problem for problem in pattern_problems(pattern))


@pytest.mark.parametrize("pattern", [r"^a+a+$", r"^a*a{0,99}(?:b|c)?$", r"^(?:a|aa)(?:a|aa)a*a*$"])
def test_the_worst_that_is_allowed_is_quick(pattern: str) -> None:
    assert pattern_problems(pattern) == []
    started = time.process_time()
    assert not re.search(pattern, "a" * (MAX_PATTERN_TEXT - 1) + "!")
    assert time.process_time() - started < 0.5
