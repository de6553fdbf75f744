"""Sessions that end keep what was typed, for whoever typed it, and for nobody else."""

import time

import pytest
from django.core import signing
from django.test import Client

from tests.web.browser import Browser
from tests.web.stories import begin, file_objection, live_task, open_step
from workflow_app.models import Draft, Task, User
from workflow_app.models.tasks import TaskStatus
from workflow_app.web.keeping import MOST_CHARACTERS, SECONDS
from workflow_app.web.middleware import CITIZEN_IDLE, STAFF_IDLE

pytestmark = pytest.mark.django_db

WORDS = "辛苦写下的内容"
BOX = "//textarea[@id='id_explanation']"


def pass_time(browser: Browser, seconds: int, what: str = "seen_at") -> None:
    """So much time goes by for what the session remembers."""
    session = browser.client.session
    if what == "seen_at":
        session[what] = int(time.time()) - seconds
    else:
        session[what] = {**session[what], "at": session[what]["at"] - seconds}
    session.save()


def sign_in(browser: Browser, username: str = "applicant1") -> Browser:
    return browser.get("/sign-in").send(username=username, password=f"demo-{username}")


@pytest.fixture
def typing() -> Browser:
    """applicant1 writes an explanation, on the second page of an objection."""
    return open_step(begin(Browser("applicant1"), "objection"), "explanation")


def test_words_sent_too_late_come_back_after_signing_in(typing: Browser) -> None:
    pass_time(typing, CITIZEN_IDLE + 1)
    typing.send("/drafts/", "next", explanation=WORDS)
    assert typing.url.startswith("/sign-in")
    assert "explanation" not in Draft.objects.get().data
    sign_in(typing)
    assert typing.url == f"/drafts/{Draft.objects.get().pk}"
    assert "已恢复" in typing.text
    assert typing.page.xpath(BOX)[0].text.strip() == WORDS
    typing.send("/drafts/", "next")
    assert Draft.objects.get().data["explanation"] == WORDS
    assert "已恢复" not in typing.get(f"/drafts/{Draft.objects.get().pk}").text


def test_words_that_a_script_saves_too_late_come_back_on_their_page(typing: Browser) -> None:
    sent = typing.fill("/drafts/", explanation=WORDS)
    pass_time(typing, CITIZEN_IDLE + 1)
    typing.post(f"/drafts/{Draft.objects.get().pk}/save", sent)
    sign_in(typing)
    assert typing.status == 200
    assert typing.page.xpath(BOX)[0].text.strip() == WORDS


def test_words_of_a_window_whose_session_another_saw_end_come_back(typing: Browser) -> None:
    sent = typing.fill("/drafts/", "next", explanation=WORDS)
    address = typing.url
    pass_time(typing, CITIZEN_IDLE + 1)
    assert typing.get("/cases").url.startswith("/sign-in")
    assert typing.post(address, sent).url.startswith("/sign-in")
    sign_in(typing)
    assert typing.page.xpath(BOX)[0].text.strip() == WORDS


def test_nothing_is_kept_of_people_who_were_never_signed_in(typing: Browser) -> None:
    stranger = Browser()
    stranger.post(f"/drafts/{Draft.objects.get().pk}", {"step": "2", "explanation": WORDS})
    assert sign_in(stranger).url == "/"
    assert WORDS not in stranger.get(f"/drafts/{Draft.objects.get().pk}?step=2").response.content.decode()


def test_words_sent_with_the_secret_of_an_earlier_session_come_back(typing: Browser) -> None:
    draft = Draft.objects.get()
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(username="applicant1"))
    client.get(f"/drafts/{draft.pk}")
    old = client.cookies["csrftoken"].value
    client.cookies["csrftoken"] = old[::-1]
    words = {"step": "2", "explanation": WORDS, "csrfmiddlewaretoken": old, "next": "1"}
    answer = client.post(f"/drafts/{draft.pk}", words, HTTP_ORIGIN="http://testserver", follow=True)
    assert WORDS in answer.content.decode()
    assert "explanation" not in Draft.objects.get().data
    # Neither without a word of where it comes from, nor from elsewhere.
    assert client.post(f"/drafts/{draft.pk}", words).status_code == 403
    assert client.post(f"/drafts/{draft.pk}", words, HTTP_ORIGIN="https://elsewhere.test").status_code == 403
    assert WORDS not in client.get(f"/drafts/{draft.pk}?step=2").content.decode()


def test_words_wait_for_their_account_alone(typing: Browser) -> None:
    pass_time(typing, CITIZEN_IDLE + 1)
    typing.send("/drafts/", "next", explanation=WORDS)
    sign_in(typing, "applicant2")
    assert typing.status == 404
    assert WORDS not in typing.response.content.decode()


def test_words_wait_a_quarter_of_an_hour(typing: Browser) -> None:
    pass_time(typing, CITIZEN_IDLE + 1)
    typing.send("/drafts/", "next", explanation=WORDS)
    pass_time(typing, SECONDS + 1, "kept_form")
    assert sign_in(typing).url == "/"
    typing.get(f"/drafts/{Draft.objects.get().pk}?step=2")
    assert (typing.page.xpath(BOX)[0].text or "").strip() == ""


def test_a_window_that_comes_much_later_leaves_nothing_behind(typing: Browser) -> None:
    sent, address = typing.fill("/drafts/", "next", explanation=WORDS), typing.url
    pass_time(typing, CITIZEN_IDLE + 1)
    typing.get("/cases")
    pass_time(typing, SECONDS + 1, "ended")
    typing.post(address, sent)
    assert "kept_form" not in typing.client.session


def test_more_than_a_form_takes_is_not_kept(typing: Browser) -> None:
    pass_time(typing, CITIZEN_IDLE + 1)
    typing.send("/drafts/", "next", explanation="字" * (MOST_CHARACTERS + 1))
    assert "kept_form" not in typing.client.session


def test_secrets_are_never_kept(typing: Browser) -> None:
    sent = {**typing.fill("/drafts/", "next", explanation=WORDS), "password": "demo-applicant1"}
    pass_time(typing, CITIZEN_IDLE + 1)
    typing.post(typing.url, sent)
    assert "password" not in typing.client.session["kept_form"]["fields"]


def test_what_an_officer_typed_comes_back_and_nothing_is_decided() -> None:
    task = live_task(file_objection(Browser("applicant1")))
    officer = Browser("reviewer1").get(f"/tasks/{task.pk}").send("/claim")
    pass_time(officer, STAFF_IDLE + 1)
    officer.send(f"/tasks/{task.pk}", "done", acceptance="refuse", reason=WORDS)
    sign_in(officer, "reviewer1")
    assert officer.url == f"/tasks/{task.pk}"
    assert officer.form(f"/tasks/{task.pk}").fields["reason"].strip() == WORDS
    assert Task.objects.get(pk=task.pk).status == TaskStatus.CLAIMED


def test_a_press_without_a_page_of_its_own_leads_to_the_desk() -> None:
    task = live_task(file_objection(Browser("applicant1")))
    officer = Browser("reviewer1").get(f"/tasks/{task.pk}")
    pass_time(officer, STAFF_IDLE + 1)
    officer.send("/claim")
    assert sign_in(officer, "reviewer1").url == "/desk"


def test_a_press_keeps_the_session() -> None:
    browser = Browser("applicant1").get("/cases")
    pass_time(browser, CITIZEN_IDLE - 30)
    assert browser.client.post("/stay").status_code == 204
    assert int(time.time()) - browser.client.session["seen_at"] < 10
    pass_time(browser, CITIZEN_IDLE + 1)
    assert browser.client.post("/stay").status_code == 401
    assert Browser().client.post("/stay").status_code == 401


@pytest.mark.parametrize(("username", "idle"), [("applicant1", CITIZEN_IDLE), ("reviewer1", STAFF_IDLE)])
def test_the_page_knows_when_its_session_ends(username: str, idle: int) -> None:
    page = Browser(username).get("/cases").page
    assert page.xpath("//dialog[@id='idle']/@data-seconds") == [str(idle - 60)]
    assert not Browser().get("/").page.xpath("//dialog")


class Yesterday(signing.TimestampSigner):
    """Signs as of a day and a minute ago."""

    def timestamp(self) -> str:
        return signing.b62_encode(int(time.time()) - 24 * 3600 - 60)


def test_a_link_of_yesterday_leads_to_the_list() -> None:
    begin(Browser("applicant1"), "objection")
    draft = Draft.objects.get()
    value = [User.objects.get(username="applicant1").pk, str(draft.pk)]
    token = Yesterday(salt="web.draft").sign_object(value)
    browser = Browser("applicant1").get(f"/resume/{token}")
    assert browser.url == "/cases"
    assert "链接已过期" in browser.text
    assert browser.links(f"/drafts/{draft.pk}")
