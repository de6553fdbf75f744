"""Without a script: filed, supplemented, decided, fetched; what a page needs to be used is in its HTML."""

from tests.browser.conftest import Visit
from tests.browser.player import play, stage_of
from tests.browser.tour import story_of


def test_a_case_needs_no_script_from_filing_to_its_letter(visit: Visit, at) -> None:
    # An objection that is sent back for papers, supplemented, accepted, checked, proposed and approved.
    story = story_of("objection", "supplemented_deleted")
    assert play(story, stage_of(visit, at, java_script_enabled=False)) == []
