"""The deployment gate reads diagrams: logic, names, documentation and picture, every rule broken once."""

import re
from pathlib import Path

import pytest

from tests.engine.sound import DIAGRAM, changed, drawn, ensure
from workflow_app.checks import gate_problems
from workflow_app.engine.bundles import Bundle
from workflow_app.engine.layout import lay_out

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
