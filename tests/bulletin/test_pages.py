"""The page with the figures of a bulletin, and its download."""

import io
import re
from datetime import date
from pathlib import Path

import pikepdf
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from tests.bulletin.world import account, live_a_year, text_of
from tests.web.browser import Browser
from workflow_app.letters import bulletin, typesetting
from workflow_app.models import Agency
from workflow_app.selectors.bulletins import get_bulletin
from workflow_app.selectors.indicators import TABLE_1
from workflow_app.web.control import bulletin_paper
from workflow_app.web.control.bulletin_tables import month_words, period_words

pytestmark = pytest.mark.django_db


def _page(query: str = "?first=2026-01", username: str = "supervisor1", **options: str) -> Browser:
    return Browser(username, **options).get(f"/control/bulletin{query}")


def _cells(browser: Browser, caption: str) -> list[list[str]]:
    (table,) = browser.page.xpath("//table[contains(caption, $caption)]", caption=caption)
    return [
        [" ".join(cell.text_content().split()) for cell in row.xpath("./th | ./td")]
        for row in table.xpath("./tbody/tr")
    ]


def _pdf(query: str = "?first=2026-01", username: str = "supervisor1", **options: str) -> bytes:
    response = Browser(username, **options).client.get(f"/control/bulletin.pdf{query}")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/pdf")
    return bytes(response.content)


def test_the_page_and_the_paper_say_the_same(tmp_path: Path) -> None:
    live_a_year(120)
    browser = _page()
    text = text_of(_pdf(), tmp_path)
    assert browser.heading == "通报"
    rows = [row for table in browser.page.xpath("//table") for row in table.xpath("./tbody/tr")]
    assert len(rows) > 30
    for row in rows:
        words = "".join("".join(cell.text_content().split()) for cell in row.xpath("./th | ./td"))
        assert words in text
    for paragraph in browser.page.xpath("//article//p[not(contains(@class, 'soft'))]"):
        assert "".join(paragraph.text_content().split()) in re.sub("—[0-9]+—", "", text)


def test_the_last_two_months_that_are_over_are_shown_first(at) -> None:
    assert "关于2026年1月至2月公共信用业务办理情况的通报" in _page("").text
    at("2026-01-31 12:00")
    browser = _page("")
    assert "关于2025年11月至2025年12月" not in browser.text
    assert "关于2025年11月至12月" in browser.text
    at("2026-02-01 00:01")
    assert "关于2025年12月至2026年1月" in _page("").text


def test_any_two_months_can_be_chosen(at) -> None:
    browser = _page()
    months = browser.page.xpath("//select[@name='first']/option/@value")
    assert months[:3] == ["2026-03", "2026-02", "2026-01"]
    assert len(months) == 24
    assert browser.page.xpath("//select[@name='first']/option[@selected]/@value") == ["2026-01"]
    (link,) = browser.links("bulletin.pdf")
    assert link == "/control/bulletin.pdf?first=2026-01"


@pytest.mark.parametrize(
    "month", ["2026-13", "2030-01", "2019-12", "x", "2026-1-1", "0001-01", "9999-12", "２０２６-01"]
)
def test_no_such_months(month: str) -> None:
    browser = _page(f"?first={month}")
    assert browser.status == 422
    assert "通报的第一个月应为 2021-01 至 2026-03 之间的月份" in browser.text
    assert Browser("supervisor1").client.get(f"/control/bulletin.pdf?first={month}").status_code == 422


def test_months_without_anything_are_said_to_be_so(tmp_path: Path) -> None:
    browser = _page()
    assert "本期共收件0件，与上期相同；答复0件，与上期相同。" in browser.text
    assert "没有在办的时限" in browser.text
    assert "各机关均按期答复" in browser.text
    assert "各机关办理情况" not in browser.text
    (total,) = (row for row in _cells(browser, "各类业务办理情况") if row[0] == "合计")
    assert total[1:] == ["0"] * 6 + ["—"] * 4
    assert "本期共收件0件" in text_of(_pdf(), tmp_path)


def test_a_period_that_goes_on_says_until_when_it_counts() -> None:
    assert "统计期间尚未结束，数据截至2026年3月2日 10:00。" in _page("?first=2026-02").text
    assert "尚未结束" not in _page("?first=2026-01").text


def test_goals_are_shown_with_whether_they_were_reached() -> None:
    live_a_year()
    browser = _page()
    goals = {row[0]: row for row in _cells(browser, "规划任务指标")}
    calendar, working = (goals[f"信用异议协同处理平均时间（{kind}）"] for kind in ("自然日", "工作日"))
    assert calendar[1] == working[1] == "5天以内"
    for row in (calendar, working):
        assert row[4] == ("达到" if float(row[2]) <= 5 else "未达到")
    late = goals["信用修复协同处理超过3个工作日（件）"]
    assert (late[1], late[4]) == ("0", "未达到" if int(late[2]) else "达到")
    assert goals["失信主体信用修复培训率（当前）"][1:] == ["100%", "0.0%（0/6）", "—", "未达到"]
    for name, row in goals.items():
        missed = browser.text.partition("未达到规划要求的指标：")[2].partition("。")[0]
        assert (name in missed) == (row[4] == "未达到")


def test_table_1_is_told_whole() -> None:
    rows = _cells(_page(), "规划表1")
    assert [row[:5] for row in rows] == [
        [
            str(each.number),
            each.name.zh,
            {"binding": "约束性", "expected": "预期性"}[each.nature],
            each.baseline or "—",
            each.goal,
        ]
        for each in TABLE_1
    ]
    for each, row in zip(TABLE_1, rows, strict=True):
        unknown = row[5] == row[6] == "本系统不掌握"
        assert unknown == bool(each.missing.zh)
        assert row[7] == each.responsible.zh
    assert "第8、9、10、11、12项，信贷数据由金融管理部门掌握" in _page().text


def test_who_was_late_is_named_with_how_often() -> None:
    cases = live_a_year()
    rows = _cells(_page(), "目前超期的机关")
    by_name = {row[0]: row for row in rows}
    agencies = {row[0] for row in _cells(_page(), "信用异议：各机关办理情况") if row[5] != "0"}
    assert agencies <= set(by_name)
    assert [int(row[-2]) for row in rows] == sorted((int(row[-2]) for row in rows), reverse=True)
    running = {row[0]: row[3] for row in _cells(_page(), "在办时限") if row[3] != "0"}
    assert {name: row[-1] for name, row in by_name.items() if row[-1] != "0"} == {
        name: count for name, count in running.items() if name != "合计"
    }
    assert {case.agency.name for case in cases} >= set(by_name)
    assert "请上列机关逐件查明超期原因" in _page().text


def test_a_county_reads_of_itself_only() -> None:
    live_a_year(200)
    browser = _page(username="supervisor1-yiwu")
    others = Agency.objects.exclude(region="330782").values_list("name", flat=True)
    assert not [name for name in others if name in browser.text]
    assert "各县（市、区）" not in browser.text
    assert _cells(browser, "信用承诺：各机关办理情况")


def test_names_of_persons_are_nowhere(tmp_path: Path) -> None:
    cases = live_a_year(60)
    text = text_of(_pdf(), tmp_path)
    assert cases[0].subject.name not in text
    assert cases[0].number not in text


def test_in_english_it_is_english_to_machines_and_names_things_so(tmp_path: Path) -> None:
    live_a_year(60)
    pdf = _pdf(language="en")
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert str(opened.Root.Lang) == "en"
        assert opened.open_metadata()["dc:creator"] == ["Jinhua Credit Office (demo)"]
    text = text_of(pdf, tmp_path)
    for words in ("Objectiontoacreditrecord", "JinhuaCreditOffice(demo)", "Yiwu", "publishedintime"):
        assert words in text
    assert "义乌" not in text


def test_english_sentences_are_apart(at) -> None:
    live_a_year(60)
    with translation.override("en"):
        closed = bulletin_paper.compose(get_bulletin(account("supervisor1"), date(2026, 1, 1)))
        opened = bulletin_paper.compose(get_bulletin(account("supervisor1"), date(2026, 3, 1)))
    said = [part.text for section in closed.sections for part in section.parts if hasattr(part, "text")]
    for text in (*said, closed.opening, opened.opening):
        assert not re.search(r"[a-z]\.[A-Z0-9]", text), text
    assert "came in time" in said[0]
    assert "has not ended" in opened.opening


def test_of_many_agencies_the_slowest_are_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    live_a_year(200)
    monkeypatch.setattr(bulletin_paper, "MOST_BARS", 2)
    paper = bulletin_paper.compose(get_bulletin(account("supervisor1"), date(2026, 1, 1)))
    charts = [part for section in paper.sections for part in section.parts if part.kind == "chart"]
    bars = [chart for chart in charts if chart.form == "bars"]
    assert len(bars) == 3
    for chart in bars:
        assert "平均用时最长的2个机关" in chart.caption
        slowest, next_one = chart.series["本期"]
        assert slowest >= next_one
        lines = [part for section in paper.sections for part in section.parts if part.kind == "table"]
        (table,) = (
            each for each in lines if each.caption.startswith(f"{chart.caption.partition('：')[0]}：各机关")
        )
        means = sorted((float(row[7]) for row in table.rows if row[7] != "—"), reverse=True)
        assert [round(value, 1) for value in (slowest, next_one)] == pytest.approx(means[:2], abs=0.051)
        assert all(f"{name}：本期" in chart.says for name in chart.labels)


def test_changes_are_told_in_words() -> None:
    told = {pair: bulletin_paper._change(*pair) for pair in ((5, 4), (3, 4), (4, 4), (0, 0), (4, 0), (0, 4))}
    assert told == {
        (5, 4): "比上期增加25.0%",
        (3, 4): "比上期减少25.0%",
        (4, 4): "与上期相同",
        (0, 0): "与上期相同",
        (4, 0): "上期没有",
        (0, 4): "比上期减少100.0%",
    }


def test_periods_name_a_year_once_where_it_is_one() -> None:
    assert period_words(date(2026, 1, 1)) == "2026年1月至2月"
    assert period_words(date(2025, 12, 1)) == "2025年12月至2026年1月"
    with translation.override("en"):
        assert period_words(date(2026, 1, 1)) == "January and February 2026"
        assert month_words(date(2025, 12, 1)) == "December 2025"


def test_the_file_is_saved_under_its_title() -> None:
    response = Browser("supervisor1").client.get("/control/bulletin.pdf?first=2026-01")
    assert "filename*=utf-8''" in response.headers["Content-Disposition"]
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_who_would_wait_too_long_is_asked_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulletin, "PATIENCE", 0.01)
    with typesetting._rendering:
        response = Browser("supervisor1").client.get("/control/bulletin.pdf?first=2026-01")
    assert response.status_code == 503
    assert "请稍后再试" in response.content.decode()


def test_the_page_costs_the_same_whatever_it_tells() -> None:
    live_a_year(60)
    browser = _page()
    with CaptureQueriesContext(connection) as some:
        browser.get("/control/bulletin?first=2026-01")
    live_a_year(240, seed=8)
    with CaptureQueriesContext(connection) as more:
        browser.get("/control/bulletin?first=2026-01")
    assert len(more) == len(some)
