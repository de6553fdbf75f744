"""Running processes: people, data, operations, and everything that must not happen."""

import logging
from typing import Any
from uuid import uuid4

import pytest

from tests.engine.playing import DUE, Calls, do, start, tasks
from tests.engine.samples import NOW, bundle, catch, diagram, gateway, rule, service, table, user
from workflow_app.domain.errors import CreditError
from workflow_app.engine.errors import (
    DataRefusedError,
    DecisionUnmatchedError,
    ExpressionFailedError,
    OperationMissingError,
    TaskGoneError,
)
from workflow_app.engine.run import Run

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


def test_the_engine_is_silent_about_data(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    run = start(DECIDE)
    do(run, "task_a", result="secret")
    assert "secret" not in caplog.text
    assert not [record for record in caplog.records if record.name.startswith("spiff")]
