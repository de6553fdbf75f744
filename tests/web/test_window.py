"""The counter: a clerk takes down an application for the person who stands there, who signs on paper."""

from typing import Any

import pytest

from tests.web.browser import Browser, paper
from tests.web.stories import do_task, fill_steps, live_task, objection_answers, sign
from tests.web.test_access import VISITOR
from workflow_app.demo.names import subject_code
from workflow_app.domain.codes import make_id_card, make_uscc
from workflow_app.models import Case, CounterVisit, Draft, Subject, User
from workflow_app.models.people import Role, RoleGrant
from workflow_app.services.ticking import run_due

pytestmark = pytest.mark.django_db

FIRM = make_uscc("91330700MAC0XNTE0"[:17])
PERSON = make_id_card("33070119920203124")


def clerk(language: str = "") -> Browser:
    return Browser("clerk1", language=language)


def look_up(code: str, browser: Browser | None = None) -> Browser:
    return (browser or clerk()).get("/window").send("/window", code=code)


def begin(browser: Browser, process: str = "objection", **changes: Any) -> Browser:
    typed = {name: value for name, value in {**VISITOR, **changes}.items() if value is not None}
    return browser.send(process=process, **typed)


def sheet(browser: Browser) -> Browser:
    """From the checked answers on: scan the signed sheet."""
    return papers(browser).send(signed_sheet=paper("签字页.pdf"), sheet_code=printed_code())


def printed_code() -> str:
    """What the clerk copies from the sheet."""
    draft = Draft.objects.latest("updated_at")
    told = Browser("clerk1").get(f"/window/drafts/{draft.pk}/sheet")
    return str(told.page.xpath("//p[contains(@class, 'sheet-code')]")[0].text_content()).split()[1]


def second_clerk(first: User) -> str:
    """A colleague at the same counter → the name of the account."""
    other = User.objects.create_user("clerk2", password="x")
    grant = first.grants.get(role=Role.CLERK)
    RoleGrant.objects.create(user=other, role=Role.CLERK, agency=grant.agency, valid_from=grant.valid_from)
    return other.username


def papers(browser: Browser) -> Browser:
    """The page on which the sheet is printed and its scan is taken in."""
    return browser.get(f"/window/drafts/{Draft.objects.latest('updated_at').pk}")


def test_a_whole_visit() -> None:
    browser = begin(look_up(subject_code("org1")))
    draft = Draft.objects.latest("updated_at")
    assert browser.url == f"/drafts/{draft.pk}"
    # Who stands here is told on every page, and not asked for again.
    assert "来人 李四（法定代表人（负责人））" in browser.text
    assert draft.data == {"contact": "李四"}
    fill_steps(browser, **objection_answers())
    assert "来人 李四" in browser.text
    printed = Browser("clerk1").get(f"/window/drafts/{draft.pk}/sheet")
    for text in ("公示为五万元", "来人签名", subject_code("org1"), "11010519491231002X", "李四"):
        assert text in printed.text
    assert not browser.links("/sign")
    papers(browser)
    assert "来人还没有签字" in browser.text
    # The code is copied from the paper, so the page does not show it.
    assert printed_code() in printed.text
    assert printed_code() not in browser.text
    sheet(browser.get(f"/drafts/{draft.pk}/check"))
    assert "可以提交" in browser.text
    sign(browser)
    assert browser.url.startswith("/receipt"), browser.text
    run_due()
    case = Case.objects.get(drafts=draft)
    assert (case.channel, case.filed_by.username, case.applicant) == ("window", "clerk1", None)
    # Both are named in the trail, the visitor masked for whoever is not concerned.
    assert (
        "李四（法定代表人（负责人））到窗口提交申请"
        not in Browser("reviewer1").get(f"/cases/{case.number}").text
    )
    told = Browser("reviewer1").get(f"/cases/{case.number}").text
    assert "李*（法定代表人（负责人））到窗口提交申请，窗口人员代录" in told
    assert "窗口人员一" in told
    assert (
        "李四（法定代表人（负责人））到窗口提交申请"
        in Browser("applicant1").get(f"/cases/{case.number}").text
    )
    # The day's list, with the receipt to print once more.
    today = clerk().get("/window")
    assert case.number in today.text
    assert "今天代录的申请1 件" in today.text
    assert today.follow("/receipt").status == 200


def test_what_is_handed_in_later_is_found_at_the_counter() -> None:
    browser = begin(look_up(subject_code("org1")))
    fill_steps(browser, **objection_answers())
    sign(sheet(browser))
    run_due()
    case = Case.objects.latest("pk")
    assert "没有等着补交的材料" in clerk().get("/window").text
    do_task(
        "reviewer1", live_task(case, "task_accept"), acceptance="supplement", missing__0__paper="缴款凭证"
    )
    expected = clerk().get("/window")
    assert case.number in expected.text
    task = live_task(case, "task_supplement")
    assert expected.follow(f"/tasks/{task.pk}").status == 200
    # On another day a colleague sits there.
    colleague = second_clerk(case.filed_by)
    assert case.number in Browser(colleague).get("/window").text
    assert Browser(colleague).get(f"/cases/{case.number}").status == 200
    sent = (
        Browser(colleague)
        .get(f"/tasks/{task.pk}")
        .send(f"/tasks/{task.pk}", "done", **{"papers-files": paper("凭证.pdf"), "note": "已补齐。"})
    )
    assert sent.status == 200
    task.refresh_from_db()
    assert (task.status, task.done_by.username) == ("done", colleague)
    # A clerk of another office sees nothing of it.
    RoleGrant.objects.filter(user__username=colleague).update(
        agency=case.subject.records.first().source_agency
    )
    assert Browser(colleague).get(f"/cases/{case.number}").status == 404
    assert Browser(colleague).get(f"/tasks/{task.pk}").status == 404


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("", "请输入代码"),
        ("91330700MA2XH0006X", "统一社会信用代码"),
        (f"{PERSON[:-1]}{'1' if PERSON[-1] != '1' else '2'}", "末位校验码不符"),
    ],
    ids=["empty", "firm", "person"],
)
def test_a_slip_of_the_pen_is_told_beside_the_field(code: str, says: str) -> None:
    browser = look_up(code)
    assert browser.status == 422
    ((target, message),) = browser.errors()
    assert target == "#code"
    assert says in message
    assert browser.page.xpath("//input[@id='code']/@value") == [code]


def test_an_unknown_subject_is_entered_and_served() -> None:
    browser = look_up(f" {FIRM.lower()}")
    assert "没有查到这个代码" in browser.text
    assert browser.page.xpath("//input[@name='code_kind' and @checked]/@value") == ["uscc"]
    browser.send("/register", name=" ")
    assert [target for target, _ in browser.errors()] == ["#name"]
    browser.send("/register", name="金华市示例窗口有限公司（演示）")
    assert "/window/for/" in browser.url
    assert Subject.objects.get(code=FIRM).name == "金华市示例窗口有限公司（演示）"
    # Entered once more it is found instead.
    again = clerk().get("/window/register").send("/register", code=FIRM, code_kind="uscc", name="另一个名字")
    assert "/window/for/" in again.url
    assert "金华市示例窗口有限公司（演示）" in again.text
    person = look_up(PERSON)
    assert person.page.xpath("//input[@name='code_kind' and @checked]/@value") == ["id_card"]
    person.send("/register", name="王小明")
    assert person.page.xpath("//input[@name='relation']/@value") == ["self", "agent"]


def test_the_person_themself_is_not_asked_for_a_name() -> None:
    browser = begin(look_up(subject_code("person1")), relation="self", name=None, code=None, code_kind=None)
    visit = CounterVisit.objects.get()
    assert visit.name == Subject.objects.get(code=subject_code("person1")).name
    assert "/drafts/" in browser.url


def test_what_is_wrong_stays_typed_and_stands_beside_its_field() -> None:
    browser = look_up(subject_code("org1"))
    browser.send(relation="agent", name="李四", code="123", phone="99")
    assert browser.status == 422
    assert {target for target, _ in browser.errors()} == {"#process"}
    browser.send(process="repair")
    assert {target for target, _ in browser.errors()} == {"#code", "#phone"}
    assert browser.page.xpath("//input[@id='name']/@value") == ["李四"]
    assert browser.page.xpath("//input[@name='process' and @checked]/@value") == ["repair"]
    assert not Draft.objects.exists()


def test_a_second_press_begins_one_application() -> None:
    browser = look_up(subject_code("org1"))
    url, data = browser.url, browser.fill(process="objection", **VISITOR)
    first, second = Browser("clerk1").post(url, data).url, Browser("clerk1").post(url, data).url
    assert first == second
    assert Draft.objects.count() == 1


def test_an_agent_brings_a_power_of_attorney() -> None:
    browser = begin(look_up(subject_code("org1")), relation="agent")
    fill_steps(browser, **objection_answers())
    sheet(browser)
    assert "授权委托书" in browser.text
    assert "请扫描上传授权委托书" in browser.text
    browser.send(authorisation=paper("委托书.pdf"))
    assert "可以提交" in browser.text
    # Another visitor signs anew.
    browser.get(f"{browser.url}/visitor").send(name="王五")
    assert "来人 王五" in browser.text
    assert "来人信息已更正" in browser.text
    browser.get(f"/window/drafts/{Draft.objects.get().pk}")
    assert "来人还没有签字" in browser.text


def test_an_answer_changed_after_signing_is_signed_anew() -> None:
    browser = begin(look_up(subject_code("org1")))
    fill_steps(browser, **objection_answers())
    sheet(browser)
    draft = Draft.objects.get()
    Draft.objects.filter(pk=draft.pk).update(data={**draft.data, "explanation": "改过的说明。"})
    browser.get(f"/window/drafts/{draft.pk}")
    assert "签字后内容有改动" in browser.text
    assert not browser.links("/sign")
    # Not by the address either.
    page = Browser("clerk1").get(f"/drafts/{draft.pk}/sign")
    ticks = {name: True for name in ("agree", "consent") if page.form().xpath(f".//input[@name='{name}']")}
    page.send(button="sign", password="demo-clerk1", **ticks)
    assert page.status == 409
    assert not Case.objects.exists()


def test_scans_are_told_when_refused_and_can_be_taken_back() -> None:
    browser = begin(look_up(subject_code("org1")))
    fill_steps(browser, **objection_answers())
    papers(browser)
    here = browser.url
    browser.send()
    assert browser.errors() == [("#signed_sheet", "请选择要上传的扫描件。")]
    browser.send(signed_sheet=paper(), sheet_code="没抄对")
    ((target, message),) = browser.errors()
    assert target == "#sheet_code"
    assert "核对码与现在填写的内容不符" in message
    assert browser.page.xpath("//input[@id='sheet_code']/@value") == ["没抄对"]
    browser.send(signed_sheet=paper("坏.pdf", b"nothing"), sheet_code=printed_code())
    assert browser.errors()[0][0] == "#signed_sheet"
    browser.send(signed_sheet=paper("签字页.pdf"), identity=paper("身份证.pdf"), sheet_code=printed_code())
    for name in ("签字页.pdf", "身份证.pdf"):
        assert name in browser.text
    browser.send("/remove")
    assert browser.url == here
    assert "扫描件已删除" in browser.text
    assert "来人还没有签字" in browser.text


def test_one_clerks_visits_are_not_anothers() -> None:
    second_clerk(User.objects.get(username="clerk1"))
    browser = look_up(subject_code("org1"))
    subject_page = browser.url
    begin(browser)
    draft = Draft.objects.get()
    for address in (
        subject_page,
        *(f"/window/drafts/{draft.pk}{rest}" for rest in ("", "/sheet", "/visitor")),
    ):
        assert Browser("clerk2").get(address).status == 404
    assert Browser("clerk1").get(f"{subject_page}x").status == 404
    assert "还没有提交" not in Browser("clerk2").get("/window").text
    assert "李四" in Browser("clerk1").get("/window").text


def test_what_is_not_complete_is_not_printed() -> None:
    browser = begin(look_up(subject_code("org1")))
    draft = Draft.objects.get()
    assert browser.get(f"/window/drafts/{draft.pk}/sheet").url.startswith(f"/drafts/{draft.pk}")


def test_clerks_begin_at_the_counter() -> None:
    assert clerk().get("/start/objection").url == "/window"
    places = clerk().get("/").page.xpath("//nav[contains(@class, 'places')]//a/@href")
    assert "/window" in places
    assert "/window" not in Browser("applicant1").get("/").page.xpath(
        "//nav[contains(@class, 'places')]//a/@href"
    )


def test_the_pages_speak_english() -> None:
    browser = clerk("en")
    for address in ("/window", "/window/register"):
        assert browser.get(address).page.get("lang") == "en"
