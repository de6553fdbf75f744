"""The deployment gate reads manifest, dated rules and papers: every rule is broken once."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bpmn.manifest import ClockName, LetterKind, Outcome, Process, Text
from tests.engine.sound import RULES, SLUG, changed, edited, ensure
from workflow_app.checks import gate_problems
from workflow_app.engine.bundles import Bundle
from workflow_app.gate import shared_problems

# Manifest

END = {"end_granted": Outcome("granted", Text("同意", "Granted"), True)}
MANIFEST: dict[str, tuple[Callable[[Process], dict[str, Any]], tuple[str, ...]]] = {
    "no english title": (lambda m: {"title": Text("示例", "")}, ("title",)),
    "no chinese summary": (lambda m: {"summary": Text(" ", "x")}, ("summary",)),
    "clock without english": (lambda m: {"clocks": (ClockName("handle", Text("办理", "")),)}, ("handle",)),
    "bad prefix": (lambda m: {"number_prefix": "x1"}, ("number_prefix",)),
    "no legal basis": (lambda m: {"legal_basis": ()}, ("legal_basis",)),
    "blank legal basis": (lambda m: {"legal_basis": (" ",)}, ("legal_basis",)),
    "unknown starter": (lambda m: {"starters": ("boss",)}, ("boss",)),
    "no starter": (lambda m: {"starters": ()}, ("starters",)),
    "system starts": (lambda m: {"starters": ("system",)}, ("system",)),
    "letter without mark": (
        lambda m: {"letters": (LetterKind("granted", Text("决定", "D"), ""), m.letters[1])}, ("granted", "mark"),
    ),
    "double mark": (
        lambda m: {"letters": tuple(replace(each, mark="准") for each in m.letters)}, ("mark", "不止一次"),
    ),
    "double letter": (lambda m: {"letters": (*m.letters, m.letters[0])}, ("letters", "不止一次")),
    "double clock": (lambda m: {"clocks": m.clocks * 2}, ("clocks", "不止一次")),
    "double outcome": (
        lambda m: {"outcomes": dict.fromkeys(m.outcomes, END["end_granted"])}, ("outcomes", "不止一次"),
    ),
    "double event": (lambda m: {"notifications": (*m.notifications, "decided")}, ("notifications", "不止一次")),
    "bad code": (
        lambda m: {"outcomes": {**m.outcomes, "end_granted": replace(END["end_granted"], code="Granted!")}},
        ("Granted!",),
    ),
    "end without outcome": (lambda m: {"outcomes": END}, ("end_refused", "没有结果")),
    "outcome without end": (
        lambda m: {"outcomes": {**m.outcomes, "end_x": Outcome("x", Text("甲", "X"), True)}}, ("end_x",),
    ),
    "reserved outcome": (
        lambda m: {"outcomes": {**m.outcomes, "end_granted": Outcome("withdrawn", Text("甲", "X"), True)}},
        ("withdrawn",),
    ),
    "unknown input": (lambda m: {"inputs": ("nothing",)}, ("inputs", "nothing")),
    "list as input": (lambda m: {"inputs": ("papers",)}, ("inputs", "papers")),
    "promoted of no task": (lambda m: {"promoted": {**m.promoted, "do_stop": ("x",)}}, ("promoted", "do_stop")),
    "promoted unknown field": (
        lambda m: {"promoted": {**m.promoted, "task_approve": ("approval", "x")}}, ("task_approve", "x"),
    ),
    "four eyes of no task": (lambda m: {"four_eyes": {"task_x": ("task_propose",)}}, ("four_eyes", "task_x")),
    "four eyes with no task": (lambda m: {"four_eyes": {"task_approve": ("do_stop",)}}, ("four_eyes", "do_stop")),
    "four eyes with itself": (
        lambda m: {"four_eyes": {"task_approve": ("task_approve",)}}, ("four_eyes", "自身"),
    ),
    "no withdrawal after nothing": (lambda m: {"no_withdrawal_after": ("do_x",)}, ("no_withdrawal_after", "do_x")),
    "about a record": (lambda m: {"about": "record"}, ("about", "record")),
    "about a matter": (lambda m: {"about": "matter"}, ("about", "matter")),
    "unnamed clock of a task": (lambda m: {"clocks": ()}, ("task_propose", "handle", "clocks")),
    "missing standard event": (
        lambda m: {"notifications": tuple(each for each in m.notifications if each != "overdue")}, ("overdue",),
    ),
    "no word to remind": (
        lambda m: {"notifications": tuple(each for each in m.notifications if each != "reminder")}, ("reminder",),
    ),
    "extension without a cap": (
        lambda m: {"notifications": (*m.notifications, "extended")}, ("没有任何步骤发出", "extended"),
    ),
    "event of no step": (lambda m: {"notifications": (*m.notifications, "party")}, ("没有任何步骤发出", "party")),
    "letter of no step": (
        lambda m: {"letters": (*m.letters, LetterKind("party", Text("甲", "X"), "丙"))}, ("没有任何步骤出具", "party"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MANIFEST)
def test_the_manifest(name: str, sound: Bundle, root: Path) -> None:
    change, parts = MANIFEST[name]
    broken = changed(sound, manifest=replace(sound.manifest, **change(sound.manifest)))
    ensure(gate_problems(broken, root), "bpmn/sample/process.py", *parts)


def test_case_numbers_begin_with_letters_of_one_process(sound: Bundle) -> None:
    twin = replace(sound, slug="twin")
    assert shared_problems({SLUG: sound}) == []
    ensure(shared_problems({SLUG: sound, "twin": twin}), "twin", "number_prefix", SLUG)


# Deadlines


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("amount: 5", "amount: 0", "amount"),
        ("amount: 5", "amount: five", "amount"),
        ("amount: 5", "amount: true", "amount"),
        ("amount: 5", "amount: 5\n  cap_amount: 4", "cap_amount"),
        ("unit: working_day", "unit: hours", "unit"),
        ("  unit: working_day\n", "", "缺少 unit"),
        ("clock: handle", "clock: other", "other"),
        ("clock: handle", "clock: other", "时限 handle 没有规则"),
        ('jurisdiction: ""', "jurisdiction: 330700", "jurisdiction"),
        ('jurisdiction: ""', 'jurisdiction: "3307"', "jurisdiction"),
        ("valid_from: 2020-01-01", "valid_from: soon", "valid_from"),
        ("valid_from: 2020-01-01", "valid_from: 2020-01-01\n  valid_until: 2019-01-01", "早于"),
        ("legal_basis: （请填写法律依据）", 'legal_basis: ""', "legal_basis"),
        ("starts: 收到申请之日", "starts: 5", "starts"),
        ("50: assignee", "0: assignee", "escalation"),
        ("50: assignee", "501: assignee", "escalation"),
        ("50: assignee", "50: mayor", "escalation"),
        ("{50: assignee, 80: queue, 100: supervisor, 150: region}", "often", "escalation"),
        ("is_assumed: true", "is_assumed: perhaps", "is_assumed"),
        ("is_assumed: true", "color: red", "color"),
    ],
)
def test_dated_rules(old: str, new: str, part: str, sound: Bundle, root: Path) -> None:
    ensure(gate_problems(edited(sound, RULES, old, new), root), RULES, part)


def test_where_a_deadline_may_be_extended_the_applicant_is_told(sound: Bundle, root: Path) -> None:
    """A rule that names the longest period lets a supervisor extend: then there have to be words for it."""
    capped = edited(sound, RULES, "amount: 5", "amount: 5\n  cap_amount: 10")
    ensure(gate_problems(capped, root), "bpmn/sample/process.py", "缺少标准通知 extended")
    texts = {
        f"notifications/sample/extended{suffix}": "{{ case.number }}"
        for suffix in (".txt", "_subject.txt", ".en.txt", "_subject.en.txt")
    }
    events = (*sound.manifest.notifications, "extended")
    told = changed(capped, texts, replace(sound.manifest, notifications=events))
    assert gate_problems(told, root) == []


def test_the_file_of_rules(sound: Bundle, root: Path) -> None:
    text = sound.files[RULES]
    ensure(gate_problems(changed(sound, {RULES: None}), root), RULES, "不存在")
    ensure(gate_problems(changed(sound, {RULES: "a: [b"}), root), RULES, "YAML")
    ensure(gate_problems(changed(sound, {RULES: "a: b"}), root), RULES, "列表")
    ensure(
        gate_problems(changed(sound, {RULES: "!!python/object/apply:os.system [id]"}), root), RULES, "YAML"
    )
    ensure(gate_problems(changed(sound, {RULES: text + text[text.index("- clock") :]}), root), RULES, "重复")


def test_a_clock_that_nothing_starts(sound: Bundle, root: Path) -> None:
    spare = ClockName("spare", Text("备用", "Spare"))
    broken = changed(sound, manifest=replace(sound.manifest, clocks=(*sound.manifest.clocks, spare)))
    ensure(gate_problems(broken, root), RULES, "spare", "没有任何 clock.start")


# Forms, letters, messages


@pytest.mark.parametrize(
    ("path", "text", "part"),
    [
        ("forms/sample/approve.schema.json", None, "不存在"),
        ("forms/sample/approve.ui.json", None, "approve"),
        ("forms/sample/start.schema.json", None, "不存在"),
        ("forms/sample/spare.schema.json", "{}", "没有任何用户任务使用"),
        ("forms/sample/approve.schema.json", "{", "JSON"),
        ("forms/sample/approve.en.json", '{"title": "x", "title": "y"}', "JSON"),
        ("forms/sample/approve.en.json", '{"title": "Approval"}', "英文"),
        ("forms/sample/letters/granted.html", None, "文书文本不存在"),
        ("forms/sample/letters/spare.html", '{% extends "letters/base.html" %}', "没有这种文书"),
        ("forms/sample/letters/granted.html", '{% extends "letters/base.html" %}{% if %}', "模板有误"),
        ("forms/sample/letters/granted.html", "<p>空</p>", "继承文书页面"),
        ("forms/sample/letters/granted.html", '{% extends "admin/base.html" %}', "继承文书页面"),
        ("forms/sample/letters/granted.html", '{% extends "letters/_signature.html" %}', "继承文书页面"),
        (
            "forms/sample/letters/granted.html",
            '{% load static %}{% extends "letters/base.html" %}',
            "模板有误",
        ),
        ("notifications/sample/decided.txt", None, "通知文本不存在"),
        ("notifications/sample/decided.en.txt", None, "通知文本不存在"),
        ("notifications/sample/decided_subject.txt", None, "通知文本不存在"),
        ("notifications/sample/decided_subject.en.txt", None, "通知文本不存在"),
        ("notifications/sample/decided.txt", "  \n", "空的"),
        ("notifications/sample/decided.txt", "{% for %}", "模板有误"),
        ("notifications/sample/spare.txt", "x", "没有这种通知"),
    ],
)
def test_papers(path: str, text: str | None, part: str, sound: Bundle, root: Path) -> None:
    stem = path.removesuffix(".schema.json").removesuffix(".ui.json").removesuffix(".en.json")
    ensure(gate_problems(changed(sound, {path: text}), root), stem, part)
