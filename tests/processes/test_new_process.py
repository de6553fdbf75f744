"""A new process works from the first minute, in a tree of its own, and touches nothing that was there before."""

import hashlib
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from tests.conftest import FrozenClock
from tests.processes.runner import run_scenarios
from tests.processes.trace import Trace, missing
from workflow_app.engine.bundles import ROOMS, discover
from workflow_app.models import Definition

SLUG = "credit_report"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the three content folders."""
    for room in ROOMS:
        shutil.copytree(
            settings.BASE_DIR / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__")
        )
    return tmp_path


def digests(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_a_new_process_passes_its_stories_and_changes_no_file(
    tree: Path, at: FrozenClock, db: None, capsys: pytest.CaptureFixture[str]
) -> None:
    before, ours = digests(tree), digests(settings.BASE_DIR / "bpmn")
    call_command("new_process", SLUG, title="信用报告", title_en="Credit report", root=tree)
    assert SLUG in capsys.readouterr().out

    after = digests(tree)
    assert {path: after[path] for path in before} == before
    fresh = after.keys() - before.keys()
    assert fresh
    assert {path.split("/")[1] for path in fresh} == {SLUG}
    assert {path.split("/")[0] for path in fresh} == set(ROOMS)

    others = list(Definition.objects.exclude(slug=SLUG).values_list("content_hash", flat=True))
    results = run_scenarios(tree, at, SLUG)
    assert len(results) >= 2
    assert [result.problem for result in results if not result.is_fine] == []
    trace = Trace()
    for result in results:
        trace.add(result.trace)
    assert missing(discover(tree)[SLUG], trace) == []
    # The processes that were there keep their definitions.
    assert list(Definition.objects.exclude(slug=SLUG).values_list("content_hash", flat=True)) == others
    assert digests(settings.BASE_DIR / "bpmn") == ours


def test_its_stories_are_really_played(tree: Path, at: FrozenClock, db: None) -> None:
    call_command("new_process", SLUG, root=tree)
    for path in (tree / "bpmn" / SLUG / "scenarios").glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("status: closed", "status: open"), encoding="utf-8")
    results = run_scenarios(tree, at, SLUG)
    assert results
    assert all("status: told open, found closed" in result.problem for result in results)


def test_a_slug_that_exists_is_refused_and_nothing_is_written(tree: Path) -> None:
    before = digests(tree)
    with pytest.raises(CommandError, match="已经存在"):
        call_command("new_process", "commitment", root=tree)
    assert digests(tree) == before
