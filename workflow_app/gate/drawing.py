"""The picture is complete: a shape for every node and lane, an edge for every flow, nothing on top of another."""

from collections.abc import Iterator
from itertools import combinations

from workflow_app.engine.diagram import Box, Diagram
from workflow_app.gate.subject import Subject


def check(subject: Subject) -> Iterator[str]:
    """Every breach, without the name of the file."""
    diagram = subject.program.diagram
    if not diagram.shapes and not diagram.edges:
        yield f"没有图形（BPMNDI），请运行 manage.py layout_process {subject.slug}"
        return
    yield from _complete(diagram)
    yield from _overlaps(diagram)


def _complete(diagram: Diagram) -> Iterator[str]:
    for lane in diagram.lanes:
        if lane.id not in diagram.shapes:
            yield f"{lane.id}：泳道没有图形"
    for node_id in diagram.nodes:
        if node_id not in diagram.shapes:
            yield f"{node_id}：没有图形"
    for flow_id in diagram.flows:
        if len(diagram.edges.get(flow_id, ())) < 2:
            yield f"{flow_id}：流向没有连线"


def _overlaps(diagram: Diagram) -> Iterator[str]:
    drawn = [(node, diagram.shapes[node.id]) for node in diagram.nodes.values() if node.id in diagram.shapes]
    for (node, box), (other, other_box) in combinations(drawn, 2):
        on_edge = node.attached_to == other.id or other.attached_to == node.id
        if not on_edge and _touch(box, other_box):
            yield f"{node.id} 与 {other.id} 的图形重叠"


def _touch(box: Box, other: Box) -> bool:
    return (
        box.x < other.x + other.width
        and other.x < box.x + box.width
        and box.y < other.y + other.height
        and other.y < box.y + box.height
    )
