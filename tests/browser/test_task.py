"""The page of a task in a browser: papers beside the form, tabs, standard sentences, what keeps itself, notes."""

from playwright.sync_api import Page, expect

from tests.conftest import FrozenClock
from tests.web.browser import Browser
from tests.web.stories import file_objection, live_task
from workflow_app.models import Draft, Note, User
from workflow_app.services.notes import add_note
from workflow_app.services.task_drafts import save_task_draft
from workflow_app.services.tasks import claim_task

from .conftest import PHONE, Visit


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def test_an_officer_reads_decides_and_talks_on_one_page(visit: Visit, at: FrozenClock) -> None:
    case = file_objection(Browser("applicant1"))
    task, reviewer = live_task(case), User.objects.get(username="reviewer1")
    claim_task(task_id=task.pk, user=reviewer)
    page = visit("reviewer1").open(f"/tasks/{task.pk}")

    # The first paper is there without a click, and is handled by keys once it has the focus.
    picture = page.locator(".leaf-paper img")
    expect(picture).to_be_visible()
    page.wait_for_function("document.querySelector('.leaf-paper img').naturalWidth > 1000")
    paper = page.locator(".leaf-paper")
    paper.focus()
    page.keyboard.press("+")
    expect(paper).to_have_class("leaf-paper leaf-size-2 leaf-turn-0")
    page.keyboard.press("Shift+R")
    expect(paper).to_have_class("leaf-paper leaf-size-2 leaf-turn-1")
    page.keyboard.press("-")
    expect(page.get_by_role("button", name="缩小")).to_be_disabled()

    # One part of the case at a time; arrows go from tab to tab.
    expect(page.get_by_role("tabpanel")).to_have_count(1)
    page.get_by_role("tab", name="材料").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="填写的内容")).to_be_focused()
    expect(page.locator("#panel-said")).to_be_visible()
    expect(page.locator("#panel-papers")).to_be_hidden()

    # What is ticked is written, what is unticked goes.
    page.get_by_role("radio", name="不予受理").check()
    page.locator(".phrases summary").first.click()
    reason = page.locator("textarea[name=reason]")
    reason.fill("另外说明。")
    page.get_by_label("查找语句").fill("修复")
    expect(page.locator(".phrase-list > li:visible")).to_have_count(1)
    box = page.locator(".phrase-list > li:visible input")
    box.check()
    expect(reason).to_have_value(
        "根据《信用修复管理办法》（国家发展改革委令第36号），该信息内容准确，您的请求是在纠正失信行为后终止公示，应当申请信用修复。\n另外说明。"
    )
    box.uncheck()
    expect(reason).to_have_value("另外说明。")
    box.check()

    # What is typed keeps itself; another window that has saved is told of, with a choice.
    expect(page.locator(".autosave")).to_contain_text("已自动保存")
    kept = Draft.objects.get(task=task)
    assert kept.data["reason"].endswith("另外说明。")
    save_task_draft(task_id=task.pk, user=reviewer, data={"reason": "那边"})
    reason.press_sequentially("再")
    expect(page.locator("[data-changed]")).to_be_visible()
    page.get_by_role("button", name="保留本页的内容").click()
    expect(page.locator(".autosave")).to_contain_text("已自动保存")
    assert Draft.objects.get(task=task).data["reason"].endswith("再")

    # A note is sent without leaving the page, nor losing what is typed beside it.
    tab(page, "批注和沟通")
    page.get_by_label("写批注或者消息").fill("请说明缴款日期。")
    page.get_by_label("申请人也能看到").check()
    page.get_by_role("button", name="发送").click()
    expect(page.locator("#note-list")).to_contain_text("请说明缴款日期。")
    assert Note.objects.get().audience == "everybody"
    assert reason.input_value().endswith("再")
    add_note(
        number=case.number,
        user=User.objects.get(username="applicant1"),
        text="三月一日。",
        audience="everybody",
    )
    expect(page.locator("#note-list")).to_contain_text("三月一日。", timeout=40_000)

    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("已办结：")).to_be_visible()
    task.refresh_from_db()
    assert task.submission.data["reason"].count("应当申请信用修复") == 1
    assert not Draft.objects.filter(task=task).exists()


def test_on_a_phone_the_parts_stand_one_below_the_other_and_fit(visit: Visit, at: FrozenClock) -> None:
    case = file_objection(Browser("applicant1"))
    task = live_task(case)
    claim_task(task_id=task.pk, user=User.objects.get(username="reviewer1"))
    page = visit("reviewer1", PHONE, color_scheme="dark").open(f"/tasks/{task.pk}#notes")
    expect(page.locator("#panel-notes")).to_be_visible()
    for name in ("papers", "facts", "history", "notes", "assistance"):
        page.locator(f"#tab-{name}").click()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
