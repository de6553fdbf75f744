"""Hostile and careless BPMN and DMN files, generated from sound ones: each is refused with the file's name."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.samples import catch, diagram, gateway, rule, service, table, user
from workflow_app.engine.decisions import read_decision
from workflow_app.engine.diagram import read_diagram
from workflow_app.engine.errors import DefinitionInvalidError
from workflow_app.engine.xmlguard import MAX_BYTES, MAX_FLOW_NODES, parse_bpmn

SOUND = diagram(
    ["start", user("task_a"), gateway("gw", default="flow_3"), service("do_a", "note"), "end"],
    ["start > task_a", "task_a > gw", "gw > do_a : result == 'x'", "gw > end", "do_a > end"],
)
TABLE = table("eligibility", ["a"], ["n"], [(["-"], ["1"])])
PATH = "bpmn/sample/sample.bpmn"
_HEAD_END = "?>\n"
_PROCESS_END = "</bpmn:process>"
_TASK_END = "</bpmn:userTask>"
_EXTENSIONS = "<bpmn:extensionElements>"


def with_doctype(text: str, doctype: str) -> str:
    return text.replace(_HEAD_END, f"{_HEAD_END}{doctype}\n", 1)


def in_process(xml: str) -> str:
    return SOUND.replace(_PROCESS_END, f"{xml}{_PROCESS_END}")


def in_task(xml: str) -> str:
    return SOUND.replace(_TASK_END, f"{xml}{_TASK_END}")


def in_extensions(xml: str) -> str:
    return SOUND.replace(_EXTENSIONS, f"{_EXTENSIONS}{xml}", 1)


_BOMB = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
_S = "spiffworkflow"

HOSTILE = {
    # Entities and instructions
    "doctype": with_doctype(SOUND, "<!DOCTYPE x>"),
    "doctype-lower-case": with_doctype(SOUND, "<!doctype x>"),
    "doctype-system": with_doctype(SOUND, '<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">'),
    "external-entity": with_doctype(SOUND, '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>').replace(
        "示例", "&e;"
    ),
    "parameter-entity": with_doctype(SOUND, '<!DOCTYPE x [<!ENTITY % e SYSTEM "file:///etc/passwd"> %e;]>'),
    "entity-bomb": with_doctype(SOUND, f'<!DOCTYPE x [<!ENTITY a0 "lol">{_BOMB}]>').replace("示例", "&a9;"),
    "undefined-entity": SOUND.replace("示例", "&nothing;"),
    "stylesheet": with_doctype(SOUND, '<?xml-stylesheet type="text/xsl" href="http://127.0.0.1/x.xsl"?>'),
    "instruction-inside": in_process("<?php system('id'); ?>"),
    "instruction-after": SOUND + "<?run x?>",
    "xinclude": in_process(
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'
    ),
    # Code in all its places
    "script-task": in_process('<bpmn:scriptTask id="s"><bpmn:script>import os</bpmn:script></bpmn:scriptTask>'),
    "pre-script": in_extensions(f"<{_S}:preScript>import os</{_S}:preScript>"),
    "post-script": in_extensions(f"<{_S}:postScript>import os</{_S}:postScript>"),
    "instructions-template": in_extensions(
        f"<{_S}:instructionsForEndUser>{{{{ 7 * 7 }}}}</{_S}:instructionsForEndUser>"
    ),
    "unit-tests": in_extensions(f"<{_S}:unitTests/>"),
    "variable-name": in_extensions(f"<{_S}:variableName>result</{_S}:variableName>"),
    "camunda-listener": in_extensions(
        '<camunda:executionListener xmlns:camunda="http://camunda.org/schema/1.0/bpmn" class="java.lang.Runtime"/>'
    ),
    "same-name-other-namespace": in_extensions('<x:properties xmlns:x="http://x.invalid/"/>'),
    "no-namespace": in_extensions('<properties xmlns=""/>'),
    "html-script": in_task('<script xmlns="http://www.w3.org/1999/xhtml">alert(1)</script>'),
    "svg": in_task('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
    # Elements that the engine knows and the house does not
    "call-activity": in_process('<bpmn:callActivity id="c" calledElement="other"/>'),
    "sub-process": in_process('<bpmn:subProcess id="s"/>'),
    "transaction": in_process('<bpmn:transaction id="s"/>'),
    "ad-hoc": in_process('<bpmn:adHocSubProcess id="s"/>'),
    "inclusive-gateway": in_process('<bpmn:inclusiveGateway id="g"/>'),
    "complex-gateway": in_process('<bpmn:complexGateway id="g"/>'),
    "manual-task": in_process('<bpmn:manualTask id="t"/>'),
    "send-task": in_process('<bpmn:sendTask id="t"/>'),
    "receive-task": in_process('<bpmn:receiveTask id="t"/>'),
    "plain-task": in_process('<bpmn:task id="t"/>'),
    "throw-event": in_process('<bpmn:intermediateThrowEvent id="t"/>'),
    "multi-instance": in_task(
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>9999</bpmn:loopCardinality>"
        "</bpmn:multiInstanceLoopCharacteristics>"
    ),
    "standard-loop": in_task("<bpmn:standardLoopCharacteristics/>"),
    "data-object": in_process('<bpmn:dataObject id="d"/>'),
    "data-store": SOUND.replace(_PROCESS_END, f'{_PROCESS_END}<bpmn:dataStore id="d" name="d"/>'),
    "signal": SOUND.replace(_PROCESS_END, f'{_PROCESS_END}<bpmn:signal id="s" name="s"/>'),
    "error": SOUND.replace(_PROCESS_END, f'{_PROCESS_END}<bpmn:error id="s" name="s"/>'),
    "collaboration": SOUND.replace(_PROCESS_END, f'{_PROCESS_END}<bpmn:collaboration id="c"/>'),
    "correlation": SOUND.replace(_PROCESS_END, f'{_PROCESS_END}<bpmn:correlationProperty id="c"/>'),
    "import": SOUND.replace(
        "<bpmn:process", '<bpmn:import importType="x" location="file:///etc/passwd" namespace="x"/><bpmn:process'
    ),
    "timer-duration": SOUND.replace(
        "<bpmn:userTask",
        '<bpmn:intermediateCatchEvent id="timer_x"><bpmn:timerEventDefinition>'
        "<bpmn:timeDuration>P1M</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>"
        "<bpmn:userTask",
    ),
    "timer-cycle": SOUND.replace(
        "<bpmn:userTask",
        '<bpmn:intermediateCatchEvent id="timer_x"><bpmn:timerEventDefinition>'
        "<bpmn:timeCycle>R/PT1S</bpmn:timeCycle></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>"
        "<bpmn:userTask",
    ),
    "terminate": SOUND.replace(
        '<bpmn:endEvent id="end" name="end"/>',
        '<bpmn:endEvent id="end" name="end"><bpmn:terminateEventDefinition/></bpmn:endEvent>',
    ),
    # Not BPMN, or broken
    "empty": "",
    "blank": "  \n",
    "text": "not xml",
    "json": "{}",
    "html": "<html><body/></html>",
    "cut-off": SOUND[:-40],
    "two-roots": SOUND + SOUND.partition(_HEAD_END)[2],
    "nul": SOUND.replace("示例", "示\0例"),
    "surrogate": SOUND.replace("示例", "\ud800"),
    "control-character": SOUND.replace("示例", "\x0b"),
    "no-process": SOUND[: SOUND.index("<bpmn:process")] + SOUND[SOUND.index(_PROCESS_END) + len(_PROCESS_END) :],
    "two-processes": SOUND.replace(
        _PROCESS_END, f'{_PROCESS_END}<bpmn:process id="other" isExecutable="true"/>'
    ),
    "double-id": in_process('<bpmn:endEvent id="end" name="end"/>'),
    "bad-id": in_process('<bpmn:endEvent id="1 end" name="end"/>'),
    "unknown-attribute": SOUND.replace("<bpmn:userTask ", '<bpmn:userTask script="x" '),
    "wrong-boolean": SOUND.replace('isExecutable="true"', 'isExecutable="maybe"'),
    "flow-to-nowhere": SOUND.replace('targetRef="end"', 'targetRef="nowhere"', 1),
    "flow-from-nowhere": SOUND.replace('sourceRef="gw"', 'sourceRef="nowhere"', 1),
    "host-nowhere": in_process(
        '<bpmn:boundaryEvent id="timer_x" attachedToRef="nowhere"><bpmn:timerEventDefinition/></bpmn:boundaryEvent>'
    ),
    "default-nowhere": SOUND.replace('default="flow_3"', 'default="flow_0"'),
    "decision-table": TABLE,
    # Too much of it
    "too-large": SOUND.replace("示例", "例" * (MAX_BYTES // 3 + 1)),
    "too-many-nodes": diagram(
        ["start", *(service(f"do_{n}", "note") for n in range(MAX_FLOW_NODES)), "end"],
        [f"do_{n} > do_{n + 1}" for n in range(MAX_FLOW_NODES - 1)],
    ),
    "too-deep": in_extensions(f"<{_S}:properties>" * 40 + f"</{_S}:properties>" * 40),
    "too-many-elements": in_extensions(
        f"<{_S}:properties>" + f"<{_S}:property/>" * 13_000 + f"</{_S}:properties>"
    ),
}  # fmt: skip

HOSTILE_TABLES = {
    "doctype": with_doctype(TABLE, "<!DOCTYPE x>"),
    "external-entity": with_doctype(TABLE, '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'),
    "instruction": with_doctype(TABLE, "<?run x?>"),
    "literal-expression": TABLE.replace(
        "<decisionTable", '<literalExpression id="x"><text>open</text></literalExpression><decisionTable'
    ),
    "function": TABLE.replace("</decision>", "</decision><businessKnowledgeModel id='b' name='b'/>"),
    "import": TABLE.replace(
        "<decision ", '<import namespace="x" importType="x" locationURI="file:///x"/><decision '
    ),
    "two-decisions": TABLE.replace("</decision>", '</decision><decision id="other" name="other"/>'),
    "no-table": TABLE[: TABLE.index("<decisionTable")] + "</decision></definitions>",
    "old-namespace": TABLE.replace("20191111", "20180521"),
    "empty": "",
    "diagram": SOUND,
    "too-large": TABLE.replace("<text>-</text>", f"<text>{'9' * MAX_BYTES}</text>"),
}


def test_the_sound_files_are_read() -> None:
    assert list(read_diagram(SOUND, PATH).nodes) == ["start", "task_a", "gw", "do_a", "end"]
    assert read_decision(TABLE, "x.dmn").id == "eligibility"


def test_there_are_enough_attacks() -> None:
    assert len(HOSTILE) + len(HOSTILE_TABLES) > 60


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_diagrams_are_refused(name: str) -> None:
    assert HOSTILE[name] != SOUND, "the attack changed nothing"
    began = time.monotonic()
    with pytest.raises(DefinitionInvalidError) as error:
        read_diagram(HOSTILE[name], PATH)
    assert time.monotonic() - began < 5
    assert all(problem.startswith(PATH) for problem in error.value.problems)


@pytest.mark.parametrize("name", HOSTILE_TABLES)
def test_hostile_tables_are_refused(name: str) -> None:
    assert HOSTILE_TABLES[name] != TABLE, "the attack changed nothing"
    with pytest.raises(DefinitionInvalidError) as error:
        read_decision(HOSTILE_TABLES[name], "bpmn/sample/eligibility.dmn")
    assert all("bpmn/sample/eligibility.dmn" in problem for problem in error.value.problems)


def test_no_content_of_another_file_leaks_into_the_problem() -> None:
    for name in ("external-entity", "parameter-entity", "xinclude", "import"):
        with pytest.raises(DefinitionInvalidError) as error:
            read_diagram(HOSTILE[name], PATH)
        assert "root:" not in str(error.value)


def test_refusals_name_element_and_line() -> None:
    with pytest.raises(DefinitionInvalidError) as error:
        read_diagram(HOSTILE["script-task"], PATH)
    assert "scriptTask（s）" in error.value.problems[0]
    assert "第 3 行" in error.value.problems[0]


def test_a_doctype_never_reaches_the_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*args: object) -> None:
        raise AssertionError("parsed")

    monkeypatch.setattr("workflow_app.engine.xmlguard.etree.fromstring", explode)
    for name in ("doctype", "external-entity", "entity-bomb"):
        with pytest.raises(DefinitionInvalidError, match="DOCTYPE"):
            read_diagram(HOSTILE[name], PATH)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("too-deep", "嵌套超过"),
        ("too-many-elements", "元素超过"),
        ("too-many-nodes", "流程元素有"),
        ("too-large", "字节"),
        ("instruction-after", "处理指令"),
        ("unknown-attribute", "不符合标准"),
        ("call-activity", "不允许元素 callActivity"),
    ],
)
def test_each_is_refused_for_its_own_reason(name: str, reason: str) -> None:
    with pytest.raises(DefinitionInvalidError, match=reason):
        read_diagram(HOSTILE[name], PATH)


def test_comments_and_a_byte_order_mark_do_no_harm() -> None:
    commented = SOUND.replace(_PROCESS_END, f"<!-- <bpmn:scriptTask/> -->{_PROCESS_END}")
    assert len(read_diagram(commented, PATH).nodes) == 5
    assert len(read_diagram("\ufeff" + SOUND, PATH).nodes) == 5


def test_a_declared_encoding_decides_nothing() -> None:
    # UTF-7 and the like would hide from the guard what the parser reads.
    for encoding in ("utf-16", "utf-7", "gbk", "ebcdic-cp-be"):
        diagram = read_diagram(SOUND.replace('encoding="UTF-8"', f'encoding="{encoding}"'), PATH)
        assert diagram.name == "示例"


_PIECES = st.sampled_from(
    [
        "<",
        ">",
        "&",
        "&lt;",
        "<!DOCTYPE",
        "<![CDATA[",
        "]]>",
        "<?x?>",
        "</",
        "/>",
        "<bpmn:",
        "<!--",
        "-->",
        '"',
        "\0",
        "x",
    ]
)


@settings(max_examples=150)
@given(st.lists(st.tuples(st.integers(0, len(SOUND)), _PIECES), min_size=1, max_size=4))
def test_damaged_files_never_do_more_than_be_refused(damage: list[tuple[int, str]]) -> None:
    text = SOUND
    for place, piece in damage:
        text = text[:place] + piece + text[place:]
    try:
        root = parse_bpmn(text, PATH)
    except DefinitionInvalidError:
        return
    assert not root.getroottree().docinfo.doctype


def test_waiting_events_and_rules_are_read() -> None:
    text = diagram(
        [
            "start",
            catch("timer_a", timer="a_due"),
            catch("msg_a", message="training.passed"),
            rule("decide", "x"),
            "end",
        ],
        ["start > timer_a", "timer_a > msg_a", "msg_a > decide", "decide > end"],
        lanes={"system": ["start", "timer_a"]},
    )
    found = read_diagram(text, PATH)
    assert found.nodes["timer_a"].timer == "a_due"
    assert found.nodes["timer_a"].lane == "system"
    assert found.nodes["msg_a"].message == "training.passed"
    assert found.nodes["decide"].decision == "x"
