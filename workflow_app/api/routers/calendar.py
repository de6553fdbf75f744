"""The working-day calendar, how it is changed, and the public calculator of due dates."""

from typing import Annotated

from django.http import HttpRequest
from django.utils.translation import gettext
from ninja import Path, Query, Router

from workflow_app.api.auth import signed_in
from workflow_app.api.drafts import preview_draft, seen
from workflow_app.api.schemas.calendar import CalendarPreviewIn, DaySaidIn, DueIn, DueOut, YearOut
from workflow_app.api.schemas.changes import ChangeOut, ChangeRow
from workflow_app.api.schemas.clocks import DayOut
from workflow_app.api.schemas.common import DayIn, Id, Nothing, PageIn, PageOut
from workflow_app.domain.deadlines import Budget, compute_due, explain
from workflow_app.models.changes import ChangeKind
from workflow_app.selectors.calendar import get_calendar, get_year
from workflow_app.selectors.changes import list_changes
from workflow_app.selectors.configuration import find_notice
from workflow_app.services.change_drafts import put_day
from workflow_app.services.changes import apply_change, undo_change

router = Router(tags=["calendar"])
# Office hours decide due dates as days do; their changes are applied and undone here as well.
KINDS = (ChangeKind.CALENDAR, ChangeKind.HOURS)


@router.get("/{int:year}", response=YearOut, operation_id="calendar_get")
def calendar_get(request: HttpRequest, year: Annotated[int, Path(ge=1, le=9999)]) -> YearOut:
    """The days of a year that differ from their weekday, by the State Council's notice."""
    return YearOut.of(year, get_calendar(""), find_notice(year), get_year(year))


@router.post("/due", response=DueOut, auth=None, operation_id="calendar_due")
def calendar_due(request: HttpRequest, body: DueIn) -> DueOut:
    """When a period ends, by 民法典第二百零一条至第二百零三条, with every day and why it counts or not."""
    calendar, budget = get_calendar(body.jurisdiction), Budget(body.amount, body.unit)
    due = compute_due(body.start_at, budget, calendar)
    lines = explain(body.start_at, budget, calendar)
    return DueOut(due_at=due.due_at, provisional=due.provisional, days=[DayOut.of(line) for line in lines])


@router.put("/days/{day}", response=ChangeOut, operation_id="calendar_days_update")
def calendar_days_update(request: HttpRequest, day: DayIn, body: DaySaidIn) -> ChangeOut:
    """Say in my open draft what a day shall be, or begin a draft with it. Nothing moves until the draft is applied."""
    user = signed_in(request)
    draft = put_day(user=user, day=day, working=body.working, reason=body.reason)
    return seen(user, draft.pk, KINDS)


@router.post("/preview", response=ChangeOut, operation_id="calendar_preview")
def calendar_preview(request: HttpRequest, body: CalendarPreviewIn) -> ChangeOut:
    """Draft a change of the calendar, or go on with a draft, and see which running clocks it would move."""
    content = body.model_dump(mode="json", include={"year", "notice", "days"}, exclude_none=True)
    if body.days is not None:
        # Here null says something: an ordinary day again.
        content["days"] = [day.model_dump(mode="json") for day in body.days]
    return preview_draft(signed_in(request), body, content, ChangeKind.CALENDAR, gettext("修改工作日历"))


@router.get("/changes", response=PageOut[ChangeRow], operation_id="calendar_changes_list")
def calendar_changes_list(request: HttpRequest, where: Query[PageIn]) -> PageOut[ChangeRow]:
    """Every change of calendar, office hours and rules, newest first."""
    page = list_changes(signed_in(request), cursor=where.cursor, limit=where.limit)
    return PageOut(items=[ChangeRow.of(change) for change in page.items], next=page.next)


@router.get("/changes/{int:change_id}", response=ChangeOut, operation_id="calendar_changes_get")
def calendar_changes_get(request: HttpRequest, change_id: Id) -> ChangeOut:
    """One change of any kind with its content and its effects."""
    return seen(signed_in(request), change_id, list(ChangeKind))


@router.post("/changes/{int:change_id}/apply", response=ChangeOut, operation_id="calendar_changes_apply")
def calendar_changes_apply(request: HttpRequest, change_id: Id, body: Nothing | None = None) -> ChangeOut:
    """Put a draft into force as a whole: every running clock it concerns is computed again in one transaction."""
    return seen(signed_in(request), change_id, KINDS, apply_change)


@router.post("/changes/{int:change_id}/undo", response=ChangeOut, operation_id="calendar_changes_undo")
def calendar_changes_undo(request: HttpRequest, change_id: Id, body: Nothing | None = None) -> ChangeOut:
    """Take an applied change back: days and due dates are again what they were before."""
    return seen(signed_in(request), change_id, KINDS, undo_change)
