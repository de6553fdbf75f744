"""Filling in with JavaScript: kept by itself, papers one by one, two windows, and a word before the session ends."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Visit
from tests.browser.looking import NARROW, look_at
from tests.web.browser import PAPER, Browser
from tests.web.stories import begin, open_step
from workflow_app.models import Document, Draft
from workflow_app.web.middleware import CITIZEN_IDLE, TOUCH_EVERY

WORDS = "决定书载明罚款五千元，公示为五万元。"


@pytest.fixture
def facts(live: str) -> str:
    """The address of the page of a new objection that asks for an explanation and for papers."""
    return open_step(begin(Browser("applicant1"), "objection"), "explanation").url


def file(name: str, content: bytes = PAPER) -> Any:
    return {"name": name, "mimeType": "application/pdf", "buffer": content}


def typed() -> Any:
    return Draft.objects.get().data.get("explanation")


def saved(page: Page) -> None:
    expect(page.locator(".autosave")).to_contain_text("已自动保存")


def test_what_is_typed_is_kept_by_itself(visit: Visit, facts: str) -> None:
    page = visit("applicant1").open(facts)
    page.locator("#id_explanation").fill(WORDS)
    saved(page)
    assert typed() == WORDS
    page.reload()
    expect(page.locator("#id_explanation")).to_have_value(WORDS)


def test_two_windows_ask_which_of_them_holds(visit: Visit, facts: str) -> None:
    visitor = visit("applicant1")
    page = visitor.open(facts)
    other = page.context.new_page()
    other.goto(page.url)
    other.locator("#id_explanation").fill("第二个窗口")
    saved(other)
    page.locator("#id_explanation").fill("第一个窗口")
    asked = page.locator("[data-changed]")
    expect(asked).to_contain_text("另一个窗口")
    assert typed() == "第二个窗口"
    asked.get_by_role("button", name="保留本页的内容").click()
    expect(asked).to_be_hidden()
    saved(page)
    assert typed() == "第一个窗口"
    other.locator("#id_explanation").fill("又是第二个")
    other.locator("[data-changed]").get_by_role("link", name="改用另一处保存的内容").click()
    expect(other.locator("#id_explanation")).to_have_value("第一个窗口")
    # That the other window's words were refused is said in its console as well.
    visitor.problems[:] = [each for each in visitor.problems if "409" not in each]


def test_papers_go_up_one_by_one_and_can_be_taken_away(visit: Visit, facts: str) -> None:
    visitor = visit("applicant1", PHONE)
    page = visitor.open(facts)
    page.locator("#id_papers").set_input_files(
        [file("决定书.pdf"), file("假的.pdf", b"none"), file("凭证.pdf")]
    )
    kept = page.locator(".stored-documents input[type=checkbox]")
    expect(kept).to_have_count(2)
    expect(page.locator(".stored-documents .field-error")).to_contain_text("“假的.pdf”不是完整的")
    saved(page)
    assert Draft.objects.get().documents == [
        str(each.pk) for each in Document.objects.order_by("uploaded_at")
    ]
    assert look_at(page, "papers", (PHONE, "dark"), (NARROW, "light")) == []
    page.get_by_role("button", name="移除 决定书.pdf").click()
    expect(kept).to_have_count(1)
    expect(page.locator("#id_papers")).to_be_focused()
    saved(page)
    page.reload()
    expect(page.locator(".stored-documents label")).to_have_text("保留 凭证.pdf")
    expect(page.get_by_role("button", name="移除 凭证.pdf")).to_be_visible()
    visitor.problems[:] = [each for each in visitor.problems if "422" not in each]


def test_who_goes_on_while_words_are_being_saved_is_not_told_of_another_window(
    visit: Visit, facts: str
) -> None:
    page = visit("applicant1").open(facts)

    held: list[Any] = []
    page.route("**/save", lambda route: held.append(route))
    page.locator("#id_explanation").fill(WORDS)
    expect(page.locator(".autosave")).to_have_text("正在保存…")
    page.get_by_role("button", name="继续", exact=True).click()
    held[0].continue_()
    expect(page.locator("h1")).to_have_text("联系方式和确认")
    assert "另一个窗口" not in page.locator("main").inner_text()
    assert typed() == WORDS


def test_fields_that_only_some_answers_need_wait_for_them(visit: Visit, live: str) -> None:
    page = visit("applicant1").open(begin(Browser("applicant1"), "objection").url)
    changes = page.locator("#id_changes")
    expect(changes).to_be_hidden()
    page.locator("input[name=ground][value=error]").check()
    expect(changes).to_be_visible()
    page.locator("input[name=ground][value=expired]").check()
    expect(changes).to_be_hidden()


def test_the_link_for_another_device_is_copied(visit: Visit, facts: str) -> None:
    page = visit("applicant1", permissions=["clipboard-read", "clipboard-write"]).open(facts)
    page.get_by_role("link", name="换一台设备继续").click()
    page.get_by_role("button", name="复制链接").click()
    expect(page.locator("[data-copied]")).to_have_text("已复制。")
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied == page.get_by_label("链接", exact=True).input_value()
    # Its host is the service's own name, not that of the server that answers here.
    page.goto(page.url.partition("/drafts/")[0] + "/resume/" + copied.partition("/resume/")[2])
    expect(page.locator("h1")).to_have_text("对哪条信息有异议")


def test_somebody_who_reads_for_long_is_asked_and_stays(visit: Visit, facts: str) -> None:
    visitor = visit("applicant1")
    page = visitor.page
    page.clock.install()
    visitor.open(facts)
    lasts = CITIZEN_IDLE - TOUCH_EVERY
    page.clock.fast_forward((lasts - 125) * 1000)
    box = page.get_by_role("dialog")
    expect(box).to_be_hidden()
    page.clock.fast_forward(10 * 1000)
    expect(box).to_contain_text("您还在吗？")
    stay = box.get_by_role("button", name="我还在，继续")
    expect(stay).to_be_focused()
    stay.click()
    expect(box).to_be_hidden()
    page.clock.fast_forward((lasts - 60) * 1000)
    expect(box).to_contain_text("您还在吗？")
    page.clock.fast_forward(61 * 1000)
    expect(box).to_contain_text("已自动退出登录")
