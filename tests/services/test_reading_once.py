"""While a page is read, what its reader may see is asked once; acts look anew."""

from datetime import date

import pytest

from tests.services.world import account
from tests.web.browser import Browser
from workflow_app.domain import clock
from workflow_app.models import RoleGrant
from workflow_app.models.people import Role
from workflow_app.selectors.access import Access
from workflow_app.selectors.reading import reading

pytestmark = pytest.mark.django_db


def asked(username: str) -> Access:
    return Access(account(username), clock.now())


def test_several_lists_on_a_page_ask_once(django_assert_num_queries) -> None:
    user = account("reviewer1")
    with reading(), django_assert_num_queries(3):
        for _ in range(3):
            access = Access(user, clock.now())
            assert access.roles == {Role.REVIEWER}
            assert access.subject_ids == set()
            assert access.substituted_ids == set()


def test_two_readers_never_share_an_answer() -> None:
    with reading():
        assert asked("reviewer1").roles == {Role.REVIEWER}
        assert asked("supervisor1").roles == {Role.SUPERVISOR}
        assert asked("applicant1").roles == set()


def test_outside_of_pages_every_question_is_asked_anew() -> None:
    with reading():
        assert asked("reviewer1").roles
    RoleGrant.objects.filter(user=account("reviewer1")).update(
        valid_until=date(2020, 1, 1), valid_from=date(2019, 1, 1)
    )
    assert asked("reviewer1").roles == set()


def test_a_page_forgets_with_its_answer_and_acts_keep_nothing(at) -> None:
    at("2026-03-02 10:00")
    browser = Browser("reviewer1")
    assert browser.get("/desk").status == 200
    RoleGrant.objects.filter(user=account("reviewer1")).update(
        valid_until=date(2020, 1, 1), valid_from=date(2019, 1, 1)
    )
    assert browser.get("/desk").status == 403
    assert browser.post("/desk/views", {"name": "x"}).status == 403
