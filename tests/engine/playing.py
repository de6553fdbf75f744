"""Plays small processes: start, act, store and read back."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tests.engine.samples import NOW
from workflow_app.engine.bundles import Bundle
from workflow_app.engine.run import Run

DUE = NOW + timedelta(days=5)


class Calls(list[tuple[str, Any]]):
    """Operations that write down how they were called."""

    def operations(self, **results: Any) -> dict[str, Any]:
        def make(name: str, result: Any) -> Any:
            def call(context: Any, **params: Any) -> Any:
                self.append((name, params))
                return result(context, **params) if callable(result) else result

            return call

        return {
            name.replace("__", "."): make(name.replace("__", "."), result) for name, result in results.items()
        }


def start(of: Bundle, operations: dict[str, Any] | None = None, *, now: datetime = NOW, **data: Any) -> Run:
    run = Run.start(of, {"channel": "online", **data}, operations or {}, "the context", now)
    run.advance()
    return run


def again(run: Run, of: Bundle, operations: dict[str, Any] | None = None, *, now: datetime = NOW) -> Run:
    """The same instance, stored and read back."""
    return Run.load(of, "CN-1", *run.dump("CN-1"), operations or {}, "the context", now)


def tasks(run: Run) -> dict[str, UUID]:
    return {task.spec.element: task.engine_id for task in run.human_tasks()}


def do(run: Run, element: str, **data: Any) -> None:
    run.complete(tasks(run)[element], data)
    run.advance()
