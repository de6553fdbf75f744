"""Who was told of a decision's effects over HTTP, and what they answered."""

from collections.abc import Callable

import pytest

from tests.records.steps import run
from workflow_app.models import Case, EffectReceipt

from .conftest import Api, problem


@pytest.fixture
def case(db: None) -> Case:
    """A repair whose effects were announced."""
    return run(("effect.announce", {"effect": "repair"}), number="DEMO-P-001")


def test_effects_are_listed_and_acknowledged_once(case: Case, account: Callable[[str], Api]) -> None:
    reviewer = account("reviewer1")
    told = reviewer.get(f"/cases/{case.number}/effects").json()["items"]
    assert [each["id"] for each in told] == list(case.effects.order_by("id").values_list("pk", flat=True))
    assert {each["acknowledged_at"] for each in told} == {None}
    here = f"/effects/{told[0]['id']}/acknowledge"
    answer = reviewer.post(here, {"acknowledgement": "回执 2026-1"})
    assert answer.status_code == 200
    assert answer.json()["acknowledgement"] == "回执 2026-1"
    assert reviewer.post(here, {"acknowledgement": "回执 2026-1"}).json() == answer.json()
    problem(reviewer.post(here, {"acknowledgement": "回执 2026-2"}), 409, "acknowledged_otherwise")
    problem(reviewer.post(here, {"acknowledgement": " "}), 422, "acknowledgement_invalid")
    assert EffectReceipt.objects.get(pk=told[0]["id"]).acknowledgement == "回执 2026-1"


@pytest.mark.parametrize("name", ["applicant2", "reviewer1-yiwu", "sysadmin1"])
def test_others_find_nothing(case: Case, account: Callable[[str], Api], name: str) -> None:
    receipt = case.effects.order_by("id").first()
    assert receipt
    other = account(name)
    problem(other.get(f"/cases/{case.number}/effects"), 404, "not_found")
    problem(other.post(f"/effects/{receipt.pk}/acknowledge", {"acknowledgement": "x"}), 404, "not_found")
