"""All pages, each in the states it can be in: where to go, as whom, and what to do there first.

The addresses are those of tests/web/test_access.py, so that a page without a row there is missed by nobody.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
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
    selector = f"main form[method=post] button[name={name}]" if name else "main form[method=post] button"
    page.locator(selector).first.click()


def fill_step(page: Page) -> None:
    """Write something into every text of the page, as somebody who is in the middle of it."""
    for box in page.locator("main form textarea:visible, main form input[type=text]:visible").all():
        if not box.input_value():
            box.fill("5000")


def show_emergency(name: str) -> Callable[[Page], None]:
    """The page that is sent when nothing else can be."""
    return lambda page: page.set_content(render_to_string(f"web/static_pages/{name}.html"))


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
    Stop("task of somebody else", "reviewer2", "/tasks/{claimed}"),
    Stop("task that can be handed on", "supervisor1", "/tasks/{claimed}"),
    Stop("own tasks", "reviewer1", "/desk?queue=mine"),
    Stop("desk of the supervisor", "supervisor1", "/desk"),
    # Nothing there.
    Stop("no cases", "applicant2", "/cases"),
    Stop("no messages", "applicant2", "/inbox"),
    Stop("no tasks", "source1", "/desk"),
    Stop("nothing found on the desk", "reviewer1", "/desk?q=查无此案"),
    Stop("no records", "agent1", "/records"),
    Stop("no assistance asked for", "reviewer1", "/desk/assistance"),
    Stop("nothing to countersign", "applicant2", "/countersign"),
    Stop("nothing published", "", "/publications?q=查无此案"),
    # Something went wrong.
    Stop("not found", "", "/nowhere", 404),
    Stop("not for you", "applicant1", "/control", 403),
    Stop("server error", "", "/", act=show_emergency("500")),
    Stop("server away", "", "/", act=show_emergency("503")),
    Stop("draft that is not whole", "applicant1", "/drafts/{draft}/check"),
    Stop("step with errors", "applicant1", "/drafts/{draft}?step=1", act=lambda page: press(page, "next")),
    Stop("step with a paper", "applicant1", "/drafts/{ready}?step=3"),
    Stop("last step", "applicant1", "/drafts/{ready}?step=4"),
    Stop("draft to check", "applicant1", "/drafts/{ready}/check"),
    Stop("draft to sign", "applicant1", "/drafts/{ready}/sign"),
    Stop("signature refused", "applicant1", "/drafts/{ready}/sign", act=lambda page: press(page, "sign")),
    Stop("draft in another window", "applicant1", "/drafts/{ready}/link"),
    Stop("sign-in refused", "", "/sign-in", act=press),
    Stop("decision without a result", "reviewer1", "/tasks/{claimed}", act=lambda page: press(page, "done")),
    Stop("withdrawal", "applicant1", "/cases/{case}/withdraw"),
    Stop("verified by its code", "", "/verify/{code}"),
    Stop("a rule with errors", "sysadmin1", "/settings/rules/new", act=press),
)
