"""The rows that people and the sweep read, kept in step with where the process stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from workflow_app.engine.run import HumanTask, WaitingTimer
from workflow_app.models import Task, Timer, rows
from workflow_app.models.people import Role
from workflow_app.models.tasks import LIVE, TaskStatus
from workflow_app.selectors.access import APPLICANT

if TYPE_CHECKING:
    from workflow_app.services.transition import Transition


def project_tasks(moving: Transition) -> tuple[list[Task], list[Task]]:
    """Cancel the tasks the process has left → (all live ones, and those among them that it has reached now).

    The latter are still to be written.
    """
    ready = {task.engine_id: task for task in moving.run.human_tasks()}
    gone = [task for engine_id, task in moving.live.items() if engine_id not in ready and task.status in LIVE]
    if gone:
        keys = [task.pk for task in gone]
        rows.change(
            "UPDATE workflow_app_task SET status = %s WHERE id = ANY(%s)", TaskStatus.CANCELLED.value, keys
        )
        for task in gone:
            moving.record_event("task.cancelled", task=task.element)
    facts = moving.facts
    fresh = [
        _new_task(moving, task, _due_of(facts, task.spec.clock))
        for engine_id, task in ready.items()
        if engine_id not in moving.live
    ]
    for task in fresh:
        moving.record_event("task.created", task=task.element, role=task.role)
    kept = [task for engine_id, task in moving.live.items() if engine_id in ready]
    for task in move_tasks(kept, facts):
        rows.update(task, ("due_at",))
    return [*kept, *fresh], fresh


def move_tasks(tasks: Iterable[Task], facts: Mapping[str, object]) -> list[Task]:
    """Give live tasks the due dates that the process knows → those that had another, still to be written."""
    moved = []
    for task in tasks:
        due_at = _due_of(facts, task.clock)
        if due_at != task.due_at:
            task.due_at = due_at
            moved.append(task)
    return moved


def _new_task(moving: Transition, task: HumanTask, due_at: datetime | None) -> Task:
    spec = task.spec
    return Task(
        case_id=moving.case.pk,
        process=moving.case.process,
        engine_id=task.engine_id,
        element=spec.element,
        title=spec.title,
        title_en=spec.title_en,
        role=spec.role,
        form=spec.form,
        clock=spec.clock,
        agency_id=_agency_for(moving, spec.role),
        due_at=due_at,
        created_at=moving.now,
    )


def _agency_for(moving: Transition, role: str) -> int | None:
    """Whose queue the task stands in: nobody's for the applicant, the supplier's of the record for the source unit."""
    if role == APPLICANT:
        return None
    if role == Role.SOURCE_UNIT and moving.case.record is not None:
        return moving.case.record.source_agency_id
    return moving.case.agency_id


def _due_of(facts: Mapping[str, object], clock_name: str) -> datetime | None:
    due = facts.get(f"{clock_name}_due") if clock_name else None
    return datetime.fromisoformat(due) if isinstance(due, str) and due else None


def project_timers(moving: Transition, before: Sequence[WaitingTimer]) -> None:
    """Bring the index of timers in step with what the process waits for."""
    known = {timer.engine_id: timer for timer in before}
    waiting = {timer.engine_id: timer for timer in moving.run.timers()}
    if gone := known.keys() - waiting.keys():
        rows.change("DELETE FROM workflow_app_timer WHERE engine_id = ANY(%s)", list(gone))
    rows.insert(
        [
            Timer(case_id=moving.case.pk, engine_id=t.engine_id, element=t.element, due_at=t.due_at)
            for t in waiting.values()
            if t.engine_id not in known
        ]
    )
    for timer in waiting.values():
        # A timer reads its clock anew each time, so it moves when the clock is extended.
        if timer.engine_id in known and known[timer.engine_id].due_at != timer.due_at:
            Timer.objects.filter(engine_id=timer.engine_id).update(
                due_at=timer.due_at, attempts=0, retry_at=None, problem=""
            )
