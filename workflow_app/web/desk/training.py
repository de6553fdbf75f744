"""For trainers: sessions, attendance, results."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from workflow_app.domain.errors import CreditError, NotFoundError
from workflow_app.models.people import Role
from workflow_app.selectors.training import get_session, list_enrolments, list_sessions
from workflow_app.services.training import attendance_code, check_in, check_out, record_results
from workflow_app.web.errors import sentence
from workflow_app.web.visitor import access_of, for_roles, user_of


@require_safe
@for_roles(Role.TRAINER)
def sessions(request: HttpRequest) -> HttpResponse:
    """The sessions of the trainer's agencies, latest first."""
    own = access_of(request).agencies(Role.TRAINER)
    found = [each for each in list_sessions(include_past=True) if each.session.agency_id in own]
    return render(request, "web/desk/training.html", {"sessions": found})


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(Role.TRAINER)
def session(request: HttpRequest, session_id: int) -> HttpResponse:
    """One session: who is enrolled, who came and went, who passed."""
    enrolments = list_enrolments(user_of(request), session_id)
    info = get_session(session_id)
    problem, status = "", 200
    if request.method == "POST":
        try:
            _act(request, session_id)
            messages.success(request, gettext("已登记。"))
            return redirect("web:training_session", session_id)
        except NotFoundError:
            raise
        except CreditError as refused:
            problem, status = sentence(refused), refused.status
    context = {
        "info": info,
        "enrolments": enrolments,
        "problem": problem,
        "code_in": attendance_code(info.session, "in"),
        "code_out": attendance_code(info.session, "out"),
    }
    return render(request, "web/desk/training_session.html", context, status=status)


def _act(request: HttpRequest, session_id: int) -> None:
    user, post = user_of(request), request.POST
    if "check_in" in post:
        check_in(session_id=session_id, user=user, enrolment_id=_id(post["check_in"]))
    elif "check_out" in post:
        check_out(session_id=session_id, user=user, enrolment_id=_id(post["check_out"]))
    elif "results" in post:
        record_results(session_id=session_id, user=user, results=_results(request))
    else:
        raise NotFoundError


def _results(request: HttpRequest) -> dict[int, int | None]:
    """The scores typed beside the enrolments that are ticked; an empty one where the course has no test."""
    results: dict[int, int | None] = {}
    for each in request.POST.getlist("graded"):
        score = request.POST.get(f"score-{each}", "").strip()
        results[_id(each)] = int(score) if score.isdecimal() and len(score) < 6 else None
    return results


def _id(text: str) -> int:
    if not text.isdecimal() or len(text) > 17:
        raise NotFoundError
    return int(text)
