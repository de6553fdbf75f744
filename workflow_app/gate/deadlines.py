"""The dated rules in deadlines.yaml: complete, sourced, and one for each clock of the process."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import yaml

from workflow_app.gate.subject import Subject, constant
from workflow_app.models.clocks import ClockUnit, EscalationLevel

_REQUIRED = {"clock", "jurisdiction", "amount", "unit", "starts", "valid_from", "legal_basis"}
_OPTIONAL = {"cap_amount", "pauses", "extended_by", "escalation", "valid_until", "is_assumed"}
# What is later than this is no warning any more.
MOST_PERCENT = 500
_JURISDICTION = re.compile(r"(\d{6})?")


def check(subject: Subject) -> Iterator[str]:
    """Every breach, with the name of the file."""
    path = f"bpmn/{subject.slug}/deadlines.yaml"
    names = {clock.name for clock in subject.bundle.manifest.clocks}
    if path not in subject.bundle.files:
        if names:
            yield f"{path}：文件不存在"
        return
    rules, problem = _parsed(subject.bundle.files[path])
    if problem:
        yield f"{path}：{problem}"
        return
    seen = set()
    for number, rule in enumerate(rules, 1):
        yield from (f"{path} 第 {number} 条：{each}" for each in _rule(rule, names))
        key = tuple(str(rule.get(name)) for name in ("clock", "jurisdiction", "valid_from"))
        if key in seen:
            yield f"{path} 第 {number} 条：同一时限、地区和生效日期重复"
        seen.add(key)
    yield from (f"{path}：{problem}" for problem in _used(subject, {rule.get("clock") for rule in rules}))


def has_caps(subject: Subject) -> bool:
    """Whether a rule of the process names the longest period, so that a deadline may be extended."""
    rules, _ = _parsed(subject.bundle.files.get(f"bpmn/{subject.slug}/deadlines.yaml", ""))
    return any(rule.get("cap_amount") is not None for rule in rules)


def _used(subject: Subject, ruled: set[Any]) -> Iterator[str]:
    """A clock that the diagram starts has a rule; one whose date a form gives needs none; any other is idle."""
    calls = {
        (node.operation, constant(node.parameters.get("name", "")))
        for node in subject.program.diagram.of_kind("serviceTask")
    }
    for clock in subject.bundle.manifest.clocks:
        started = ("clock.start", clock.name) in calls
        if started and clock.name not in ruled:
            yield f"时限 {clock.name} 没有规则"
        if not started and ("deadline.from_form", clock.name) not in calls:
            yield f"时限 {clock.name} 没有任何 clock.start 启动"


def _parsed(text: str) -> tuple[list[dict[str, Any]], str]:
    try:
        rules = yaml.safe_load(text) or []
    except yaml.YAMLError as error:
        return [], f"不是有效的 YAML：{error}"
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        return [], "应为规则的列表"
    return rules, ""


def _rule(rule: Mapping[str, Any], names: set[str]) -> Iterator[str]:
    for key in sorted(_REQUIRED - rule.keys()):
        yield f"缺少 {key}"
    for key in sorted(map(str, rule.keys() - _REQUIRED - _OPTIONAL)):
        yield f"不认识 {key}"
    if rule.get("clock") not in names:
        yield f"manifest 的 clocks 中没有 {rule.get('clock')}"
    if not _is_text(rule.get("legal_basis")) or not _is_text(rule.get("starts")):
        yield "legal_basis 和 starts 应为文字"
    jurisdiction = rule.get("jurisdiction")
    if not isinstance(jurisdiction, str) or not _JURISDICTION.fullmatch(jurisdiction):
        yield "jurisdiction 应为六位行政区划代码（加引号），全国写空值"
    if not isinstance(rule.get("is_assumed", False), bool):
        yield "is_assumed 应为 true 或 false"
    yield from _length(rule)
    yield from _dates(rule)


def _length(rule: Mapping[str, Any]) -> Iterator[str]:
    if rule.get("unit") not in ClockUnit.values:
        yield f"unit 应为 {'、'.join(ClockUnit.values)} 之一"
    amount, cap = rule.get("amount"), rule.get("cap_amount")
    if not _is_count(amount):
        yield "amount 应为正整数"
    if cap is not None and (not _is_count(cap) or (_is_count(amount) and cap < amount)):
        yield "cap_amount 应为不小于 amount 的整数"
    chain = rule.get("escalation", {})
    if not isinstance(chain, dict) or not all(_is_rung(*rung) for rung in chain.items()):
        yield f"escalation 应为百分数（1 到 {MOST_PERCENT}）到 {'、'.join(EscalationLevel.values)} 之一的对照"


def _dates(rule: Mapping[str, Any]) -> Iterator[str]:
    first, last = rule.get("valid_from"), rule.get("valid_until")
    if type(first) is not date or (last is not None and type(last) is not date):
        yield "valid_from 和 valid_until 应为日期（YYYY-MM-DD）"
    elif last is not None and last < first:
        yield "valid_until 早于 valid_from"


def _is_rung(percent: Any, level: Any) -> bool:
    return _is_count(percent) and percent <= MOST_PERCENT and level in EscalationLevel.values


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 1
