"""Writes a bulletin: figures → headings, sentences, tables and charts, once for the page and the PDF."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from django.utils.translation import gettext

from workflow_app.letters.bulletin import Chart, Heading, Paper, Paragraph, Part, Section, Table
from workflow_app.selectors.bulletins import Bulletin, Line, ProcessPart, Tally, add_to_month
from workflow_app.selectors.figures import Share
from workflow_app.selectors.indicators import TABLE_1, Indicator
from workflow_app.selectors.shares import COMMITMENT_GOAL, TRAINING_GOAL
from workflow_app.web.tags import day, text_of, title_of, when
from workflow_app.web.visitor import language

# Agencies in one chart: those that took longest.
MOST_BARS = 12
NOTHING = "—"
_CHINESE_NUMBERS = "一二三四五六七八九十"


def compose(bulletin: Bulletin) -> Paper:
    """The bulletin in the language of the page."""
    writer = _Writer(bulletin)
    return Paper(
        language="en" if language() == "en" else "zh-CN",
        agency=title_of(bulletin.agency),
        title=gettext("关于{period}公共信用业务办理情况的通报").format(period=writer.period),
        period=writer.dates,
        to=writer.addressed(),
        opening=writer.opening(),
        sections=[
            Section(_numbered(number, heading), parts)
            for number, (heading, parts) in enumerate(writer.sections(), 1)
        ],
        closing=gettext("特此通报。"),
        signed=day(bulletin.made_at),
        created=bulletin.made_at,
    )


def _numbered(number: int, heading: str) -> str:
    """First-level headings of official letters: 一、二、三 (GB/T 9704-2012, 7.3.3)."""
    return f"{number}. {heading}" if language() == "en" else f"{_CHINESE_NUMBERS[number - 1]}、{heading}"


def _sub(number: int, heading: str) -> str:
    return f"({number}) {heading}" if language() == "en" else f"（{_CHINESE_NUMBERS[number - 1]}）{heading}"


def month_words(month: date) -> str:
    """A month for people."""
    return f"{month:%B %Y}" if language() == "en" else f"{month.year}年{month.month}月"


def period_words(first: date) -> str:
    """The two months that begin with this one, for people; the year is said once where it is one."""
    last = add_to_month(first, 1)
    if first.year != last.year:
        return gettext("{first}至{last}").format(first=month_words(first), last=month_words(last))
    if language() == "en":
        return f"{first:%B} to {last:%B %Y}"
    return f"{first.year}年{first.month}月至{last.month}月"


def _days(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.1f}"


def _percent(share: Share) -> str:
    return NOTHING if share.percent is None else f"{share.percent:.1f}%"


class _Writer:
    """One bulletin being written."""

    def __init__(self, bulletin: Bulletin) -> None:
        self.bulletin = bulletin
        self.period = period_words(bulletin.first)
        self.before = period_words(add_to_month(bulletin.first, -2))
        self.dates = gettext("统计期间：{first}至{last}；上期：{before}").format(
            first=day(bulletin.first), last=day(bulletin.end - timedelta(days=1)), before=self.before
        )
        self.active = [part for part in bulletin.processes if _is_active(part)]

    def addressed(self) -> str:
        """To whom: departments, and the counties where there are any."""
        regions = {line.key for part in self.bulletin.processes for line in part.regions}
        return (
            gettext("各县（市、区）信用管理机构，各有关部门：")
            if len(regions) > 1
            else gettext("各有关部门：")
        )

    def opening(self) -> str:
        """What follows, and on what it rests."""
        titles = gettext("、").join(text_of(part.whole.title) for part in self.bulletin.processes)
        text = gettext(
            "现将{period}{titles}等业务的办理情况通报如下。本通报每两个月印发一次，并报本级人民政府。"
        ).format(period=self.period, titles=titles)
        if self.bulletin.is_open:
            text += gettext("统计期间尚未结束，数据截至{moment}。").format(moment=when(self.bulletin.made_at))
        return text

    def sections(self) -> Iterator[tuple[str, list[Part]]]:
        """Heading and content of each section that has something to say."""
        yield gettext("总体情况"), [Paragraph(self._summary()), self._goals()]
        yield gettext("各类业务办理情况"), self._processes()
        if self.active:
            yield gettext("各机关办理情况"), list(self._by_agency())
        if any(len(part.regions) > 1 for part in self.active):
            yield gettext("各县（市、区）办理情况"), list(self._by_region())
        yield gettext("在办和超期情况"), self._running()
        yield gettext("“十四五”规划主要指标"), self._indicators()
        yield gettext("需要关注的情况"), [Paragraph(text) for text in self._concerns()]
        yield gettext("统计说明"), [Paragraph(text) for text in _notes()]

    # -- 总体情况 ----------------------------------------------------------------------------------------------

    def _summary(self) -> str:
        now = _total(part.whole.now for part in self.bulletin.processes)
        before = _total(part.whole.before for part in self.bulletin.processes)
        text = gettext("本期共收件{received}件，{change}；答复{answered}件，{answered_change}").format(
            received=now.received,
            change=_change(now.received, before.received),
            answered=now.answered,
            answered_change=_change(now.answered, before.answered),
        )
        if not now.answered:
            return text + gettext("。")
        on_time = Share(now.answered - now.late, now.answered)
        return text + gettext("，其中超期{late}件，按期答复率{rate}。").format(
            late=now.late, rate=_percent(on_time)
        )

    def _goals(self) -> Table:
        now, before = self.bulletin.headline, self.bulletin.headline_before
        bar = now.objections.bar
        rows = [
            _goal(
                gettext("信用异议协同处理平均时间（自然日）"),
                gettext("{days}天以内").format(days=bar),
                _days(now.objections.calendar_days),
                _days(before.objections.calendar_days),
                _met(now.objections.calendar_days, bar),
            ),
            _goal(
                gettext("信用异议协同处理平均时间（工作日）"),
                gettext("{days}天以内").format(days=bar),
                _days(now.objections.working_days),
                _days(before.objections.working_days),
                _met(now.objections.working_days, bar),
            ),
            _goal(
                gettext("信用修复协同处理超过3个工作日（件）"),
                "0",
                str(now.repairs_late) if now.repairs else NOTHING,
                str(before.repairs_late) if before.repairs else NOTHING,
                _met(now.repairs_late if now.repairs else None, 0),
            ),
            _goal(
                gettext("各项时限按期率"), NOTHING, _percent(now.on_time), _percent(before.on_time), NOTHING
            ),
            self._share(
                gettext("失信主体信用修复培训率（当前）"),
                f"{TRAINING_GOAL}%",
                self.bulletin.training,
                TRAINING_GOAL,
            ),
            self._share(
                gettext("失信主体信用承诺率（当前）"),
                gettext("不低于{goal}%，逐步达到100%").format(goal=COMMITMENT_GOAL),
                self.bulletin.commitment,
                COMMITMENT_GOAL,
            ),
        ]
        head = [gettext("指标"), gettext("目标"), gettext("本期"), gettext("上期"), gettext("结果")]
        return Table(gettext("规划任务指标"), head, rows, texts=frozenset({0, 1, 4}))

    def _share(self, name: str, goal: str, share: Share, bar: int) -> Sequence[str]:
        shown = NOTHING if share.percent is None else f"{share.part}/{share.whole}（{share.percent:.1f}%）"
        met = NOTHING if share.percent is None else _verdict(share.percent >= bar)
        return [name, goal, shown, NOTHING, met]

    # -- 各类业务、各机关、各县 ------------------------------------------------------------------------------------

    def _processes(self) -> list[Part]:
        lines = [part.whole for part in self.bulletin.processes]
        total = _sums(gettext("合计"), [line.now for line in lines], [line.before for line in lines])
        rows = [*map(_row, lines), total]
        parts: list[Part] = [
            _tally_table(gettext("各类业务办理情况"), gettext("业务"), rows, strong=frozenset({len(lines)}))
        ]
        drawn = [part for part in self.bulletin.processes if any(mean is not None for mean in part.means)]
        if drawn:
            parts.append(self._lines(drawn))
        return parts

    def _lines(self, drawn: Sequence[ProcessPart]) -> Chart:
        said = "；".join(
            "{title}：{values}".format(
                title=text_of(part.whole.title),
                values=", ".join(
                    f"{month:%Y-%m} {_days(mean)}"
                    for month, mean in zip(self.bulletin.months, part.means, strict=True)
                    if mean is not None
                ),
            )
            for part in drawn
        )
        return Chart(
            "lines",
            gettext("近12个月平均办理时间（工作日）"),
            [_short_month(month) for month in self.bulletin.months],
            {text_of(part.whole.title): part.means for part in drawn},
            said,
        )

    def _by_agency(self) -> Iterator[Part]:
        for number, part in enumerate(self.active, 1):
            title = text_of(part.whole.title)
            yield Heading(_sub(number, title))
            caption = gettext("{process}：各机关办理情况").format(process=title)
            yield _tally_table(caption, gettext("机关"), [_row(line) for line in part.agencies])
            slowest = sorted(
                (line for line in part.agencies if line.now.mean_days is not None),
                key=lambda line: -(line.now.mean_days or 0),
            )[:MOST_BARS]
            if len(slowest) > 1:
                yield self._bars(title, slowest, is_cut=len(part.agencies) > len(slowest))

    def _bars(self, title: str, lines: Sequence[Line], *, is_cut: bool) -> Chart:
        caption = gettext("{process}：平均办理时间（工作日）").format(process=title)
        if is_cut and len(lines) == MOST_BARS:
            caption = gettext("{process}：平均办理时间最长的{count}个机关（工作日）").format(
                process=title, count=MOST_BARS
            )
        said = "；".join(
            gettext("{name}：本期{now}，上期{before}").format(
                name=text_of(line.title), now=_days(line.now.mean_days), before=_days(line.before.mean_days)
            )
            for line in lines
        )
        series = {
            gettext("本期"): [line.now.mean_days for line in lines],
            gettext("上期"): [line.before.mean_days for line in lines],
        }
        return Chart("bars", caption, [text_of(line.title) for line in lines], series, said)

    def _by_region(self) -> Iterator[Part]:
        parts = [part for part in self.active if len(part.regions) > 1]
        for number, part in enumerate(parts, 1):
            title = text_of(part.whole.title)
            yield Heading(_sub(number, title))
            caption = gettext("{process}：各县（市、区）办理情况").format(process=title)
            yield _tally_table(caption, gettext("地区"), [_row(line) for line in part.regions])

    # -- 在办、指标、问题 ------------------------------------------------------------------------------------------

    def _running(self) -> list[Part]:
        moment = when(self.bulletin.made_at)
        if not self.bulletin.running:
            return [Paragraph(gettext("截至{moment}，没有在办的时限。").format(moment=moment))]
        rows = [
            [title_of(row), str(row.running), str(row.soon), str(row.overdue)]
            for row in self.bulletin.running
        ]
        sums = [sum(getattr(row, name) for row in self.bulletin.running) for name in _RUNNING]
        rows.append([gettext("合计"), *map(str, sums)])
        head = [gettext("机关"), gettext("在办"), gettext("两个工作日内到期"), gettext("已经超期")]
        caption = gettext("在办时限（截至{moment}）").format(moment=moment)
        return [Table(caption, head, rows, strong=frozenset({len(rows) - 1}))]

    def _indicators(self) -> list[Part]:
        months = (self.bulletin.first, self.bulletin.last)
        head = [
            gettext("序号"),
            gettext("指标名称"),
            gettext("2020年"),
            gettext("2025年目标"),
            gettext("指标属性"),
            *(month_words(month) for month in months),
        ]
        rows = [self._indicator(each, months) for each in TABLE_1]
        unknown = [each for each in TABLE_1 if each.missing.zh]
        reasons = gettext("；").join(
            gettext("第{number}项：{reason}，责任单位为{who}").format(
                number=each.number, reason=text_of(each.missing), who=text_of(each.responsible)
            )
            for each in unknown
        )
        return [
            Table(
                gettext("“十四五”规划主要指标（规划表1；单位：%）"), head, rows, texts=frozenset({0, 1, 4})
            ),
            Paragraph(gettext("本系统不掌握的指标：{reasons}。").format(reasons=reasons)),
        ]

    def _indicator(self, each: Indicator, months: Sequence[date]) -> Sequence[str]:
        natures = {"binding": gettext("约束性"), "expected": gettext("预期性")}
        shares = self.bulletin.indicators.get(each.number)
        values = [_percent(shares[month]) if shares else gettext("本系统不掌握") for month in months]
        nature = natures[each.nature]
        return [str(each.number), text_of(each.name), each.baseline or NOTHING, each.goal, nature, *values]

    def _concerns(self) -> Iterator[str]:
        late = [
            gettext("{agency}（{process}{late}件）").format(
                agency=text_of(line.title), process=text_of(part.whole.title), late=line.now.late
            )
            for part in self.active
            for line in part.agencies
            if line.now.late
        ]
        if late:
            yield gettext("本期答复超期的机关：{agencies}。").format(agencies=gettext("、").join(late))
        overdue = [
            gettext("{agency}（{count}件）").format(agency=title_of(row), count=row.overdue)
            for row in self.bulletin.running
            if row.overdue
        ]
        if overdue:
            yield gettext("目前超期未办结的机关：{agencies}。").format(agencies=gettext("、").join(overdue))
        if late or overdue:
            yield gettext("请有关机关逐件查明超期原因，及时整改，并在下一期通报前反馈。")
        else:
            yield gettext("本期各机关均按期答复，目前没有超期未办结的事项。")


_RUNNING = ("running", "soon", "overdue")


def _is_active(part: ProcessPart) -> bool:
    return any(
        count for tally in (part.whole.now, part.whole.before) for count in (tally.received, tally.answered)
    )


def _short_month(month: date) -> str:
    return f"{month:%y-%m}"


def _total(tallies: Iterable[Tally]) -> Tally:
    found = list(tallies)
    sums = [sum(getattr(tally, name) for tally in found) for name in ("received", "answered", "late")]
    # Different processes have different terms: a mean over all of them would say nothing.
    return Tally(*sums, mean_days=None, p90_days=None)


def _change(now: int, before: int) -> str:
    if not before:
        return gettext("上期没有") if now else gettext("与上期相同")
    if now == before:
        return gettext("与上期相同")
    rate = f"{abs(now - before) / before * 100:.1f}%"
    words = gettext("比上期增加{rate}") if now > before else gettext("比上期减少{rate}")
    return words.format(rate=rate)


def _goal(*cells: str) -> Sequence[str]:
    return cells


def _verdict(is_met: bool) -> str:
    return gettext("达到") if is_met else gettext("未达到")


def _met(value: float | None, bar: float) -> str:
    return NOTHING if value is None else _verdict(value <= bar)


def _row(line: Line) -> Sequence[str]:
    return [text_of(line.title), *_cells(line.now, line.before)]


def _sums(title: str, now: Iterable[Tally], before: Iterable[Tally]) -> Sequence[str]:
    return [title, *_cells(_total(now), _total(before))]


def _cells(now: Tally, before: Tally) -> list[str]:
    return [
        cell
        for name in ("received", "answered", "late", "mean_days", "p90_days")
        for cell in (_cell(getattr(now, name)), _cell(getattr(before, name)))
    ]


def _cell(value: float | None) -> str:
    return str(value) if isinstance(value, int) else _days(value)


def _tally_table(
    caption: str, first: str, rows: Sequence[Sequence[str]], strong: frozenset[int] = frozenset()
) -> Table:
    pair = [gettext("本期"), gettext("上期")]
    groups = [
        ("", 1),
        (gettext("收件"), 2),
        (gettext("答复"), 2),
        (gettext("其中超期"), 2),
        (gettext("平均（工作日）"), 2),
        (gettext("九成不超过（工作日）"), 2),
    ]
    return Table(caption, [first, *pair * 5], rows, groups=groups, strong=strong)


def _notes() -> list[str]:
    return [
        gettext(
            "收件按提交日期统计，答复按向申请人答复的日期统计；申请人撤回的不计入答复。"
            "办理时间从提交到答复，扣除等待申请人的时间，以各地一个办公日的长度折算工作日。"
        ),
        gettext("“九成不超过”指按时间从短到长排列，九成的件在该时间内答复，误差不超过2%。时间均为北京时间。"),
        gettext(
            "失信主体指严重失信主体名单上的主体，由列入机关所在地区统计；列入以后参加培训并合格、作出信用承诺的计入。"
        ),
    ]
