"""Away, with a substitute: say it, see it, end it."""

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from workflow_app.domain.errors import CreditError
from workflow_app.models.people import Role
from workflow_app.selectors.absences import (
    SUBSTITUTED,
    list_absences,
    list_substitutions,
    possible_substitutes,
    today,
)
from workflow_app.services.absences import (
    LONGEST_DAYS,
    MOST_REASON,
    AbsenceDatesError,
    SubstituteUnfitError,
    end_absence,
    record_absence,
)
from workflow_app.web import filling
from workflow_app.web.errors import sentence
from workflow_app.web.tags import person
from workflow_app.web.visitor import for_roles, user_of

_ROLES = tuple(Role(each) for each in SUBSTITUTED)


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(*_ROLES)
def absences(request: HttpRequest) -> HttpResponse:
    """The account's absences and those in which it acts; sending the page adds one."""
    problem, status = "", 200
    if request.method == "POST":
        try:
            return filling.act_once(request, lambda: _record(request))
        except CreditError as refused:
            problem, status = sentence(refused), refused.status
    user = user_of(request)
    context = {
        "absences": list_absences(user),
        "substitutions": list_substitutions(user),
        "colleagues": possible_substitutes(user),
        "typed": request.POST,
        "problem": problem,
        "today": today(),
        "longest": LONGEST_DAYS,
        "most_reason": MOST_REASON,
        "token": filling.new_token(),
    }
    return render(request, "web/desk/absences.html", context, status=status)


def _record(request: HttpRequest) -> str:
    post = request.POST
    chosen = {each.username: each for each in possible_substitutes(user_of(request))}
    substitute = chosen.get(post.get("substitute", ""))
    if substitute is None:
        raise SubstituteUnfitError
    made = record_absence(
        user=user_of(request),
        substitute=substitute,
        first_on=_day(post.get("first_on", "")),
        last_on=_day(post.get("last_on", "")),
        reason=post.get("reason", ""),
    )
    messages.success(request, gettext("已登记，期间由{who}代办。").format(who=person(made.substitute)))
    return request.path


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise AbsenceDatesError(most=LONGEST_DAYS) from wrong


@require_POST
@for_roles(*_ROLES)
def end(request: HttpRequest, absence_id: int) -> HttpResponse:
    """Back early, or not gone at all."""
    end_absence(user=user_of(request), absence_id=absence_id)
    messages.success(request, gettext("请假已结束。已由代办人领取的，仍由代办人办理；其他待办由您办理。"))
    return redirect("web:absences")
