"""From a diagram to what the engine runs. The engine moves tokens; everything that evaluates or calls is ours.

The engine's own parser is not used: it recurses through the diagram, asks a gateway's conditions in the order of their
vertical place in the picture, and builds what scripts in extensions say. Order here is the order of the file.
"""

from collections.abc import Mapping

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.defaults import (
    BoundaryEvent,
    EndEvent,
    ExclusiveGateway,
    IntermediateCatchEvent,
    ParallelGateway,
    StartEvent,
)
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimeDateEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.spiff.specs.defaults import UserTask
from SpiffWorkflow.spiff.specs.event_definitions import MessageEventDefinition
from SpiffWorkflow.task import Task as Token
from SpiffWorkflow.util.task import TaskState

from workflow_app.engine.decisions import Decision
from workflow_app.engine.diagram import Diagram, Node
from workflow_app.engine.errors import DefinitionInvalidError


class DueDate(TimeDateEventDefinition):
    """A timer that reads its due date from process data each time it is asked, and the moment from whoever acts.

    So an extended clock moves a timer that already waits, and no machine's clock or zone decides anything.
    """

    def has_fired(self, my_task: Token) -> bool:
        facts = my_task.workflow.script_engine
        return bool(facts.due_at(my_task.task_spec.bpmn_id, self.expression) <= facts.now)

    def catches(self, my_task: Token, event: object) -> bool:
        return False


class OperationTask(BpmnSpecMixin):
    """A service task: one call of one operation of the service."""

    def __init__(self, wf_spec: BpmnProcessSpec, node: Node) -> None:
        super().__init__(wf_spec, node.id, lane=node.lane, bpmn_name=node.name)
        self.node = node

    def _run_hook(self, my_task: Token) -> bool:
        my_task.workflow.script_engine.operate(self.node)
        return True


class DecisionTask(BpmnSpecMixin):
    """A business rule task: one decision table whose outputs become process data."""

    def __init__(self, wf_spec: BpmnProcessSpec, node: Node, decision: Decision) -> None:
        super().__init__(wf_spec, node.id, lane=node.lane, bpmn_name=node.name)
        self.decision = decision

    def _run_hook(self, my_task: Token) -> bool:
        my_task.workflow.script_engine.decide(self.decision)
        return True


class EventGateway(BpmnSpecMixin):
    """An event-based gateway: all events behind it wait, the first one to happen wins."""


class JoinGateway(ParallelGateway):
    """A parallel gateway that counts tokens: it fires when one waits on each incoming flow, and consumes those.

    The engine's own looks at everything that ever happened before it, so that in a loop the second round fires as soon
    as one branch of it arrives. Nothing is merged here: process data is shared by all branches anyway.
    """

    def _update_hook(self, my_task: Token) -> bool:
        # One token for each flow, the oldest; the one that is asked stands for its own flow.
        arrived = {
            token.parent.task_spec.name: token
            for token in reversed(my_task.workflow.tasks.values())
            if token.task_spec is self and token.state == TaskState.WAITING
        }
        arrived[my_task.parent.task_spec.name] = my_task
        if len(arrived) < len(set(self._inputs)):
            my_task._set_state(TaskState.WAITING)
            return False
        for token in arrived.values():
            if token is not my_task:
                token.cancel()
        return True

    def _run_hook(self, my_task: Token) -> bool:
        return True


class CatchEvent(IntermediateCatchEvent):
    """An intermediate event that waits; behind an event-based gateway it ends the wait of the others."""

    def _on_complete_hook(self, my_task: Token) -> None:
        super()._on_complete_hook(my_task)
        parent = my_task.parent
        if isinstance(parent.task_spec, EventGateway):
            for rival in parent.children:
                if rival is not my_task and not rival.has_state(TaskState.FINISHED_MASK):
                    rival.cancel()


_EVENTS = {"startEvent": StartEvent, "endEvent": EndEvent}
_PLAIN = {
    "userTask": UserTask,
    "exclusiveGateway": ExclusiveGateway,
    "parallelGateway": JoinGateway,
    "eventBasedGateway": EventGateway,
}


def build_spec(diagram: Diagram, decisions: Mapping[str, Decision]) -> BpmnProcessSpec:
    """The engine's specification of a diagram; `decisions` by id. Raises DefinitionInvalidError."""
    spec = BpmnProcessSpec(name=diagram.process_id, description=diagram.name)
    for node in diagram.nodes.values():
        _add(spec, node, decisions)
    entries = {
        node.id: _with_boundary_events(spec, diagram, node)
        for node in diagram.nodes.values()
        if not node.is_boundary
    }
    for node in diagram.nodes.values():
        _connect(spec, diagram, node, entries)
    # After the flows, as the engine expects it: the join behind a host is a leaf that cancels what no longer applies.
    for node in diagram.nodes.values():
        if node.is_boundary:
            spec.task_specs[node.id].connect(spec.task_specs[f"{node.attached_to}.BoundaryEventJoin"])
        elif node.kind == "startEvent":
            spec.start.connect(spec.task_specs[node.id])
        elif node.kind == "endEvent":
            spec.task_specs[node.id].connect(spec.end)
    return spec


def _add(spec: BpmnProcessSpec, node: Node, decisions: Mapping[str, Decision]) -> None:
    common = {"lane": node.lane, "bpmn_name": node.name}
    if node.kind == "serviceTask":
        OperationTask(spec, node)
    elif node.kind == "businessRuleTask":
        if node.decision not in decisions:
            raise DefinitionInvalidError(problems=[f"{node.id}：没有决策表“{node.decision}”"])
        DecisionTask(spec, node, decisions[node.decision])
    elif node.kind == "boundaryEvent":
        BoundaryEvent(
            spec, node.id, event_definition=_event(node), cancel_activity=node.is_interrupting, **common
        )
    elif node.kind == "intermediateCatchEvent":
        CatchEvent(spec, node.id, event_definition=_event(node), **common)
    elif node.kind in ("startEvent", "endEvent"):
        _EVENTS[node.kind](spec, node.id, event_definition=NoneEventDefinition(), **common)
    else:
        _PLAIN[node.kind](spec, node.id, **common)


def _event(node: Node) -> DueDate | MessageEventDefinition:
    if bool(node.timer) == bool(node.message):
        raise DefinitionInvalidError(problems=[f"{node.id}：应当恰好等待一个日期（timeDate）或一条消息"])
    return DueDate(node.id, node.timer) if node.timer else MessageEventDefinition(node.message)


def _with_boundary_events(spec: BpmnProcessSpec, diagram: Diagram, node: Node) -> object:
    """Where flows enter a node: the node itself, or the split that arms its boundary events."""
    host = spec.task_specs[node.id]
    events = diagram.boundary_events(node.id)
    if not events:
        return host
    split = BoundaryEventSplit(spec, f"{node.id}.BoundaryEventSplit", lane=node.lane)
    join = BoundaryEventJoin(
        spec, f"{node.id}.BoundaryEventJoin", lane=node.lane, split_task=split.name, cancel=True
    )
    split.connect(host)
    host.connect(join)
    for event in events:
        split.connect(spec.task_specs[event.id])
    return split


def _connect(spec: BpmnProcessSpec, diagram: Diagram, node: Node, entries: Mapping[str, object]) -> None:
    source = spec.task_specs[node.id]
    flows = diagram.outgoing(node.id)
    for flow in flows:
        target = entries.get(flow.target)
        if target is None:
            raise DefinitionInvalidError(problems=[f"{flow.id}：流向不能指向边界事件 {flow.target}"])
        if node.kind != "exclusiveGateway":
            if flow.condition or (len(flows) > 1 and not node.is_gateway):
                raise DefinitionInvalidError(
                    problems=[f"{node.id}：只有网关可以有条件或者多个流出，{flow.id} 应当改由网关分出"]
                )
            source.connect(target)
        elif len(flows) == 1 or flow.id == node.default_flow:
            source.connect(target)
        elif flow.condition:
            source.connect_outgoing_if(flow.condition, target)
        else:
            raise DefinitionInvalidError(problems=[f"{flow.id}：既没有条件，也不是 {node.id} 的默认流向"])
