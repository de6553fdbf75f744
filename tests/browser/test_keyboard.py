"""Without a mouse: one application filed, ten tasks cleared; the focus always goes forwards and can be seen."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visit
from tests.browser.keyboard import FocusError, Keyboard, Typist
from tests.browser.player import NEXT, resolved
from tests.browser.tour import answers_of
from tests.processes.tokens import resolve
from workflow_app.models import Case, Task, User
from workflow_app.models.tasks import TaskStatus
from workflow_app.services.case_forms import form_of
from workflow_app.services.cases import file_case
from workflow_app.services.definitions import bundle_of
from workflow_app.services.ticking import run_due
from workflow_app.web.bundles import start_form

TASKS = 10


def test_an_application_is_filed(visit: Visit) -> None:
    page = visit("applicant1").open("/")
    keys = Keyboard(page)
    keys.press(page.locator('nav a[href="/start"], main a[href="/start"]').first)
    keys.press(page.locator('main a[href="/start/objection"]').first)
    _, form = start_form("objection")
    answers = resolved(answers_of("objection", "corrected"), "applicant1")
    while not page.locator("main input[type=password]").count():
        Typist(page, form, "zh-hans").fill(answers)
        keys.press(page.locator(NEXT).first)
        assert not page.locator("main .error-summary").count(), page.locator("main").inner_text()
    for box in page.locator("main form input[type=checkbox]").all():
        keys.reach(box)
        page.keyboard.press("Space")
    keys.reach(page.locator("main input[type=password]"))
    page.keyboard.type("demo-applicant1")
    page.keyboard.press("Enter")
    page.wait_for_url("**/receipt?**")
    assert Case.objects.get().process == "objection"


@pytest.fixture
def queue(live: str) -> list[Task]:
    """Ten objections that wait to be accepted."""
    user = User.objects.get(username="applicant1")
    for _ in range(TASKS):
        file_case(process="objection", data=resolve(answers_of("objection", "corrected"), user), user=user)
    run_due()
    return list(Task.objects.filter(element="task_accept"))


def test_ten_tasks_are_cleared(queue: list[Task], visit: Visit) -> None:
    page = visit("reviewer1").open("/desk")
    keys = Keyboard(page)
    keys.press(page.locator('main td a[href^="/tasks/"]').first)
    for _ in queue:
        _clear(page, keys)
    assert Task.objects.filter(element="task_accept", status=TaskStatus.DONE).count() == TASKS


def _clear(page: Page, keys: Keyboard) -> None:
    """Claim the task that is open, accept, and go on to the next."""
    task = Task.objects.get(pk=page.url.split("?")[0].rpartition("/")[2])
    claim = page.locator("main form[action$='/claim'] button")
    if claim.count():
        keys.press(claim.first)
    form = form_of(bundle_of(task.case.definition_id), task.form)
    Typist(page, form, "zh-hans").fill({"acceptance": "accept"})
    keys.press(page.locator("main form button[name=next]"))


def test_a_jump_of_the_focus_is_found(visit: Visit) -> None:
    page = visit("").open("/sign-in")
    # Whatever comes first by its number is reached before what stands above it.
    page.locator("main input[name=password]").evaluate("element => { element.tabIndex = 1 }")
    with pytest.raises(FocusError, match="jumps back"):
        Keyboard(page).reach(page.locator("main button").first)


def test_a_focus_that_cannot_be_seen_is_found(visit: Visit) -> None:
    page = visit("").open("/sign-in")
    field = page.locator("main input[name=username]")
    field.evaluate("element => { element.style.outline = element.style.boxShadow = 'none' }")
    with pytest.raises(FocusError, match="nothing shows"):
        Keyboard(page).reach(page.locator("main button").first)
