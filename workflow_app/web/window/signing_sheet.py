"""签字页: what the person at the counter reads, signs on paper, and the clerk scans before the application is filed."""

from typing import BinaryIO, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from forms.display import summary
from forms.problems import FormInvalidError
from forms.validator import validate
from workflow_app.domain import clock
from workflow_app.domain.errors import CreditError, NotFoundError
from workflow_app.letters.page import readable_code
from workflow_app.models import CounterVisit, Draft
from workflow_app.models.counter import Relation
from workflow_app.models.people import Role
from workflow_app.selectors.counter import get_visit, papers_of
from workflow_app.selectors.drafts import get_draft
from workflow_app.services.counter import (
    AUTHORISATION,
    IDENTITY,
    SHEET,
    SheetDiffersError,
    VisitorInvalidError,
    add_paper,
    change_visitor,
    digest_of,
    ensure_signed,
    remove_paper,
)
from workflow_app.services.errors import DraftSubmittedError
from workflow_app.services.privacy import version_in_force
from workflow_app.web import filling
from workflow_app.web.bundles import start_form
from workflow_app.web.errors import sentence
from workflow_app.web.visitor import for_roles, language, user_of
from workflow_app.web.window.views import typed_visitor, visitor_context

# As much of the digest as the sheet shows.
_SHOWN = 16


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.CLERK)
def papers(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Print the sheet, have it signed, scan it; and then on to filing."""
    draft, visit = _visit(request, draft_id)
    problems: dict[str, str] = {}
    if request.method == "POST":
        problems = _take(request, draft_id)
        if not problems:
            return redirect("web:window_papers", draft_id)
        visit.refresh_from_db()
    return _papers_page(request, draft, visit, problems)


def _take(request: HttpRequest, draft_id: UUID) -> dict[str, str]:
    """Store the files sent; the problems by field."""
    problems = {}
    for kind in (SHEET, AUTHORISATION, IDENTITY):
        for file in request.FILES.getlist(kind):
            try:
                add_paper(
                    user=user_of(request),
                    draft_id=draft_id,
                    kind=kind,
                    name=file.name or "",
                    content=cast(BinaryIO, file),
                    sheet_code=request.POST.get("sheet_code", "")[:40],
                )
            except SheetDiffersError as differs:
                problems["sheet_code"] = sentence(differs)
            except CreditError as refused:
                problems[kind] = sentence(refused)
    if not request.FILES:
        problems[SHEET] = gettext("请选择要上传的扫描件。")
    return problems


def _papers_page(
    request: HttpRequest, draft: Draft, visit: CounterVisit, problems: dict[str, str]
) -> HttpResponse:
    try:
        ensure_signed(visit)
        missing = ""
    except CreditError as unsigned:
        missing = sentence(unsigned)
    bundle, _ = start_form(draft.process)
    context = {
        "bundle": bundle,
        "draft": draft,
        "visit": visit,
        "kinds": [
            (SHEET, gettext("签字页"), papers_of(visit, SHEET)),
            *(
                [(AUTHORISATION, gettext("授权委托书"), papers_of(visit, AUTHORISATION))]
                if _is_agent(visit)
                else []
            ),
            (IDENTITY, gettext("来人证件（可不上传）"), papers_of(visit, IDENTITY)),
        ],
        "problems": problems,
        "missing": missing,
        "sheet_code": request.POST.get("sheet_code", "")[:40] if problems else "",
    }
    return render(request, "web/window/papers.html", context, status=422 if problems else 200)


@require_POST
@for_roles(Role.CLERK)
def paper_remove(request: HttpRequest, draft_id: UUID, paper_id: UUID) -> HttpResponse:
    """Take back a scan."""
    remove_paper(user=user_of(request), draft_id=draft_id, paper_id=paper_id)
    messages.success(request, gettext("扫描件已删除。"))
    return redirect("web:window_papers", draft_id)


@require_safe
@for_roles(Role.CLERK)
def sheet(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """The sheet to be printed and signed: all answers, who signs for whom, and the digest of what was signed."""
    draft, visit = _visit(request, draft_id)
    bundle, form = start_form(draft.process)
    try:
        data = validate(form, draft.data)
    except FormInvalidError:
        # What is not complete is not signed: the check says what is wrong, field by field.
        return redirect("web:draft_check", draft_id)
    about = filling.About(bundle, draft.on_behalf_of)
    choices = filling.options(request, about, filling.papers_in(form, data))
    context = {
        "bundle": bundle,
        "draft": draft,
        "visit": visit,
        "rows": summary(form, data, language(), choices=choices),
        "digest": _short(draft, visit),
        "now": clock.now(),
        "privacy_version": version_in_force(),
    }
    return render(request, "web/window/sheet.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.CLERK)
def visitor(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Correct who stands at the counter."""
    draft, visit = _visit(request, draft_id)
    subject = visit.subject
    problems: dict[str, str] = {}
    typed = typed_visitor(request, subject) if request.method == "POST" else visit
    if request.method == "POST":
        try:
            change_visitor(
                user=user_of(request),
                draft_id=draft_id,
                subject=subject,
                visitor=typed_visitor(request, subject),
            )
        except VisitorInvalidError as invalid:
            problems = {name: sentence(each) for name, each in invalid.problems.items()}
        else:
            messages.success(request, gettext("来人信息已更正。"))
            return redirect("web:draft", draft_id)
    context = {"subject": subject, "draft": draft, **visitor_context(subject, typed, problems)}
    return render(request, "web/window/visitor.html", context, status=422 if problems else 200)


def _visit(request: HttpRequest, draft_id: UUID) -> tuple[Draft, CounterVisit]:
    """The clerk's own draft and who stands at the counter for it; raises NotFoundError, `DraftSubmittedError`."""
    draft = get_draft(user_of(request), draft_id)
    visit = get_visit(draft)
    if visit is None:
        raise NotFoundError
    if draft.submitted_at is not None:
        raise DraftSubmittedError
    return draft, visit


def _is_agent(visit: CounterVisit) -> bool:
    return visit.relation == Relation.AGENT


def _short(draft: Draft, visit: CounterVisit) -> str:
    return readable_code(digest_of(draft, visit)[:_SHOWN].upper())
