"""Plays a scenario through the pages: every person in a window of their own, every act by what stands on the page.

Nothing is looked up behind the pages but what no page needs to say: the number of a task, and how the story ended.
Time is moved by the test and stops on its way at everything that falls due, as in tests/processes/runner.py.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, Visitor
from tests.browser.filling import PAPER_TOKEN, Pen
from tests.conftest import FrozenClock
from tests.processes import runner
from tests.processes.tokens import resolve
from workflow_app.demo import findings
from workflow_app.demo.names import subject_code
from workflow_app.demo.scenario import Scenario, Step
from workflow_app.models import Case, Letter, Task, User
from workflow_app.selectors.access import APPLICANT
from workflow_app.services.case_forms import form_of
from workflow_app.services.definitions import bundle_of
from workflow_app.services.ticking import run_due
from workflow_app.web.bundles import start_form

# More pages than any form has.
_MOST_PAGES = 15
# The thing to do next on a page.
NEXT = "main .btn-primary:visible"
_PASSWORD = "main form input[type=password]:visible"
_PROBLEM = "main .error-summary:visible"


@dataclass
class Stage:
    """Where a story is played: `window` opens each person's, in `language`; `at` is the clock."""

    window: Callable[[str], Visitor]
    language: str
    at: FrozenClock
    applicant: str = ""
    cases: list[Case] = field(default_factory=list)


def play(scenario: Scenario, stage: Stage) -> list[str]:
    """Play the story and those that follow it → everything that did not end as told."""
    if scenario.at is not None:
        stage.at(scenario.at)
    run_due()
    stage.applicant, stage.cases = scenario.by, _file(scenario, stage)
    steps = list(scenario.steps)
    while steps:
        step = steps.pop(0)
        if step.kind == "claim" and steps and steps[0].kind == "claim" and steps[0].refused:
            _race(step, steps.pop(0), stage)
        else:
            _ACTS[step.kind](step, stage)
        run_due()
    problems = findings.about(_fresh(stage.cases[0]), _exact(scenario))
    _fetch_letters(scenario.by, stage)
    return [*problems, *(each for story in scenario.then for each in play(story, stage))]


def stage_of(visit: Visit, at: FrozenClock, *window: Any, language: str = "zh-hans", **options: Any) -> Stage:
    """A stage whose windows are all of one kind, as `visit` takes it; each person's stays open."""
    opened: dict[str, Visitor] = {}

    def window_of(username: str) -> Visitor:
        if username not in opened:
            opened[username] = visit(username, *window, language=language, **options)
        return opened[username]

    return Stage(window_of, language, at)


def file(
    page: Page, username: str, slug: str, data: dict[str, Any], language: str, code: str = ""
) -> list[str]:
    """From the start page of a process to the receipt, page by page → the numbers of the cases filed."""
    fill_until_signing(page, slug, data, language, code)
    sign(page, username)
    go_on(page)
    here = urlsplit(page.url)
    assert here.path == "/receipt", f"{page.url}: {page.locator('main').inner_text()}"
    return parse_qs(here.query)["case"]


def fill_until_signing(page: Page, slug: str, data: dict[str, Any], language: str, code: str = "") -> None:
    """Fill in page after page until a signature is asked for."""
    _, form = start_form(slug)
    for _ in range(_MOST_PAGES):
        if page.locator(_PASSWORD).count():
            return
        whom = page.locator(f'main [name=for][value="{code}"]:visible')
        if code and whom.count():
            whom.check()
        Pen(page, form, language).fill(data)
        go_on(page)
    raise AssertionError(f"{page.url} does not end: {page.locator('main').inner_text()}")


def sign(page: Page, username: str) -> bool:
    """Where a signature is asked for: tick what is agreed to and give the password again → whether it was."""
    password = page.locator(_PASSWORD)
    if not password.count():
        return False
    for box in page.locator("main form input[type=checkbox]:visible").all():
        box.check()
    password.fill(f"demo-{username}")
    return True


def go_on(page: Page) -> None:
    """Press the button of the page; it must not be answered by a problem."""
    with page.expect_navigation():
        page.locator(NEXT).first.click()
    if page.locator(_PROBLEM).count():
        raise AssertionError(f"{page.url}: {page.locator(_PROBLEM).first.inner_text()}")


def _file(scenario: Scenario, stage: Stage) -> list[Case]:
    page = stage.window(scenario.by).open(f"/start/{scenario.slug}")
    behalf = scenario.on_behalf_of
    code = subject_code(behalf) if behalf and not behalf[0].isdigit() else behalf
    data = resolved(dict(scenario.start), scenario.by)
    numbers = file(page, scenario.by, scenario.slug, data, stage.language, code)
    expect(page.locator("main")).to_contain_text(numbers[0])
    run_due()
    return [Case.objects.get(number=number) for number in numbers]


def resolved(data: Any, username: str) -> Any:
    """The answers with every token replaced but papers, which are chosen as files."""
    if isinstance(data, dict):
        return {key: resolved(each, username) for key, each in data.items()}
    if isinstance(data, list):
        return [resolved(each, username) for each in data]
    return data if data == PAPER_TOKEN else resolve(data, User.objects.get(username=username))


def _do(step: Step, stage: Stage) -> None:
    task = _task(step, stage)
    page = _at_task(step.by, task, stage)
    if page is None:
        assert step.refused, f"{step.place}: {step.by} cannot get at {step.target}"
        return
    before = findings.fingerprint(_fresh(task.case))
    done = page.locator("main form button[name=done]")
    is_offered = done.count() > 0
    if is_offered:
        form = form_of(bundle_of(task.case.definition_id), task.form)
        Pen(page, form, stage.language).fill(resolved(dict(step.data), step.by))
        with page.expect_navigation():
            done.click()
    is_refused = not is_offered or page.locator(_PROBLEM).count() > 0
    _judge(step, page, task, before if is_refused else None)


def _at_task(username: str, task: Task, stage: Stage) -> Page | None:
    """The task's page, with its form if the person may have it; None where nothing leads there."""
    visitor = stage.window(username)
    if task.role == APPLICANT:
        visitor.open(f"/cases/{task.case.number}")
    else:
        visitor.open(f"/desk?queue=all&q={task.case.number}")
    link = visitor.page.locator(f'main a[href="/tasks/{task.pk}"]').first
    if not link.count():
        # Whoever kept the address gets no further.
        answer = visitor.page.goto(f"{visitor.url}/tasks/{task.pk}")
        if answer is None or answer.status == 404:
            return None
    else:
        link.click()
        visitor.page.wait_for_load_state()
    _claim_here(visitor.page)
    return visitor.page


def _claim_here(page: Page) -> None:
    button = page.locator("main form[action$='/claim'] button:visible")
    if button.count():
        with page.expect_navigation():
            button.first.click()


def _judge(step: Step, page: Page, task: Task, refused_at: tuple[Any, ...] | None) -> None:
    """What was refused changed nothing; what was not, was not to be."""
    said = page.locator(_PROBLEM).all_inner_texts() or [page.locator("main").inner_text()[:300]]
    if step.refused:
        assert refused_at is not None, f"{step.place}: should have been refused with {step.refused}"
        assert findings.fingerprint(_fresh(task.case)) == refused_at, f"{step.place}: changed something"
    else:
        assert refused_at is None, f"{step.place}: {said}"


def _claim(step: Step, stage: Stage) -> None:
    task = _task(step, stage)
    before = findings.fingerprint(_fresh(task.case))
    page = _at_task(step.by, task, stage)
    has_it = Task.objects.get(pk=task.pk).assignee == User.objects.get(username=step.by)
    if step.refused:
        assert not has_it, f"{step.place}: should have been refused with {step.refused}"
        assert findings.fingerprint(_fresh(task.case)) == before, f"{step.place}: changed something"
        return
    assert has_it, f"{step.place}: {page and page.locator('main').inner_text()[:300]}"


def _race(first: Step, second: Step, stage: Stage) -> None:
    """Both look at the same task; the second presses when the first has it, and is told who was faster."""
    task = _task(first, stage)
    pages = [stage.window(name).open(f"/tasks/{task.pk}") for name in (first.by, second.by)]
    for page in pages:
        _claim_here(page)
    winner = User.objects.get(username=first.by)
    assert Task.objects.get(pk=task.pk).assignee == winner
    name = winner.display_name_en if stage.language == "en" else winner.display_name
    expect(pages[1].locator(_PROBLEM)).to_contain_text(name)


def _withdraw(step: Step, stage: Stage) -> None:
    case = stage.cases[step.case - 1]
    before = findings.fingerprint(_fresh(case))
    page = stage.window(step.by).open(f"/cases/{case.number}")
    link = page.locator(f'main a[href="/cases/{case.number}/withdraw"]:visible')
    if link.count():
        link.first.click()
        page.locator("main form textarea").first.fill(step.target.get("reason", ""))
        page.locator("main form[method=post] button.btn-danger").click()
        page.wait_for_load_state()
    changed = findings.fingerprint(_fresh(case)) != before
    assert changed != bool(step.refused), f"{step.place}: {page.locator('main').inner_text()[:300]}"


def _advance(step: Step, stage: Stage) -> None:
    runner.advance(step, _fresh(stage.cases[step.case - 1]), stage.at)


def _train(step: Step, stage: Stage) -> None:
    """Where the story only says that the training was passed: book, come, leave, and be graded."""
    assert step.target == "training.passed", f"{step.place}: no page says {step.target}"
    case = stage.cases[step.case - 1]
    page = stage.window(stage.applicant).open(f"/cases/{case.number}")
    page.locator(f'main a[href="/cases/{case.number}/training"]').first.click()
    page.locator("main button[name=enrol]").first.click()
    page.wait_for_load_state()
    run_due()
    session = case.enrolments.get().session
    trainer = stage.window("trainer1")
    for moment, button in ((session.starts_at, "check_in"), (session.ends_at, "check_out")):
        stage.at(moment + timedelta(minutes=1))
        run_due()
        page = trainer.open(f"/desk/training/{session.pk}")
        page.locator(f"main button[name={button}]").click()
        page.wait_for_load_state()
    page.locator("main input.score").fill("90")
    page.locator("main button[name=results]").click()
    page.wait_for_load_state()
    run_due()


_ACTS: dict[str, Callable[[Step, Stage], None]] = {
    "do": _do,
    "claim": _claim,
    "withdraw": _withdraw,
    "advance": _advance,
    "message": _train,
}


def _task(step: Step, stage: Stage) -> Task:
    return runner.task_of(step, stage.cases[step.case - 1])


def _fresh(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def _exact(scenario: Scenario) -> dict[str, Any]:
    """What the story expects. Training takes the time that its sessions take, not what the story says."""
    expected = dict(scenario.expect)
    if any(step.kind == "message" for step in scenario.steps):
        expected.pop("clocks", None)
    return expected


def _fetch_letters(username: str, stage: Stage) -> None:
    """Download every letter from the page of the case, and let the public page verify the last."""
    case = stage.cases[0]
    page = stage.window(username).open(f"/cases/{case.number}")
    letters = list(Letter.objects.filter(case=case).order_by("id"))
    for letter in letters:
        address = reverse("web:letter", args=[letter.number])
        with page.expect_download() as download:
            page.locator(f'main a[href="{address}"]').first.click()
        content = download.value.path().read_bytes()
        assert content.startswith(b"%PDF-")
        assert sha256(content).hexdigest() == letter.sha256
    shown = stage.window("").open(f"/verify/{letters[-1].verify_code}")
    expect(shown.locator("main")).to_contain_text(letters[-1].number)
