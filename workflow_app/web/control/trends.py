"""Month by month: how long it took, how long the slowest took, and how many were late."""

from dataclasses import asdict, dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from bpmn.manifest import Process
from workflow_app.domain import clock as service_clock
from workflow_app.domain.clock import CHINA
from workflow_app.models.clocks import ClockUnit
from workflow_app.models.figures import FigureKind
from workflow_app.models.people import Role
from workflow_app.selectors.figures import OBJECTION, OBJECTION_DAYS, Point, trend
from workflow_app.selectors.overdue import Choices, list_choices
from workflow_app.selectors.processes import list_processes
from workflow_app.selectors.rules import rules_in_force
from workflow_app.web.control.asking import TREND_MONTHS, asked, recent_months, selection_of, span_of
from workflow_app.web.moments import month_name
from workflow_app.web.tags import text_of
from workflow_app.web.visitor import access_of, for_roles, user_of


@dataclass(frozen=True)
class Measure:
    """Something that is measured by month: one clock of a process, or its cases as a whole."""

    value: str
    process: str
    kind: str
    name: str
    title: str


@require_safe
@for_roles(Role.SUPERVISOR)
def trends(request: HttpRequest) -> HttpResponse:
    """One measure over some months, as a picture and as the table that says the same."""
    user, values = user_of(request), asked(request)
    measures = [each for info in list_processes(user) for each in _measures(info.manifest)]
    chosen = next((each for each in measures if each.value == request.GET.get("measure")), measures[0])
    span = span_of(request, TREND_MONTHS)
    selection = selection_of({**values, "process": chosen.process, "clock": ""})
    points = trend(
        user, since=span.since, until=span.until, selection=selection, kind=chosen.kind, name=chosen.name
    )
    choices = list_choices(user)
    bar = _bar(chosen, _place(request, choices))
    context = {
        "measures": measures,
        "chosen": chosen,
        "span": span,
        "months": recent_months(),
        "asked": values,
        "choices": choices,
        "points": points,
        "bar": bar,
        "has_any": any(point.count for point in points),
        "chart": _chart(chosen, points, bar),
    }
    return render(request, "web/control/trends.html", context)


def _measures(manifest: Process) -> list[Measure]:
    slug, title = manifest.slug, text_of(manifest.title)
    whole = gettext("{process}：从提交到答复").format(process=title)
    clocks = [
        Measure(
            f"{slug}.{each.name}",
            slug,
            FigureKind.CLOCK,
            each.name,
            gettext("{process}：{clock}").format(process=title, clock=text_of(each.title)),
        )
        for each in manifest.clocks
    ]
    return [Measure(slug, slug, FigureKind.CASE, "", whole), *clocks]


def _place(request: HttpRequest, choices: Choices) -> str:
    """The region that is looked at: the one chosen, else the account's own."""
    asked_for = request.GET.get("region", "")
    if any(region.code == asked_for for region in choices.regions):
        return asked_for
    grants = access_of(request).grants
    return next(grant.agency.region_id for grant in grants if grant.role == Role.SUPERVISOR)


def _bar(chosen: Measure, region: str) -> int | None:
    """How many working days are granted: by the rule in force today, for objections as a whole by the plan. None where
    days are counted otherwise or nothing is promised."""
    if chosen.kind == FigureKind.CASE:
        return OBJECTION_DAYS if chosen.process == OBJECTION else None
    today = service_clock.now().astimezone(CHINA).date()
    rule = rules_in_force(chosen.process, region, today).get(chosen.name)
    return rule["amount"] if rule and rule["unit"] == ClockUnit.WORKING_DAY else None


def _chart(chosen: Measure, points: list[Point], bar: int | None) -> dict[str, Any]:
    """What the script draws: words in the language of the page, and the figures of the table."""
    words = {
        "mean": gettext("平均"),
        "p50": gettext("半数不超过"),
        "p90": gettext("九成不超过"),
        "p99": gettext("99% 不超过"),
        "count": gettext("件数"),
        "late": gettext("其中超期"),
        "bar": gettext("规定时限"),
        "days": gettext("工作日"),
        "pieces": gettext("件"),
    }
    rows = [{**asdict(point), "month": month_name(point.month)} for point in points]
    return {"title": chosen.title, "words": words, "points": rows, "bar": bar}
