"""The supervisor's page: clocks that press, and letters that could not be made."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.web.browser import Browser
from tests.web.stories import do_task, file_objection, live_task
from workflow_app.models import Case, Letter
from workflow_app.models.letters import LetterStatus
from workflow_app.services.ticking import run_due

pytestmark = pytest.mark.django_db

PROBLEM = "“subject.name”中的字符“\U0002a6d6”（U+2A6D6）在文书字体中没有字形，无法印制。"


@pytest.fixture
def letter(db: None) -> Letter:
    """A letter of the city's credit office that was given up after five tries."""
    case = file_objection(Browser("applicant1"))
    do_task("reviewer1", live_task(case), acceptance="supplement", missing__0__paper="缴款凭证")
    found = case.letters.get()
    found.status, found.attempts, found.problem = LetterStatus.FAILED, 5, PROBLEM
    found.save(update_fields=["status", "attempts", "problem"])
    return found


def test_supervisors_see_what_presses(at) -> None:
    case = file_objection(Browser("applicant1"))
    at(live_task(case).due_at)
    at.forward(minutes=1)
    assert case.number in Browser("supervisor1").get("/control/clocks?state=overdue").text
    assert case.number not in Browser("supervisor1-yiwu").get("/control/clocks?state=overdue").text


def test_without_failures_nothing_is_said_of_letters() -> None:
    assert "文书" not in Browser("supervisor1").get("/control").text


@pytest.mark.parametrize(
    ("language", "heading"), [("zh-hans", "制作失败的文书"), ("en", "Letters that could not be made")]
)
def test_a_failed_letter_is_listed_with_its_reason(letter: Letter, language: str, heading: str) -> None:
    browser = Browser("supervisor1", language=language).get("/control")
    for part in (heading, letter.number, letter.case.number, PROBLEM):
        assert part in browser.text
    assert f"/cases/{letter.case.number}" in browser.links("/cases/")


def test_one_button_has_it_made_again(letter: Letter) -> None:
    browser = Browser("supervisor1").get("/control").send("/retry")
    assert browser.url == "/control"
    assert f"文书{letter.number}将重新制作" in str(browser.response.content.decode())
    assert "制作失败的文书" not in browser.text
    run_due()
    letter.refresh_from_db()
    assert (letter.status, letter.problem) == (LetterStatus.ISSUED, "")
    event = letter.case.events.get(kind="letter.retried")
    assert event.actor.username == "supervisor1"


def test_pressed_twice_it_says_how_the_letter_stands(letter: Letter) -> None:
    browser = Browser("supervisor1").get("/control")
    action = browser.form("/retry").action
    browser.post(action, {})
    browser.post(action, {})
    assert browser.status == 200
    assert "无需重新制作" in browser.response.content.decode()
    assert letter.case.events.filter(kind="letter.retried").count() == 1


@pytest.mark.parametrize(
    ("username", "status"),
    [
        ("applicant1", 403), ("reviewer1", 403), ("approver1", 403), ("clerk1", 403), ("auditor1", 403),
        ("supervisor1-yiwu", 404),
    ],
)  # fmt: skip
def test_nobody_else_can(letter: Letter, username: str, status: int) -> None:
    browser = Browser(username)
    assert browser.post(f"/control/letters/{letter.number}/retry", {}).status == status
    letter.refresh_from_db()
    assert letter.status == LetterStatus.FAILED
    if username == "supervisor1-yiwu":
        assert letter.number not in browser.get("/control").text


def test_visitors_are_asked_to_sign_in(letter: Letter) -> None:
    assert Browser().post(f"/control/letters/{letter.number}/retry", {}).url.startswith("/sign-in")
    assert Letter.objects.get(pk=letter.pk).status == LetterStatus.FAILED


def test_a_number_of_no_letter_is_not_found() -> None:
    assert Browser("supervisor1").post("/control/letters/x/retry", {}).status == 404


def test_the_page_costs_the_same_whatever_its_length(letter: Letter) -> None:
    browser = Browser("supervisor1").get("/control")
    with CaptureQueriesContext(connection) as one:
        browser.get("/control")
    for _ in range(2):
        case: Case = file_objection(Browser("applicant1"))
        do_task("reviewer1", live_task(case), acceptance="supplement", missing__0__paper="缴款凭证")
    Letter.objects.update(status=LetterStatus.FAILED, problem=PROBLEM)
    with CaptureQueriesContext(connection) as three:
        browser.get("/control")
    assert len(three) == len(one)
