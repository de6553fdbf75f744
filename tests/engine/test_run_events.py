"""Running processes: timers, messages, and the first of several events."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.engine.playing import DUE, Calls, again, do, start, tasks
from tests.engine.samples import NOW, boundary, bundle, catch, diagram, gateway, service, user
from workflow_app.engine.errors import (
    TaskGoneError,
    TimerUnsetError,
)

# Timers

TIMED = bundle(
    diagram(
        [
            "start", user("task_a"), boundary("timer_a", "task_a", timer="handle_due"), service("do_late", "note"),
            "end", "end_late",
        ],
        ["start > task_a", "task_a > end", "timer_a > do_late", "do_late > end_late"],
    ),
    inputs=("handle_due",),
)  # fmt: skip


def test_a_timer_fires_when_the_given_moment_has_come() -> None:
    calls = Calls()
    operations = calls.operations(note=None)
    run = start(TIMED, operations, handle_due=DUE.isoformat())
    (timer,) = run.timers()
    assert (timer.element, timer.due_at) == ("timer_a", DUE)
    assert timer.due_at.tzinfo is UTC
    early = again(run, TIMED, operations, now=DUE - timedelta(microseconds=1))
    early.advance()
    assert tasks(early)
    due = again(run, TIMED, operations, now=DUE)
    assert due.timers() == [timer]
    due.advance()
    assert due.ended_at() == "end_late"
    assert due.human_tasks() == []
    assert due.timers() == []
    assert calls == [("note", {})]


@pytest.mark.parametrize("year", [1999, 2099])
def test_the_machines_clock_decides_nothing(year: int) -> None:
    moment = datetime(year, 1, 1, tzinfo=UTC)
    run = start(TIMED, now=moment, handle_due=(moment + timedelta(days=1)).isoformat())
    assert tasks(run)
    later = again(run, TIMED, Calls().operations(note=None), now=moment + timedelta(days=2))
    later.advance()
    assert later.ended_at() == "end_late"


def test_done_in_time_the_timer_is_gone() -> None:
    run = start(TIMED, handle_due=DUE.isoformat())
    do(run, "task_a")
    assert run.ended_at() == "end"
    assert run.timers() == []
    late = again(run, TIMED, now=DUE + timedelta(days=1))
    late.advance()
    assert late.ended_at() == "end"


def test_a_timer_that_is_due_when_it_is_reached_fires_at_once() -> None:
    run = start(TIMED, Calls().operations(note=None), handle_due=(NOW - timedelta(days=1)).isoformat())
    assert run.ended_at() == "end_late"


def test_zones_are_understood() -> None:
    run = start(TIMED, handle_due="2026-03-07T10:00:00+08:00")
    assert run.timers()[0].due_at == datetime(2026, 3, 7, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "value", ["2026-03-07T10:00:00", "2026-03-07", "P1M", "R/PT1S", "soon", "", None, 5, True]
)
def test_a_timer_without_a_moment_and_its_zone_is_an_error(value: Any) -> None:
    with pytest.raises(TimerUnsetError) as error:
        start(TIMED, handle_due=value)
    assert error.value.params["element"] == "timer_a"


def test_a_timer_whose_fact_was_never_set_is_an_error() -> None:
    with pytest.raises(TimerUnsetError):
        start(TIMED)


EXTENDED = bundle(
    diagram(
        [
            "start", gateway("gw_split", "parallel"), user("task_a"), boundary("timer_a", "task_a", timer="handle_due"),
            user("task_extend"), service("do_extend", "clock.extend"), gateway("gw_join", "parallel"), "end",
            "end_late",
        ],
        [
            "start > gw_split", "gw_split > task_a", "gw_split > task_extend", "task_extend > do_extend",
            "do_extend > gw_join", "task_a > gw_join", "gw_join > end", "timer_a > end_late",
        ],
    ),
    inputs=("handle_due",),
)  # fmt: skip


def test_an_extended_clock_moves_the_timer_that_waits() -> None:
    longer = DUE + timedelta(days=10)
    operations = Calls().operations(clock__extend={"handle_due": longer.isoformat()})
    run = start(EXTENDED, operations, handle_due=DUE.isoformat())
    before = run.timers()
    do(run, "task_extend")
    assert [(timer.engine_id, timer.due_at) for timer in run.timers()] == [(before[0].engine_id, longer)]
    run = again(run, EXTENDED, operations, now=DUE + timedelta(days=1))
    run.advance()
    do(run, "task_a")
    assert run.ended_at() == "end"


def test_a_side_branch_leaves_its_host_alone() -> None:
    calls = Calls()
    of = bundle(
        diagram(
            [
                "start", user("task_a"), boundary("timer_a", "task_a", timer="a_due", interrupting=False),
                service("do_warn", "note"), "end_side", "end",
            ],
            ["start > task_a", "task_a > end", "timer_a > do_warn", "do_warn > end_side"],
        ),
        inputs=("a_due",),
    )  # fmt: skip
    operations = calls.operations(note=None)
    run = start(of, operations, a_due=DUE.isoformat())
    task = tasks(run)["task_a"]
    for hours in (0, 1, 2):
        run = again(run, of, operations, now=DUE + timedelta(hours=hours))
        run.advance()
    assert tasks(run) == {"task_a": task}
    assert calls == [("note", {})]
    assert not run.completed
    do(run, "task_a")
    assert (run.completed, run.ended_at()) == (True, "end")


# Messages

TRAINED = bundle(
    diagram(
        [
            "start", user("task_train"), boundary("msg_passed", "task_train", message="training.passed"), "end",
            "end_passed",
        ],
        ["start > task_train", "task_train > end", "msg_passed > end_passed"],
    )
)  # fmt: skip


def test_a_message_reaches_whoever_waits() -> None:
    run = again(start(TRAINED), TRAINED)
    assert run.waiting_messages() == {"training.passed"}
    assert run.send("training.failed") is False
    assert run.send("training.passed") is True
    run.advance()
    assert run.ended_at() == "end_passed"
    assert run.waiting_messages() == set()
    assert run.send("training.passed") is False


RACE = bundle(
    diagram(
        [
            "start", gateway("gw", "eventBased"), catch("msg_passed", message="training.passed"),
            catch("timer_late", timer="train_due"), "end_passed", "end_late",
        ],
        ["start > gw", "gw > msg_passed", "gw > timer_late", "msg_passed > end_passed", "timer_late > end_late"],
    ),
    inputs=("train_due",),
)  # fmt: skip


@pytest.mark.parametrize("stored", [False, True])
def test_the_first_event_behind_an_event_gateway_wins(stored: bool) -> None:
    run = start(RACE, train_due=DUE.isoformat())
    if stored:
        run = again(run, RACE)
    assert run.position()["active"] == ["msg_passed", "timer_late"]
    run.send("training.passed")
    run.advance()
    assert run.ended_at() == "end_passed"
    assert (run.completed, run.timers()) == (True, [])
    late = again(start(RACE, train_due=DUE.isoformat()), RACE, now=DUE)
    late.advance()
    assert late.ended_at() == "end_late"
    assert late.send("training.passed") is False


def test_both_events_at_once_still_give_one_end() -> None:
    run = again(start(RACE, train_due=DUE.isoformat()), RACE, now=DUE)
    run.send("training.passed")
    run.advance()
    assert run.completed
    assert len(run.completed_elements() & {"end_passed", "end_late"}) == 1
    assert len(run.completed_elements() & {"msg_passed", "timer_late"}) == 1


# Ending


def test_a_cancelled_process_waits_for_nothing() -> None:
    run = start(TIMED, handle_due=DUE.isoformat())
    task = tasks(run)["task_a"]
    run.cancel()
    assert run.completed
    assert run.ended_at() is None
    assert (run.human_tasks(), run.timers(), run.waiting_messages()) == ([], [], set())
    run = again(run, TIMED, now=DUE + timedelta(days=9))
    run.advance()
    assert (run.completed, run.ended_at()) == (True, None)
    with pytest.raises(TaskGoneError):
        run.complete(task, {})
