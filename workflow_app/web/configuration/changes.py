"""Changes of calendar, hours and rules: what each would do, and applying, discarding or undoing it."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from django.views.decorators.http import require_http_methods, require_safe

from bpmn.manifest import Process
from workflow_app.domain.errors import CreditError, ForbiddenError, NotFoundError
from workflow_app.models import Change
from workflow_app.models.changes import ChangeKind, ChangeStatus, EffectOutcome
from workflow_app.models.people import Role
from workflow_app.selectors.changes import get_change, list_changes
from workflow_app.selectors.configuration import find_notice, find_rule, get_office, standing
from workflow_app.selectors.previews import Foreseen
from workflow_app.selectors.seeing import Effects, see_effects
from workflow_app.selectors.wording import say
from workflow_app.services.change_errors import ChangeInvalidError
from workflow_app.services.changes import apply_change, discard_change, undo_change
from workflow_app.web import filling
from workflow_app.web.configuration.differences import clock_words, differences
from workflow_app.web.configuration.forms import CalendarForm, HoursForm
from workflow_app.web.configuration.rule_form import RuleForm
from workflow_app.web.configuration.views import (
    FORM_METHODS,
    PAGE_SIZE,
    calendar_form,
    hours_form,
    manifests_of,
    rule_form,
)
from workflow_app.web.errors import sentence
from workflow_app.web.visitor import for_roles, user_of

# Act → what does it, and what is said when it is done.
ACTS: dict[str, tuple[Callable[..., Any], str]] = {
    "apply": (apply_change, _("变更已生效，有关期限已重新计算。")),
    "discard": (discard_change, _("变更已放弃。")),
    "undo": (undo_change, _("变更已撤销，有关期限已恢复。")),
}


@require_safe
@for_roles(Role.SYSTEM_ADMIN)
def changes(request: HttpRequest) -> HttpResponse:
    """Every change, newest first."""
    asked = {"cursor": request.GET.get("cursor", "")}
    page = list_changes(user_of(request), cursor=asked["cursor"], limit=PAGE_SIZE)
    return render(request, "web/configuration/changes.html", {"page": page, "asked": asked})


@require_safe
@for_roles(Role.SYSTEM_ADMIN)
def change(request: HttpRequest, change_id: int) -> HttpResponse:
    """One change: what differs, how many periods move, and which."""
    found = get_change(user_of(request), change_id)
    outcome = request.GET.get("outcome", "")
    asked = {"outcome": outcome if outcome in EffectOutcome else "", "cursor": request.GET.get("cursor", "")}
    context = {**_about(request, found), "asked": asked, "may_edit": _may_edit(found)}
    if context["seen"]:
        page = context["seen"].page(**asked, limit=PAGE_SIZE)
        context["next"] = page.next
        context["effects"] = [(each, _clock_of(each, context["manifests"])) for each in page.items]
    return render(request, "web/configuration/change.html", context)


def _clock_of(effect: Foreseen, manifests: Mapping[str, Process]) -> str:
    return clock_words({"process": effect.clock.process, "clock": effect.clock.name}, manifests)


def _about(request: HttpRequest, found: Change) -> dict[str, Any]:
    manifests = manifests_of(request)
    before = standing(found.kind, found.content) if found.before is None else found.before
    seen, problem = _seen(found)
    return {
        "change": found,
        "differences": differences(found.kind, before, found.content, manifests),
        "seen": seen,
        "problem": problem,
        "manifests": manifests,
        "region": get_office(found.content["region"]).region if found.kind == ChangeKind.HOURS else None,
    }


def _seen(found: Change) -> tuple[Effects | None, str]:
    """What the change does; for a draft that cannot be computed, why."""
    try:
        return see_effects(found), ""
    except CreditError as refused:
        return None, sentence(refused)


def _may_edit(found: Change) -> bool:
    """Whether its form can show it: drafts, and of rules those of a single one."""
    several = found.kind == ChangeKind.RULES and len(found.content["rules"]) != 1
    return found.status == ChangeStatus.DRAFT and not several


@require_http_methods(FORM_METHODS)
@for_roles(Role.SYSTEM_ADMIN)
def edit(request: HttpRequest, change_id: int) -> HttpResponse:
    """Go on with a draft in the form it was made with."""
    found = get_change(user_of(request), change_id)
    if not _may_edit(found):
        return redirect("web:change", found.pk)
    if found.kind == ChangeKind.CALENDAR:
        year = found.content["year"]
        return calendar_form(request, CalendarForm.of(found, find_notice(year) if year else None), found)
    if found.kind == ChangeKind.HOURS:
        return hours_form(request, HoursForm.of(found, get_office(found.content["region"]).region), found)
    (rule,) = found.content["rules"]
    return rule_form(request, RuleForm.of(found, find_rule(rule)), found)


@require_http_methods(FORM_METHODS)
@for_roles(Role.SYSTEM_ADMIN)
def act(request: HttpRequest, change_id: int, act: str) -> HttpResponse:
    """Ask once more, with the figures, before a change is applied, discarded or undone; then do it, once."""
    found = get_change(user_of(request), change_id)
    if request.method == "POST":
        return _act(request, found, act)
    if not _may(found, act):
        return redirect("web:change", found.pk)
    context = {**_about(request, found), "act": act, "token": filling.new_token()}
    return render(request, "web/configuration/confirm.html", context)


def _may(found: Change, act: str) -> bool:
    return found.status == (ChangeStatus.APPLIED if act == "undo" else ChangeStatus.DRAFT)


def _act(request: HttpRequest, found: Change, act: str) -> HttpResponse:
    do, done = ACTS[act]

    def once() -> str:
        do(change_id=found.pk, user=user_of(request))
        messages.success(request, gettext(done))
        return reverse("web:change", args=[found.pk])

    try:
        return filling.act_once(request, once)
    except (ForbiddenError, NotFoundError):
        raise
    except CreditError as refused:
        # Somebody else was faster, a later change must be undone first, or what it rests on is gone: the page shows
        # how it stands.
        problems = refused.errors if isinstance(refused, ChangeInvalidError) else []
        reasons = [say(each["message_id"], each["params"]) for each in problems]
        messages.warning(request, " ".join([sentence(refused), *reasons]))
        return redirect("web:change", found.pk)
