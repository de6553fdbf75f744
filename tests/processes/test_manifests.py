"""Every process of the repository: its manifest, and the gate before it."""

import json
import re

import pytest
from django.conf import settings

from bpmn.manifest import Process, process_from_dict
from workflow_app.engine.bundles import discover
from workflow_app.engine.programs import program_of
from workflow_app.gate import gate_problems, shared_problems

BUNDLES = discover()
LATIN = re.compile(r"[A-Za-z]")
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(params=BUNDLES)
def slug(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def manifest(slug: str) -> Process:
    return BUNDLES[slug].manifest


def test_the_processes_that_this_service_is_for_are_there() -> None:
    assert {"commitment", "objection", "repair"} <= set(BUNDLES)


def test_it_passes_the_gate(slug: str) -> None:
    assert gate_problems(BUNDLES[slug], settings.BASE_DIR) == []


def test_no_two_processes_share_their_case_numbers() -> None:
    assert shared_problems(BUNDLES) == []


def test_a_manifest_survives_freezing(manifest: Process) -> None:
    assert process_from_dict(json.loads(json.dumps(manifest.as_dict()))) == manifest


def test_every_text_is_there_in_both_languages(manifest: Process) -> None:
    texts = [manifest.title, manifest.summary]
    for group in (manifest.clocks, manifest.letters, manifest.outcomes.values()):
        texts += [each.title for each in group]
    assert [text for text in texts if not HAN.search(text.zh)] == []
    assert [text for text in texts if not LATIN.search(text.en) or HAN.search(text.en)] == []


def test_what_two_people_decide_is_decided_by_two(slug: str, manifest: Process) -> None:
    """Every task of an approver that follows a proposal names the proposal in `four_eyes`."""
    tasks = program_of(BUNDLES[slug]).tasks
    approvals = {
        task for task, spec in tasks.items() if spec.role == "approver" and task.startswith("task_approve")
    }
    assert approvals <= manifest.four_eyes.keys()
    for task in approvals:
        assert all(tasks[other].role != "approver" for other in manifest.four_eyes[task])


def test_every_task_has_words_in_both_languages(slug: str) -> None:
    for spec in program_of(BUNDLES[slug]).tasks.values():
        assert HAN.search(spec.title)
        assert LATIN.search(spec.title_en)
        assert not HAN.search(spec.title_en)
