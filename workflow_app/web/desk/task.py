"""The page of one task at the desk, and what is done with it."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from forms.display import summary
from forms.problems import FormInvalidError
from forms.renderer import SchemaForm, attach_errors
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import ConflictError, CreditError, NotFoundError
from workflow_app.models import Task
from workflow_app.models.tasks import LIVE, TaskStatus
from workflow_app.selectors.access import APPLICANT, staff_of
from workflow_app.selectors.cases import get_case
from workflow_app.selectors.people import get_colleague
from workflow_app.selectors.tasks import Queue, get_task, list_tasks
from workflow_app.services.case_forms import form_of
from workflow_app.services.errors import (
    StaleVersionError,
    TaskCancelledError,
    TaskDoneError,
    TaskTakenError,
)
from workflow_app.services.tasks import assign_task, claim_task, complete_task, release_task
from workflow_app.web import filling
from workflow_app.web.bundles import bundle_for
from workflow_app.web.errors import sentence
from workflow_app.web.portal.cases import case_context
from workflow_app.web.tags import person, title_of
from workflow_app.web.visitor import access_of, language, signed_in, user_of


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def task(request: HttpRequest, task_id: int) -> HttpResponse:
    """One task: the form to fill beside everything the case has; sending it does the task."""
    found = get_task(user_of(request), task_id)
    if request.method == "POST":
        return _complete(request, found)
    page = None
    if _may_fill(request, found):
        page = filling.blank(request, _form(found), _about(found), {})
    return _task_page(request, found, page)


def _about(found: Task) -> filling.About:
    return filling.About(bundle_for(found.case), found.case.subject.code)


def _form(found: Task) -> Any:
    return form_of(bundle_for(found.case), found.form)


def _may_fill(request: HttpRequest, found: Task) -> bool:
    """Whether the form is this person's to fill now: an applicant's at once, an officer's after claiming it."""
    if found.status not in LIVE or not access_of(request).can_do(found, found.case):
        return False
    return found.role == APPLICANT or found.assignee_id == user_of(request).pk


def _complete(request: HttpRequest, found: Task) -> HttpResponse:
    filled = filling.read(request, _form(found), _about(found))
    if not filling.check(filled):
        return _task_page(request, found, filled.page, status=422)
    version = request.POST.get("version", "")

    def act() -> str:
        complete_task(
            task_id=found.pk,
            user=user_of(request),
            data=filled.data,
            expected_version=int(version) if version.isdecimal() and len(version) < 10 else None,
        )
        messages.success(request, gettext("已办结：{task}。").format(task=title_of(found)))
        return _next_place(request, found)

    try:
        return filling.act_once(request, act)
    except FormInvalidError as invalid:
        attach_errors(filled.page, invalid.errors)
        return _task_page(request, found, filled.page, status=422)
    except NotFoundError:
        raise
    except CreditError as refused:
        return _refused(request, found.pk, filled, refused)


def _refused(
    request: HttpRequest, task_id: int, filled: filling.Filled, refused: CreditError
) -> HttpResponse:
    """Nothing was done. Where it may be tried again the form stays as typed, else what was typed stays readable."""
    found = get_task(user_of(request), task_id)
    refused = _why(request, found, refused)
    problem, lost = sentence(refused), isinstance(refused, ConflictError)
    if isinstance(refused, StaleVersionError):
        problem = gettext("您填写期间案件有了新的进展。您填写的内容已保留，请看过最新情况后再次提交。")
        lost = False
    typed = None
    if lost:
        choices = filling.options(request, _about(found), filled.documents)
        typed = summary(filled.page.source, filled.data, language(), choices=choices)
    page = filled.page if not lost and _may_fill(request, found) else None
    return _task_page(request, found, page, problem=problem, typed=typed, status=refused.status)


def _why(request: HttpRequest, found: Task, refused: CreditError) -> CreditError:
    """A case that moved on says little where the task itself is gone: then who did it or has it, and when."""
    if not isinstance(refused, StaleVersionError):
        return refused
    if found.status == TaskStatus.DONE and found.done_at:
        return TaskDoneError(who=person(found.done_by), when=_minute(found.done_at))
    if found.status == TaskStatus.CANCELLED:
        return TaskCancelledError()
    if found.assignee_id not in (None, user_of(request).pk) and found.claimed_at:
        return TaskTakenError(who=person(found.assignee), when=_minute(found.claimed_at))
    return refused


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M}"


def _next_place(request: HttpRequest, found: Task) -> str:
    if "next" in request.POST:
        queues: tuple[Queue, ...] = ("mine", "group")
        for queue in queues:
            waiting = list_tasks(user_of(request), queue=queue, limit=1).items
            if waiting:
                return reverse("web:task", args=[waiting[0].pk])
        return reverse("web:desk")
    return reverse("web:case", args=[found.case.number])


def _task_page(
    request: HttpRequest,
    found: Task,
    page: SchemaForm | None,
    *,
    problem: str = "",
    typed: list[tuple[str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    access = access_of(request)
    case = get_case(user_of(request), found.case.number)
    is_live = found.status in LIVE
    context = {
        **case_context(request, case),
        "task": found,
        "form": page,
        "problem": problem,
        "typed": typed,
        "token": filling.new_token(),
        "version": case.lock_version,
        "may_claim": found.status == TaskStatus.OPEN
        and found.role != APPLICANT
        and access.can_do(found, case),
        "may_release": is_live and found.role != APPLICANT and found.assignee_id == user_of(request).pk,
        "colleagues": staff_of(case, found.role) if is_live and access.can_assign(found) else [],
        "is_staff": bool(access.roles),
    }
    return render(request, "web/desk/task.html", context, status=status)


@require_POST
@signed_in
def claim(request: HttpRequest, task_id: int) -> HttpResponse:
    """Take the task; whoever was faster is named."""
    return _act(request, task_id, lambda: claim_task(task_id=task_id, user=user_of(request)))


@require_POST
@signed_in
def release(request: HttpRequest, task_id: int) -> HttpResponse:
    """Put the task back."""
    return _act(request, task_id, lambda: release_task(task_id=task_id, user=user_of(request)))


@require_POST
@signed_in
def assign(request: HttpRequest, task_id: int) -> HttpResponse:
    """Hand the task to a colleague, as supervisor."""

    def act() -> Task:
        to = get_colleague(request.POST.get("username", "").replace("\0", ""))
        return assign_task(task_id=task_id, by=user_of(request), to=to)

    return _act(request, task_id, act)


def _act(request: HttpRequest, task_id: int, act: Any) -> HttpResponse:
    found = get_task(user_of(request), task_id)
    try:
        act()
    except NotFoundError:
        raise
    except CreditError as refused:
        return _task_page(
            request,
            get_task(user_of(request), task_id),
            None,
            problem=sentence(refused),
            status=refused.status,
        )
    return redirect("web:task", found.pk)
