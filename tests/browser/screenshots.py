"""Pictures of the service in use, for the guides: `make screenshots` puts them into var/screenshots.

Each has the name that docs/guide calls it by. They are made by the same windows as all browser tests, on a world with
half a year of cases, and so fail when a page does.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, PHONE, Visit
from tests.browser.looking import Scheme
from tests.browser.tour import Places, fill_step, make_world, press, story_of, to_the_signature
from tests.conftest import FrozenClock
from tests.processes import runner
from workflow_app.demo.history import make_history
from workflow_app.models import Case, Task
from workflow_app.models.tasks import LIVE
from workflow_app.services.figures import count_figures
from workflow_app.services.ticking import run_due

FOLDER = settings.BASE_DIR / "var" / "screenshots"
CASES_OF_HISTORY = 40


@dataclass(frozen=True)
class Shot:
    """A picture: of a page as somebody sees it. `name` ends in -en, -phone or -dark where it is not the usual."""

    name: str
    who: str
    url: str
    act: Callable[[Page], None] | None = None

    @property
    def language(self) -> str:
        return "en" if "-en" in self.name else "zh-hans"

    @property
    def scheme(self) -> Scheme:
        return "dark" if "-dark" in self.name else "light"


SHOTS: tuple[Shot, ...] = (
    # Everybody.
    Shot("home", "", "/"),
    Shot("home-phone", "", "/"),
    Shot("home-dark", "", "/"),
    Shot("home-en", "", "/"),
    Shot("sign-in", "", "/sign-in"),
    Shot("matters", "", "/matters"),
    Shot("matter", "", "/matters/FOOD-01"),
    Shot("publications", "", "/publications"),
    Shot("verify", "", "/verify/{code}"),
    Shot("calculator", "", "/calculator"),
    Shot("process", "", "/processes/repair"),
    Shot("figures", "", "/figures"),
    Shot("privacy", "", "/privacy"),
    # Applicants.
    Shot("start", "applicant1", "/start"),
    Shot("form", "applicant1", "/drafts/{draft}", fill_step),
    Shot("form-phone", "applicant1", "/drafts/{draft}"),
    Shot("form-errors", "applicant1", "/drafts/{draft}", press),
    Shot("resume", "applicant1", "/drafts/{draft}/link"),
    Shot("check", "applicant1", "/drafts/{ready}/check"),
    Shot("sign", "applicant1", "/drafts/{ready}/check", to_the_signature),
    Shot("receipt", "applicant1", "/receipt?case={case}"),
    Shot("cases", "applicant1", "/cases"),
    Shot("cases-phone", "applicant1", "/cases"),
    Shot("case", "applicant1", "/cases/{case}"),
    Shot("case-closed", "applicant1", "/cases/{closed}"),
    Shot("case-en-phone", "applicant1", "/cases/{case}"),
    Shot("supplement", "applicant1", "/tasks/{supplement}"),
    Shot("inbox", "applicant1", "/inbox"),
    Shot("account", "applicant1", "/account"),
    Shot("records", "applicant1", "/records"),
    Shot("archive", "applicant1", "/archive/{subject}"),
    Shot("preferences", "applicant1", "/preferences"),
    Shot("mandates", "applicant1", "/mandates"),
    # The window.
    Shot("window", "clerk1", "/window"),
    Shot("window-begin", "clerk1", "/window/for/{counter}"),
    Shot("window-papers", "clerk1", "/window/drafts/{visit}"),
    # Officers.
    Shot("desk", "reviewer1", "/desk"),
    Shot("desk-dark", "reviewer1", "/desk"),
    Shot("desk-en", "reviewer1", "/desk"),
    Shot("task", "reviewer1", "/tasks/{claimed}"),
    Shot("task-dark", "reviewer1", "/tasks/{claimed}"),
    Shot("task-phone", "reviewer1", "/tasks/{claimed}"),
    Shot("paper", "reviewer1", "/documents/{document}/view"),
    Shot("task-approve", "approver1", "/tasks/{approval}"),
    Shot("absences", "reviewer1", "/desk/absences"),
    Shot("keys", "reviewer1", "/desk/keys"),
    Shot("assistances", "source1", "/desk/assistance"),
    Shot("assistance", "source1", "/desk/assistance/{assistance}"),
    Shot("training", "trainer1", "/desk/training"),
    Shot("training-session", "trainer1", "/desk/training/{session}"),
    # Supervisors.
    Shot("control", "supervisor1", "/control"),
    Shot("control-dark", "supervisor1", "/control"),
    Shot("control-en", "supervisor1", "/control"),
    Shot("control-clocks", "supervisor1", "/control/clocks"),
    Shot("control-trends", "supervisor1", "/control/trends?measure=objection"),
    Shot("control-heatmap", "supervisor1", "/control/heatmap/objection"),
    Shot("control-load", "supervisor1", "/control/load"),
    Shot("control-bulletin", "supervisor1", "/control/bulletin"),
    # Administrators.
    Shot("settings-calendar", "sysadmin1", "/settings/calendar"),
    Shot("settings-rules", "sysadmin1", "/settings/rules"),
    Shot("settings-change", "sysadmin1", "/settings/changes/{change}"),
)


@pytest.fixture
def world(live: str, at: FrozenClock) -> Places:
    """Half a year of cases and what the tour needs."""
    for _ in make_history(CASES_OF_HISTORY, at.now - timedelta(hours=1), 1):
        pass
    run_due()
    places = make_world(at)
    while count_figures(100):
        pass
    story = story_of("objection", "corrected")
    # Up to the proposal, from now on.
    played = runner.play(replace(story, at=None, steps=story.steps[:5], expect={"status": "open"}), at)
    assert not played.problem, played.problem
    approval = Task.objects.filter(element="task_approve", status__in=LIVE).latest("id")
    supplement = Case.objects.get(number=places["case"]).tasks.get(status__in=LIVE)
    return {**places, "approval": approval.pk, "supplement": supplement.pk}


def test_screenshots(world: Places, visit: Visit) -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    for shot in SHOTS:
        size = PHONE if "-phone" in shot.name else DESKTOP
        visitor = visit(shot.who, size, shot.language, color_scheme=shot.scheme, device_scale_factor=2)
        page = visitor.open(shot.url.format_map(world))
        if shot.act:
            shot.act(page)
            page.wait_for_load_state()
        page.wait_for_load_state("networkidle")
        page.screenshot(path=_path(shot), full_page=True, animations="disabled")
        page.context.close()


def _path(shot: Shot) -> Path:
    return FOLDER / f"{shot.name}.png"
