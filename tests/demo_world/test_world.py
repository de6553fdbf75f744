"""The demo world: whole, plausible, loaded once."""

from datetime import date

import pytest

from workflow_app.demo.load import load_world
from workflow_app.models import CreditRecord

pytestmark = pytest.mark.django_db
ANCHOR = date(2026, 3, 2)


def test_there_are_200_records():
    load_world(ANCHOR)
    assert CreditRecord.objects.count() == 200
    assert not load_world(ANCHOR)
