"""The lint of the layers itself: each rule refuses what it is there to refuse."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .support import PROJECT

ROOTS = ("workflow_app", "bpmn", "forms", "notifications")
LINT = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()"]


def lint(folder: Path) -> str:
    answer = subprocess.run(
        [*LINT, "--no-logo", "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return answer.stdout + answer.stderr


@pytest.fixture
def skeleton(tmp_path: Path) -> Path:
    """The packages of the project without their content."""
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    packages = [path.parent for root in ROOTS for path in (PROJECT / root).rglob("__init__.py")]
    for package in packages:
        target = tmp_path / package.relative_to(PROJECT)
        target.mkdir(parents=True, exist_ok=True)
        (target / "__init__.py").touch()
    return tmp_path


def test_the_skeleton_keeps_every_rule(skeleton: Path) -> None:
    assert "0 broken" in lint(skeleton)


@pytest.mark.parametrize(
    ("module", "imported", "rule"),
    [
        ("workflow_app/domain/broken.py", "workflow_app.services", "Higher layers import"),
        ("workflow_app/services/broken.py", "workflow_app.api", "Higher layers import"),
        ("workflow_app/api/broken.py", "workflow_app.web", "Higher layers import"),
        ("workflow_app/engine/broken.py", "workflow_app.models", "Higher layers import"),
        ("bpmn/broken.py", "workflow_app.models", "Higher layers import"),
        ("forms/broken.py", "notifications", "Higher layers import"),
        ("workflow_app/domain/broken.py", "django.utils.timezone", "The domain is pure Python"),
        ("workflow_app/services/broken.py", "SpiffWorkflow.bpmn", "Only workflow_app.engine knows"),
        ("workflow_app/web/broken.py", "weasyprint", "Only workflow_app.letters makes"),
        ("workflow_app/models/broken.py", "pyhanko.sign", "Only workflow_app.letters makes"),
        ("workflow_app/letters/broken.py", "gmssl", "Packages that are not safe"),
        ("workflow_app/engine/broken.py", "RestrictedPython", "Packages that are not safe"),
    ],
)
def test_each_rule_bites(skeleton: Path, module: str, imported: str, rule: str) -> None:
    (skeleton / module).write_text(f"import {imported}\n")
    broken = [line for line in lint(skeleton).splitlines() if line.endswith("BROKEN")]
    assert len(broken) == 1
    assert broken[0].startswith(rule)


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("workflow_app/engine/kept.py", "SpiffWorkflow.bpmn"),
        ("workflow_app/letters/kept.py", "weasyprint"),
        ("workflow_app/letters/kept.py", "pyhanko.sign"),
        ("workflow_app/api/kept.py", "workflow_app.services"),
    ],
)
def test_what_is_allowed_passes(skeleton: Path, module: str, imported: str) -> None:
    (skeleton / module).write_text(f"import {imported}\n")
    assert "0 broken" in lint(skeleton)
