"""The page of one task at the desk, and what is done with it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, BinaryIO, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from forms.display import summary
from forms.fields import fields_of
from forms.phrases import Phrase, offer, phrases_of, write_picked
from forms.problems import FormInvalidError
from forms.renderer import SchemaForm, attach_errors
from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import ConflictError, CreditError, NotFoundError
from workflow_app.models import Draft, Task
from workflow_app.models.tasks import LIVE, TaskStatus
from workflow_app.selectors.access import APPLICANT, staff_of
from workflow_app.selectors.people import get_colleague
from workflow_app.selectors.tasks import Queue, get_task, next_task
from workflow_app.services.case_forms import form_of
from workflow_app.services.documents import store_document
from workflow_app.services.errors import (
    DraftChangedError,
    StaleVersionError,
    TaskCancelledError,
    TaskDoneError,
    TaskTakenError,
)
from workflow_app.services.holding import hold_task, resume_task
from workflow_app.services.task_drafts import forget_task_draft, save_task_draft, task_draft
from workflow_app.services.tasks import assign_task, claim_task, complete_task, release_task
from workflow_app.web import filling
from workflow_app.web.bundles import bundle_for
from workflow_app.web.desk.bench import bench_context
from workflow_app.web.errors import sentence
from workflow_app.web.moments import time
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
    return _task_page(request, found, _to_fill(request, found))


def _to_fill(request: HttpRequest, found: Task) -> SchemaForm | None:
    """The form as it was left, if it is this person's to fill now."""
    if not _may_fill(request, found):
        return None
    kept, draft = filling.kept_form(request), task_draft(found, user_of(request))
    if kept is not None:
        return filling.reopened(request, _form(found), _about(found), kept)
    return filling.blank(request, _form(found), _about(found), draft.data if draft else {})


def _about(found: Task) -> filling.About:
    return filling.About(bundle_for(found.case), found.case.subject.code)


def _form(found: Task) -> Any:
    return form_of(bundle_for(found.case), found.form)


def _may_fill(request: HttpRequest, found: Task) -> bool:
    """Whether the form is this person's to fill now: an applicant's at once, an officer's after claiming it."""
    if found.status not in LIVE or not access_of(request).can_do(found, found.case):
        return False
    return found.role == APPLICANT or found.assignee_id == user_of(request).pk


def _phrases(found: Task) -> Mapping[str, Sequence[Phrase]]:
    bundle = bundle_for(found.case)
    return phrases_of(bundle.files, bundle.slug, found.form)


def _read(request: HttpRequest, found: Task) -> tuple[filling.Filled, bool]:
    """The form as it was sent, with the standard sentences that were ticked → and whether they added anything."""
    form = _form(found)
    request.POST, is_longer = write_picked(request.POST, form, _phrases(found))  # type: ignore[assignment]  # a copy of it
    return filling.read(request, form, _about(found)), is_longer


def _complete(request: HttpRequest, found: Task) -> HttpResponse:
    filled, is_longer = _read(request, found)
    if is_longer:
        # What is going to be decided is read once more by whoever decides it.
        said = gettext("所选语句已写入，尚未提交。请核对后再提交。")
        return _task_page(request, found, filled.page, said=said)
    if "save" in request.POST:
        return _put_aside(request, found, filled)
    if not filling.check(filled):
        return _task_page(request, found, filled.page, status=422)

    def act() -> str:
        complete_task(
            task_id=found.pk,
            user=user_of(request),
            data=filled.data,
            expected_version=_number(request.POST.get("version", "")),
        )
        forget_task_draft(task=found, user=user_of(request))
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


def _put_aside(request: HttpRequest, found: Task, filled: filling.Filled) -> HttpResponse:
    """Kept as typed, to go on later; where that is refused the words stay on the page."""
    try:
        _keep(request, found, filled)
    except FormInvalidError as hostile:
        attach_errors(filled.page, hostile.errors)
        return _task_page(request, found, filled.page, status=422)
    except DraftChangedError as refused:
        return _task_page(request, found, filled.page, problem=sentence(refused), status=refused.status)
    except NotFoundError:
        raise
    except CreditError as refused:
        return _refused(request, found.pk, filled, refused)
    messages.success(request, gettext("已暂存，尚未提交。可以随时回来继续填写。"))
    return redirect("web:task", found.pk)


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
        following = _next_task(request, found)
        return reverse("web:task", args=[following.pk]) if following else reverse("web:desk")
    return reverse("web:case", args=[found.case.number])


def _next_task(request: HttpRequest, found: Task) -> Task | None:
    """What is due soonest of the officer's own tasks, then of those that nobody has, besides this one."""
    queues: tuple[Queue, ...] = ("mine", "group")
    for queue in queues:
        if following := next_task(user_of(request), queue, found.pk):
            return following
    return None


def _task_page(
    request: HttpRequest,
    found: Task,
    page: SchemaForm | None,
    *,
    problem: str = "",
    said: str = "",
    typed: list[tuple[str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    access = access_of(request)
    case = found.case
    is_live = found.status in LIVE
    if page is not None:
        offer(page, _phrases(found))
    shown = case_context(request, case)
    context = {
        **shown,
        **bench_context(request, found, case, [timer for timer, _left in shown["clocks"]]),
        "task": found,
        "form": page,
        "problem": problem,
        "nobody": UUID(int=0),
        "said": said,
        "draft": task_draft(found, user_of(request)) if page is not None else None,
        "typed": typed,
        "token": filling.new_token(),
        "version": case.lock_version,
        "may_claim": is_live
        and found.role != APPLICANT
        and access.can_do(found, case)
        and (found.status == TaskStatus.OPEN or access.stands_in(found)),
        "is_held": found.held_until is not None and found.held_until > clock.now(),
        "may_release": is_live and found.role != APPLICANT and found.assignee_id == user_of(request).pk,
        "colleagues": staff_of(case, found.role) if is_live and access.can_assign(found) else [],
        "is_staff": bool(access.roles),
        "next_task": _next_task(request, found) if access.roles else None,
    }
    return render(request, "web/desk/task.html", context, status=status)


@require_POST
@signed_in
def save(request: HttpRequest, task_id: int) -> HttpResponse:
    """Keep what was typed so far, for the page's script; the button “暂存” does the same without it."""
    found = get_task(user_of(request), task_id)
    if not _may_fill(request, found):
        raise NotFoundError
    filled, _ = _read(request, found)
    try:
        draft = _keep(request, found, filled)
    except DraftChangedError as refused:
        # What the page needs to win, if its reader says so.
        newer = task_draft(found, user_of(request))
        return _told(refused, version=newer.version if newer else 0)
    except CreditError as refused:
        return _told(refused)
    return JsonResponse({"version": draft.version, "saved_at": time(draft.updated_at)})


def _told(refused: CreditError, **more: Any) -> JsonResponse:
    return JsonResponse({"code": refused.code, "message": sentence(refused), **more}, status=refused.status)


@require_POST
@signed_in
def file(request: HttpRequest, task_id: int) -> JsonResponse:
    """Keep one paper for a field of the form → `{id, name}`, as `draft_file` does."""
    found = get_task(user_of(request), task_id)
    kinds = {field.name for field in fields_of(_form(found)) if field.kind == "documents"}
    kind, upload = request.POST.get("field", ""), request.FILES.get("file")
    if kind not in kinds or upload is None or not _may_fill(request, found):
        return _told(NotFoundError())
    try:
        paper = store_document(
            user=user_of(request), kind=kind, name=upload.name or "", content=cast(BinaryIO, upload)
        )
    except CreditError as refused:
        return _told(refused)
    return JsonResponse({"id": str(paper.pk), "name": paper.name}, status=201)


def _keep(request: HttpRequest, found: Task, filled: filling.Filled) -> Draft:
    return save_task_draft(
        task_id=found.pk,
        user=user_of(request),
        data=filled.data,
        version=_number(request.POST.get("draft_version", "")),
    )


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None


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


@require_POST
@signed_in
def hold(request: HttpRequest, task_id: int) -> HttpResponse:
    """Put the task aside until a day, or take it up again; what is typed stays kept."""

    def act() -> Task:
        if "resume" in request.POST:
            return resume_task(task_id=task_id, user=user_of(request))
        try:
            until = date.fromisoformat(request.POST.get("until", ""))
        except ValueError:
            # No day at all is refused as one that has gone by.
            until = date.min
        reason = request.POST.get("hold_reason", "")
        return hold_task(task_id=task_id, user=user_of(request), until=until, reason=reason)

    return _act(request, task_id, act)


def _act(request: HttpRequest, task_id: int, act: Any) -> HttpResponse:
    found = get_task(user_of(request), task_id)
    try:
        act()
    except NotFoundError:
        raise
    except CreditError as refused:
        found = get_task(user_of(request), task_id)
        page = _to_fill(request, found)
        return _task_page(request, found, page, problem=sentence(refused), status=refused.status)
    return redirect("web:task", found.pk)
