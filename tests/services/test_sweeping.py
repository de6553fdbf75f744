"""Timers, failures, and the worker's entry points."""

import time
from datetime import timedelta

import pytest
from django_q.models import OrmQ

from notifications.models import Delivery, DeliveryStatus, Message
from tests.services.world import account, do, file, kinds, task, the_clock
from workflow_app import tasks as jobs
from workflow_app.domain.clock import system_time
from workflow_app.models import Case, ClockRung, Event, Task, Timer
from workflow_app.services import notices, sweeping, ticking
from workflow_app.services.errors import (
    CaseStuckError,
    TaskCancelledError,
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
            JOBS["words"],
        }

    @pytest.mark.parametrize(("due", "woken"), [(1, 1), (2, 1), (3, 2), (9, 2)])
    def test_as_many_workers_as_it_keeps_busy(self, at, monkeypatch, due, woken):
        """A share for each, and no more than there are."""
        monkeypatch.setattr(sweeping, "RUNGS", 2)
        monkeypatch.setattr(sweeping, "TIMERS", 2)
        assert ticking.Conf.WORKERS == 2
        for _ in range(due):
            file()
        at.forward(days=8)
        OrmQ.objects.all().delete()
        ticking.tick()
        assert [queued.task["group"] for queued in OrmQ.objects.all()].count("rungs") == woken
        ClockRung.objects.all().delete()
        at.forward(days=60)
        OrmQ.objects.all().delete()
        ticking.tick()
        assert [queued.task["group"] for queued in OrmQ.objects.all()].count("timers") == woken

    def test_the_next_look_is_when_something_falls_due(self, at):
        case = file()
        first = the_clock(case).rungs.order_by("due_at").first().due_at
        looked = at(first - timedelta(seconds=5))
        assert ticking.next_due_in(looked, 1.0) == 1.0
        assert ticking.next_due_in(looked, 10.0) == 5.0
        looked = at(first - timedelta(seconds=0.25))
        assert ticking.next_due_in(looked, 1.0) == 0.25
        # It fell due while it was looked elsewhere.
        at(first + timedelta(seconds=0.5))
        assert ticking.next_due_in(looked, 1.0) == 0
        looked = at(first + timedelta(microseconds=1))
        assert ticking.next_due_in(looked, 1.0) == 1.0
        ClockRung.objects.all().delete()
        looked = at(case.timers.get().due_at - timedelta(seconds=0.5))
        assert ticking.next_due_in(looked, 1.0) == 0.5

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
        assert jobs.fire_due() == 5
        assert jobs.send_messages() > 0
        assert jobs.produce_letters() == 0
        assert (jobs.fire_due(), jobs.send_messages()) == (0, 0)
        assert Case.objects.get(pk=case.pk).outcome == "overdue"
        for path in JOBS.values():
            assert callable(getattr(jobs, path.rpartition(".")[2]))


def due_left(now) -> bool:
    return sweeping.due_rungs(now).exists() or sweeping.due_timers(now).exists()


class TestTroubleInTheSweep:
    def test_rungs_of_one_clock_that_fail_stop_no_other(self, at, monkeypatch):
        first, second = file(), file()
        at.forward(days=60)
        real = sweeping.fire

        def fails_for_the_first(due):
            if any(each.clock.case_id == first.pk for each in due):
                raise RuntimeError("broken")
            return real(due)

        monkeypatch.setattr(sweeping, "fire", fails_for_the_first)
        assert sweeping.fire_rungs() == 4
        assert "clock.breached" not in kinds(first)
        assert "clock.breached" in kinds(second)
        monkeypatch.undo()
        at.forward(days=60)
        assert sweeping.fire_rungs() == 4

    def test_deadlines_come_first_whatever_a_worker_was_woken_for(self, at, monkeypatch):
        """Between any two things that a job does, what has fallen due meanwhile is fired."""
        order, late = [], file()
        fire, send = sweeping.fire_due, notices.send_due

        def sending(limit):
            if sent := send(limit):
                order.append("sent")
                at.forward(days=8)
            return sent

        def firing():
            if fired := fire():
                order.append("fired")
            return fired

        monkeypatch.setattr(jobs.notices, "send_due", sending)
        monkeypatch.setattr(jobs.sweeping, "fire_due", firing)
        assert jobs.send_messages() > 0
        assert order[:3] == ["sent", "fired", "sent"]
        assert not due_left(at.now)
        assert "clock.breached" in kinds(late)

    @pytest.mark.parametrize("job", [jobs.send_messages, jobs.produce_letters, jobs.count_figures])
    def test_every_other_job_fires_what_is_due(self, at, job):
        case = file()
        at.forward(days=60)
        assert job() >= 5
        assert Case.objects.get(pk=case.pk).outcome == "overdue"

    def test_a_loop_of_due_things_is_noticed(self, monkeypatch):
        monkeypatch.setattr(sweeping, "fire_timers", lambda: 1)
        monkeypatch.setattr(ticking, "MOST_ROUNDS", 3)
        with pytest.raises(RuntimeError, match="never comes to an end"):
            run_due()
