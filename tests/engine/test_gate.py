"""The deployment gate: a sound process passes; facts, operations, decisions, scenarios: every rule broken once."""

import re
from pathlib import Path

import pytest
from django.core.checks import Error
from django.core.management import call_command

from tests.engine.sound import DIAGRAM, RULES, SLUG, changed, drawn, edited, ensure
from workflow_app.checks import check_processes, gate_problems
from workflow_app.engine.bundles import Bundle


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
