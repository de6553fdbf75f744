"""Scenarios as data: the YAML beside a diagram, read strictly so that a slip of the pen never passes for a test.

The format is described in tests/processes/README.md.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from workflow_app.domain.clock import CHINA
from workflow_app.domain.workdays import WorkCalendar

_STEPS = {
    "do": {"by", "data", "case"},
    "claim": {"by", "case"},
    "release": {"by", "case"},
    "assign": {"by", "to", "case"},
    "withdraw": {"case"},
    "message": {"key", "data", "case"},
    "advance": {"case"},
}
_EXPECT = {"end", "status", "outcome", "letters", "clocks", "facts", "published", "refused"}
_TOP = {"title", "at", "by", "on_behalf_of", "start", "steps", "expect", "must_fail", "then"}
_DAY = re.compile(r"([+-])(\d{1,4})(wd)?")
_REQUIRED = {"title", "by", "start", "expect"}


class _Loader(yaml.SafeLoader):
    """YAML without doubled keys: of two, PyYAML would take the last without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [str(key.value) for key, _ in node.value]
        if doubled := {name for name in names if names.count(name) > 1}:
            raise yaml.constructor.ConstructorError(None, None, f"doubled {doubled}", node.start_mark)
        return super().construct_mapping(node, deep)


class ScenarioFormatError(Exception):
    """The file is no scenario: a typing error, not a finding about the process."""


@dataclass(frozen=True)
class Step:
    """One thing that happens. `kind` is a key of `_STEPS`, `target` what stands beside it."""

    kind: str
    target: Any
    by: str
    data: Mapping[str, Any]
    to: str
    key: str
    refused: str
    case: int
    place: str


@dataclass(frozen=True)
class Scenario:
    """One story. `at` is None in a follow-up, which goes on when the story before it has ended."""

    path: str
    slug: str
    title: str
    at: datetime | None
    by: str
    on_behalf_of: str
    start: Mapping[str, Any]
    steps: tuple[Step, ...]
    expect: Mapping[str, Any]
    must_fail: bool
    then: tuple["Scenario", ...]

    def __str__(self) -> str:
        return self.path


def find_scenarios(root: Path, slug: str = "*") -> list[Scenario]:
    """Every scenario below `root`, by path; raises ScenarioFormatError."""
    paths = sorted(root.glob(f"bpmn/{slug}/scenarios/*.yaml"))
    return [read_scenario(path, root) for path in paths]


def read_scenario(path: Path, root: Path) -> Scenario:
    """The scenario in one file; raises ScenarioFormatError."""
    shown = path.relative_to(root).as_posix()
    return parse_scenario(path.read_text(encoding="utf-8"), shown, path.parent.parent.name)


def parse_scenario(text: str, path: str, slug: str) -> Scenario:
    """The scenario in `text`; `path` names it in problems. Raises ScenarioFormatError."""
    try:
        values = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader, made stricter
    except yaml.YAMLError as error:
        raise ScenarioFormatError(f"{path}: {error}") from error
    return _scenario(values, path, slug, is_first=True)


def _scenario(values: Any, path: str, slug: str, is_first: bool) -> Scenario:
    _keys(values, _TOP, _REQUIRED | ({"at"} if is_first else set()), path)
    expect = values["expect"]
    _keys(expect, _EXPECT, set(), f"{path} expect")
    if not expect:
        raise ScenarioFormatError(f"{path}: expect says nothing")
    at = values.get("at")
    if at is not None and (not isinstance(at, datetime) or at.tzinfo is None):
        raise ScenarioFormatError(f"{path}: at must be a moment with its zone")
    steps = values.get("steps") or []
    follow_ups = values.get("then") or []
    return Scenario(
        path=path,
        slug=slug,
        title=values["title"],
        at=at.astimezone(CHINA) if at else None,
        by=values["by"],
        on_behalf_of=values.get("on_behalf_of", ""),
        start=values["start"],
        steps=tuple(_step(step, f"{path} step {n}") for n, step in enumerate(steps, 1)),
        expect=expect,
        must_fail=bool(values.get("must_fail", False)),
        then=tuple(
            _scenario(each, f"{path} then {n}", slug, is_first=False) for n, each in enumerate(follow_ups, 1)
        ),
    )


def _step(values: Any, place: str) -> Step:
    if not isinstance(values, dict):
        raise ScenarioFormatError(f"{place}: a step is a mapping")
    kinds = [kind for kind in _STEPS if kind in values]
    if len(kinds) != 1:
        raise ScenarioFormatError(f"{place}: exactly one of {', '.join(_STEPS)}")
    kind = kinds[0]
    _keys(values, {kind, "refused"} | _STEPS[kind], {kind} | ({"by"} & _STEPS[kind]), place)
    target, by = values[kind], values.get("by", "")
    if kind == "withdraw":
        _keys(target, {"by", "reason"}, {"by"}, place)
        by = target["by"]
    if kind == "advance":
        target = _span(target, place)
    return Step(
        kind=kind,
        target=target,
        by=by,
        data=values.get("data") or {},
        to=values.get("to", ""),
        key=values.get("key", ""),
        refused=values.get("refused", ""),
        case=values.get("case", 1),
        place=place,
    )


def _span(target: Any, place: str) -> tuple[str, Any]:
    """`3d`, `2h`, `60wd` or `to NAME_due` → (unit, amount) or ("to", name of the clock)."""
    words = str(target).split()
    if len(words) == 2 and words[0] == "to" and words[1].endswith("_due"):
        return "to", words[1].removesuffix("_due")
    for unit in ("wd", "d", "h"):
        number = str(target).removesuffix(unit)
        if str(target).endswith(unit) and number.isdecimal() and int(number) > 0:
            return unit, int(number)
    raise ScenarioFormatError(f"{place}: advance by 3d, 2h, 60wd or to NAME_due, not {target}")


def _keys(values: Any, allowed: set[str], required: set[str], place: str) -> None:
    if not isinstance(values, dict):
        raise ScenarioFormatError(f"{place}: should be a mapping")
    if unknown := sorted(map(str, values.keys() - allowed)):
        raise ScenarioFormatError(f"{place}: unknown {', '.join(unknown)}")
    if missing := sorted(required - values.keys()):
        raise ScenarioFormatError(f"{place}: missing {', '.join(missing)}")


def day_of(what: str, today: date, calendar: WorkCalendar) -> date:
    """`+30` days or `+5wd` working days from `today`, also back. Raises ScenarioFormatError."""
    match = _DAY.fullmatch(what)
    if match is None:
        raise ScenarioFormatError(f"a day is written $date:+30 or $date:+5wd, not {what}")
    amount = int(match[1] + match[2])
    return calendar.add_working_days(today, amount) if match[3] else today + timedelta(days=amount)
