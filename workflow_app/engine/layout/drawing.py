"""Puts the picture together and writes it into the file as BPMN Diagram Interchange."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from workflow_app.engine.diagram import Diagram, Flow, Lane, read_diagram
from workflow_app.engine.layout.geometry import (
    COLUMN,
    LANE_HEADER,
    LANE_PADDING,
    LEFT,
    NARROW_COLUMN,
    PITCH,
    ROW,
    TOP,
    WORDED_COLUMN,
    Point,
    Shape,
    half_size,
)
from workflow_app.engine.layout.labels import Labels
from workflow_app.engine.layout.ranks import backward_flows, columns
from workflow_app.engine.layout.routes import LEAVE, Routes
from workflow_app.engine.layout.rows import rows
from workflow_app.engine.xmlguard import BPMNDI, DC, DI

_OLD = re.compile(r"\s*<(\w+:)?BPMNDiagram\b.*</\1BPMNDiagram>", re.DOTALL)
_END = re.compile(r"\s*</(?:\w+:)?definitions>\s*\Z")


@dataclass(frozen=True)
class Picture:
    """Where everything is, by id: shapes of nodes and lanes, ways of flows, labels of both."""

    shapes: Mapping[str, Shape]
    lanes: Mapping[str, Shape]
    routes: Mapping[str, list[Point]]
    labels: Mapping[str, Shape]


def lay_out(text: str, path: str) -> str:
    """The file with its picture drawn anew; everything else stays as it is, letter by letter.

    `path` names the file in problems. Raises DefinitionInvalidError.
    """
    bare = _OLD.sub("", text)
    diagram = read_diagram(bare, path)
    return _END.sub(lambda end: f"\n{_written(diagram, draw(diagram))}\n{end.group().strip()}\n", bare)


def draw(diagram: Diagram) -> Picture:
    """Place and route everything."""
    shapes, bands, width = _placed(diagram)
    bottom = max((band.y + band.half_height for band in bands.values()), default=_lowest(shapes))
    routes = Routes(shapes, (LEFT + LANE_HEADER, TOP - 2 * PITCH, width - PITCH, bottom + 2 * PITCH))
    ways = {}
    for flow in _easiest_first(diagram, shapes):
        node = diagram.nodes[flow.source]
        leave = {"down": 0, "right": 16, "left": 18} if node.is_boundary else LEAVE
        if node.is_boundary and shapes[node.id].y < shapes[node.attached_to].y:
            leave = {"up": 0, "right": 16, "left": 18}
        ways[flow.id] = routes.route(flow.source, flow.target, leave)
    ways = {flow_id: ways[flow_id] for flow_id in diagram.flows}
    return Picture(shapes, bands, ways, _labels(diagram, shapes, ways))


def _easiest_first(diagram: Diagram, shapes: Mapping[str, Shape]) -> list[Flow]:
    """Straight neighbours get the straight lines; what leads back goes around them."""
    back = backward_flows(diagram)

    def effort(flow: Flow) -> tuple[bool, bool, int]:
        a, b = shapes[flow.source], shapes[flow.target]
        return (flow.id in back, a.x != b.x and a.y != b.y, abs(a.x - b.x) + abs(a.y - b.y))

    return sorted(diagram.flows.values(), key=effort)


def _placed(diagram: Diagram) -> tuple[dict[str, Shape], dict[str, Shape], int]:
    column = columns(diagram)
    row = rows(diagram, column)
    lanes = diagram.lanes or (Lane("", "", (), 0),)
    height = {
        lane.name: 1 + max((row[each] for each in row if diagram.nodes[each].lane == lane.name), default=0)
        for lane in lanes
    }
    top, tops = TOP, {}
    for lane in lanes:
        tops[lane.name] = top
        top += height[lane.name] * ROW + 2 * LANE_PADDING
    across = _across(diagram, column)
    shapes = {}
    for node in diagram.nodes.values():
        if not node.is_boundary:
            y = tops.get(node.lane, TOP) + LANE_PADDING + row[node.id] * ROW + ROW // 2 - ROW // 2 % PITCH
            y -= y % PITCH
            shapes[node.id] = Shape(across[column[node.id]], y, *half_size(node))
    _attach(diagram, shapes)
    width = max(shape.x + shape.half_width for shape in shapes.values()) + 5 * PITCH
    bands = {}
    for lane in diagram.lanes:
        half = (height[lane.name] * ROW + 2 * LANE_PADDING) // 2
        bands[lane.id] = Shape((LEFT + width) // 2, tops[lane.name] + half, (width - LEFT) // 2, half)
    return shapes, bands, width


def _across(diagram: Diagram, column: Mapping[str, int]) -> dict[int, int]:
    """The middle of every column; one without tasks is narrower, unless words stand beside what leaves it."""
    wide = {column[node.id] for node in diagram.nodes.values() if not (node.is_gateway or node.is_event)}
    worded = {column[flow.source] for flow in diagram.flows.values() if flow.name}
    middle = {}
    x = LEFT + LANE_HEADER
    for number in range(max(column.values()) + 1):
        width = COLUMN if number in wide else WORDED_COLUMN if number in worded else NARROW_COLUMN
        middle[number] = (x + width // 2) // PITCH * PITCH
        x += width
    return middle


def _attach(diagram: Diagram, shapes: dict[str, Shape]) -> None:
    """Boundary events on the lower edge of their host, from the right; more than two also on the upper edge."""
    spots = [(20, 1), (-20, 1), (20, -1), (-20, -1)]
    for node in diagram.nodes.values():
        host = shapes.get(node.id)
        for (dx, side), event in zip(spots, diagram.boundary_events(node.id), strict=False):
            assert host is not None
            shapes[event.id] = Shape(host.x + dx, host.y + side * host.half_height, *half_size(event))


def _lowest(shapes: Mapping[str, Shape]) -> int:
    return max(shape.y + shape.half_height for shape in shapes.values())


def _labels(
    diagram: Diagram, shapes: Mapping[str, Shape], ways: Mapping[str, list[Point]]
) -> dict[str, Shape]:
    labels = Labels(shapes.values(), ways.values())
    placed = {}
    for node in diagram.nodes.values():
        if node.name and (node.is_event or node.is_gateway):
            placed[node.id] = labels.beside(shapes[node.id], node.name)
    for flow in diagram.flows.values():
        if flow.name:
            placed[flow.id] = labels.along(ways[flow.id], flow.name)
    return placed


def _written(diagram: Diagram, picture: Picture) -> str:
    lines = [
        f'  <bpmndi:BPMNDiagram xmlns:bpmndi="{BPMNDI}" xmlns:dc="{DC}" xmlns:di="{DI}" id="diagram">',
        f'    <bpmndi:BPMNPlane id="plane" bpmnElement={quoteattr(diagram.process_id)}>',
    ]
    for lane in diagram.lanes:
        lines += _shape(lane.id, picture.lanes[lane.id], None, ' isHorizontal="true"')
    for node in diagram.nodes.values():
        marker = ' isMarkerVisible="true"' if node.kind == "exclusiveGateway" else ""
        lines += _shape(node.id, picture.shapes[node.id], picture.labels.get(node.id), marker)
    for flow in diagram.flows.values():
        lines += _edge(flow.id, picture.routes[flow.id], picture.labels.get(flow.id))
    return "\n".join([*lines, "    </bpmndi:BPMNPlane>", "  </bpmndi:BPMNDiagram>"])


def _shape(element: str, shape: Shape, label: Shape | None, more: str) -> list[str]:
    lines = [
        f'      <bpmndi:BPMNShape id="{element}_di" bpmnElement="{element}"{more}>',
        f"        {_bounds(shape)}",
    ]
    return [*lines, *_label(label), "      </bpmndi:BPMNShape>"]


def _edge(element: str, route: list[Point], label: Shape | None) -> list[str]:
    points = [f'        <di:waypoint x="{x}" y="{y}"/>' for x, y in route]
    head = f'      <bpmndi:BPMNEdge id="{element}_di" bpmnElement="{element}">'
    return [head, *points, *_label(label), "      </bpmndi:BPMNEdge>"]


def _label(label: Shape | None) -> list[str]:
    if label is None:
        return []
    return ["        <bpmndi:BPMNLabel>", f"          {_bounds(label)}", "        </bpmndi:BPMNLabel>"]


def _bounds(shape: Shape) -> str:
    return (
        f'<dc:Bounds x="{shape.x - shape.half_width}" y="{shape.y - shape.half_height}"'
        f' width="{2 * shape.half_width}" height="{2 * shape.half_height}"/>'
    )
