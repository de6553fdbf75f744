"""查我的记录 and 信用档案 through the pages: what is there, what can be done, and who reads it."""

from datetime import date

import pytest

from tests.processes.tokens import resolve
from tests.services.world import account
from tests.web.browser import Browser
from tests.web.stories import begin
from tests.web.test_cases import objection
from workflow_app.domain.masking import mask_name
from workflow_app.models import ApplyReminder, Case, Commitment, CreditRecord, Draft, Mandate, Subject
from workflow_app.services.drafts import save_draft

pytestmark = pytest.mark.django_db
# Repair of it may be applied for from 1 May 2026 on.
WAITS = "DEMO-P-003"


@pytest.fixture
def case(db: None) -> Case:
    return objection()


def key(number: str = WAITS) -> int:
    return int(CreditRecord.objects.get(number=number).pk)


def card(browser: Browser, number: str = WAITS) -> str:
    (found,) = browser.page.xpath("//article[@id=$id]", id=f"record-{key(number)}")
    return " ".join(found.text_content().split())


class TestRecords:
    def test_each_says_how_it_stands_and_what_can_be_done(self, case, at):
        CreditRecord.objects.filter(number="DEMO-P-001").update(repaired_at=at.now)
        browser = Browser("applicant1").get("/records")
        assert "公示中" in card(browser)
        assert "2026年5月1日 起可以申请修复（60 天后）" in card(browser)
        assert "提前准备修复申请" in card(browser)
        assert "已修复" in card(browser, "DEMO-P-001")
        assert "我要修复" not in card(browser, "DEMO-P-001")
        assert "我要修复" in card(browser, "DEMO-P-004")
        assert case.number in card(browser, "DEMO-P-004"), "what is under way"
        assert "我要修复" not in card(browser, "DEMO-L-001"), "a licence"
        for number in ("DEMO-P-001", "DEMO-P-003", "DEMO-L-001"):
            assert "我有异议" in card(browser, number)

    def test_listed_subjects_are_told_of_the_exit(self):
        Subject.objects.filter(records__number=WAITS).update(is_listed=True)
        shown = card(Browser("applicant1").get("/records"))
        assert "按名单移出程序办理" in shown
        assert "修复申请" not in shown

    def test_from_a_record_one_begins_with_it_chosen(self):
        browser = Browser("agent1").get("/records")
        record = CreditRecord.objects.get(number="DEMO-P-006")
        assert f"/start/objection?record={record.pk}" in browser.links("/start/objection")
        # An agent of several is not asked for whom.
        begin(browser, "objection", f"?record={record.pk}")
        draft = Draft.objects.get()
        assert draft.data["record"] == str(record.pk)
        assert draft.on_behalf_of == record.subject.code

    def test_a_form_prepared_ahead_is_told_the_day(self):
        user = account("applicant1")
        begin(Browser("applicant1"), "repair", f"?record={key()}")
        assert Draft.objects.get().data["records"] == [str(key())]
        data = {
            "records": [str(key())],
            "explanation": "已改正。",
            "contact": "王一",
            "phone": "13800000001",
            "commitment": True,
        }
        draft = save_draft(user=user, process="repair", data={**data, "proof": resolve(["$paper"], user)})
        browser = Browser("applicant1").get(f"/drafts/{draft.pk}/check")
        assert "还没有到可以申请的日期" in browser.text
        assert "2026年5月1日" in browser.text

    def test_ask_and_drop_the_reminder(self):
        browser = Browser("applicant1").get(f"/records?record={key()}")
        browser.send("/reminder", "ask")
        assert "将在 2026年4月24日 提醒您" in browser.text
        assert ApplyReminder.objects.get().remind_on == date(2026, 4, 24)
        browser.send("/reminder", "drop")
        assert "已取消提醒" in browser.text
        assert not ApplyReminder.objects.exists()

    def test_what_cannot_be_reminded_of_says_why(self):
        browser = Browser("applicant1").post(f"/records/{key('DEMO-P-001')}/reminder", {"ask": "1"})
        assert "没有需要等待的申请日期" in browser.text
        assert Browser("applicant2").post(f"/records/{key()}/reminder", {"ask": "1"}).status == 404

    @pytest.mark.parametrize(
        "query", ["?record=0", "?record=x", "?record=²", "?subject=x", "?subject=999999"]
    )
    def test_nonsense_finds_nothing(self, query):
        browser = Browser("agent1").get(f"/records{query}")
        assert browser.status == 200
        assert "没有找到这条信用信息" in browser.text

    def test_others_records_are_not_shown(self):
        assert f"record-{key()}" not in Browser("applicant2").get("/records").response.content.decode()
        officer = Browser("reviewer1").get(f"/records?record={key()}")
        assert "没有关联信用主体" in officer.text

    def test_one_subject_of_several(self):
        subject = CreditRecord.objects.get(number="DEMO-P-006").subject
        browser = Browser("agent1").get(f"/records?subject={subject.pk}")
        assert browser.links("/archive/") == [f"/archive/{subject.pk}"]
        assert "DEMO-P-006" in browser.text
        assert "DEMO-P-002" not in browser.text


class TestArchive:
    def test_the_whole_file_for_whoever_acts_for_the_subject(self, case):
        made = Commitment.objects.create(
            case=commitment_case(case),
            code="CN-1",
            content="x",
            liability="y",
            made_on=date(2026, 1, 1),
            valid_until=date(2027, 1, 1),
            performance="partly",
        )
        browser = Browser("applicant1").get(f"/archive/{case.subject_id}")
        for text in (case.subject.name, case.subject.code, case.number, made.code, "部分履行", WAITS):
            assert text in browser.text
        assert "只显示您有权查看的内容" not in browser.text

    def test_officers_read_what_is_theirs(self, case):
        browser = Browser("reviewer1").get(f"/archive/{case.subject_id}")
        assert "只显示您有权查看的内容" in browser.text
        assert case.number in browser.text

    def test_a_person_is_masked_for_others(self, case):
        subject = Subject.objects.get(records__number="DEMO-P-005")
        Case.objects.filter(pk=case.pk).update(subject=subject)
        browser = Browser("reviewer1").get(f"/archive/{subject.pk}")
        assert browser.status == 200
        content = browser.response.content.decode()
        assert subject.name not in content
        assert subject.code not in content
        assert mask_name(subject.name) in content

    def test_without_a_case_of_the_subject_there_is_no_file(self, case):
        for name in ("applicant2", "reviewer1", "clerk1", "sysadmin1", "auditor1"):
            other = Subject.objects.get(records__number="DEMO-P-006")
            assert Browser(name).get(f"/archive/{other.pk}").status == 404
        assert Browser("agent1").get("/archive/999999").status == 404

    def test_an_agent_reads_until_the_mandate_ends(self, at):
        mandate = Mandate.objects.filter(agent=account("agent1")).order_by("pk")[0]
        address = f"/archive/{mandate.subject_id}"
        assert Browser("agent1").get(address).status == 200
        Mandate.objects.filter(agent=account("agent1"), subject=mandate.subject).update(
            valid_from=date(2025, 1, 1), valid_until=date(2026, 3, 1)
        )
        assert Browser("agent1").get(address).status == 404

    def test_it_prints_and_speaks_english(self, case):
        browser = Browser("applicant1", language="en").get(f"/archive/{case.subject_id}")
        assert browser.page.xpath("//button[@data-print]")
        assert browser.page.get("lang") == "en"


def commitment_case(case: Case) -> Case:
    """Another case of the subject: what it is about does not matter for the register."""
    Case.objects.filter(pk=case.pk).update(record=case.record)
    return objection()
