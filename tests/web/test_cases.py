"""One's cases through the pages: how they stand in a sentence, what is to be done, what has changed while one reads."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.processes.tokens import resolve
from tests.services.world import account
from tests.web.browser import Browser
from tests.web.stories import WRONG, live_task
from workflow_app.models import Case, CountersignRequest, CreditRecord, Letter
from workflow_app.services.cases import file_case, withdraw_case
from workflow_app.services.drafts import save_draft
from workflow_app.services.notes import add_note
from workflow_app.services.notices import notify_about, send_due
from workflow_app.services.tasks import claim_task, complete_task
from workflow_app.web.bundles import bundle_for, diagram_of
from workflow_app.web.portal.progress import next_steps

pytestmark = pytest.mark.django_db
PART = {"HX-Request": "true"}
# Queries of the page of one case, and of a look whether anything has changed.
MOST_QUERIES, MOST_FOR_NOTHING = 60, 12


@pytest.fixture
def case(db: None) -> Case:
    """The objection of applicant1, filed on Monday 2 March 2026; no letter has been made."""
    return objection()


def objection() -> Case:
    user = account("applicant1")
    data = {
        "record": str(CreditRecord.objects.get(number=WRONG).pk),
        "ground": "error",
        "changes": [{"field": "amount_cents", "new": "5000.00"}],
        "explanation": "决定书载明罚款五千元，公示为五万元。",
        "papers": ["$paper"],
        "contact": "王一",
        "phone": "13800000001",
        "agree": True,
    }
    (case,) = file_case(process="objection", data=resolve(data, user), user=user)
    return case


def do(case: Case, by: str, **data: object) -> None:
    complete_task(task_id=live_task(case).pk, user=account(by), data=resolve(data, account(by)))


def ask_supplement(case: Case) -> None:
    do(case, "reviewer1", acceptance="supplement", missing=[{"paper": "缴款凭证"}])


def page_of(case: Case, by: str = "applicant1", **options: str) -> Browser:
    return Browser(by, **options).get(f"/cases/{case.number}")


def renewed(browser: Browser, case: Case, seen: str) -> str:
    """What htmx is given; "" where nothing has changed."""
    answer = browser.client.get(f"/cases/{case.number}?seen={seen}", headers=PART)
    assert answer.status_code in (200, 204)
    return answer.content.decode()


def seen_on(browser: Browser) -> str:
    (address,) = browser.page.xpath("//*[@id='case-live']/@data-hx-get")
    return str(address).rpartition("=")[2]


class TestStanding:
    def test_it_says_who_has_it_what_comes_and_how_it_ended(self, case):
        browser = page_of(case)
        assert "已经收到，尚未开始办理：审查异议申请材料。" in browser.text
        assert "接下来可能的步骤补正材料 · 申请人" in browser.text
        claim_task(task_id=live_task(case).pk, user=account("reviewer1"))
        assert "正在办理：审查异议申请材料。" in page_of(case).text
        assert "审核员" not in page_of(case).page.xpath("string(//*[@class='case-sentence'])")
        ask_supplement(case)
        assert "现在等您办理：补正材料，请不要晚于 2026年3月" in page_of(case).text
        assert "现在等申请人办理：补正材料。" in page_of(case, "reviewer1").text
        withdraw_case(number=case.number, user=account("applicant1"), reason="不再需要")
        Letter.objects.update(status="issued", sha256="0" * 64)
        ended = page_of(case)
        assert "此案件已于 2026年3月2日 撤回。" in ended.text
        assert "接下来可能的步骤" not in ended.text
        assert not ended.page.xpath("//*[@id='case-live']/@data-hx-get"), "nothing more will happen"

    def test_a_case_that_is_decided_says_how(self, case):
        do(case, "reviewer1", acceptance="refuse", reason="不属于受理范围。")
        assert case.letters.exists()
        browser = page_of(case)
        assert "此案件已于 2026年3月2日 办结：不予受理。" in browser.text
        assert "撤回申请" not in browser.text

    def test_in_english_nothing_is_half_chinese(self, case):
        assert page_of(case, language="en").page.get("lang") == "en"

    def test_the_next_steps_are_those_of_the_diagram(self, case):
        diagram = diagram_of(bundle_for(case))
        found = next_steps(diagram, ["task_accept"])
        names = {node.name for node in diagram.of_kind("userTask")}
        assert found
        assert {step.title for step in found} <= names
        assert all(step.who for step in found)
        assert next_steps(diagram, [node.id for node in diagram.of_kind("endEvent")]) == []

    def test_it_costs_no_more_the_longer_it_gets(self, case):
        browser = page_of(case)
        with CaptureQueriesContext(
            connection,
        ) as first:
            browser.get(f"/cases/{case.number}")
        for n in range(5):
            add_note(number=case.number, user=account("applicant1"), text=f"第 {n} 次", audience="everybody")
        ask_supplement(case)
        with CaptureQueriesContext(connection) as later:
            browser.get(f"/cases/{case.number}")
        assert len(first) <= MOST_QUERIES
        assert len(later) <= len(first) + 3


class TestRenewing:
    def test_nothing_new_is_nothing_sent(self, case):
        browser = page_of(case)
        with CaptureQueriesContext(connection) as queries:
            assert renewed(browser, case, seen_on(browser)) == ""
        assert len(queries) <= MOST_FOR_NOTHING

    @pytest.mark.parametrize("act", ["claim", "supplement", "withdraw"])
    def test_whatever_somebody_does_arrives(self, case, act):
        browser = page_of(case)
        seen = seen_on(browser)
        if act == "claim":
            claim_task(task_id=live_task(case).pk, user=account("reviewer1"))
        elif act == "supplement":
            ask_supplement(case)
        else:
            withdraw_case(number=case.number, user=account("applicant1"), reason="")
        part = renewed(browser, case, seen)
        assert 'id="case-live"' in part
        # Said politely in a place that stays, and the picture is renewed as well.
        assert 'id="case-news" data-hx-swap-oob="innerHTML"' in part
        assert 'id="picture-box" data-hx-swap-oob="innerHTML"' in part
        assert "<html" not in part

    def test_a_letter_that_was_made_arrives(self, case):
        ask_supplement(case)
        browser = page_of(case)
        assert "这里会自动出现下载链接" in browser.text
        assert browser.page.xpath("//*[@id='case-live']/@data-hx-trigger") == ["every 4s"]
        letter = case.letters.get()
        Letter.objects.filter(pk=letter.pk).update(status="issued", sha256="0" * 64)
        part = renewed(browser, case, seen_on(browser))
        assert reverse("web:letter", args=[letter.number]) in part
        assert "every 15s" in part

    def test_a_part_of_somebody_elses_case_is_not_found(self, case):
        other = Browser("applicant2").client
        assert other.get(f"/cases/{case.number}?seen=0", headers=PART).status_code == 404
        nobody = Browser().client
        assert nobody.get(f"/cases/{case.number}?seen=0", headers=PART).status_code == 401


class TestTogether:
    def test_what_was_asked_and_said_stands_in_one_place(self, case):
        ask_supplement(case)
        add_note(number=case.number, user=account("applicant1"), text="凭证明天补交。", audience="everybody")
        browser = page_of(case)
        (box,) = browser.page.xpath("//section[@aria-labelledby='notes']")
        said = " ".join(box.text_content().split())
        assert "要求补正：缴款凭证" in said
        assert "凭证明天补交。" in said
        do(case, "applicant1", note="补交缴款凭证。", papers=["$paper"])
        (box,) = page_of(case).page.xpath("//section[@aria-labelledby='notes']")
        assert "已提交：" in box.text_content()

    def test_a_message_is_sent_from_the_page(self, case):
        page_of(case).send("/notes", text="请问还需要什么材料？")
        assert "请问还需要什么材料？" in page_of(case).text


class TestTakingBack:
    def test_before_anybody_began_no_reason_is_asked(self, case):
        browser = page_of(case).follow("/withdraw")
        assert "不用说明原因" in browser.text
        browser.send()
        case.refresh_from_db()
        assert case.status == "withdrawn"
        assert case.events.get(kind="case.withdrawn").data["outcome"] == "recalled"

    def test_afterwards_a_reason_is(self, case):
        claim_task(task_id=live_task(case).pk, user=account("reviewer1"))
        browser = page_of(case).follow("/withdraw")
        assert "撤回须说明原因" in browser.text
        browser.send()
        assert browser.status == 422
        assert browser.errors()[0][0] == "#reason"
        browser.send(reason="已自行协商解决")
        case.refresh_from_db()
        assert case.status == "withdrawn"


class TestList:
    def test_what_one_has_to_do_comes_first(self, case):
        assert "等您处理" not in Browser("applicant1").get("/cases").text
        ask_supplement(case)
        browser = Browser("applicant1").get("/cases")
        assert browser.text.index("等您处理") < browser.text.index("查询")
        assert f"/tasks/{live_task(case).pk}" in browser.links("/tasks/")
        (card,) = browser.page.xpath("//*[contains(@class, 'case-card')]")
        assert "is-mine" in card.get("class")
        # Officers have their desk.
        assert "等您处理" not in Browser("reviewer1").get("/cases").text

    def test_drafts_say_how_far_they_are(self):
        user = account("applicant1")
        draft = save_draft(user=user, process="objection", data={}, step=1)
        browser = Browser("applicant1").get("/cases")
        assert "填到第 2 步，共" in browser.text
        assert f"/drafts/{draft.pk}/link" in browser.links("/drafts/")

    def test_what_waits_for_a_second_signature_says_so(self, at):
        draft = save_draft(user=account("agent1"), process="objection", data={})
        mandate = account("agent1").mandates.select_related("subject").order_by("pk")[0]
        CountersignRequest.objects.create(draft=draft, subject=mandate.subject, asked_at=at.now)
        assert "等待法定代表人签署" in Browser("agent1").get("/cases").text
        signer = mandate.subject.accounts.first()
        if signer is not None:
            assert f"/countersign/{draft.pk}" in Browser(signer.user.username).get("/cases").links(
                "/countersign"
            )

    def test_officers_read_a_table_and_applicants_cards(self, case):
        assert Browser("reviewer1").get("/cases").page.xpath("//main//table")
        own = Browser("applicant1").get("/cases").page
        assert not own.xpath("//main//table")
        assert len(own.xpath("//*[contains(@class, 'case-card')]")) == 1

    def test_nothing_found_says_what_to_do(self, case):
        browser = Browser("applicant1").get("/cases?q=查无此案")
        assert "没有符合条件的案件" in browser.text
        assert "/cases" in browser.links("/cases")


def test_messages_without_a_case_lead_to_their_page(at):
    notify_about(
        "apply_soon",
        [account("applicant1")],
        process="repair",
        path="/records?record=1",
        origin="x",
        record={"number": "A-1", "title": "某案"},
        day="2026-05-01",
    )
    send_due()
    browser = Browser("applicant1").get("/inbox")
    assert "2026-05-01 起可以申请信用修复：A-1" in browser.text
    assert "/records?record=1" in browser.links("/records")
