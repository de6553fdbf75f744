"""A holiday announced late moves running cases, and its undoing moves them back."""

import pytest

from tests.services.world import account, china, file, kinds, task, the_clock
from workflow_app.selectors.previews import preview_change
from workflow_app.services.changes import apply_change, draft_change, undo_change

pytestmark = pytest.mark.usefixtures("acts")


def holiday(*days, working=False):
    return {
        "year": None,
        "notice": None,
        "days": [{"date": day, "working": working, "reason": "临时放假"} for day in days],
    }


def test_there_and_back(at):
    case = file()
    assert the_clock(case).due_at == china("2026-03-16 17:30")
    admin = account("sysadmin1")
    change = draft_change(
        user=admin, kind="calendar", title="临时放假", content=holiday("2026-03-09", "2026-03-10")
    )
    preview = preview_change(change)
    assert preview.counts == {"moves": 1, "overdue": 0, "recovers": 0}
    apply_change(change_id=change.pk, user=admin)
    assert the_clock(case).due_at == china("2026-03-18 17:30")
    assert task(case).due_at == case.timers.get().due_at == china("2026-03-18 17:30")
    undo_change(change_id=change.pk, user=admin)
    assert the_clock(case).due_at == china("2026-03-16 17:30")
    assert task(case).due_at == case.timers.get().due_at == china("2026-03-16 17:30")
    print(kinds(case))
