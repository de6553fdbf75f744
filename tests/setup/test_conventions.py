"""What nobody should have to remember, held by tests."""

import inspect
import re
import subprocess
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.db.migrations.loader import MigrationLoader
from django.utils.module_loading import import_string

from workflow_app import tasks
from workflow_app.services.waking import JOBS

from .support import PROJECT

LONGEST_FILE = 400
OURS = ("workflow_app", "notifications")
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)")


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout
    return [PROJECT / name for name in listed.split("\0") if name and (PROJECT / name).is_file()]


def test_every_job_that_can_be_woken_is_served_and_every_entry_point_can_be_woken() -> None:
    served = {import_string(path).__name__ for path in JOBS.values()}
    entry_points = {
        name
        for name, function in inspect.getmembers(tasks, inspect.isfunction)
        if function.__module__ == tasks.__name__ and not name.startswith("_")
    }
    assert served == entry_points


@pytest.mark.parametrize("app", OURS)
def test_migrations_are_one_line(app: str) -> None:
    loader = MigrationLoader(None)
    names = sorted(name for label, name in loader.disk_migrations if label == app)
    assert [name[:4] for name in names] == [f"{number:04d}" for number in range(1, len(names) + 1)]
    assert len(loader.graph.leaf_nodes(app)) == 1


def test_no_file_outgrows_its_room() -> None:
    long = {
        path.relative_to(PROJECT).as_posix(): lines
        for path in tracked("*.py")
        if "migrations" not in path.parts
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_links_in_the_documents_lead_somewhere() -> None:
    dead = [
        f"{path.relative_to(PROJECT)}: {target}"
        for path in tracked("*.md")
        for target in LINK.findall(path.read_text(encoding="utf-8"))
        # Pictures of the pages are made, not kept: tests/test_docs_guide.py holds their names to what is made.
        if "://" not in target and "var/screenshots/" not in target and not (path.parent / target).exists()
    ]
    assert dead == []


def test_every_public_function_of_the_services_says_what_it_does() -> None:
    silent = []
    for path in tracked(
        "workflow_app/services/*.py", "workflow_app/selectors/*.py", "workflow_app/domain/*.py"
    ):
        name = ".".join(path.relative_to(PROJECT).with_suffix("").parts)
        module = import_module(name.removesuffix(".__init__"))
        for label, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not label.startswith("_") and not function.__doc__:
                silent.append(f"{name}.{label}")
    assert silent == []


def test_every_app_of_ours_is_installed() -> None:
    assert {config.label for config in apps.get_app_configs()} >= set(OURS)
