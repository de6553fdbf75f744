"""The deployment gate: a sound process passes, and every rule is broken once."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import Error
from django.core.management import call_command

from bpmn.manifest import ClockName, LetterKind, Outcome, Process, Text
from workflow_app.checks import check_processes, gate_problems
from workflow_app.engine.bundles import Bundle, content_hash, discover
from workflow_app.engine.layout import lay_out
from workflow_app.gate import shared_problems

SLUG = "sample"
DIAGRAM = f"bpmn/{SLUG}/{SLUG}.bpmn"
RULES = f"bpmn/{SLUG}/deadlines.yaml"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree with one sound process."""
    path = tmp_path_factory.mktemp("tree")
    call_command("new_process", SLUG, root=path, verbosity=0)
    return path


@pytest.fixture
def sound(root: Path) -> Bundle:
    return discover(root)[SLUG]


def changed(
    of: Bundle, files: Mapping[str, str | None] | None = None, manifest: Process | None = None
) -> Bundle:
    """The bundle with other files (None: without) and another manifest."""
    texts = {**of.files, **(files or {})}
    kept = {path: text for path, text in texts.items() if text is not None}
    process = manifest or of.manifest
    return Bundle(of.slug, of.version, content_hash(kept, process), kept, process)


def edited(of: Bundle, path: str, old: str, new: str, count: int = -1) -> Bundle:
    text = of.files[path]
    assert old in text, f"{old!r} is not in {path}"
    return changed(of, {path: text.replace(old, new, count)})


def drawn(of: Bundle, *edits: tuple[str, str]) -> Bundle:
    """The bundle with its logic changed and its picture drawn anew."""
    text = of.files[DIAGRAM]
    for old, new in edits:
        assert old in text, f"{old!r} is not in the diagram"
        text = text.replace(old, new)
    return changed(of, {DIAGRAM: lay_out(text, DIAGRAM)})


def ensure(problems: list[str], *parts: str) -> None:
    """One of the problems has all of `parts`."""
    assert any(all(part in problem for part in parts) for problem in problems), problems


def test_the_sound_process_passes(sound: Bundle, root: Path) -> None:
    assert gate_problems(sound, root) == []


def test_the_processes_of_the_house_pass() -> None:
    assert check_processes() == []


def test_problems_become_errors_of_the_system_check(monkeypatch: pytest.MonkeyPatch, sound: Bundle) -> None:
    broken = edited(sound, RULES, "amount: 5", "amount: 0")
    monkeypatch.setattr("workflow_app.checks.discover", lambda: {SLUG: broken})
    found = check_processes()
    assert found
    assert all(isinstance(each, Error) and each.id == "workflow_app.E001" for each in found)


# Logic, names and documentation of the diagram

_DOCUMENTED = (
    "<bpmn:documentation>（请填写依据）审核员审查申请材料，提出同意或者不同意的意见并说明理由。"
    "</bpmn:documentation>"
)
_END_DOCUMENTED = "<bpmn:documentation>（请填写依据）准予决定送达，案件办结。</bpmn:documentation>"
_FLOW_DOCUMENTED = "<bpmn:documentation>（请填写依据）审批人同意意见，作出决定。</bpmn:documentation>"

LOGIC: dict[str, tuple[tuple[str, str], tuple[str, ...]]] = {
    "lane name": (('name="reviewer"', 'name="boss"'), ("lane_reviewer", "角色代码")),
    "lane id": (("lane_reviewer", "lane_x"), ("lane_x", "lane_reviewer")),
    "no lane": (("<bpmn:flowNodeRef>task_propose</bpmn:flowNodeRef>", ""), ("task_propose", "泳道")),
    "two lanes": (
        ("<bpmn:flowNodeRef>do_start</bpmn:flowNodeRef>",
         "<bpmn:flowNodeRef>do_start</bpmn:flowNodeRef><bpmn:flowNodeRef>task_approve</bpmn:flowNodeRef>"),
        ("task_approve", "2 个"),
    ),
    "user task id": (("task_propose", "propose"), ("propose", "task_")),
    "service task id": (("do_stop", "stop"), ("stop", "do_")),
    "end id": (("end_granted", "granted_end"), ("granted_end", "end_")),
    "gateway id": (("gw_result", "result_gw"), ("result_gw", "gw_")),
    "flow id": (("flow_handle", "handle_flow"), ("handle_flow", "flow_")),
    "no name": (('name="审批"', 'name=""'), ("task_approve", "中文名称")),
    "english name": (('name="审批"', 'name="Approve"'), ("task_approve", "中文名称")),
    "no title_en": (('name="title_en" value="Approve"', 'name="title_en" value=""'), ("task_approve", "title_en")),
    "no form": (('value="approve"/>', 'value=""/>'), ("task_approve", "formJsonSchemaFilename")),
    "no clock": (
        ('<spiffworkflow:property name="clock" value="handle"/>\n          <spiffworkflow:property name="title_en" '
         'value="Approve"/>', '<spiffworkflow:property name="title_en" value="Approve"/>'),
        ("task_approve", "clock"),
    ),
    "undocumented task": ((_DOCUMENTED, ""), ("task_propose", "documentation")),
    "undocumented end": ((_END_DOCUMENTED, ""), ("end_granted", "documentation")),
    "undocumented branch": ((_FLOW_DOCUMENTED, ""), ("flow_agree", "gw_approved", "documentation")),
    "empty documentation": (
        (_DOCUMENTED, "<bpmn:documentation>  </bpmn:documentation>"), ("task_propose", "documentation")
    ),
    "no default": ((' default="flow_agree"', ""), ("flow_agree", "默认流向")),
    "default with condition": (
        (_FLOW_DOCUMENTED, _FLOW_DOCUMENTED + "<bpmn:conditionExpression xsi:type=\"bpmn:tFormalExpression\">"
         "approval == 'agree'</bpmn:conditionExpression>"),
        ("flow_agree", "默认流向不能再有条件"),
    ),
    "unreachable": (
        ("  </bpmn:process>", '<bpmn:userTask id="task_lost" name="无人"/><bpmn:sequenceFlow id="flow_lost" '
         'sourceRef="task_lost" targetRef="end_granted"/></bpmn:process>'),
        ("task_lost", "无法到达"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LOGIC)
def test_the_logic_of_the_diagram(name: str, sound: Bundle, root: Path) -> None:
    (old, new), parts = LOGIC[name]
    broken = changed(sound, {DIAGRAM: sound.files[DIAGRAM].replace(old, new)})
    assert broken.files != sound.files, "the edit changed nothing"
    ensure(gate_problems(broken, root), DIAGRAM, *parts)


def test_conditions_on_every_flow_do_not_replace_a_default(sound: Bundle, root: Path) -> None:
    condition = "<bpmn:conditionExpression xsi:type=\"bpmn:tFormalExpression\">approval == 'agree'"
    broken = drawn(
        sound,
        (' default="flow_agree"', ""),
        (_FLOW_DOCUMENTED, f"{_FLOW_DOCUMENTED}{condition}</bpmn:conditionExpression>"),
    )
    ensure(gate_problems(broken, root), "gw_approved", "缺少默认流向")


def test_the_start_is_called_start(sound: Bundle, root: Path) -> None:
    broken = drawn(sound, ('id="start"', 'id="begin"'), ('"start"', '"begin"'), (">start<", ">begin<"))
    ensure(gate_problems(broken, root), "begin", "start")


def test_from_everywhere_an_end_is_reached(sound: Bundle, root: Path) -> None:
    broken = drawn(
        sound,
        (
            "  </bpmn:process>",
            '<bpmn:userTask id="task_trap" name="陷阱"/><bpmn:sequenceFlow id="flow_trap" sourceRef="task_trap"'
            ' targetRef="task_trap"/></bpmn:process>',
        ),
        (
            'sourceRef="do_letter_granted" targetRef="do_tell_granted"',
            'sourceRef="do_letter_granted" targetRef="task_trap"',
        ),
    )
    ensure(gate_problems(broken, root), "task_trap", "无法到达任何结束事件")


def test_a_user_task_is_not_done_by_the_system(sound: Bundle, root: Path) -> None:
    reference = "<bpmn:flowNodeRef>task_propose</bpmn:flowNodeRef>"
    broken = drawn(
        sound,
        (reference, ""),
        (
            "<bpmn:flowNodeRef>do_start</bpmn:flowNodeRef>",
            f"<bpmn:flowNodeRef>do_start</bpmn:flowNodeRef>{reference}",
        ),
    )
    ensure(gate_problems(broken, root), "task_propose", "system")


def _with_boundary(sound: Bundle, *, target: str, documented: bool = True, more: str = "") -> Bundle:
    documentation = "<bpmn:documentation>依据</bpmn:documentation>" if documented else ""
    return drawn(
        sound,
        (
            "  </bpmn:process>",
            f'<bpmn:boundaryEvent id="timer_late" name="逾期" attachedToRef="task_propose" cancelActivity="false">'
            f"{documentation}<bpmn:timerEventDefinition><bpmn:timeDate>handle_due</bpmn:timeDate>"
            f'</bpmn:timerEventDefinition></bpmn:boundaryEvent><bpmn:sequenceFlow id="flow_late" sourceRef="timer_late"'
            f' targetRef="{target}"/>{more}</bpmn:process>',
        ),
        (
            "<bpmn:flowNodeRef>task_propose</bpmn:flowNodeRef>",
            "<bpmn:flowNodeRef>task_propose</bpmn:flowNodeRef><bpmn:flowNodeRef>timer_late</bpmn:flowNodeRef>",
        ),
    )


_SIDE_END = (
    '<bpmn:endEvent id="end_side" name="已提醒"><bpmn:documentation>依据</bpmn:documentation></bpmn:endEvent>'
)


def test_a_side_branch_that_ends_at_once_passes(sound: Bundle, root: Path) -> None:
    whole = _with_boundary(sound, target="end_side", more=_SIDE_END)
    lanes = whole.files[DIAGRAM].replace(
        "<bpmn:flowNodeRef>timer_late</bpmn:flowNodeRef>",
        "<bpmn:flowNodeRef>timer_late</bpmn:flowNodeRef><bpmn:flowNodeRef>end_side</bpmn:flowNodeRef>",
    )
    assert gate_problems(changed(whole, {DIAGRAM: lay_out(lanes, DIAGRAM)}), root) == []


def test_a_side_branch_waits_for_nobody(sound: Bundle, root: Path) -> None:
    ensure(gate_problems(_with_boundary(sound, target="task_approve"), root), "timer_late", "非中断")


def test_boundary_events_are_documented(sound: Bundle, root: Path) -> None:
    broken = _with_boundary(sound, target="end_side", documented=False, more=_SIDE_END)
    ensure(gate_problems(broken, root), "timer_late", "documentation")


def test_parallel_branches_do_not_end_the_case(sound: Bundle, root: Path) -> None:
    condition = "<bpmn:conditionExpression xsi:type=\"bpmn:tFormalExpression\">result == 'grant'"
    broken = drawn(
        sound,
        ('<bpmn:exclusiveGateway id="gw_result" name="决定是什么？" default="flow_refuse"/>',
         '<bpmn:parallelGateway id="gw_result"/>'),
        (f"{condition}</bpmn:conditionExpression>", ""),
    )  # fmt: skip
    problems = gate_problems(broken, root)
    ensure(problems, "end_granted", "未汇合")
    ensure(problems, "end_refused", "未汇合")


# Facts


@pytest.mark.parametrize(
    ("edit", "parts"),
    [
        (("approval == 'return'", "aproval == 'return'"), ("flow_return", "没有“aproval”")),
        (("approval == 'return'", "handle_due == 'x' or approval == 'return'"), ()),
        (("approval == 'return'", "channel == 'window'"), ()),
        (("result == 'grant'", "result == 'grant' and reason == 'x'"), ("flow_grant", "没有“reason”")),
        (("\"'handle'\"", '"approval"'), ("do_start", "approval", "并非在到达此处的每条路径")),
    ],
)
def test_every_name_has_a_value_before_it_is_read(
    edit: tuple[str, str], parts: tuple[str, ...], sound: Bundle, root: Path
) -> None:
    problems = gate_problems(edited(sound, DIAGRAM, *edit), root)
    if parts:
        ensure(problems, DIAGRAM, *parts)
    else:
        assert problems == []


def test_a_name_set_on_one_way_only_is_not_enough(sound: Bundle, root: Path) -> None:
    """The timer of the first round would read what only the second one sets."""
    broken = drawn(
        sound,
        ('sourceRef="start" targetRef="do_start"', 'sourceRef="start" targetRef="gw_way"'),
        (
            "  </bpmn:process>",
            '<bpmn:exclusiveGateway id="gw_way" name="走哪条路？" default="flow_way"/>'
            '<bpmn:sequenceFlow id="flow_way" sourceRef="gw_way" targetRef="do_start"><bpmn:documentation>依据'
            '</bpmn:documentation></bpmn:sequenceFlow><bpmn:sequenceFlow id="flow_short" sourceRef="gw_way"'
            ' targetRef="task_propose"><bpmn:documentation>依据</bpmn:documentation><bpmn:conditionExpression'
            " xsi:type=\"bpmn:tFormalExpression\">channel == 'window'</bpmn:conditionExpression></bpmn:sequenceFlow>"
            "</bpmn:process>",
        ),
        ("<bpmn:flowNodeRef>do_start</bpmn:flowNodeRef>",
         "<bpmn:flowNodeRef>do_start</bpmn:flowNodeRef><bpmn:flowNodeRef>gw_way</bpmn:flowNodeRef>"),
        ("result == 'grant'", "result == 'grant' and handle_due != None"),
    )  # fmt: skip
    ensure(gate_problems(broken, root), "flow_grant", "handle_due", "并非在到达此处的每条路径")


# Operations


@pytest.mark.parametrize(
    ("edit", "parts"),
    [
        (('id="clock.stop"', 'id="clock.halt"'), ("do_stop", "没有操作“clock.halt”")),
        (('id="name"', 'id="nane"'), ("do_start", "没有参数 nane")),
        (('id="name"', 'id="nane"'), ("do_start", "缺少参数 name")),
        (("\"'handle'\"", "\"'unknown'\""), ("do_start", "时限", "unknown")),
        (("\"'granted'\"", "\"'unknown'\""), ("do_letter_granted", "文书", "unknown")),
        (("\"'decided'\"", "\"'unknown'\""), ("do_tell_granted", "通知", "unknown")),
        (
            (
                '<spiffworkflow:parameter id="kind"',
                '<spiffworkflow:parameter id="supersedes" type="str" value="\'lost\'"/>'
                '<spiffworkflow:parameter id="kind"',
            ),
            ("do_letter_granted", "supersedes", "lost"),
        ),
        (("\"'handle'\"", '"channel"'), ("do_start", "文字常量")),
    ],
)
def test_operations_exist_and_are_called_rightly(
    edit: tuple[str, str], parts: tuple[str, ...], sound: Bundle, root: Path
) -> None:
    ensure(gate_problems(edited(sound, DIAGRAM, *edit), root), DIAGRAM, *parts)


@pytest.mark.parametrize(
    ("parameters", "parts"),
    [
        ({"name": "'handle'", "form": "'nothing'"}, ("表单", "nothing")),
        ({"name": "'handle'", "form": "'propose'"}, ()),
        ({"name": "'handle'"}, ("缺少参数 form",)),
    ],
)
def test_forms_of_operations_exist(
    parameters: dict[str, str], parts: tuple[str, ...], sound: Bundle, root: Path
) -> None:
    inside = "".join(
        f'<spiffworkflow:parameter id="{key}" type="str" value="{value}"/>'
        for key, value in parameters.items()
    )
    text = re.sub(
        r'(<bpmn:serviceTask id="do_stop".*?serviceTaskOperator id=")clock.stop(">\s*<spiffworkflow:parameters>)'
        r".*?(</spiffworkflow:parameters>)",
        rf"\1clock.extend\2{inside}\3",
        sound.files[DIAGRAM],
        flags=re.DOTALL,
    )
    problems = gate_problems(changed(sound, {DIAGRAM: text}), root)
    if parts:
        ensure(problems, "do_stop", *parts)
    else:
        assert problems == []


# Picture


def test_a_picture_is_there_and_complete(sound: Bundle, root: Path) -> None:
    text = sound.files[DIAGRAM]
    bare = re.sub(r"<bpmndi:BPMNDiagram.*</bpmndi:BPMNDiagram>", "", text, flags=re.DOTALL)
    ensure(gate_problems(changed(sound, {DIAGRAM: bare}), root), "layout_process sample")
    for element, word in (
        ("task_propose", "没有图形"),
        ("lane_system", "泳道没有图形"),
        ("flow_grant", "没有连线"),
    ):
        kind = "Edge" if element.startswith("flow") else "Shape"
        holed = re.sub(
            rf'<bpmndi:BPMN{kind} id="{element}_di".*?</bpmndi:BPMN{kind}>',
            "",
            text,
            count=1,
            flags=re.DOTALL,
        )
        assert holed != text
        ensure(gate_problems(changed(sound, {DIAGRAM: holed}), root), element, word)


def test_nothing_lies_on_top_of_another(sound: Bundle, root: Path) -> None:
    text = sound.files[DIAGRAM]
    place = re.search(r'bpmnElement="task_propose">\s*(<dc:Bounds [^>]*/>)', text)
    assert place
    moved = re.sub(r'(bpmnElement="task_approve">\s*)<dc:Bounds [^>]*/>', rf"\1{place.group(1)}", text)
    ensure(gate_problems(changed(sound, {DIAGRAM: moved}), root), "task_propose", "task_approve", "重叠")


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
        ("[50, 80, 100]", "[50, 180]", "warning_points"),
        ("[50, 80, 100]", "often", "warning_points"),
        ("is_assumed: true", "is_assumed: perhaps", "is_assumed"),
        ("is_assumed: true", "color: red", "color"),
    ],
)
def test_dated_rules(old: str, new: str, part: str, sound: Bundle, root: Path) -> None:
    ensure(gate_problems(edited(sound, RULES, old, new), root), RULES, part)


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


# Decisions


def test_a_decision_that_nobody_asks(sound: Bundle, root: Path) -> None:
    from tests.engine.samples import table

    text = table("spare", ["channel"], ["n"], [(["-"], ["1"])])
    ensure(gate_problems(changed(sound, {"bpmn/sample/spare.dmn": text}), root), "spare.dmn", "没有被任何")


def test_facts_of_decisions_are_set_before(sound: Bundle, root: Path) -> None:
    from tests.engine.samples import table

    text = table("grade", ["level"], ["n"], [(["&lt; limit"], ["score"])])
    broken = drawn(
        sound,
        ('<bpmn:sequenceFlow id="flow_start" sourceRef="start" targetRef="do_start"/>',
         '<bpmn:sequenceFlow id="flow_start" sourceRef="start" targetRef="decide_grade"/><bpmn:businessRuleTask'
         ' id="decide_grade" name="评级"><bpmn:extensionElements><spiffworkflow:calledDecisionId>grade'
         "</spiffworkflow:calledDecisionId></bpmn:extensionElements></bpmn:businessRuleTask>"
         '<bpmn:sequenceFlow id="flow_grade" sourceRef="decide_grade" targetRef="do_start"/>'),
        ("<bpmn:flowNodeRef>do_start</bpmn:flowNodeRef>",
         "<bpmn:flowNodeRef>do_start</bpmn:flowNodeRef><bpmn:flowNodeRef>decide_grade</bpmn:flowNodeRef>"),
    )  # fmt: skip
    problems = gate_problems(changed(broken, {"bpmn/sample/grade.dmn": text}), root)
    for name in ("level", "limit", "score"):
        ensure(problems, "decide_grade", "grade", f"“{name}”")


# Scenarios


def test_every_end_has_a_scenario(sound: Bundle, root: Path, tmp_path: Path) -> None:
    call_command("new_process", SLUG, root=tmp_path, verbosity=0)
    folder = tmp_path / "bpmn" / SLUG / "scenarios"
    (folder / "refused.yaml").unlink()
    ensure(gate_problems(sound, tmp_path), "scenarios", "end_refused")
    granted = folder / "granted.yaml"
    text = granted.read_text(encoding="utf-8")
    granted.write_text(text.replace("end: end_granted", "end: end_nowhere"), encoding="utf-8")
    problems = gate_problems(sound, tmp_path)
    ensure(problems, "granted.yaml", "end_nowhere")
    ensure(problems, "scenarios", "end_granted")
    granted.write_text(text + "must_fail: true\n", encoding="utf-8")
    ensure(gate_problems(sound, tmp_path), "scenarios", "end_granted")


@pytest.mark.parametrize(
    ("text", "part"), [("a: [b", "YAML"), ("- a", "情景"), ("title: x", "缺少"), ("", "情景")]
)
def test_scenarios_can_be_read(text: str, part: str, sound: Bundle, tmp_path: Path) -> None:
    call_command("new_process", SLUG, root=tmp_path, verbosity=0)
    (tmp_path / "bpmn" / SLUG / "scenarios" / "odd.yaml").write_text(text, encoding="utf-8")
    ensure(gate_problems(sound, tmp_path), "odd.yaml", part)


def test_a_process_explains_itself(sound: Bundle, tmp_path: Path) -> None:
    call_command("new_process", SLUG, root=tmp_path, verbosity=0)
    (tmp_path / "bpmn" / SLUG / "README.md").unlink()
    ensure(gate_problems(sound, tmp_path), "bpmn/sample/README.md")


def test_a_diagram_that_cannot_be_read_is_all_that_is_said(sound: Bundle, root: Path) -> None:
    broken = edited(sound, DIAGRAM, "?>\n", "?>\n<!DOCTYPE x>\n", 1)
    problems = gate_problems(broken, root)
    assert len(problems) == 1
    ensure(problems, DIAGRAM, "DOCTYPE")
