"""Start a case: choose the process, choose for whom, fill in, keep a draft, check the answers, file."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from forms.display import summary
from forms.problems import FormInvalidError
from forms.renderer import SchemaForm, attach_errors
from forms.validator import validate
from workflow_app.domain.errors import CreditError
from workflow_app.models import Draft
from workflow_app.models.people import Role
from workflow_app.selectors.cases import get_case
from workflow_app.selectors.drafts import get_draft
from workflow_app.selectors.processes import list_processes
from workflow_app.selectors.subjects import Represented, list_subjects
from workflow_app.services.drafts import discard_draft, save_draft, submit_draft
from workflow_app.services.errors import DraftSubmittedError, NotStarterError, ProcessUnknownError
from workflow_app.web import filling
from workflow_app.web.bundles import start_form
from workflow_app.web.errors import sentence
from workflow_app.web.public.entries import entries
from workflow_app.web.visitor import access_of, language, signed_in, user_of

MOST_RECEIPTS = 50
MOST_CODE = 40


@require_safe
@signed_in
def processes(request: HttpRequest) -> HttpResponse:
    """Everything that can be started, with what each is for."""
    manifests = [info.manifest for info in list_processes(user_of(request)) if info.may_start]
    return render(request, "web/portal/processes.html", {"entries": entries(manifests)})


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """The start form of a process; first for whom, where the account acts for several or sits at the counter."""
    _ensure_may_start(request, slug)
    code = request.POST.get("for", request.GET.get("for", "")).strip().upper()[:MOST_CODE]
    represented = list_subjects(user_of(request))
    if not code and len(represented) != 1:
        return _choose(request, slug, represented)
    if request.method == "POST":
        return _take(request, slug, code, draft=None)
    initial = {"matter": request.GET["matter"]} if "matter" in request.GET else {}
    bundle, form = start_form(slug)
    known = {name: value for name, value in initial.items() if name in form.schema["properties"]}
    page = filling.blank(request, form, filling.About(bundle, code), known)
    return _form_page(request, slug, code, page)


def _ensure_may_start(request: HttpRequest, slug: str) -> None:
    for info in list_processes(user_of(request)):
        if info.slug == slug:
            if not info.may_start:
                raise NotStarterError(process=info.manifest.title.zh, process_en=info.manifest.title.en)
            return
    raise ProcessUnknownError(slug=slug)


def _choose(request: HttpRequest, slug: str, represented: list[Represented]) -> HttpResponse:
    bundle, _ = start_form(slug)
    context = {
        "bundle": bundle,
        "represented": represented,
        "at_window": Role.CLERK in access_of(request).roles,
        "matter": request.GET.get("matter", ""),
    }
    return render(request, "web/portal/on_behalf_of.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def draft(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Go on with a form begun before."""
    found = _open_draft(request, draft_id)
    if request.method == "POST":
        return _take(request, found.process, found.on_behalf_of, draft=found)
    bundle, form = start_form(found.process)
    page = filling.blank(request, form, filling.About(bundle, found.on_behalf_of), found.data)
    return _form_page(request, found.process, found.on_behalf_of, page, draft=found)


def _open_draft(request: HttpRequest, draft_id: UUID) -> Draft:
    found = get_draft(user_of(request), draft_id)
    if found.submitted_at is not None:
        raise DraftSubmittedError
    return found


def _take(request: HttpRequest, slug: str, code: str, *, draft: Draft | None) -> HttpResponse:
    """What was typed is kept first; then on to the check, or back to the form with what is wrong."""
    bundle, form = start_form(slug)
    filled = filling.read(request, form, filling.About(bundle, code))
    try:
        draft = save_draft(
            user=user_of(request),
            process=slug,
            data=filled.data,
            documents=filled.documents,
            on_behalf_of=code,
            draft_id=draft.pk if draft else None,
        )
    except FormInvalidError as hostile:
        attach_errors(filled.page, hostile.errors)
        return _form_page(request, slug, code, filled.page, draft=draft, status=422)
    if "save" in request.POST and not filled.is_refused:
        messages.success(request, gettext("草稿已保存，可以随时回来继续填写。"))
        return redirect("web:draft", draft.pk)
    if not filling.check(filled):
        return _form_page(request, slug, code, filled.page, draft=draft, status=422)
    return redirect("web:draft_check", draft.pk)


def _form_page(
    request: HttpRequest,
    slug: str,
    code: str,
    page: SchemaForm,
    *,
    draft: Draft | None = None,
    status: int = 200,
) -> HttpResponse:
    bundle, _ = start_form(slug)
    context = {
        "bundle": bundle,
        "form": page,
        "code": code,
        "draft": draft,
        "action": reverse("web:draft", args=[draft.pk])
        if draft
        else reverse("web:start_process", args=[slug]),
        "represented": _named(request, code),
    }
    return render(request, "web/portal/start.html", context, status=status)


def _named(request: HttpRequest, code: str) -> Represented | None:
    """The subject that is filed for, if the account acts for it."""
    own = list_subjects(user_of(request))
    if not code:
        return own[0] if len(own) == 1 else None
    return next((each for each in own if each.subject.code == code), None)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def check(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Read all answers once more; sending this page files the case, however often it is sent."""
    if request.method == "POST":
        return _file(request, draft_id)
    return _check_page(request, _open_draft(request, draft_id))


def _file(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    found = get_draft(user_of(request), draft_id)
    try:
        cases = submit_draft(draft_id=draft_id, user=user_of(request))
    except FormInvalidError:
        return _check_page(request, found)
    except CreditError as refused:
        if refused.status == 404:
            raise
        return _check_page(request, found, problem=sentence(refused), status=refused.status)
    numbers = [("case", case.number) for case in cases]
    return redirect(f"{reverse('web:receipt')}?{urlencode(numbers)}")


def _check_page(request: HttpRequest, found: Draft, *, problem: str = "", status: int = 200) -> HttpResponse:
    bundle, form = start_form(found.process)
    about = filling.About(bundle, found.on_behalf_of)
    try:
        data: dict[str, Any] = validate(form, found.data)
    except FormInvalidError as invalid:
        page = filling.blank(request, form, about, found.data)
        attach_errors(page, invalid.errors)
        return _form_page(request, found.process, found.on_behalf_of, page, draft=found, status=422)
    choices = filling.options(request, about, filling.papers_in(form, data))
    context = {
        "bundle": bundle,
        "draft": found,
        "rows": summary(form, data, language(), choices=choices),
        "represented": _named(request, found.on_behalf_of),
        "problem": problem,
    }
    return render(request, "web/portal/check.html", context, status=status)


@require_POST
@signed_in
def discard(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Throw the draft away."""
    discard_draft(draft_id=draft_id, user=user_of(request))
    messages.success(request, gettext("草稿已删除。"))
    return redirect("web:cases")


@require_safe
@signed_in
def receipt(request: HttpRequest) -> HttpResponse:
    """The numbers of what was just filed, and what happens next."""
    numbers = request.GET.getlist("case")[:MOST_RECEIPTS]
    cases = [get_case(user_of(request), number) for number in dict.fromkeys(numbers)]
    return render(request, "web/portal/receipt.html", {"cases": cases})
