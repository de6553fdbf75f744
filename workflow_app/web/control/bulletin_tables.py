"""The tables of a bulletin, and how months and figures are written in it."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.utils.translation import gettext

from workflow_app.letters.bulletin import Table
from workflow_app.selectors.bulletins import Bulletin, Line, Tally, add_to_month
from workflow_app.selectors.figures import Share
from workflow_app.selectors.indicators import TABLE_1, Indicator
from workflow_app.selectors.shares import COMMITMENT_GOAL, TRAINING_GOAL
from workflow_app.web.moments import when
from workflow_app.web.tags import text_of, title_of
from workflow_app.web.visitor import language

NOTHING = "—"
# Of a name and of each of ten figures, in per cent of the line.
_TALLY_WIDTHS = (25, *(7, 7, 7, 7, 7, 7, 7.5, 7.5, 9, 9))
_RUNNING = ("running", "soon", "overdue")


def month_words(month: date) -> str:
    """A month for people."""
    return f"{month:%B %Y}" if language() == "en" else f"{month.year}年{month.month}月"


def period_words(first: date) -> str:
    """The two months that begin with this one, for people; the year is said once where it is one."""
    last = add_to_month(first, 1)
    if first.year != last.year:
        return gettext("{first}至{last}").format(first=month_words(first), last=month_words(last))
    if language() == "en":
        return f"{first:%B} and {last:%B %Y}"
    return f"{first.year}年{first.month}月至{last.month}月"


def days(value: float | None) -> str:
    """Working or calendar days with one decimal."""
    return NOTHING if value is None else f"{value:.1f}"


def percent(share: Share) -> str:
    """A share in per cent with one decimal; a dash where there is no whole."""
    return NOTHING if share.percent is None else f"{share.percent:.1f}%"


def tally_table(
    caption: str, first: str, lines: Sequence[Line], total: tuple[Tally, Tally] | None = None
) -> Table:
    """Received, answered, late, mean and nine tenths, each now and before; with a last row that sums up."""
    rows = [[text_of(line.title), *_cells(line.now, line.before)] for line in lines]
    if total:
        rows.append([gettext("合计"), *_cells(*total)])
    groups = [
        ("", 1),
        (gettext("收件（件）"), 2),
        (gettext("答复（件）"), 2),
        (gettext("超期（件）"), 2),
        (gettext("平均用时"), 2),
        (gettext("九成不超过"), 2),
    ]
    return Table(
        gettext("{caption}（用时单位：工作日）").format(caption=caption),
        [first, *[gettext("本期"), gettext("上期")] * 5],
        rows,
        groups=groups,
        widths=_TALLY_WIDTHS,
        strong=frozenset({len(lines)} if total else ()),
    )


def add_up(tallies: Iterable[Tally]) -> Tally:
    """Cases of several processes together. They have different terms: a mean over all of them would say nothing."""
    found = list(tallies)
    return Tally(
        received=sum(tally.received for tally in found),
        answered=sum(tally.answered for tally in found),
        late=sum(tally.late for tally in found),
        mean_days=None,
        p90_days=None,
    )


def _cells(now: Tally, before: Tally) -> list[str]:
    return [
        cell
        for name in ("received", "answered", "late", "mean_days", "p90_days")
        for cell in (_cell(getattr(now, name)), _cell(getattr(before, name)))
    ]


def _cell(value: float | None) -> str:
    return str(value) if isinstance(value, int) else days(value)


def goals_table(bulletin: Bulletin) -> Table:
    """What the plans promise beside what was reached. The last column says whether."""
    now, before = bulletin.headline, bulletin.headline_before
    objections, bar = now.objections, now.objections.bar
    within = gettext("{days}天以内").format(days=bar)
    rows = [
        [
            gettext("信用异议协同处理平均时间（自然日）"),
            within,
            days(objections.calendar_days),
            days(before.objections.calendar_days),
            _at_most(objections.calendar_days, bar),
        ],
        [
            gettext("信用异议协同处理平均时间（工作日）"),
            within,
            days(objections.working_days),
            days(before.objections.working_days),
            _at_most(objections.working_days, bar),
        ],
        [
            gettext("信用修复协同处理超过3个工作日（件）"),
            "0",
            str(now.repairs_late) if now.repairs else NOTHING,
            str(before.repairs_late) if before.repairs else NOTHING,
            _at_most(now.repairs_late if now.repairs else None, 0),
        ],
        [gettext("各项时限按期率"), NOTHING, percent(now.on_time), percent(before.on_time), NOTHING],
        _share(gettext("失信主体信用修复培训率（当前）"), "100%", bulletin.training, TRAINING_GOAL),
        _share(
            gettext("失信主体信用承诺率（当前）"),
            gettext("不低于{goal}%，逐步达到100%").format(goal=COMMITMENT_GOAL),
            bulletin.commitment,
            COMMITMENT_GOAL,
        ),
    ]
    head = [gettext("指标"), gettext("目标"), gettext("本期"), gettext("上期"), gettext("结果")]
    return Table(gettext("规划任务指标"), head, rows, texts=frozenset({0, 1, 4}), widths=(40, 21, 16, 11, 12))


def missed(table: Table) -> list[str]:
    """The goals of `goals_table` that were not reached, by name."""
    return [row[0] for row in table.rows if row[-1] == _verdict(False)]


def _share(name: str, goal: str, share: Share, bar: int) -> list[str]:
    if share.percent is None:
        return [name, goal, NOTHING, NOTHING, NOTHING]
    shown = gettext("{percent}（{part}/{whole}）").format(
        percent=percent(share), part=share.part, whole=share.whole
    )
    return [name, goal, shown, NOTHING, _verdict(share.percent >= bar)]


def _at_most(value: float | None, bar: float) -> str:
    return NOTHING if value is None else _verdict(value <= bar)


def _verdict(is_reached: bool) -> str:
    return gettext("达到") if is_reached else gettext("未达到")


def running_table(bulletin: Bulletin) -> Table:
    """What stood open when the bulletin was made, by agency."""
    rows = [[title_of(row), str(row.running), str(row.soon), str(row.overdue)] for row in bulletin.running]
    rows.append(
        [gettext("合计"), *(str(sum(getattr(row, name) for row in bulletin.running)) for name in _RUNNING)]
    )
    head = [gettext("机关"), gettext("在办时限"), gettext("两个工作日内到期"), gettext("已经超期")]
    caption = gettext("在办时限（截至{moment}）").format(moment=when(bulletin.made_at))
    return Table(caption, head, rows, widths=(43, 16, 24, 17), strong=frozenset({len(rows) - 1}))


def indicators_table(bulletin: Bulletin) -> Table:
    """Table 1 of the plan with the two months of what this service counts."""
    months = (bulletin.first, bulletin.last)
    head = [
        gettext("序号"),
        gettext("指标名称"),
        gettext("指标属性"),
        gettext("2020年"),
        gettext("2025年目标"),
        *(f"{month:%Y-%m}" for month in months),
        gettext("责任单位"),
    ]
    return Table(
        gettext("“十四五”规划主要指标（规划表1；单位：%）"),
        head,
        [_indicator(bulletin, each, months) for each in TABLE_1],
        texts=frozenset({0, 1, 2, 7}),
        widths=(5.5, 24, 11, 9, 10, 10.5, 11, 19),
    )


def _indicator(bulletin: Bulletin, each: Indicator, months: Sequence[date]) -> list[str]:
    natures = {"binding": gettext("约束性"), "expected": gettext("预期性")}
    shares = bulletin.indicators.get(each.number)
    return [
        str(each.number),
        text_of(each.name),
        natures[each.nature],
        each.baseline or NOTHING,
        each.goal,
        *(percent(shares[month]) if shares else gettext("本系统不掌握") for month in months),
        text_of(each.responsible),
    ]


def concerns_table(bulletin: Bulletin) -> Table | None:
    """The agencies that answered late, by process, or have something overdue now; None where there are none."""
    parts = [part for part in bulletin.processes if part.whole.now.late]
    late: dict[str, dict[str, int]] = {}
    names: dict[str, str] = {}
    for part in parts:
        for line in part.agencies:
            if line.now.late:
                late.setdefault(line.key, {})[part.slug] = line.now.late
                names[line.key] = text_of(line.title)
    overdue = {row.key: row.overdue for row in bulletin.running if row.overdue}
    names |= {row.key: title_of(row) for row in bulletin.running if row.key in overdue}
    if not names:
        return None
    rows = [
        [
            name,
            *(str(late.get(key, {}).get(part.slug, 0)) for part in parts),
            str(sum(late.get(key, {}).values())),
            str(overdue.get(key, 0)),
        ]
        for key, name in sorted(names.items(), key=lambda item: -sum(late.get(item[0], {}).values()))
    ]
    head = [
        gettext("机关"),
        *(text_of(part.whole.title) for part in parts),
        gettext("答复超期合计"),
        gettext("目前超期的时限"),
    ]
    width = 62 / (len(head) - 1)
    return Table(
        gettext("答复超期（件）和目前超期的机关"), head, rows, widths=(38, *[width] * (len(head) - 1))
    )
