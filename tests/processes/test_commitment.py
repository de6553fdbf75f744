"""Decision tables, rules and texts of 信用承诺, row by row."""

from datetime import date
from itertools import product
from typing import Any

import pytest
import yaml

from bpmn.commitment.process import PROCESS
from workflow_app.demo.names import subject_code
from workflow_app.domain import clock
from workflow_app.engine.bundles import Bundle, discover
from workflow_app.engine.errors import DecisionUnmatchedError
from workflow_app.engine.programs import program_of
from workflow_app.models import Agency, RoleGrant, Subject, SubjectAccount, Task, User
from workflow_app.models.matters import CommitmentType
from workflow_app.selectors.access import Access
from workflow_app.selectors.rules import rules_in_force
from workflow_app.services.cases import file_case

TOLD = ("approval", "proof", "deferred")
VOLUNTARY = ("public", "industry", "repair")


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return discover()["commitment"]


def eligibility(bundle: Bundle, **facts: Any) -> dict[str, Any]:
    return program_of(bundle).decisions["eligibility"].decide(facts)


@pytest.mark.parametrize(
    ("kind", "is_suitable", "has_breach", "has_serious"),
    list(product(CommitmentType.values, [True, False], [True, False], [True, False])),
)
def test_exactly_one_row_answers_whatever_the_facts(
    bundle: Bundle, kind: str, is_suitable: bool, has_breach: bool, has_serious: bool
) -> None:
    found = eligibility(
        bundle,
        commitment_type=kind,
        is_suitable=is_suitable,
        has_breach=has_breach,
        has_serious_record=has_serious,
    )
    if not is_suitable:
        expected = (False, "matter_unsuitable")
    elif kind in VOLUNTARY:
        expected = (True, "eligible")
    elif has_breach:
        expected = (False, "earlier_breach")
    elif has_serious:
        expected = (False, "serious_record")
    else:
        expected = (True, "eligible")
    assert (found["is_eligible"], found["eligibility"]) == expected


def test_a_type_nobody_knows_is_loud(bundle: Bundle) -> None:
    with pytest.raises(DecisionUnmatchedError):
        eligibility(
            bundle, commitment_type="other", is_suitable=True, has_breach=False, has_serious_record=False
        )


@pytest.mark.parametrize(
    ("kind", "needs_decision", "has_missing_papers"),
    [
        ("approval", True, False),
        ("proof", True, False),
        ("deferred", True, True),
        ("public", False, False),
        ("industry", False, False),
        ("repair", False, False),
    ],
)
def test_the_type_decides_how_it_is_handled(
    bundle: Bundle, kind: str, needs_decision: bool, has_missing_papers: bool
) -> None:
    assert program_of(bundle).decisions["handling"].decide({"commitment_type": kind}) == {
        "needs_decision": needs_decision,
        "has_missing_papers": has_missing_papers,
    }


def test_every_type_of_matter_is_handled() -> None:
    assert set(CommitmentType.values) == {*TOLD, *VOLUNTARY}


def test_who_proposes_never_decides() -> None:
    assert PROCESS.four_eyes["task_approve"] == ("task_propose",)
    assert PROCESS.four_eyes["task_approve_finding"] == ("task_propose_finding",)


@pytest.mark.parametrize(
    ("region", "clock", "amount", "cap"),
    [
        ("330700", "accept", 5, None),
        ("330700", "papers", 3, 6),
        ("330700", "check", 60, None),
        ("330782", "check", 60, None),
        ("330782", "decide", 5, None),
        ("330700", "decide", 5, None),
        ("330100", "decide", 20, None),
        ("310000", "check", 60, None),
    ],
)
def test_the_rule_in_force(db: None, region: str, clock: str, amount: int, cap: int | None) -> None:
    rule = rules_in_force("commitment", region, date(2026, 3, 2))[clock]
    assert (rule["amount"], rule["unit"], rule["cap_amount"]) == (amount, "working_day", cap)
    assert rule["legal_basis"]


def test_a_figure_without_a_source_says_so(bundle: Bundle) -> None:
    rules = yaml.safe_load(bundle.files["bpmn/commitment/deadlines.yaml"])
    sourced = {(rule["clock"], rule["jurisdiction"]) for rule in rules if not rule.get("is_assumed")}
    assert sourced == {("accept", ""), ("decide", ""), ("check", "330000")}


def test_a_clerk_signs_only_for_whom_the_window_filed_and_only_while_a_clerk(db: None) -> None:
    (case,) = file_case(
        process="commitment",
        data={"matter": "PROOF-01", "agree": True},
        user=User.objects.get(username="clerk1"),
        on_behalf_of=subject_code("person2"),
    )
    task = Task.objects.get(case=case, status="open")
    clerk = User.objects.get(username="clerk1")
    other = User.objects.create(username="clerk2")
    stranger = User.objects.create(username="clerk3")
    grant = clerk.grants.get()
    elsewhere = Agency.objects.exclude(pk=grant.agency_id).order_by("pk").first()
    for user, agency in ((other, grant.agency), (stranger, elsewhere)):
        RoleGrant.objects.create(user=user, role=grant.role, agency=agency, valid_from=grant.valid_from)

    def may(user: User) -> list[bool]:
        access = Access(user, clock.now())
        return [access.can_do(task, case), task in access.queue(), case in access.cases()]

    assert may(clerk) == may(other) == [True] * 3
    assert may(stranger) == [False] * 3
    # Whoever has left: what they took down stays with the window, and they see it as its filer only.
    clerk.grants.update(valid_until=date(2020, 1, 1), valid_from=date(2019, 1, 1))
    assert may(clerk) == [False, False, True]
    assert may(other) == [True] * 3


def test_what_a_clerk_filed_online_for_themself_is_no_window_case(db: None) -> None:
    clerk = User.objects.get(username="clerk1")
    SubjectAccount.objects.create(user=clerk, subject=Subject.objects.get(code=subject_code("person2")))
    (case,) = file_case(process="commitment", data={"matter": "PROOF-01", "agree": True}, user=clerk)
    task = Task.objects.get(case=case, status="open")
    assert case.channel == "online"
    SubjectAccount.objects.filter(user=clerk).delete()
    assert not Access(clerk, clock.now()).can_do(task, case)
    assert task not in Access(clerk, clock.now()).queue()
