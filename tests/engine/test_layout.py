"""Pictures: complete, in right angles, through nothing, over nothing, and the rest of the file untouched."""

import re
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.samples import boundary, catch, diagram, gateway, service, user
from workflow_app.engine.bundles import discover
from workflow_app.engine.diagram import Diagram, read_diagram
from workflow_app.engine.errors import DefinitionInvalidError
from workflow_app.engine.layout import lay_out
from workflow_app.engine.layout.drawing import Picture, draw
from workflow_app.engine.layout.geometry import Point, Shape
from workflow_app.engine.layout.labels import label_size
from workflow_app.engine.layout.ranks import MAX_STACK, backward_flows, columns, stacks

LANES = {
    "applicant": ["start", "task_papers", "timer_papers"],
    "reviewer": ["task_a", "gw", "timer_a", "msg_a"],
    "system": ["do_a", "do_b", "do_c", "do_d", "end_a", "end_b", "end_late"],
}
SAMPLE = diagram(
    [
        "start", user("task_a"), boundary("timer_a", "task_a", timer="a_due"),
        boundary("msg_a", "task_a", message="training.passed"), gateway("gw", default="flow_4"), user("task_papers"),
        boundary("timer_papers", "task_papers", timer="a_due"), service("do_a", "note"), service("do_b", "note"),
        service("do_c", "note"), service("do_d", "note"), "end_a", "end_b", "end_late",
    ],
    [
        "start > task_a", "task_a > gw", "gw > do_a : a == 1", "gw > task_papers : a == 2", "gw > end_b",
        "task_papers > task_a", "do_a > do_b", "do_b > do_c", "do_c > do_d", "do_d > end_a", "timer_a > end_late",
        "msg_a > do_a", "timer_papers > end_late",
    ],
    lanes=LANES,
)  # fmt: skip


def crosses(shape: Shape, line: tuple[Point, Point]) -> bool:
    """Whether a line runs through the inside of a shape."""
    (x1, y1), (x2, y2) = line
    return (
        min(x1, x2) < shape.x + shape.half_width
        and max(x1, x2) > shape.x - shape.half_width
        and min(y1, y2) < shape.y + shape.half_height
        and max(y1, y2) > shape.y - shape.half_height
    )


def on_edge(point: Point, shape: Shape) -> bool:
    dx, dy = abs(point[0] - shape.x), abs(point[1] - shape.y)
    return (dx, dy) in ((shape.half_width, 0), (0, shape.half_height))


def ensure_good(found: Diagram, picture: Picture) -> None:
    """All that a picture of ours promises."""
    assert picture.shapes.keys() == found.nodes.keys()
    assert picture.routes.keys() == found.flows.keys()
    assert picture.lanes.keys() == {lane.id for lane in found.lanes}
    for (one, shape), (other, second) in combinations(picture.shapes.items(), 2):
        hosted = other in (found.nodes[one].attached_to,) or one in (found.nodes[other].attached_to,)
        shared = (
            found.nodes[one].attached_to and found.nodes[one].attached_to == found.nodes[other].attached_to
        )
        assert hosted or shared or not shape.touches(second, 20), (one, other)
    for flow in found.flows.values():
        route = picture.routes[flow.id]
        assert on_edge(route[0], picture.shapes[flow.source])
        assert on_edge(route[-1], picture.shapes[flow.target])
        for line in pairwise(route):
            assert line[0][0] == line[1][0] or line[0][1] == line[1][1], "a slanting line"
            for node_id, shape in picture.shapes.items():
                host = found.nodes[flow.source].attached_to
                assert node_id == host or not crosses(shape, line), (flow.id, node_id)
    for node in found.nodes.values():
        lane = next((lane for lane in found.lanes if node.id in lane.nodes), None)
        if lane is not None:
            band, shape = picture.lanes[lane.id], picture.shapes[node.id]
            assert abs(shape.y - band.y) + shape.half_height <= band.half_height
            assert abs(shape.x - band.x) + shape.half_width <= band.half_width


def test_the_sample_is_drawn_well() -> None:
    found = read_diagram(SAMPLE, "sample.bpmn")
    ensure_good(found, draw(found))


def test_the_processes_of_the_house_are_drawn_well() -> None:
    for slug, bundle in discover().items():
        found = read_diagram(bundle.files[bundle.diagram_path], slug)
        ensure_good(found, draw(found))


def test_lanes_are_bands_below_each_other() -> None:
    found = read_diagram(SAMPLE, "sample.bpmn")
    bands = list(draw(found).lanes.values())
    for above, below in pairwise(bands):
        assert above.y + above.half_height == below.y - below.half_height
        assert (above.x, above.half_width) == (below.x, below.half_width)


def test_time_goes_from_left_to_right() -> None:
    found = read_diagram(SAMPLE, "sample.bpmn")
    back = backward_flows(found)
    assert {(found.flows[each].source, found.flows[each].target) for each in back} == {
        ("task_papers", "task_a")
    }
    column = columns(found)
    runs = {each: first for first, run in stacks(found).items() for each in run}
    for flow in found.flows.values():
        if flow.id not in back and runs.get(flow.source, 1) != runs.get(flow.target, 2):
            assert column[flow.source] < column[flow.target]


def test_services_in_a_row_are_stacked() -> None:
    found = read_diagram(SAMPLE, "sample.bpmn")
    assert stacks(found)["do_a"] == ["do_a", "do_b", "do_c"]
    assert stacks(found)["do_d"] == ["do_d"]
    shapes = draw(found).shapes
    assert shapes["do_a"].x == shapes["do_b"].x == shapes["do_c"].x < shapes["do_d"].x
    assert shapes["do_a"].y < shapes["do_b"].y < shapes["do_c"].y
    assert all(len(run) <= MAX_STACK for run in stacks(found).values())


def test_boundary_events_sit_on_the_edge_of_their_host() -> None:
    shapes = draw(read_diagram(SAMPLE, "sample.bpmn")).shapes
    for event, host in (("timer_a", "task_a"), ("msg_a", "task_a"), ("timer_papers", "task_papers")):
        assert abs(shapes[event].y - shapes[host].y) == shapes[host].half_height
        assert abs(shapes[event].x - shapes[host].x) < shapes[host].half_width


def test_the_rest_of_the_file_stays_letter_by_letter() -> None:
    text = SAMPLE.replace("<bpmn:process", "<!-- kept  as it is -->\n  <bpmn:process")
    drawn = lay_out(text, "sample.bpmn")
    without = re.sub(r"\n  <bpmndi:BPMNDiagram.*</bpmndi:BPMNDiagram>\n", "", drawn, flags=re.DOTALL)
    assert without.split() == text.split()
    assert "kept  as it is" in drawn


def test_drawing_again_changes_nothing() -> None:
    once = lay_out(SAMPLE, "sample.bpmn")
    assert lay_out(once, "sample.bpmn") == once
    assert once.count("<bpmndi:BPMNDiagram ") == 1


def test_what_is_written_is_what_was_drawn() -> None:
    drawn = read_diagram(lay_out(SAMPLE, "sample.bpmn"), "sample.bpmn")
    picture = draw(drawn)
    for node_id, shape in picture.shapes.items():
        box = drawn.shapes[node_id]
        assert (box.x + box.width / 2, box.y + box.height / 2) == (shape.x, shape.y)
    for flow_id, route in picture.routes.items():
        assert [(round(x), round(y)) for x, y in drawn.edges[flow_id]] == route


def test_another_prefix_is_replaced_too() -> None:
    drawn = lay_out(SAMPLE, "sample.bpmn")
    other = drawn.replace("bpmndi:", "di2:").replace("xmlns:bpmndi=", "xmlns:di2=")
    assert lay_out(other, "sample.bpmn").count("BPMNDiagram") == 2


@pytest.mark.parametrize(
    ("text", "width", "lines"), [("受理", 2, 1), ("是否符合条件并且可以受理？", 7, 2), ("accepted", 3, 1)]
)
def test_labels_have_the_size_of_their_words(text: str, width: int, lines: int) -> None:
    half_width, half_height = label_size(text)
    assert half_width >= width * 5
    assert half_height == lines * 7


@st.composite
def processes(draw_from: st.DrawFn) -> str:
    """Any process: layers of nodes with flows onwards and back, in any lanes, with events on edges."""
    size = draw_from(st.integers(2, 9))
    nodes, flows, lanes = ["start"], [], {"applicant": ["start"], "reviewer": [], "system": []}
    kinds = [draw_from(st.sampled_from(["task", "do", "gw", "timer"])) for _ in range(size)]
    names = [f"{kind}_{n}" for n, kind in enumerate(kinds)]
    for kind, name in zip(kinds, names, strict=True):
        role = draw_from(st.sampled_from(list(lanes)))
        lanes[role].append(name)
        if kind == "task":
            nodes.append(user(name))
            for n in range(draw_from(st.integers(0, 3))):
                nodes.append(boundary(f"on_{name}_{n}", name, timer="a_due"))
                lanes[role].append(f"on_{name}_{n}")
                flows.append(f"on_{name}_{n} > {draw_from(st.sampled_from([*names, 'end']))}")
        elif kind == "gw":
            nodes.append(gateway(name, "parallel"))
        elif kind == "timer":
            nodes.append(catch(name, timer="a_due"))
        else:
            nodes.append(service(name, "note"))
    nodes.append("end")
    lanes[draw_from(st.sampled_from(list(lanes)))].append("end")
    flows += [f"{a} > {b}" for a, b in pairwise(["start", *names, "end"])]
    for _ in range(draw_from(st.integers(0, 4))):
        flows.append(f"{draw_from(st.sampled_from(names))} > {draw_from(st.sampled_from([*names, 'end']))}")
    return diagram(nodes, list(dict.fromkeys(flows)), lanes=lanes)


@settings(max_examples=60, deadline=None)
@given(processes())
def test_any_process_is_drawn_well(text: str) -> None:
    found = read_diagram(text, "sample.bpmn")
    ensure_good(found, draw(found))


def test_the_command_rewrites_a_file(tmp_path: Path) -> None:
    path = tmp_path / "sample.bpmn"
    path.write_text(SAMPLE, encoding="utf-8")
    call_command("layout_process", str(path), verbosity=0)
    assert path.read_text(encoding="utf-8") == lay_out(SAMPLE, "sample.bpmn")


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "sample.bpmn"
    with pytest.raises(CommandError, match="文件不存在"):
        call_command("layout_process", "no_such_process")
    hostile = SAMPLE.replace("?>\n", "?>\n<!DOCTYPE x>\n", 1)
    path.write_text(hostile, encoding="utf-8")
    with pytest.raises(CommandError, match="DOCTYPE"):
        call_command("layout_process", str(path))
    assert path.read_text(encoding="utf-8") == hostile


def test_what_cannot_be_read_is_not_drawn() -> None:
    with pytest.raises(DefinitionInvalidError):
        lay_out("<x/>", "sample.bpmn")
