"""The supervisor's first page: what the region is measured by, what runs where, and letters that could not be made."""

from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Literal, get_args

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from workflow_app.models import User
from workflow_app.models.people import Role
from workflow_app.selectors.board import BoardRow, board
from workflow_app.selectors.figures import REPAIR, REPAIR_CLOCK, Headline, Mean, Share, headline
from workflow_app.selectors.letters import list_failed_letters
from workflow_app.selectors.overdue import BREACHED, NOBODY, OVERDUE
from workflow_app.selectors.shares import COMMITMENT_GOAL, commitment_share, training_share
from workflow_app.services.letters import LetterNotFailedError, retry_letter
from workflow_app.web.control.asking import month_of, recent_months, this_month
from workflow_app.web.control.cells import Cell, cells, list_url
from workflow_app.web.errors import sentence
from workflow_app.web.tags import title_of
from workflow_app.web.visitor import for_roles, user_of

# Failed letters stand below the board; those beyond come up as these are dealt with.
MOST_LETTERS = 20
By = Literal["region", "agency", "process", "officer"]


@dataclass(frozen=True)
class Card:
    """One headline figure. `verdict` is good, bad, warn or none and repeats what `words` say; `links` lead, in words,
    to the clocks behind it."""

    title: str
    figure: str
    unit: str
    detail: str
    bar: str
    verdict: str
    words: str
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Row:
    """One line of the board with its numbers."""

    title: str
    cells: list[Cell]


@require_safe
@for_roles(Role.SUPERVISOR)
def control(request: HttpRequest) -> HttpResponse:
    """Headline figures of one month, the board by region, agency, process or officer, and failed letters."""
    user = user_of(request)
    month = month_of(request.GET.get("month", "")) or this_month()
    by = _by(request.GET.get("by", ""))
    context = {
        "cards": _cards(user, month),
        "month": month,
        "months": recent_months(),
        "by": by,
        "tabs": [
            ("region", gettext("按地区")),
            ("agency", gettext("按机关")),
            ("process", gettext("按业务")),
            ("officer", gettext("按经办人")),
        ],
        "rows": [_row(row, by) for row in board(user, by=by)],
        "failed": list_failed_letters(user, limit=MOST_LETTERS),
    }
    return render(request, "web/control/board.html", context)


def _by(text: str) -> By:
    return next((each for each in get_args(By) if each == text), "region")


def _row(row: BoardRow, by: By) -> Row:
    """What the tasks that nobody has taken are selected by is `NOBODY`."""
    key = row.key or str(NOBODY)
    title = title_of(row) if row.key else gettext("待领取")
    return Row(title, cells(row, title, {by: key}))


def _cards(user: User, month: date) -> list[Card]:
    found = headline(user, since=month, until=month)
    return [
        _objections(found.objections),
        _repairs(found, month),
        _on_time(found.on_time, month),
        _trained(training_share(user)),
        _promised(commitment_share(user)),
    ]


def _objections(mean: Mean) -> Card:
    """The plan speaks of days; days of the calendar are the stricter reading, so both are shown."""
    title, bar = gettext("信用异议平均用时"), gettext("平均不超过 {days} 天").format(days=mean.bar)
    if mean.calendar_days is None or mean.working_days is None:
        return Card(title, "—", "", "", bar, "none", gettext("本月没有办结"))
    detail = gettext("{days} 个工作日，共 {count} 件").format(
        days=f"{mean.working_days:.1f}", count=mean.count
    )
    if mean.calendar_days <= mean.bar:
        verdict, words = "good", gettext("达到要求")
    elif mean.working_days <= mean.bar:
        verdict, words = "warn", gettext("按工作日达到，按自然日未达到")
    else:
        verdict, words = "bad", gettext("未达到要求")
    return Card(title, _days(mean.calendar_days, mean.bar), gettext("天"), detail, bar, verdict, words)


def _days(mean: float, bar: int) -> str:
    """One decimal; what is over the bar never reads as if it were not."""
    return f"{ceil(mean * 10) / 10 if mean > bar else mean:.1f}"


def _repairs(found: Headline, month: date) -> Card:
    title, bar = gettext("信用修复超过 3 个工作日"), gettext("应当一件也没有")
    late, unit = found.repairs_late + found.repairs_overdue, gettext("件")
    if not (found.repairs or late):
        return Card(title, "0", unit, "", bar, "none", gettext("本月没有办结"))
    handled = {"process": REPAIR, "clock": REPAIR_CLOCK}
    links = [
        (gettext("办结时已超期：{count} 件"), found.repairs_late, {**handled, **_ended_late(month)}),
        (gettext("现在已超期：{count} 件"), found.repairs_overdue, {**handled, "state": OVERDUE}),
    ]
    return Card(
        title,
        str(late),
        unit,
        gettext("本月办结 {count} 件").format(count=found.repairs),
        bar,
        *(("bad", gettext("未达到要求")) if late else ("good", gettext("达到要求"))),
        tuple((words.format(count=count), list_url(asked)) for words, count, asked in links if count),
    )


def _ended_late(month: date) -> dict[str, str]:
    """What selects the clocks that stopped in a month after they were due."""
    return {"state": BREACHED, "month": f"{month:%Y-%m}"}


def _on_time(share: Share, month: date) -> Card:
    title, bar = gettext("按期办结率"), gettext("应当达到 100%")
    if share.percent is None:
        return Card(title, "—", "", "", bar, "none", gettext("本月没有办结"))
    late = share.whole - share.part
    detail = gettext("本月停止计时的期限 {count} 个").format(count=share.whole)
    links = (
        ((gettext("其中超期：{count} 个").format(count=late), list_url(_ended_late(month))),) if late else ()
    )
    return Card(title, _percent(share), "%", detail, bar, *_verdict(share), links)


def _trained(share: Share) -> Card:
    title, bar = gettext("失信主体培训率"), gettext("应当达到 100%")
    detail = gettext("列入名单的 {whole} 个主体中，{part} 个已培训合格（至今）")
    return _of_listed(title, share, bar, detail, *_verdict(share))


def _promised(share: Share) -> Card:
    """The plan names a first goal and a later one."""
    first = COMMITMENT_GOAL
    title, bar = gettext("失信主体承诺率"), gettext("不低于 {goal}%，逐步达到 100%").format(goal=first)
    verdict, words = _verdict(share)
    if verdict == "bad" and (share.percent or 0) >= first:
        verdict, words = "warn", gettext("达到 {goal}%，未达到 100%").format(goal=first)
    detail = gettext("列入名单的 {whole} 个主体中，{part} 个已作出承诺（至今）")
    return _of_listed(title, share, bar, detail, verdict, words)


def _of_listed(title: str, share: Share, bar: str, detail: str, verdict: str, words: str) -> Card:
    """Who is listed now: these two figures are no month's."""
    if share.percent is None:
        return Card(title, "—", "", "", bar, "none", gettext("没有列入名单的主体"))
    told = detail.format(whole=share.whole, part=share.part)
    return Card(title, _percent(share), "%", told, bar, verdict, words)


def _verdict(share: Share) -> tuple[str, str]:
    reached = share.part == share.whole
    return ("good", gettext("达到要求")) if reached else ("bad", gettext("未达到要求"))


def _percent(share: Share) -> str:
    """One decimal, cut off: what is not whole never reads as 100."""
    return "100" if share.part == share.whole else f"{share.part * 1000 // share.whole / 10:.1f}"


@require_POST
@for_roles(Role.SUPERVISOR)
def retry(request: HttpRequest, number: str) -> HttpResponse:
    """Have a letter made once more after what hindered it was mended."""
    try:
        retry_letter(number=number, user=user_of(request))
    except LetterNotFailedError as already:
        # Somebody else was faster, or the button was pressed twice.
        messages.info(request, sentence(already))
    else:
        messages.success(request, gettext("文书{number}将重新制作。").format(number=number))
    return redirect("web:control")
