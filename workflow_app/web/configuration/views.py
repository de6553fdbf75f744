"""The calendar, office hours and deadline rules as they are in force, and the forms that draft their changes."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from bpmn.manifest import Process
from workflow_app.domain.workdays import FIRST_YEAR
from workflow_app.models import Change, DeadlineRule, Region
from workflow_app.models.changes import ChangeKind, ChangeStatus
from workflow_app.models.clocks import ClockUnit, EscalationLevel
from workflow_app.models.people import Role
from workflow_app.selectors.calendar import get_calendar, get_year
from workflow_app.selectors.changes import list_changes
from workflow_app.selectors.configuration import (
    COUNTRY,
    find_notice,
    get_office,
    get_rule,
    list_jurisdictions,
    list_notices,
    list_offices,
    list_regions,
    list_rules,
)
from workflow_app.selectors.processes import list_processes
from workflow_app.web.configuration.differences import (
    clock_words,
    escalation_words,
    place_words,
    process_words,
)
from workflow_app.web.configuration.drafting import draft_page
from workflow_app.web.configuration.forms import CalendarForm, HoursForm
from workflow_app.web.configuration.months import months_of, stretches_of, weekdays
from workflow_app.web.configuration.rule_form import RuleForm
from workflow_app.web.visitor import for_roles, user_of

PAGE_SIZE = 50
_RECENT, _SHOWN = 20, 3
FORM_METHODS = ["GET", "HEAD", "POST"]
EXTENDERS = (Role.APPROVER, Role.SUPERVISOR)


@require_safe
@for_roles(Role.SYSTEM_ADMIN)
def settings(request: HttpRequest) -> HttpResponse:
    """What is looked after most often."""
    return redirect("web:settings_calendar")


@require_safe
@for_roles(Role.SYSTEM_ADMIN)
def calendar(request: HttpRequest) -> HttpResponse:
    """The years with their notices, newest first, and what has been done to them lately."""
    last_year = get_calendar("").last_year
    notices = list_notices()
    context = {
        "notices": notices,
        "provisional": last_year if last_year not in {each.year for each in notices} else None,
        "changes": _latest(request),
    }
    return render(request, "web/configuration/calendar.html", context)


def _latest(request: HttpRequest) -> list[Change]:
    """The drafts among the latest changes, and the last changes of the calendar."""
    latest = list_changes(user_of(request), limit=_RECENT).items
    drafts = [change for change in latest if change.status == ChangeStatus.DRAFT]
    others = [
        change
        for change in latest
        if change.kind == ChangeKind.CALENDAR and change.status != ChangeStatus.DRAFT
    ]
    return drafts + others[:_SHOWN]


@require_safe
@for_roles(Role.SYSTEM_ADMIN)
def year(request: HttpRequest, year: int) -> HttpResponse:
    """One year, month by month, and the days that its notice names."""
    days = get_calendar("")
    months = months_of(year, days)
    context = {
        "year": year,
        "months": months,
        "weekdays": weekdays(),
        "working_days": sum(month.working_days for month in months),
        "is_provisional": days.is_provisional(months[0].first),
        "notice": find_notice(year),
        "stretches": stretches_of(get_year(year)),
        "earlier": year - 1 if year > FIRST_YEAR else None,
        "later": year + 1 if year < days.last_year else None,
    }
    return render(request, "web/configuration/year.html", context)


@require_http_methods(FORM_METHODS)
@for_roles(Role.SYSTEM_ADMIN)
def year_change(request: HttpRequest, year: int) -> HttpResponse:
    """Draft a change of one year: its notice, or single days of it."""
    get_calendar("").require_year(year)
    return calendar_form(request, CalendarForm.blank(year, find_notice(year)))


def calendar_form(request: HttpRequest, form: CalendarForm, change: Change | None = None) -> HttpResponse:
    """The page of the form, read if it was sent."""
    if request.method == "POST":
        form.read(request.POST)
    return draft_page(request, form, "web/configuration/calendar_form.html", {}, change)


@require_safe
@for_roles(Role.SYSTEM_ADMIN)
def hours(request: HttpRequest) -> HttpResponse:
    """The office hours of every region, and where it has them from."""
    context = {"offices": list_offices(), "usual": usual_hours()}
    return render(request, "web/configuration/hours.html", context)


def usual_hours() -> list[list[str]]:
    """The office hours of regions that have set none."""
    return [[f"{start:%H:%M}", f"{end:%H:%M}"] for start, end in get_calendar("").hours.periods]


@require_http_methods(FORM_METHODS)
@for_roles(Role.SYSTEM_ADMIN)
def hours_change(request: HttpRequest, code: str) -> HttpResponse:
    """Draft other office hours for one region."""
    office = get_office(code)
    return hours_form(request, HoursForm.blank(office.region, office.hours or usual_hours()))


def hours_form(request: HttpRequest, form: HoursForm, change: Change | None = None) -> HttpResponse:
    """The page of the form, read if it was sent."""
    if request.method == "POST":
        form.read(request.POST)
    return draft_page(request, form, "web/configuration/hours_form.html", {}, change)


@require_safe
@for_roles(Role.SYSTEM_ADMIN)
def rules(request: HttpRequest) -> HttpResponse:
    """The deadline rules, by process, clock and place, with filters that stay in the address."""
    asked = {name: request.GET.get(name, "") for name in ("process", "clock", "jurisdiction", "cursor")}
    page = list_rules(**{name: text.replace("\0", "")[:300] for name, text in asked.items()}, limit=PAGE_SIZE)
    manifests, regions = manifests_of(request), list_regions()
    context = {
        "rows": [_row(rule, manifests, regions) for rule in page.items],
        "next": page.next,
        "asked": asked,
        "manifests": manifests,
        "clocks": _clocks(manifests, asked["process"]),
        "jurisdictions": [(code, place_words(code, regions)) for code in list_jurisdictions() if code],
        "country": COUNTRY,
        "is_filtered": any(asked[name] for name in ("process", "clock", "jurisdiction")),
    }
    return render(request, "web/configuration/rules.html", context)


def manifests_of(request: HttpRequest) -> dict[str, Process]:
    """The processes in force, by slug."""
    return {info.slug: info.manifest for info in list_processes(user_of(request))}


def _clocks(manifests: dict[str, Process], process: str) -> dict[str, Any]:
    """The clocks to filter by: those of the chosen process, else of all, each name once."""
    chosen = [manifests[process]] if process in manifests else list(manifests.values())
    return {each.name: each.title for manifest in chosen for each in manifest.clocks}


def _row(rule: DeadlineRule, manifests: dict[str, Process], regions: dict[str, Region]) -> dict[str, Any]:
    about = {"process": rule.process, "clock": rule.clock}
    return {
        "rule": rule,
        "process": process_words(rule.process, manifests),
        "clock": clock_words(about, manifests),
        "place": place_words(rule.jurisdiction, regions),
        "escalation": escalation_words(rule.escalation),
    }


@require_http_methods(FORM_METHODS)
@for_roles(Role.SYSTEM_ADMIN)
def rule_new(request: HttpRequest) -> HttpResponse:
    """Draft a rule that is not there yet."""
    return rule_form(request, RuleForm.blank(None, gettext("新增时限规则")))


@require_http_methods(FORM_METHODS)
@for_roles(Role.SYSTEM_ADMIN)
def rule_change(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Draft a change of one rule, or its removal."""
    rule = get_rule(rule_id)
    row = _row(rule, manifests_of(request), list_regions())
    title = gettext("修改时限规则：{process}，{clock}").format(process=row["process"], clock=row["clock"])
    return rule_form(request, RuleForm.blank(rule, title))


def rule_form(request: HttpRequest, form: RuleForm, change: Change | None = None) -> HttpResponse:
    """The page of the form, read if it was sent."""
    if request.method == "POST":
        form.read(request.POST)
    manifests = manifests_of(request)
    context = {
        "manifests": manifests,
        "row": _row(form.rule, manifests, list_regions()) if form.rule else None,
        "units": ClockUnit.choices,
        "levels": EscalationLevel.choices,
        "extenders": [
            (role.value, role.label)
            for role in Role
            if role in EXTENDERS or role == form.typed["extended_by"]
        ],
    }
    return draft_page(request, form, "web/configuration/rule_form.html", context, change)
