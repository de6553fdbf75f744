"""Tidying up: what is over goes, what still counts stays, and the worker is asked for it once an hour."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django_q.models import OrmQ

from tests.conftest import FrozenClock
from tests.services.world import account
from workflow_app import tasks
from workflow_app.domain import clock
from workflow_app.models import ApiToken, IdempotentRequest
from workflow_app.services import ticking
from workflow_app.services.tokens import issue_token

pytestmark = pytest.mark.django_db


def test_what_is_over_goes_and_what_counts_stays(at: FrozenClock) -> None:
    user = account("applicant1")
    issue_token(user=user, days=1, label="short")
    issue_token(user=user, days=400, label="long")
    for key in ("old", "new"):
        IdempotentRequest.objects.create(
            user=user, key=key, fingerprint="f", status=201, created_at=clock.now()
        )
    IdempotentRequest.objects.filter(key="new").update(created_at=clock.now() + timedelta(days=39))
    Session.objects.create(session_key="gone", session_data="", expire_date=datetime(2020, 1, 1, tzinfo=UTC))
    at.forward(days=40)
    assert tasks.tidy_up() == 2
    assert list(ApiToken.objects.values_list("label", flat=True)) == ["long"]
    assert list(IdempotentRequest.objects.values_list("key", flat=True)) == ["new"]
    assert not Session.objects.filter(session_key="gone").exists()
    assert tasks.tidy_up() == 0


def test_a_token_that_has_just_ended_is_kept_for_a_while(at: FrozenClock) -> None:
    issue_token(user=account("applicant1"), days=1)
    at.forward(days=20)
    assert tasks.tidy_up() == 0
    assert ApiToken.objects.count() == 1


def test_the_ticker_asks_for_it_once_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticking, "_tidied", [])
    before = OrmQ.objects.count()
    ticking.tick()
    assert OrmQ.objects.count() == before + 1
    ticking.tick()
    assert OrmQ.objects.count() == before + 1
    monkeypatch.setattr(ticking, "_tidied", [ticking._tidied[0] - ticking.TIDY_SECONDS])
    ticking.tick()
    assert OrmQ.objects.count() == before + 2
