"""One's cases: the list, the page of one case, its clocks, papers and letters, and taking it back."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from forms.steps import steps_of
from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import CreditError, NotFoundError
from workflow_app.models import Case, Draft, Submission, Task
from workflow_app.models.cases import CaseStatus
from workflow_app.models.letters import LetterStatus
from workflow_app.selectors.access import APPLICANT
from workflow_app.selectors.cases import get_case, get_history, list_case_tasks, list_cases
from workflow_app.selectors.clocks import countdown, explain_clock, get_clock, ledger_of, list_clocks
from workflow_app.selectors.documents import get_document, list_documents
from workflow_app.selectors.drafts import list_drafts
from workflow_app.selectors.findings import asked_before
from workflow_app.selectors.letters import get_letter, list_letters
from workflow_app.selectors.overview import list_standings
from workflow_app.selectors.processes import list_processes
from workflow_app.selectors.signatures import list_to_countersign
from workflow_app.selectors.training import list_enrolments_of
from workflow_app.services import blobs
from workflow_app.services.cases import withdraw_case
from workflow_app.web import filling, ledger
from workflow_app.web.bundles import bundle_for, diagram_of, position_of, start_form
from workflow_app.web.desk.notes import notes_context
from workflow_app.web.diagram import describe, draw
from workflow_app.web.downloads import attachment
from workflow_app.web.errors import sentence
from workflow_app.web.moments import day
from workflow_app.web.portal import progress
from workflow_app.web.submissions import shown_submissions
from workflow_app.web.tags import text_of
from workflow_app.web.visitor import access_of, signed_in, user_of
from workflow_app.web.words import timeline

PAGE_SIZE = 20
MOST_TODO = 20
_HEAVY = ("case__state", "case__state_mac", "case__definition__files", "case__definition__manifest")


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
    is_first = not asked["cursor"]
    context = {
        "standings": list_standings(page.items),
        "next": page.next,
        "asked": asked,
        "todo": _own_todo(request) if is_first else [],
        "to_sign": list_to_countersign(user_of(request)) if is_first else [],
        "drafts": [_begun(each) for each in list_drafts(user_of(request))] if is_first else [],
        "processes": list_processes(user_of(request)),
        "statuses": CaseStatus.choices,
        "is_filtered": any(asked.values()),
    }
    return render(request, "web/portal/cases.html", context)


def _own_todo(request: HttpRequest) -> list[tuple[Task, bool]]:
    """What the account itself owes in its cases, soonest due first, and whether it is done by a training. Officers
    have their desk."""
    own = access_of(request).queue().filter(role=APPLICANT).select_related("case__definition")
    tasks = own.defer(*_HEAVY).order_by("due_at", "pk")[:MOST_TODO]
    return [
        (task, progress.training_task(diagram_of(bundle_for(task.case)), [task]) is not None)
        for task in tasks
    ]


@dataclass(frozen=True)
class Begun:
    """A draft with how far it has come. `is_waiting`: a second signature has been asked for."""

    draft: Draft
    step: int
    steps: int
    is_waiting: bool


def _begun(draft: Draft) -> Begun:
    steps = len(steps_of(start_form(draft.process)[1]))
    request = getattr(draft, "countersign_request", None)
    is_waiting = request is not None and request.settled_at is None
    return Begun(draft, min(draft.step + 1, steps), steps, is_waiting)


@require_safe
@signed_in
def case(request: HttpRequest, number: str) -> HttpResponse:
    """Everything about one case that its reader may know; for htmx, what of it has changed since `?seen=`."""
    found = get_case(user_of(request), number)
    if request.headers.get("HX-Request") != "true":
        context = case_page(request, found)
        return render(request, "web/portal/case.html", {**context, **notes_context(request, found)})
    if request.GET.get("seen") == state_key(found):
        return HttpResponse(status=204)
    return render(request, "web/portal/case_live.html", {**case_page(request, found), "is_renewed": True})


def state_key(found: Case) -> str:
    """Changes whenever anything that the page shows of the case does: acts, events, letters that were made."""
    pending = found.letters.filter(status=LetterStatus.PENDING).count()
    return f"{found.lock_version}-{found.event_count}-{pending}"


def case_page(request: HttpRequest, found: Case) -> dict[str, Any]:
    """What the page of a case has beside what task pages show of it: how it stands, what comes next, what was asked."""
    context = case_context(request, found)
    bundle, is_own, tasks = context["bundle"], context["is_own"], context["tasks"]
    diagram, active = diagram_of(bundle), context["position"].active
    enrolments = list_enrolments_of(found)
    training = progress.training_task(diagram, tasks)
    awaits = training is not None or any(diagram.nodes[each].message == progress.TRAINING for each in active)
    due = day(training.due_at) if training else ""
    outcome = context["outcome"]
    ended = text_of(outcome.title) if outcome else gettext(found.get_status_display())
    main = progress.main_clock([each for each, _ in context["clocks"]], bundle.manifest.answered_by)
    return {
        **context,
        "seen": state_key(found),
        "standing": progress.sentence_of(
            found,
            tasks,
            ended,
            is_own=is_own,
            waits=progress.awaited(diagram, active),
            training=progress.about_training(enrolments, due, is_own=is_own) if awaits else "",
        ),
        "next_steps": [] if found.is_finished else progress.next_steps(diagram, active),
        "main_clock": next(((each, left) for each, left in context["clocks"] if each is main), None),
        "waits_for_training": awaits and is_own,
        "training_task": training,
        "enrolments": enrolments if is_own else [],
        "asked": asked_before(found),
        "supplied": [each for each in context["submissions"] if _is_supplement(each.submission)],
        "is_begun": is_begun(found),
        "makes_letters": any(each.status == LetterStatus.PENDING for each in context["letters"]),
    }


def is_begun(found: Case) -> bool:
    """Whether an officer has taken it up: from then on taking the case back needs a reason."""
    return found.tasks.filter(claimed_at__isnull=False).exclude(role=APPLICANT).exists()


def _is_supplement(submission: Submission) -> bool:
    """What the applicant's side handed in after the application."""
    return submission.task is not None and submission.task.role == APPLICANT


def case_context(request: HttpRequest, found: Case) -> dict[str, Any]:
    """What the pages of a case and of its tasks show of it: clocks, trail, papers, letters, picture."""
    bundle = bundle_for(found)
    position, diagram = position_of(found), diagram_of(bundle)
    now = clock.now()
    tasks = list_case_tasks(found)
    access = access_of(request)
    is_own = found.subject_id in access.subject_ids
    return {
        "case": found,
        "bundle": bundle,
        "position": position,
        "is_own": is_own,
        "tasks": tasks,
        "own_tasks": [task for task in tasks if access.can_do(task, found)],
        "clocks": [(each, countdown(each, now)) for each in list_clocks(found)],
        "clock_titles": {each.name: each.title for each in bundle.manifest.clocks},
        "outcome": outcome_of(found),
        "timeline": timeline(get_history(found), bundle, diagram, is_own=is_own),
        "submissions": shown_submissions(request, found, bundle),
        "documents": list_documents(found),
        "letters": list_letters(found),
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
    context = {
        "case": found,
        "bundle": bundle_for(found),
        "token": filling.new_token(),
        "is_begun": is_begun(found),
    }
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
