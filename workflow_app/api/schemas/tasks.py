"""Tasks: queues, single steps, and what is done with them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from workflow_app.api.schemas.cases import BASE, CaseOut, task_title
from workflow_app.api.schemas.common import (
    AgencyOut,
    BodyId,
    FormData,
    Input,
    Moment,
    Output,
    PageIn,
    PersonOut,
    Slug,
    SubjectOut,
)
from workflow_app.domain.workdays import WorkCalendar
from workflow_app.models import Reminder, Task

Username = Annotated[str, Field(min_length=1, max_length=150)]
# One request holds the lock of each of its cases in turn; more than a page of a queue is never chosen at once.
MOST_AT_ONCE = 100


class TaskFilters(PageIn):
    """Which queue, and which of its tasks."""

    queue: Literal["mine", "group", "all"] = "mine"
    process: Slug = ""
    overdue: bool | None = None
    q: Annotated[str, Field(max_length=100)] = ""


class AssignIn(Input):
    """Who is to do it."""

    username: Username


class RemindIn(Input):
    """What the supervisor has to say with it."""

    note: Annotated[str, Field(max_length=200)] = ""


class ReminderOut(Output):
    """A reminder that was written; `told` is how many people it goes to."""

    task_id: int
    at: Moment
    note: str
    told: int

    @classmethod
    def of(cls, reminder: Reminder) -> "ReminderOut":
        return cls(task_id=reminder.task_id, at=reminder.at, note=reminder.note, told=len(reminder.told))


class CompleteIn(Input):
    """The filled form of the step."""

    data: FormData = {}


class BulkIn(Input):
    """One act on several tasks. `username` goes with assign, `data` with complete."""

    ids: Annotated[list[BodyId], Field(min_length=1, max_length=MOST_AT_ONCE)]
    action: Literal["claim", "release", "assign", "complete"]
    username: Annotated[str, Field(max_length=150)] = ""
    data: FormData = {}


class TaskRow(Output):
    """A task in a queue. `lock_version` is that of its case and goes into If-Match.

    `provisional`: the due date rests on a year whose notice has not been entered.
    """

    id: int
    case: str
    process: str
    element: str
    title: str
    role: str
    status: str
    form: str
    subject: SubjectOut
    agency: AgencyOut | None
    assignee: PersonOut | None
    due_at: Moment | None
    provisional: bool
    overdue: bool
    created_at: Moment
    claimed_at: Moment | None
    done_at: Moment | None
    done_by: PersonOut | None
    lock_version: int
    links: dict[str, str]

    @classmethod
    def of(cls, task: Task, now: datetime, calendar: WorkCalendar) -> "TaskRow":
        return cls(**_row(task, now, calendar))


class TaskOut(TaskRow):
    """A task with the form to fill in and its case."""

    form_schema: dict[str, Any]
    form_ui: dict[str, Any]
    case_detail: CaseOut


def task_out(
    task: Task, form_schema: dict[str, Any], form_ui: dict[str, Any], now: datetime, calendar: WorkCalendar
) -> TaskOut:
    """The task with its form and case."""
    row = _row(task, now, calendar)
    return TaskOut(**row, form_schema=form_schema, form_ui=form_ui, case_detail=CaseOut.of(task.case, now))


class BulkResult(Output):
    """What became of one task of a bulk act, as it stands after the act; `problem` if it was refused."""

    id: int
    ok: bool
    task: TaskRow | None
    problem: dict[str, Any] | None


class BulkOut(Output):
    """One result a task, in the order of the request."""

    items: list[BulkResult]


def _row(task: Task, now: datetime, calendar: WorkCalendar) -> dict[str, Any]:
    here = f"{BASE}/tasks/{task.pk}"
    return {
        "id": task.pk,
        "case": task.case.number,
        "process": task.case.process,
        "element": task.element,
        "title": task_title(task),
        "role": task.role,
        "status": task.status,
        "form": task.form,
        "subject": SubjectOut.of(task.case.subject),
        "agency": AgencyOut.of(task.agency) if task.agency else None,
        "assignee": PersonOut.of(task.assignee) if task.assignee else None,
        "due_at": task.due_at,
        "provisional": task.due_at is not None and calendar.is_provisional_due(task.due_at),
        "overdue": task.due_at is not None and task.due_at < now and task.done_at is None,
        "created_at": task.created_at,
        "claimed_at": task.claimed_at,
        "done_at": task.done_at,
        "done_by": PersonOut.of(task.done_by) if task.done_by else None,
        "lock_version": task.case.lock_version,
        "links": {"self": here, "case": f"{BASE}/cases/{task.case.number}"},
    }
