"""Rows: within its lane a node keeps the height of what leads to it, and alternatives stack below."""

from collections.abc import Mapping

from workflow_app.engine.diagram import Diagram
from workflow_app.engine.layout.ranks import backward_flows, stacks


def rows(diagram: Diagram, column: Mapping[str, int]) -> dict[str, int]:
    """The row of every node within its own lane, 0 at the top."""
    back = backward_flows(diagram)
    row: dict[str, int] = {}
    taken: set[tuple[str, int, int]] = set()
    runs = stacks(diagram)
    heads = [diagram.nodes[node_id] for node_id in runs]
    for node in sorted(heads, key=lambda node: (column[node.id], _rank(diagram, node.id, back))):
        chosen = _wanted(diagram, node.id, row, back)
        while any((node.lane, column[node.id], chosen + n) in taken for n in range(len(runs[node.id]))):
            chosen += 1
        for n, member in enumerate(runs[node.id]):
            row[member] = chosen + n
            taken.add((node.lane, column[node.id], chosen + n))
    return row


def _rank(diagram: Diagram, node_id: str, back: set[str]) -> tuple[int, int]:
    """Who chooses first in a column: what lies on the straight way (a gateway's default), then as in the file."""
    straight = False
    for flow in diagram.incoming(node_id):
        source = diagram.nodes[flow.source]
        alone = len(diagram.outgoing(source.id)) == 1 and not source.is_boundary
        straight = straight or (flow.id not in back and (alone or flow.id == source.default_flow))
    return (not straight, list(diagram.nodes).index(node_id))


def _wanted(diagram: Diagram, node_id: str, row: Mapping[str, int], back: set[str]) -> int:
    lane = diagram.nodes[node_id].lane
    best: list[int] = []
    for flow in diagram.incoming(node_id):
        source = diagram.nodes[flow.source]
        stem = source.attached_to or source.id
        if flow.id in back or diagram.nodes[stem].lane != lane or stem not in row:
            continue
        # What a boundary event leads to stands below its host.
        best.append(row[stem] + (1 if source.is_boundary else 0))
    return min(best, default=0)
