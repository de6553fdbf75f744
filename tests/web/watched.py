"""Cases as a supervisor sees them, for tests of the list."""

from tests.services.world import account, deploy_acts, do, file, record, task
from tests.web.browser import Browser
from workflow_app.models import Agency, Case
from workflow_app.services.sweeping import fire_rungs
from workflow_app.services.tasks import claim_task

COUNTY = "330782"


def watched_cases(at) -> dict[str, Case]:
    """On 2026-03-17 at 10:00: `late` was due the day before and lies with approver1, `county` of Yiwu too but nobody
    has taken it; `soon` is due tomorrow, `calm` in two weeks; `done` was late and is done, `lapsing` waits for the
    applicant."""
    deploy_acts()
    county = record("DEMO-L-001")
    county.source_agency = Agency.objects.get(kind="department", region=COUNTY)
    county.save()
    at("2026-03-02 10:00")
    cases = {"late": file(), "county": file("applicant1", "DEMO-L-001"), "done": file(), "lapsing": file()}
    for name, reviewer in (("late", "reviewer1"), ("done", "reviewer1"), ("county", "reviewer1-yiwu")):
        do(cases[name], reviewer, result="ok")
    claim_task(task_id=task(cases["late"]).pk, user=account("approver1"))
    do(cases["lapsing"], "reviewer2", result="supplement")
    at("2026-03-04 10:00")
    cases["soon"] = file()
    at("2026-03-17 09:00")
    fire_rungs(100)
    do(cases["done"], "approver1", approval="ok")
    cases["calm"] = file()
    at("2026-03-17 10:00")
    return cases


def shown(browser: Browser) -> list[str]:
    """The numbers of the cases in the list, in its order."""
    return browser.page.xpath("//form[@id='rows']//tbody//a[contains(@class, 'number')]/text()")


def numbers(desk: dict[str, Case], *names: str) -> list[str]:
    return [desk[name].number for name in names]
