"""Queues, and what is done with tasks."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from forms.languages import told_in
from workflow_app.api.auth import signed_in
from workflow_app.api.bulk import act_on_all
from workflow_app.api.headers import expected_version, set_version
from workflow_app.api.openapi import guarded_by_version
from workflow_app.api.schemas.common import Id, Nothing, PageOut, speaks
from workflow_app.api.schemas.tasks import (
    AssignIn,
    BulkIn,
    BulkOut,
    CompleteIn,
    ReminderOut,
    RemindIn,
    TaskFilters,
    TaskOut,
    TaskRow,
    task_out,
)
from workflow_app.domain import clock
from workflow_app.models import User
from workflow_app.selectors.calendar import get_calendar
from workflow_app.selectors.people import get_colleague
from workflow_app.selectors.tasks import get_task, list_tasks
from workflow_app.services.case_forms import form_of
from workflow_app.services.definitions import bundle_of
from workflow_app.services.reminders import remind_task
from workflow_app.services.tasks import assign_task, claim_task, complete_task, release_task

router = Router(tags=["tasks"])


@router.get("", response=PageOut[TaskRow], operation_id="tasks_list")
def tasks_list(request: HttpRequest, filters: Query[TaskFilters]) -> PageOut[TaskRow]:
    """Live tasks, soonest due first. mine: in my hands; group: unclaimed in my queues; all: every one I may see."""
    page, now = list_tasks(signed_in(request), **filters.model_dump()), clock.now()
    calendar = get_calendar("")
    return PageOut(items=[TaskRow.of(task, now, calendar) for task in page.items], next=page.next)


@router.post("/bulk", response=BulkOut, operation_id="tasks_bulk")
def tasks_bulk(request: HttpRequest, body: BulkIn) -> BulkOut:
    """One act on several tasks: each succeeds or is refused on its own, and is read again afterwards."""
    return act_on_all(signed_in(request), body)


@router.get("/{int:task_id}", response=TaskOut, operation_id="tasks_get")
def tasks_get(request: HttpRequest, response: HttpResponse, task_id: Id) -> TaskOut:
    """A task with the form to fill in and its case."""
    return _seen(signed_in(request), task_id, response)


@router.post(
    "/{int:task_id}/claim", response=TaskOut, operation_id="tasks_claim", openapi_extra=guarded_by_version()
)
def tasks_claim(
    request: HttpRequest, response: HttpResponse, task_id: Id, body: Nothing | None = None
) -> TaskOut:
    """Take a task from its queue. 409 task_taken or task_done says who was faster, and when."""
    user = signed_in(request)
    claim_task(task_id=task_id, user=user, expected_version=expected_version(request))
    return _seen(user, task_id, response)


@router.post("/{int:task_id}/release", response=TaskOut, operation_id="tasks_release")
def tasks_release(
    request: HttpRequest, response: HttpResponse, task_id: Id, body: Nothing | None = None
) -> TaskOut:
    """Put one's own task back into its queue."""
    user = signed_in(request)
    release_task(task_id=task_id, user=user)
    return _seen(user, task_id, response)


@router.post("/{int:task_id}/assign", response=TaskOut, operation_id="tasks_assign")
def tasks_assign(request: HttpRequest, response: HttpResponse, task_id: Id, body: AssignIn) -> TaskOut:
    """Hand a task to an officer who may do it; for supervisors of the region."""
    user = signed_in(request)
    assign_task(task_id=task_id, by=user, to=get_colleague(body.username))
    return _seen(user, task_id, response)


@router.post("/{int:task_id}/remind", response={201: ReminderOut}, operation_id="tasks_remind")
def tasks_remind(request: HttpRequest, task_id: Id, body: RemindIn | None = None) -> ReminderOut:
    """Remind whoever holds a task, or its queue; for supervisors of the region, at most once an hour."""
    note = body.note if body else ""
    return ReminderOut.of(remind_task(task_id=task_id, user=signed_in(request), note=note))


@router.post(
    "/{int:task_id}/complete",
    response=TaskOut,
    operation_id="tasks_complete",
    openapi_extra=guarded_by_version(),
)
def tasks_complete(request: HttpRequest, response: HttpResponse, task_id: Id, body: CompleteIn) -> TaskOut:
    """Do a task with its filled form. 409 task_taken or task_done says who was faster, and when."""
    user = signed_in(request)
    complete_task(task_id=task_id, user=user, data=body.data, expected_version=expected_version(request))
    return _seen(user, task_id, response)


def _seen(user: User, task_id: int, response: HttpResponse) -> TaskOut:
    task = get_task(user, task_id)
    schema, ui = told_in(speaks(), form_of(bundle_of(task.case.definition_id), task.form))
    set_version(response, task.case.lock_version)
    return task_out(task, schema, ui, clock.now(), get_calendar(""))
