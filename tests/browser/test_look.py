"""What all pages share, as it is seen: light and dark, the menu of phones, diagrams, paper, errors."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Visit
from tests.web.browser import Browser
from tests.web.stories import do_task, file_objection, live_task
from workflow_app.models import Case
from workflow_app.web import errors

NARROWEST = {"width": 320, "height": 700}
PUBLIC = ("/", "/matters", "/publications", "/verify", "/calculator", "/processes/objection", "/about",
          "/accessibility", "/sign-in", "/no/such/page")  # fmt: skip


def ground(page: Page) -> str:
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


LIGHT, DARK = "rgb(244, 246, 248)", "rgb(17, 23, 30)"


@pytest.fixture
def case(live: str) -> Case:
    """An accepted objection."""
    case = file_objection(Browser("applicant1"))
    do_task("reviewer1", live_task(case), acceptance="accept")
    return case


def test_the_device_decides_and_a_choice_changes_the_page_at_once(visit: Visit) -> None:
    visitor = visit("", color_scheme="dark")
    page = visitor.open("/calculator")
    assert ground(page) == DARK
    page.locator("[name=amount]").fill("17")
    page.get_by_role("button", name="浅色").click()
    expect(page.get_by_role("button", name="浅色")).to_have_attribute("aria-pressed", "true")
    assert ground(page) == LIGHT
    # Nothing that was typed is lost.
    expect(page.locator("[name=amount]")).to_have_value("17")
    page.wait_for_load_state("networkidle")
    assert ground(visitor.open("/about")) == LIGHT
    page.get_by_role("button", name="跟随系统").click()
    assert ground(page) == DARK


def test_without_scripts_a_choice_loads_the_page_anew(visit: Visit) -> None:
    visitor = visit("applicant1", java_script_enabled=False, size=PHONE)
    page = visitor.open("/account")
    assert ground(page) == LIGHT
    page.locator("main").get_by_role("button", name="深色").click()
    assert page.url.endswith("/account")
    assert ground(page) == DARK
    # The menu is a link to its place.
    expect(page.get_by_role("link", name="我的案件")).to_be_hidden()
    page.get_by_role("link", name="菜单").click()
    page.get_by_role("navigation", name="主导航").get_by_role("link", name="我的案件").click()
    assert page.url.endswith("/cases")


def test_the_menu_of_phones_by_touch_and_by_keys(visit: Visit) -> None:
    page = visit("applicant1", PHONE).open("/account")
    button = page.get_by_role("button", name="菜单")
    link = page.get_by_role("navigation", name="主导航").get_by_role("link", name="我的案件")
    expect(button).to_have_attribute("aria-expanded", "false")
    expect(link).to_be_hidden()
    button.click()
    expect(link).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    expect(button).to_be_focused()
    page.keyboard.press("Space")
    expect(link).to_be_visible()


def test_nothing_is_wider_than_the_narrowest_screen(visit: Visit) -> None:
    for language in ("zh-hans", "en"):
        visitor = visit("applicant1", NARROWEST, language)
        for path in (*PUBLIC, "/cases", "/start", "/inbox", "/account"):
            page = visitor.page
            page.goto(f"{visitor.url}{path}")
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= NARROWEST["width"], (path, language, wide)


def test_a_moment_is_whole_on_hover(case: Case, visit: Visit) -> None:
    page = visit("applicant1").open(f"/cases/{case.number}")
    times = page.locator("main time")
    titles = times.evaluate_all("all => all.map(each => each.title)")
    assert titles
    assert all(
        re.fullmatch(r"\d+年\d+月\d+日 星期.( [\d:]{8}（北京时间，UTC\+8）)?", title) for title in titles
    )


def test_a_diagram_is_looked_about_in(case: Case, visit: Visit) -> None:
    page = visit("reviewer1").open(f"/cases/{case.number}")
    frame = page.get_by_role("group", name="流程图，可左右滚动")
    frame.scroll_into_view_if_needed()
    width = "svg => svg.getBoundingClientRect().width"
    picture = frame.locator("svg")
    at_first = picture.evaluate(width)
    page.get_by_role("button", name="放大").click()
    assert picture.evaluate(width) == pytest.approx(at_first * 1.25, rel=0.01)
    page.get_by_role("button", name="全图").click()
    assert picture.evaluate(width) <= frame.evaluate("frame => frame.clientWidth")
    # By keys.
    frame.focus()
    for _ in range(4):
        page.keyboard.press("+")
    page.keyboard.press("Home")
    inside = (
        "node => { const a = node.getBoundingClientRect(), b = node.closest('.diagram').getBoundingClientRect();"
        " return a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom }"
    )
    assert picture.locator(".active").first.evaluate(inside)
    # By the wheel with Ctrl, and by dragging.
    before = picture.evaluate(width)
    box = frame.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    page.wait_for_function(
        "([box, before]) => document.querySelector('.diagram svg').getBoundingClientRect().width > before",
        arg=[0, before],
    )
    left = frame.evaluate("frame => frame.scrollLeft")
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 - 60, box["y"] + box["height"] / 2, steps=3)
    page.mouse.up()
    assert frame.evaluate("frame => frame.scrollLeft") == pytest.approx(left + 60, abs=2)


def test_without_scripts_a_diagram_is_scrolled(case: Case, visit: Visit) -> None:
    page = visit("reviewer1", java_script_enabled=False).open(f"/cases/{case.number}")
    expect(page.get_by_role("button", name="放大")).to_be_hidden()
    frame = page.get_by_role("group", name="流程图，可左右滚动")
    assert frame.evaluate("frame => frame.scrollWidth > frame.clientWidth")
    assert frame.get_attribute("tabindex") == "0"


def test_on_paper_stands_what_was_written_alone(case: Case, visit: Visit) -> None:
    page = visit("applicant1", color_scheme="dark").open(f"/cases/{case.number}")
    page.emulate_media(media="print")
    assert ground(page) == "rgb(255, 255, 255)"
    for hidden in (".masthead-tools", ".places", ".colophon", ".diagram-tools"):
        expect(page.locator(hidden).first).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.locator(".diagram svg").evaluate("svg => svg.getBoundingClientRect().width") <= 1440


@pytest.mark.parametrize("name", ["500.html", "503.html"])
def test_emergency_pages_look_like_ours(visit: Visit, name: str) -> None:
    visitor = visit("")
    page = visitor.page
    page.route(
        "**/about", lambda route: route.fulfill(body=errors._static_page(name), content_type="text/html")
    )
    page.goto(f"{visitor.url}/about")
    assert ground(page) == LIGHT
    expect(page.get_by_role("heading", level=1)).to_have_css("font-weight", "600")
    expect(page.get_by_role("link", name="回到首页")).to_be_visible()
