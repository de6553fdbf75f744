"""Messages from outside, withdrawals, and whom each of them is told."""

import pytest

from notifications.models import Message
from tests.services.world import account, do, file, kinds, redeploy, task, the_clock
from workflow_app.domain.errors import NotFoundError
from workflow_app.models import Case, Event, InboxMessage, Letter, Task, Timer, User
from workflow_app.services.cases import withdraw_case
from workflow_app.services.errors import (
    CaseFinishedError,
    ReasonRequiredError,
    WithdrawalTooLateError,
)
from workflow_app.services.inbox import receive_message
from workflow_app.services.tasks import claim_task
from workflow_app.services.ticking import run_due

pytestmark = pytest.mark.usefixtures("acts")


class TestInbox:
    def test_a_message_is_delivered_to_who_waits(self, at):
        case = file()
        do(case, "reviewer1", result="train")
        at.forward(days=3)
        message = receive_message(
            case_number=case.number, name="training.passed", key="E1", data={"score": 90}
        )
        assert message.delivered_at == at.now
        case.refresh_from_db()
        assert case.status == "open"
        assert kinds(case)[-4:] == ["message.received", "message.delivered", "clock.resumed", "task.created"]
        assert b"score" not in bytes(case.state)

    def test_an_early_message_waits(self, at):
        case = file()
        early = receive_message(case_number=case.number, name="training.passed", key="E1")
        assert early.delivered_at is None
        at.forward(days=1)
        do(case, "reviewer1", result="train")
        early.refresh_from_db()
        assert early.delivered_at == at.now
        assert task(case).element == "task_check"

    def test_the_same_key_is_the_same_message(self):
        case = file()
        first = receive_message(case_number=case.number, name="training.passed", key="E1")
        version = Case.objects.get(pk=case.pk).lock_version
        assert receive_message(case_number=case.number, name="training.passed", key="E1").pk == first.pk
        assert Case.objects.get(pk=case.pk).lock_version == version
        do(case, "reviewer1", result="train")
        do(case, "reviewer1", result="train")
        assert case.inbox.count() == 1
        assert Case.objects.get(pk=case.pk).status == "waiting_applicant"

    def test_one_message_wakes_one_wait(self):
        case = file()
        for key in ("E1", "E2"):
            receive_message(case_number=case.number, name="training.passed", key=key)
        do(case, "reviewer1", result="train")
        assert list(case.inbox.order_by("id").values_list("delivered_at", flat=True))[1] is None

    def test_no_such_case(self):
        with pytest.raises(NotFoundError):
            receive_message(case_number="ACTS-0", name="training.passed", key="1")

    def test_a_case_that_has_ended_takes_no_message(self):
        case = file()
        known = receive_message(case_number=case.number, name="training.passed", key="1")
        withdraw_case(number=case.number, user=account("applicant1"), reason="")
        assert receive_message(case_number=case.number, name="training.passed", key="1").pk == known.pk
        with pytest.raises(CaseFinishedError):
            receive_message(case_number=case.number, name="training.passed", key="2")
        assert InboxMessage.objects.filter(case=case).count() == 1


class TestWithdrawing:
    def test_before_anybody_began_it_is_recalled(self):
        case = file()
        withdraw_case(number=case.number, user=account("applicant1"), reason="")
        case.refresh_from_db()
        assert (case.status, case.outcome) == ("withdrawn", "recalled")
        assert not Timer.objects.filter(case=case).exists()
        assert the_clock(case).status == "stopped"
        assert Task.objects.get(case=case).status == "cancelled"

    def test_afterwards_it_needs_a_reason(self):
        case = file()
        claim_task(task_id=task(case).pk, user=account("reviewer1"))
        with pytest.raises(ReasonRequiredError):
            withdraw_case(number=case.number, user=account("applicant1"), reason="  ")
        withdraw_case(number=case.number, user=account("applicant1"), reason="材料有误")
        case.refresh_from_db()
        assert (case.status, case.outcome) == ("withdrawn", "withdrawn")
        assert Event.objects.get(case=case, kind="case.withdrawn").data["reason"] == "材料有误"

    def test_twice_is_once(self):
        case = file()
        withdraw_case(number=case.number, user=account("applicant1"), reason="")
        with pytest.raises(CaseFinishedError):
            withdraw_case(number=case.number, user=account("applicant1"), reason="")

    def test_not_after_the_decision(self):
        redeploy(no_withdrawal_after=["task_check"])
        case = file()
        do(case, "reviewer1", result="accept")
        with pytest.raises(WithdrawalTooLateError):
            withdraw_case(number=case.number, user=account("applicant1"), reason="x")

    @pytest.mark.parametrize("name", ["agent1", "reviewer1", "supervisor1", "sysadmin1"])
    def test_nobody_else_withdraws(self, name):
        case = file()
        with pytest.raises(NotFoundError):
            withdraw_case(number=case.number, user=account(name), reason="x")
        with pytest.raises(NotFoundError):
            withdraw_case(number="ACTS-0", user=account(name), reason="x")

    def test_the_window_withdraws_what_it_filed(self):
        case = file("clerk1")
        withdraw_case(number=case.number, user=account("clerk1"), reason="")
        assert Case.objects.get(pk=case.pk).status == "withdrawn"


class TestTelling:
    def events(self, case):
        return list(
            Message.objects.filter(case=case).order_by("id").values_list("event", "recipient__username")
        )

    def test_a_filing_is_confirmed(self):
        assert self.events(file()) == [("received", "applicant1")]

    def test_the_applicant_hears_of_what_is_owed(self):
        case = file()
        do(case, "reviewer1", result="supplement")
        assert self.events(case)[-1] == ("task_waiting", "applicant1")
        values = Message.objects.filter(case=case, event="task_waiting").get().values
        assert values["task"]["title"] == {"zh": "task_supplement", "en": "task_supplement"}

    def test_the_decision_and_the_withdrawal_are_told(self):
        case = file()
        do(case, "reviewer1", result="accept")
        do(case, "approver1", approval="grant")
        assert self.events(case)[-1] == ("decided", "applicant1")
        other = file()
        withdraw_case(number=other.number, user=account("applicant1"), reason="")
        assert self.events(other)[-1] == ("withdrawn", "applicant1")

    def test_a_text_gets_what_it_speaks_of(self, at):
        text = "{{ task.title }}|{{ clock.title }}|{{ clock.due }}|{{ reason }}|{{ letter.number }}"
        redeploy(files={f"notifications/acts/{event}.txt": text for event in ("task_waiting", "withdrawn")})
        case = file()
        Letter.objects.create(
            case=case, kind="notice", origin="x", number="金信用〔2026〕1号", title="告知书", agency=case.agency,
            verify_code="x", record={}, created_at=at.now,
        )  # fmt: skip
        do(case, "reviewer1", result="supplement", reason="缺少营业执照")
        run_due()
        body = Message.objects.get(case=case, event="task_waiting").body
        assert body == "task_supplement|补正|2026-03-05 17:30|缺少营业执照|金信用〔2026〕1号\n"
        withdraw_case(number=case.number, user=account("applicant1"), reason="不再需要")
        assert Message.objects.get(case=case, event="withdrawn").values["reason"] == "不再需要"

    @pytest.mark.parametrize(("language", "mark"), [("zh-hans", "（暂定）"), ("en", " (provisional)")])
    def test_a_date_in_a_year_without_notice_says_so(self, language, mark, at):
        texts = ("task_waiting.txt", "task_waiting.en.txt")
        redeploy(files={f"notifications/acts/{name}": "{{ clock.due }}" for name in texts})
        User.objects.filter(username="applicant1").update(language=language)
        at("2026-12-30 10:00")
        case = file()
        do(case, "reviewer1", result="supplement", reason="缺少营业执照")
        run_due()
        assert Message.objects.get(case=case, event="task_waiting").body == f"2027-01-04 17:30{mark}\n"

    def test_a_role_can_be_told(self):
        from workflow_app.services.operations import OPERATIONS
        from workflow_app.services.transition import open_case

        case = file()
        with open_case(account("reviewer1"), pk=case.pk) as moving:
            moving.record_event("test")
            for _ in range(2):
                OPERATIONS["notify.role"](moving, event="decided", role="approver")
        told = Message.objects.filter(case=case, event="decided").values_list(
            "recipient__username", flat=True
        )
        assert "approver1" in told
        assert len(told) == len(set(told))

    def test_filed_at_the_window_the_subject_hears_of_it(self):
        assert self.events(file("clerk1")) == [("received", "applicant1")]

    def test_an_agent_without_a_mandate_hears_nothing_more(self, at):
        from workflow_app.models import Mandate

        case = file("agent1", "DEMO-P-002")
        assert self.events(case) == [("received", "agent1")]
        Mandate.objects.filter(agent=account("agent1")).update(valid_until="2026-03-02")
        at.forward(days=1)
        do(case, "reviewer1", result="supplement")
        assert ("task_waiting", "agent1") not in self.events(case)
