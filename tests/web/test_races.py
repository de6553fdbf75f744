"""Two presses at the same moment: one act, and both browsers end on the same page."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

from django.db import connections
from django.test import Client

from tests.web.browser import Browser
from tests.web.stories import begin, file_objection, fill_steps, live_task, objection_answers
from workflow_app.models import Case, Submission, User


def at_once(count: int, act: Callable[[], Any]) -> list[Any]:
    """What `act` gave in each of `count` threads that began together."""
    barrier, results = Barrier(count), []

    def run() -> None:
        try:
            barrier.wait()
            results.append(act())
        finally:
            connections.close_all()

    threads = [Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def poster(username: str, url: str, sent: dict[str, Any]) -> Callable[[], tuple[int, str]]:
    """A press in a browser of its own, with its session made beforehand by each thread."""

    def press() -> tuple[int, str]:
        client = Client()
        client.force_login(User.objects.get(username=username))
        response = client.post(url, sent)
        return response.status_code, response.headers.get("Location", "")

    return press


def test_a_double_click_files_one_case(committed_db: str) -> None:
    browser = fill_steps(begin(Browser("applicant1"), "objection"), **objection_answers()).follow("/sign")
    signed = browser.fill(button="sign", agree=True, consent=True, password="demo-applicant1")
    results = at_once(6, poster("applicant1", browser.url, signed))
    assert len(results) == 6
    assert len(set(results)) == 1
    assert results[0][0] == 302
    assert Case.objects.count() == 1


def test_a_double_click_decides_once(committed_db: str) -> None:
    case = file_objection(Browser("applicant1"))
    task = live_task(case)
    browser = Browser("reviewer1").get(f"/tasks/{task.pk}").send("/claim")
    sent = browser.fill(f"/tasks/{task.pk}", "done", acceptance="accept")
    results = at_once(6, poster("reviewer1", f"/tasks/{task.pk}", sent))
    assert results == [(302, f"/cases/{case.number}")] * 6
    assert Submission.objects.filter(task=task).count() == 1


def test_two_officers_claim_and_one_is_told(committed_db: str) -> None:
    case = file_objection(Browser("applicant1"))
    task = live_task(case)
    people = iter(["reviewer1", "reviewer2"])

    def claim() -> int:
        return poster(next(people), f"/tasks/{task.pk}/claim", {})()[0]

    assert sorted(at_once(2, claim)) == [302, 409]


def test_guessers_at_once_get_five_tries(committed_db: str) -> None:
    def guess() -> int:
        return Client().post("/sign-in", {"username": "applicant1", "password": "wrong"}).status_code

    results = at_once(12, guess)
    assert results.count(401) <= 5
    assert results.count(401) + results.count(429) == 12
