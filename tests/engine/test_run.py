"""Running processes: people, timers, messages, branches, loops, and everything that must not happen."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.engine.samples import NOW, boundary, bundle, catch, diagram, gateway, rule, service, table, user
from workflow_app.domain.errors import CreditError
from workflow_app.engine.bundles import Bundle
from workflow_app.engine.errors import (
    DataRefusedError,
    DecisionUnmatchedError,
    EndlessStepsError,
    ExpressionFailedError,
    OperationMissingError,
    TaskGoneError,
    TimerUnsetError,
)
from workflow_app.engine.run import MAX_STEPS, Run

DUE = NOW + timedelta(days=5)


class Calls(list[tuple[str, Any]]):
    """Operations that write down how they were called."""

    def operations(self, **results: Any) -> dict[str, Any]:
        def make(name: str, result: Any) -> Any:
            def call(context: Any, **params: Any) -> Any:
                self.append((name, params))
                return result(context, **params) if callable(result) else result

            return call

        return {
            name.replace("__", "."): make(name.replace("__", "."), result) for name, result in results.items()
        }


def start(of: Bundle, operations: dict[str, Any] | None = None, *, now: datetime = NOW, **data: Any) -> Run:
    run = Run.start(of, {"channel": "online", **data}, operations or {}, "the context", now)
    run.advance()
    return run


def again(run: Run, of: Bundle, operations: dict[str, Any] | None = None, *, now: datetime = NOW) -> Run:
    """The same instance, stored and read back."""
    return Run.load(of, "CN-1", *run.dump("CN-1"), operations or {}, "the context", now)


def tasks(run: Run) -> dict[str, UUID]:
    return {task.spec.element: task.engine_id for task in run.human_tasks()}


def do(run: Run, element: str, **data: Any) -> None:
    run.complete(tasks(run)[element], data)
    run.advance()


DECIDE = bundle(
    diagram(
        [
            "start",
            user("task_a", form="decide", clock="handle"),
            gateway("gw", default="flow_3"),
            "end",
            "end_no",
        ],
        ["start > task_a", "task_a > gw", "gw > end : result == 'yes'", "gw > end_no"],
        lanes={"reviewer": ["task_a"]},
    ),
    promoted={"task_a": ("result",)},
)


def test_a_task_waits_and_its_answer_decides() -> None:
    run = start(DECIDE)
    (task,) = run.human_tasks()
    assert (task.spec.element, task.spec.role, task.spec.form) == ("task_a", "reviewer", "decide")
    assert (task.spec.title, task.spec.title_en, task.spec.clock) == ("task_a", "task_a", "handle")
    assert run.position() == {"active": ["task_a"], "done": ["start"]}
    assert not run.completed
    assert run.ended_at() is None
    assert run.title_of("gw") == "gw"
    do(run, "task_a", result="yes")
    assert run.completed
    assert run.ended_at() == "end"
    assert run.completed_elements() == {"start", "task_a", "gw", "end"}
    assert run.data == {"channel": "online", "result": "yes"}


@pytest.mark.parametrize("answer", ["no", None, "", "YES"])
def test_anything_else_takes_the_default(answer: object) -> None:
    run = start(DECIDE)
    do(run, "task_a", result=answer)
    assert run.ended_at() == "end_no"


def test_nothing_runs_before_it_is_told_to() -> None:
    calls = Calls()
    of = bundle(diagram(["start", service("do_a", "note"), "end"], ["start > do_a", "do_a > end"]))
    run = Run.start(of, {}, calls.operations(note=None), None, NOW)
    assert calls == []
    run.advance()
    assert calls == [("note", {})]


def test_a_task_is_done_once() -> None:
    run = start(DECIDE)
    task = tasks(run)["task_a"]
    run.complete(task, {"result": "yes"})
    for gone in (task, uuid4()):
        with pytest.raises(TaskGoneError):
            run.complete(gone, {"result": "no"})
    run.advance()
    assert run.ended_at() == "end"


def test_what_is_no_user_task_cannot_be_completed() -> None:
    of = bundle(diagram(["start", catch("timer_a", timer="a_due"), "end"], ["start > timer_a", "timer_a > end"]),
                inputs=("a_due",))  # fmt: skip
    run = start(of, a_due=DUE.isoformat())
    with pytest.raises(TaskGoneError):
        run.complete(run.timers()[0].engine_id, {})


# Data


@pytest.mark.parametrize(
    "data",
    [
        {"approved": True},
        {"typename": "UUID"},
        {"result": {"typename": "UUID", "value": "x"}},
        {"result": ["a"]},
        {"result": 1.5},
        {"result": NOW},
        {"result": b"x"},
        {"result": "x" * 501},
        {"result": "\ud800"},
        {"result": "a\0b"},
        {"result": 2**60},
        {"result": type("Text", (str,), {})("x")},
        {"result": type("Whole", (int,), {})(1)},
        {"__builtins__": 1},
        {"Result": "x"},
        {"": 1},
        {1: 1},
    ],
)
def test_only_promoted_single_values_enter_from_a_form(data: dict[Any, Any]) -> None:
    run = start(DECIDE)
    with pytest.raises(DataRefusedError):
        run.complete(tasks(run)["task_a"], {"result": "yes", **data} if "result" not in data else data)
    # Nothing of it has entered, and the task still waits.
    assert run.data == {"channel": "online"}
    do(run, "task_a", result="yes")


@pytest.mark.parametrize("data", [{"approved": True}, {"typename": "x"}, {"len": 1}, {"channel": ["online"]}])
def test_only_inputs_enter_at_the_start(data: dict[str, Any]) -> None:
    with pytest.raises(DataRefusedError):
        Run.start(DECIDE, data, {}, None, NOW)


@pytest.mark.parametrize(
    "result",
    [
        {"typename": "UUID"},
        {"a": {"typename": "UUID"}},
        {"a": [1]},
        {"a": DUE},
        {"a": 1.0},
        {"a.b": 1},
        {"A": 1},
        {"__class__": 1},
        {"a": "x" * 501},
        {"a": object()},
        {"a": print},
    ],
)
def test_operations_return_single_values(result: dict[str, Any]) -> None:
    of = bundle(diagram(["start", service("do_a", "note"), "end"], ["start > do_a", "do_a > end"]))
    with pytest.raises(DataRefusedError):
        start(of, Calls().operations(note=result))


def test_data_outside_cannot_be_changed_through_a_copy() -> None:
    run = start(DECIDE)
    run.data["result"] = "yes"
    assert "result" not in run.data


# Operations


def test_operations_get_the_context_and_evaluated_parameters() -> None:
    calls = Calls()
    seen = []
    of = bundle(
        diagram(
            [
                "start", service("do_a", "clock.start", name="'handle'", amount="days"),
                service("do_b", "note", due="handle_due"), "end",
            ],
            ["start > do_a", "do_a > do_b", "do_b > end"],
        ),
        inputs=("days",),
    )  # fmt: skip

    def begin(context: Any, name: str, amount: int) -> dict[str, str]:
        seen.append(context)
        return {f"{name}_due": "soon"}

    start(of, calls.operations(clock__start=begin, note=None), days=3)
    assert calls == [("clock.start", {"name": "handle", "amount": 3}), ("note", {"due": "soon"})]
    assert seen == ["the context"]


class CapError(CreditError):
    code = "cap"
    message = "超过上限"


@pytest.mark.parametrize("error", [CapError(), ValueError("a fault"), RuntimeError("x")])
def test_errors_of_operations_come_out_as_they_are(error: Exception) -> None:
    def fail(context: Any) -> None:
        raise error

    of = bundle(diagram(["start", service("do_a", "note"), "end"], ["start > do_a", "do_a > end"]))
    with pytest.raises(type(error)) as found:
        start(of, {"note": fail})
    assert found.value is error


def test_a_missing_operation_is_named() -> None:
    of = bundle(diagram(["start", service("do_a", "open.door"), "end"], ["start > do_a", "do_a > end"]))
    with pytest.raises(OperationMissingError) as error:
        start(of)
    assert error.value.params == {"operation": "open.door"}


def test_a_condition_about_an_unknown_fact_is_an_error() -> None:
    of = bundle(
        diagram(
            ["start", gateway("gw", default="flow_2"), "end", "end_b"],
            ["start > gw", "gw > end : approved == True", "gw > end_b"],
        )
    )
    with pytest.raises(ExpressionFailedError):
        start(of)


def test_decisions_set_facts_and_are_loud() -> None:
    of = bundle(
        diagram(
            ["start", rule("decide", "eligibility"), gateway("gw", default="flow_3"), "end", "end_no"],
            ["start > decide", "decide > gw", "gw > end : may_apply", "gw > end_no"],
        ),
        tables={
            "eligibility": table(
                "eligibility",
                ["n"],
                ["may_apply"],
                [(["1"], ["True"]), (["2, 3"], ["False"]), (["3"], ["True"])],
            )
        },
        inputs=("n",),
    )  # fmt: skip
    assert start(of, n=1).ended_at() == "end"
    assert start(of, n=2).ended_at() == "end_no"
    for value, matches in ((3, 2), (4, 0)):
        with pytest.raises(DecisionUnmatchedError) as error:
            start(of, n=value)
        assert error.value.params["matches"] == matches


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


# Branches

PARALLEL = bundle(
    diagram(
        [
            "start", gateway("gw_split", "parallel"), user("task_a"), user("task_b"), user("task_c"),
            gateway("gw_join", "parallel"), "end",
        ],
        [
            "start > gw_split", "gw_split > task_a", "gw_split > task_b", "gw_split > task_c", "task_a > gw_join",
            "task_b > gw_join", "task_c > gw_join", "gw_join > end",
        ],
    ),
    promoted={"task_a": ("a",), "task_b": ("b",), "task_c": ("c",)},
)  # fmt: skip


@pytest.mark.parametrize("order", ["abc", "bca", "cab", "acb"])
@pytest.mark.parametrize("stored", [False, True])
def test_parallel_branches_meet_whatever_the_order(order: str, stored: bool) -> None:
    run = start(PARALLEL)
    assert set(tasks(run)) == {"task_a", "task_b", "task_c"}
    for number, branch in enumerate(order):
        assert not run.completed
        do(run, f"task_{branch}", **{branch: number})
        if stored:
            run = again(run, PARALLEL)
    assert run.ended_at() == "end"
    assert set(run.data) == {"channel", "a", "b", "c"}


NESTED = bundle(
    diagram(
        [
            "start", gateway("gw_outer", "parallel"), user("task_a"), gateway("gw_inner", "parallel"), user("task_b"),
            user("task_c"), gateway("gw_join", "parallel"), "end",
        ],
        [
            "start > gw_outer", "gw_outer > task_a", "gw_outer > gw_inner", "gw_inner > task_b", "gw_inner > task_c",
            "task_a > gw_join", "task_b > gw_join", "task_c > gw_join", "gw_join > end",
        ],
    )
)  # fmt: skip


@pytest.mark.parametrize("order", ["abc", "acb", "bac", "bca", "cab", "cba"])
def test_a_join_over_nested_splits_forgets_no_branch_when_stored(order: str) -> None:
    run = start(NESTED)
    for branch in order:
        do(run, f"task_{branch}")
        run = again(run, NESTED)
    assert (run.completed, run.ended_at()) == (True, "end")


# Loops

LOOP = bundle(
    diagram(
        [
            "start", user("task_a"), boundary("timer_a", "task_a", timer="a_due"), gateway("gw", default="flow_3"),
            user("task_back"), "end", "end_late",
        ],
        [
            "start > task_a", "task_a > gw", "gw > task_back : result == 'again'", "gw > end", "task_back > task_a",
            "timer_a > end_late",
        ],
    ),
    promoted={"task_a": ("result",)},
    inputs=("a_due",),
)  # fmt: skip


def test_going_back_and_forth_for_years_costs_nothing() -> None:
    run = start(LOOP, a_due=DUE.isoformat())
    sizes = set()
    ids = set()
    for _ in range(400):
        ids.add(tasks(run)["task_a"])
        do(run, "task_a", result="again")
        do(run, "task_back")
        run = again(run, LOOP)
        sizes.add(len(run.dump("CN-1")[0]) // 20)
    assert len(ids) == 400, "each visit to a task is one of its own"
    assert max(sizes) - min(sizes) <= 2
    do(run, "task_a", result="done")
    assert run.ended_at() == "end"


def test_a_loop_without_people_is_stopped() -> None:
    of = bundle(
        diagram(
            ["start", service("do_a", "note"), gateway("gw", default="flow_2"), "end"],
            ["start > do_a", "do_a > gw", "gw > do_a", "gw > end : channel == 'x'"],
        )
    )
    calls = Calls()
    with pytest.raises(EndlessStepsError) as error:
        start(of, calls.operations(note=None))
    assert error.value.params == {"process": "sample", "steps": MAX_STEPS}
    assert len(calls) <= MAX_STEPS


def test_branches_that_spawn_branches_are_stopped() -> None:
    of = bundle(
        diagram(
            [
                "start", gateway("gw_merge"), gateway("gw", "parallel"), service("do_a", "note"),
                service("do_b", "note"), "end",
            ],
            [
                "start > gw_merge", "gw_merge > gw", "gw > do_a", "gw > do_b", "gw > end", "do_a > gw_merge",
                "do_b > gw_merge",
            ],
        )
    )  # fmt: skip
    with pytest.raises(EndlessStepsError):
        start(of, Calls().operations(note=None))


ROUNDS = bundle(
    diagram(
        [
            "start", gateway("gw_merge"), gateway("gw_split", "parallel"), user("task_a"), user("task_b"),
            gateway("gw_join", "parallel"), user("task_c"), gateway("gw", default="flow_7"), "end",
        ],
        [
            "start > gw_merge", "gw_merge > gw_split", "gw_split > task_a", "gw_split > task_b", "task_a > gw_join",
            "task_b > gw_join", "gw_join > task_c", "gw > end", "task_c > gw", "gw > gw_merge : result == 'again'",
        ],
    ),
    promoted={"task_c": ("result",)},
)  # fmt: skip


@pytest.mark.parametrize("stored", [False, True])
def test_every_round_of_a_loop_waits_for_all_its_branches(stored: bool) -> None:
    run = start(ROUNDS)
    for first, second in (("task_a", "task_b"), ("task_b", "task_a"), ("task_b", "task_a")):
        do(run, first)
        assert set(tasks(run)) == {second}
        if stored:
            run = again(run, ROUNDS)
        do(run, second)
        assert set(tasks(run)) == {"task_c"}
        do(run, "task_c", result="again")
    assert set(tasks(run)) == {"task_a", "task_b"}


def test_the_longest_chain_runs_in_one_go() -> None:
    calls = Calls()
    chain = [service(f"do_{n}", "note", n=str(n)) for n in range(197)]
    flows = ["start > do_0", *(f"do_{n} > do_{n + 1}" for n in range(196)), "do_196 > end"]
    run = start(bundle(diagram(["start", *chain, "end"], flows)), calls.operations(note=None))
    assert run.ended_at() == "end"
    assert [params["n"] for _, params in calls] == list(range(197))


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


def test_the_engine_is_silent_about_data(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    run = start(DECIDE)
    do(run, "task_a", result="secret")
    assert "secret" not in caplog.text
    assert not [record for record in caplog.records if record.name.startswith("spiff")]
