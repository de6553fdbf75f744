"""Every story of every process, played on a real database, and all together through every branch."""

import pytest
from django.conf import settings

from tests.conftest import FrozenClock
from tests.processes.runner import Played, play_and_undo
from tests.processes.trace import Trace, missing
from workflow_app.demo.scenario import Scenario, find_scenarios
from workflow_app.engine.bundles import discover
from workflow_app.gate.papers import DESK_EVENTS, FILING_EVENTS

SCENARIOS = find_scenarios(settings.BASE_DIR)
BUNDLES = discover()

# Messages that no story can bring about.
UNTOLD = {
    # The reminder is a supervisor's, and so is lengthening a commitment's deadline: no step of any diagram.
    "objection": {"reminder"},
    "commitment": {"reminder", "extended"},
    # The one subject on a list has no account: a clerk filed for it. Seats come from outside any story, and so does
    # whoever misses a training; who wants to be told of a day has asked for that before there is a case.
    "repair": {"list_exit", "training_promoted", "training_again", "apply_soon", "reminder"},
    # A subject never takes back a case against itself.
    "repair_revocation": {"withdrawn", "reminder"},
}

# Played once a test process, whichever test asks first.
_played: dict[str, Played] = {}


def played(scenario: Scenario, at: FrozenClock) -> Played:
    if scenario.path not in _played:
        _played[scenario.path] = play_and_undo(scenario, at)
    return _played[scenario.path]


def all_played(slug: str, at: FrozenClock) -> list[Played]:
    """The stories of a process; one that is wrong on purpose proves nothing about it."""
    return [played(each, at) for each in SCENARIOS if each.slug == slug and not each.must_fail]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_the_story_goes_as_it_is_told(scenario: Scenario, at: FrozenClock, db: None) -> None:
    result = played(scenario, at)
    assert result.is_fine, result.problem or "这个情景应当不通过，却通过了"


@pytest.mark.parametrize("slug", BUNDLES)
def test_the_stories_of_a_process_pass_every_element_and_every_branch(
    slug: str, at: FrozenClock, db: None
) -> None:
    trace = Trace()
    for result in all_played(slug, at):
        trace.add(result.trace)
    assert missing(BUNDLES[slug], trace) == []


@pytest.mark.long
@pytest.mark.parametrize("slug", BUNDLES)
def test_the_stories_of_a_process_make_every_letter_and_every_message(
    slug: str, at: FrozenClock, db: None
) -> None:
    results, manifest = all_played(slug, at), BUNDLES[slug].manifest
    made = set().union(*(result.letters for result in results))
    told = set().union(*(result.messages for result in results))
    assert {letter.kind for letter in manifest.letters} - made == set()
    # What people write to each other, ask and sign besides the forms has tests of its own.
    besides = {*DESK_EVENTS, *FILING_EVENTS}
    assert set(manifest.notifications) - told - besides == UNTOLD.get(slug, set())


@pytest.mark.parametrize("slug", BUNDLES)
def test_every_process_has_stories_that_must_be_found_wrong(slug: str) -> None:
    assert [each.path for each in SCENARIOS if each.slug == slug and each.must_fail]
