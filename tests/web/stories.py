"""Pieces of stories played through the pages, for tests that begin in the middle of one."""

from typing import Any

from tests.web.browser import Browser, paper
from workflow_app.models import Case, CreditRecord, Task
from workflow_app.models.tasks import LIVE
from workflow_app.services.ticking import run_due

WRONG = "DEMO-P-004"


def objection_answers(**changes: Any) -> dict[str, Any]:
    """What applicant1 types into the objection form."""
    record = CreditRecord.objects.get(number=WRONG)
    return {
        "record": str(record.pk),
        "ground": "error",
        "changes-0-field": "amount_cents",
        "changes-0-new": "5000.00",
        "explanation": "决定书载明罚款五千元，公示为五万元。",
        "papers-files": paper(),
        "contact": "王一",
        "phone": "13800000001",
        "agree": True,
        **changes,
    }


def begin(browser: Browser, process: str, query: str = "", **chosen: Any) -> Browser:
    """Open the page before the form and begin; the browser then shows the first step of a new draft."""
    browser.get(f"/start/{process}{query}").send(**chosen)
    assert "/drafts/" in browser.url, browser.text
    return browser


def fill_steps(browser: Browser, **answers: Any) -> Browser:
    """Fill in step after step, each with those of `answers` that it asks for, until the answers are to be checked."""
    while "/check" not in browser.url:
        here = browser.form("/drafts/")
        names = {each.split("-")[0] for each in here.fields} | set(here.xpath(".//input/@name"))
        mine = {name: value for name, value in answers.items() if {name, name.split("-")[0]} & names}
        before = browser.url
        browser.send("/drafts/", "next", **mine)
        assert browser.status == 200, browser.text
        assert browser.url != before, browser.text
    return browser


def open_step(browser: Browser, field: str) -> Browser:
    """Open the page of the draft on which that field stands; the pages before may be empty."""
    draft, number = browser.url.partition("?")[0], 1
    while not browser.get(f"{draft}?step={number}").page.xpath("//main//*[@name=$name]", name=field):
        number += 1
        assert number < 20, field
    return browser


def sign(browser: Browser, **typed: Any) -> Browser:
    """From the checked answers on: sign with the demo's password; the browser then shows the receipt."""
    browser.follow("/sign")
    form = browser.form()
    ticks = {name: True for name in ("agree", "consent") if form.xpath(f".//input[@name='{name}']")}
    return browser.send(button="sign", **{**ticks, "password": f"demo-{browser.username}", **typed})


def file_objection(browser: Browser) -> Case:
    """Fill in step by step, check, sign; the browser then shows the receipt."""
    sign(fill_steps(begin(browser, "objection"), **objection_answers()))
    assert browser.url.startswith("/receipt"), browser.text
    run_due()
    return Case.objects.get(number=browser.links("/cases/")[0].removeprefix("/cases/"))


def live_task(case: Case, element: str = "") -> Task:
    """The case's live task, of that element if there are several."""
    tasks = case.tasks.filter(status__in=LIVE)
    return tasks.get(element=element) if element else tasks.get()


def do_task(username: str, task: Task, **answers: Any) -> Browser:
    """Claim the task and send its form."""
    browser = Browser(username).get(f"/tasks/{task.pk}")
    if browser.page.xpath("//form[contains(@action, '/claim')]"):
        browser.send("/claim")
    browser.send(f"/tasks/{task.pk}", "done", **answers)
    run_due()
    return browser
