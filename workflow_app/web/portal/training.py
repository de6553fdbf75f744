"""Book a seat in the training that a repair case waits for, and give it back."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from workflow_app.domain import clock
from workflow_app.domain.errors import CreditError, NotFoundError
from workflow_app.selectors.cases import get_case
from workflow_app.selectors.training import list_own_enrolments, list_sessions
from workflow_app.services.training import cancel_enrolment, enrol
from workflow_app.web.errors import sentence
from workflow_app.web.visitor import access_of, signed_in, user_of


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def booking(request: HttpRequest, number: str) -> HttpResponse:
    """The sessions to come and the case's own booking."""
    found = get_case(user_of(request), number)
    if found.subject_id not in access_of(request).subject_ids:
        raise NotFoundError
    problem, status = "", 200
    if request.method == "POST":
        try:
            messages.success(request, _book(request, number))
            return redirect("web:case_training", number)
        except NotFoundError:
            raise
        except CreditError as refused:
            problem, status = sentence(refused), refused.status
    own = [each for each in list_own_enrolments(user_of(request)) if each.case_id == found.pk]
    context = {
        "case": found,
        "sessions": [each for each in list_sessions() if each.session.starts_at > clock.now()],
        "enrolments": own,
        "booked": {each.session_id for each in own if each.status in ("enrolled", "waiting")},
        "problem": problem,
    }
    return render(request, "web/portal/training.html", context, status=status)


def _book(request: HttpRequest, number: str) -> str:
    acts: dict[str, tuple[Callable[..., object], str]] = {
        "enrol": (enrol, gettext("已预约。开课前请留意消息中的提醒。")),
        "cancel": (cancel_enrolment, gettext("已取消预约。")),
    }
    for name, (act, said) in acts.items():
        session = request.POST.get(name, "")
        if session.isdecimal() and len(session) < 18:
            act(session_id=int(session), case_number=number, user=user_of(request))
            return said
    raise NotFoundError
