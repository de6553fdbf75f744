"""What is built from a diagram is what the engine's own parser builds from it, where that parser is sound."""

import warnings
from typing import Any

import pytest
from lxml import etree
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.spiff.parser import SpiffBpmnParser

from tests.engine.samples import boundary, bundle, catch, diagram, gateway, rule, service, table, user
from workflow_app.engine.bundles import discover
from workflow_app.engine.diagram import read_diagram
from workflow_app.engine.errors import DefinitionInvalidError
from workflow_app.engine.programs import compile_bundle, program_of
from workflow_app.engine.specs import build_spec

TABLE = table("eligibility", ["channel"], ["n"], [(["-"], ["1"])])
WHOLE = diagram(
    [
        "start", rule("decide_a", "eligibility"), gateway("gw", default="flow_3"), user("task_a"),
        boundary("timer_a", "task_a", timer="a_due"),
        boundary("msg_a", "task_a", message="training.passed", interrupting=False), service("do_a", "note"),
        gateway("gw_split", "parallel"), user("task_b"), catch("timer_b", timer="b_due"),
        gateway("gw_join", "parallel"), gateway("gw_merge"), "end", "end_late", "end_side",
    ],
    [
        "start > decide_a", "decide_a > gw", "gw > task_a : n == 1", "gw > gw_split", "task_a > gw_merge",
        "timer_a > do_a", "do_a > end_late", "msg_a > end_side", "gw_split > task_b", "gw_split > timer_b",
        "task_b > gw_join", "timer_b > gw_join", "gw_join > gw_merge", "gw_merge > end",
    ],
)  # fmt: skip


def theirs(text: str, slug: str, tables: dict[str, str]) -> BpmnProcessSpec:
    """The specification as the engine's own parser sees it."""
    parser = SpiffBpmnParser()
    root = etree.fromstring(text.encode())
    # It asks for the order in the picture, which the file need not have.
    for element in root.iter("{*}BPMNDiagram"):
        element.getparent().remove(element)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parser.add_bpmn_xml(root)
        for name, content in tables.items():
            parser.add_dmn_xml(etree.fromstring(content.encode()), name)
        return parser.get_spec(slug)


def shape_of(spec: BpmnProcessSpec) -> dict[str, Any]:
    """Of each element: what follows, what leads to it, conditions, default, lane."""
    return {
        name: {
            "outputs": list(each._outputs),
            "inputs": sorted(each._inputs),
            "lane": each.lane or None,
            "manual": each.manual,
            "conditions": [
                (condition.args[0] if condition else None, target)
                for condition, target in getattr(each, "cond_task_specs", ())
            ],
            "default": getattr(each, "default_task_spec", None),
            "cancels": getattr(each, "cancel_activity", None),
            "split": getattr(each, "split_task", None),
        }
        for name, each in spec.task_specs.items()
    }


def test_a_diagram_with_everything_is_built_as_the_parser_builds_it() -> None:
    whole = bundle(WHOLE, tables={"eligibility": TABLE}, outcomes={})
    assert shape_of(compile_bundle(whole).spec) == shape_of(
        theirs(WHOLE, "sample", {"eligibility.dmn": TABLE})
    )


def test_the_processes_of_the_house_are_built_as_the_parser_builds_them() -> None:
    for slug, each in discover().items():
        tables = each.below(f"bpmn/{slug}", ".dmn")
        ours = shape_of(program_of(each).spec)
        parsed = shape_of(theirs(each.files[each.diagram_path], slug, tables))
        assert ours == parsed, slug


def test_a_gateway_asks_in_the_order_of_the_file_not_of_the_picture() -> None:
    text = diagram(
        ["start", gateway("gw", default="flow_3"), "end_a", "end_b", "end_c"],
        ["start > gw", "gw > end_b : channel == 'x'", "gw > end_a : channel == 'x'", "gw > end_c"],
    )
    low_first = (
        '<bpmndi:BPMNDiagram id="d"><bpmndi:BPMNPlane id="p" bpmnElement="sample">'
        '<bpmndi:BPMNShape id="a" bpmnElement="end_a"><dc:Bounds x="0" y="0" width="1" height="1"/>'
        '</bpmndi:BPMNShape><bpmndi:BPMNShape id="b" bpmnElement="end_b">'
        '<dc:Bounds x="0" y="900" width="1" height="1"/></bpmndi:BPMNShape>'
        "</bpmndi:BPMNPlane></bpmndi:BPMNDiagram></bpmn:definitions>"
    )
    spec = build_spec(read_diagram(text.replace("</bpmn:definitions>", low_first), "x"), {})
    assert [target for _, target in spec.task_specs["gw"].cond_task_specs] == ["end_b", "end_a", "end_c"]


def test_a_long_chain_is_built_without_recursion() -> None:
    chain = [service(f"do_{n}", "note") for n in range(197)]
    flows = ["start > do_0", *(f"do_{n} > do_{n + 1}" for n in range(196)), "do_196 > end"]
    program = compile_bundle(bundle(diagram(["start", *chain, "end"], flows)))
    assert len(program.diagram.nodes) == 199


@pytest.mark.parametrize(
    ("nodes", "flows", "reason"),
    [
        (["start", user("task_a")], ["start > task_a"], "task_a 没有流出"),
        (["start", "end", user("task_a")], ["start > end", "task_a > end", "end > task_a"], "不能有流出"),
        (["start", "end", "start_b"], ["start > end", "start_b > end"], "恰好有一个开始事件"),
        (["end"], [], "恰好有一个开始事件"),
        (["start", "end"], ["start > end", "end > start"], "不能有流入"),
        (["start", user("task_a"), "end"], ["start > task_a", "task_a > end", "task_a > end"], "改由网关"),
        (["start", user("task_a"), "end"], ["start > task_a", "task_a > end : a == 1"], "改由网关"),
        (["start", gateway("gw"), "end", "end_b"], ["start > gw", "gw > end", "gw > end_b"], "没有条件"),
        (
            ["start", gateway("gw", "parallel"), "end", "end_b"],
            ["start > gw", "gw > end : a == 1", "gw > end_b"],
            "改由网关",
        ),
        (["start", rule("decide", "nothing"), "end"], ["start > decide", "decide > end"], "没有决策表"),
        (["start", catch("timer_a", timer="a.b"), "end"], ["start > timer_a", "timer_a > end"], "timer_a"),
        (
            ["start", catch("timer_a", timer="'2026-03-02'"), "end"],
            ["start > timer_a", "timer_a > end"],
            "数据名称",
        ),
        (["start", catch("msg_a", message="unknown"), "end"], ["start > msg_a", "msg_a > end"], "恰好等待"),
        (
            ["start", service("do_a", "note"), boundary("timer_a", "do_a", timer="a_due"), "end"],
            ["start > do_a", "do_a > end", "timer_a > end"],
            "只能依附于用户任务",
        ),
        (
            ["start", user("task_a"), boundary("timer_a", "task_a", timer="a_due"), "end"],
            ["start > task_a", "task_a > timer_a", "timer_a > end"],
            "不能有流入",
        ),
        (
            ["start", gateway("gw", "eventBased"), user("task_a"), "end"],
            ["start > gw", "gw > task_a", "task_a > end"],
            "只能是中间捕获事件",
        ),
        (
            ["start", gateway("gw", default="flow_2"), "end", "end_b"],
            ["start > gw", "gw > end : __import__('os')", "gw > end_b"],
            "不被允许",
        ),
        (
            ["start", service("do_a", "note", text="open('x')"), "end"],
            ["start > do_a", "do_a > end"],
            "不被允许",
        ),
    ],
)
def test_what_the_engine_would_trip_over_is_refused_first(
    nodes: list[str], flows: list[str], reason: str
) -> None:
    with pytest.raises(DefinitionInvalidError, match=reason) as error:
        compile_bundle(bundle(diagram(nodes, flows)))
    assert all("bpmn/sample/sample.bpmn" in problem for problem in error.value.problems)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (WHOLE.replace('id="sample"', 'id="other"'), "id 应为 sample"),
        (WHOLE.replace('isExecutable="true"', 'isExecutable="false"'), "isExecutable"),
    ],
)
def test_the_process_is_named_as_its_folder_and_executable(text: str, reason: str) -> None:
    with pytest.raises(DefinitionInvalidError, match=reason):
        compile_bundle(bundle(text, tables={"eligibility": TABLE}))


def test_a_bundle_without_diagram_or_with_a_misnamed_table_is_refused() -> None:
    whole = bundle(WHOLE, tables={"other": TABLE})
    with pytest.raises(DefinitionInvalidError, match="同名"):
        compile_bundle(whole)
    with pytest.raises(DefinitionInvalidError, match="文件不存在"):
        compile_bundle(type(whole)("sample", "1", "0" * 64, {}, whole.manifest))


def test_programs_are_kept_by_content(monkeypatch: pytest.MonkeyPatch) -> None:
    from workflow_app.engine import programs

    monkeypatch.setattr(programs, "_PROGRAMS", {})
    monkeypatch.setattr(programs, "MAX_CACHED", 2)
    texts = [diagram(["start", f"end_{n}"], [f"start > end_{n}"]) for n in range(3)]
    first, second, third = (bundle(text) for text in texts)
    kept = program_of(first)
    assert program_of(bundle(texts[0])) is kept
    program_of(second)
    program_of(third)
    assert program_of(first) is not kept
    assert len(programs._PROGRAMS) == 2
