"""Reloading, going back and pressing twice never act twice, and nothing that was typed is lost."""

from importlib import import_module
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, Visitor
from tests.browser.filling import Pen, paper
from tests.browser.player import NEXT, file, fill_until_signing, go_on, resolved, sign
from tests.browser.tour import answers_of
from tests.web.browser import Browser
from tests.web.stories import file_objection, live_task
from workflow_app.models import Case, Task
from workflow_app.models.tasks import TaskStatus
from workflow_app.services.case_forms import form_of
from workflow_app.services.definitions import bundle_of
from workflow_app.web.bundles import start_form

WORDS = "处罚决定书载明罚款伍仟元整，公示为五万元。"


@pytest.fixture
def answers(live: str) -> dict[str, Any]:
    return resolved(answers_of("objection", "corrected"), "applicant1")


def test_an_application_is_filed_once(visit: Visit, answers: dict[str, Any]) -> None:
    page = visit("applicant1").open("/start/objection")
    fill_until_signing(page, "objection", answers, "zh-hans")
    sign(page, "applicant1")
    page.locator(NEXT).first.dblclick()
    page.wait_for_url("**/receipt?**")
    page.reload()
    receipt = page.url
    page.go_back()
    page.wait_for_load_state()
    if sign(page, "applicant1"):
        page.locator(NEXT).first.click()
        page.wait_for_load_state()
    assert Case.objects.count() == 1
    page.goto(receipt)
    expect(page.locator("main")).to_contain_text(Case.objects.get().number)


@pytest.fixture
def task(live: str) -> Task:
    """An objection that reviewer1 has claimed and has to accept or refuse."""
    task = live_task(file_objection(Browser("applicant1")))
    Browser("reviewer1").get(f"/tasks/{task.pk}").send("/claim")
    return task


def _pen(page: Page, task: Task) -> Pen:
    return Pen(page, form_of(bundle_of(task.case.definition_id), task.form), "zh-hans")


def test_a_task_is_done_once(visit: Visit, task: Task) -> None:
    page = visit("reviewer1").open(f"/tasks/{task.pk}")
    _pen(page, task).fill({"acceptance": "accept"})
    page.locator("main form button[name=done]").dblclick()
    page.wait_for_url("**/cases/*")
    page.reload()
    assert task.case.submissions.filter(task=task).count() == 1
    page.go_back()
    page.wait_for_load_state()
    again = page.locator("main form button[name=done]")
    if again.count():
        again.click()
        page.wait_for_load_state()
    assert Task.objects.get(pk=task.pk).status == TaskStatus.DONE
    assert task.case.submissions.filter(task=task).count() == 1


def idle(visitor: Visitor) -> None:
    """An hour passes in which nothing is done."""
    (cookie,) = [
        each for each in visitor.page.context.cookies() if each["name"] == settings.SESSION_COOKIE_NAME
    ]
    session = import_module(settings.SESSION_ENGINE).SessionStore(cookie["value"])
    session["seen_at"] = int(session.get("seen_at", 0)) - 3600
    session.save()


def sign_in_again(page: Page, username: str) -> None:
    expect(page.locator("main input[name=password]")).to_be_visible()
    page.locator("main input[name=username]").fill(username)
    page.locator("main input[name=password]").fill(f"demo-{username}")
    go_on(page)


def test_an_application_typed_in_a_session_that_ended_is_kept(visit: Visit, answers: dict[str, Any]) -> None:
    visitor = visit("applicant1")
    page = visitor.open("/start/objection")
    _, form = start_form("objection")
    box = page.locator("#id_explanation")
    while not box.count():
        Pen(page, form, "zh-hans").fill(answers)
        go_on(page)
    box.fill(WORDS)
    idle(visitor)
    with page.expect_navigation():
        page.locator(NEXT).first.click()
    sign_in_again(page, "applicant1")
    expect(page.locator("#id_explanation")).to_have_value(WORDS)


def test_a_decision_typed_in_a_session_that_ended_is_kept(visit: Visit, task: Task) -> None:
    visitor = visit("reviewer1")
    page = visitor.open(f"/tasks/{task.pk}")
    _pen(page, task).fill({"acceptance": "refuse", "reason": WORDS})
    idle(visitor)
    with page.expect_navigation():
        page.locator("main form button[name=done]").click()
    sign_in_again(page, "reviewer1")
    expect(page.locator("#id_reason")).to_have_value(WORDS)
    assert Task.objects.get(pk=task.pk).status != TaskStatus.DONE


def test_a_file_under_way_is_not_lost(visit: Visit, answers: dict[str, Any]) -> None:
    page = visit("applicant1").open("/start/objection")
    _, form = start_form("objection")
    chooser = page.locator("main form [name=papers-files]")
    without = {name: value for name, value in answers.items() if name != "papers"}
    while not chooser.count():
        Pen(page, form, "zh-hans").fill(without)
        go_on(page)
    Pen(page, form, "zh-hans").fill(without)
    chooser.set_input_files(paper())
    # At once, while it goes up.
    go_on(page)
    assert file(page, "applicant1", "objection", without, "zh-hans")
    assert Case.objects.get().documents.count() == 1
