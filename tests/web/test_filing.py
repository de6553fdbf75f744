"""From the choice of a process to the receipt, and back by withdrawal, all without JavaScript."""

import pytest

from tests.web.browser import Browser, paper
from tests.web.stories import (
    WRONG,
    begin,
    do_task,
    file_objection,
    fill_steps,
    live_task,
    objection_answers,
    sign,
)
from workflow_app.demo.names import subject_code
from workflow_app.models import Case, CreditRecord, Document, Draft

pytestmark = pytest.mark.django_db


FIRST = ("record", "ground", "changes-0-field", "changes-0-new")


def test_an_objection_is_filed_from_the_front_page() -> None:
    browser = Browser("applicant1").get("/").follow("/start/objection").send()
    assert "第 1 步，共 3 步" in browser.text
    fill_steps(browser, **objection_answers())
    assert "核对您的回答" in browser.heading
    for told in ("5000.00", "证明.pdf", WRONG):
        assert told in browser.text
    assert Case.objects.count() == 0
    sign(browser)
    assert "提交成功" in browser.heading
    case = Case.objects.get()
    assert case.number in browser.text
    assert case.submissions.get().data["changes"] == [{"field": "amount_cents", "new": "5000.00"}]
    assert case.documents.get().name == "证明.pdf"


def test_errors_stand_beside_the_fields_and_keep_everything_even_the_file() -> None:
    browser = begin(Browser("applicant1"), "objection")
    answers = objection_answers()
    browser.send("/drafts/", "next", **{name: answers[name] for name in FIRST})
    browser.send("/drafts/", "next", explanation="", **{"papers-files": paper()})
    assert browser.status == 422
    assert {place for place, _ in browser.errors()} == {"#id_explanation"}
    assert browser.page.xpath("//*[@class='stored-documents']//label")[0].text_content() == "保留 证明.pdf"
    browser.send("/drafts/", "next", explanation="罚款金额有误。")
    browser.send("/drafts/", "next", contact="王一", phone="12345", agree=True)
    assert {place for place, _ in browser.errors()} == {"#id_phone"}
    sign(fill_steps(browser, phone="13800000001"))
    assert Case.objects.get().documents.count() == 1


def test_going_back_checks_nothing_and_loses_nothing() -> None:
    browser = begin(Browser("applicant1"), "objection")
    answers = objection_answers()
    browser.send("/drafts/", "next", **{name: answers[name] for name in FIRST})
    browser.send("/drafts/", "back", explanation="写到一半")
    assert "第 1 步" in browser.text
    assert browser.form("/drafts/").fields["ground"] == "error"
    browser.send("/drafts/", "next")
    assert browser.page.xpath("//textarea[@id='id_explanation']")[0].text.strip() == "写到一半"


def test_a_later_step_cannot_be_signed_before_an_earlier_one_is_right() -> None:
    browser = begin(Browser("applicant1"), "objection")
    draft = Draft.objects.get()
    for place in ("check", "sign"):
        browser.get(f"/drafts/{draft.pk}/{place}")
        assert browser.url == f"/drafts/{draft.pk}?step=1&mend=1"
        assert "id_record" in {place.lstrip("#") for place, _ in browser.errors()}


def test_a_file_that_is_refused_says_why_beside_its_field() -> None:
    browser = begin(Browser("applicant1"), "objection").get(f"/drafts/{Draft.objects.get().pk}?step=2")
    browser.send(
        "/drafts/", "next", explanation="有误", **{"papers-files": paper("假的.pdf", b"no pdf at all")}
    )
    assert browser.status == 422
    assert [message for place, message in browser.errors() if "papers" in place] == [
        "文件“假的.pdf”不是完整的 PDF、JPEG 或 PNG 文件，请转换格式后重新上传。"
    ]
    assert Document.objects.count() == 0


def test_a_draft_is_kept_and_resumed_elsewhere() -> None:
    browser = begin(Browser("applicant1"), "objection").get(f"/drafts/{Draft.objects.get().pk}?step=2")
    browser.send("/drafts/", "save", explanation="写到一半", **{"papers-files": paper()})
    assert "草稿已保存" in browser.text
    other = Browser("applicant1").get("/cases").follow("/drafts/")
    assert "第 2 步" in other.text
    assert "写到一半" in other.page.xpath("//textarea[@id='id_explanation']")[0].text
    assert "保留 证明.pdf" in other.text
    answers = objection_answers()
    del answers["papers-files"]
    sign(fill_steps(other.get(f"/drafts/{Draft.objects.get().pk}?step=1"), **answers))
    assert Case.objects.count() == 1
    assert "草稿" not in Browser("applicant1").get("/cases").text


def test_a_link_leads_its_owner_to_the_draft_for_a_day(at) -> None:
    browser = begin(Browser("applicant1"), "objection")
    draft = Draft.objects.get()
    browser.get(f"/drafts/{draft.pk}/link")
    (address,) = browser.page.xpath("//input[@id='address']/@value")
    path = "/resume/" + address.partition("/resume/")[2]
    assert Browser("applicant1").get(path).url == f"/drafts/{draft.pk}"
    assert Browser("applicant2").get(path).status == 404
    assert Browser("applicant1").get(path + "x").status == 404
    assert Browser().get(path).url.startswith("/sign-in?next=")


def test_known_answers_are_not_asked_twice() -> None:
    file_objection(Browser("applicant1"))
    browser = begin(Browser("applicant1"), "repair").get(
        f"/drafts/{Draft.objects.get(process='repair').pk}?step=3"
    )
    fields = browser.form("/drafts/").fields
    assert (fields["contact"], fields["phone"]) == ("王一", "13800000001")


def test_what_a_link_has_chosen_is_chosen() -> None:
    record = CreditRecord.objects.get(number=WRONG)
    browser = begin(Browser("applicant1"), "objection", f"?record={record.pk}")
    assert browser.form("/drafts/").fields["record"] == str(record.pk)
    theirs = CreditRecord.objects.exclude(subject=record.subject).first()
    begin(browser, "objection", f"?record={theirs.pk}")
    assert browser.form("/drafts/").fields["record"] == ""


def test_two_windows_notice_each_other() -> None:
    first = begin(Browser("applicant1"), "objection").get(f"/drafts/{Draft.objects.get().pk}?step=2")
    second = Browser("applicant1").get(first.url)
    second.send("/drafts/", "save", explanation="第二个窗口")
    first.send("/drafts/", "save", explanation="第一个窗口")
    assert first.status == 409
    assert "另一个窗口或者设备" in first.text
    assert first.page.xpath("//textarea[@id='id_explanation']")[0].text.strip() == "第一个窗口"
    assert Draft.objects.get().data["explanation"] == "第二个窗口"
    first.send("/drafts/", "save")
    assert Draft.objects.get().data["explanation"] == "第一个窗口"


def test_saving_by_itself_answers_with_the_version() -> None:
    browser = begin(Browser("applicant1"), "objection").get(f"/drafts/{Draft.objects.get().pk}?step=2")
    sent = browser.fill("/drafts/", explanation="自动保存")
    url = f"/drafts/{Draft.objects.get().pk}/save"
    answer = browser.client.post(url, sent)
    assert answer.status_code == 200
    assert answer.json()["version"] == Draft.objects.get().version
    assert browser.client.post(url, sent).json()["code"] == "draft_changed"
    assert Draft.objects.get().data["explanation"] == "自动保存"


def test_files_come_one_by_one() -> None:
    browser = begin(Browser("applicant1"), "objection")
    url = f"/drafts/{Draft.objects.get().pk}/file"
    answer = browser.client.post(url, {"field": "papers", "file": paper()})
    assert answer.status_code == 201
    assert answer.json()["page"] == f"/documents/{Document.objects.get().pk}/pages/1.png"
    refused = browser.client.post(url, {"field": "papers", "file": paper("假.pdf", b"none")})
    assert (refused.status_code, refused.json()["code"]) == (422, "document_type_unknown")
    assert browser.client.post(url, {"field": "contact", "file": paper()}).status_code == 404
    assert Browser("applicant2").client.post(url, {"field": "papers", "file": paper()}).status_code == 404


def test_a_draft_can_be_thrown_away() -> None:
    browser = begin(Browser("applicant1"), "objection")
    browser.send("/discard")
    assert Draft.objects.count() == 0


def test_beginning_twice_begins_once() -> None:
    browser = Browser("applicant1").get("/start/objection")
    sent = browser.fill()
    first = browser.post("/start/objection", sent).url
    assert browser.post("/start/objection", sent).url == first
    assert Draft.objects.count() == 1


def test_filing_twice_files_once() -> None:
    browser = fill_steps(begin(Browser("applicant1"), "objection"), **objection_answers()).follow("/sign")
    url = browser.url
    sent = browser.fill(button="sign", agree=True, password="demo-applicant1", consent=True)
    first = browser.post(url, sent).url
    assert first.startswith("/receipt")
    assert Browser("applicant1").post(url, sent).url == first
    assert Case.objects.count() == 1


def test_a_filed_draft_leads_to_its_receipt() -> None:
    browser = begin(Browser("applicant1"), "objection")
    draft = Draft.objects.get()
    sign(fill_steps(browser, **objection_answers()))
    receipt = browser.url
    for place in ("", "/check", "/sign"):
        assert browser.get(f"/drafts/{draft.pk}{place}").url == receipt


def test_text_that_no_table_can_hold_is_refused_and_the_rest_is_kept() -> None:
    browser = begin(Browser("applicant1"), "objection").get(f"/drafts/{Draft.objects.get().pk}?step=3")
    sent = browser.fill("/drafts/", "next", contact="王一", phone="13800000001")
    sent["contact"] = "王\0一"
    browser.post(f"/drafts/{Draft.objects.get().pk}", sent)
    assert browser.status == 422
    assert browser.form("/drafts/").fields["phone"] == "13800000001"
    assert "王\0一" not in str(Draft.objects.get().data)


def test_agents_choose_for_whom() -> None:
    browser = Browser("agent1").get("/start/commitment?matter=TRANSPORT-01")
    assert "这一次为谁办理" in browser.text
    assert browser.send().status == 422
    assert "请选择这一次为谁办理" in browser.text
    begin(browser, "commitment", "?matter=TRANSPORT-01", **{"for": subject_code("org6")})
    fill_steps(browser, contact_name="王一", contact_phone="13800000006", agree=True)
    assert subject_code("org6") in browser.text
    sign(browser)
    assert Case.objects.get().subject.code == subject_code("org6")


def test_a_stranger_cannot_be_filed_for() -> None:
    browser = Browser("agent1").get("/start/commitment?matter=TRANSPORT-01")
    browser.post("/start/commitment", {"for": subject_code("org1"), "matter": "TRANSPORT-01"})
    assert browser.status == 422
    assert "没有代表该信用主体" in browser.text
    assert Draft.objects.count() == 0


def test_clerks_file_at_their_window() -> None:
    assert Browser("clerk1").get("/start/objection").url == "/window"


def test_what_was_typed_outlives_the_session() -> None:
    browser = begin(Browser("applicant1"), "objection").get(f"/drafts/{Draft.objects.get().pk}?step=2")
    session = browser.client.session
    session["seen_at"] = 1
    session.save()
    browser.send("/drafts/", "next", explanation="辛苦写下的内容")
    assert browser.url.startswith("/sign-in")
    assert "辛苦" not in str(Draft.objects.get().data)
    browser.send(username="applicant1", password="demo-applicant1")
    assert browser.url == f"/drafts/{Draft.objects.get().pk}"
    assert "已恢复" in browser.text
    assert "第 2 步" in browser.text
    assert "辛苦写下的内容" in browser.page.xpath("//textarea[@id='id_explanation']")[0].text


def test_what_was_typed_is_shown_to_nobody_else() -> None:
    browser = begin(Browser("applicant1"), "objection").get(f"/drafts/{Draft.objects.get().pk}?step=2")
    session = browser.client.session
    session["seen_at"] = 1
    session.save()
    browser.send("/drafts/", "next", explanation="只给我自己看")
    browser.send(username="applicant2", password="demo-applicant2")
    assert browser.status == 404
    assert "只给我自己看" not in browser.response.content.decode()


def test_an_account_that_stands_for_nobody_starts_nothing() -> None:
    assert Browser("reviewer1").get("/start/objection").status == 403
    assert Browser("applicant1").get("/start/nothing").status == 404


def test_supplement_then_withdraw() -> None:
    case = file_objection(Browser("applicant1"))
    do_task("reviewer1", live_task(case), acceptance="supplement", missing__0__paper="缴款凭证")
    browser = Browser("applicant1").get(f"/cases/{case.number}")
    assert "等待申请人" in browser.text
    browser.follow("/tasks/")
    task = live_task(case)
    browser.send(f"/tasks/{task.pk}", "done", note="已补齐。", **{"papers-files": paper("凭证.pdf")})
    assert case.documents.count() == 2, browser.text
    browser.get(f"/cases/{case.number}").follow("/withdraw").send()
    assert browser.status == 422
    assert "请填写撤回原因" in browser.text
    browser.send(reason="已与信源单位自行解决。")
    assert "案件已撤回" in browser.text
    case.refresh_from_db()
    assert case.status == "withdrawn"
    assert not browser.links("/withdraw")


def test_withdrawing_twice_is_once() -> None:
    case = file_objection(Browser("applicant1"))
    browser = Browser("applicant1").get(f"/cases/{case.number}/withdraw")
    sent = browser.fill()
    first = browser.post(browser.url, sent).url
    again = Browser("applicant1").post(f"/cases/{case.number}/withdraw", sent)
    assert (again.status, again.url) == (200, first)
