"""Columns: how many steps from the start, once the flows that lead back are set aside.

Services that follow each other in one lane stand below each other in one column, a few at a time: a process of
seventy steps would otherwise be a ribbon that no screen shows.
"""

from collections.abc import Iterator

from workflow_app.engine.diagram import Diagram, Flow

MAX_STACK = 3
_SERVICES = ("serviceTask", "businessRuleTask")


def stacks(diagram: Diagram) -> dict[str, list[str]]:
    """Runs of services to be drawn below each other, by their first element; a node alone is a run of one."""
    runs: dict[str, list[str]] = {}
    head: dict[str, str] = {}
    for node_id in _in_order(diagram, backward_flows(diagram)):
        above = _above(diagram, node_id)
        first = head.get(above, "")
        if first and len(runs[first]) < MAX_STACK:
            runs[first].append(node_id)
            head[node_id] = first
        else:
            runs[node_id] = [node_id]
            head[node_id] = node_id
    return runs


def _above(diagram: Diagram, node_id: str) -> str:
    """The one service that leads to this one and to nothing else, in the same lane; empty if there is none."""
    node = diagram.nodes[node_id]
    incoming = diagram.incoming(node_id)
    if node.kind not in _SERVICES or len(incoming) != 1:
        return ""
    source = diagram.nodes[incoming[0].source]
    return source.id if source.kind in _SERVICES and source.lane == node.lane else ""


def columns(diagram: Diagram) -> dict[str, int]:
    """The column of every node. A boundary event stands in that of its host."""
    back = backward_flows(diagram)
    head = {each: first for first, run in stacks(diagram).items() for each in run}
    column: dict[str, int] = {}
    for node_id in _in_order(diagram, back):
        if head[node_id] != node_id:
            column[node_id] = column[head[node_id]]
            continue
        before = [
            column[_stem(diagram, flow.source)] for flow in diagram.incoming(node_id) if flow.id not in back
        ]
        column[node_id] = max(before, default=-1) + 1
    for node in diagram.nodes.values():
        if node.is_boundary:
            column[node.id] = column[node.attached_to]
    return column


def backward_flows(diagram: Diagram) -> set[str]:
    """The flows that lead back to where one has already been; without them the diagram has no loop."""
    back: set[str] = set()
    # 0 is not seen, 1 is on the way from the start to here, 2 is left for good.
    seen = dict.fromkeys(diagram.nodes, 0)
    for root in _roots(diagram):
        if seen[root]:
            continue
        seen[root] = 1
        path: list[tuple[str, Iterator[Flow]]] = [(root, iter(_leaving(diagram, root)))]
        while path:
            node_id, flows = path[-1]
            flow = next(flows, None)
            if flow is None:
                seen[node_id] = 2
                path.pop()
            elif seen[flow.target] == 1:
                back.add(flow.id)
            elif seen[flow.target] == 0:
                seen[flow.target] = 1
                path.append((flow.target, iter(_leaving(diagram, flow.target))))
    return back


def _roots(diagram: Diagram) -> list[str]:
    starts = [node.id for node in diagram.of_kind("startEvent")]
    return starts + [node.id for node in diagram.nodes.values() if not node.is_boundary]


def _leaving(diagram: Diagram, node_id: str) -> list[Flow]:
    """The flows of a node and of the events on its edge."""
    flows = diagram.outgoing(node_id)
    for event in diagram.boundary_events(node_id):
        flows += diagram.outgoing(event.id)
    return flows


def _stem(diagram: Diagram, node_id: str) -> str:
    return diagram.nodes[node_id].attached_to or node_id


def _in_order(diagram: Diagram, back: set[str]) -> list[str]:
    """Every node that stands by itself, after all that lead to it (Kahn); in the order of the file otherwise."""
    waits = _counts(diagram, back)
    ready = [node_id for node_id, count in waits.items() if count == 0]
    order = []
    while ready:
        node_id = ready.pop(0)
        order.append(node_id)
        for flow in _leaving(diagram, node_id):
            if flow.id not in back:
                waits[flow.target] -= 1
                if waits[flow.target] == 0:
                    ready.append(flow.target)
    return order


def _counts(diagram: Diagram, back: set[str]) -> dict[str, int]:
    counts = {node.id: 0 for node in diagram.nodes.values() if not node.is_boundary}
    for flow in diagram.flows.values():
        if flow.id not in back:
            counts[flow.target] += 1
    return counts
