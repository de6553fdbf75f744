"""Facts: every name that an expression reads is set on every way that leads to it."""

from collections.abc import Iterator

from workflow_app.engine.decisions import Decision
from workflow_app.engine.diagram import Diagram, Node
from workflow_app.engine.expressions import names_in, names_in_cell
from workflow_app.engine.run import CHANNEL
from workflow_app.gate.operations import names_set_by
from workflow_app.gate.shape import predecessors
from workflow_app.gate.subject import Subject


def check(subject: Subject) -> Iterator[str]:
    """Every name read too early, without the name of the file."""
    diagram = subject.program.diagram
    known = facts_before(subject)
    everything = set().union(*known.values(), *(_sets(subject, node) for node in diagram.nodes.values()))
    for node in diagram.nodes.values():
        for where, name in _reads(subject, node):
            if name in known[node.id]:
                continue
            if name in everything:
                yield f"{where}：读取的“{name}”并非在到达此处的每条路径上都已有值"
            else:
                yield f"{where}：没有“{name}”这项数据（表单输入、操作结果或者决策输出）"


def facts_before(subject: Subject) -> dict[str, set[str]]:
    """The names that surely have a value when a token enters a node (for a gateway: when it chooses).

    A forward analysis to its fixed point: what all ways bring along; at a join of parallel branches, what any brings.
    """
    diagram = subject.program.diagram
    universe = {CHANNEL, *subject.bundle.manifest.inputs}
    for node in diagram.nodes.values():
        universe |= _sets(subject, node)
    before = {node_id: set(universe) for node_id in diagram.nodes}
    changed = True
    while changed:
        changed = False
        for node in diagram.nodes.values():
            found = _incoming(subject, diagram, node, before)
            if found != before[node.id]:
                before[node.id] = found
                changed = True
    return before


def _incoming(subject: Subject, diagram: Diagram, node: Node, before: dict[str, set[str]]) -> set[str]:
    if node.kind == "startEvent":
        return {CHANNEL, *subject.bundle.manifest.inputs}
    sources = []
    for source_id in predecessors(diagram, node.id):
        source = diagram.nodes[source_id]
        # A boundary event fires before its host is done.
        own = set() if node.is_boundary else _sets(subject, source)
        sources.append(before[source_id] | own)
    if not sources:
        return set(before[node.id])
    joins = node.kind == "parallelGateway"
    return set.union(*sources) if joins else set.intersection(*sources)


def _sets(subject: Subject, node: Node) -> set[str]:
    if node.kind == "userTask":
        return set(subject.bundle.manifest.promoted.get(node.id, ()))
    if node.kind == "serviceTask":
        return set(names_set_by(node))
    if node.kind == "businessRuleTask":
        return set(subject.program.decisions[node.decision].outputs)
    return set()


def _reads(subject: Subject, node: Node) -> Iterator[tuple[str, str]]:
    texts = [(node.id, node.timer)] if node.timer else []
    texts += [(f"{node.id} 的参数 {key}", text) for key, text in node.parameters.items()]
    texts += [
        (flow.id, flow.condition) for flow in subject.program.diagram.outgoing(node.id) if flow.condition
    ]
    for where, text in texts:
        for name in sorted(names_in(text)):
            yield where, name
    if node.kind == "businessRuleTask":
        decision = subject.program.decisions[node.decision]
        for name in sorted(_read_by(decision)):
            yield f"{node.id} 的决策 {decision.id}", name


def _read_by(decision: Decision) -> set[str]:
    names: set[str] = set()
    for text in decision.inputs:
        names |= names_in(text)
    for rule in decision.rules:
        for cell in rule.cells:
            names |= names_in_cell(cell)
        for text in rule.outputs:
            names |= names_in(text)
    return names
