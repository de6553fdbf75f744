"""A replay says what time will do, and leaves the real database as it was."""

from datetime import date

import pytest

from tests.services.world import do, file
from workflow_app.services.replaying import replay
from workflow_app.services.ticking import run_due

pytestmark = pytest.mark.usefixtures("committed_acts")


def test_what_will_fire_is_said(at):
    file()
    do(file(), "reviewer1", result="supplement")
    run_due()
    found = replay(first=date(2026, 3, 3), last=date(2026, 3, 31))
    kinds = [entry.kind for entry in found.entries]
    assert {kind: kinds.count(kind) for kind in set(kinds) - {"notice"}} == {
        "warned": 4,
        "breached": 1,
        "lapsed": 1,
        "timer": 2,
        "closed": 2,
    }
