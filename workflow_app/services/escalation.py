"""Whom a warning reaches: by the clock's chain of escalation, from whoever has to act up to the region above.

The chain is part of the deadline rule: percent of the clock's time → level. Levels are cumulative. Read for many
cases by a few statements, because many clocks warn at the same moment.
"""

from collections.abc import Sequence
from typing import NamedTuple

from workflow_app.domain.codes import region_prefixes
from workflow_app.models import Case, Clock, Task, User, rows
from workflow_app.models.clocks import EscalationLevel
from workflow_app.selectors.absences import substitutes_of
from workflow_app.selectors.access import (
    APPLICANT,
    active_users,
    applicants_of_each,
    officers_of_each,
    supervisor_chain,
    supervisors_in,
)

# In percent of the clock's time. At its end the deadline is missed, not near.
BREACH = 100

_ORDER = tuple(EscalationLevel)
_QUEUE = EscalationLevel.QUEUE


class Asked(NamedTuple):
    """One clock that warns: its case, the tasks that it governs, and how high it is told."""

    case: Case
    tasks: Sequence[Task]
    level: EscalationLevel


class Reached(NamedTuple):
    """Who learns of it: those who work on it, and those who supervise them, who learn of a breach at any hour."""

    workers: list[User]
    supervisors: list[User]


def level_of(clock: Clock, percent: int) -> EscalationLevel:
    """How high the clock's rung at `percent` is told. Where the rule says nothing, a warning stays with whoever has to
    act and a breach reaches the supervisor. No supervisor is told of what only the applicant can do."""
    default = EscalationLevel.ASSIGNEE if percent < BREACH else EscalationLevel.SUPERVISOR
    level = EscalationLevel(clock.escalation.get(str(percent), default))
    return min(level, _QUEUE, key=_ORDER.index) if clock.is_applicants else level


def recipients(case: Case, tasks: Sequence[Task], level: EscalationLevel) -> list[User]:
    """Everybody whom a warning of this level reaches in one case, each once."""
    (reached,) = reach([Asked(case, tasks, level)])
    return list(dict.fromkeys([*reached.workers, *reached.supervisors]))


def reach(asked: Sequence[Asked]) -> list[Reached]:
    """Who learns of each of the warnings, in their order; nobody twice for the same one."""
    people = _People(asked)
    return [Reached(people.workers(each), people.supervisors(each)) for each in asked]


class _People:
    """The accounts that some warnings may reach, read together."""

    def __init__(self, asked: Sequence[Asked]) -> None:
        tasks = [(each, task) for each in asked for task in each.tasks]
        self._assignees = active_users(
            {task.assignee_id for _, task in tasks if task.assignee_id is not None}
        )
        self._substitutes = substitutes_of(self._assignees)
        by_role = [(each, task) for each, task in tasks if self._goes_to_queue(task, each.level)]
        self._queues = officers_of_each(
            {(task.role, task.agency_id) for _, task in by_role if task.agency_id is not None}
        )
        cases = {each.case.pk: each.case for each, task in by_role if task.role == APPLICANT}
        self._applicants = applicants_of_each(list(cases.values()))
        regions = {
            code
            for each in asked
            if _supervisors(each.level)
            for code in region_prefixes(_region_of(each.case))
        }
        self._supervisors = supervisors_in(regions)

    def workers(self, asked: Asked) -> list[User]:
        """Who has to act: whoever holds each task, and who acts in that person's place today, else its whole queue;
        from that level on both."""
        found: dict[User, None] = {}
        for task in asked.tasks:
            if task.assignee_id in self._assignees:
                found[self._assignees[task.assignee_id]] = None
                found |= dict.fromkeys(self._substitutes.get(task.assignee_id, ()))
            if self._goes_to_queue(task, asked.level):
                found |= dict.fromkeys(self._queue_of(asked.case, task))
        return list(found)

    def _goes_to_queue(self, task: Task, level: EscalationLevel) -> bool:
        # A task whose holder's account is disabled is in nobody's hands.
        return task.assignee_id not in self._assignees or _ORDER.index(level) >= _ORDER.index(_QUEUE)

    def _queue_of(self, case: Case, task: Task) -> list[User]:
        if task.role == APPLICANT:
            return self._applicants[case.pk]
        return [] if task.agency_id is None else self._queues[task.role, task.agency_id]

    def supervisors(self, asked: Asked) -> list[User]:
        chain = supervisor_chain(_region_of(asked.case), self._supervisors)
        told = [user for users in chain[: _supervisors(asked.level)] for user in users]
        return list(dict.fromkeys(told))


def _supervisors(level: EscalationLevel) -> int:
    """How many regions' supervisors are told: none, the nearest, or also the next above that has any."""
    return max(0, _ORDER.index(level) - _ORDER.index(EscalationLevel.QUEUE))


def _region_of(case: Case) -> str:
    region: str = rows.follow(case, "agency").region_id
    return region
