"""A holiday that is announced late moves running cases through preview and apply, and back through undo."""

from datetime import date

import pytest

from notifications.models import Message
from tests.changes.support import (
    apply,
    day,
    days,
    draft,
    due_by_ledger,
    ensure_in_step,
    facts,
    snapshot,
    undo,
)
from tests.services.test_trail import chain
from tests.services.world import account, china, do, file, kinds, task, the_clock
from workflow_app.models import Case, ChangeEffect, Clock, ClockPause
from workflow_app.selectors.clocks import explain_clock
from workflow_app.selectors.previews import preview_change
from workflow_app.selectors.seeing import see_effects
from workflow_app.services.clocks import extend_clock, start_clock_until
from workflow_app.services.inbox import receive_message
from workflow_app.services.ticking import run_due
from workflow_app.services.transition import open_case

pytestmark = pytest.mark.usefixtures("acts")

TWO_DAYS = days("2026-03-09", "2026-03-10")


def awaiting_approval(at, moment: str = "2026-03-02 10:00") -> Case:
    """A case whose step has no timer: it goes on also when its clock has run out."""
    at(moment)
    case = file()
    do(case, "reviewer1", result="ok")
    return case


def test_several_clocks_of_one_case_are_one_case(at):
    file()
    case = file()
    with open_case(account("reviewer1"), pk=case.pk) as moving:
        start_clock_until(moving, "papers", date(2026, 3, 9))
    change = draft("calendar", TWO_DAYS)
    preview = preview_change(change)
    assert (preview.counts["moves"], preview.cases) == (3, 2)
    assert see_effects(apply(change)).cases == see_effects(undo(change)).cases == 2


def test_a_late_holiday_moves_running_cases_and_back_again(at):
    running, done = file(), file()
    with open_case(account("reviewer1"), pk=done.pk) as moving:
        moving.withdraw("withdrawn", "不办了")
    before = snapshot()
    change = draft("calendar", TWO_DAYS)
    preview = preview_change(change)
    assert preview.counts == {"moves": 1, "overdue": 0, "recovers": 0}
    (effect,) = preview.effects
    assert (effect.clock.case.number, effect.outcome) == (running.number, "moves")
    assert (effect.before_due_at, effect.after_due_at) == (
        china("2026-03-16 17:30"),
        china("2026-03-18 17:30"),
    )
    assert snapshot() == before

    change = apply(change)
    assert the_clock(running).due_at == china("2026-03-18 17:30")
    assert task(running).due_at == running.timers.get().due_at == china("2026-03-18 17:30")
    assert facts(running)["handle_due"] == the_clock(running).due_at.isoformat()
    assert the_clock(done).due_at == china("2026-03-16 17:30")
    # 6 hours of the 2nd and ten days of 7½ hours: half of these 81 hours are over in the afternoon of the 11th.
    assert the_clock(running).rungs.get(percent=50).due_at == china("2026-03-11 14:30")
    lines = {line.day.day: line.reason for line in explain_clock(the_clock(running), at.now)}
    assert lines[9] == "临时放假，不计入（国办发明电〔2025〕7号）"
    assert preview_change(change) == preview

    undo(change)
    assert snapshot() == before
    trail = [each for each in running.events.order_by("sequence") if each.kind == "clock.recomputed"]
    assert [(each.actor, each.data["change"], each.data.get("is_undo", False)) for each in trail] == [
        (account("sysadmin1"), change.pk, False),
        (account("sysadmin1"), change.pk, True),
    ]
    assert [(each.data["before"], each.data["after"]) for each in trail] == [
        (effect.before_due_at.isoformat(), effect.after_due_at.isoformat()),
        (effect.after_due_at.isoformat(), effect.before_due_at.isoformat()),
    ]
    assert chain(running) == bytes(Case.objects.get(pk=running.pk).event_hash)
    assert "clock.recomputed" not in kinds(done)


def test_removing_a_holiday_brings_cases_earlier(at):
    # Labour Day: 1 to 5 May are off by the notice of 2026, 9 May is worked for it.
    at("2026-04-28 10:00")
    case = file()
    assert the_clock(case).due_at == china("2026-05-14 17:30")
    change = apply(draft("calendar", days(day("2026-05-04", None), day("2026-05-05", None))))
    assert the_clock(case).due_at == china("2026-05-12 17:30")
    undo(change)
    assert the_clock(case).due_at == china("2026-05-14 17:30")
    ensure_in_step(at.now)


def test_one_becomes_overdue_and_fires_in_the_next_sweep(at):
    case = awaiting_approval(at, "2026-04-28 10:00")
    at("2026-05-13 10:00")
    run_due()
    assert the_clock(case).breached_at is None
    change = draft("calendar", days(day("2026-05-04", None), day("2026-05-05", None)))
    assert preview_change(change).counts == {"moves": 1, "overdue": 1, "recovers": 0}
    apply(change)
    assert the_clock(case).breached_at is None
    run_due()
    assert the_clock(case).breached_at == china("2026-05-12 17:30")
    assert kinds(case).count("clock.breached") == 1
    assert Message.objects.filter(case=case, event="overdue").exists()
    # Undone, it is not overdue any more, and is warned again when the time comes.
    undo(change)
    clock = the_clock(case)
    assert (clock.breached_at, clock.due_at) == (None, china("2026-05-14 17:30"))
    assert kinds(case).count("clock.recovered") == 1
    at("2026-05-14 17:31")
    run_due()
    assert the_clock(case).breached_at == china("2026-05-14 17:30")


def test_a_process_whose_timer_has_become_due_goes_on_with_the_next_sweep(at):
    at("2026-04-28 10:00")
    case = file()
    at("2026-05-13 10:00")
    apply(draft("calendar", days(day("2026-05-04", None), day("2026-05-05", None))))
    case.refresh_from_db()
    assert (case.status, task(case).due_at) == ("open", china("2026-05-12 17:30"))
    run_due()
    case.refresh_from_db()
    assert (case.status, case.outcome) == ("closed", "overdue")
    assert case.events.get(kind="timer.fired").data["late_seconds"] == 16.5 * 3600


def test_one_recovers_and_undoing_makes_it_overdue_without_a_second_breach(at):
    case = awaiting_approval(at)
    at("2026-03-17 10:00")
    run_due()
    assert the_clock(case).breached_at == china("2026-03-16 17:30")
    fired = list(the_clock(case).rungs.exclude(fired_at=None).values_list("percent", "due_at", "fired_at"))
    before, told = snapshot(), Message.objects.filter(event="overdue").count()
    change = draft("calendar", TWO_DAYS)
    assert preview_change(change).counts == {"moves": 1, "overdue": 0, "recovers": 1}
    apply(change)
    clock = the_clock(case)
    assert (clock.breached_at, clock.due_at) == (None, china("2026-03-18 17:30"))
    assert sorted(clock.rungs.filter(fired_at=None).values_list("percent", flat=True)) == [100, 150]
    assert case.events.get(kind="clock.recovered").data["change"] == change.pk
    undo(change)
    assert snapshot() == before
    assert (
        list(the_clock(case).rungs.exclude(fired_at=None).values_list("percent", "due_at", "fired_at"))
        == fired
    )
    run_due()
    assert kinds(case).count("clock.breached") == 1
    assert Message.objects.filter(event="overdue").count() == told


def test_what_stays_overdue_is_overdue_since_the_new_day(at):
    case = awaiting_approval(at)
    at("2026-03-27 10:00")
    run_due()
    before = snapshot()
    change = apply(draft("calendar", TWO_DAYS))
    assert change.effects.get().outcome == "moves"
    assert the_clock(case).breached_at == the_clock(case).due_at == china("2026-03-18 17:30")
    run_due()
    assert kinds(case).count("clock.breached") == 1
    undo(change)
    after = snapshot()
    # What fired stays fired; only what lies ahead is planned anew.
    assert {key for key in before if before[key] != after[key]} <= {"rungs"}
    assert the_clock(case).breached_at == china("2026-03-16 17:30")


def test_a_breach_before_an_extension_stays_a_breach(at):
    case = awaiting_approval(at)
    at("2026-03-17 10:00")
    run_due()
    missed = the_clock(case).breached_at
    with open_case(account("approver1"), pk=case.pk) as moving:
        extend_clock(moving, "handle", 2, "案情复杂")
    at("2026-03-19 10:00")
    assert the_clock(case).due_at == china("2026-03-18 17:30")
    change = apply(draft("calendar", TWO_DAYS))
    assert change.effects.get().outcome == "recovers"
    assert the_clock(case).breached_at == missed
    assert "clock.recovered" not in kinds(case)
    undo(change)
    assert (the_clock(case).breached_at, the_clock(case).due_at) == (missed, china("2026-03-18 17:30"))


def test_a_paused_clock_moves_by_what_stood_before_its_pause(at):
    case = file()
    at("2026-03-04 10:00")
    do(case, "reviewer1", result="train")
    change = draft("calendar", TWO_DAYS)
    at("2026-03-25 10:00")
    # It was paused in time and is not overdue, however long that lasts.
    assert preview_change(change).counts == {"moves": 1, "overdue": 0, "recovers": 0}
    apply(change)
    assert the_clock(case).due_at == china("2026-03-18 17:30")
    assert not the_clock(case).rungs.exists()
    receive_message(case_number=case.number, name="training.passed", key="x")
    clock = the_clock(case)
    assert clock.status == "running"
    assert clock.due_at == due_by_ledger(clock, at.now).due_at
    undo(change)
    clock = the_clock(case)
    assert clock.due_at == due_by_ledger(clock, at.now).due_at
    ensure_in_step(at.now)


def test_a_clock_that_was_extended_while_it_stood_still_moves_only_by_the_change(at):
    case = file()
    at("2026-03-04 10:00")
    do(case, "reviewer1", result="train")
    at("2026-03-06 10:00")
    with open_case(account("approver1"), pk=case.pk) as moving:
        extend_clock(moving, "handle", 3, "案情复杂")
    due = the_clock(case).due_at
    assert due == china("2026-03-19 17:30")
    # An ordinary day stays one: nothing moves.
    change = draft("calendar", days(day("2026-03-12", True, "照常上班")))
    assert preview_change(change).counts["moves"] == 0
    apply(change)
    assert the_clock(case).due_at == due
    change = apply(draft("calendar", TWO_DAYS))
    assert the_clock(case).due_at == china("2026-03-23 17:30")
    undo(change)
    assert the_clock(case).due_at == due
    ensure_in_step(at.now)


def test_clocks_that_began_since_follow_when_it_is_undone(at):
    change = apply(draft("calendar", TWO_DAYS))
    case = file()
    assert the_clock(case).due_at == china("2026-03-18 17:30")
    undo(change)
    assert the_clock(case).due_at == china("2026-03-16 17:30")
    ensure_in_step(at.now)


def test_a_pause_that_lies_in_the_new_holiday_does_not_count_twice(at):
    case = file()
    at("2026-03-09 08:30")
    do(case, "reviewer1", result="supplement")
    at("2026-03-10 17:30")
    do(case, "applicant1", note="补正")
    assert ClockPause.objects.filter(clock=the_clock(case)).count() == 1
    assert the_clock(case).due_at == china("2026-03-18 17:30")
    # Off were the very days on which it stood still anyway.
    change = draft("calendar", TWO_DAYS)
    assert preview_change(change).counts["moves"] == 0
    apply(change)
    assert the_clock(case).due_at == china("2026-03-18 17:30")
    ensure_in_step(at.now)


def test_a_rung_beyond_the_end_moves_although_the_end_does_not(at):
    case = awaiting_approval(at)
    before = the_clock(case).rungs.get(percent=150).due_at
    assert before > china("2026-03-20 00:00")
    change = draft("calendar", days("2026-03-18"))
    assert preview_change(change).counts["moves"] == 0
    apply(change)
    assert the_clock(case).due_at == china("2026-03-16 17:30")
    assert the_clock(case).rungs.get(percent=150).due_at > before
    undo(change)
    assert the_clock(case).rungs.get(percent=150).due_at == before


def test_what_nothing_concerns_is_not_touched(at):
    case = file()
    change = apply(draft("calendar", days("2026-05-20")))
    assert not ChangeEffect.objects.exists()
    assert "clock.recomputed" not in kinds(case)
    again = apply(draft("calendar", days(day("2026-05-20", None))))
    assert (change.status, again.status) == ("applied", "applied")


def test_whoever_saw_the_case_may_still_act(at):
    case = file()
    apply(draft("calendar", TWO_DAYS))
    seen = case.lock_version
    case.refresh_from_db()
    assert case.lock_version == seen
    do(case, "reviewer1", result="ok")
    assert task(case).element == "task_approve"
    assert task(case).due_at == china("2026-03-18 17:30")


def test_computing_anew_without_a_change_changes_nothing(at):
    file()
    case = file()
    at("2026-03-04 10:00")
    do(case, "reviewer1", result="train")
    change = apply(draft("calendar", days("2026-03-09")))
    before = snapshot()
    again = apply(draft("calendar", days("2026-03-09")))
    assert snapshot() == before
    assert not again.effects.exists()
    assert Clock.objects.filter(effects__change=change).count() == 2
