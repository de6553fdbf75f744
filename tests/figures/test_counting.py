"""What has ended enters the figures of its month once, whoever counts it and in whatever portions."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import psycopg
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.figures.world import APRIL, MARCH, expected_figures, live_two_months, play_stories, told_figures
from tests.services.world import do, file, the_clock
from tests.setup.support import python, wait_for
from workflow_app import tasks as jobs
from workflow_app.domain.clock import CHINA
from workflow_app.models import Agency, CalendarDay, CalendarNotice, Case, Clock, Figure, Task
from workflow_app.selectors.calendar import get_calendar
from workflow_app.services import ticking
from workflow_app.services.figures import BATCH, count_figures, oldest_uncounted
from workflow_app.services.ticking import run_due
from workflow_app.services.waking import JOBS

WORKER = """
import django; django.setup()
from workflow_app.services.figures import BATCH, count_figures
print("ready", flush=True)
count_figures(BATCH)
"""


def count_all(limit: int = BATCH) -> int:
    total = 0
    while done := count_figures(limit):
        total += done
    return total


def uncount() -> None:
    """As before anything was counted."""
    Figure.objects.all().delete()
    for model in (Clock, Task, Case):
        model.objects.update(is_counted=False)


def uncounted() -> int:
    return (
        Clock.objects.filter(status="stopped", is_counted=False).count()
        + Task.objects.filter(status="done", is_counted=False).count()
        + Case.objects.filter(answered_at__isnull=False, is_counted=False).count()
    )


def the_figure(kind: str, name: str) -> Figure:
    return Figure.objects.get(kind=kind, name=name, process="acts")


@pytest.mark.usefixtures("acts")
class TestWhatIsCounted:
    def test_every_figure_comes_out_the_same_by_another_way(self, at):
        live_two_months(at)
        play_stories(at)
        # In a story a case may be withdrawn in the very moment in which an act stopped one of its clocks, and the
        # figures went on between them.
        uncount()
        count_all()
        told, expected = told_figures(), expected_figures()
        assert told == expected
        assert uncounted() == 0
        assert {key[1] for key in told} == {"clock", "task", "officer", "case"}
        assert {key[2] for key in told} == {"acts", "objection", "repair"}
        assert {MARCH, APRIL} <= {key[0] for key in told}
        assert sum(late for _, late, *_ in told.values()) > 4
        assert any(net < gross for _, _, net, gross, *_ in told.values())

    def test_a_histogram_is_kept_as_it_was_given(self):
        office = Agency.objects.earliest("pk")
        given = {0: 3, 1: 1, 279: 99_999_999, 520: 2}
        kept = Figure.objects.create(
            month=MARCH, agency=office, process="x", kind="case", name="y", histogram=given
        )
        kept.refresh_from_db()
        assert kept.histogram == given
        assert str(kept) == "2026-03 x case y"

    def test_portions_do_not_matter(self, at):
        live_two_months(at)
        count_all()
        whole = told_figures()

        @settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
        @given(st.lists(st.integers(1, 9), min_size=1, max_size=4))
        def counted_in_portions(limits):
            with transaction.atomic():
                uncount()
                while sum(count_figures(limit) for limit in limits):
                    pass
                assert told_figures() == whole
                assert count_figures(BATCH) == 0

        counted_in_portions()

    def test_as_it_happens_or_afterwards(self, at):
        """The worker counts while cases go on; the sum is that of counting at the end."""
        case = file()
        run_due()
        do(case, "reviewer1", result="supplement")
        run_due()
        at("2026-03-04 10:00")
        do(case, "applicant1", note="补")
        run_due()
        do(case, "reviewer1", result="ok")
        at("2026-03-05 11:00")
        do(case, "approver1", approval="ok")
        run_due()
        as_it_went = told_figures()
        uncount()
        count_all()
        assert told_figures() == as_it_went == expected_figures()

    def test_an_applicants_own_clock_is_nobodys_figure(self, at):
        case = file()
        do(case, "reviewer1", result="supplement")
        at(the_clock(case, "supplement").due_at + timedelta(minutes=1))
        run_due()
        assert the_clock(case, "supplement").is_counted
        assert not Figure.objects.filter(kind="clock", name="supplement").exists()
        # The case's answer is late for nobody either, and the applicant's days do not count.
        answer = the_figure("case", "answer")
        assert answer.late_count == 0
        assert answer.net_working_seconds == 0 < answer.gross_working_seconds

    def test_a_withdrawal_hides_no_breach_and_makes_no_answer(self, at):
        cases = live_two_months(at)
        count_all()
        counted = {case.pk for case in Case.objects.filter(is_counted=True)}
        assert not counted & {cases["recalled"].pk, cases["tired"].pk}
        late = Clock.objects.filter(name="handle", breached_at__isnull=False, status="stopped")
        assert cases["tired"].pk in late.values_list("case", flat=True)
        handled = Figure.objects.filter(kind="clock", name="handle", process="acts")
        assert sum(figure.late_count for figure in handled) == late.count()
        assert the_clock(cases["recalled"]).is_counted

    def test_the_last_instant_is_in_time(self, at):
        prompt, late = file(), file()
        for case in (prompt, late):
            do(case, "reviewer1", result="ok")
        at(the_clock(prompt).due_at)
        do(prompt, "approver1", approval="ok")
        at.forward(seconds=1)
        do(late, "approver1", approval="ok")
        count_all()
        assert [the_figure("task", "task_approve").count, the_figure("task", "task_approve").late_count] == [
            2,
            1,
        ]
        assert the_figure("clock", "handle").late_count == 1
        assert the_figure("case", "answer").late_count == 1

    def test_the_month_is_that_of_china(self, at):
        at("2026-03-31 23:59:59")
        do(file(), "reviewer1", result="ok")
        at("2026-04-01 00:00:00")
        do(file(), "reviewer1", result="ok")
        count_all()
        months = Figure.objects.filter(kind="task", name="task_check").order_by("month")
        assert [figure.month for figure in months] == [MARCH, APRIL]

    def test_what_seems_to_end_before_it_began_took_no_time(self, at):
        """The machine's clock was set back."""
        case = file()
        at("2026-03-02 09:00")
        do(case, "reviewer1", result="ok")
        count_all()
        assert the_figure("task", "task_check").gross_calendar_seconds == 0

    def test_beyond_the_calendar_it_waits_for_the_calendar(self):
        case = file()
        do(case, "reviewer1", result="ok")
        last = get_calendar("").last_year
        beyond = datetime(last + 1, 1, 1, tzinfo=CHINA)
        Task.objects.filter(case=case, status="done").update(done_at=beyond)
        assert oldest_uncounted() == ()
        assert count_figures(BATCH) == 0
        notice = CalendarNotice.objects.create(year=last, number="国办发明电〔2027〕1号", issued_on=MARCH)
        CalendarDay.objects.create(
            day=date(last, 10, 1), is_working=False, reason="国庆节放假", notice=notice
        )
        assert get_calendar("").last_year == last + 1
        assert [kind for kind, _ in oldest_uncounted()] == ["task"]
        assert count_figures(BATCH) == 1
        assert the_figure("task", "task_check").month == beyond.date()


@pytest.mark.usefixtures("acts")
class TestTheWorker:
    def test_it_is_woken_and_comes_to_rest(self, monkeypatch):
        from django_q.models import OrmQ

        monkeypatch.setattr(ticking, "_seen", {})
        monkeypatch.setattr(ticking, "_tidied", [float("inf")])
        do(file(), "reviewer1", result="ok")
        OrmQ.objects.all().delete()
        ticking.tick()
        assert JOBS["figures"] in {queued.func() for queued in OrmQ.objects.all()}
        assert jobs.count_figures() > 0
        assert jobs.count_figures() == 0
        assert ticking._oldest_figure() is None


@pytest.mark.usefixtures("committed_acts")
class TestSeveralWorkers:
    def test_they_share_the_work_and_count_nothing_twice(self, at):
        live_two_months(at)
        expected, gate = expected_figures(), threading.Barrier(4)

        def work() -> int:
            try:
                gate.wait(timeout=30)
                return count_all(limit=3)
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            done = [future.result() for future in [pool.submit(work) for _ in range(4)]]
        # What one held was passed over by the others, which may have gone home before it was given back.
        total = sum(done) + count_all()
        assert told_figures() == expected
        assert total == Clock.objects.filter(is_counted=True).count() + (
            Task.objects.filter(is_counted=True).count() + Case.objects.filter(is_counted=True).count()
        )

    def test_what_somebody_holds_is_passed_over(self, committed_acts):
        case = file()
        do(case, "reviewer1", result="ok")
        done = Task.objects.get(case=case, status="done")
        with psycopg.connect(committed_acts) as other:
            other.execute("SELECT FROM workflow_app_task WHERE id = %s FOR UPDATE", [done.pk])
            assert count_figures(BATCH) == 0
        assert count_figures(BATCH) == 1

    def test_a_worker_killed_in_the_middle_has_counted_nothing(self, committed_acts, at):
        live_two_months(at)
        expected = expected_figures()
        count_figures(1)
        with psycopg.connect(committed_acts) as other:
            # Another holds a figure: the worker stands where all is marked and nothing is added yet.
            other.execute("SELECT FROM workflow_app_figure FOR UPDATE")
            environment = {
                "DATABASE_URL": committed_acts,
                "DJANGO_SETTINGS_MODULE": "workflow_app.settings.test",
            }
            with python(WORKER, **environment) as worker:
                assert worker.stdout.readline() == "ready\n"
                wait_for(lambda: _waits_for_a_lock(committed_acts), "the worker does not wait")
                worker.kill()
        wait_for(lambda: not _waits_for_a_lock(committed_acts), "the worker is not gone")
        assert told_figures() != expected
        count_all()
        assert told_figures() == expected
        assert uncounted() == 0


def _waits_for_a_lock(address: str) -> bool:
    with psycopg.connect(address) as outside:
        found = outside.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        ).fetchone()
    return bool(found and found[0])
