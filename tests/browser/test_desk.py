"""The supervisor's desk as a supervisor uses it: from a number to the cases behind it, and what can be done there."""

import re
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Visit
from tests.web.browser import Browser
from tests.web.stories import do_task, file_objection, live_task
from workflow_app.domain.histogram import bucket_of
from workflow_app.models import Case, Figure, SavedView
from workflow_app.services.figures import count_figures
from workflow_app.services.ticking import run_due

PAGES = (
    "/control",
    "/control/clocks",
    "/control/trends?measure=objection",
    "/control/heatmap/objection",
    "/control/load",
)


@pytest.fixture
def late(live: str, at) -> Case:
    """An accepted objection whose five working days are over, held by reviewer1; and one that is due tomorrow."""
    at("2026-03-02 10:00")
    case = file_objection(Browser("applicant1"))
    at("2026-03-02 15:00")
    do_task("reviewer1", live_task(case), acceptance="accept")
    Browser("reviewer1").get(f"/tasks/{live_task(case).pk}").send("/claim")
    at("2026-03-09 10:00")
    file_objection(Browser("applicant1"))
    at("2026-03-10 10:00")
    run_due()
    while count_figures(100):
        pass
    for month, count in ((date(2026, 1, 1), 4), (date(2026, 2, 1), 6)):
        Figure.objects.create(
            month=month,
            agency=case.agency,
            process="objection",
            kind="clock",
            name="accept",
            count=count,
            late_count=1,
            net_working_seconds=count * 20_000,
            gross_working_seconds=count * 20_000,
            gross_calendar_seconds=count * 60_000,
            histogram={bucket_of(20_000): count},
        )
    return case


def tick_and(page: Page, case: Case, button: str) -> None:
    page.get_by_label(re.compile(f"选择 {case.number}")).first.check()
    page.get_by_role("button", name=button, exact=True).click()


def test_from_the_number_to_the_case_and_back(late: Case, visit: Visit) -> None:
    visitor = visit("supervisor1")
    page = visitor.open("/control")
    expect(page.get_by_role("heading", name="信用异议平均用时")).to_be_visible()
    page.get_by_role("link", name="金华市：已超期").click()
    row = page.get_by_role("row").filter(has_text=late.number)
    expect(row).to_have_count(1)
    expect(row).to_contain_text("已超期")

    page.get_by_label("选择本页全部").check()
    expect(page.get_by_text("已勾选 1 行")).to_be_visible()
    page.get_by_label("附言（可不填）").fill("请今天办结")
    page.get_by_role("button", name="催办", exact=True).click()
    expect(page.get_by_text("已催办，通知 1 人。")).to_be_visible()
    assert late.reminders.get().note == "请今天办结"

    page.get_by_label("转交给").select_option("reviewer2")
    tick_and(page, late, "转交")
    expect(page.get_by_role("row").filter(has_text="已转交审核员二（演示）办理。")).to_be_visible()
    assert live_task(late).assignee.username == "reviewer2"

    page.get_by_label("延长多少（按期限的单位）").fill("5")
    page.get_by_label("理由（将告知申请人）").fill("信源单位核实需要时间")
    tick_and(page, late, "延长期限")
    expect(page.get_by_text("已延长期限。")).to_be_visible()
    # No longer overdue, and so no longer in this list.
    expect(page.get_by_text("没有符合条件的期限。")).to_be_visible()

    page.get_by_label("视图名称").fill("本市超期")
    page.get_by_role("button", name="保存", exact=True).click()
    page.goto(f"{visitor.url}/control/clocks")
    page.get_by_role("link", name="本市超期").click()
    assert SavedView.objects.get().query in page.url


def test_trends_are_drawn(late: Case, visit: Visit) -> None:
    page = visit("supervisor1", language="en").open("/control/trends?measure=objection.accept")
    expect(page.locator(".chart canvas")).to_have_count(2)
    inked = page.locator(".chart canvas").first.evaluate(
        "canvas => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size"
    )
    assert inked > 20
    expect(page.get_by_role("row").filter(has_text="February 2026")).to_contain_text("6")


def test_the_diagram_is_coloured(late: Case, visit: Visit) -> None:
    page = visit("supervisor1").open("/control/heatmap/objection")
    step = page.locator("[data-element-id=task_accept]")
    expect(step).to_have_class(re.compile(r"\bheat-[1-5]\b"))
    fill = step.locator(".djs-visual > rect").evaluate("rect => getComputedStyle(rect).fill")
    assert fill not in ("rgb(255, 255, 255)", "none")
    expect(page.locator(".heat-figure").first).to_be_visible()
    page.get_by_label("颜色表示").select_option("late")
    expect(step).not_to_have_class(re.compile(r"\bheat-[1-5]\b"))
    # Its licence wants the mark of its makers to be seen.
    expect(page.locator(".bjs-powered-by")).to_be_visible()


@pytest.mark.parametrize(
    ("path", "library", "left"),
    [
        ("/control/trends?measure=objection.accept", "echarts", ".chart"),
        ("/control/heatmap/objection", "bpmn-js", ".canvas, [data-zoom]"),
    ],
)
def test_without_their_libraries_the_tables_remain(
    path: str, library: str, left: str, late: Case, visit: Visit
) -> None:
    visitor = visit("supervisor1")
    visitor.page.route(f"**/vendor/{library}/*.js", lambda route: route.fulfill(body=""))
    page = visitor.open(path)
    expect(page.locator(left).locator("visible=true")).to_have_count(0)
    expect(page.locator("main table")).to_be_visible()


def test_the_enter_key_presses_no_button_of_another_act(late: Case, visit: Visit) -> None:
    page = visit("supervisor1").open("/control/clocks?state=overdue")
    page.get_by_label(re.compile(f"选择 {late.number}")).first.check()
    page.get_by_label("理由（将告知申请人）").press("Enter")
    page.get_by_label("附言（可不填）").fill("请今天办结")
    page.get_by_role("button", name="催办", exact=True).click()
    expect(page.get_by_text("已催办，通知 1 人。")).to_be_visible()
    assert [each.note for each in late.reminders.all()] == ["请今天办结"]


def test_the_enter_key_claims_nothing_in_the_queue(late: Case, visit: Visit) -> None:
    page = visit("reviewer1").open("/desk?queue=group")
    claim = page.locator("[data-task] button[type=submit]")
    expect(claim).to_have_count(1)
    page.locator("#reason").press("Enter")
    # Whatever was sent would come first.
    page.reload()
    assert page.url.endswith("/desk?queue=group")
    expect(claim).to_have_count(1)


def test_on_a_phone_nothing_is_wider_than_the_screen(late: Case, visit: Visit) -> None:
    visitor = visit("supervisor1", PHONE)
    for path in PAGES:
        page = visitor.open(path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
