"""委托: given by who represents the subject, ended by either side, and nobody learns too late that one ends."""

from datetime import date
from typing import Any

import pytest

from notifications.models import Message
from tests.conftest import FrozenClock
from tests.services.world import account
from workflow_app import tasks
from workflow_app.demo.names import subject_code
from workflow_app.domain.errors import NotFoundError
from workflow_app.models import Mandate, Subject
from workflow_app.selectors.access import Access
from workflow_app.selectors.mandates import list_given, list_held
from workflow_app.services.mandates import (
    AgentUnfitError,
    AgentUnknownError,
    MandateEndInvalidError,
    end_mandate,
    grant_mandate,
    warn_of_ending,
)
from workflow_app.services.notices import send_due

pytestmark = pytest.mark.django_db


def org(key: str = "org1") -> Subject:
    return Subject.objects.get(code=subject_code(key))


def grant(by: str = "applicant1", **changes: Any) -> Mandate:
    terms = {
        "subject_id": org().pk,
        "username": "agent1",
        "valid_until": date(2026, 12, 31),
        "is_shared": False,
    }
    return grant_mandate(user=account(by), **{**terms, **changes})


def acts_for_org1(name: str, at: FrozenClock) -> bool:
    return org().pk in Access(account(name), at.now).subject_ids


def told() -> list[tuple[str, str]]:
    send_due()
    rows = Message.objects.filter(event="mandate_changed").order_by("pk")
    return [(each.recipient.username, each.values["change"]) for each in rows]


class TestGiving:
    def test_from_today_on_the_agent_acts_for_the_subject(self, at: FrozenClock) -> None:
        assert not acts_for_org1("agent1", at)
        made = grant(is_shared=True)
        assert acts_for_org1("agent1", at)
        assert (made.valid_from, made.valid_until, made.needs_countersignature) == (
            date(2026, 3, 2),
            date(2026, 12, 31),
            True,
        )
        at("2026-12-31 23:59")
        assert acts_for_org1("agent1", at)
        at("2027-01-01 00:00")
        assert not acts_for_org1("agent1", at)

    def test_given_again_on_the_same_terms_nobody_is_told_again(self, at: FrozenClock) -> None:
        made = grant()
        at.forward(seconds=2)
        assert grant() == made
        assert len(told()) == 2

    def test_both_sides_are_told(self) -> None:
        grant(is_shared=True)
        assert told() == [("agent1", "granted"), ("applicant1", "granted")]
        body = Message.objects.filter(event="mandate_changed")[0].body
        assert org().name in body
        assert "2026-12-31" in body
        assert "签署后才会提交" in body
        assert body.rstrip().endswith("/mandates")

    def test_given_again_it_takes_the_place_of_the_one_before(self, at: FrozenClock) -> None:
        first = grant()
        at.forward(days=10)
        again = grant(valid_until=date(2027, 1, 31), is_shared=True)
        (only,) = Mandate.objects.filter(agent=account("agent1"), subject=org())
        assert again.pk == first.pk == only.pk
        assert (only.valid_from, only.valid_until) == (date(2026, 3, 2), date(2027, 1, 31))
        assert only.needs_countersignature

    @pytest.mark.parametrize("name", ["applicant2", "agent1", "reviewer1", "clerk1"])
    def test_only_who_represents_the_subject_gives_it(self, name: str) -> None:
        with pytest.raises(NotFoundError):
            grant(name)

    @pytest.mark.parametrize("username", ["nobody", "", "a\0b", "x" * 500])
    def test_the_agent_must_be_known(self, username: str) -> None:
        with pytest.raises(AgentUnknownError):
            grant(username=username)

    @pytest.mark.parametrize("username", ["applicant1", "reviewer1", "clerk1", "supervisor1"])
    def test_neither_oneself_nor_an_officer(self, username: str) -> None:
        with pytest.raises(AgentUnfitError):
            grant(username=username)

    @pytest.mark.parametrize("day", [None, date(2026, 3, 1), date(2029, 3, 3), date(9999, 12, 31)])
    def test_the_end_lies_within_three_years(self, day: date | None) -> None:
        with pytest.raises(MandateEndInvalidError) as refused:
            grant(valid_until=day)
        assert refused.value.params == {"latest": "2029-03-02"}

    @pytest.mark.parametrize("day", [date(2026, 3, 2), date(2029, 3, 2)])
    def test_the_first_and_the_last_day_that_are_possible(self, day: date) -> None:
        assert grant(valid_until=day).valid_until == day

    def test_three_years_after_a_leap_day(self, at: FrozenClock) -> None:
        at("2028-02-29 09:00")
        with pytest.raises(MandateEndInvalidError) as refused:
            grant(valid_until=date(2031, 3, 1))
        assert refused.value.params == {"latest": "2031-02-28"}


class TestEnding:
    @pytest.mark.parametrize("name", ["applicant1", "agent1"])
    def test_either_side_ends_it_at_once(self, name: str, at: FrozenClock) -> None:
        made = grant()
        at.forward(days=3)
        end_mandate(user=account(name), mandate_id=made.pk)
        assert not acts_for_org1("agent1", at)
        assert Mandate.objects.get(pk=made.pk).valid_until == date(2026, 3, 4)
        assert told()[2:] == [("agent1", "ended"), ("applicant1", "ended")]

    def test_on_the_day_it_was_given_too(self, at: FrozenClock) -> None:
        end_mandate(user=account("applicant1"), mandate_id=grant().pk)
        assert not acts_for_org1("agent1", at)

    @pytest.mark.parametrize("name", ["applicant2", "reviewer1"])
    def test_nobody_else_does(self, name: str) -> None:
        with pytest.raises(NotFoundError):
            end_mandate(user=account(name), mandate_id=grant().pk)

    def test_what_is_over_is_not_ended_again(self, at: FrozenClock) -> None:
        made = grant()
        at.forward(days=3)
        end_mandate(user=account("agent1"), mandate_id=made.pk)
        with pytest.raises(NotFoundError):
            end_mandate(user=account("agent1"), mandate_id=made.pk)


class TestWarning:
    def test_both_sides_are_told_once_a_fortnight_before(self, at: FrozenClock) -> None:
        grant()
        before = told()
        at("2026-12-16 23:59")
        tasks.tidy_up()
        assert told() == before
        at("2026-12-17 00:00")
        assert warn_of_ending() == 1
        assert warn_of_ending() == 0
        assert told()[len(before) :] == [("agent1", "ending"), ("applicant1", "ending")]

    def test_renewed_it_is_told_again_before_its_new_end(self, at: FrozenClock) -> None:
        grant()
        at("2026-12-20 09:00")
        assert warn_of_ending() == 1
        grant(valid_until=date(2027, 6, 30))
        assert warn_of_ending() == 0
        at("2027-06-20 09:00")
        assert warn_of_ending() == 1

    def test_the_pages_say_how_many_days_are_left(self, at: FrozenClock) -> None:
        grant()
        at("2026-12-17 09:00")
        (given,) = list_given(account("applicant1"))
        assert (given.days_left, given.ends_soon) == (14, True)
        held = list_held(account("agent1"))
        assert held[0].mandate.subject == org()
        assert not held[-1].ends_soon
        at("2027-01-01 09:00")
        assert list_given(account("applicant1")) == []
