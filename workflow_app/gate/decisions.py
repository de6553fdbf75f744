"""Decision tables: each one that exists is asked. What they may hold is checked when they are read."""

from collections.abc import Iterator

from workflow_app.gate.subject import Subject


def check(subject: Subject) -> Iterator[str]:
    """Every breach, without the name of the diagram's file."""
    called = {node.decision for node in subject.program.diagram.of_kind("businessRuleTask")}
    for decision in subject.program.decisions.values():
        if decision.id not in called:
            yield f"决策表 {decision.id}.dmn 没有被任何业务规则任务使用"
