"""The public calculator: when a period ends, with every day and why it counts or not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.deadlines import Budget, DayLine, Due, Unit, compute_due, explain
from workflow_app.domain.errors import CreditError
from workflow_app.models import Region
from workflow_app.models.clocks import ClockUnit
from workflow_app.selectors.calendar import get_calendar
from workflow_app.selectors.rules import rules_in_force
from workflow_app.services.definitions import list_current
from workflow_app.web.errors import sentence
from workflow_app.web.tags import text_of

MOST = {Unit.WORKING_DAY: 500, Unit.CALENDAR_DAY: 1000, Unit.MONTH: 36}


@dataclass(frozen=True)
class Choice:
    """A clock of a process that can be asked for by name."""

    value: str
    title: str


@dataclass
class Question:
    """What was asked, as typed, and the problems in it by field. `rule` is `process.clock`, "" for a period typed."""

    region: str
    rule: str
    start_on: str
    start_at: str
    amount: str
    unit: str
    problems: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """The due date and its days; `terms` are those of the rule that was asked for."""

    due: Due
    days: list[DayLine]
    terms: Mapping[str, Any] | None


@require_safe
def calculator(request: HttpRequest) -> HttpResponse:
    """The page with the question, and the reply once something was asked."""
    regions = list(Region.objects.order_by("code"))
    question = _asked(request.GET)
    rules = _choices()
    # What is not offered is not asked for.
    question.region = next((each.code for each in regions if each.code == question.region), "")
    question.rule = next((each.value for each in rules if each.value == question.rule), "")
    reply = _reply(question) if "amount" in request.GET else None
    context = {
        "question": question,
        "reply": reply,
        "units": ClockUnit.choices,
        "regions": regions,
        "rules": rules,
    }
    return render(request, "web/public/calculator.html", context, status=422 if question.problems else 200)


def _choices() -> list[Choice]:
    """Every clock of every process in force, in the words of its process."""
    return [
        Choice(
            f"{bundle.slug}.{each.name}",
            gettext("{process} · {clock}").format(
                process=text_of(bundle.manifest.title), clock=text_of(each.title)
            ),
        )
        for _, bundle in list_current()
        for each in bundle.manifest.clocks
    ]


def _asked(typed: QueryDict) -> Question:
    now = clock.now().astimezone(CHINA)
    return Question(
        region=typed.get("region", "")[:6],
        rule=typed.get("rule", "")[:90],
        start_on=typed.get("start_on", f"{now:%Y-%m-%d}")[:20],
        start_at=typed.get("start_at", f"{now:%H:%M}")[:10],
        amount=typed.get("amount", "5")[:10],
        unit=typed.get("unit", Unit.WORKING_DAY)[:20],
    )


def _reply(question: Question) -> Reply | None:
    try:
        day = date.fromisoformat(question.start_on)
    except ValueError:
        question.problems["start_on"] = gettext("请填写真实存在的日期，如 2026-03-02。")
    try:
        at = time.fromisoformat(question.start_at)
    except ValueError:
        question.problems["start_at"] = gettext("请填写时间，如 10:30。")
    terms = None
    if question.rule and "start_on" not in question.problems:
        terms = _terms(question, day)
    elif not question.rule:
        _check_period(question)
    if question.problems:
        return None
    started = datetime.combine(day, at.replace(tzinfo=None), CHINA)
    return _computed(question, started, terms)


def _terms(question: Question, day: date) -> Mapping[str, Any] | None:
    """What the rule says that is in force on the day; the period then is the rule's."""
    process, _, name = question.rule.partition(".")
    terms = rules_in_force(process, question.region, day).get(name)
    if terms is None:
        question.problems["rule"] = gettext(
            "这一天在所选地区没有这项时限的规定，请选择其他时限或者自己填写。"
        )
        return None
    question.amount, question.unit = str(terms["amount"]), terms["unit"]
    return terms


def _check_period(question: Question) -> None:
    if question.unit not in list(Unit):
        question.problems["unit"] = gettext("请选择单位。")
    elif not question.amount.isdecimal() or not 1 <= int(question.amount) <= MOST[Unit(question.unit)]:
        question.problems["amount"] = gettext("请填写 1 至 {most} 的整数。").format(
            most=MOST[Unit(question.unit)]
        )


def _computed(question: Question, started: datetime, terms: Mapping[str, Any] | None) -> Reply | None:
    calendar, budget = get_calendar(question.region), Budget(int(question.amount), Unit(question.unit))
    try:
        return Reply(compute_due(started, budget, calendar), explain(started, budget, calendar), terms)
    except CreditError as refused:
        question.problems["start_on"] = sentence(refused)
    return None
