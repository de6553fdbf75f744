"""Claim, release, assign and complete tasks. Two people on one task: one wins, the other is told who and when."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from forms.validator import validate
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import ForbiddenError, NotFoundError
from workflow_app.models import Case, Submission, Task, User, rows
from workflow_app.models.tasks import TaskStatus
from workflow_app.selectors.access import APPLICANT, Access
from workflow_app.services.case_forms import attach_papers, document_ids, form_of, own_papers, promoted
from workflow_app.services.errors import (
    AssigneeUnfitError,
    FourEyesError,
    TaskCancelledError,
    TaskDoneError,
    TaskTakenError,
)
from workflow_app.services.transition import Transition, open_case

_HELD = ("status", "assignee", "claimed_at", "done_for", "held_until", "hold_reason")
_DONE = (*_HELD, "done_at", "done_by")


def claim_task(*, task_id: int, user: User, expected_version: int | None = None) -> Task:
    """Take a task from its queue into one's own hands.

    Raises NotFoundError (not in the user's queues), `TaskTakenError`, `TaskDoneError`, `TaskCancelledError`,
    `FourEyesError`, `StaleVersionError`. Claiming one's own task again changes nothing.
    """
    with open_task(task_id, user, expected_version) as moving:
        task = live_task_of(moving, task_id, user)
        if task.assignee_id == user.pk:
            return task
        absent = absent_of(task, user)
        _ensure_four_eyes(moving, task, user, absent)
        _assign(task, user, moving.now, absent)
        moving.record_event("task.claimed", task=task.element, **in_place_of(absent))
    return task


def release_task(*, task_id: int, user: User, expected_version: int | None = None) -> Task:
    """Put one's own task back into its queue; raises as `claim_task`. An unclaimed task stays as it is."""
    with open_task(task_id, user, expected_version) as moving:
        task = live_task_of(moving, task_id, user)
        if task.assignee_id is not None:
            absent = absent_of(task, user)
            task.status, task.assignee, task.claimed_at = TaskStatus.OPEN, None, None
            task.done_for_id, task.held_until, task.hold_reason = None, None, ""
            rows.update(task, _HELD)
            moving.record_event("task.released", task=task.element, **in_place_of(absent))
    return task


def assign_task(*, task_id: int, by: User, to: User, expected_version: int | None = None) -> Task:
    """A supervisor hands a task to a person who may do it; the one who had it loses it.

    Raises NotFoundError (`by` cannot see the task), ForbiddenError (not a supervisor of its region),
    `AssigneeUnfitError`, `FourEyesError`, `TaskDoneError`, `TaskCancelledError`, `StaleVersionError`.
    """
    with open_task(task_id, by, expected_version) as moving:
        row = _row(moving, task_id)
        access = Access(by, moving.now)
        if not access.can_assign(row):
            raise ForbiddenError if access.can_do(row, moving.case) else NotFoundError
        task = _ensure_live(moving, row)
        if not Access(to, moving.now).can_do(task, moving.case):
            raise AssigneeUnfitError(**_doer(to))
        _ensure_four_eyes(moving, task, to)
        if task.assignee_id == to.pk:
            return task
        before = task.assignee_id
        _assign(task, to, moving.now)
        moving.record_event("task.assigned", task=task.element, to=to.pk, before=before)
    return task


def complete_task(
    *, task_id: int, user: User, data: dict[str, Any], expected_version: int | None = None
) -> Task:
    """Do a task with the filled form `data`. An unclaimed task is claimed by doing it.

    Only the fields that the manifest promotes reach the process; the whole form is kept beside it. Raises as
    `claim_task`, `FormInvalidError` with every error of the form at once, and `DocumentUnknownError`.
    """
    with open_task(task_id, user, expected_version) as moving:
        task = live_task_of(moving, task_id, user)
        absent = absent_of(task, user)
        _ensure_four_eyes(moving, task, user, absent)
        form = form_of(moving.bundle, task.form)
        values = validate(form, data)
        attach_papers(moving.case, own_papers(user, document_ids(form, values)))
        handed_in = Submission(
            case=moving.case, task=task, form=task.form, data=values, by=user, at=moving.now
        )
        task.status, task.done_at, task.done_by = TaskStatus.DONE, moving.now, user
        task.done_for_id = absent
        if task.assignee_id is None or absent:
            task.assignee, task.claimed_at = user, task.claimed_at or moving.now
        rows.write(rows.adding([handed_in]), rows.changing(task, _DONE))
        moving.record_event("task.completed", task=task.element, form=task.form, **in_place_of(absent))
        fields = moving.manifest.promoted.get(task.element, ())
        moving.run.complete(task.engine_id, promoted(fields, values))
    return task


@contextmanager
def open_task(task_id: int, user: User, expected_version: int | None) -> Iterator[Transition]:
    """Lock the case of a task for one act, as `open_case`; raises NotFoundError where there is no such task."""
    try:
        with open_case(user, task_id=task_id, expected_version=expected_version) as moving:
            yield moving
    except Case.DoesNotExist as missing:
        raise NotFoundError from missing


def _row(moving: Transition, task_id: int) -> Task:
    """The task as the locked case has it, live or not."""
    return next(task for task in moving.tasks if task.pk == task_id)


def ensure_not_done(task: Task) -> None:
    """Raise `TaskDoneError`, which says who did it and when."""
    if task.status == TaskStatus.DONE:
        raise TaskDoneError(**_doer(task.done_by), when=_when(task.done_at))


def _ensure_live(moving: Transition, task: Task) -> Task:
    ensure_not_done(task)
    # A timer that was due may have taken it away a moment ago, before the sweep came.
    if not any(task.engine_id == waiting.engine_id for waiting in moving.run.human_tasks()):
        raise TaskCancelledError
    return task


def live_task_of(moving: Transition, task_id: int, user: User) -> Task:
    """The live task if the user may do it and nobody else holds it, but an absent colleague whose substitute the user
    is; raises NotFoundError, `TaskTakenError`, `TaskDoneError`, `TaskCancelledError`."""
    row, access = _row(moving, task_id), Access(user, moving.now)
    if not access.can_do(row, moving.case):
        raise NotFoundError
    task = _ensure_live(moving, row)
    # What the applicant's side owes may be done by any of its accounts.
    if task.assignee_id in (None, user.pk) or task.role == APPLICANT:
        return task
    if not access.stands_in(task):
        raise TaskTakenError(**_doer(task.assignee), when=_when(task.claimed_at))
    return task


def absent_of(task: Task, user: User) -> int | None:
    """The colleague in whose place the user acts on a task of `live_task_of`: out of whose hands it was taken, or is
    taken now."""
    if task.role == APPLICANT or task.assignee_id is None:
        return None
    return task.done_for_id if task.assignee_id == user.pk else task.assignee_id


def in_place_of(absent: int | None) -> dict[str, int]:
    """What an event says of that colleague."""
    return {"in_place_of": absent} if absent else {}


def _ensure_four_eyes(moving: Transition, task: Task, user: User, absent: int | None = None) -> None:
    """Raise `FourEyesError` if the user, or the absent colleague in whose place the user acts, did one of the tasks
    that exclude this one, at any time, by any way, themself or through a substitute."""
    others, acting = moving.manifest.four_eyes.get(task.element, ()), {user.pk, absent} - {None}
    for done in reversed(moving.tasks):
        if done.element in others and acting & {done.done_by_id, done.done_for_id}:
            raise FourEyesError(task=done.title, task_en=done.title_en, element=task.element)


def _assign(task: Task, user: User, now: datetime, absent: int | None = None) -> None:
    task.status, task.assignee, task.claimed_at = TaskStatus.CLAIMED, user, now
    task.done_for_id, task.held_until, task.hold_reason = absent, None, ""
    rows.update(task, _HELD)


def _doer(user: User | None) -> dict[str, str]:
    return {"who": str(user), "who_en": user.display_name_en if user else ""}


def _when(moment: datetime | None) -> str:
    return f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M}" if moment else "—"
