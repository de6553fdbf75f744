"""Writes a bulletin: figures → headings, sentences, tables and charts, once for the page and the PDF."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.utils.translation import gettext

from workflow_app.letters.bulletin import Chart, Heading, Paper, Paragraph, Part, Section
from workflow_app.selectors.bulletins import Bulletin, Line, ProcessPart, add_to_month
from workflow_app.selectors.figures import Share
from workflow_app.selectors.indicators import TABLE_1
from workflow_app.web.control import bulletin_tables as tables
from workflow_app.web.moments import day, when
from workflow_app.web.tags import text_of, title_of
from workflow_app.web.visitor import language

# Agencies in one chart: those that took longest.
MOST_BARS = 12
_CHINESE_NUMBERS = "一二三四五六七八九十"


def compose(bulletin: Bulletin) -> Paper:
    """The bulletin in the language of the page."""
    writer = _Writer(bulletin)
    sections = enumerate(writer.sections(), 1)
    return Paper(
        language="en" if language() == "en" else "zh-CN",
        agency=title_of(bulletin.agency),
        title_lines=tuple(
            gettext("关于{period}\n公共信用业务办理情况的通报").format(period=writer.period).split("\n")
        ),
        period=writer.dates,
        to=writer.addressed(),
        opening=writer.opening(),
        sections=[Section(_numbered(number, heading), parts) for number, (heading, parts) in sections],
        closing=gettext("特此通报。"),
        signed=day(bulletin.made_at),
        created=bulletin.made_at,
    )


def _numbered(number: int, heading: str) -> str:
    """First-level headings of official letters: 一、二、三 (GB/T 9704-2012, 7.3.3)."""
    return f"{number}. {heading}" if language() == "en" else f"{_CHINESE_NUMBERS[number - 1]}、{heading}"


def _sub(number: int, heading: str) -> str:
    """Second-level ones: （一）（二）（三）."""
    return f"({number}) {heading}" if language() == "en" else f"（{_CHINESE_NUMBERS[number - 1]}）{heading}"


class _Writer:
    """One bulletin being written."""

    def __init__(self, bulletin: Bulletin) -> None:
        self.bulletin = bulletin
        self.period = tables.period_words(bulletin.first)
        self.dates = gettext("统计期间：{first}至{last}；上期：{before}").format(
            first=day(bulletin.first),
            last=day(bulletin.end - timedelta(days=1)),
            before=tables.period_words(add_to_month(bulletin.first, -2)),
        )
        self.active = [part for part in bulletin.processes if part.agencies]
        self.goals = tables.goals_table(bulletin)

    def addressed(self) -> str:
        """To whom: departments, and the counties where there are any."""
        if self.bulletin.is_over_counties:
            return gettext("各县（市、区）信用管理机构，各有关部门：")
        return gettext("各有关部门：")

    def opening(self) -> str:
        """What follows, and how often it comes."""
        titles = gettext("、").join(text_of(part.whole.title) for part in self.bulletin.processes)
        text = gettext(
            "现将{period}{titles}等业务的办理情况通报如下。本通报每两个月印发一次，并报本级人民政府。"
        ).format(period=self.period, titles=titles)
        if self.bulletin.is_open:
            until = gettext("统计期间尚未结束，数据截至{moment}。").format(moment=when(self.bulletin.made_at))
            return _sentences(text, until)
        return text

    def sections(self) -> Iterator[tuple[str, list[Part]]]:
        """Heading and content of each section that has something to say."""
        yield gettext("总体情况"), [Paragraph(self._summary()), self.goals]
        yield gettext("各类业务办理情况"), self._processes()
        if self.active:
            yield gettext("各机关办理情况"), list(self._by_agency())
        if self.active and self.bulletin.is_over_counties:
            yield gettext("各县（市、区）办理情况"), list(self._by_region())
        yield gettext("在办和超期情况"), self._running()
        yield (
            gettext("“十四五”规划主要指标"),
            [
                tables.indicators_table(self.bulletin),
                Paragraph(_unknown()),
            ],
        )
        yield gettext("需要关注的情况"), list(self._concerns())
        yield gettext("统计说明"), [Paragraph(text) for text in _notes()]

    def _summary(self) -> str:
        now = tables.add_up(part.whole.now for part in self.bulletin.processes)
        before = tables.add_up(part.whole.before for part in self.bulletin.processes)
        text = gettext("本期共收件{received}件，{change}；答复{answered}件，{answered_change}。").format(
            received=now.received,
            change=_change(now.received, before.received),
            answered=now.answered,
            answered_change=_change(now.answered, before.answered),
        )
        if not now.answered:
            return text
        on_time = tables.percent(Share(now.answered - now.late, now.answered))
        late = gettext("答复中超期{late}件，按期答复率{rate}。").format(late=now.late, rate=on_time)
        return _sentences(text, late)

    def _processes(self) -> list[Part]:
        lines = [part.whole for part in self.bulletin.processes]
        total = tables.add_up(line.now for line in lines), tables.add_up(line.before for line in lines)
        parts: list[Part] = [tables.tally_table(gettext("各类业务办理情况"), gettext("业务"), lines, total)]
        drawn = [part for part in self.bulletin.processes if any(mean is not None for mean in part.means)]
        return [*parts, self._lines(drawn)] if drawn else parts

    def _lines(self, drawn: Sequence[ProcessPart]) -> Chart:
        months = [f"{month:%y-%m}" for month in self.bulletin.months]
        said = [
            "{title}：{values}".format(
                title=text_of(part.whole.title),
                values=", ".join(
                    f"{month} {tables.days(mean)}"
                    for month, mean in zip(months, part.means, strict=True)
                    if mean is not None
                ),
            )
            for part in drawn
        ]
        series = {text_of(part.whole.title): part.means for part in drawn}
        return Chart("lines", gettext("近12个月平均用时（工作日）"), months, series, gettext("；").join(said))

    def _by_agency(self) -> Iterator[Part]:
        for number, part in enumerate(self.active, 1):
            title = text_of(part.whole.title)
            yield Heading(_sub(number, title))
            slowest = sorted(
                (line for line in part.agencies if line.now.mean_days is not None),
                key=lambda line: -(line.now.mean_days or 0),
            )
            if len(slowest) > 1:
                yield _bars(title, slowest)
            yield tables.tally_table(
                gettext("{process}：各机关办理情况").format(process=title), gettext("机关"), part.agencies
            )

    def _by_region(self) -> Iterator[Part]:
        for number, part in enumerate(self.active, 1):
            title = text_of(part.whole.title)
            yield Heading(_sub(number, title))
            yield tables.tally_table(
                gettext("{process}：各县（市、区）办理情况").format(process=title),
                gettext("地区"),
                part.regions,
            )

    def _running(self) -> list[Part]:
        if self.bulletin.running:
            return [tables.running_table(self.bulletin)]
        moment = when(self.bulletin.made_at)
        return [Paragraph(gettext("截至{moment}，没有在办的时限。").format(moment=moment))]

    def _concerns(self) -> Iterator[Part]:
        goals = tables.missed(self.goals)
        if goals:
            yield Paragraph(
                gettext("未达到规划要求的指标：{goals}。").format(goals=gettext("；").join(goals))
            )
        late = tables.concerns_table(self.bulletin)
        if late:
            yield late
            yield Paragraph(gettext("请上列机关逐件查明超期原因，及时整改，并在下一期通报前反馈整改情况。"))
        else:
            yield Paragraph(gettext("本期各机关均按期答复，目前没有超期的时限。"))


def _sentences(*sentences: str) -> str:
    """One after the other; Chinese has no space between them."""
    return (" " if language() == "en" else "").join(sentences)


def _bars(title: str, slowest: Sequence[Line]) -> Chart:
    lines = slowest[:MOST_BARS]
    caption = gettext("{process}：各机关平均用时（工作日）").format(process=title)
    if len(slowest) > MOST_BARS:
        caption = gettext("{process}：平均用时最长的{count}个机关（工作日）").format(
            process=title, count=MOST_BARS
        )
    said = [
        gettext("{name}：本期{now}，上期{before}").format(
            name=text_of(line.title),
            now=tables.days(line.now.mean_days),
            before=tables.days(line.before.mean_days),
        )
        for line in lines
    ]
    series = {
        gettext("本期"): [line.now.mean_days for line in lines],
        gettext("上期"): [line.before.mean_days for line in lines],
    }
    return Chart("bars", caption, [text_of(line.title) for line in lines], series, gettext("；").join(said))


def _change(now: int, before: int) -> str:
    if now == before:
        return gettext("与上期相同")
    if not before:
        return gettext("上期没有")
    words = gettext("比上期增加{rate}") if now > before else gettext("比上期减少{rate}")
    return words.format(rate=f"{abs(now - before) / before * 100:.1f}%")


def _unknown() -> str:
    """Which indicators this service cannot know, by the reason."""
    reasons: dict[str, list[int]] = {}
    for each in TABLE_1:
        if each.missing.zh:
            reasons.setdefault(text_of(each.missing), []).append(each.number)
    listed = gettext("；").join(
        gettext("第{numbers}项，{reason}").format(
            numbers=gettext("、").join(map(str, numbers)), reason=reason
        )
        for reason, numbers in reasons.items()
    )
    return gettext("本系统不掌握的指标由责任单位提供：{reasons}。").format(reasons=listed)


def _notes() -> list[str]:
    return [
        gettext(
            "收件按提交日期统计，答复按向申请人答复的日期统计；申请人撤回的不计入答复。用时从提交到答复，扣除等待申请人的时间，"
            "以机关所在地一个办公日的长度折算为工作日。"
        ),
        gettext(
            "“九成不超过”指用时从短到长排列，九成的件在该用时内答复，误差不超过2%。“双公示”信息合规率为经本系统校验合格的条数占"
            "报送条数的比例；及时率为自决定之日起7个工作日内公示的条数占当月公示条数的比例。"
        ),
        gettext(
            "失信主体指严重失信主体名单上的主体，由列入机关所在地区统计；列入以后培训合格、作出信用承诺的计入。时间均为北京时间。"
        ),
    ]
