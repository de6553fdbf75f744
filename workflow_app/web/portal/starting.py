"""Before a form: what can be started, what it needs, and for whom it is."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from forms.fields import FormField, fields_of
from forms.loader import Form
from forms.steps import steps_of
from workflow_app.domain.codes import check_subject_code
from workflow_app.domain.errors import CreditError
from workflow_app.engine.bundles import Bundle
from workflow_app.models.people import Role
from workflow_app.selectors.drafts import list_drafts
from workflow_app.selectors.own_records import own_record
from workflow_app.selectors.prefill import known_answers, named_record
from workflow_app.selectors.processes import list_processes
from workflow_app.selectors.subjects import Represented, list_subjects
from workflow_app.services.drafts import save_draft
from workflow_app.services.errors import NotRepresentingError, NotStarterError, ProcessUnknownError
from workflow_app.web import filling
from workflow_app.web.bundles import start_form
from workflow_app.web.errors import sentence
from workflow_app.web.public.entries import entries
from workflow_app.web.visitor import access_of, language, signed_in, user_of

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
    """What the application needs and for whom it is; sending this page begins a draft."""
    _ensure_may_start(request, slug)
    if Role.CLERK in access_of(request).roles:
        return redirect("web:window")
    represented = list_subjects(user_of(request))
    code = request.POST.get("for", request.GET.get("for", "")).strip().upper()[:MOST_CODE]
    if not code and (record := own_record(access_of(request), _asked(request, "record"))):
        # Naming a record says whom it is about.
        code = record.subject.code
    if not code and len(represented) == 1:
        code = represented[0].subject.code
    if request.method != "POST":
        return _before(request, slug, code, represented)
    if not code:
        problem = (
            gettext("请选择这一次为谁办理。") if represented else gettext("请填写当事人的统一社会信用代码。")
        )
        return _before(request, slug, code, represented, problem=problem)
    try:
        check_subject_code(code)
        if not access_of(request).roles and code not in {each.subject.code for each in represented}:
            raise NotRepresentingError
    except CreditError as wrong:
        return _before(request, slug, code, represented, problem=sentence(wrong))
    return filling.act_once(request, lambda: _begin(request, slug, code))


def _asked(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, request.GET.get(name, ""))


def _ensure_may_start(request: HttpRequest, slug: str) -> None:
    for info in list_processes(user_of(request)):
        if info.slug == slug:
            if not info.may_start:
                raise NotStarterError(process=info.manifest.title.zh, process_en=info.manifest.title.en)
            return
    raise ProcessUnknownError(slug=slug)


def _begin(request: HttpRequest, slug: str, code: str) -> str:
    bundle, form = start_form(slug)
    answers = {**known_answers(user_of(request), bundle, form), **_named(request, form)}
    draft = save_draft(user=user_of(request), process=slug, data=answers, on_behalf_of=code)
    return reverse("web:draft", args=[draft.pk])


def _named(request: HttpRequest, form: Form) -> dict[str, Any]:
    """What the link that led here has chosen already: a matter of the catalogue or a record."""
    chosen = {}
    if (matter := request.POST.get("matter", "")) and "matter" in form.schema["properties"]:
        chosen["matter"] = matter[:MOST_CODE]
    return {**chosen, **named_record(access_of(request), form, request.POST.get("record", ""))}


def _before(
    request: HttpRequest, slug: str, code: str, represented: list[Represented], *, problem: str = ""
) -> HttpResponse:
    bundle, form = start_form(slug)
    context = {
        "bundle": bundle,
        "represented": represented,
        "code": code,
        "problem": problem,
        "is_officer": not represented and bool(access_of(request).roles),
        "papers": _papers(form),
        "steps": [step.heading(language()) for step in steps_of(form)],
        "drafts": _begun(request, bundle),
        "token": filling.new_token(),
        "chosen": {name: request.GET.get(name, "")[:MOST_CODE] for name in ("matter", "record")},
    }
    return render(request, "web/portal/before.html", context, status=422 if problem else 200)


def _papers(form: Form) -> list[tuple[str, str, bool]]:
    """What to have at hand: title, help, and whether it is always needed."""
    return [
        (field.title(language()), field.help(language()), field.required)
        for field in fields_of(form)
        if _is_paper(field)
    ]


def _is_paper(field: FormField) -> bool:
    return field.kind == "documents"


def _begun(request: HttpRequest, bundle: Bundle) -> list[Any]:
    return [draft for draft in list_drafts(user_of(request)) if draft.process == bundle.slug]
