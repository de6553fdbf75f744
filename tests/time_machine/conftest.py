"""The acts process in a committed copy of the database, which a replay can copy in its turn."""

import pytest

from tests.services.world import deploy_acts


@pytest.fixture
def committed_acts(committed_db: str) -> str:
    """A committed copy of the database with the process in force → its address."""
    deploy_acts()
    return committed_db
