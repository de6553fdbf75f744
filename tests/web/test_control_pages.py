"""Headline figures, trends, the heat map and the officers' loads: what they say, in which words, and to whom."""

import json
from datetime import date
from typing import Any

import pytest
from lxml import etree

from tests.services.world import account
from tests.web.browser import Browser
from tests.web.stories import do_task, file_objection, live_task
from workflow_app.domain.clock import CHINA
from workflow_app.domain.histogram import bucket_of
from workflow_app.models import Agency, Case, Clock, Figure
from workflow_app.selectors.figures import Share
from workflow_app.selectors.processes import list_processes
from workflow_app.services.figures import count_figures
from workflow_app.services.ticking import run_due
from workflow_app.web.control import views
from workflow_app.web.control.heatmap import HEATS

pytestmark = pytest.mark.django_db
DAY = 27_000  # of seven and a half working hours
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
MARCH, FEBRUARY = date(2026, 3, 1), date(2026, 2, 1)


def figure(kind: str, name: str, *, month: date = MARCH, process: str = "objection", **values: Any) -> Figure:
    """A kept figure of the city's credit office: `count` of so many working `days` and `calendar` days each."""
    count, late = values.get("count", 1), values.get("late", 0)
    net = round(values.get("days", 1) * DAY)
    return Figure.objects.create(
        month=month,
        agency=Agency.objects.get(kind="credit_office", region=values.get("region", "330700")),
        process=process,
        kind=kind,
        name=name,
        count=count,
        late_count=late,
        net_working_seconds=count * net,
        gross_working_seconds=count * net,
        gross_calendar_seconds=round(count * values.get("calendar", 1) * 86400),
        histogram={bucket_of(net): count},
    )


def cards(browser: Browser) -> dict[str, tuple[str, str, str]]:
    """By title: how a card looks, its figure, and all it says."""
    found = {}
    for card in browser.page.xpath("//li[contains(@class, 'figure-card')]"):
        (title,), (number,) = card.xpath("h3"), card.xpath("p[@class='figure']")
        look = card.get("class").split()[1].removeprefix("figure-")
        whole = " ".join(card.text_content().split())
        found[title.text_content()] = (look, " ".join(number.text_content().split()), whole)
    return found


@pytest.mark.parametrize(
    ("calendar", "days", "look", "words"),
    [
        (4.9, 3.5, "good", "达到要求"),
        (5.0, 3.5, "good", "达到要求"),
        (6.2, 4.4, "warn", "按工作日达到，按自然日未达到"),
        (8.0, 5.6, "bad", "未达到要求"),
    ],
)
def test_objections_are_held_against_five_days(calendar: float, days: float, look: str, words: str) -> None:
    figure("case", "answer", count=4, calendar=calendar, days=days)
    shown, number, whole = cards(Browser("supervisor1").get("/control"))["信用异议平均用时"]
    assert (shown, number) == (look, f"{calendar:.1f} 天")
    for part in (words, f"{days:.1f} 个工作日，共 4 件", "平均不超过 5 天"):
        assert part in whole


def test_a_mean_that_only_rounds_to_five_is_over_it() -> None:
    figure("case", "answer", calendar=5.04, days=5.04)
    shown, number, _whole = cards(Browser("supervisor1").get("/control"))["信用异议平均用时"]
    assert (shown, number) == ("bad", "5.1 天")


def test_not_one_repair_may_be_late() -> None:
    title = "信用修复超过 3 个工作日"
    browser = Browser("supervisor1")
    assert cards(browser.get("/control"))[title][:2] == ("none", "0 件")
    kept = figure("clock", "handle", process="repair", count=9)
    assert cards(browser.get("/control"))[title][:2] == ("good", "0 件")
    kept.late_count = 1
    kept.save()
    look, number, whole = cards(browser.get("/control"))[title]
    assert (look, number) == ("bad", "1 件")
    assert "本月办结 9 件 办结时已超期：1 件" in whole
    assert "现在已超期" not in whole
    assert "/control/clocks?state=breached&process=repair&clock=handle&month=2026-03" in browser.links(
        "clock="
    )


def test_timeliness_never_reads_as_whole_when_it_is_not() -> None:
    browser = Browser("supervisor1")
    assert cards(browser.get("/control"))["按期办结率"][:2] == ("none", "—")
    kept = figure("clock", "accept", count=10_000, late=1)
    assert cards(browser.get("/control"))["按期办结率"][:2] == ("bad", "99.9 %")
    kept.late_count = 0
    kept.save()
    assert cards(browser.get("/control"))["按期办结率"][:2] == ("good", "100 %")


@pytest.mark.parametrize(
    ("part", "whole", "look", "words"),
    [
        (0, 0, "none", "没有列入名单的主体"),
        (2, 10, "bad", "未达到要求"),
        (3, 10, "warn", "达到 30%，未达到 100%"),
        (10, 10, "good", "达到要求"),
    ],
)
def test_commitments_have_a_first_goal_and_a_later_one(part: int, whole: int, look: str, words: str) -> None:
    card = views._promised(Share(part, whole))
    assert (card.verdict, card.words) == (look, words)


def test_the_month_is_chosen_and_nonsense_is_this_month() -> None:
    figure("case", "answer", month=FEBRUARY, calendar=2.5)
    browser = Browser("supervisor1")
    assert cards(browser.get("/control?month=2026-02"))["信用异议平均用时"][1] == "2.5 天"
    assert "2026年2月的主要指标" in browser.text
    for text in ("", "2026-13", "x", "2026-2"):
        assert cards(browser.get(f"/control?month={text}&by=x"))["信用异议平均用时"][1] == "—"
    # Going from one grouping to another keeps the month.
    browser.get("/control?month=2026-02")
    assert all("month=2026-02" in url for url in browser.links("by="))


def test_a_county_reads_its_own_figures() -> None:
    figure("case", "answer", calendar=9)
    figure("case", "answer", region="330782", calendar=3)
    told = cards(Browser("supervisor1-yiwu").get("/control"))
    assert told["信用异议平均用时"][1] == "3.0 天"
    assert cards(Browser("supervisor1").get("/control"))["信用异议平均用时"][1] == "6.0 天"


def test_the_desk_in_english() -> None:
    figure("case", "answer", calendar=4)
    figure("clock", "accept", count=3, late=1)
    browser = Browser("supervisor1", language="en").get("/control?month=2026-03")
    assert "March 2026" in browser.text
    assert not any("信用" in title for title in cards(browser))


def chart(browser: Browser, identity: str = "chart-data") -> dict[str, Any]:
    (text,) = browser.page.xpath("//script[@id=$identity]/text()", identity=identity)
    return json.loads(text)


def cells(browser: Browser) -> dict[str, list[str]]:
    """The rows of the page's table by their heading."""
    rows = browser.page.xpath("//table[contains(@class, 'table-figures')]/tbody/tr")
    return {
        row.xpath("th")[0].text_content().strip(): [
            " ".join(cell.text_content().split()) for cell in row.xpath("td")
        ]
        for row in rows
    }


def test_the_chart_and_the_table_say_the_same() -> None:
    figure("clock", "handle", count=4, late=1, days=2)
    figure("clock", "handle", month=FEBRUARY, count=2, days=4)
    browser = Browser("supervisor1").get(
        "/control/trends?measure=objection.handle&since=2026-01&until=2026-03"
    )
    data, table = chart(browser), cells(browser)
    assert [point["month"] for point in data["points"]] == list(table)
    assert table["2026年1月"] == ["0", "0", "—", "—", "—", "—"]
    assert table["2026年3月"][:3] == ["4", "1", "2.0"]
    assert [(point["count"], point["late"]) for point in data["points"]] == [(0, 0), (2, 0), (4, 1)]
    assert data["points"][0]["p90"] is None
    assert data["points"][2]["p90"] == pytest.approx(2, rel=0.02)
    assert data["bar"] == 5
    assert "规定时限 5 个工作日" in browser.text


def test_without_anything_there_is_no_empty_chart() -> None:
    browser = Browser("supervisor1").get("/control/trends")
    assert "这段时间没有办结" in browser.text
    assert not browser.page.xpath("//script[@type='application/json']")


@pytest.mark.parametrize(
    ("query", "bar"),
    [
        # As a whole: the plan's five days; no rule says how long a commitment may take as a whole.
        ("measure=objection", 5),
        ("measure=commitment", None),
        ("measure=repair.handle", 3),
        # Counted in days of the calendar.
        ("measure=objection.ask_review", None),
        ("measure=nonsense.nothing&region=nonsense", None),
        ("measure=objection.handle&region=330782", 5),
    ],
)
def test_each_measure_is_held_against_its_own_bar(query: str, bar: int | None) -> None:
    for process, kind, name in (
        ("objection", "case", "answer"),
        ("commitment", "case", "answer"),
        ("repair", "clock", "handle"),
        ("objection", "clock", "ask_review"),
        ("objection", "clock", "handle"),
    ):
        figure(kind, name, process=process)
    browser = Browser("supervisor1").get(f"/control/trends?{query}")
    if browser.page.xpath("//script[@id='chart-data']"):
        assert chart(browser)["bar"] == bar
    assert (bar is None) == ("规定时限" not in browser.text)


@pytest.mark.parametrize("month", ["0001-01", "2003-12", "2026-04", "9999-12"])
@pytest.mark.parametrize(
    "path",
    [
        "trends?until={}", "trends?since={}", "heatmap/objection?until={}", "heatmap/objection?since={}",
        "clocks?state=breached&month={}", "export.csv?what=trend&until={}", "export.csv?what=clocks&month={}",
    ],
)  # fmt: skip
def test_months_that_cannot_have_figures_are_none(month: str, path: str) -> None:
    response = Browser("supervisor1").client.get(f"/control/{path.format(month)}")
    assert response.status_code == 200
    assert len(b"".join(response)) < 100_000


def test_a_span_the_wrong_way_round_is_turned() -> None:
    figure("clock", "handle")
    browser = Browser("supervisor1")
    ways = [
        cells(browser.get(f"/control/trends?measure=objection.handle&since={a}&until={b}"))
        for a, b in (("2026-01", "2026-03"), ("2026-03", "2026-01"))
    ]
    assert ways[0] == ways[1]
    assert len(ways[0]) == 3


@pytest.fixture
def checked(at) -> Case:
    """An objection whose acceptance took three office hours, and that waits to be verified since Monday noon."""
    case = file_objection(Browser("applicant1"))
    at("2026-03-02 14:30")
    do_task("reviewer1", live_task(case), acceptance="accept")
    run_due()
    count_figures(100)
    return case


def test_the_steps_of_the_diagram_in_order_with_their_figures(checked: Case) -> None:
    browser = Browser("supervisor1").get("/control/heatmap/objection")
    table, heat = cells(browser), chart(browser, "heat-data")
    assert list(table)[:2] == ["审查异议申请材料", "补正材料"]
    role, count, p50, p90, late, running, overdue = table["审查异议申请材料"]
    assert (role, count, late, running, overdue) == ("受理审核员", "1", "0", "0", "0")
    # From ten to twelve and from half past one to half past two.
    assert (p50, p90) == ("3.0", "3.0")
    step = heat["steps"]["task_accept"]
    assert step["p50"] == pytest.approx(3, rel=0.02)
    assert step["heats"] == {"p50": HEATS, "p90": HEATS, "late": 0}
    assert heat["steps"]["task_check"]["running"] == 1
    assert "task_supplement" not in heat["steps"]


def test_a_step_of_an_earlier_version_stays_in_the_table(checked: Case) -> None:
    figure("task", "task_gone", count=2)
    table = cells(Browser("supervisor1").get("/control/heatmap/objection"))
    assert table["task_gone（以前的流程版本）"][:2] == ["", "2"]


def test_every_process_has_a_map_and_others_none() -> None:
    browser = Browser("supervisor1")
    slugs = [info.slug for info in list_processes(account("supervisor1"))]
    assert browser.get("/control/heatmap").url == f"/control/heatmap/{slugs[0]}"
    assert {f"/control/heatmap/{slug}" for slug in slugs} <= {
        url.split("?")[0] for url in browser.links("/heatmap/")
    }
    for slug in slugs:
        assert browser.get(f"/control/heatmap/{slug}?measure=late").status == 200
    for path in ("/control/heatmap/nothing", "/control/heatmap/nothing.bpmn"):
        assert browser.get(path).status == 404


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_diagram_speaks_the_language_of_the_page(language: str) -> None:
    browser = Browser("supervisor1", language=language)
    for info in list_processes(account("supervisor1")):
        response = browser.client.get(f"/control/heatmap/{info.slug}.bpmn")
        assert response.headers["Content-Type"] == "application/xml"
        root = etree.fromstring(response.content)
        names = [each.get("name") for each in root.iter(etree.Element) if each.get("name")]
        chinese = [name for name in names if any("\u4e00" <= each <= "\u9fff" for each in name)]
        assert bool(chinese) == (language == "zh-hans"), (info.slug, chinese)
        # Conditions stay, what only the engine reads goes.
        assert root.find(f".//{BPMN}extensionElements") is None
        assert root.find(f".//{BPMN}userTask") is not None
        lanes = {lane.get("name") for lane in root.iter(f"{BPMN}lane")}
        assert not lanes & {"applicant", "reviewer", "approver", "system"}


def test_who_has_how_much(checked: Case, at) -> None:
    Browser("reviewer1").get(f"/tasks/{live_task(checked).pk}").send("/claim")
    second = file_objection(Browser("applicant1"))
    Browser("reviewer1").get(f"/tasks/{live_task(second).pk}").send("/claim")
    third = file_objection(Browser("applicant1"))
    Browser("reviewer2").get(f"/tasks/{live_task(third).pk}").send("/claim")
    at("2026-03-04 10:00")
    browser = Browser("supervisor1").get("/control/load")
    table = cells(browser)
    running, soon, overdue, _bar, done = table["审核员一（演示）"]
    assert (running.split()[0], soon, overdue.split()[0], done) == ("2", "0", "1", "1")
    assert [each.split()[0] for each in table["审核员二（演示）"][:3]] == ["1", "0", "1"]
    widths = browser.page.xpath("//tr[th[contains(., '审核员')]]//rect/@width")
    assert sorted(map(int, widths)) == [50] * 5 + [100]
    for link in browser.page.xpath("//td/a[contains(@class, 'pile')]"):
        rows = Browser("supervisor1").get(link.get("href")).page.xpath("//form[@id='rows']//tbody/tr")
        assert len(rows) == int(link.text_content().split()[0])


def test_loads_can_be_narrowed(checked: Case) -> None:
    Browser("reviewer1").get(f"/tasks/{live_task(checked).pk}").send("/claim")
    browser = Browser("supervisor1")
    assert cells(browser.get("/control/load?process=objection"))["审核员一（演示）"][0].startswith("1")
    assert cells(browser.get("/control/load?process=repair")) == {}
    assert cells(Browser("supervisor1-yiwu").get("/control/load")) == {}


def test_what_is_late_in_the_month_is_what_the_list_shows(at) -> None:
    """The number of the card and the list behind it come from different rows: here from real ones."""
    case = file_objection(Browser("applicant1"))
    at("2026-03-04 10:00")
    run_due()
    do_task("reviewer1", live_task(case), acceptance="accept")
    count_figures(100)
    browser = Browser("supervisor1").get("/control")
    assert "本月停止计时的期限 1 个 其中超期：1 个" in cards(browser)["按期办结率"][2]
    listed = browser.follow("month=2026-03")
    assert case.number in listed.text
    clock = Clock.objects.get(case=case, name="accept")
    assert clock.stopped_at.astimezone(CHINA).date() == date(2026, 3, 4)
    assert "办结于 2026年3月4日 10:00" in listed.text


def test_labels_are_wide_enough_for_english() -> None:
    widths = {}
    for language in ("zh-hans", "en"):
        response = Browser("supervisor1", language=language).client.get("/control/heatmap/objection.bpmn")
        labels = etree.fromstring(response.content).iterfind(".//{*}BPMNLabel/{*}Bounds")
        widths[language] = {
            (float(each.get("x")) + float(each.get("width")) / 2, each.get("y")): float(each.get("width"))
            for each in labels
        }
    # In the same places, by their middles.
    assert widths["en"].keys() == widths["zh-hans"].keys()
    assert min(widths["en"].values()) >= 90 > min(widths["zh-hans"].values())
