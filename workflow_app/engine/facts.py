"""What a running process knows and may do: its data, the moment, the operations. The engine asks here for everything.

Process data is one flat mapping of single values for the whole case, shared by all branches. It never lies in the
engine's own tasks, so nothing a form says can become an object of the engine when state is read back.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from workflow_app.engine.decisions import Decision
from workflow_app.engine.diagram import Node
from workflow_app.engine.errors import DataRefusedError, OperationMissingError, TimerUnsetError
from workflow_app.engine.expressions import evaluate, is_fact_name

Operations = Mapping[str, Callable[..., Mapping[str, Any] | None]]

MAX_TEXT = 500
_MAX_WHOLE = 2**53


class Facts:
    """The engine's script environment, reduced to what the house style needs."""

    def __init__(self, data: dict[str, Any], operations: Operations, context: Any, now: datetime) -> None:
        self.data = data
        self.operations = operations
        self.context = context
        self.now = now

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> Any:
        """A condition's value; called by the engine. Raises ExpressionRefusedError, ExpressionFailedError."""
        return evaluate(expression, self.data)

    def operate(self, node: Node) -> None:
        """Call the operation of a service task and keep what it returns. Raises what the operation raises."""
        operation = self.operations.get(node.operation)
        if operation is None:
            raise OperationMissingError(operation=node.operation)
        params = {name: evaluate(text, self.data) for name, text in node.parameters.items()}
        self.keep(operation(self.context, **params) or {})

    def decide(self, decision: Decision) -> None:
        """Evaluate a decision table and keep its outputs."""
        self.keep(decision.decide(self.data))

    def due_at(self, element: str, expression: str) -> datetime:
        """When a timer falls due, aware, in UTC. A timer's expression is the name of one fact.

        Raises TimerUnsetError for anything but a date-time with its zone.
        """
        value = self.data.get(expression)
        try:
            due = datetime.fromisoformat(value or "")
        except (TypeError, ValueError) as error:
            raise TimerUnsetError(element=element, value=str(value)) from error
        if due.tzinfo is None:
            raise TimerUnsetError(element=element, value=str(value))
        return due.astimezone(UTC)

    def keep(self, values: Mapping[str, Any], allowed: Iterable[str] | None = None) -> None:
        """Let values into process data: single ones only, and only names in `allowed` where that is given.

        Raises DataRefusedError; then nothing has changed.
        """
        for name, value in values.items():
            fine = type(name) is str and is_fact_name(name)
            if not fine or (allowed is not None and name not in allowed) or not _is_single(value):
                raise DataRefusedError(name=str(name)[:60])
        self.data.update(values)


def _is_single(value: Any) -> bool:
    # By exact type: a subclass of str may carry anything.
    if type(value) is str:
        return len(value) <= MAX_TEXT and "\0" not in value and _is_unicode(value)
    if type(value) is int:
        return -_MAX_WHOLE <= value <= _MAX_WHOLE
    return value is None or type(value) is bool


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
