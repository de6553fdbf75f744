"""What is done to ticked tasks of a queue: claim, release, hand over, put aside, complete. Each stands for itself."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from forms.loader import Form
from workflow_app.domain.errors import ConflictError, CreditError, NotFoundError
from workflow_app.models import Task
from workflow_app.models.tasks import LIVE
from workflow_app.selectors.access import APPLICANT
from workflow_app.selectors.people import get_colleague
from workflow_app.selectors.tasks import get_task, get_tasks
from workflow_app.services.bulk import act_on_each
from workflow_app.services.case_forms import form_of
from workflow_app.services.holding import hold_task, resume_task
from workflow_app.services.tasks import assign_task, claim_task, complete_task, release_task
from workflow_app.web import filling
from workflow_app.web.bundles import bundle_for
from workflow_app.web.desk.queue import queue_context
from workflow_app.web.errors import sentence
from workflow_app.web.once import results_once
from workflow_app.web.visitor import DESK_ROLES, for_roles, user_of

MOST_AT_ONCE = 100


class NothingTickedError(CreditError):
    """A button was pressed without any row."""

    code = "nothing_ticked"
    message = "还没有勾选任何一件。请先勾选待办，再按按钮。"
    status = 422


class TooManyTickedError(CreditError):
    """More than any page shows."""

    code = "too_many_ticked"
    message = "一次最多处理 {most} 件，这次没有处理任何一件。请减少勾选后重试。"
    status = 422


class UnclaimedError(ConflictError):
    """Nobody holds the task, so it cannot be given back."""

    code = "task_unclaimed"
    message = "此待办没有人领取，不需要退回。"


class TasksDifferError(CreditError):
    """One form cannot answer different steps."""

    code = "tasks_differ"
    message = "一并办结的待办必须是同一业务的同一步骤，并且由您领取。请只勾选同一步骤的待办。"
    status = 422


class DayMissingError(CreditError):
    """Until when is not a day."""

    code = "day_missing"
    message = "请填写搁置到哪一天。"
    status = 422


@dataclass(frozen=True)
class Row:
    """What became of one task: `text` is why it was refused, empty if it was done; `task` is how it stands now, read
    again, None if it is out of sight."""

    ok: bool
    text: str
    task: Task | None


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(*DESK_ROLES)
def bulk(request: HttpRequest) -> HttpResponse:
    """Act on the ticked tasks and say of each what became of it, as it stands afterwards."""
    if request.method != "POST":
        return render(request, "web/desk/queue.html", queue_context(request))
    ids: list[int] = []
    try:
        ids = _ticked(request)
        if not ids:
            raise NothingTickedError
        if request.POST.get("act") == "complete":
            return _complete(request, ids)
        rows = _act(request, ids, _pressed(request))
    except NotFoundError:
        raise
    except CreditError as refused:
        context = queue_context(request, problem=sentence(refused), ticked=ids, typed=request.POST)
        return render(request, "web/desk/queue.html", context, status=refused.status)
    return _results(request, rows)


def _ticked(request: HttpRequest) -> list[int]:
    found = [each for each in request.POST.getlist("task") if each.isdecimal() and len(each) < 18]
    if len(found) > MOST_AT_ONCE:
        raise TooManyTickedError(most=MOST_AT_ONCE)
    return [int(each) for each in dict.fromkeys(found)]


def _pressed(request: HttpRequest) -> Callable[[int], object]:
    """The act of the button, with what was typed beside it checked before any row is touched."""
    post, user = request.POST, user_of(request)
    match post.get("act"):
        case "claim":
            return lambda task_id: claim_task(task_id=task_id, user=user)
        case "release":
            return lambda task_id: _release(request, task_id)
        case "resume":
            return lambda task_id: resume_task(task_id=task_id, user=user)
        case "assign":
            to = get_colleague(post.get("username", "").replace("\0", ""))
            return lambda task_id: assign_task(task_id=task_id, by=user, to=to)
        case "hold":
            until, reason = _day(post.get("until", "")), post.get("reason", "")
            return lambda task_id: hold_task(task_id=task_id, user=user, until=until, reason=reason)
    raise NotFoundError


def _release(request: HttpRequest, task_id: int) -> None:
    """Done is said of what was done: a task that nobody held is told as such."""
    if get_task(user_of(request), task_id).assignee_id is None:
        raise UnclaimedError
    release_task(task_id=task_id, user=user_of(request))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise DayMissingError from wrong


def _act(request: HttpRequest, ids: list[int], act: Callable[[int], object]) -> list[Row]:
    def run() -> list[tuple[int, str]]:
        done = act_on_each(ids, act)
        return [(each.task_id, sentence(each.problem) if each.problem else "") for each in done]

    told = results_once(request, run)
    now = get_tasks(user_of(request), [task_id for task_id, _text in told])
    return [Row(not text, text, now.get(task_id)) for task_id, text in told]


def _results(request: HttpRequest, rows: list[Row]) -> HttpResponse:
    refused = sum(not row.ok for row in rows)
    context = queue_context(request, rows=rows, refused=refused, done=len(rows) - refused)
    return render(request, "web/desk/results.html", context)


def _complete(request: HttpRequest, ids: list[int]) -> HttpResponse:
    """One form for several tasks of the same step, all in the officer's own hands."""
    tasks, form = _alike(request, ids)
    about = filling.About(bundle_for(tasks[0].case))
    if "done" not in request.POST:
        return _form_page(request, tasks, filling.blank(request, form, about, {}))
    filled = filling.read(request, form, about)
    if not filling.check(filled):
        return _form_page(request, tasks, filled.page, status=422)
    user = user_of(request)
    rows = _act(request, ids, lambda task_id: complete_task(task_id=task_id, user=user, data=filled.data))
    return _results(request, rows)


def _alike(request: HttpRequest, ids: list[int]) -> tuple[list[Task], Form]:
    found = get_tasks(user_of(request), ids)
    tasks = [found[task_id] for task_id in ids if task_id in found]
    steps = {(task.case.definition_id, task.element, task.form) for task in tasks}
    own = all(task.assignee_id == user_of(request).pk and task.role != APPLICANT for task in tasks)
    if (
        len(steps) != 1
        or not own
        or ("done" not in request.POST and any(task.status not in LIVE for task in tasks))
    ):
        raise TasksDifferError
    return tasks, form_of(bundle_for(tasks[0].case), tasks[0].form)


def _form_page(request: HttpRequest, tasks: list[Task], form: Any, *, status: int = 200) -> HttpResponse:
    context = {
        "tasks": tasks,
        "form": form,
        "token": filling.new_token(),
        "title": tasks[0],
        "button": gettext("一并提交 {count} 件").format(count=len(tasks)),
    }
    return render(request, "web/desk/bulk.html", context, status=status)
