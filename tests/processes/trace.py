"""Which elements and branches a played scenario passes: seen where the engine takes a step, changing nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from workflow_app.engine.bundles import Bundle
from workflow_app.engine.programs import program_of
from workflow_app.engine.run import Run


@dataclass
class Trace:
    """The ids of the elements passed, and (gateway, next element) for each choice made."""

    elements: set[str] = field(default_factory=set)
    choices: set[tuple[str, str]] = field(default_factory=set)

    def add(self, other: "Trace") -> None:
        self.elements |= other.elements
        self.choices |= other.choices


@contextmanager
def traced(trace: Trace) -> Iterator[None]:
    """Note in `trace` every step that any process takes inside."""
    step = Run._run

    def watched(run: Run, token: Any) -> None:
        step(run, token)
        name = token.task_spec.name
        trace.elements.add(name)
        # A task with a timer on it is entered through a split of the engine's own, named after the task.
        trace.choices |= {(name, child.task_spec.name.partition(".")[0]) for child in token.children}

    Run._run = watched
    try:
        yield
    finally:
        Run._run = step


def missing(bundle: Bundle, trace: Trace) -> list[str]:
    """The elements and flows of the process that the trace has not passed, each named with what it says."""
    diagram = program_of(bundle).diagram
    unseen = [f"{node.id} {node.name}" for node in diagram.nodes.values() if node.id not in trace.elements]
    for flow in diagram.flows.values():
        is_choice = diagram.nodes[flow.source].is_gateway and len(diagram.outgoing(flow.source)) > 1
        if is_choice and (flow.source, flow.target) not in trace.choices:
            unseen.append(f"{flow.id} {flow.name}")
    return unseen
