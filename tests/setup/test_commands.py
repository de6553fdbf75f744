"""The commands at the top of the project list and explain themselves."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from .support import PROJECT

PROMISED = {"run", "test", "demo", "bench", "new-process", "format", "messages", "requirements", "clean"}


def run(*command: str, folder: Path = PROJECT, status: int = 0, **environment: str) -> str:
    answer = subprocess.run(
        command, cwd=folder, env=environment or None, capture_output=True, text=True, check=False, timeout=60
    )
    assert answer.returncode == status, answer.stdout + answer.stderr
    return answer.stdout + answer.stderr


def test_help_lists_every_target_and_is_the_default() -> None:
    listed = run("make", "--no-print-directory", "help")
    targets = re.findall(r"^\.PHONY: (\S+)$", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    assert {line.split()[1] for line in listed.splitlines()} | {"help"} == set(targets)
    assert set(targets) >= PROMISED
    assert run("make", "--no-print-directory") == listed


def test_the_check_of_a_change_is_make_test() -> None:
    plan = run("make", "--dry-run", "test")
    steps = (
        "ruff format --check",
        "ruff check",
        "lint-imports",
        "bin/mypy",
        "manage.py check",
        "manage.py makemigrations --check",
        "bin/pytest",
    )
    places = [plan.index(step) for step in steps]
    assert places == sorted(places)
    assert re.search(r"coverage report .*domain.*process\.py.*--fail-under=100", plan)
    assert (PROJECT / ".ci" / "run").read_text().rstrip().endswith(" test")


def test_pinned_requirements_name_no_place_and_carry_hashes() -> None:
    for path in sorted((PROJECT / "requirements").glob("*.txt")):
        text = path.read_text()
        assert "://" not in text
        assert text.count("==") <= text.count("--hash=sha256:")


def test_the_set_up_refuses_an_unfit_python(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    shutil.copy(PROJECT / "deploy" / "setup.sh", tmp_path / "deploy")
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    said = run("deploy/setup.sh", folder=tmp_path, status=1, PATH="/usr/bin:/bin", PYTHON=str(old))
    assert "Python 3.11, 3.12 or 3.13 is needed" in said
    assert not (tmp_path / ".venv").exists()


def test_the_set_up_knows_its_sets(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    shutil.copy(PROJECT / "deploy" / "setup.sh", tmp_path / "deploy")
    said = run(
        "deploy/setup.sh", folder=tmp_path, status=1, PATH="/usr/bin:/bin", PYTHON=sys.executable, SETUP="x"
    )
    assert "SETUP must be base, dev or bench" in said
    assert not (tmp_path / ".venv").exists()
