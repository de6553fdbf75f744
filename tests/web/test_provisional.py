"""Wherever a due date is shown that rests on a year without notice, it says so."""

import pytest

from tests.conftest import FrozenClock
from tests.web.browser import Browser
from tests.web.stories import do_task, file_objection, live_task
from workflow_app.models import CalendarNotice

pytestmark = pytest.mark.django_db

MARK = "暂定"


def test_due_dates_in_2027_are_marked_until_its_notice_is_entered(at: FrozenClock) -> None:
    at("2026-12-28 10:00")
    case = file_objection(Browser("applicant1"))
    applicant, reviewer = Browser("applicant1"), Browser("reviewer1")
    # The check for form is due on 29 December, which is certain.
    assert MARK not in reviewer.get("/desk").text
    do_task("reviewer1", live_task(case), acceptance="accept")
    task = live_task(case)
    places = [
        (reviewer, "/desk"),
        (reviewer, f"/tasks/{task.pk}"),
        (reviewer, f"/cases/{case.number}"),
        (applicant, "/cases"),
        (applicant, f"/cases/{case.number}"),
        (applicant, f"/cases/{case.number}/clocks/handle"),
    ]
    for browser, url in places:
        assert MARK in browser.get(url).text, url
    answer = reviewer.client.get("/api/v1/tasks?queue=group").json()
    assert [row["provisional"] for row in answer["items"]] == [True]
    CalendarNotice.objects.create(year=2027, number="示例")
    assert MARK not in reviewer.get("/desk").text
    assert not reviewer.client.get(f"/api/v1/tasks/{task.pk}").json()["provisional"]
