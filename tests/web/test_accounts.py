"""Signing in and out, slowing down guessers, idle sessions, and the language."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, override_settings

from tests.web.browser import Browser
from workflow_app.domain import clock as domain_clock
from workflow_app.models import SignInFailure, User
from workflow_app.web import middleware

pytestmark = pytest.mark.django_db

RIGHT = {"username": "applicant1", "password": "demo-applicant1"}
WRONG = {"username": "applicant1", "password": "wrong"}


def signed_in_as(client: Client) -> str:
    return str(client.session.get("_auth_user_id", ""))


def test_sign_in_leads_back_to_where_one_wanted_to_go() -> None:
    browser = Browser().get("/cases?status=open")
    assert browser.url == "/sign-in?next=%2Fcases%3Fstatus%3Dopen"
    browser.send("/sign-in", **RIGHT)
    assert browser.url == "/cases?status=open"


@pytest.mark.parametrize(
    "back", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", "\\\\x.example"]
)
def test_sign_in_never_leads_elsewhere(back: str) -> None:
    browser = Browser().post("/sign-in", {**RIGHT, "next": back})
    assert browser.url == "/"


def test_officers_begin_at_their_desk() -> None:
    browser = Browser().get("/sign-in").send(username="reviewer1", password="demo-reviewer1")
    assert browser.url == "/desk"


@pytest.mark.parametrize("username", ["applicant1", "nobody", "", "a\0b", "x" * 500])
def test_a_wrong_password_and_an_unknown_name_look_the_same(username: str) -> None:
    browser = Browser().post("/sign-in", {"username": username, "password": "wrong"})
    assert browser.status == 401
    assert browser.errors() == [("#id_username", "用户名或密码不正确，请核对后重试。")]


def test_a_disabled_account_cannot_sign_in() -> None:
    User.objects.filter(username="applicant1").update(is_active=False)
    assert Browser().post("/sign-in", RIGHT).status == 401


def test_five_failures_shut_out_even_the_right_password(at) -> None:
    browser = Browser()
    for _ in range(5):
        assert browser.post("/sign-in", WRONG).status == 401
        at.forward(seconds=30)
    assert browser.post("/sign-in", RIGHT).status == 429
    assert "请在13分钟后重试" in browser.errors()[0][1]
    at.forward(minutes=12, seconds=29)
    assert browser.post("/sign-in", RIGHT).status == 429
    at.forward(seconds=2)
    assert browser.post("/sign-in", RIGHT).status == 200


def test_failures_count_by_account_and_address() -> None:
    browser = Browser()
    for _ in range(5):
        browser.post("/sign-in", {**WRONG, "username": " Applicant1"})
    assert browser.post("/sign-in", RIGHT).status == 429
    assert browser.post("/sign-in", {"username": "applicant2", "password": "demo-applicant2"}).status == 200
    assert Browser(REMOTE_ADDR="192.0.2.7").post("/sign-in", RIGHT).status == 200
    # What a client says about itself makes no new address.
    liar = Browser(HTTP_X_FORWARDED_FOR="192.0.2.8")
    assert liar.post("/sign-in", RIGHT).status == 429


def test_a_success_forgets_the_failures() -> None:
    browser = Browser()
    for _ in range(4):
        browser.post("/sign-in", WRONG)
    browser.post("/sign-in", RIGHT)
    assert SignInFailure.objects.count() == 0


def test_signing_out_needs_a_post() -> None:
    browser = Browser("applicant1")
    assert browser.client.get("/sign-out").status_code == 405
    assert signed_in_as(browser.client)
    browser.post("/sign-out", {})
    assert not signed_in_as(browser.client)
    assert "您已安全退出" in browser.text


def test_signing_in_changes_the_session() -> None:
    browser = Browser().get("/sign-in")
    browser.client.session.save()
    before = browser.client.cookies["sessionid"].value if "sessionid" in browser.client.cookies else ""
    browser.send(**RIGHT)
    assert browser.client.cookies["sessionid"].value != before


@pytest.mark.parametrize(("username", "minutes"), [("reviewer1", 15), ("applicant1", 30)])
def test_idle_sessions_end(monkeypatch: pytest.MonkeyPatch, username: str, minutes: int) -> None:
    start = domain_clock.system_time()
    browser = Browser(username).get("/cases")
    monkeypatch.setattr(middleware, "system_time", lambda: start + timedelta(minutes=minutes - 1))
    assert browser.get("/cases").url == "/cases"
    monkeypatch.setattr(middleware, "system_time", lambda: start + timedelta(minutes=2 * minutes - 2))
    assert browser.get("/cases").url == "/cases"
    monkeypatch.setattr(middleware, "system_time", lambda: start + timedelta(minutes=3 * minutes))
    assert browser.get("/cases").url.startswith("/sign-in")
    assert "自动退出" in browser.text
    assert not signed_in_as(browser.client)


def test_moving_the_services_clock_ends_no_session(at) -> None:
    browser = Browser("applicant1").get("/cases")
    at.forward(days=90)
    assert browser.get("/cases").url == "/cases"


def test_an_account_disabled_meanwhile_is_out_at_once() -> None:
    browser = Browser("applicant1").get("/cases")
    User.objects.filter(username="applicant1").update(is_active=False)
    assert browser.get("/cases").url.startswith("/sign-in")


def test_pages_are_chinese_whatever_the_browser_prefers() -> None:
    browser = Browser(HTTP_ACCEPT_LANGUAGE="en").get("/")
    assert browser.page.get("lang") == "zh-Hans"
    assert browser.response.headers["Content-Language"] == "zh-Hans"


def test_a_visitor_chooses_english_and_keeps_it() -> None:
    browser = Browser().get("/matters")
    browser.post("/language", {"language": "en", "next": "/matters"})
    assert browser.url == "/matters"
    assert browser.page.get("lang") == "en"
    cookie = browser.client.cookies["django_language"]
    assert (cookie.value, bool(cookie["httponly"]), cookie["samesite"]) == ("en", True, "Lax")
    assert browser.get("/about").page.get("lang") == "en"


def test_an_accounts_language_follows_it_to_other_devices() -> None:
    Browser("applicant1").post("/language", {"language": "en"})
    assert User.objects.get(username="applicant1").language == "en"
    assert Browser("applicant1").get("/cases").page.get("lang") == "en"


def test_an_unknown_language_changes_nothing() -> None:
    browser = Browser("applicant1").post("/language", {"language": "xx", "next": "https://elsewhere.example"})
    assert (browser.url, browser.page.get("lang")) == ("/", "zh-Hans")


def test_cross_site_posts_are_refused() -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/sign-in", RIGHT)
    assert response.status_code == 403
    assert "页面已经过期" in response.content.decode()


@override_settings(SESSION_COOKIE_SECURE=True)
def test_visitors_get_no_session() -> None:
    browser = Browser().get("/").get("/sign-in")
    assert "sessionid" not in browser.client.cookies
    assert isinstance(browser.response.wsgi_request.user, AnonymousUser)
