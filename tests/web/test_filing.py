"""From the choice of a process to the receipt, and back by withdrawal, all without JavaScript."""

import pytest

from tests.web.browser import Browser, paper
from tests.web.stories import WRONG, do_task, file_objection, live_task, objection_answers
from workflow_app.demo.names import subject_code
from workflow_app.models import Case, Document, Draft

pytestmark = pytest.mark.django_db


def test_an_objection_is_filed_from_the_front_page() -> None:
    browser = Browser("applicant1").get("/").follow("/start/objection")
    browser.send(button="check", **objection_answers())
    assert "核对并提交" in browser.heading
    assert "5000.00" in browser.text
    assert "证明.pdf" in browser.text
    assert WRONG in browser.text
    browser.send()
    assert "提交成功" in browser.heading
    case = Case.objects.get()
    assert case.number in browser.text
    assert case.submissions.get().data["changes"] == [{"field": "amount_cents", "new": "5000.00"}]
    assert case.documents.get().name == "证明.pdf"


def test_errors_stand_beside_the_fields_and_keep_everything_even_the_file() -> None:
    browser = Browser("applicant1").get("/start/objection")
    browser.send(button="check", **objection_answers(phone="12345", explanation=""))
    assert browser.status == 422
    assert "id_phone" in {place.lstrip("#") for place, _ in browser.errors()}
    assert "id_explanation" in {place.lstrip("#") for place, _ in browser.errors()}
    assert browser.page.xpath("//input[@id='id_contact']/@value") == ["王一"]
    assert browser.page.xpath("//*[@class='stored-documents']//label")[0].text_content() == "保留 证明.pdf"
    browser.send(button="check", phone="13800000001", explanation="罚款金额有误。")
    browser.send()
    assert Case.objects.get().documents.count() == 1


def test_a_file_that_is_refused_says_why_beside_its_field() -> None:
    browser = Browser("applicant1").get("/start/objection")
    browser.send(button="check", **objection_answers(**{"papers-files": paper("假的.pdf", b"no pdf at all")}))
    assert browser.status == 422
    assert [message for place, message in browser.errors() if "papers" in place] == [
        "文件“假的.pdf”不是完整的 PDF、JPEG 或 PNG 文件，请转换格式后重新上传。"
    ]
    assert Document.objects.count() == 0


def test_a_draft_is_kept_and_resumed_elsewhere() -> None:
    browser = Browser("applicant1").get("/start/objection")
    browser.send(button="save", contact="王一", **{"papers-files": paper()})
    assert "草稿已保存" in browser.text
    other = Browser("applicant1").get("/cases").follow("/drafts/")
    assert other.page.xpath("//input[@id='id_contact']/@value") == ["王一"]
    assert "保留 证明.pdf" in other.text
    answers = objection_answers()
    del answers["papers-files"]
    other.send(button="check", **answers).send()
    assert Case.objects.count() == 1
    assert "草稿" not in Browser("applicant1").get("/cases").text


def test_a_draft_can_be_thrown_away() -> None:
    browser = Browser("applicant1").get("/start/objection").send(button="save", contact="王一")
    browser.send("/discard")
    assert Draft.objects.count() == 0


def test_filing_twice_files_once() -> None:
    browser = Browser("applicant1").get("/start/objection").send(button="check", **objection_answers())
    url, sent = browser.url, browser.fill()
    first = browser.post(url, sent).url
    assert Browser("applicant1").post(url, sent).url == first
    assert Case.objects.count() == 1


def test_a_filed_draft_cannot_be_changed() -> None:
    browser = Browser("applicant1").get("/start/objection").send(button="check", **objection_answers())
    url = browser.url.removesuffix("/check")
    browser.send()
    assert browser.get(url).status == 409
    assert "已经提交" in browser.text


def test_text_that_no_table_can_hold_is_refused_and_the_rest_is_kept() -> None:
    browser = Browser("applicant1").get("/start/objection")
    sent = browser.fill(button="check", **objection_answers())
    sent["contact"] = "王\0一"
    browser.post("/start/objection", sent)
    assert browser.status == 422
    assert "罚款五千元" in browser.page.xpath("//textarea[@id='id_explanation']")[0].text
    assert Draft.objects.count() == 0


def test_agents_choose_for_whom() -> None:
    browser = Browser("agent1").get("/start/commitment?matter=TRANSPORT-01")
    assert "请选择这一次为谁办理" in browser.text
    form = browser.page.xpath("//main//form")[0]
    form.fields["for"] = subject_code("org6")
    values = dict(form.form_values())
    assert values == {"for": subject_code("org6"), "matter": "TRANSPORT-01"}
    browser.get(f"/start/commitment?for={values['for']}&matter=TRANSPORT-01")
    browser.send(button="check", contact_name="王一", contact_phone="13800000006", agree=True)
    assert subject_code("org6") in browser.text
    browser.send()
    assert Case.objects.get().subject.code == subject_code("org6")


def test_a_stranger_cannot_be_filed_for() -> None:
    browser = Browser("agent1").get(f"/start/commitment?for={subject_code('org1')}&matter=TRANSPORT-01")
    browser.send(button="check", agree=True).send()
    assert browser.status == 403
    assert "没有代表该信用主体" in browser.text
    assert Case.objects.count() == 0


def test_a_clerk_files_for_somebody_at_the_counter() -> None:
    browser = Browser("clerk1").get("/start/objection")
    assert "请输入到窗口办理的主体的代码" in browser.text
    browser.get(f"/start/objection?for={subject_code('org1')}")
    browser.send(button="check", **objection_answers()).send()
    case = Case.objects.get()
    assert (case.channel, case.subject.code) == ("window", subject_code("org1"))


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
