"""Rungs that fire together, in batches that several workers share: each once, in order, whatever breaks on the way."""

import re
from datetime import timedelta

import pytest
from django.db import OperationalError, ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from benchmarks.copies import copy_open, execute
from notifications.models import Message
from tests.services.firing import HALF, LONG, is_sound, messages, trail
from tests.services.world import do, file, kinds, the_clock
from workflow_app.models import Case, Clock, ClockRung, Event, Timer
from workflow_app.services import escalation, rungs, sweeping, ticking
from workflow_app.services.time_lock import TIME_LOCK
from workflow_app.services.transition import open_case


@pytest.mark.usefixtures("acts")
class TestTogether:
    def test_as_if_each_had_been_alone(self, at):
        together, alone = [file() for _ in range(3)], [file() for _ in range(3)]
        do(together[1], "reviewer1", result="accept")
        do(alone[1], "reviewer1", result="accept")
        at(the_clock(alone[0]).due_at + timedelta(hours=1))
        for case in alone:
            with transaction.atomic():
                sweeping._fire_together(sweeping._claim_rungs(200, case.pk))
        assert sweeping.fire_rungs() == 9
        for first, second in zip(together, alone, strict=True):
            assert trail(first) == trail(second)
            assert messages(first) == messages(second)
            assert the_clock(first).breached_at == the_clock(second).breached_at == the_clock(first).due_at
            assert is_sound(first)
            assert is_sound(second)

    def test_as_if_an_act_had_come_first(self, at):
        """What an officer's act fires on the way is what the sweep would have fired."""
        swept, acted = file(), file()
        at(the_clock(swept).due_at - timedelta(hours=1))
        sweeping._fire_alone(swept.pk)
        with open_case(None, pk=acted.pk) as moving:
            assert rungs.fire_rungs_of(moving, the_clock(acted)) == 2
        assert trail(swept) == trail(acted)
        assert messages(swept) == messages(acted)

    def test_by_as_many_statements_however_many(self, at):
        def statements(count: int) -> int:
            for _ in range(count):
                file()
            at.forward(days=HALF)
            with CaptureQueriesContext(connection) as counted:
                assert sweeping.fire_rungs(sweeping.RUNGS) == count
            return len(counted)

        few = statements(3)
        # Once more, with everything read that is read once.
        ClockRung.objects.filter(fired_at__isnull=True).delete()
        few = statements(3)
        ClockRung.objects.filter(fired_at__isnull=True).delete()
        assert statements(30) == few <= 20

    def test_the_version_people_saw_stays_good(self, at):
        cases = [file() for _ in range(3)]
        at.forward(days=9)
        sweeping.fire_rungs()
        assert set(
            Case.objects.filter(pk__in=[c.pk for c in cases]).values_list("lock_version", flat=True)
        ) == {1}

    def test_workers_are_woken_once_for_what_a_batch_tells(self, at, monkeypatch):
        woken = []
        monkeypatch.setattr("workflow_app.services.transition.wake", woken.append)
        for _ in range(4):
            file()
        woken.clear()
        at.forward(days=9)
        sweeping.fire_rungs()
        assert woken == ["messages"]


@pytest.mark.usefixtures("acts")
class TestCatchingUp:
    def test_several_rungs_of_one_clock_are_one_notice(self, at):
        case = file()
        running = the_clock(case)
        at(running.due_at + timedelta(days=LONG))
        assert sweeping.fire_rungs() == 4
        due = list(running.rungs.order_by("percent").values_list("percent", "due_at"))
        assert [
            (event.kind, event.data["percent"], event.data["due_at"], event.data["late_seconds"])
            for event in Event.objects.filter(case=case, kind__startswith="clock.").order_by("sequence")[1:]
        ] == [
            (kind, percent, due_at.isoformat(), (at.now - due_at) // timedelta(seconds=1))
            for kind, (percent, due_at) in zip(
                ["clock.warned", "clock.warned", "clock.breached", "clock.escalated"], due, strict=True
            )
        ]
        told = Message.objects.filter(case=case).exclude(event="received")
        assert {(m.event, m.values["clock"]["percent"]) for m in told} == {("overdue", 150)}
        assert len(told) == len({m.recipient_id for m in told}) == 4

    def test_what_was_due_first_fires_first(self, at):
        cases = []
        for _ in range(6):
            cases.append(file())
            at.forward(hours=1)
        at.forward(days=LONG)
        for case in cases[:3]:
            assert sweeping.fire_rungs(limit=1) == 4
            assert not ClockRung.objects.filter(clock__case=case, fired_at__isnull=True).exists()
        assert ClockRung.objects.filter(fired_at__isnull=True).count() == 12
        for case in cases[:3]:
            assert sweeping.fire_timers(limit=1) == 1
            assert not Timer.objects.filter(case=case).exists()
        assert Timer.objects.count() == 3

    def test_a_deadline_is_missed_before_its_step_is_ended(self, at):
        """Also when a worker takes the timer first."""
        case = file()
        at.forward(days=LONG)
        sweeping.fire_timers()
        happened = [kind for kind in kinds(case) if kind.startswith(("clock.", "timer.", "case."))]
        assert happened == [
            "case.filed",
            "clock.started",
            "clock.warned",
            "clock.warned",
            "clock.breached",
            "clock.escalated",
            "timer.fired",
            "clock.stopped",
            "case.closed",
        ]
        assert is_sound(case)

    def test_after_days_everything_comes_to_rest_in_one_go(self, at):
        cases = [file() for _ in range(12)]
        do(cases[0], "reviewer1", result="supplement")
        at.forward(days=LONG)
        ticking.run_due()
        assert not Timer.objects.exists()
        assert not ClockRung.objects.filter(fired_at__isnull=True).exists()
        assert {c.outcome for c in Case.objects.filter(pk__in=[c.pk for c in cases])} == {"overdue", "late"}
        assert all(is_sound(case) for case in cases)


@pytest.mark.usefixtures("acts")
class TestWhatBreaks:
    @pytest.fixture
    def broken(self, monkeypatch):
        """Cases whose rungs cannot be fired, by key."""
        keys: set[int] = set()
        real = sweeping.fire

        def fire(due):
            if any(each.clock.case_id in keys for each in due):
                raise ValueError("this one is broken")
            return real(due)

        monkeypatch.setattr(sweeping, "fire", fire)
        return keys

    def test_one_case_never_stops_the_others(self, at, broken):
        cases = [file() for _ in range(5)]
        broken.add(cases[0].pk)
        at.forward(days=HALF)
        assert sweeping.fire_rungs() == 4
        assert ["clock.warned" in kinds(case) for case in cases] == [False, True, True, True, True]
        rung = ClockRung.objects.get(clock__case=cases[0], percent=50)
        assert (rung.attempts, rung.retry_at) == (1, at.now + timedelta(minutes=1))
        assert rung.problem == "ValueError: this one is broken"
        assert not ClockRung.objects.filter(attempts__gt=0).exclude(pk=rung.pk).exists()

    def test_more_that_break_than_a_batch_holds_stop_nobody_either(self, at, broken, monkeypatch):
        monkeypatch.setattr(sweeping, "RUNGS", 2)
        cases = [file() for _ in range(5)]
        broken.update(case.pk for case in cases[:4])
        at.forward(days=HALF)
        assert sweeping.fire_rungs() == 1
        assert "clock.warned" in kinds(cases[4])

    def test_it_is_tried_again_later_and_later(self, at, broken):
        case = file()
        broken.add(case.pk)
        at.forward(days=HALF)
        assert (sweeping.fire_rungs(), sweeping.fire_rungs()) == (0, 0)
        assert ticking._oldest_rung() is None
        at.forward(minutes=1)
        assert sweeping.fire_rungs() == 0
        rung = ClockRung.objects.get(clock__case=case, percent=50)
        assert (rung.attempts, rung.retry_at) == (2, at.now + timedelta(minutes=2))
        broken.clear()
        assert sweeping.fire_rungs() == 0
        at.forward(minutes=2)
        assert sweeping.fire_rungs() == 1
        assert kinds(case)[-1] == "clock.warned"

    def test_an_act_is_not_kept_waiting_for_the_next_try(self, at, broken):
        """Whatever changes the clock first notes what is due of it, tried before or not."""
        case = file()
        broken.add(case.pk)
        at.forward(days=LONG)
        sweeping.fire_rungs()
        sweeping.fire_timers()
        assert kinds(case).count("clock.breached") == 1

    @pytest.mark.parametrize("sweep", [sweeping.fire_rungs, sweeping.fire_timers])
    def test_a_database_that_breaks_is_no_fault_of_the_case(self, at, monkeypatch, sweep):
        file()
        at.forward(days=LONG)

        def gone(*args, **kwargs):
            raise OperationalError("gone")

        monkeypatch.setattr(sweeping, "fire", gone)
        monkeypatch.setattr(sweeping, "open_case", gone)
        with pytest.raises(OperationalError):
            sweep()
        assert not ClockRung.objects.filter(attempts__gt=0).exists()
        assert not Timer.objects.filter(attempts__gt=0).exists()

    def test_where_nothing_can_be_claimed_the_job_fails_and_does_not_go_round(self, monkeypatch):
        tries = iter([ProgrammingError("a column is missing")])

        def claim(limit):
            raise next(tries, None) or pytest.fail("it went round")

        monkeypatch.setattr(sweeping, "_claim_rungs", claim)
        with pytest.raises(ProgrammingError):
            sweeping.fire_rungs()

    def test_a_clock_that_was_paused_meanwhile_has_nothing_to_fire(self, at):
        case = file()
        at.forward(days=HALF)
        Clock.objects.filter(case=case).update(status="paused")
        assert sweeping.fire_rungs() == 0
        with transaction.atomic():
            assert sweeping._fire_together([case.pk]) == 0


@pytest.mark.usefixtures("acts")
class TestCost:
    """In statements and plans: seconds differ from machine to machine."""

    OPEN, DUE_RUNGS, DUE_TIMERS = 20_000, 160, 40

    @pytest.fixture
    def city(self, at):
        """Many open cases, of which some have a rung and others a timer that is due."""
        # What is copied refers to what is there.
        execute("SET LOCAL session_replication_role = replica")
        original = file()
        copy_open(original, self.OPEN)
        execute("SET LOCAL session_replication_role = origin")
        Timer.objects.filter(case=original).delete()
        ClockRung.objects.filter(clock__case=original).delete()
        cases = [file() for _ in range(self.DUE_TIMERS)]
        copies = Case.objects.exclude(pk__in=[case.pk for case in (original, *cases)]).order_by("pk")[
            : self.DUE_RUNGS
        ]
        rungs_of_copies = ClockRung.objects.filter(clock__case__in=list(copies.values_list("pk", flat=True)))
        at(the_clock(cases[0]).due_at + timedelta(seconds=1))
        rungs_of_copies.filter(percent=50).update(due_at=at.now)
        # All but the last rung of these has fired: they are due by their timers alone.
        ClockRung.objects.filter(clock__case__in=cases, percent__lt=100).update(fired_at=at.now)
        ClockRung.objects.filter(due_at__gt=at.now).update(due_at=at.now + timedelta(days=30))
        execute("ANALYZE")

    def test_it_is_what_is_due_and_not_what_is_open(self, city, at):
        self._plans_use_indexes(at.now)
        with CaptureQueriesContext(connection) as counted:
            # The rungs that are due with the timers are among them.
            assert sweeping.fire_rungs(10_000) == self.DUE_RUNGS + self.DUE_TIMERS
        assert len(counted) <= 0.5 * self.DUE_RUNGS
        with CaptureQueriesContext(connection) as counted:
            assert sweeping.fire_timers(10_000) == self.DUE_TIMERS
        assert len(counted) <= 30 * self.DUE_TIMERS

    def _plans_use_indexes(self, now):
        due = (sweeping.due_rungs(now), sweeping.due_timers(now))
        explained = [rows[:count].explain() for rows in due for count in (1, 100)]
        explained += [rows.filter(due_at__gte=now)[:1].explain() for rows in due]
        for statement, values in (
            (sweeping._NEXT_RUNGS.format(among=""), (now, now, 100, now, sweeping.RUNGS)),
            (sweeping._NEXT_TIMER, (now, now, TIME_LOCK)),
        ):
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {statement}", values)
                explained.append("\n".join(line for (line,) in cursor.fetchall()))
        for plan in explained:
            # Read from the index, and no further than to what is due.
            assert "Seq Scan" not in plan, plan
            assert re.search(r"Index Cond: \(.*due_at <= ", plan), plan


def test_the_breach_is_where_the_time_is_up():
    assert escalation.BREACH == rungs.BREACH == 100
