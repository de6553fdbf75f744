"""Decision tables: exactly one row, or loud."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.samples import table
from workflow_app.engine.decisions import Decision, read_decision
from workflow_app.engine.errors import DecisionUnmatchedError, DefinitionInvalidError, ExpressionFailedError

SEVERITY = table(
    "eligibility",
    ["severity", "months"],
    ["may_apply", "wait"],
    [
        (['"minor"', "-"], ["True", "0"]),
        (['"general"', ">= 3"], ["True", "0"]),
        (['"general"', "&lt; 3"], ["False", "3"]),
        (['"serious"', ""], ["months >= 6", "6"]),
    ],
)


def read(text: str) -> Decision:
    return read_decision(text, "bpmn/sample/eligibility.dmn")


@pytest.mark.parametrize(
    ("severity", "months", "answer"),
    [
        ("minor", 0, {"may_apply": True, "wait": 0}),
        ("general", 3, {"may_apply": True, "wait": 0}),
        ("general", 2, {"may_apply": False, "wait": 3}),
        ("serious", 5, {"may_apply": False, "wait": 6}),
        ("serious", 6, {"may_apply": True, "wait": 6}),
    ],
)
def test_one_row_answers(severity: str, months: int, answer: dict[str, object]) -> None:
    assert read(SEVERITY).decide({"severity": severity, "months": months}) == answer


def test_no_row_is_an_error_not_an_empty_answer() -> None:
    with pytest.raises(DecisionUnmatchedError) as error:
        read(SEVERITY).decide({"severity": "none", "months": 1})
    assert error.value.params == {"decision": "eligibility", "matches": 0}


def test_two_rows_are_an_error_not_the_first_one() -> None:
    text = table("eligibility", ["n"], ["a"], [([">= 1"], ["'one'"]), ([">= 2"], ["'two'"])])
    assert read(text).decide({"n": 1}) == {"a": "one"}
    with pytest.raises(DecisionUnmatchedError) as error:
        read(text).decide({"n": 2})
    assert error.value.params["matches"] == 2


def test_a_fact_without_value_is_an_error() -> None:
    with pytest.raises(ExpressionFailedError):
        read(SEVERITY).decide({"severity": "general"})
    with pytest.raises(ExpressionFailedError):
        read(SEVERITY).decide({"severity": "general", "months": None})


@given(st.integers(-10, 30), st.lists(st.integers(-5, 25), min_size=1, max_size=6, unique=True))
def test_a_partition_always_answers_with_the_interval_of_the_value(value: int, cuts: list[int]) -> None:
    cuts = sorted(cuts)
    cells = [f"&lt; {cuts[0]}"]
    cells += [f"{low} &lt;= ? &lt; {high}" for low, high in pairwise(cuts)]
    cells += [f">= {cuts[-1]}"]
    text = table("eligibility", ["n"], ["part"], [([cell], [str(i)]) for i, cell in enumerate(cells)])
    assert read(text).decide({"n": value}) == {"part": sum(value >= cut for cut in cuts)}


@pytest.mark.parametrize(("aggregation", "answer"), [("SUM", 5), ("COUNT", 2), ("MIN", 2), ("MAX", 3)])
def test_collect_aggregates(aggregation: str, answer: int) -> None:
    text = table(
        "eligibility",
        ["a", "b"],
        ["n"],
        [(["True", "-"], ["2"]), (["-", "True"], ["3"])],
        attributes=f'hitPolicy="COLLECT" aggregation="{aggregation}"',
    )
    assert read(text).decide({"a": True, "b": True}) == {"n": answer}


def test_collect_of_nothing() -> None:
    def collect(aggregation: str) -> dict[str, object]:
        text = table(
            "eligibility",
            ["a"],
            ["n"],
            [(["True"], ["2"])],
            attributes=f'hitPolicy="COLLECT" aggregation="{aggregation}"',
        )
        return read(text).decide({"a": False})

    assert collect("SUM") == {"n": 0}
    assert collect("COUNT") == {"n": 0}
    for aggregation in ("MIN", "MAX"):
        with pytest.raises(DecisionUnmatchedError):
            collect(aggregation)


@pytest.mark.parametrize("policy", ["FIRST", "PRIORITY", "ANY", "RULE ORDER", "OUTPUT ORDER"])
def test_other_hit_policies_are_refused(policy: str) -> None:
    text = table("eligibility", ["a"], ["n"], [(["-"], ["1"])], attributes=f'hitPolicy="{policy}"')
    with pytest.raises(DefinitionInvalidError, match="命中策略"):
        read(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (table("eligibility", ["a.b"], ["n"], [(["-"], ["1"])]), "输入"),
        (table("eligibility", ["a"], ["n"], [(["open('x')"], ["1"])]), "第 1 行"),
        (table("eligibility", ["a"], ["n"], [(["-"], ["__import__('os')"])]), "第 1 行"),
        (table("eligibility", ["a"], ["typename"], [(["-"], ["1"])]), "输出名称"),
        (table("eligibility", ["a"], ["a.b"], [(["-"], ["1"])]), "输出名称"),
        (table("eligibility", ["a"], ["__class__"], [(["-"], ["1"])]), "输出名称"),
        (table("eligibility", ["a"], ["n"], []), "没有规则"),
        (table("eligibility", ["a", "b"], ["n"], [(["-"], ["1"])]), "格数"),
        (table("eligibility", ["a"], ["n", "m"], [(["-"], ["1"])]), "格数"),
        (table("eligibility", ["a"], ["n"], [(["-"], ["1"])], attributes='hitPolicy="COLLECT"'), "汇总"),
        (
            table(
                "eligibility",
                ["a"],
                ["n", "m"],
                [(["-"], ["1", "2"])],
                attributes='hitPolicy="COLLECT" aggregation="SUM"',
            ),
            "汇总",
        ),
    ],
)
def test_bad_tables_are_refused_when_they_are_read(text: str, reason: str) -> None:
    with pytest.raises(DefinitionInvalidError, match=reason):
        read(text)
