"""What somebody has typed into the form of a task and not yet sent: kept as typed, for them alone, until it is done."""

from datetime import timedelta
from typing import Any

from django.db import transaction

from forms.hostile import find_hostile
from forms.problems import FormInvalidError
from workflow_app.domain import clock
from workflow_app.models import Draft, Task, User
from workflow_app.models.tasks import LIVE
from workflow_app.selectors.tasks import get_task
from workflow_app.services.errors import DraftChangedError, TaskCancelledError
from workflow_app.services.tasks import ensure_not_done

# Whoever did not finish a task that somebody else did may still copy their words for a while.
KEPT = timedelta(days=30)


def save_task_draft(*, task_id: int, user: User, data: dict[str, Any], version: int | None = None) -> Draft:
    """Keep what was typed so far in place of what was kept before.

    `version` is that of the draft as it was read: `DraftChangedError` if another window has saved since. Nothing but
    what no table can hold is refused now (`FormInvalidError`). Raises NotFoundError (no task of the account's),
    `TaskDoneError`, `TaskCancelledError`.
    """
    problems = list(find_hostile({"data": data}))
    if problems:
        raise FormInvalidError(problems)
    task = get_task(user, task_id)
    ensure_not_done(task)
    if task.status not in LIVE:
        raise TaskCancelledError
    with transaction.atomic():
        # Of two windows that save first, one makes the row and the other waits for it.
        new = {"process": task.case.process, "updated_at": clock.now()}
        Draft.objects.get_or_create(owner=user, task=task, defaults=new)
        draft = Draft.objects.select_for_update().get(owner=user, task=task)
        if version is not None and version != draft.version:
            raise DraftChangedError
        draft.version += 1
        draft.data, draft.updated_at = data, clock.now()
        draft.save(update_fields=["version", "data", "updated_at"])
    return draft


def task_draft(task: Task, user: User) -> Draft | None:
    """What the account has typed into the form of the task, if anything."""
    return Draft.objects.filter(owner=user, task=task).first()


def others_typing(task: Task, user: User) -> list[Draft]:
    """What others have begun to type into the form of the same task, latest first, with their owners."""
    others = Draft.objects.filter(task=task).exclude(owner=user)
    return list(others.select_related("owner").order_by("-updated_at"))


def forget_task_draft(*, task: Task, user: User) -> None:
    """Throw away what was typed: it has been sent, or is not wanted."""
    Draft.objects.filter(owner=user, task=task).delete()


def forget_old_drafts() -> int:
    """Throw away what was typed into tasks that are over for a month → how many rows."""
    over = Draft.objects.filter(task__isnull=False, updated_at__lt=clock.now() - KEPT)
    return over.exclude(task__status__in=LIVE).delete()[0]
