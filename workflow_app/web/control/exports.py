"""The supervisor's list and figures as files: what the page shows, with the same filters."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, TypedDict, get_args

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import NotFoundError
from workflow_app.models import User
from workflow_app.models.people import Role
from workflow_app.selectors.board import BoardRow, board
from workflow_app.selectors.figures import Load, Point, loads, trend
from workflow_app.selectors.overdue import RUNNING, STATES, Watched, count_watched, list_watched
from workflow_app.selectors.paging import MOST
from workflow_app.selectors.scope import Selection
from workflow_app.web.control.asking import TREND_MONTHS, asked, month_of, selection_of, span_of
from workflow_app.web.control.views import By
from workflow_app.web.exports import MOST_ROWS, WRITERS, Column, ExportTooLargeError, Sheet
from workflow_app.web.tags import clock_title, masked_code, masked_name, person, process_title, title_of
from workflow_app.web.visitor import for_roles, user_of


@require_safe
@for_roles(Role.SUPERVISOR)
def export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """One table as CSV or XLSX. `what`: clocks (the default), board, trend or load; the rest of the address filters as
    on the page of that table. Raises ExportTooLargeError, NotFoundError for another table."""
    make = SHEETS.get(request.GET.get("what", "clocks"))
    if make is None:
        raise NotFoundError
    return WRITERS[ending](make(request))


class _Question(TypedDict):
    """What `list_watched` is asked."""

    state: str
    selection: Selection
    month: date | None
    q: str


def _clocks(request: HttpRequest) -> Sheet[Watched]:
    user, values = user_of(request), asked(request)
    question: _Question = {
        "state": next((each for each in STATES if each == values.get("state")), RUNNING),
        "selection": selection_of(values),
        "month": month_of(values.get("month", "")),
        "q": values.get("q", ""),
    }
    # Before the first byte is sent: half a file looks like a whole one.
    if count_watched(user, **question, most=MOST_ROWS + 1) > MOST_ROWS:
        raise ExportTooLargeError(most=MOST_ROWS)
    columns: list[Column[Watched]] = [
        Column(gettext("案件编号"), lambda row: row.clock.case.number, width=30),
        Column(gettext("业务"), lambda row: process_title(row.clock.case)),
        Column(gettext("期限"), lambda row: clock_title(row.clock)),
        Column(gettext("状态"), lambda row: gettext(row.clock.get_status_display())),
        Column(gettext("开始计时"), lambda row: row.clock.started_at, "moment"),
        Column(gettext("到期"), lambda row: row.clock.due_at, "moment"),
        Column(gettext("日历暂定"), lambda row: gettext("是") if row.clock.is_provisional else "", width=10),
        Column(gettext("超期时间"), lambda row: row.clock.breached_at, "moment"),
        Column(gettext("停止时间"), lambda row: row.clock.stopped_at, "moment"),
        Column(gettext("机关"), lambda row: title_of(row.clock.agency), width=32),
        Column(gettext("地区"), lambda row: title_of(row.clock.agency.region), width=12),
        Column(gettext("信用主体"), lambda row: masked_name(row.clock.case.subject), width=32),
        Column(gettext("主体代码"), lambda row: masked_code(row.clock.case.subject), width=22),
        Column(gettext("步骤"), lambda row: title_of(row.task)),
        Column(gettext("办理人"), lambda row: person(row.task.assignee) if row.task else ""),
    ]
    return Sheet(_name(gettext("期限清单")), gettext("期限清单"), columns, _all_watched(user, question))


def _all_watched(user: User, question: _Question) -> Iterator[Watched]:
    """Page by page, so that no more than one page is held; never more than the most, whatever comes in meanwhile."""
    cursor: str | None = ""
    left = MOST_ROWS
    while cursor is not None and left > 0:
        page = list_watched(user, **question, cursor=cursor, limit=MOST)
        yield from page.items[:left]
        cursor, left = page.next, left - len(page.items)


def _board(request: HttpRequest) -> Sheet[BoardRow]:
    by: By = next((each for each in get_args(By) if each == request.GET.get("by")), "region")
    heads = {
        "region": gettext("地区"),
        "agency": gettext("机关"),
        "process": gettext("业务"),
        "officer": gettext("经办人"),
    }
    columns: list[Column[BoardRow]] = [
        Column(heads[by], lambda row: title_of(row) if row.key else gettext("待领取"), width=32),
        Column(gettext("在办"), lambda row: row.running, "number", 10),
        Column(gettext("即将到期"), lambda row: row.soon, "number", 10),
        Column(gettext("已超期"), lambda row: row.overdue, "number", 10),
    ]
    rows = board(user_of(request), by=by, selection=selection_of(asked(request)))
    return Sheet(_name(gettext("督办总览")), gettext("督办总览"), columns, rows)


def _trend(request: HttpRequest) -> Sheet[Point]:
    """`measure` as on the page of trends: a process, or a process and one of its clocks."""
    values, span = asked(request), span_of(request, TREND_MONTHS)
    process, _dot, name = request.GET.get("measure", values.get("process", "")).partition(".")
    points = trend(
        user_of(request),
        since=span.since,
        until=span.until,
        selection=selection_of({**values, "process": process, "clock": ""}),
        kind="clock" if name else "case",
        name=name,
    )
    columns: list[Column[Point]] = [
        Column(gettext("月份"), lambda row: row.month, "month", 10),
        Column(gettext("办结"), lambda row: row.count, "number", 10),
        Column(gettext("其中超期"), lambda row: row.late, "number", 10),
        Column(gettext("平均（工作日）"), lambda row: row.mean_working_days, "decimal"),
        Column(gettext("半数不超过（工作日）"), lambda row: row.p50, "decimal"),
        Column(gettext("九成不超过（工作日）"), lambda row: row.p90, "decimal"),
        Column(gettext("99%不超过（工作日）"), lambda row: row.p99, "decimal"),
    ]
    return Sheet(_name(gettext("办理时间趋势")), gettext("办理时间趋势"), columns, points)


def _load(request: HttpRequest) -> Sheet[Load]:
    columns: list[Column[Load]] = [
        Column(gettext("经办人"), lambda row: title_of(row), width=24),
        Column(gettext("在办"), lambda row: row.running, "number", 10),
        Column(gettext("即将到期"), lambda row: row.soon, "number", 10),
        Column(gettext("已超期"), lambda row: row.overdue, "number", 10),
        Column(gettext("本月办结"), lambda row: row.done_this_month, "number", 10),
    ]
    values = {**asked(request), "officer": "", "clock": ""}
    rows = loads(user_of(request), selection_of(values))
    return Sheet(_name(gettext("人员负荷")), gettext("人员负荷"), columns, rows)


def _name(title: str) -> str:
    return f"{title}-{clock.now().astimezone(CHINA):%Y%m%d-%H%M}"


SHEETS: dict[str, Callable[[HttpRequest], Sheet[Any]]] = {
    "clocks": _clocks,
    "board": _board,
    "trend": _trend,
    "load": _load,
}
