"""The counter in a real browser: what scripts hide, what paper shows, what a narrow screen holds."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Visit
from workflow_app.demo.names import subject_code
from workflow_app.models import CounterVisit, Draft


def look_up(page: Page, key: str) -> None:
    page.get_by_label("统一社会信用代码或者证件号码").fill(subject_code(key))
    page.get_by_role("button", name="查询主体").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("来人和事项")


def test_a_person_who_comes_themself_is_asked_nothing_twice(visit: Visit) -> None:
    page = visit("clerk1").open("/window")
    look_up(page, "person1")
    name = page.get_by_label("来人姓名")
    expect(name).to_be_hidden()
    page.get_by_label("受托人").check()
    expect(name).to_be_visible()
    name.fill("李四")
    # Whoever changes their mind finds what they typed.
    page.get_by_label("本人", exact=True).check()
    expect(name).to_be_hidden()
    page.get_by_label("受托人").check()
    expect(name).to_have_value("李四")
    page.get_by_label("本人", exact=True).check()
    page.get_by_label("信用异议").check()
    page.get_by_role("button", name="开始填写").click()
    expect(page.get_by_label("窗口代录")).to_contain_text("本人")
    assert CounterVisit.objects.get().relation == "self"


def test_the_sheet_prints_alone_and_the_counter_fits_a_narrow_screen(visit: Visit) -> None:
    clerk = visit("clerk1", {**PHONE, "width": 320})
    page = clerk.open("/window")
    look_up(page, "org1")
    page.get_by_label("来人姓名").fill("李四")
    page.get_by_label("居民身份证").check()
    page.get_by_label("证件号码").fill("11010519491231002X")
    page.get_by_label("信用修复").check()
    for address in ("", page.url.removeprefix(clerk.url), "/window", "/window/register"):
        if address:
            clerk.open(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address
        if not address:
            page.get_by_role("button", name="开始填写").click()
            expect(page.get_by_label("窗口代录")).to_contain_text("李四")
    draft = Draft.objects.get()
    clerk.open(f"/window/drafts/{draft.pk}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation", name="主导航")).to_be_hidden()
