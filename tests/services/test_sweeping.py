"""Timers, messages, failures, and the worker's entry points."""

import time
from datetime import timedelta

import pytest
from django_q.models import OrmQ

from notifications.models import Delivery, DeliveryStatus, Message
from tests.services.world import account, do, file, kinds, redeploy, task, the_clock
from workflow_app import tasks as jobs
from workflow_app.domain.clock import system_time
from workflow_app.domain.errors import NotFoundError
from workflow_app.models import Case, Event, InboxMessage, Letter, Task, Timer
from workflow_app.services import sweeping, ticking
from workflow_app.services.cases import withdraw_case
from workflow_app.services.errors import (
    CaseFinishedError,
    CaseStuckError,
    ReasonRequiredError,
    TaskCancelledError,
    WithdrawalTooLateError,
)
from workflow_app.services.inbox import receive_message
from workflow_app.services.tasks import claim_task
from workflow_app.services.ticking import run_due
from workflow_app.services.waking import JOBS, wake

pytestmark = pytest.mark.usefixtures("acts")


class TestTimers:
    def test_a_due_timer_moves_the_case(self, at):
        case = file()
        at(the_clock(case).due_at - timedelta(microseconds=1))
        assert sweeping.fire_timers() == 0
        at(the_clock(case).due_at + timedelta(seconds=5))
        assert sweeping.fire_timers() == 1
        assert sweeping.fire_timers() == 0
        case.refresh_from_db()
        assert (case.status, case.outcome) == ("closed", "overdue")
        event = Event.objects.get(case=case, kind="timer.fired")
        assert (event.data["timer"], event.data["late_seconds"], event.actor) == ("timer_handle", 5, None)
        assert the_clock(case).breached_at is not None
        assert Task.objects.get(case=case).status == "cancelled"

    def test_who_acts_a_moment_too_late_is_told(self, at):
        """Nothing has swept yet: the timer fires first, whoever comes."""
        case = file()
        waiting = task(case)
        at(the_clock(case).due_at + timedelta(seconds=1))
        with pytest.raises(TaskCancelledError):
            claim_task(task_id=waiting.pk, user=account("reviewer1"))
        assert sweeping.fire_timers() == 1

    def test_a_timer_that_fails_stops_nobody_and_is_tried_again(self, at):
        broken, sound = file(broken=True), file()
        at(the_clock(sound).due_at + timedelta(seconds=1))
        assert sweeping.fire_timers() == 1
        sound.refresh_from_db()
        assert sound.outcome == "overdue"
        timer = Timer.objects.get(case=broken)
        assert (timer.attempts, timer.retry_at) == (1, at.now + timedelta(minutes=1))
        assert "FormAnswerMissingError" in timer.problem
        assert kinds(broken)[-1] == "task.created"
        # Not before its time, and then later and later.
        assert sweeping.fire_timers() == 0
        at.forward(minutes=1)
        assert sweeping.fire_timers() == 0
        assert Timer.objects.get(case=broken).retry_at == at.now + timedelta(minutes=2)

    def test_a_case_whose_timer_fails_tells_who_acts_no_details(self, at):
        case = file(broken=True)
        at(the_clock(case).due_at + timedelta(seconds=1))
        with pytest.raises(CaseStuckError) as caught:
            claim_task(task_id=task(case).pk, user=account("reviewer1"))
        assert "never" not in str(caught.value)

    def test_a_row_the_process_knows_nothing_of_is_noted(self, at):
        case = file()
        Timer.objects.filter(case=case).update(due_at=at.now)
        assert sweeping.fire_timers() == 0
        assert "TimerNotFiredError" in Timer.objects.get(case=case).problem

    def test_a_moved_timer_starts_afresh(self, at):
        case = file()
        do(case, "reviewer1", result="extend")
        do(case, "approver1", amount=5, reason="案情复杂")
        Timer.objects.filter(case=case).update(attempts=3)
        do(case, "reviewer1", result="train")
        receive_message(case_number=case.number, name="training.passed", key="1")
        assert Timer.objects.get(case=case).attempts == 0

    def test_many_due_timers_all_fire(self, at):
        cases = [file() for _ in range(5)]
        at.forward(days=60)
        assert sweeping.fire_timers(limit=2) == 2
        assert sweeping.fire_timers() == 3
        assert {case.outcome for case in Case.objects.filter(pk__in=[each.pk for each in cases])} == {
            "overdue"
        }


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


class TestTicking:
    @pytest.fixture(autouse=True)
    def _nothing_seen(self, monkeypatch):
        monkeypatch.setattr(ticking, "_seen", {})
        monkeypatch.setattr(ticking, "_tidied", [time.monotonic()])

    def test_run_due_comes_to_rest(self, at):
        case = file()
        run_due()
        assert Message.objects.get(case=case).rendered_at == at.now
        at.forward(days=60)
        assert run_due() > 0
        assert run_due() == 0
        assert Case.objects.get(pk=case.pk).outcome == "overdue"

    def test_run_due_leaves_what_keeps_failing(self, at):
        case = file(broken=True)
        at.forward(days=60)
        run_due()
        assert Timer.objects.get(case=case).attempts == 1

    def test_workers_are_woken_for_what_is_due(self, at):
        run_due()
        OrmQ.objects.all().delete()
        ticking.tick()
        assert not OrmQ.objects.exists()
        file()
        at.forward(days=60)
        OrmQ.objects.all().delete()
        ticking.tick()
        assert {queued.func() for queued in OrmQ.objects.all()} == {
            JOBS["timers"],
            JOBS["rungs"],
            JOBS["messages"],
        }

    def test_a_full_queue_is_left_alone(self, at):
        file()
        at.forward(days=60)
        for _ in range(20):
            ticking.tick()
        assert OrmQ.objects.count() <= ticking.MOST_QUEUED + len(JOBS)

    def test_jobs_that_died_with_their_worker_hold_up_no_other(self, at):
        """The queue gives them back after minutes; until then they are in it."""
        case = file()
        OrmQ.objects.all().delete()
        for _ in range(ticking.MOST_QUEUED):
            wake("letters")
        OrmQ.objects.update(lock=system_time() + timedelta(minutes=3))
        at.forward(days=60)
        ticking.tick()
        waiting = OrmQ.objects.filter(lock__lte=system_time())
        assert JOBS["timers"] in {queued.func() for queued in waiting}
        assert case.pk

    def test_an_email_that_was_cut_off_wakes_somebody(self, at):
        """Nothing else may be due for days, and meanwhile it would be called on its way."""
        file()
        run_due()
        OrmQ.objects.all().delete()
        delivery = Delivery.objects.get()
        delivery.status, delivery.started_at = DeliveryStatus.SENDING, at.now
        delivery.save()
        ticking.tick()
        assert ticking.is_idle()
        assert not OrmQ.objects.exists()
        at.forward(minutes=6)
        ticking.tick()
        assert not ticking.is_idle()
        assert {queued.func() for queued in OrmQ.objects.all()} == {JOBS["messages"]}
        run_due()
        delivery.refresh_from_db()
        assert delivery.status == DeliveryStatus.UNCONFIRMED
        assert ticking.is_idle()

    def test_age_is_the_time_without_progress(self, at, monkeypatch):
        seconds = [100.0]
        monkeypatch.setattr(ticking.time, "monotonic", lambda: seconds[0])
        file()
        first = file()
        run_due()
        ticking.tick()
        assert ticking.oldest_due_age() == 0
        at.forward(days=60)
        # The story has moved by weeks, and nothing is late on that account.
        ticking.tick()
        assert ticking.oldest_due_age() == 0
        seconds[0] += 61
        ticking.tick()
        assert ticking.oldest_due_age() == 61
        # One thing done is progress.
        sweeping.fire_timers(limit=1)
        sweeping.fire_rungs(limit=1)
        ticking.tick()
        assert ticking.oldest_due_age() == 0
        run_due()
        ticking.tick()
        assert ticking.oldest_due_age() == 0
        assert first.pk

    def test_what_waits_for_its_next_try_is_no_standstill(self, at, monkeypatch):
        seconds = [100.0]
        monkeypatch.setattr(ticking.time, "monotonic", lambda: seconds[0])
        file(broken=True)
        at.forward(days=60)
        run_due()
        ticking.tick()
        OrmQ.objects.all().delete()
        seconds[0] += 600
        at.forward(hours=1)
        ticking.tick()
        assert ticking.oldest_due_age() == 0
        # Its next try has come, and a worker is woken for it.
        assert JOBS["timers"] in {queued.func() for queued in OrmQ.objects.all()}

    def test_every_job_is_there_and_finds_nothing_the_second_time(self, at):
        case = file()
        at.forward(days=60)
        assert jobs.fire_rungs() == 3
        assert jobs.fire_timers() == 1
        assert jobs.send_messages() > 0
        assert jobs.produce_letters() == 0
        assert (jobs.fire_rungs(), jobs.fire_timers(), jobs.send_messages()) == (0, 0, 0)
        assert Case.objects.get(pk=case.pk).outcome == "overdue"
        for path in JOBS.values():
            assert callable(getattr(jobs, path.rpartition(".")[2]))


class TestTroubleInTheSweep:
    def test_rungs_of_one_clock_that_fail_stop_no_other(self, at, monkeypatch):
        first, second = file(), file()
        at.forward(days=60)
        real = sweeping.fire_rungs_of

        def fails_for_the_first(moving, clock):
            if clock.case_id == first.pk:
                raise RuntimeError("broken")
            return real(moving, clock)

        monkeypatch.setattr(sweeping, "fire_rungs_of", fails_for_the_first)
        assert sweeping.fire_rungs() == 3
        assert "clock.breached" not in kinds(first)
        assert "clock.breached" in kinds(second)
        monkeypatch.undo()
        at.forward(days=60)
        assert sweeping.fire_rungs() == 3

    def test_a_loop_of_due_things_is_noticed(self, monkeypatch):
        monkeypatch.setattr(sweeping, "fire_timers", lambda: 1)
        monkeypatch.setattr(ticking, "MOST_ROUNDS", 3)
        with pytest.raises(RuntimeError, match="never comes to an end"):
            run_due()
