"""Check, sign, and where it takes two, the second signature: through the pages, as applicants do it."""

from datetime import date
from io import BytesIO

import pikepdf
import pytest
from django.conf import settings

from tests.web.browser import Browser, paper
from tests.web.stories import begin, file_objection, fill_steps, objection_answers, sign
from workflow_app.demo.names import subject_code
from workflow_app.models import (
    Case,
    CreditRecord,
    Draft,
    Mandate,
    PrivacyAcceptance,
    Signature,
    Subject,
    User,
)
from workflow_app.services import privacy
from workflow_app.services.ticking import run_due

pytestmark = pytest.mark.django_db


def checked(username: str = "applicant1", query: str = "", **changes: object) -> Browser:
    """The answers of an objection, filled in and about to be checked."""
    return fill_steps(begin(Browser(username), "objection", query), **objection_answers(**changes))


def draft_url(browser: Browser) -> str:
    return browser.url.partition("/check")[0]


@pytest.fixture
def shared() -> Mandate:
    """agent1 acts for applicant1's organisation, which signs as well."""
    return Mandate.objects.create(
        agent=User.objects.get(username="agent1"),
        subject=Subject.objects.get(code=subject_code("org1")),
        valid_from=date(2026, 1, 1),
        valid_until=date(2026, 12, 31),
        needs_countersignature=True,
    )


def signed_by_agent() -> Browser:
    browser = checked("agent1", f"?for={subject_code('org1')}")
    return sign(browser)


class TestChecking:
    def test_every_page_of_the_form_can_be_gone_back_to(self) -> None:
        browser = checked()
        here = draft_url(browser)
        assert browser.links("?step=") == [f"{here}?step={n}" for n in (1, 2, 3)]
        assert "决定书载明罚款五千元，公示为五万元。" in browser.text
        assert "证明.pdf" in browser.text
        browser.follow("?step=2")
        assert browser.heading == "事实和证明"

    def test_looking_files_nothing(self) -> None:
        browser = checked()
        assert not browser.page.xpath("//main//form[@method='post']")
        assert browser.client.post(browser.url).status_code == 405
        assert not Case.objects.exists()

    def test_what_is_not_whole_leads_back_to_the_page_with_the_problem(self) -> None:
        browser = begin(Browser("applicant1"), "objection")
        browser.get(f"{browser.url.partition('?')[0]}/check")
        assert browser.heading == "对哪条信息有异议"
        assert browser.errors()

    def test_what_is_not_whole_cannot_be_signed_either(self) -> None:
        browser = begin(Browser("applicant1"), "objection")
        browser.get(f"{browser.url.partition('?')[0]}/sign")
        assert browser.heading == "对哪条信息有异议"


class TestSigning:
    def test_the_page_says_who_signs_what_as_what_for_whom(self) -> None:
        browser = checked().follow("/sign")
        assert browser.heading == "签署并提交"
        org = Subject.objects.get(code=subject_code("org1"))
        for said in (
            "信用异议",
            org.name,
            org.code,
            "申请人一（演示） · 法定代表人（负责人）",
            "代表本单位确认以上内容和材料真实、完整",
            "版本 1.0",
        ):
            assert said in browser.text
        draft = Draft.objects.get()
        (digest,) = browser.page.xpath("//main//input[@name='digest']/@value")
        assert digest in browser.text
        sign(browser.get(f"/drafts/{draft.pk}/check"))
        assert Signature.objects.get().digest == digest

    def test_signed_it_is_filed_and_the_trail_names_the_signer(self) -> None:
        case = file_objection(Browser("applicant1"))
        text = Browser("applicant1").get(f"/cases/{case.number}").text
        assert "签署申请（法定代表人（负责人））" in text

    def test_without_tick_or_password_nothing_is_signed_and_the_rest_is_kept(self) -> None:
        browser = checked().follow("/sign").send(button="sign", consent=True, password="demo-applicant1")
        assert browser.status == 422
        assert browser.errors() == [("#agree", "请勾选确认，表示您看过并同意签署。")]
        browser.send(button="sign", agree=True, password="x")
        assert browser.errors() == [("#password", "密码不正确，没有签署。请重新输入您的登录密码。")]
        assert browser.form().inputs["agree"].checked
        assert browser.form().inputs["consent"].checked
        assert not browser.form().inputs["password"].value
        assert not Case.objects.exists()
        browser.send(button="sign", password="demo-applicant1")
        assert browser.url.startswith("/receipt")

    def test_after_five_wrong_passwords_the_right_one_waits_too(self) -> None:
        browser = checked().follow("/sign")
        for _ in range(5):
            browser.send(button="sign", agree=True, consent=True, password="x")
        browser.send(button="sign", password="demo-applicant1")
        assert browser.status == 429
        assert browser.errors()[0][0] == "#password"
        assert "尝试次数过多" in browser.text

    def test_consent_is_asked_once(self) -> None:
        browser = checked().follow("/sign").send(button="sign", agree=True, password="demo-applicant1")
        assert browser.errors()[0][0] == "#consent"
        browser.send(button="sign", consent=True, password="demo-applicant1")
        record = CreditRecord.objects.get(number="DEMO-P-001")
        again = checked(record=str(record.pk)).follow("/sign")
        assert not again.page.xpath("//main//input[@name='consent']")

    def test_answers_changed_in_another_window_are_shown_before_they_are_signed(self) -> None:
        browser = checked().follow("/sign")
        draft = Draft.objects.get()
        Draft.objects.filter(pk=draft.pk).update(data={**draft.data, "explanation": "另一个窗口写的。"})
        browser.send(button="sign", agree=True, consent=True, password="demo-applicant1")
        assert browser.heading == "核对您的回答"
        assert "还没有签署" in browser.text
        assert "另一个窗口写的。" in browser.text
        assert not Case.objects.exists()
        sign(browser)
        assert browser.url.startswith("/receipt")

    def change_elsewhere(self) -> None:
        draft = Draft.objects.get()
        Draft.objects.filter(pk=draft.pk).update(data={**draft.data, "explanation": "另一个窗口写的。"})

    def test_a_wrong_password_does_not_put_other_answers_under_the_signature(self) -> None:
        browser = checked().follow("/sign")
        self.change_elsewhere()
        browser.send(button="sign", agree=True, consent=True, password="x")
        assert browser.errors()[0][0] == "#password"
        browser.send(button="sign", password="demo-applicant1")
        assert "另一个窗口写的。" in browser.text
        assert not Case.objects.exists()

    def test_what_changed_after_the_check_is_checked_before_it_is_signed(self) -> None:
        browser = checked()
        self.change_elsewhere()
        browser.follow("/sign")
        assert browser.heading == "核对您的回答"
        assert "还没有签署" in browser.text
        assert "另一个窗口写的。" in browser.text

    def test_nobody_comes_to_the_signature_past_the_check(self) -> None:
        page = f"{draft_url(checked())}/sign"
        browser = Browser("applicant1").get(page)
        assert browser.heading == "核对您的回答"
        browser.post(page, {"agree": "1", "consent": "1.0", "password": "demo-applicant1"})
        assert not Case.objects.exists()

    def test_consent_is_to_the_version_that_was_shown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        browser = checked().follow("/sign")
        sent = browser.fill(button="sign", agree=True, consent=True, password="demo-applicant1")
        monkeypatch.setitem(privacy.VERSIONS, "2.0", date(2026, 3, 2))
        browser.post(browser.url, sent)
        assert browser.errors()[0][0] == "#consent"
        assert "版本 2.0" in browser.text
        assert not browser.form().inputs["consent"].checked
        assert not PrivacyAcceptance.objects.exists()

    def test_a_code_tells_nobody_whose_it_is(self) -> None:
        other = Subject.objects.get(code=subject_code("person1"))
        url = draft_url(checked())
        Draft.objects.update(on_behalf_of=other.code)
        browser = Browser("applicant1").get(f"{url}/check").follow("/sign")
        assert browser.status == 403
        assert other.name not in browser.text
        begun = Browser("applicant1").get("/start/objection")
        begun.post("/start/objection", {"for": other.code})
        assert begun.status == 422
        assert "没有代表该信用主体办理业务的权限" in begun.text
        # Pressed again, the page begins for the one it names.
        begun.send()
        assert Draft.objects.get(on_behalf_of=subject_code("org1"))

    def test_reload_back_and_a_second_press_lead_to_the_same_receipt(self) -> None:
        browser = checked().follow("/sign")
        page, form = (
            browser.url,
            browser.fill(button="sign", agree=True, consent=True, password="demo-applicant1"),
        )
        first = browser.post(page, form).url
        assert browser.post(page, form).url == first
        assert browser.get(page).url == first
        assert browser.get(page.replace("/sign", "/check")).url == first
        assert Case.objects.count() == 1


@pytest.mark.usefixtures("shared")
class TestTheSecondSigner:
    def test_the_agent_is_told_that_it_waits(self) -> None:
        browser = checked("agent1", f"?for={subject_code('org1')}").follow("/sign")
        assert "还需要法定代表人签署" in browser.text
        assert "经办人" in browser.text
        sign(browser.get(browser.url.replace("/sign", "/check")))
        assert "等待法定代表人签署" in browser.text
        assert not browser.links("?step=")
        assert not browser.links("/sign")
        assert not Case.objects.exists()

    def test_meanwhile_the_form_is_closed(self) -> None:
        url = draft_url(signed_by_agent())
        browser = Browser("agent1").get(url)
        assert browser.url.endswith("/check")
        assert Browser("agent1").get(f"{url}/sign").status in (200, 409)

    def test_the_representative_reads_the_answers_and_signs(self) -> None:
        signed_by_agent()
        run_due()
        browser = Browser("applicant1").get("/inbox")
        assert "请您签署" in browser.text
        browser.follow("/countersign/")
        assert browser.heading == "法定代表人签署"
        assert "决定书载明罚款五千元，公示为五万元。" in browser.text
        assert "证明.pdf" in browser.text
        assert not browser.links("?step=")
        browser.send("", "sign", agree=True, consent=True, password="demo-applicant1")
        assert browser.url.startswith("/receipt")
        assert "代理人一（演示）" in browser.text
        assert "申请人一（演示）" in browser.text
        case = Case.objects.get()
        assert case.filed_by.username == "agent1"
        timeline = Browser("agent1").get(f"/cases/{case.number}").text
        assert "签署申请（经办人）" in timeline
        assert "签署申请（法定代表人（负责人））" in timeline

    def test_signed_already_the_page_says_so(self) -> None:
        signed_by_agent()
        browser = Browser("applicant1").get("/countersign").follow("/countersign/")
        page = browser.url
        browser.send("", "sign", agree=True, consent=True, password="demo-applicant1")
        browser.get(page)
        assert "已经签署并提交" in browser.text
        assert not browser.page.xpath("//main//form[@method='post']")
        assert "没有等待您签署的申请" in browser.get("/countersign").text

    def test_answers_changed_meanwhile_are_read_before_they_are_signed(self) -> None:
        signed_by_agent()
        browser = Browser("applicant1").get("/countersign").follow("/countersign/")
        for password in ("x", "demo-applicant1"):
            draft = Draft.objects.get()
            Draft.objects.update(data={**draft.data, "explanation": f"改过的说明 {password}。"})
            browser.send("", "sign", agree=True, consent=True, password=password)
        assert browser.status == 200
        assert "还没有签署" in browser.text
        assert "改过的说明 demo-applicant1。" in browser.text
        assert not Case.objects.exists()

    def test_once_refused_the_draft_is_the_agents_again(self) -> None:
        signed_by_agent()
        browser = Browser("applicant1").get("/countersign").follow("/countersign/")
        page = browser.url
        browser.post(page, {"refuse": "1", "reason": "金额不对。"})
        draft = Draft.objects.get()
        Draft.objects.update(data={**draft.data, "explanation": "正在改。"})
        browser.get(page)
        assert "没有签署，理由已告知经办人" in browser.text
        assert "正在改。" not in browser.text
        assert "证明.pdf" not in browser.text

    def test_what_is_missing_is_said_beside_the_field(self) -> None:
        signed_by_agent()
        browser = Browser("applicant1").get("/countersign").follow("/countersign/")
        browser.send("", "sign", password="demo-applicant1")
        assert browser.errors() == [("#agree", "请勾选确认，表示您看过并同意签署。")]
        browser.send("", "sign", agree=True, consent=True, password="x")
        assert browser.errors()[0][0] == "#password"

    def test_refused_the_agent_reads_why_and_mends_it(self) -> None:
        url = draft_url(signed_by_agent())
        browser = Browser("applicant1").get("/countersign").follow("/countersign/")
        page = browser.url
        browser.post(page, {"refuse": "1", "reason": " "})
        assert browser.errors()[0][0] == "#reason"
        browser.post(page, {"refuse": "1", "reason": "金额应为五千五百元。"})
        assert browser.url == "/countersign"
        run_due()
        agent = Browser("agent1")
        assert "理由：金额应为五千五百元。" in agent.get("/inbox").text
        assert "金额应为五千五百元。" in agent.get(f"{url}/check").text
        agent.follow("?step=2").send("/drafts/", "next", explanation="改过了。")
        assert agent.status == 200

    def test_taken_back_it_can_be_changed(self) -> None:
        browser = signed_by_agent()
        browser.send("/take-back")
        assert "签署请求已撤回" in browser.text
        assert "/drafts/" in browser.url
        assert "没有等待您签署的申请" in Browser("applicant1").get("/countersign").text

    def test_nobody_else_sees_it(self) -> None:
        url = draft_url(signed_by_agent())
        page = url.replace("/drafts/", "/countersign/")
        assert [Browser(name).get(page).status for name in ("agent1", "applicant2", "reviewer1")] == [404] * 3
        assert Browser("applicant1").get(url).status == 404


class TestReceipt:
    def test_it_says_who_has_it_until_when_and_what_may_follow(self) -> None:
        browser = Browser("applicant1")
        case = file_objection(browser)
        for said in (case.number, "金华市", "现在由谁办理", "办理期限", "核对码", "一般的步骤", "签署"):
            assert said in browser.text
        assert browser.links("receipt.pdf") == [f"/cases/{case.number}/receipt.pdf"]

    def read(self, browser: Browser, case: Case) -> str:
        response = browser.client.get(f"/cases/{case.number}/receipt.pdf")
        assert response.headers["Content-Type"] == "application/pdf"
        assert "attachment" in response.headers["Content-Disposition"]
        return text_of_pdf(response.content)

    def test_on_paper_it_names_case_signer_papers_and_code(self) -> None:
        case = file_objection(Browser("applicant1"))
        code = Signature.objects.get().digest[:16].upper()
        text = self.read(Browser("applicant1"), case)
        for said in (case.number, "案件回执", "申请人一（演示）", "证明.pdf", case.subject.code, code[:4]):
            assert said in text
        assert f"{settings.PUBLIC_URL.rstrip('/')}/cases/{case.number}" in text

    def test_in_english(self) -> None:
        case = file_objection(Browser("applicant1"))
        text = self.read(Browser("applicant1", language="en"), case)
        assert "Demo Applicant 1" in text

    def test_persons_are_masked_for_others(self) -> None:
        record = str(CreditRecord.objects.get(number="DEMO-P-005").pk)
        answers = {"record": record, "ground": "expired", "changes-0-field": "", "changes-0-new": ""}
        browser = sign(checked("applicant2", **answers))
        run_due()
        case = Case.objects.get()
        assert case.subject.code in self.read(browser, case)
        assert case.subject.code not in self.read(Browser("reviewer1"), case)

    def test_nobody_else_has_it(self) -> None:
        case = file_objection(Browser("applicant1"))
        assert Browser("applicant2").get(f"/cases/{case.number}/receipt.pdf").status == 404
        assert Browser("applicant1").get("/receipt").text.startswith("没有可以显示的回执")


def text_of_pdf(content: bytes) -> str:
    """What the pages say, without the breaks of lines."""
    import pypdfium2

    with pikepdf.open(BytesIO(content)) as opened:
        assert opened.Root.MarkInfo.Marked
    document = pypdfium2.PdfDocument(content)
    return "".join(page.get_textpage().get_text_range() for page in document).replace("\r\n", "")


def test_the_papers_are_named_for_who_signs_second(shared: Mandate) -> None:
    browser = checked("agent1", f"?for={subject_code('org1')}", **{"papers-files": paper("营业执照.pdf")})
    sign(browser)
    second = Browser("applicant1").get("/countersign").follow("/countersign/")
    assert "营业执照.pdf" in second.text
    assert second.follow("/documents/").status == 200
    assert "营业执照.pdf" in second.text
