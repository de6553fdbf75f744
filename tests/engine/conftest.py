"""A tree with one sound process, for the tests of the deployment gate."""

from pathlib import Path

import pytest
from django.core.management import call_command

from tests.engine.sound import SLUG
from workflow_app.engine.bundles import Bundle, discover


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree with one sound process."""
    path = tmp_path_factory.mktemp("tree")
    call_command("new_process", SLUG, root=path, verbosity=0)
    return path


@pytest.fixture
def sound(root: Path) -> Bundle:
    return discover(root)[SLUG]
