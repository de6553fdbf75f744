"""A diagram as plain data: what the checks, the layout and the engine need to know of a BPMN file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from workflow_app.engine.errors import DefinitionInvalidError
from workflow_app.engine.xmlguard import BPMN, BPMNDI, DC, DI, FLOW_NODES, SPIFF, name_of, parse_bpmn


@dataclass(frozen=True)
class Node:
    """One activity, event or gateway. `kind` is its element name in BPMN; what does not apply is empty.

    lane: the role code in whose lane it lies. decision: the decision a business rule task calls. timer: the expression
    for the due date. message: the name of the message waited for. attached_to: the host of a boundary event.
    """

    id: str
    kind: str
    name: str
    documentation: str
    line: int
    lane: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    operation: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    decision: str = ""
    timer: str = ""
    message: str = ""
    attached_to: str = ""
    is_interrupting: bool = True
    default_flow: str = ""

    @property
    def is_boundary(self) -> bool:
        return self.kind == "boundaryEvent"

    @property
    def is_gateway(self) -> bool:
        return self.kind.endswith("Gateway")

    @property
    def is_event(self) -> bool:
        return self.kind.endswith("Event")


@dataclass(frozen=True)
class Flow:
    """A sequence flow; `condition` is the text of its expression, empty where it has none."""

    id: str
    source: str
    target: str
    name: str
    condition: str
    documentation: str
    line: int


@dataclass(frozen=True)
class Lane:
    """A lane: `name` is a role code."""

    id: str
    name: str
    nodes: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class Box:
    """The place of a shape in the picture, in pixels."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Diagram:
    """One process. Nodes and flows keep the order of the file: it decides in which order conditions are asked."""

    process_id: str
    name: str
    is_executable: bool
    nodes: Mapping[str, Node]
    flows: Mapping[str, Flow]
    lanes: tuple[Lane, ...]
    shapes: Mapping[str, Box]
    edges: Mapping[str, tuple[tuple[float, float], ...]]
    # Where the words of events, gateways and flows stand; elements without one carry theirs inside or nowhere.
    labels: Mapping[str, Box] = field(default_factory=dict)
    # English by the Chinese name; user tasks have theirs as their property title_en.
    english: Mapping[str, str] = field(default_factory=dict)

    def outgoing(self, node_id: str) -> list[Flow]:
        """The flows that leave a node, in the order of the file."""
        return [flow for flow in self.flows.values() if flow.source == node_id]

    def incoming(self, node_id: str) -> list[Flow]:
        """The flows that enter a node, in the order of the file."""
        return [flow for flow in self.flows.values() if flow.target == node_id]

    def boundary_events(self, node_id: str) -> list[Node]:
        """The boundary events on a node, in the order of the file."""
        return [node for node in self.nodes.values() if node.attached_to == node_id]

    def of_kind(self, *kinds: str) -> list[Node]:
        """The nodes of the given kinds, in the order of the file."""
        return [node for node in self.nodes.values() if node.kind in kinds]


def read_diagram(text: str, path: str, english: Mapping[str, str] | None = None) -> Diagram:
    """The diagram in a file's text; `path` names the file in problems, `english` gives its names in English.

    Raises DefinitionInvalidError.
    """
    root = parse_bpmn(text, path)
    processes = root.findall(f"{{{BPMN}}}process")
    if len(processes) != 1:
        raise DefinitionInvalidError(problems=[f"{path}：应当恰好有一个 process，现有 {len(processes)} 个"])
    process = processes[0]
    lanes = tuple(_lane(element) for element in process.iter(f"{{{BPMN}}}lane"))
    role = {node: lane.name for lane in lanes for node in lane.nodes}
    messages = {each.get("id"): each.get("name", "") for each in root.findall(f"{{{BPMN}}}message")}
    nodes = [_node(element, role, messages) for element in process if name_of(element) in FLOW_NODES]
    flows = [_flow(element) for element in process.findall(f"{{{BPMN}}}sequenceFlow")]
    diagram = Diagram(
        process_id=process.get("id", ""),
        name=process.get("name", ""),
        is_executable=process.get("isExecutable") == "true",
        nodes={node.id: node for node in nodes},
        flows={flow.id: flow for flow in flows},
        lanes=lanes,
        shapes=dict(_shapes(root)),
        edges=dict(_edges(root)),
        labels=dict(_labels(root)),
        english=english or {},
    )
    problems = list(_broken_links(diagram, path))
    if problems:
        raise DefinitionInvalidError(problems=problems)
    return diagram


def _broken_links(diagram: Diagram, path: str) -> Iterator[str]:
    """References that lead nowhere. The XSD makes ids unique, and flows, hosts and messages mere names."""
    for flow in diagram.flows.values():
        for end in (flow.source, flow.target):
            if end not in diagram.nodes:
                yield f"{path}：{flow.id} 连接的元素 {end} 不存在"
    for node in diagram.nodes.values():
        if node.is_boundary and node.attached_to not in diagram.nodes:
            yield f"{path}：{node.id} 依附的元素 {node.attached_to} 不存在"
        if node.default_flow and node.default_flow not in {each.id for each in diagram.outgoing(node.id)}:
            yield f"{path}：{node.id} 的默认流向 {node.default_flow} 不存在"
    for lane in diagram.lanes:
        for node_id in lane.nodes:
            if node_id not in diagram.nodes:
                yield f"{path}：泳道 {lane.id} 中的元素 {node_id} 不存在"


def _lane(element: Any) -> Lane:
    nodes = tuple((each.text or "").strip() for each in element.findall(f"{{{BPMN}}}flowNodeRef"))
    return Lane(element.get("id", ""), element.get("name", ""), nodes, element.sourceline)


def _node(element: Any, role: Mapping[str, str], messages: Mapping[str, str]) -> Node:
    node_id = element.get("id", "")
    operator = element.find(f".//{{{SPIFF}}}serviceTaskOperator")
    message = element.find(f"{{{BPMN}}}messageEventDefinition")
    return Node(
        id=node_id,
        kind=name_of(element),
        name=element.get("name", ""),
        documentation=_documentation(element),
        line=element.sourceline,
        lane=role.get(node_id, ""),
        properties={
            each.get("name", ""): each.get("value", "") for each in element.iter(f"{{{SPIFF}}}property")
        },
        operation=operator.get("id", "") if operator is not None else "",
        parameters={
            each.get("id", ""): each.get("value", "") for each in element.iter(f"{{{SPIFF}}}parameter")
        },
        decision=_text(element, f".//{{{SPIFF}}}calledDecisionId"),
        timer=_text(element, f".//{{{BPMN}}}timeDate"),
        message=messages.get(message.get("messageRef"), "") if message is not None else "",
        attached_to=element.get("attachedToRef", ""),
        is_interrupting=element.get("cancelActivity", "true") == "true",
        default_flow=element.get("default", ""),
    )


def _flow(element: Any) -> Flow:
    return Flow(
        id=element.get("id", ""),
        source=element.get("sourceRef", ""),
        target=element.get("targetRef", ""),
        name=element.get("name", ""),
        condition=_text(element, f"{{{BPMN}}}conditionExpression"),
        documentation=_documentation(element),
        line=element.sourceline,
    )


def _documentation(element: Any) -> str:
    return _text(element, f"{{{BPMN}}}documentation")


def _text(element: Any, where: str) -> str:
    return (element.findtext(where) or "").strip()


def _shapes(root: Any) -> Iterator[tuple[str, Box]]:
    for shape in root.iter(f"{{{BPMNDI}}}BPMNShape"):
        bounds = shape.find(f"{{{DC}}}Bounds")
        if bounds is not None:
            yield shape.get("bpmnElement", ""), _box(bounds)


def _labels(root: Any) -> Iterator[tuple[str, Box]]:
    for kind in ("BPMNShape", "BPMNEdge"):
        for drawn in root.iter(f"{{{BPMNDI}}}{kind}"):
            bounds = drawn.find(f"{{{BPMNDI}}}BPMNLabel/{{{DC}}}Bounds")
            if bounds is not None:
                yield drawn.get("bpmnElement", ""), _box(bounds)


def _box(bounds: Any) -> Box:
    return Box(*(float(bounds.get(key, 0)) for key in ("x", "y", "width", "height")))


def _edges(root: Any) -> Iterator[tuple[str, tuple[tuple[float, float], ...]]]:
    for edge in root.iter(f"{{{BPMNDI}}}BPMNEdge"):
        points = tuple(
            (float(each.get("x", 0)), float(each.get("y", 0))) for each in edge.findall(f"{{{DI}}}waypoint")
        )
        yield edge.get("bpmnElement", ""), points
