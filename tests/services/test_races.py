"""Several connections at once, each committing: on a database of its own that is dropped afterwards."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

from notifications.models import Message
from tests.records.tables import PERSON, penalty, table
from tests.records.taking import statuses, take
from tests.services.test_trail import chain
from tests.services.world import account, do, file, file_all, kinds, record, task, the_clock
from workflow_app.domain.codes import make_id_card
from workflow_app.models import Case, ClockRung, Event, NumberSeries, Subject, Submission, Timer
from workflow_app.services import sweeping
from workflow_app.services.drafts import save_draft, submit_draft
from workflow_app.services.errors import StaleVersionError, TaskDoneError, TaskTakenError
from workflow_app.services.inbox import receive_message
from workflow_app.services.series import next_number
from workflow_app.services.subjects import SubjectExistsError, register_subject
from workflow_app.services.tasks import claim_task, complete_task
from workflow_app.services.transition import open_case

pytestmark = pytest.mark.usefixtures("committed_acts")


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run the acts in threads that start together → what each returned or raised."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            gate.wait(timeout=30)
            return act()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def told(user):
    """What the one who came too late learns."""
    return {"who": str(user), "who_en": user.display_name_en, "when": "2026-03-02 10:00"}


class TestOneTask:
    @pytest.mark.parametrize("_round", range(5))
    def test_two_claim_one_has_it(self, _round):
        case = file()
        waiting, names = task(case).pk, ("reviewer1", "reviewer2")
        users = [account(name) for name in names]
        results = at_once(*[lambda user=user: claim_task(task_id=waiting, user=user) for user in users])
        (lost,) = [each for each in results if isinstance(each, Exception)]
        (won,) = [each for each in results if not isinstance(each, Exception)]
        assert isinstance(lost, TaskTakenError)
        assert lost.params == told(won.assignee)
        assert kinds(case).count("task.claimed") == 1

    @pytest.mark.parametrize("_round", range(5))
    def test_two_complete_one_has_done_it(self, _round):
        case = file()
        waiting = task(case).pk
        users = [account("reviewer1"), account("reviewer2")]
        results = at_once(
            *[
                lambda user=user: complete_task(task_id=waiting, user=user, data={"result": "accept"})
                for user in users
            ]
        )
        (lost,) = [each for each in results if isinstance(each, Exception)]
        (won,) = [each for each in results if not isinstance(each, Exception)]
        assert isinstance(lost, TaskDoneError)
        assert lost.params == told(won.done_by)
        assert Submission.objects.filter(case=case, form="check").count() == 1
        assert kinds(case).count("task.completed") == 1

    def test_eight_with_the_version_they_saw(self):
        case = file()
        waiting, user = task(case).pk, account("reviewer1")
        results = at_once(
            *[
                lambda: complete_task(task_id=waiting, user=user, data={"result": "ask"}, expected_version=1)
                for _ in range(8)
            ]
        )
        assert sorted(type(each).__name__ for each in results) == ["StaleVersionError"] * 7 + ["Task"]
        assert issubclass(StaleVersionError, Exception)
        assert chain(case) == bytes(Case.objects.get(pk=case.pk).event_hash)


class TestNumbers:
    def test_they_have_no_gap_though_some_roll_back(self):
        taken: list[int] = []

        def take(keep: bool) -> None:
            for _ in range(10):
                try:
                    with transaction.atomic():
                        number = next_number("race")
                        if not keep:
                            raise InterruptedError
                    taken.append(number)
                except InterruptedError:
                    pass

        results = at_once(*[lambda keep=keep: take(keep) for keep in (True, False) * 4])
        assert results == [None] * 8
        assert sorted(taken) == list(range(1, 41))
        assert NumberSeries.objects.get(key="race").last == 40

    def test_eight_file_at_once(self):
        results = at_once(*[file for _ in range(8)])
        assert sorted(case.number for case in results) == [
            f"ACTS-330700-20260302-{n:06d}" for n in range(1, 9)
        ]

    def test_filings_about_the_same_records_in_any_order_never_wait_for_each_other(self):
        numbers = ["DEMO-P-001", "DEMO-P-003", "DEMO-P-004"]
        results = at_once(
            *[
                lambda order=order: file_all("applicant1", *order)
                for order in (numbers, numbers[::-1], numbers[1:] + numbers[:1]) * 2
            ]
        )
        assert all(isinstance(each, list) and len(each) == 3 for each in results)


class TestSweeping:
    def test_two_sweepers_fire_each_rung_once(self, at):
        cases = [file() for _ in range(4)]
        at(the_clock(cases[0]).rungs.get(percent=80).due_at)
        results = at_once(*[sweeping.fire_rungs] * 4)
        sweeping.fire_rungs()
        assert not any(isinstance(each, Exception) for each in results)
        for case in cases:
            assert kinds(case).count("clock.warned") == 2
            told = Message.objects.filter(case=case, event="due_soon").values_list("recipient_id", flat=True)
            assert len(told) == len(set(told))
            assert chain(case) == bytes(Case.objects.get(pk=case.pk).event_hash)
        assert not ClockRung.objects.filter(percent__lt=100, fired_at__isnull=True).exists()

    def test_two_sweepers_fire_each_timer_once(self, at):
        cases = [file() for _ in range(4)]
        at.forward(days=60)
        results = at_once(*[sweeping.fire_timers] * 4)
        assert not any(isinstance(each, Exception) for each in results)
        sweeping.fire_timers()
        assert not Timer.objects.exists()
        for case in cases:
            assert kinds(case).count("timer.fired") == 1
            assert kinds(case).count("case.closed") == 1
            assert kinds(case).count("clock.breached") == 1

    def test_a_case_in_somebodys_hands_is_passed_over(self, at):
        held, free = file(), file()
        at.forward(days=60)
        inside, go_on = threading.Event(), threading.Event()

        def hold() -> None:
            with transaction.atomic():
                Case.objects.select_for_update().get(pk=held.pk)
                inside.set()
                assert go_on.wait(30)

        def sweep() -> list[int]:
            assert inside.wait(30)
            try:
                return [sweeping.fire_timers(), sweeping.fire_rungs()]
            finally:
                go_on.set()

        _, swept = at_once(hold, sweep)
        assert swept == [1, 0]
        assert Case.objects.get(pk=free.pk).outcome == "overdue"
        # Passed over is not failed.
        assert Timer.objects.get(case=held).attempts == 0
        assert (sweeping.fire_timers(), Case.objects.get(pk=held.pk).outcome) == (1, "overdue")

    def test_an_officer_and_the_sweep_at_the_deadline(self, at):
        case = file()
        waiting, user = task(case).pk, account("reviewer1")
        at(the_clock(case).due_at + timedelta(seconds=1))
        at_once(
            lambda: complete_task(task_id=waiting, user=user, data={"result": "accept"}),
            sweeping.fire_timers,
            sweeping.fire_rungs,
        )
        sweeping.fire_timers()
        assert Case.objects.get(pk=case.pk).outcome == "overdue"
        assert kinds(case).count("clock.breached") == 1
        assert chain(case) == bytes(Case.objects.get(pk=case.pk).event_hash)


def test_a_draft_sent_twice_at_once_files_once():
    user = account("applicant1")
    kept = save_draft(user=user, process="acts", data={"records": [str(record().pk)]})
    results = at_once(*[lambda: submit_draft(draft_id=kept.pk, user=user) for _ in range(6)])
    assert {case.pk for cases in results for case in cases} == set(
        Case.objects.filter(process="acts").values_list("pk", flat=True)
    )
    assert Case.objects.filter(process="acts").count() == 1


def test_a_message_sent_twice_at_once_is_one():
    case = file()
    do(case, "reviewer1", result="train")
    results = at_once(
        *[
            lambda: receive_message(case_number=case.number, name="training.passed", key="E1")
            for _ in range(6)
        ]
    )
    assert len({each.pk for each in results}) == 1
    assert kinds(case).count("message.delivered") == 1


def test_what_fails_at_the_very_end_leaves_nothing():
    """Everything was written, and then the commit does not come."""
    case = file()

    def state() -> tuple[int, int, int]:
        return Event.objects.count(), Submission.objects.count(), Case.objects.get(pk=case.pk).lock_version

    def act_and_break() -> None:
        with transaction.atomic():
            do(case, "reviewer1", result="accept")
            raise InterruptedError

    def break_inside() -> None:
        with open_case(account("reviewer1"), pk=case.pk) as moving:
            moving.record_event("test")
            raise InterruptedError

    before = state()
    for act in (act_and_break, break_inside):
        with pytest.raises(InterruptedError):
            act()
        assert state() == before


def test_a_change_of_the_calendar_counts_from_its_commit_in_every_connection():
    from workflow_app.models import CalendarDay
    from workflow_app.selectors.calendar import get_calendar

    day = the_clock(file()).due_at.date()
    assert get_calendar("330700").is_working(day)
    seen: list[bool] = []

    def change() -> None:
        with transaction.atomic():
            CalendarDay.objects.create(day=day, is_working=False, reason="台风停工", notice_id=2026)
            changed.set()
            assert looked.wait(30)

    def look() -> None:
        assert changed.wait(30)
        seen.append(get_calendar("330700").is_working(day))
        looked.set()

    changed, looked = threading.Event(), threading.Event()
    assert at_once(change, look) == [None, None]
    assert seen == [True]
    assert not get_calendar("330700").is_working(day)


class TestOneSubject:
    """Who registers a code that somebody else is registering waits for that, and then finds it."""

    CODE = make_id_card("33070119920203124")

    def meanwhile(self, kind: str, act: Callable[[], Any]) -> Any:
        """What becomes of `act` while the code is being entered as one of this kind, by a transaction still open."""
        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                register_subject(user=account("clerk1"), code_kind=kind, code=self.CODE, name="王小明")
                future = pool.submit(lambda: at_once(act)[0])
                with pytest.raises(TimeoutError):
                    # It waits.
                    future.result(timeout=0.5)
            return future.result(timeout=30)

    @pytest.mark.parametrize("kind", ["other", "id_card"])
    def test_two_clerks_enter_one(self, kind):
        again = partial(register_subject, user=account("clerk1"), code_kind=kind, code=self.CODE, name="李")
        assert isinstance(self.meanwhile("other", again), SubjectExistsError)
        assert Subject.objects.get(code=self.CODE).name == "王小明"

    def test_an_import_that_names_it_is_not_lost(self):
        row = penalty(**{**PERSON, "行政相对人名称": "王小明", "证件号码": self.CODE})
        report = self.meanwhile("id_card", partial(take, table(row)))
        assert statuses(report) == ["new"]
        assert Subject.objects.get(code=self.CODE).records.count() == 1
