"""委托: the organisations one acts for, and who may act for one's own."""

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from workflow_app.domain.errors import CreditError, NotFoundError
from workflow_app.selectors.mandates import list_given, list_held, own_subjects
from workflow_app.selectors.signatures import today
from workflow_app.services.mandates import MOST_YEARS, MandateEndInvalidError, end_mandate, grant_mandate
from workflow_app.web.errors import sentence
from workflow_app.web.moments import day
from workflow_app.web.visitor import signed_in, user_of

_FIELDS = ("subject", "username", "until")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def mandates(request: HttpRequest) -> HttpResponse:
    """What is held and given; sending the form gives one, or puts other terms in place of it."""
    if request.method != "POST":
        return _page(request)
    typed = {name: request.POST.get(name, "").strip()[:150] for name in _FIELDS}
    subject = typed["subject"]
    try:
        made = grant_mandate(
            user=user_of(request),
            subject_id=int(subject) if subject.isdecimal() and len(subject) < 18 else 0,
            username=typed["username"],
            valid_until=_day(typed["until"]),
            is_shared="shared" in request.POST,
        )
    except NotFoundError:
        raise
    except CreditError as refused:
        field = "until" if isinstance(refused, MandateEndInvalidError) else "username"
        return _page(request, typed, {field: sentence(refused)}, status=422)
    messages.success(
        request,
        gettext("委托已生效：{subject}，到 {day} 为止。").format(
            subject=made.subject.name, day=day(made.valid_until)
        ),
    )
    return redirect("web:mandates")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _page(
    request: HttpRequest,
    typed: dict[str, str] | None = None,
    problems: dict[str, str] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    user = user_of(request)
    context = {
        "held": list_held(user),
        "given": list_given(user),
        "subjects": own_subjects(user),
        "typed": typed or {"subject": "", "username": request.GET.get("agent", "")[:150], "until": ""},
        "is_shared": "shared" in request.POST,
        "problems": problems or {},
        "first": today().isoformat(),
        "years": MOST_YEARS,
    }
    return render(request, "web/portal/mandates.html", context, status=status)


@require_POST
@signed_in
def end(request: HttpRequest, mandate_id: int) -> HttpResponse:
    """End a mandate, or lay it down, from this moment on."""
    end_mandate(user=user_of(request), mandate_id=mandate_id)
    messages.success(request, gettext("委托已终止。"))
    return redirect("web:mandates")
