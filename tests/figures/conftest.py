"""Every test of the figures finds the small process `acts` in force."""

import pytest

from tests.services.world import deploy_acts


@pytest.fixture
def acts(db: None) -> None:
    deploy_acts()


@pytest.fixture
def committed_acts(committed_db: str) -> str:
    """A committed copy of the database with the process in force → its address."""
    deploy_acts()
    return committed_db
