"""What lists of cases say beside each case: who has it now and when it is due. Two queries for a whole page."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from workflow_app.models import Case, Clock, Task
from workflow_app.models.clocks import ClockStatus
from workflow_app.models.tasks import LIVE


@dataclass
class Standing:
    """A case with its live tasks, its soonest running due date, and whether its clocks all stand still."""

    case: Case
    tasks: list[Task] = field(default_factory=list)
    due_at: datetime | None = None
    is_paused: bool = False


def list_standings(cases: Sequence[Case]) -> list[Standing]:
    """How each of `cases` stands, in their order."""
    standings = {case.pk: Standing(case) for case in cases}
    tasks = Task.objects.filter(case__in=standings, status__in=LIVE).select_related("agency", "assignee")
    for task in tasks.order_by("id"):
        standings[task.case_id].tasks.append(task)
    clocks = Clock.objects.filter(case__in=standings).exclude(status=ClockStatus.STOPPED)
    for clock in clocks.order_by("due_at"):
        standing = standings[clock.case_id]
        if clock.status == ClockStatus.RUNNING:
            standing.due_at = standing.due_at or clock.due_at
        else:
            standing.is_paused = True
    return list(standings.values())
