"""Running processes: branches that meet, loops, and what never ends."""

import pytest

from tests.engine.playing import DUE, Calls, again, do, start, tasks
from tests.engine.samples import boundary, bundle, diagram, gateway, service, user
from workflow_app.engine.errors import (
    EndlessStepsError,
)
from workflow_app.engine.run import MAX_STEPS

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
