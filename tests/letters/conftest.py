"""Tests of letters with a database find the small process `lettering` in force."""

import pytest

from tests.letters.world import deploy_letters


@pytest.fixture
def lettering(db: None) -> None:
    deploy_letters()


@pytest.fixture
def committed_letters(committed_db: str) -> str:
    """A committed copy of the database with the process in force → its address."""
    deploy_letters()
    return committed_db
