"""The processes' stories, told on the clock that demos and clients move, instead of the tests' own."""

from datetime import datetime

import pytest
from django.conf import settings

from tests.conftest import FrozenClock
from tests.processes.runner import play
from workflow_app.demo.scenario import Scenario, read_scenario
from workflow_app.domain import clock
from workflow_app.models import ClockShift, clock_shift
from workflow_app.services.clock_shift import move_clock

# Of each process one that waits for a deadline, and its follow-ups.
TOLD = ("commitment/deferred_papers_late", "objection/unverified", "repair/lapsed", "repair_revocation/kept")


def story(name: str) -> Scenario:
    slug, _, words = name.partition("/")
    return read_scenario(settings.BASE_DIR / "bpmn" / slug / "scenarios" / f"{words}.yaml", settings.BASE_DIR)


@pytest.mark.parametrize("name", TOLD)
def test_a_story_ends_as_told(name: str, db: None, at: FrozenClock, monkeypatch: pytest.MonkeyPatch) -> None:
    # The machine's time stands still, so that moments come out as they are written; the rest is the demo's clock.
    monkeypatch.setattr(clock_shift, "system_time", lambda: at.now)
    monkeypatch.setattr(clock, "_source", clock_shift.shifted_time)

    def move(moment: datetime) -> None:
        move_clock(moment - clock.now())

    played = play(story(name), move)
    assert not played.problem
    assert ClockShift.objects.get(pk=1).microseconds > 0
