"""All pages, each in the states it can be in: where to go, as whom, and what to do there first.

The addresses are those of tests/web/test_access.py, so that a page without a row there is missed by nobody.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from playwright.sync_api import Page

from tests.conftest import FrozenClock
from tests.processes import runner
from tests.processes.tokens import resolve
from tests.web.browser import Browser
from tests.web.stories import file_objection, live_task
from tests.web.test_access import MATRIX, make_places
from workflow_app.demo.scenario import Scenario, read_scenario
from workflow_app.domain.clock import CHINA
from workflow_app.models import Case, User
from workflow_app.services.drafts import save_draft
from workflow_app.services.mandates import grant_mandate
from workflow_app.services.signing import hand_in_draft

Places = dict[str, Any]

# Whose page it is looked at; of several the first who may see it.
ORDER = (
    "applicant1",
    "reviewer1",
    "supervisor1",
    "trainer1",
    "clerk1",
    "sysadmin1",
    "source1",
    "agent1",
    "auditor1",
    "",
)


@dataclass(frozen=True)
class Stop:
    """A page in a state. `act` does on it what leads there; `status` is that of the page before."""

    name: str
    who: str
    url: str
    status: int = 200
    act: Callable[[Page], None] | None = None


def make_world(at: FrozenClock) -> Places:
    """What the addresses need, and more cases: one closed with its letters, one in the hands of reviewer1."""
    played = runner.play(story_of("repair", "general_two_papers"), at)
    assert not played.problem, played.problem
    closed = Case.objects.filter(process="repair", closed_at__isnull=False).latest("id")
    places = make_places(at.now.astimezone(CHINA).date())
    claimed = file_objection(Browser("applicant1"))
    Browser("reviewer1").get(f"/tasks/{live_task(claimed).pk}").send("/claim")
    return {
        **places,
        "ready": _ready_draft(),
        "waiting": _waiting_draft(at.now.astimezone(CHINA).date()),
        "closed": closed.number,
        "claimed": live_task(claimed).pk,
        "code": closed.letters.latest("id").verify_code,
    }


def story_of(slug: str, name: str) -> Scenario:
    """A scenario of the repository."""
    return read_scenario(settings.BASE_DIR / "bpmn" / slug / "scenarios" / f"{name}.yaml", settings.BASE_DIR)


def answers_of(slug: str, name: str) -> dict[str, Any]:
    """What is filed in it, with its tokens."""
    return dict(story_of(slug, name).start)


def _ready_draft() -> str:
    """A draft of applicant1's with every answer given."""
    user = User.objects.get(username="applicant1")
    data = resolve(answers_of("objection", "corrected"), user)
    return str(save_draft(user=user, process="objection", data=data, documents=data["papers"]).pk)


def _waiting_draft(day: date) -> str:
    """A draft that agent1 has signed for applicant1's organisation, which has to sign it too."""
    agent, representative = (User.objects.get(username=name) for name in ("agent1", "applicant1"))
    subject = representative.subject_accounts.get().subject
    grant_mandate(
        user=representative,
        subject_id=subject.pk,
        username=agent.username,
        valid_until=day + timedelta(days=7),
        is_shared=True,
    )
    data = resolve(answers_of("objection", "corrected"), agent)
    draft = save_draft(
        user=agent, process="objection", data=data, documents=data["papers"], on_behalf_of=subject.code
    )
    hand_in_draft(draft_id=draft.pk, user=agent)
    return str(draft.pk)


def pages(places: Places) -> Iterator[Stop]:
    """Every page that can be opened, once as somebody who may."""
    for name, row in MATRIX.items():
        url = row.url.format_map(places)
        who = next((each for each in ORDER if row.status.get(each) == 200), None)
        if who is not None and _is_page(who, url):
            yield Stop(name, who, url)


def states(places: Places) -> Iterator[Stop]:
    """What the same pages show to others, when there is nothing, and when something went wrong."""
    for stop in STATES:
        yield replace(stop, url=stop.url.format_map(places))


def _is_page(who: str, url: str) -> bool:
    """Not a letter, a table or a redirect."""
    answer = Browser(who).client.get(url)
    assert answer.status_code < 400, f"{url}: {answer.status_code}"
    return answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html")


def press(page: Page, name: str = "") -> None:
    """Send the form of the main part as it stands, by the button of that name, past the browser's own checks."""
    page.locator("main form[method=post]").first.evaluate("form => { form.noValidate = true }")
    button = f"button[name={name}]" if name else "button:not([type=button]):visible"
    page.locator(f"main form[method=post] {button}").first.click()


def to_the_signature(page: Page) -> None:
    """From the answers, read once more, on to signing them."""
    page.locator("main a[href*='/sign?']").click()
    page.locator("form.signature").wait_for()


def refused_signature(page: Page) -> None:
    """Nothing ticked, no password."""
    to_the_signature(page)
    press(page, "sign")


def fill_step(page: Page) -> None:
    """Write something into every text of the page, as somebody who is in the middle of it."""
    for box in page.locator("main form textarea:visible, main form input[type=text]:visible").all():
        if not box.input_value():
            box.fill("5000")


def open_sentences(page: Page) -> None:
    """Answer so that a reason is asked for, and look at the sentences offered for it."""
    page.locator("input[name=acceptance][value=refuse]").check()
    page.locator(".phrases summary").first.click()


def send_note(page: Page) -> None:
    """Send a note without a word."""
    page.locator(".note-form button").click()
    page.locator("#note-error").wait_for()


def show_emergency(name: str) -> Callable[[Page], None]:
    """The page that is sent when nothing else can be."""
    return lambda page: page.set_content(render_to_string(f"web/static_pages/{name}.html"))


def ask_whether_still_there(page: Page) -> None:
    """Nothing has been done for long: the words come by themselves two minutes before the session ends."""
    page.locator("#idle").evaluate("box => box.showModal()")


STATES: tuple[Stop, ...] = (
    # What others see on the same pages.
    Stop("home of visitors", "", "/"),
    Stop("home of officers", "reviewer1", "/"),
    Stop("home of supervisors", "supervisor1", "/"),
    Stop("start of an agent", "agent1", "/start"),
    Stop("for whom", "agent1", "/start/repair"),
    Stop("for whom at the window", "clerk1", "/start/repair"),
    Stop("case of the applicant, closed", "applicant1", "/cases/{closed}"),
    Stop("case of the reviewer, closed", "reviewer1", "/cases/{closed}"),
    Stop("task to decide", "reviewer1", "/tasks/{claimed}"),
    Stop("task with sentences", "reviewer1", "/tasks/{claimed}", act=open_sentences),
    Stop("task with notes", "reviewer1", "/tasks/{claimed}#notes"),
    Stop("task with its history", "reviewer1", "/tasks/{claimed}#history"),
    Stop("note that is empty", "reviewer1", "/tasks/{claimed}#notes", act=send_note),
    Stop("unit asked without a question", "reviewer1", "/cases/{case}/assistance", act=press),
    Stop("request of a unit to be answered", "source1", "/desk/assistance/{assistance}"),
    Stop("task of somebody else", "reviewer2", "/tasks/{claimed}"),
    Stop("task that can be handed on", "supervisor1", "/tasks/{claimed}"),
    Stop("own tasks", "reviewer1", "/desk?queue=mine"),
    Stop("desk of the supervisor", "supervisor1", "/desk"),
    Stop("records of an agent", "agent1", "/records"),
    Stop("file of a subject, read by an officer", "reviewer1", "/archive/{subject}"),
    # Nothing there.
    Stop("no cases", "applicant2", "/cases"),
    Stop("no messages", "applicant2", "/inbox"),
    Stop("no tasks", "source1", "/desk"),
    Stop("nothing found on the desk", "reviewer1", "/desk?q=查无此案"),
    Stop("no records", "agent1", "/records"),
    Stop("requests to a unit", "source1", "/desk/assistance"),
    Stop("nothing to countersign", "applicant2", "/countersign"),
    Stop("nothing published", "", "/publications?q=查无此案"),
    # Something went wrong.
    Stop("not found", "", "/nowhere", 404),
    Stop("not for you", "applicant1", "/control", 403),
    Stop("server error", "", "/", act=show_emergency("500")),
    Stop("server away", "", "/", act=show_emergency("503")),
    Stop("draft that is not whole", "applicant1", "/drafts/{draft}/check"),
    Stop("begun for nobody", "agent1", "/start/repair", act=press),
    Stop("step with errors", "applicant1", "/drafts/{draft}?step=1", act=lambda page: press(page, "next")),
    Stop("step with papers", "applicant1", "/drafts/{ready}?step=2"),
    Stop("session about to end", "applicant1", "/drafts/{ready}?step=3", act=ask_whether_still_there),
    Stop("step with errors", "applicant1", "/drafts/{draft}?step=1", act=lambda page: press(page, "next")),
    Stop("step with a paper", "applicant1", "/drafts/{ready}?step=3"),
    Stop("last step", "applicant1", "/drafts/{ready}?step=4"),
    Stop("draft to check", "applicant1", "/drafts/{ready}/check"),
    Stop("draft to sign", "applicant1", "/drafts/{ready}/check", act=to_the_signature),
    Stop("signature refused", "applicant1", "/drafts/{ready}/check", act=refused_signature),
    Stop("draft that waits for the second signature", "agent1", "/drafts/{waiting}/check"),
    Stop("to be signed second", "applicant1", "/countersign"),
    Stop("draft to countersign", "applicant1", "/countersign/{waiting}"),
    Stop(
        "countersignature refused",
        "applicant1",
        "/countersign/{waiting}",
        act=lambda page: press(page, "sign"),
    ),
    Stop(
        "refused without a reason",
        "applicant1",
        "/countersign/{waiting}",
        act=lambda page: press(page, "refuse"),
    ),
    Stop("mandates of an agent", "agent1", "/mandates"),
    Stop("draft in another window", "applicant1", "/drafts/{ready}/link"),
    Stop("sign-in refused", "", "/sign-in", act=press),
    Stop("decision without a result", "reviewer1", "/tasks/{claimed}", act=lambda page: press(page, "done")),
    Stop("withdrawal", "applicant1", "/cases/{case}/withdraw"),
    Stop("verified by its code", "", "/verify/{code}"),
    Stop("a rule with errors", "sysadmin1", "/settings/rules/new", act=press),
)
