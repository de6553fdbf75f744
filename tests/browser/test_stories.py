"""The stories that `make demo` tells, played through the pages: in Chinese on a desktop, in English on a phone."""

from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import ViewportSize

from tests.browser.conftest import DESKTOP, PHONE, Visit
from tests.browser.player import play, stage_of
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
    assert play(story, stage_of(visit, at, size, language=language)) == []
