"""催办: a supervisor reminds whoever has to act. Each reminder is a row of its own and an event in the trail."""

from datetime import timedelta
from typing import Any

from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import NotFoundError
from workflow_app.models import Reminder, Task, User
from workflow_app.models.tasks import LIVE
from workflow_app.selectors.access import Access
from workflow_app.services.announcing import clock_of, clock_values, holders_of, task_values
from workflow_app.services.errors import (
    ReminderTooSoonError,
    ReminderUnheardError,
    TaskCancelledError,
)
from workflow_app.services.notices import notify
from workflow_app.services.supervision import ensure_supervisor
from workflow_app.services.tasks import ensure_not_done
from workflow_app.services.transition import Transition, open_trail

REMINDER = "reminder"
# More often is no help to whoever is working on it.
INTERVAL = timedelta(hours=1)


def remind_task(*, task_id: int, user: User, note: str = "") -> Reminder:
    """Remind whoever holds the task, else its whole queue, with a note of at most 200 characters.

    The version of the case that people saw stays good. A task that came back after it was sent back is a new task
    with reminders of its own. Raises NotFoundError, ForbiddenError (not a supervisor of its region), `TaskDoneError`,
    `TaskCancelledError`, `ReminderTooSoonError` within an hour of the last one, `ReminderUnheardError` where nobody
    would hear it.
    """
    case_id = Task.objects.filter(pk=task_id).values_list("case_id", flat=True).first()
    if case_id is None:
        raise NotFoundError
    with open_trail(case_id, skip_locked=False) as moving:
        moving.actor = user
        task = Task.objects.select_related("agency", "assignee", "done_by").get(pk=task_id)
        regions = [task.agency.region_id] if task.agency else []
        ensure_supervisor(Access(user, moving.now), moving.case, *regions)
        ensure_not_done(task)
        if task.status not in LIVE:
            raise TaskCancelledError
        _ensure_rested(moving, task)
        return _remind(moving, task, user, note.strip()[:200])


def _remind(moving: Transition, task: Task, user: User, note: str) -> Reminder:
    """Written only if somebody hears it."""
    users = holders_of(task, moving.case)
    if not users or REMINDER not in moving.manifest.notifications:
        raise ReminderUnheardError
    clock = clock_of(moving, task)
    values: dict[str, Any] = {"task": task_values(task), "note": note}
    if clock:
        values["clock"] = clock_values(moving, clock)
    notify(moving, REMINDER, users, **values)
    reminder = Reminder.objects.create(
        case=moving.case, task=task, by=user, at=moving.now, note=note, told=[each.pk for each in users]
    )
    # What the supervisor had to say is for whoever is reminded; the trail is read by the applicant too.
    moving.record_event("task.reminded", task=task.element, reminder=reminder.pk, told=reminder.told)
    return reminder


def _ensure_rested(moving: Transition, task: Task) -> None:
    """Under the lock of the case: of two who remind at once, the second is told of the first."""
    last = task.reminders.order_by("-at").values_list("at", flat=True).first()
    if last is not None and moving.now - last < INTERVAL:
        raise ReminderTooSoonError(
            when=f"{last.astimezone(CHINA):%Y-%m-%d %H:%M}",
            next=f"{(last + INTERVAL).astimezone(CHINA):%Y-%m-%d %H:%M}",
        )
