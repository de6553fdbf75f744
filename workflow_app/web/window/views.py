"""窗口: a clerk looks up or enters the subject, says who stands at the counter, and begins what they came for."""

from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from forms.fields import fields_of
from workflow_app.domain.codes import is_id_card
from workflow_app.domain.errors import CreditError, NotFoundError
from workflow_app.models import CounterVisit, Subject
from workflow_app.models.counter import Relation
from workflow_app.models.people import Role
from workflow_app.models.subjects import CodeKind
from workflow_app.selectors.counter import list_expected, list_filings, list_unfinished
from workflow_app.selectors.processes import ProcessInfo, list_processes
from workflow_app.selectors.subjects import find_subject, get_subject_at_counter
from workflow_app.services.counter import Visitor, VisitorInvalidError, open_visit
from workflow_app.services.subjects import (
    CodeKindError,
    SubjectExistsError,
    SubjectNameError,
    register_subject,
)
from workflow_app.web.bundles import start_form
from workflow_app.web.errors import sentence
from workflow_app.web.filling import act_once, new_token
from workflow_app.web.visitor import access_of, for_roles, user_of

# An address that leads to a subject is good for a day at the counter, and for nobody but the clerk it was given to.
_SALT = "web.window"
_GOOD_FOR = 24 * 60 * 60
_LONGEST = {"code": 60, "name": 300, "phone": 40}

Problems = dict[str, str]


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.CLERK)
def window(request: HttpRequest) -> HttpResponse:
    """The counter: look up who comes, go on with what is unfinished, see what was filed today and what is expected."""
    code, problem = "", ""
    if request.method == "POST":
        code = request.POST.get("code", "").strip()[: _LONGEST["code"]]
        try:
            if code and (found := find_subject(access_of(request), code)):
                return redirect("web:window_for", _token(request, found))
        except CreditError as wrong:
            problem = sentence(wrong)
        if code and not problem:
            typed = {"code": code, "code_kind": _likely_kind(code), "name": ""}
            return _register_page(request, typed, {}, is_unknown=True)
    user = user_of(request)
    context = {
        "code": code,
        "problem": problem,
        "is_missing": request.method == "POST" and not code,
        "filings": list_filings(access_of(request)),
        "unfinished": list_unfinished(user),
        "expected": list_expected(access_of(request)),
        "titles": {info.slug: info.manifest.title for info in list_processes(user)},
    }
    status = 422 if problem or context["is_missing"] else 200
    return render(request, "web/window/window.html", context, status=status)


def _likely_kind(code: str) -> str:
    if is_id_card(code):
        return CodeKind.ID_CARD
    return CodeKind.USCC if len(code) == 18 else CodeKind.OTHER


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.CLERK)
def register(request: HttpRequest) -> HttpResponse:
    """Enter a subject that is not known yet, from its licence or identity document."""
    if request.method != "POST":
        return _register_page(request, {"code": "", "code_kind": CodeKind.USCC, "name": ""}, {})
    typed = {name: request.POST.get(name, "").strip()[:300] for name in ("code_kind", "code", "name")}
    try:
        made = register_subject(user=user_of(request), **typed)
    except SubjectExistsError as known:
        if found := find_subject(access_of(request), typed["code"]):
            return redirect("web:window_for", _token(request, found))
        return _register_page(request, typed, {"code": sentence(known)}, status=409)
    except CreditError as wrong:
        fields = {SubjectNameError: "name", CodeKindError: "kind-uscc"}
        field = fields.get(type(wrong), "code")
        return _register_page(request, typed, {field: sentence(wrong)}, status=422)
    return redirect("web:window_for", _token(request, made))


def _register_page(
    request: HttpRequest,
    typed: dict[str, str],
    problems: Problems,
    *,
    is_unknown: bool = False,
    status: int = 200,
) -> HttpResponse:
    context = {"typed": typed, "problems": problems, "kinds": CodeKind.choices, "is_unknown": is_unknown}
    return render(request, "web/window/register.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.CLERK)
def begin(request: HttpRequest, token: str) -> HttpResponse:
    """For this subject: who stands here, and what they came for."""
    subject = _subject(request, token)
    processes = [info for info in list_processes(user_of(request)) if Role.CLERK in info.manifest.starters]
    typed = typed_visitor(request, subject)
    chosen = request.POST.get("process", "")
    problems: Problems = {}
    if request.method == "POST":
        if chosen not in {info.slug for info in processes}:
            problems["process"] = ""
        try:
            checked = _begin(request, subject, chosen, typed) if not problems else None
        except VisitorInvalidError as invalid:
            problems |= {name: sentence(each) for name, each in invalid.problems.items()}
        else:
            if checked:
                return checked
    return _begin_page(request, subject, processes, chosen, typed, problems)


def _begin(request: HttpRequest, subject: Subject, process: str, typed: Visitor) -> HttpResponse:
    def act() -> str:
        draft = open_visit(
            user=user_of(request), process=process, subject=subject, visitor=typed, uses=_uses(process)
        )
        return reverse("web:draft", args=[draft.pk])

    return act_once(request, act)


def _uses(process: str) -> dict[str, str]:
    """What the fields of the form are for, as HTML names it."""
    _, form = start_form(process)
    return {field.name: field.ui["autocomplete"] for field in fields_of(form) if "autocomplete" in field.ui}


def _begin_page(
    request: HttpRequest,
    subject: Subject,
    processes: list[ProcessInfo],
    chosen: str,
    typed: Visitor,
    problems: Problems,
) -> HttpResponse:
    context: dict[str, Any] = {
        "subject": subject,
        "processes": processes,
        "chosen": chosen,
        "form_token": new_token(),
        **visitor_context(subject, typed, problems),
    }
    return render(request, "web/window/begin.html", context, status=422 if problems else 200)


def typed_visitor(request: HttpRequest, subject: Subject) -> Visitor:
    """What the page says about the person at the counter; to begin with, what is most likely."""
    usual = Relation.SELF if subject.is_person else Relation.REPRESENTATIVE
    if request.method != "POST":
        return Visitor(relation=usual)
    return Visitor(
        relation=request.POST.get("relation", ""),
        name=request.POST.get("name", "")[: _LONGEST["name"]],
        code_kind=request.POST.get("code_kind", ""),
        code=request.POST.get("code", "")[: _LONGEST["code"]],
        phone=request.POST.get("phone", "")[: _LONGEST["phone"]],
    )


def visitor_context(subject: Subject, typed: Visitor | CounterVisit, problems: Problems) -> dict[str, Any]:
    """What the fields about the person at the counter need, with the problems in them by field."""
    relations = [Relation.SELF if subject.is_person else Relation.REPRESENTATIVE, Relation.AGENT]
    return {
        "visitor": typed,
        "problems": problems,
        "relations": [(each.value, each.label) for each in relations],
        "kinds": [(each.value, each.label) for each in (CodeKind.ID_CARD, CodeKind.OTHER)],
    }


def _token(request: HttpRequest, subject: Subject) -> str:
    return signing.dumps([user_of(request).pk, subject.pk], salt=_SALT)


def _subject(request: HttpRequest, token: str) -> Subject:
    try:
        clerk, subject = signing.loads(token, salt=_SALT, max_age=_GOOD_FOR)
    except signing.BadSignature as bad:
        raise NotFoundError from bad
    if clerk != user_of(request).pk:
        raise NotFoundError
    return get_subject_at_counter(access_of(request), subject)
