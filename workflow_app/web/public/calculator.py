"""The public calculator: when a period ends, with every day and why it counts or not."""

from dataclasses import dataclass, field
from datetime import date, datetime, time

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.deadlines import Budget, DayLine, Due, Unit, compute_due, explain
from workflow_app.domain.errors import CreditError
from workflow_app.models.clocks import ClockUnit
from workflow_app.selectors.calendar import get_calendar
from workflow_app.web.errors import sentence

MOST = {Unit.WORKING_DAY: 500, Unit.CALENDAR_DAY: 1000, Unit.MONTH: 36}


@dataclass
class Question:
    """What was asked, as typed, and the problems in it by field."""

    start_on: str
    start_at: str
    amount: str
    unit: str
    problems: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """The due date and its days."""

    due: Due
    days: list[DayLine]


@require_safe
def calculator(request: HttpRequest) -> HttpResponse:
    """The page with the question, and the reply once something was asked."""
    question = _asked(request.GET)
    reply = _reply(question) if "amount" in request.GET else None
    context = {"question": question, "reply": reply, "units": ClockUnit.choices}
    return render(request, "web/public/calculator.html", context, status=422 if question.problems else 200)


def _asked(typed: QueryDict) -> Question:
    now = clock.now().astimezone(CHINA)
    return Question(
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
    if question.unit not in list(Unit):
        question.problems["unit"] = gettext("请选择单位。")
    elif not question.amount.isdecimal() or not 1 <= int(question.amount) <= MOST[Unit(question.unit)]:
        question.problems["amount"] = gettext("请填写 1 至 {most} 的整数。").format(
            most=MOST[Unit(question.unit)]
        )
    if question.problems:
        return None
    started = datetime.combine(day, at.replace(tzinfo=None), CHINA)
    return _computed(question, started)


def _computed(question: Question, started: datetime) -> Reply | None:
    calendar, budget = get_calendar(""), Budget(int(question.amount), Unit(question.unit))
    try:
        return Reply(compute_due(started, budget, calendar), explain(started, budget, calendar))
    except CreditError as refused:
        question.problems["start_on"] = sentence(refused)
    return None
