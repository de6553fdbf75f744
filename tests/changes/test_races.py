"""Several connections and processes at once, each committing: on a database of its own that is dropped afterwards."""

import threading
import time

import pytest
from django.db import connection, transaction

from tests.changes.support import apply, days, draft, ensure_in_step, notice, rule, rules, undo
from tests.services.firing import is_sound
from tests.services.test_races import at_once
from tests.services.world import account, china, do, file, kinds, the_clock
from tests.setup.support import python
from workflow_app.models import CalendarDay, CalendarNotice, Change, Clock, DeadlineRule, rows
from workflow_app.services import sweeping
from workflow_app.services.calendar import seed_calendar
from workflow_app.services.change_errors import ChangeNotAppliedError, ChangeNotDraftError
from workflow_app.services.changes import apply_change, undo_change
from workflow_app.services.definitions import deploy_all
from workflow_app.services.transition import open_case

pytestmark = pytest.mark.usefixtures("committed_acts")

HOLIDAY = days("2026-03-09", "2026-03-10")
# Says each time the answer becomes another; ends after three.
READER = """
import django; django.setup()
import time
from datetime import date
from workflow_app.selectors.calendar import get_calendar
said = []
while len(said) < 3:
    answer = get_calendar("330700").is_working(date(2026, 3, 9))
    if said[-1:] != [answer]:
        said.append(answer)
        print(answer, flush=True)
    time.sleep(0.02)
"""


def test_applied_twice_at_once_it_is_applied_once():
    cases = [file() for _ in range(4)]
    change, admin = draft("calendar", HOLIDAY), account("sysadmin1")
    results = at_once(*[lambda: apply_change(change_id=change.pk, user=admin)] * 3)
    assert [type(each) for each in results if isinstance(each, Exception)] == [ChangeNotDraftError] * 2
    assert Change.objects.get().effects.count() == 4
    for case in cases:
        assert the_clock(case).due_at == china("2026-03-18 17:30")
        assert kinds(case).count("clock.recomputed") == 1
    results = at_once(*[lambda: undo_change(change_id=change.pk, user=admin)] * 3)
    assert [type(each) for each in results if isinstance(each, Exception)] == [ChangeNotAppliedError] * 2
    for case in cases:
        assert kinds(case).count("clock.recomputed") == 2


def test_two_changes_at_once_are_both_applied_whole(at):
    case = file()
    changes = [draft("calendar", days(day)) for day in ("2026-03-09", "2026-03-10")]
    admin = account("sysadmin1")
    results = at_once(*[lambda key=each.pk: apply_change(change_id=key, user=admin) for each in changes])
    assert not [each for each in results if isinstance(each, Exception)]
    assert the_clock(case).due_at == china("2026-03-18 17:30")
    assert kinds(case).count("clock.recomputed") == 2
    ensure_in_step(at.now)


def test_nobody_computes_by_a_calendar_that_is_being_replaced(at):
    """People go on filing and acting while changes come and go: whoever was first, all agree in the end."""
    cases = [file() for _ in range(3)]
    admin = account("sysadmin1")
    change = draft("calendar", HOLIDAY)
    results = at_once(
        lambda: apply_change(change_id=change.pk, user=admin),
        *[lambda: file()] * 4,
        *[lambda case=case: do(case, "reviewer1", result="supplement") for case in cases],
    )
    assert not [each for each in results if isinstance(each, Exception)]
    assert Clock.objects.count() == 10
    ensure_in_step(at.now)
    results = at_once(
        lambda: undo_change(change_id=change.pk, user=admin),
        *[lambda: file()] * 4,
        *[lambda case=case: do(case, "applicant1", note="补正") for case in cases],
    )
    assert not [each for each in results if isinstance(each, Exception)]
    ensure_in_step(at.now)


def test_it_waits_for_an_act_that_has_begun_and_makes_the_next_one_wait(at):
    case = file()
    change, admin = draft("calendar", HOLIDAY), account("sysadmin1")
    began, finish, order = threading.Event(), threading.Event(), []

    def act():
        with open_case(account("reviewer1"), pk=case.pk) as moving:
            moving.record_event("test.acted")
            began.set()
            finish.wait(30)
            order.append("act")

    def change_it():
        began.wait(30)
        apply_change(change_id=change.pk, user=admin)
        order.append("change")

    def file_another():
        began.wait(30)
        waits = any(_waits() or time.sleep(0.01) for _ in range(500))
        # The act ends when this filing stands behind the change in the queue.
        threading.Timer(0.3, finish.set).start()
        assert waits
        file()
        order.append("file")

    results = at_once(act, change_it, file_another)
    assert not [each for each in results if isinstance(each, Exception)], results
    assert order == ["act", "change", "file"]
    assert {clock.due_at for clock in Clock.objects.all()} == {china("2026-03-18 17:30")}


def _waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return bool(cursor.fetchone()[0])


def test_a_year_that_is_entered_meanwhile_is_not_filled_up_from_the_library():
    """Whoever enters a year by hand enters all of it: a server that starts just then leaves it alone."""
    CalendarDay.objects.filter(notice_id=2010).delete()
    CalendarNotice.objects.filter(pk=2010).delete()
    change, admin = draft("calendar", notice(2010, "2010-01-01")), account("sysadmin1")
    entered = threading.Event()

    def enter():
        with transaction.atomic():
            apply_change(change_id=change.pk, user=admin)
            entered.set()
            assert any(_waits() or time.sleep(0.01) for _ in range(500))

    def start():
        assert entered.wait(30)
        return seed_calendar()

    assert at_once(enter, start) == [None, 0]
    assert CalendarDay.objects.filter(notice_id=2010).count() == 1


def test_a_rule_that_is_edited_meanwhile_is_not_overwritten_by_a_release():
    """A server that starts just then brings its rules into force, and leaves what an administrator has just changed."""
    key = {"process": "objection", "clock": "accept", "jurisdiction": "", "valid_from": "2018-01-01"}
    change, admin = draft("rules", rules(rule(**key, amount=3, cap_amount=None))), account("sysadmin1")
    changed = threading.Event()

    def edit():
        with transaction.atomic():
            apply_change(change_id=change.pk, user=admin)
            changed.set()
            assert any(_waits() or time.sleep(0.01) for _ in range(500))

    def start():
        assert changed.wait(30)
        deploy_all()

    assert at_once(edit, start) == [None, None]
    assert DeadlineRule.objects.get(**key).amount == 3


def test_it_waits_for_warnings_that_are_being_fired(at):
    """Those do not stop for a change: it takes each case when they have written what they had to say."""
    case = file()
    change, admin = draft("calendar", HOLIDAY), account("sysadmin1")
    at("2026-03-13 10:00")
    claimed = threading.Event()

    def fire():
        with transaction.atomic():
            cases = sweeping._claim_rungs(10)
            claimed.set()
            waiting = "SELECT 1 FROM pg_locks WHERE locktype IN ('transactionid', 'tuple') AND NOT granted"
            assert any(rows.query(waiting) or time.sleep(0.01) for _ in range(500))
            return sweeping._fire_together(cases)

    def change_it():
        assert claimed.wait(30)
        return apply_change(change_id=change.pk, user=admin).status

    assert at_once(fire, change_it) == [2, "applied"]
    assert kinds(case)[-3:] == ["clock.warned", "clock.warned", "clock.recomputed"]
    assert is_sound(case)
    ensure_in_step(at.now)
    # What has fired stays so and is not planned anew.
    fired = the_clock(case).rungs.filter(fired_at__isnull=False).values_list("percent", flat=True)
    assert sorted(fired) == [50, 80]


def test_nothing_is_seen_before_it_is_committed():
    case = file()
    change, admin = draft("calendar", HOLIDAY), account("sysadmin1")

    def seen():
        return at_once(lambda: (the_clock(case).due_at, Change.objects.get().status))[0]

    with transaction.atomic():
        apply_change(change_id=change.pk, user=admin)
        assert seen() == (china("2026-03-16 17:30"), "draft")
        transaction.set_rollback(True)
    assert seen() == (china("2026-03-16 17:30"), "draft")


def test_the_calendar_that_another_process_holds_follows(committed_db):
    change = draft("calendar", HOLIDAY)
    with python(
        READER, DATABASE_URL=committed_db, DJANGO_SETTINGS_MODULE="workflow_app.settings.test"
    ) as reader:
        assert reader.stdout.readline() == "True\n"
        apply(change)
        assert reader.stdout.readline() == "False\n"
        undo(change)
        assert reader.stdout.readline() == "True\n"
        reader.communicate(timeout=30)
