"""How deadlines are kept in the supervised regions. For supervisors only."""

from datetime import date

from django.http import HttpRequest
from ninja import Query, Router

from workflow_app.api.auth import signed_in
from workflow_app.api.schemas.common import PageOut
from workflow_app.api.schemas.sla import (
    BreachesIn,
    BreachOut,
    HeatmapIn,
    HeatmapOut,
    MonthsIn,
    StepOut,
    SummaryIn,
    SummaryOut,
)
from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import CreditError, ForbiddenError
from workflow_app.models import Agency, User
from workflow_app.selectors.access import Access
from workflow_app.selectors.board import board
from workflow_app.selectors.breaches import list_breaches
from workflow_app.selectors.figures import Selection, headline, heat

router = Router(tags=["sla"])

# What no agency has.
_NOBODY = 0


class MonthsInvalidError(CreditError):
    """The last month lies before the first."""

    code = "months_invalid"
    message = "截止月份（{until}）早于起始月份（{since}），请调整查询的时间。"
    status = 422


@router.get("/summary", response=SummaryOut, operation_id="sla_summary_get")
def sla_summary_get(request: HttpRequest, asked: Query[SummaryIn]) -> SummaryOut:
    """How deadlines were kept in some months, and what runs now."""
    user = _supervisor(request)
    since, until = _months(asked)
    selection = _selection(asked.agency, asked.region, asked.process)
    found = headline(user, since=since, until=until, selection=selection)
    return SummaryOut.of(since, until, found, board(user, by="process", selection=selection))


@router.get("/breaches", response=PageOut[BreachOut], operation_id="sla_breaches_list")
def sla_breaches_list(request: HttpRequest, asked: Query[BreachesIn]) -> PageOut[BreachOut]:
    """Deadlines that were missed in some months, whether they run on or have stopped since, latest first."""
    user = _supervisor(request)
    since, until = _months(asked)
    page = list_breaches(
        user,
        since=since,
        until=until,
        selection=_selection(asked.agency, asked.region, asked.process, asked.clock),
        is_going=asked.running,
        cursor=asked.cursor,
        limit=asked.limit,
    )
    return PageOut(items=[BreachOut.of(breach) for breach in page.items], next=page.next)


@router.get("/heatmap", response=HeatmapOut, operation_id="sla_heatmap_get")
def sla_heatmap_get(request: HttpRequest, asked: Query[HeatmapIn]) -> HeatmapOut:
    """How long the steps of a process took in office time, and where cases wait."""
    user = _supervisor(request)
    since, until = _months(asked)
    selection = _selection(asked.agency, asked.region)
    steps = heat(user, asked.process, since=since, until=until, selection=selection)
    return HeatmapOut(
        process=asked.process, since=since, until=until, steps=[StepOut.of(step) for step in steps]
    )


def _supervisor(request: HttpRequest) -> User:
    user = signed_in(request)
    if not Access(user, clock.now()).supervised_prefixes:
        raise ForbiddenError
    return user


def _months(asked: MonthsIn) -> tuple[date, date]:
    today = clock.now().astimezone(CHINA).date()
    until = (asked.until or max(today, asked.since or today)).replace(day=1)
    since = (asked.since or until).replace(day=1)
    if since > until:
        raise MonthsInvalidError(since=f"{since:%Y-%m}", until=f"{until:%Y-%m}")
    return since, until


def _selection(agency: str, region: str, process: str = "", name: str = "") -> Selection:
    key = (
        Agency.objects.filter(code=agency).values_list("pk", flat=True).first() or _NOBODY if agency else None
    )
    return Selection(process=process, agency=key, region=region, clock=name)
