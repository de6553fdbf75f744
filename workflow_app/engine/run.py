"""One process instance while it moves: started or loaded, acted upon, and stored again. All within one transition."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Self
from uuid import UUID

from SpiffWorkflow.bpmn import BpmnEvent, BpmnWorkflow
from SpiffWorkflow.bpmn.specs.defaults import EndEvent
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.spiff.specs.event_definitions import MessageEventDefinition
from SpiffWorkflow.task import Task as Token
from SpiffWorkflow.util.task import TaskState

from workflow_app.engine.bundles import Bundle
from workflow_app.engine.errors import EndlessStepsError, TaskGoneError
from workflow_app.engine.facts import Facts, Operations
from workflow_app.engine.programs import Program, TaskSpec, program_of
from workflow_app.engine.specs import DueDate
from workflow_app.engine.state import VERSION, Position, dump_state, load_state, seal

__all__ = ["HumanTask", "Run", "TaskSpec", "WaitingTimer"]

# More than any diagram of 200 elements does between two people, and less than the engine's recursion bears.
MAX_STEPS = 500
# What a filing may say besides the manifest's inputs.
CHANNEL = "channel"


@dataclass(frozen=True)
class HumanTask:
    """A user task that waits for somebody. `engine_id` names this one visit to it."""

    engine_id: UUID
    spec: TaskSpec


class WaitingTimer(NamedTuple):
    """A timer event that waits; `due_at` is aware, in UTC, and moves with the clock it reads."""

    engine_id: UUID
    element: str
    due_at: datetime


class Run:
    """The token game of one case. Not for several threads, and not to be kept beyond one transition."""

    def __init__(self, program: Program, position: Position, facts: Facts) -> None:
        self._program = program
        self._position = position
        self._facts = facts

    @classmethod
    def start(
        cls, bundle: Bundle, data: Mapping[str, Any], operations: Operations, context: Any, now: datetime
    ) -> Self:
        """A new instance with `data` (the manifest's inputs and `channel`); nothing has run yet.

        Raises DataRefusedError, DefinitionInvalidError.
        """
        program = program_of(bundle)
        facts = Facts({}, operations, context, now)
        facts.keep(data, {CHANNEL, *bundle.manifest.inputs})
        workflow = BpmnWorkflow(program.spec, script_engine=facts)
        return cls(program, Position(facts.data, [], None, workflow), facts)

    @classmethod
    def load(
        cls,
        bundle: Bundle,
        owner: str,
        state: bytes,
        mac: bytes,
        version: str,
        operations: Operations,
        context: Any,
        now: datetime,
    ) -> Self:
        """The instance as `dump` left it for `owner`, the number of its case.

        Raises StateVersionError, StateTamperedError, DefinitionInvalidError.
        """
        program = program_of(bundle)
        facts = Facts({}, operations, context, now)
        position = load_state(bundle.content_hash, owner, program.spec, state, mac, version, facts)
        return cls(program, position, facts)

    def dump(self, owner: str) -> tuple[bytes, bytes, str]:
        """State, its seal (32 bytes), good for the case with the number `owner` only, and the version to read it."""
        state = dump_state(self._position)
        return state, seal(self._program.content_hash, owner, state), VERSION

    @property
    def data(self) -> dict[str, Any]:
        """A copy of the process data."""
        return dict(self._facts.data)

    @property
    def completed(self) -> bool:
        """Whether no token is left."""
        return bool(self._workflow.completed)

    @property
    def _workflow(self) -> BpmnWorkflow:
        return self._position.workflow

    def advance(self) -> None:
        """Fire the timers that are due and run on until people, time or messages have to act.

        Errors of operations come out as they were raised; then this object is of no further use. Raises
        EndlessStepsError, DecisionUnmatchedError, ExpressionFailedError, TimerUnsetError, DataRefusedError,
        OperationMissingError.
        """
        steps = 0
        while True:
            self._workflow.refresh_timers()
            ready = [token for token in self._tokens(TaskState.READY) if not token.task_spec.manual]
            if not ready:
                return
            for token in ready:
                # One before it may have cancelled it.
                if token.state == TaskState.READY:
                    steps += 1
                    if steps > MAX_STEPS:
                        raise EndlessStepsError(process=self._program.diagram.process_id, steps=MAX_STEPS)
                    self._run(token)

    def human_tasks(self) -> list[HumanTask]:
        """The user tasks that wait, in the order in which they were reached."""
        tasks = self._program.tasks
        return [
            HumanTask(token.id, tasks[token.task_spec.name])
            for token in self._tokens(TaskState.READY)
            if token.task_spec.manual
        ]

    def timers(self) -> list[WaitingTimer]:
        """The timers that wait, also those already due. Raises TimerUnsetError."""
        return [
            WaitingTimer(
                token.id, name, self._facts.due_at(name, token.task_spec.event_definition.expression)
            )
            for token in self._waiting(DueDate)
            for name in (token.task_spec.name,)
        ]

    def roles_on(self, clock: str) -> set[str]:
        """The roles whose tasks this clock governs, by the diagram."""
        return {task.role for task in self._program.tasks.values() if task.clock == clock}

    def revise(self, data: Mapping[str, Any]) -> None:
        """Put new values in place of facts the process has, such as a due date that was computed anew.

        Raises DataRefusedError for anything it does not know already.
        """
        self._facts.keep(data, self._facts.data.keys())

    def waiting_messages(self) -> set[str]:
        """The names of the messages somebody waits for."""
        return {token.task_spec.event_definition.name for token in self._waiting(MessageEventDefinition)}

    def send(self, name: str) -> bool:
        """Deliver a message to whoever waits for it; False if nobody does. `advance` goes on from there."""
        if name not in self.waiting_messages():
            return False
        self._workflow.send_event(BpmnEvent(MessageEventDefinition(name)))
        return True

    def complete(self, engine_id: UUID, data: Mapping[str, Any]) -> None:
        """Do a user task; `data` are the fields that the manifest promotes. `advance` goes on from there.

        Raises TaskGoneError, DataRefusedError.
        """
        token = self._workflow.tasks.get(engine_id)
        if token is None or token.state != TaskState.READY or not token.task_spec.manual:
            raise TaskGoneError
        self._facts.keep(data, self._program.allowed[token.task_spec.name])
        self._run(token)

    def cancel(self) -> None:
        """Take every token away. The process is completed, without an end event."""
        self._workflow.cancel()

    def ended_at(self) -> str | None:
        """The end event that was reached last, or None."""
        return self._position.ended

    def completed_elements(self) -> set[str]:
        """Every element that was passed at least once."""
        return set(self._position.done)

    def position(self) -> dict[str, list[str]]:
        """`active`: elements where somebody or something waits. `done`: those passed, in order of the first time."""
        elements = self._program.diagram.nodes
        active = [
            token.task_spec.name
            for token in self._tokens(TaskState.READY | TaskState.WAITING)
            if token.task_spec.name in elements
        ]
        return {"active": list(dict.fromkeys(active)), "done": list(self._position.done)}

    def title_of(self, element: str) -> str:
        """The element's name for people, in Chinese."""
        return self._program.diagram.nodes[element].name

    def _tokens(self, states: int) -> list[Token]:
        return [token for token in self._workflow.tasks.values() if token.has_state(states)]

    def _waiting(self, kind: type) -> list[Token]:
        return [
            token
            for token in self._tokens(TaskState.WAITING)
            if isinstance(token.task_spec, CatchingEvent)
            and isinstance(token.task_spec.event_definition, kind)
        ]

    def _run(self, token: Token) -> None:
        try:
            token.run()
        except RecursionError as error:
            # Branches that spawn branches: the engine predicts them ever deeper before it takes a step.
            raise EndlessStepsError(process=self._program.diagram.process_id, steps=MAX_STEPS) from error
        element = token.task_spec.name
        if element in self._program.diagram.nodes and element not in self._position.done:
            self._position.done.append(element)
        if isinstance(token.task_spec, EndEvent):
            self._position.ended = element
