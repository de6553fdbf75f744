"""The logic of a diagram: names, lanes, documentation, ways that lead somewhere, branches that meet again."""

import re
from collections.abc import Callable, Iterable, Iterator

from workflow_app.engine.diagram import Diagram, Node
from workflow_app.gate.subject import Subject
from workflow_app.models.people import Role

# Who may have a lane: the applicant's side, the roles that act in cases, and the service itself.
LANES = (
    "applicant", Role.CLERK.value, Role.REVIEWER.value, Role.APPROVER.value, Role.SOURCE_UNIT.value, Role.TRAINER.value,
    "system",
)  # fmt: skip

_PREFIXES = {
    "startEvent": "start",
    "endEvent": "end_",
    "userTask": "task_",
    "serviceTask": "do_",
    "businessRuleTask": "decide_",
    "exclusiveGateway": "gw_",
    "parallelGateway": "gw_",
    "eventBasedGateway": "gw_",
}
_ID = re.compile(r"[a-z][a-z0-9_]{0,59}")
_HAN = re.compile(r"[\u4e00-\u9fff]")


def check(subject: Subject) -> Iterator[str]:
    """Every breach, without the name of the file."""
    diagram = subject.program.diagram
    yield from _lanes(diagram)
    for node in diagram.nodes.values():
        yield from _identity(diagram, node)
        yield from _documentation(diagram, node)
    for flow in diagram.flows.values():
        if not flow.id.startswith("flow_") or not _ID.fullmatch(flow.id):
            yield f"{flow.id}：流向的 id 应以 flow_ 开头，只含小写字母、数字和下划线"
    yield from _ways(diagram)
    yield from _branches(diagram)


def _lanes(diagram: Diagram) -> Iterator[str]:
    for lane in diagram.lanes:
        if lane.name not in LANES:
            yield f"{lane.id}：泳道名称应为角色代码（{'、'.join(LANES)}），不能是“{lane.name}”"
        if lane.id != f"lane_{lane.name}":
            yield f"{lane.id}：泳道的 id 应为 lane_{lane.name}"
    for node in diagram.nodes.values():
        homes = [lane.id for lane in diagram.lanes if node.id in lane.nodes]
        if len(homes) != 1:
            yield f"{node.id}：应当恰好属于一个泳道，现属于 {len(homes)} 个"
        if node.kind == "userTask" and node.lane == "system":
            yield f"{node.id}：用户任务不能放在 system 泳道"


def _identity(diagram: Diagram, node: Node) -> Iterator[str]:
    prefix = _PREFIXES.get(node.kind) or ("timer_" if node.timer else "msg_")
    if not _ID.fullmatch(node.id) or not node.id.startswith(prefix):
        yield f"{node.id}：id 应以 {prefix} 开头，只含小写字母、数字和下划线"
    merges = node.is_gateway and (node.kind == "parallelGateway" or len(diagram.outgoing(node.id)) == 1)
    if not merges and not _HAN.search(node.name):
        yield f"{node.id}：缺少中文名称（name）"
    if node.kind == "userTask":
        for key in ("title_en", "formJsonSchemaFilename"):
            if not node.properties.get(key, "").strip():
                yield f"{node.id}：缺少属性 {key}"
        if "clock" not in node.properties:
            yield f"{node.id}：缺少属性 clock（没有时限时写空值）"


def _documentation(diagram: Diagram, node: Node) -> Iterator[str]:
    if (node.kind in ("userTask", "endEvent") or node.is_boundary) and not node.documentation:
        yield f"{node.id}：缺少 documentation（写明依据）"
    outgoing = diagram.outgoing(node.id)
    if node.kind != "exclusiveGateway" or len(outgoing) < 2:
        return
    if not node.default_flow:
        yield f"{node.id}：排他网关缺少默认流向（default）"
    for flow in outgoing:
        if not flow.documentation:
            yield f"{flow.id}：网关 {node.id} 的流出缺少 documentation（写明依据）"
        if flow.id == node.default_flow and flow.condition:
            yield f"{flow.id}：默认流向不能再有条件"


def _ways(diagram: Diagram) -> Iterator[str]:
    """Everything can be reached, and from everywhere an end can be reached."""
    starts = [node.id for node in diagram.of_kind("startEvent")]
    forward = _reach(starts, lambda node_id: successors(diagram, node_id))
    ends = [node.id for node in diagram.of_kind("endEvent")]
    backward = _reach(ends, lambda node_id: predecessors(diagram, node_id))
    for node_id in diagram.nodes:
        if node_id not in forward:
            yield f"{node_id}：从开始事件无法到达"
        elif node_id not in backward:
            yield f"{node_id}：由此无法到达任何结束事件"


def successors(diagram: Diagram, node_id: str) -> list[str]:
    """Where a token can be next: the targets of the flows, and the events on a host's edge."""
    return [flow.target for flow in diagram.outgoing(node_id)] + [
        event.id for event in diagram.boundary_events(node_id)
    ]


def predecessors(diagram: Diagram, node_id: str) -> list[str]:
    """Where a token can have been before; for a boundary event its host."""
    node = diagram.nodes[node_id]
    return [node.attached_to] if node.is_boundary else [flow.source for flow in diagram.incoming(node_id)]


def _reach(first: Iterable[str], onward: Callable[[str], list[str]]) -> set[str]:
    seen = set(first)
    queue = list(first)
    while queue:
        for node_id in onward(queue.pop()):
            if node_id not in seen:
                seen.add(node_id)
                queue.append(node_id)
    return seen


def _branches(diagram: Diagram) -> Iterator[str]:
    """Branches of a parallel gateway meet again before the end; a side branch of a timer ends at once and alone."""
    for gateway in diagram.of_kind("parallelGateway"):
        outgoing = diagram.outgoing(gateway.id)
        if len(outgoing) > 1:
            for flow in outgoing:
                for node_id in _until_join(diagram, flow.target):
                    if diagram.nodes[node_id].kind == "endEvent":
                        yield f"{node_id}：并行网关 {gateway.id} 的分支未汇合就到达结束事件"
    for event in diagram.nodes.values():
        if event.is_boundary and not event.is_interrupting:
            for node_id in _side_branch(diagram, event):
                kind = diagram.nodes[node_id].kind
                if kind not in ("serviceTask", "businessRuleTask", "exclusiveGateway", "endEvent"):
                    yield f"{event.id}：非中断边界事件的分支只能自动执行并自行结束，不能经过 {node_id}"


def _until_join(diagram: Diagram, first: str) -> set[str]:
    def onward(node_id: str) -> list[str]:
        node = diagram.nodes[node_id]
        joins = node.kind == "parallelGateway" and len(diagram.incoming(node_id)) > 1
        return [] if joins else successors(diagram, node_id)

    return _reach([first], onward)


def _side_branch(diagram: Diagram, event: Node) -> set[str]:
    return _reach(
        [flow.target for flow in diagram.outgoing(event.id)], lambda node_id: successors(diagram, node_id)
    )


def side_ends(diagram: Diagram) -> set[str]:
    """End events that only a side branch reaches: they end the branch, not the case."""
    ends = {node.id for node in diagram.of_kind("endEvent")}
    side: set[str] = set()
    for event in diagram.nodes.values():
        if event.is_boundary and not event.is_interrupting:
            side |= _side_branch(diagram, event) & ends
    starts = [node.id for node in diagram.of_kind("startEvent")]
    main = _reach(
        starts,
        lambda node_id: [
            each
            for each in successors(diagram, node_id)
            if not diagram.nodes[each].is_boundary or diagram.nodes[each].is_interrupting
        ],
    )
    return side - main
