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


def file_objection(browser: Browser) -> Case:
    """Fill in, check, file; the browser then shows the receipt."""
    browser.get("/start/objection").send(button="check", **objection_answers())
    assert browser.url.endswith("/check"), browser.text
    browser.send()
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
