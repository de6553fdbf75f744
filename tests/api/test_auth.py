"""Who gets in: tokens, sessions of the pages, and nobody else."""

from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from tests.conftest import FrozenClock
from workflow_app.models import ApiToken, Draft, User
from workflow_app.services.tokens import digest_of, issue_token

from .conftest import Api, problem

DRAFT = {"process": "commitment", "data": {}}


def me(token: str) -> int:
    return Api(token).get("/me").status_code


def test_a_token_lets_its_account_in(account: Callable[[str], Api]) -> None:
    assert account("reviewer1").get("/me").json()["username"] == "reviewer1"


def test_only_the_digest_is_kept(db: None) -> None:
    token = issue_token(user=User.objects.get(username="agent1"), label="试点系统")
    row = ApiToken.objects.get()
    assert row.digest == digest_of(token) != token
    assert token not in str(vars(row))
    assert len(token) > 40


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Basic YTpi",
        "bearer",
        "Token {token}",
        "{token}",
        "Bearer {token}x",
        "Bearer \xff",
    ],
)
def test_anything_else_in_the_header_is_nobody(header: str, db: None) -> None:
    token = issue_token(user=User.objects.get(username="agent1"))
    response = Api().get("/me", Authorization=header.format(token=token))
    problem(response, 401, "not_authenticated")


def test_the_scheme_may_be_written_in_any_case(db: None) -> None:
    token = issue_token(user=User.objects.get(username="agent1"))
    assert Api().get("/me", Authorization=f"bearer  {token}").status_code == 200


def test_a_token_ends(at: FrozenClock, db: None) -> None:
    token = issue_token(user=User.objects.get(username="agent1"), days=1)
    at.forward(days=1, seconds=-1)
    assert me(token) == 200
    at.forward(seconds=1)
    assert me(token) == 401


def test_a_disabled_account_is_nobody_at_once(db: None) -> None:
    user = User.objects.get(username="agent1")
    token, pages = issue_token(user=user), Client()
    pages.force_login(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert me(token) == 401
    assert pages.get("/api/v1/me").status_code == 401


def test_a_header_that_fails_is_not_saved_by_a_session(db: None) -> None:
    pages = Client()
    pages.force_login(User.objects.get(username="agent1"))
    assert pages.get("/api/v1/me").status_code == 200
    assert pages.get("/api/v1/me", headers={"Authorization": "Bearer x"}).status_code == 401


@pytest.fixture
def pages(db: None) -> Client:
    """A browser that is signed in and has the cookie of a page."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(username="agent1"))
    return client


def post(client: Client, **headers: str) -> int:
    return client.post("/api/v1/cases/drafts", DRAFT, "application/json", headers=headers).status_code


def test_a_session_changes_nothing_without_the_page_s_token(pages: Client) -> None:
    response = pages.post("/api/v1/cases/drafts", DRAFT, "application/json")
    problem(response, 403, "csrf_failed")
    assert pages.get("/api/v1/me").status_code == 200
    pages.cookies["csrftoken"] = "a" * 32
    assert post(pages, **{"X-CSRFToken": "b" * 32}) == 403
    assert post(pages, **{"X-CSRFToken": "b" * 32, "Idempotency-Key": "k"}) == 403
    assert not Draft.objects.exists()
    assert post(pages, **{"X-CSRFToken": "a" * 32}) == 201


def test_a_session_s_request_from_another_site_is_refused(pages: Client) -> None:
    pages.cookies["csrftoken"] = "a" * 32
    assert post(pages, **{"X-CSRFToken": "a" * 32, "Origin": "https://elsewhere.invalid"}) == 403
    assert not Draft.objects.exists()


def test_what_is_open_to_everybody_is_open_to_a_session_without_a_page(pages: Client) -> None:
    body = {"start_at": "2026-03-02T10:00:00+08:00", "amount": 1, "unit": "working_day"}
    assert pages.post("/api/v1/calendar/due", body, "application/json").status_code == 200


def test_nobody_is_told_about_signing_in_not_about_pages(db: None) -> None:
    problem(Client(enforce_csrf_checks=True).post("/api/v1/cases/drafts"), 401, "not_authenticated")


def test_tokens_need_no_page(db: None) -> None:
    token = issue_token(user=User.objects.get(username="agent1"))
    assert post(Client(enforce_csrf_checks=True), Authorization=f"Bearer {token}") == 201


def test_the_command_prints_a_token_that_works(db: None, at: FrozenClock) -> None:
    out = StringIO()
    call_command("issue_token", "reviewer1", days=2, label="对接", stdout=out)
    token = out.getvalue().strip()
    assert me(token) == 200
    assert ApiToken.objects.get().label == "对接"
    at.forward(days=2)
    assert me(token) == 401


@pytest.mark.parametrize(
    ("username", "options", "said"),
    [
        ("nobody", {}, "nobody"),
        ("reviewer1", {"days": 0}, "--days"),
        ("reviewer1", {"days": 4000}, "--days"),
        ("reviewer1", {"label": "x" * 61}, "--label"),
    ],
)
def test_the_command_says_what_is_wrong(
    username: str, options: dict[str, object], said: str, db: None
) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("issue_token", username, **options)
    assert not ApiToken.objects.exists()


def test_the_command_refuses_a_disabled_account(db: None) -> None:
    User.objects.filter(username="agent1").update(is_active=False)
    with pytest.raises(CommandError, match="disabled"):
        call_command("issue_token", "agent1")


def test_me_says_roles_agencies_and_subjects(account: Callable[[str], Api]) -> None:
    officer = account("reviewer1").get("/me").json()
    assert {role["role"]["code"] for role in officer["roles"]} == {"reviewer"}
    assert {role["role"]["title"] for role in officer["roles"]} == {"受理审核员"}
    assert len(officer["agencies"]) == len({each["code"] for each in officer["agencies"]}) >= 6
    assert officer["subjects"] == []
    agent = account("agent1").get("/me").json()
    assert len(agent["subjects"]) == 8
    person = account("applicant2").get("/me").json()
    assert person["subjects"][0]["code"].startswith("330***")
    assert "*" in person["subjects"][0]["name"]
