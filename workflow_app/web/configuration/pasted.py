"""The days of a notice as they are pasted: one line for a day or for a stretch of days.

2027-02-06 休 春节放假
2027-02-05 至 2027-02-11 休 春节放假
2027-02-14 班 调休上班
2027-02-20 平
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext

from workflow_app.domain.codes import half_width

# What stands between date and reason → works on that day; None: whatever its weekday is, as if never named.
WORDS: Mapping[str, bool | None] = {
    "休": False,
    "班": True,
    "平": None,
    "off": False,
    "work": True,
    "ordinary": None,
}
MAKE_UP = "调休上班"
# No holiday is as long; a mistyped year would be.
LONGEST_STRETCH = 31
MOST_LINES = 400

_DAY = r"(\d{4})(?:[-/.]|年)(\d{1,2})(?:[-/.]|月)(\d{1,2})日?"
_LINE = re.compile(rf"{_DAY}(?:\s*(?:至|到|~|—|–)\s*{_DAY})?\s+(\S+)(?:\s+(.*))?")
_SIGNS = {False: "休", True: "班", None: "平"}


@dataclass(frozen=True)
class Line:
    """What a line says: its number in the text, and the days as the content of a change has them."""

    number: int
    days: list[dict[str, Any]]


@dataclass(frozen=True)
class LineProblem:
    """What is wrong with a line, in a sentence."""

    number: int
    message: str


def read_lines(text: str) -> tuple[list[Line], list[LineProblem]]:
    """The lines of a pasted text, and what is wrong with the others. Empty lines are nothing."""
    lines: list[Line] = []
    problems: list[LineProblem] = []
    for number, line in enumerate(text.splitlines()[:MOST_LINES], start=1):
        if not line.strip():
            continue
        found = _read(line.strip())
        if isinstance(found, str):
            problems.append(
                LineProblem(number, gettext("第 {number} 行：{problem}").format(number=number, problem=found))
            )
        else:
            lines.append(Line(number, found))
    return lines, problems


def written(days: list[dict[str, Any]]) -> str:
    """The days of a change as lines, to be edited."""
    return "\n".join(
        f"{day['date']} {_SIGNS[day['working']]} {day.get('reason', '')}".rstrip() for day in days
    )


def _read(line: str) -> list[dict[str, Any]] | str:
    match = _LINE.fullmatch(half_width(line))
    if match is None:
        return gettext("请写成“日期 休（或班、平） 事由”，如 2027-02-06 休 春节放假。")
    *numbers, word, reason = match.groups()
    # The reason as it was typed: only dates and words are read in half width, which keeps places in the line.
    reason = line[match.start(8) :] if reason else ""
    if word.lower() not in WORDS:
        return gettext("日期之后应为“休”“班”或“平”，而不是“{word}”。").format(word=word[:20])
    first, last = _day(numbers[:3]), _day(numbers[3:] if numbers[3] else numbers[:3])
    if first is None or last is None:
        return gettext("没有这一天，请核对日期。")
    if not 0 <= (last - first).days < LONGEST_STRETCH:
        return gettext("起止日期应先后相接，且不超过 {most} 天。").format(most=LONGEST_STRETCH)
    works = WORDS[word.lower()]
    reason = reason.strip() or (MAKE_UP if works else "")
    if works is False and not reason:
        return gettext("请写明放假事由，如“春节放假”，它会出现在期限说明中。")
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [{"date": day.isoformat(), "working": works, "reason": reason} for day in days]


def _day(numbers: list[str]) -> date | None:
    try:
        return date(*map(int, numbers))
    except ValueError:
        return None
