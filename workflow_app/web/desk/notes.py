"""What is said in a case besides the forms, on the pages of task and case: read, said, renewed while one reads."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from workflow_app.domain.errors import CreditError, NotFoundError
from workflow_app.models import Case, User
from workflow_app.models.notes import Audience
from workflow_app.selectors.cases import get_case
from workflow_app.selectors.notes import is_office, list_notes, mentionable, named_in
from workflow_app.services.notes import LONGEST, add_note
from workflow_app.web import filling
from workflow_app.web.errors import sentence
from workflow_app.web.visitor import access_of, signed_in, user_of


def notes_context(request: HttpRequest, case: Case) -> dict[str, Any]:
    """What `web/parts/notes.html` needs, on any page of a case that its reader has got by `get_case`."""
    by_office = is_office(access_of(request), case)
    return {
        **_said(request, case),
        "may_mention": by_office,
        "to_mention": [each for each in mentionable(case) if each != user_of(request)] if by_office else [],
        "note_token": filling.new_token(),
        "longest_note": LONGEST,
        "note_audience": Audience.OFFICE if by_office else Audience.EVERYBODY,
    }


def _said(request: HttpRequest, case: Case) -> dict[str, Any]:
    notes = list_notes(user_of(request), case)
    return {
        "notes": notes,
        "last_note": notes[-1].pk if notes else 0,
        "reads_as_office": is_office(access_of(request), case),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def notes(request: HttpRequest, number: str) -> HttpResponse:
    """Say something, once however often it is sent; or, for htmx, what has been said since `?after=`."""
    case = get_case(user_of(request), number)
    if request.method == "POST":
        return _say(request, case)
    if not _is_part(request):
        return redirect(_place(request, case))
    context = {"case": case, **_said(request, case)}
    if str(context["last_note"]) == request.GET.get("after", ""):
        return HttpResponse(status=204)
    return render(request, "web/parts/note_list.html", context)


def _say(request: HttpRequest, case: Case) -> HttpResponse:
    def act() -> str:
        add_note(
            number=case.number,
            user=user_of(request),
            text=request.POST.get("text", ""),
            audience=request.POST.get("audience", "")
            if request.POST.get("audience") in Audience.values
            else Audience.EVERYBODY,
            mentioned=_mentioned(request, case),
        )
        if not _is_part(request):
            messages.success(request, gettext("已发送。"))
        return _place(request, case)

    try:
        done = filling.act_once(request, act)
    except NotFoundError:
        raise
    except CreditError as refused:
        return _again(request, case, refused)
    if not _is_part(request):
        return done
    return render(
        request, "web/parts/notes.html", {"case": case, **notes_context(request, case), "is_sent": True}
    )


def _again(request: HttpRequest, case: Case, refused: CreditError) -> HttpResponse:
    """Nothing was sent and nothing is lost: the words stand in the form again."""
    context = {
        "case": case,
        **notes_context(request, case),
        "note_problem": sentence(refused),
        "note_text": request.POST.get("text", ""),
        "note_audience": request.POST.get("audience", ""),
        "note_mentioned": request.POST.getlist("mentioned"),
        "back": _place(request, case),
    }
    page = "web/parts/notes.html" if _is_part(request) else "web/desk/note.html"
    return render(request, page, context, status=refused.status)


def _mentioned(request: HttpRequest, case: Case) -> list[User]:
    """Who was ticked, and who is named in the text. Only whom the office may mention; others are plain text."""
    if not is_office(access_of(request), case):
        return []
    known = mentionable(case)
    ticked = set(request.POST.getlist("mentioned"))
    named = named_in(request.POST.get("text", ""), known)
    return [user for user in known if user in named or user.username in ticked]


def _place(request: HttpRequest, case: Case) -> str:
    """Back to where it was written: the task, or the case."""
    task = request.POST.get("task", "")
    if task.isdecimal() and len(task) < 19 and case.tasks.filter(pk=int(task)).exists():
        return reverse("web:task", args=[int(task)]) + "#notes"
    return reverse("web:case", args=[case.number]) + "#notes"


def _is_part(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"
