"""Recipients acknowledge what they were told, each once."""

import pytest
from django.db import transaction

from tests.records.steps import account, events, run
from workflow_app.domain.errors import CreditError
from workflow_app.models import EffectReceipt
from workflow_app.services.effects import acknowledge_effect

pytestmark = pytest.mark.django_db


@pytest.fixture
def receipt():
    case = run(("effect.announce", {"effect": "repair"}), number="DEMO-P-001")
    return EffectReceipt.objects.filter(case=case).order_by("id").first()


def acknowledge(receipt, text="回执 2026-1", by="reviewer1"):
    return acknowledge_effect(receipt_id=receipt.pk, user=account(by), acknowledgement=text)


def test_an_acknowledgement_is_kept_and_written_into_the_trail(receipt, at):
    moment = at("2026-03-04 09:00")
    acknowledge(receipt, " 回执 2026-1 ")
    receipt.refresh_from_db()
    assert (receipt.acknowledgement, receipt.acknowledged_at) == ("回执 2026-1", moment)
    (event,) = events(receipt.case, "effect.acknowledged")
    assert event.data == {"effect": "repair", "recipient": "“信用中国”网站"}


def test_twice_the_same_changes_nothing_and_another_is_refused(receipt, at):
    acknowledge(receipt)
    at("2026-03-05 09:00")
    acknowledge(receipt)
    with pytest.raises(CreditError) as caught, transaction.atomic():
        acknowledge(receipt, "回执 2026-2")
    assert caught.value.code == "acknowledged_otherwise"
    assert "2026-03-02" in str(caught.value)
    assert len(events(receipt.case, "effect.acknowledged")) == 1


@pytest.mark.parametrize("text", ["", " ", "长" * 121, "a\0b", "a\nb"])
def test_an_acknowledgement_says_something(receipt, text):
    with pytest.raises(CreditError) as caught:
        acknowledge(receipt, text)
    assert caught.value.code == "acknowledgement_invalid"


@pytest.mark.parametrize("name", ["applicant1", "reviewer1-yiwu", "supervisor1", "source1", "sysadmin1"])
def test_others_find_no_receipt(receipt, name):
    with pytest.raises(CreditError) as caught:
        acknowledge(receipt, by=name)
    assert caught.value.code == "not_found"
