"""The bulletin 通报 of any two months: its figures on a page, and the paper itself as PDF."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from workflow_app.letters.bulletin import render_bulletin
from workflow_app.models.people import Role
from workflow_app.selectors.bulletins import (
    Bulletin,
    BulletinMonthError,
    get_bulletin,
    latest_whole,
    list_first_months,
)
from workflow_app.web.control.asking import month_of
from workflow_app.web.control.bulletin_paper import compose
from workflow_app.web.control.bulletin_tables import period_words
from workflow_app.web.downloads import attachment
from workflow_app.web.errors import sentence
from workflow_app.web.visitor import for_roles, user_of


@require_safe
@for_roles(Role.SUPERVISOR)
def bulletin(request: HttpRequest) -> HttpResponse:
    """The figures of the bulletin that begins with a month, by default the last two months that are over."""
    problem, status = "", 200
    try:
        found = _asked(request)
    except BulletinMonthError as refused:
        problem, status = sentence(refused), refused.status
        found = get_bulletin(user_of(request), latest_whole())
    context = {
        "first": found.first,
        "choices": [(month, period_words(month)) for month in list_first_months()],
        "paper": compose(found),
        "problem": problem,
    }
    return render(request, "web/control/bulletin.html", context, status=status)


@require_safe
@for_roles(Role.SUPERVISOR)
def bulletin_pdf(request: HttpRequest) -> HttpResponse:
    """The bulletin as PDF in the language of the page. Raises BulletinMonthError."""
    paper = compose(_asked(request))
    return attachment(render_bulletin(paper), f"{paper.title}.pdf", "application/pdf")


def _asked(request: HttpRequest) -> Bulletin:
    text = request.GET.get("first", "")
    first = month_of(text) if text else latest_whole()
    return get_bulletin(user_of(request), first)
