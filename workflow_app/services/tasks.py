"""Claim, release, assign and complete tasks. Two people on one task: one wins, the other is told who and when."""

from datetime import datetime
from typing import Any

from forms.validator import validate
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import ForbiddenError, NotFoundError
from workflow_app.models import Case, Submission, Task, User
from workflow_app.models.tasks import LIVE, TaskStatus
from workflow_app.selectors.access import Access
from workflow_app.services.case_forms import attach_documents, document_ids, form_of, promoted
from workflow_app.services.errors import FourEyesError, TaskDoneError, TaskTakenError
from workflow_app.services.transition import APPLICANT, Transition, open_case


def claim_task(*, task_id: int, user: User, expected_version: int | None = None) -> Task:
    """Take a task from its queue into one's own hands.

    Raises NotFoundError (not in the user's queues), `TaskTakenError`, `TaskDoneError`, `FourEyesError`,
    `StaleVersionError`. Claiming one's own task again changes nothing.
    """
    with _open(task_id, user, expected_version) as moving:
        task = _live_task(moving, task_id, user)
        if task.status == TaskStatus.CLAIMED:
            return task
        _ensure_four_eyes(moving, task, user)
        _assign(task, user, moving.now)
        moving.record_event("task.claimed", task=task.element)
    return task


def release_task(*, task_id: int, user: User) -> Task:
    """Put one's own task back into its queue; raises as `claim_task`."""
    with _open(task_id, user, None) as moving:
        task = _live_task(moving, task_id, user)
        if task.status == TaskStatus.CLAIMED:
            task.status, task.assignee, task.claimed_at = TaskStatus.OPEN, None, None
            task.save(update_fields=["status", "assignee", "claimed_at"])
            moving.record_event("task.released", task=task.element)
    return task


def assign_task(*, task_id: int, by: User, to: User) -> Task:
    """A supervisor hands a task to a person who may do it; the one who had it loses it.

    Raises NotFoundError, ForbiddenError (not a supervisor of the region, or `to` has no such role), `FourEyesError`.
    """
    with _open(task_id, by, None) as moving:
        task = _find_live(moving, task_id)
        if not Access(by, moving.now).can_assign(task):
            raise ForbiddenError
        if not Access(to, moving.now).can_do(task, moving.case):
            raise ForbiddenError
        _ensure_four_eyes(moving, task, to)
        before = task.assignee_id
        _assign(task, to, moving.now)
        moving.record_event("task.assigned", task=task.element, to=to.username, before=before)
    return task


def complete_task(
    *, task_id: int, user: User, data: dict[str, Any], expected_version: int | None = None
) -> Task:
    """Do a task with the filled form `data`. An unclaimed task is claimed by doing it.

    Only the fields that the manifest promotes reach the process; the whole form is kept beside it. Raises as
    `claim_task`, and `FormInvalidError` with every error of the form at once.
    """
    with _open(task_id, user, expected_version) as moving:
        task = _live_task(moving, task_id, user)
        _ensure_four_eyes(moving, task, user)
        form = form_of(moving.bundle, task.form)
        values = validate(form, data)
        attach_documents(moving.case, user, list(document_ids(form, values)))
        Submission.objects.create(
            case=moving.case, task=task, form=task.form, data=values, by=user, at=moving.now
        )
        task.status, task.done_at, task.done_by = TaskStatus.DONE, moving.now, user
        if task.assignee_id is None:
            task.assignee, task.claimed_at = user, moving.now
        task.save(update_fields=["status", "done_at", "done_by", "assignee", "claimed_at"])
        moving.record_event("task.completed", task=task.element, form=task.form)
        fields = moving.manifest.promoted.get(task.element, ())
        moving.run.complete(task.engine_id, promoted(fields, values))
    return task


def ensure_four_eyes(case_id: int, element: str, user: User, others: tuple[str, ...], title: str) -> None:
    """Raise `FourEyesError` if `user` did one of the tasks `others` in this case, at any time, by any way."""
    if others and Task.objects.filter(case_id=case_id, element__in=others, done_by=user).exists():
        raise FourEyesError(task=title, element=element)


def _open(task_id: int, user: User, expected_version: int | None):  # type: ignore[no-untyped-def]  # context manager
    try:
        case_id = Task.objects.values_list("case_id", flat=True).get(pk=task_id)
    except Task.DoesNotExist as missing:
        raise NotFoundError from missing
    return open_case(user, pk=case_id, expected_version=expected_version)


def _find_live(moving: Transition, task_id: int) -> Task:
    for task in moving.live.values():
        if task.pk == task_id:
            return task
    gone = Task.objects.select_related("done_by", "assignee").get(pk=task_id)
    who = str(gone.done_by or gone.assignee or "—")
    raise TaskDoneError(who=who, when=_when(gone.done_at or moving.now))


def _live_task(moving: Transition, task_id: int, user: User) -> Task:
    """The live task if the user may do it and nobody else holds it."""
    access = Access(user, moving.now)
    row = next((task for task in moving.live.values() if task.pk == task_id), None) or Task.objects.get(
        pk=task_id
    )
    if not access.can_do(row, moving.case):
        raise NotFoundError
    task = _find_live(moving, task_id)
    if task.assignee_id not in (None, user.pk) and task.role != APPLICANT:
        raise TaskTakenError(who=str(task.assignee), when=_when(task.claimed_at or moving.now))
    return task


def _ensure_four_eyes(moving: Transition, task: Task, user: User) -> None:
    others = moving.manifest.four_eyes.get(task.element, ())
    ensure_four_eyes(moving.case.pk, task.element, user, others, _title_of(moving, others))


def _title_of(moving: Transition, elements: tuple[str, ...]) -> str:
    return "、".join(moving.run.title_of(element) for element in elements)


def _assign(task: Task, user: User, now: datetime) -> None:
    task.status, task.assignee, task.claimed_at = TaskStatus.CLAIMED, user, now
    task.save(update_fields=["status", "assignee", "claimed_at"])


def _when(moment: datetime) -> str:
    return f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M}"


def live_tasks_of(case: Case) -> list[Task]:
    """The open and claimed tasks of a case, oldest first."""
    return list(case.tasks.filter(status__in=LIVE).order_by("id"))
