"""The page of a case renews itself when somebody else acts, says so, and takes nothing away from its reader."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Visit
from tests.services.world import account
from tests.web.stories import live_task
from tests.web.test_cases import ask_supplement, objection
from workflow_app.services.tasks import claim_task


def look_again(page: Page) -> None:
    """What the page does by itself every few seconds, now."""
    with page.expect_response(lambda answer: "seen=" in answer.url):
        page.evaluate(
            "htmx.ajax('GET', document.getElementById('case-live').dataset.hxGet, {source: '#case-live'})"
        )


def test_what_others_do_arrives_and_is_said(visit: Visit) -> None:
    case = objection()
    visitor = visit("applicant1")
    page = visitor.open(f"/cases/{case.number}")
    # Half a message, which must not get lost.
    page.fill("#note-text", "请问什么时候")
    sentence = page.locator(".case-sentence")
    expect(sentence).to_contain_text("尚未开始办理")
    look_again(page)
    expect(page.locator("#case-news")).to_be_empty()
    claim_task(task_id=live_task(case).pk, user=account("reviewer1"))
    look_again(page)
    expect(sentence).to_contain_text("正在办理")
    expect(page.get_by_role("status").filter(has_text="有更新")).to_be_visible()
    ask_supplement(case)
    look_again(page)
    expect(page.get_by_role("link", name="去办理：补正材料")).to_be_visible()
    # The picture has moved on and can still be zoomed.
    expect(page.locator("#picture-box .active").first).to_contain_text("补正材料")
    page.get_by_role("button", name="放大").click()
    expect(page.locator("#note-text")).to_have_value("请问什么时候")


def test_on_a_phone_nothing_is_wider_than_the_page(visit: Visit) -> None:
    case = objection()
    ask_supplement(case)
    visitor = visit("applicant1", {**PHONE, "width": 320})
    for path in ("/cases", f"/cases/{case.number}", "/records", f"/archive/{case.subject_id}"):
        page = visitor.open(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
