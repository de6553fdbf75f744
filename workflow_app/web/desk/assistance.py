"""协查 at the desk: an officer asks a source unit about a case, the unit reads and answers."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from workflow_app.domain.errors import CreditError, ForbiddenError, NotFoundError
from workflow_app.models import Agency, Assistance, Case
from workflow_app.models.people import Role
from workflow_app.selectors.assistances import (
    assistable,
    get_assistance,
    is_asked,
    list_answered,
    list_open,
    may_ask,
)
from workflow_app.selectors.cases import get_case
from workflow_app.selectors.documents import ASSISTANCE_KIND, label_documents, list_documents
from workflow_app.services.assisting import (
    LONGEST_ANSWER,
    LONGEST_QUESTION,
    answer_assistance,
    ask_assistance,
    cancel_assistance,
)
from workflow_app.services.documents import store_document
from workflow_app.web import filling
from workflow_app.web.bundles import bundle_for
from workflow_app.web.errors import sentence
from workflow_app.web.visitor import for_roles, signed_in, user_of


@require_safe
@for_roles(Role.SOURCE_UNIT)
def assistances(request: HttpRequest) -> HttpResponse:
    """What the account's units are asked, soonest due first, and what is over."""
    context = {"open": list_open(user_of(request)), "over": list_answered(user_of(request))}
    return render(request, "web/desk/assistances.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def ask(request: HttpRequest, number: str) -> HttpResponse:
    """Ask a unit about the case: what, whom, and which papers it may see."""
    case = get_case(user_of(request), number)
    if not may_ask(user_of(request), case):
        raise ForbiddenError
    if request.method != "POST":
        return _ask_page(request, case)

    def act() -> str:
        ask_assistance(
            number=number,
            user=user_of(request),
            agency=_agency(request, case),
            question=request.POST.get("question", ""),
            documents=_ids(request.POST.getlist("documents")),
        )
        messages.success(request, gettext("已发出协查。答复后您会收到通知，本案期限继续计算。"))
        return _back(request, case)

    try:
        return filling.act_once(request, act)
    except NotFoundError:
        raise
    except CreditError as refused:
        return _ask_page(request, case, problem=sentence(refused), status=refused.status)


def _ask_page(request: HttpRequest, case: Case, *, problem: str = "", status: int = 200) -> HttpResponse:
    agencies = assistable(case)
    context = {
        "case": case,
        "bundle": bundle_for(case),
        "agencies": agencies,
        "documents": list_documents(case),
        "chosen": request.POST.getlist("documents"),
        "agency": request.POST.get("agency", str(agencies[0].pk) if agencies else ""),
        "question": request.POST.get("question", ""),
        "longest": LONGEST_QUESTION,
        "problem": problem,
        "token": filling.new_token(),
        "back": _back(request, case),
    }
    return render(request, "web/desk/ask.html", context, status=status)


def _agency(request: HttpRequest, case: Case) -> Agency:
    chosen = request.POST.get("agency", "")
    return next((each for each in assistable(case) if str(each.pk) == chosen), case.agency)


def _back(request: HttpRequest, case: Case) -> str:
    """To the task of the case that the officer has in hand, else to the case."""
    held = case.tasks.filter(assignee=user_of(request), status="claimed").first()
    return reverse("web:task", args=[held.pk]) if held else reverse("web:case", args=[case.number])


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def assistance(request: HttpRequest, assistance_id: int) -> HttpResponse:
    """The request: for the unit to answer, for the office to read. Papers are stored before anything is judged."""
    found = get_assistance(user_of(request), assistance_id)
    if request.method != "POST":
        return _page(request, found)
    papers, problems = _uploads(request)
    if problems:
        return _page(request, found, problem=" ".join(problems), papers=papers, status=422)

    def act() -> str:
        answer_assistance(
            assistance_id=found.pk,
            user=user_of(request),
            answer=request.POST.get("answer", ""),
            documents=_ids(papers),
        )
        messages.success(request, gettext("已答复。"))
        return reverse("web:assistances")

    try:
        return filling.act_once(request, act)
    except NotFoundError:
        raise
    except CreditError as refused:
        found = get_assistance(user_of(request), assistance_id)
        return _page(request, found, problem=sentence(refused), papers=papers, status=refused.status)


def _uploads(request: HttpRequest) -> tuple[list[str], list[str]]:
    """The ids of the papers kept from before and stored now, and a sentence for each that was refused."""
    papers, problems = request.POST.getlist("papers"), []
    for file in cast(list[UploadedFile], request.FILES.getlist("files"))[: filling.MOST_UPLOADS]:
        try:
            stored = store_document(
                user=user_of(request), kind=ASSISTANCE_KIND, name=file.name or "", content=cast(Any, file)
            )
            papers.append(str(stored.pk))
        except CreditError as refused:
            problems.append(sentence(refused))
    return papers, problems


def _page(
    request: HttpRequest,
    found: Assistance,
    *,
    problem: str = "",
    papers: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    waits = found.answered_at is None and found.cancelled_at is None
    is_unit = is_asked(user_of(request), found)
    context = {
        "assistance": found,
        "record": found.case.record,
        "process": bundle_for(found.case).manifest.title,
        "is_unit": is_unit,
        "may_answer": is_unit and waits,
        "answer": request.POST.get("answer", ""),
        "papers": label_documents(user_of(request), papers or []),
        "longest": LONGEST_ANSWER,
        "problem": problem,
        "token": filling.new_token(),
    }
    return render(request, "web/desk/assistance.html", context, status=status)


@require_POST
@signed_in
def cancel(request: HttpRequest, assistance_id: int) -> HttpResponse:
    """Take the question back."""
    found = get_assistance(user_of(request), assistance_id)
    cancel_assistance(assistance_id=found.pk, user=user_of(request))
    messages.success(request, gettext("已撤回协查。"))
    return redirect(_back(request, found.case))


def _ids(texts: list[str]) -> list[UUID]:
    """Those that are ids; what is none was not offered."""
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
