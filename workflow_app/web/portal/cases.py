"""One's cases: the list, the page of one case, its clocks, papers and letters, and taking it back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import CreditError, NotFoundError
from workflow_app.models import Case
from workflow_app.models.cases import CaseStatus
from workflow_app.selectors.cases import get_case, get_history, list_case_tasks, list_cases
from workflow_app.selectors.clocks import countdown, explain_clock, get_clock, ledger_of, list_clocks
from workflow_app.selectors.documents import get_document, list_documents
from workflow_app.selectors.drafts import list_drafts
from workflow_app.selectors.letters import get_letter, list_letters
from workflow_app.selectors.overview import list_standings
from workflow_app.selectors.processes import list_processes
from workflow_app.services import blobs
from workflow_app.services.cases import withdraw_case
from workflow_app.web import filling, ledger
from workflow_app.web.bundles import bundle_for, diagram_of, position_of
from workflow_app.web.diagram import describe, draw
from workflow_app.web.downloads import attachment
from workflow_app.web.errors import sentence
from workflow_app.web.submissions import shown_submissions
from workflow_app.web.visitor import access_of, signed_in, user_of
from workflow_app.web.words import timeline

PAGE_SIZE = 20
# The message by which a case learns that the training was passed.
TRAINING = "training.passed"


@require_safe
@signed_in
def cases(request: HttpRequest) -> HttpResponse:
    """The cases one may see, newest first, each with who has it and when it is due; drafts on top."""
    asked = {name: request.GET.get(name, "") for name in ("process", "status", "q", "cursor")}
    page = list_cases(
        user_of(request),
        process=asked["process"],
        status=asked["status"],
        q=asked["q"],
        cursor=asked["cursor"],
        limit=PAGE_SIZE,
    )
    context = {
        "standings": list_standings(page.items),
        "next": page.next,
        "asked": asked,
        "drafts": [] if asked["cursor"] else list_drafts(user_of(request)),
        "processes": list_processes(user_of(request)),
        "statuses": CaseStatus.choices,
        "is_filtered": any(asked.values()),
    }
    return render(request, "web/portal/cases.html", context)


@require_safe
@signed_in
def case(request: HttpRequest, number: str) -> HttpResponse:
    """Everything about one case that its reader may know."""
    found = get_case(user_of(request), number)
    return render(request, "web/portal/case.html", case_context(request, found))


def case_context(request: HttpRequest, found: Case) -> dict[str, Any]:
    """What the pages of a case show of it: standing, clocks, trail, papers, letters, picture."""
    bundle = bundle_for(found)
    position, diagram = position_of(found), diagram_of(bundle)
    now = clock.now()
    tasks = list_case_tasks(found)
    access = access_of(request)
    is_own = found.subject_id in access.subject_ids
    return {
        "case": found,
        "bundle": bundle,
        "is_own": is_own,
        "tasks": tasks,
        "own_tasks": [task for task in tasks if access.can_do(task, found)],
        "clocks": [(each, countdown(each, now)) for each in list_clocks(found)],
        "clock_titles": {each.name: each.title for each in bundle.manifest.clocks},
        "outcome": outcome_of(found),
        "timeline": timeline(get_history(found), bundle, diagram, is_own=is_own and not access.roles),
        "submissions": shown_submissions(request, found, bundle),
        "documents": list_documents(found),
        "letters": list_letters(found),
        "waits_for_training": is_own
        and any(diagram.nodes[each].message == TRAINING for each in position.active),
        "picture": draw(diagram, position),
        "picture_text": describe(diagram, position),
        "may_withdraw": not found.is_finished and (is_own or found.filed_by_id == user_of(request).pk),
    }


def outcome_of(found: Case) -> Any:
    """The manifest's outcome of a closed case, else None."""
    outcomes = bundle_for(found).manifest.outcomes.values()
    return next((each for each in outcomes if each.code == found.outcome), None)


@require_safe
@signed_in
def clock_page(request: HttpRequest, number: str, name: str) -> HttpResponse:
    """Why a clock of the case is due when it is, day by day, what happened to it, and who had the time.

    The same page for applicant, officer and supervisor.
    """
    found = get_case(user_of(request), number)
    timer, now = get_clock(found, name), clock.now()
    bundle = bundle_for(found)
    left, book, days = countdown(timer, now), ledger_of(timer, now), explain_clock(timer, now)
    context = {
        "case": found,
        "bundle": bundle,
        "clock": timer,
        "title": next((each.title for each in bundle.manifest.clocks if each.name == name), None),
        "left": left,
        "ledger": book,
        "waits_for": ledger.waits_for(book),
        "used": ledger.used_of(book, left, timer),
        "why": ledger.why(timer, book, days),
        "lines": ledger.lines_of(book, timer),
        "bars": ledger.bars_of(book),
        "totals": ledger.totals_of(book),
        "weeks": ledger.weeks_of(days, now.astimezone(CHINA).date()),
        "days": days,
    }
    return render(request, "web/portal/clock.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    """Take the case back, with a reason once an officer has begun."""
    found = get_case(user_of(request), number)
    context = {"case": found, "bundle": bundle_for(found), "token": filling.new_token()}
    if request.method != "POST":
        return render(request, "web/portal/withdraw.html", context)
    reason = request.POST.get("reason", "").replace("\0", "")[:500]
    try:
        return filling.act_once(request, lambda: _withdraw(request, number, reason))
    except NotFoundError:
        raise
    except CreditError as refused:
        context |= {"problem": sentence(refused), "reason": reason}
        return render(request, "web/portal/withdraw.html", context, status=refused.status)


def _withdraw(request: HttpRequest, number: str, reason: str) -> str:
    withdraw_case(number=number, user=user_of(request), reason=reason)
    messages.success(request, gettext("案件已撤回。"))
    return reverse("web:case", args=[number])


@require_safe
@signed_in
def document(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """One paper, to be saved or opened outside of this site."""
    found = get_document(user_of(request), document_id)
    return attachment(blobs.get(found.sha256), found.name, found.content_type)


@require_safe
@signed_in
def letter(request: HttpRequest, number: str) -> HttpResponse:
    """The signed PDF of a letter."""
    found = get_letter(user_of(request), number)
    if not found.sha256:
        messages.info(request, gettext("文书正在制作，请稍后再下载。"))
        return redirect("web:case", found.case.number)
    return attachment(blobs.get(found.sha256), f"{found.number}.pdf", "application/pdf")
