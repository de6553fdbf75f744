"""Several workers fire what is due: what one holds the others leave, and nothing is done twice."""

import threading
import time

import pytest
from django.db import connection, transaction

from notifications.models import Message
from tests.services.firing import HALF, LONG, is_sound
from tests.services.test_races import at_once
from tests.services.world import account, file, kinds, task, the_clock
from workflow_app.models import Case, Timer, rows
from workflow_app.services import sweeping
from workflow_app.services.tasks import complete_task
from workflow_app.services.time_lock import stop_time


@pytest.mark.usefixtures("committed_acts")
class TestSeveralWorkers:
    def test_what_one_holds_the_other_leaves_and_does_the_rest(self, at, monkeypatch):
        """Fails when either claims without SKIP LOCKED: then one waits for the other."""
        monkeypatch.setattr(sweeping, "RUNGS", 3)
        cases = [file() for _ in range(6)]
        at.forward(days=HALF)
        inside, go_on = threading.Event(), threading.Event()

        def first() -> int:
            with transaction.atomic():
                claimed = sweeping._claim_rungs(3)
                inside.set()
                assert go_on.wait(30)
                return sweeping._fire_together(claimed)

        def second() -> int:
            assert inside.wait(30)
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SET lock_timeout = '3s'")
                return sweeping.fire_rungs()
            finally:
                go_on.set()

        assert at_once(first, second) == [3, 3]
        assert [kinds(case).count("clock.warned") for case in cases] == [1] * 6
        assert sweeping.fire_rungs() == 0

    def test_a_timer_that_one_holds_the_other_leaves(self, at):
        cases = [file() for _ in range(2)]
        at.forward(days=LONG)
        inside, go_on = threading.Event(), threading.Event()

        def first() -> int:
            with transaction.atomic():
                Timer.objects.select_for_update().get(case=cases[0])
                inside.set()
                assert go_on.wait(30)
            return 0

        def second() -> int:
            assert inside.wait(30)
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SET lock_timeout = '3s'")
                return sweeping.fire_timers()
            finally:
                go_on.set()

        assert at_once(first, second) == [0, 1]
        assert Case.objects.get(pk=cases[1].pk).outcome == "overdue"
        assert sweeping.fire_timers() == 1

    @pytest.mark.parametrize(
        ("claim", "forget"),
        [
            (lambda: sweeping._claim_rungs(10), "DELETE FROM workflow_app_clockrung WHERE clock_id = %s"),
            (lambda: sweeping._fire_next_timer(), "DELETE FROM workflow_app_timer WHERE case_id = %s"),
        ],
        ids=["rungs", "timers"],
    )
    def test_who_acts_on_a_case_never_waits_for_a_sweep_that_passes_it_over(self, at, claim, forget):
        """Else the two could wait for each other: who acts may hold what the sweep needs for the next case."""
        held, _free = file(), file()
        key = the_clock(held).pk if "clock_id" in forget else held.pk
        at.forward(days=LONG)
        inside, claimed, done = threading.Event(), threading.Event(), threading.Event()

        def act() -> int:
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    Case.objects.select_for_update().get(pk=held.pk)
                    inside.set()
                    assert claimed.wait(30)
                    cursor.execute("SET LOCAL lock_timeout = '3s'")
                    cursor.execute(forget, [key])
                    return cursor.rowcount
            finally:
                done.set()

        def sweep() -> None:
            assert inside.wait(30)
            with transaction.atomic():
                assert claim()
                claimed.set()
                assert done.wait(30)

        deleted, swept = at_once(act, sweep)
        assert (deleted > 0, swept) == (True, None)

    def test_a_timer_waits_for_a_change_without_a_case_in_its_hands(self, at):
        """Else the two would wait for each other: the change takes the cases when it has stopped time."""
        case = file()
        at.forward(days=LONG)
        stopped = threading.Event()

        def change() -> bool:
            with transaction.atomic(), connection.cursor() as cursor:
                stop_time()
                stopped.set()
                cursor.execute("SET LOCAL lock_timeout = '3s'")
                waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
                assert any(rows.query(waiting) or time.sleep(0.01) for _ in range(500))
                return Case.objects.select_for_update().filter(pk=case.pk).exists()

        def sweep() -> int:
            assert stopped.wait(30)
            return sweeping.fire_timers()

        assert at_once(change, sweep) == [True, 1]

    def test_even_without_locks_nothing_fires_twice(self, at, monkeypatch):
        """The trail of a case has one event for each number: who comes second finds it taken and writes nothing."""
        cases = [file() for _ in range(8)]
        at.forward(days=HALF)
        unlocked = sweeping._NEXT_RUNGS.replace("FOR NO KEY UPDATE OF taken, rung SKIP LOCKED", "")
        assert unlocked != sweeping._NEXT_RUNGS
        monkeypatch.setattr(sweeping, "_NEXT_RUNGS", unlocked)
        gate, real = threading.Barrier(2), sweeping.fire

        def fire(due):
            # Both have read what is due before either writes.
            if len(due) == len(cases):
                gate.wait(30)
            return real(due)

        monkeypatch.setattr(sweeping, "fire", fire)
        results = at_once(sweeping.fire_rungs, sweeping.fire_rungs)
        assert sorted(results) == [0, 8]
        assert [kinds(case).count("clock.warned") for case in cases] == [1] * 8
        assert all(is_sound(case) for case in cases)
        told = list(Message.objects.filter(event="due_soon").values_list("case_id", "recipient_id"))
        assert len(told) == len(set(told)) == 8 * 3

    def test_many_workers_share_and_none_doubles(self, at, monkeypatch):
        monkeypatch.setattr(sweeping, "RUNGS", 4)
        cases = [file() for _ in range(24)]
        at.forward(days=LONG)
        results = at_once(*[lambda: sum(iter(sweeping.fire_due, 0))] * 4)
        assert not any(isinstance(each, Exception) for each in results)
        sweeping.fire_due()
        assert not Timer.objects.exists()
        for case in cases:
            assert [
                kinds(case).count(kind) for kind in ("clock.breached", "clock.escalated", "timer.fired")
            ] == [1] * 3
            assert is_sound(case)
        told = list(Message.objects.filter(event="overdue").values_list("case_id", "recipient_id"))
        assert len(told) == len(set(told)) == 24 * 4

    def test_an_officer_who_acts_meanwhile_is_not_stopped(self, at):
        """A task is done while its case's rungs are fired: both are on the record, whoever was first."""
        case = file()
        at.forward(days=HALF)
        waiting, user = task(case).pk, account("reviewer1")
        results = at_once(
            lambda: complete_task(task_id=waiting, user=user, data={"result": "accept"}).status,
            sweeping.fire_rungs,
        )
        assert results[0] == "done"
        sweeping.fire_rungs()
        assert kinds(case).count("clock.warned") == 1
        assert is_sound(case)
