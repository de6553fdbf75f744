"""查我的记录: one's own credit records, what can be done about each, and from when."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from workflow_app.domain.errors import CreditError, NotFoundError
from workflow_app.selectors.own_records import REPAIR, list_own_records
from workflow_app.selectors.processes import list_processes
from workflow_app.selectors.subjects import list_subjects
from workflow_app.services.apply_reminders import ask_reminder, drop_reminder
from workflow_app.web.errors import sentence
from workflow_app.web.moments import day
from workflow_app.web.public.entries import entries
from workflow_app.web.visitor import signed_in, user_of

MOST_ARCHIVES = 3
# Processes that can be begun from a record say so in their manifest.
ABOUT_RECORDS = ("record", "records")


@require_safe
@signed_in
def records(request: HttpRequest) -> HttpResponse:
    """The records of the account's own subjects; `?subject=` those of one, `?record=` one alone."""
    asked = {name: request.GET.get(name, "") for name in ("subject", "record", "cursor")}
    user = user_of(request)
    page = list_own_records(
        user, subject=_key(asked["subject"]), record=_key(asked["record"]), cursor=asked["cursor"]
    )
    manifests = [
        info.manifest
        for info in list_processes(user)
        if info.may_start and info.manifest.about in ABOUT_RECORDS and "applicant" in info.manifest.starters
    ]
    subjects = list_subjects(user)
    named = [each.subject for each in subjects if asked["subject"] in ("", str(each.subject.pk))]
    context = {
        "page": page,
        # An agent of many finds the file of one by choosing it.
        "archives": named if len(named) <= MOST_ARCHIVES else [],
        "asked": asked,
        "subjects": subjects,
        "entries": entries(manifests),
        "repair": REPAIR,
    }
    return render(request, "web/portal/records.html", context)


def _key(text: str) -> int | None:
    """The number asked for; None where all are wanted, and a number that no record has for nonsense."""
    if not text:
        return None
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


@require_POST
@signed_in
def reminder(request: HttpRequest, record_id: int) -> HttpResponse:
    """Ask to be told before repair of a record may be applied for, or not after all."""
    back = redirect(f"{reverse('web:records')}?record={record_id}")
    try:
        if "drop" in request.POST:
            drop_reminder(record_id=record_id, user=user_of(request))
            messages.success(request, gettext("已取消提醒。"))
            return back
        made = ask_reminder(record_id=record_id, user=user_of(request))
    except NotFoundError:
        raise
    except CreditError as refused:
        messages.warning(request, sentence(refused))
        return back
    messages.success(request, gettext("将在 {day} 提醒您。").format(day=day(made.remind_on)))
    return back
