"""Book a seat in the training that a repair case waits for, keep it in a calendar, and give it back."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from workflow_app.domain import clock
from workflow_app.domain.errors import CreditError, NotFoundError
from workflow_app.models import Case, Enrolment
from workflow_app.models.training import UNDER_WAY, EnrolmentStatus
from workflow_app.selectors.cases import get_case
from workflow_app.selectors.training import list_enrolments_of, list_sessions, place_in_line
from workflow_app.selectors.training_calendar import CONTENT_TYPE, calendar_file
from workflow_app.services.training import cancel_enrolment, enrol
from workflow_app.web.downloads import attachment
from workflow_app.web.errors import sentence
from workflow_app.web.tags import title_of
from workflow_app.web.visitor import access_of, signed_in, user_of


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def booking(request: HttpRequest, number: str) -> HttpResponse:
    """The case's own booking, what became of earlier ones, and the sessions to come."""
    found = _own_case(request, number)
    problem, status = "", 200
    if request.method == "POST":
        try:
            messages.success(request, _book(request, number))
            return redirect("web:case_training", number)
        except NotFoundError:
            raise
        except CreditError as refused:
            problem, status = sentence(refused), refused.status
    own = list_enrolments_of(found)
    current = next((each for each in own if each.status in UNDER_WAY), None)
    context = {
        "case": found,
        "sessions": [each for each in list_sessions() if each.session.starts_at > clock.now()],
        "current": current,
        "line": place_in_line(current) if current else 0,
        "may_cancel": current is not None and _may_cancel(current),
        "earlier": [each for each in own if each is not current and each.status != EnrolmentStatus.CANCELLED],
        "problem": problem,
    }
    return render(request, "web/portal/training.html", context, status=status)


def _own_case(request: HttpRequest, number: str) -> Case:
    found = get_case(user_of(request), number)
    if found.subject_id not in access_of(request).subject_ids:
        raise NotFoundError
    return found


def _may_cancel(enrolment: Enrolment) -> bool:
    is_booked = enrolment.status in (EnrolmentStatus.ENROLLED, EnrolmentStatus.WAITING)
    return is_booked and bool(enrolment.session.starts_at > clock.now())


def _book(request: HttpRequest, number: str) -> str:
    acts: dict[str, Callable[..., Enrolment]] = {"enrol": enrol, "cancel": cancel_enrolment}
    for name, act in acts.items():
        session = request.POST.get(name, "")
        if session.isdecimal() and len(session) < 18:
            made = act(session_id=int(session), case_number=number, user=user_of(request))
            return _said(made)
    raise NotFoundError


def _said(made: Enrolment) -> str:
    """What has come of the act: full rooms have a waiting list."""
    if made.status == EnrolmentStatus.CANCELLED:
        return gettext("已取消预约，名额已让给他人。")
    if made.status == EnrolmentStatus.WAITING:
        return gettext("该场名额已满，您已进入候补；有名额时会通知您，也可以取消候补改约其他场次。")
    return gettext("已预约。可以把培训时间加入日历，开课前一天会提醒您。")


@require_safe
@signed_in
def calendar(request: HttpRequest, number: str) -> HttpResponse:
    """The booked session as a calendar file."""
    found = _own_case(request, number)
    booked = next((each for each in list_enrolments_of(found) if each.status in UNDER_WAY), None)
    if booked is None:
        raise NotFoundError
    session, root = booked.session, settings.PUBLIC_URL.rstrip("/")
    content = calendar_file(
        session,
        root,
        summary=title_of(session.course),
        organiser=title_of(session.agency),
        page=root + reverse("web:case_training", args=[number]),
    )
    return attachment(content, f"training-{session.pk}.ics", CONTENT_TYPE)
