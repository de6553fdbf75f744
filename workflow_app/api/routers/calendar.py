"""The working-day calendar, and the public calculator of due dates."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Path, Router

from workflow_app.api.schemas.calendar import DueIn, DueOut, YearOut
from workflow_app.api.schemas.clocks import DayOut
from workflow_app.domain.deadlines import Budget, compute_due, explain
from workflow_app.selectors.calendar import get_calendar, get_year

router = Router(tags=["calendar"])


@router.get("/{int:year}", response=YearOut, operation_id="calendar_get")
def calendar_get(request: HttpRequest, year: Annotated[int, Path(ge=1, le=9999)]) -> YearOut:
    """The days of a year that differ from their weekday, by the State Council's notice."""
    return YearOut.of(year, get_calendar(""), get_year(year))


@router.post("/due", response=DueOut, auth=None, operation_id="calendar_due")
def calendar_due(request: HttpRequest, body: DueIn) -> DueOut:
    """When a period ends, by 民法典第二百零一条至第二百零三条, with every day and why it counts or not."""
    calendar, budget = get_calendar(body.jurisdiction), Budget(body.amount, body.unit)
    due = compute_due(body.start_at, budget, calendar)
    lines = explain(body.start_at, budget, calendar)
    return DueOut(due_at=due.due_at, provisional=due.provisional, days=[DayOut.of(line) for line in lines])
