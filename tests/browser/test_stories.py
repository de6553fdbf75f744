"""The stories that `make demo` tells, played through the pages: in Chinese on a desktop, in English on a phone."""

from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import ViewportSize

from tests.browser.conftest import DESKTOP, PHONE, Visit, Visitor
from tests.browser.player import Stage, play
from workflow_app.demo.scenario import Scenario
from workflow_app.demo.show import load_stories

STORIES = load_stories(settings.BASE_DIR)


@pytest.mark.parametrize(
    ("language", "size"), [("zh-hans", DESKTOP), ("en", PHONE)], ids=["chinese-desktop", "english-phone"]
)
@pytest.mark.parametrize("story", STORIES, ids=lambda story: Path(story.path).stem)
def test_the_story_goes_as_it_is_told(
    visit: Visit, at, story: Scenario, language: str, size: ViewportSize
) -> None:
    windows: dict[str, Visitor] = {}

    def window(username: str) -> Visitor:
        if username not in windows:
            windows[username] = visit(username, size, language)
        return windows[username]

    problems = play(story, Stage(window, language, at))
    assert problems == []
