"""The rungs of a clock: warnings at set points and the breach. Each fires once, and says how late it came.

Many clocks warn at the same moment, so rungs are fired for many clocks by the same few statements as for one.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from notifications.models import Message
from workflow_app.models import Case, Clock, ClockRung, Task, rows
from workflow_app.services.announcing import clock_values
from workflow_app.services.escalation import BREACH, Asked, Reached, level_of, reach
from workflow_app.services.notices import messages_for, office_moment
from workflow_app.services.trail import Happening
from workflow_app.services.transition import Transition

_SECOND = timedelta(seconds=1)


class Due(NamedTuple):
    """A running clock of a locked case with its rungs that are due, the lowest first."""

    moving: Transition
    clock: Clock
    rungs: list[ClockRung]

    @property
    def highest(self) -> ClockRung:
        return self.rungs[-1]


def fire_rungs_of(moving: Transition, clock: Clock) -> int:
    """Fire what is due of one running clock of the locked case → how many rungs fired.

    Called before anything changes the clock, so that a breach is noted also when the act that ends it comes before
    the sweep.
    """
    return _fire_now(moving, [clock])


def fire_rungs_of_case(moving: Transition) -> int:
    """Fire what is due of every running clock of the locked case → how many rungs fired.

    Called before the case's timers fire: a deadline is missed before its step is ended on that account.
    """
    return _fire_now(moving, running_clocks([moving.case]))


def _fire_now(moving: Transition, clocks: Sequence[Clock]) -> int:
    due = due_of([moving], clocks)
    rows.write(*fire(due))
    return sum(len(each.rungs) for each in due)


def forget_rungs(clock: Clock) -> None:
    """Drop what has not fired: the clock does not run any more, or is planned anew."""
    rows.change("DELETE FROM workflow_app_clockrung WHERE clock_id = %s AND fired_at IS NULL", clock.pk)


def running_clocks(cases: Iterable[Case]) -> list[Clock]:
    """The running clocks of locked cases, oldest first."""
    known = {case.pk: case for case in cases}
    found = rows.read(Clock, "case_id = ANY(%s) AND status = 'running' ORDER BY id", list(known))
    for clock in found:
        clock.case = known[clock.case_id]
    return found


def due_of(movings: Sequence[Transition], clocks: Sequence[Clock]) -> list[Due]:
    """Those of the running clocks of locked cases that have rungs to fire, in the order in which these came due."""
    moving_of = {moving.case.pk: moving for moving in movings}
    waiting: dict[int, list[ClockRung]] = defaultdict(list)
    if clocks:
        condition = "clock_id = ANY(%s) AND fired_at IS NULL AND due_at <= %s ORDER BY percent"
        now = max(moving.now for moving in movings)
        for rung in rows.read(ClockRung, condition, [clock.pk for clock in clocks], now):
            # What is done in the last instant is done in time.
            if rung.percent < BREACH or rung.due_at < now:
                waiting[rung.clock_id].append(rung)
    due = [Due(moving_of[clock.case_id], clock, waiting[clock.pk]) for clock in clocks if clock.pk in waiting]
    return sorted(due, key=_came_due)


def _came_due(due: Due) -> tuple[datetime, int]:
    return due.rungs[0].due_at, due.clock.pk


def fire(due: Sequence[Due]) -> list[rows.Write | None]:
    """Put what fires into the trails, tell whom it concerns → what is still to be written with the trails."""
    for each in due:
        for rung in each.rungs:
            _record(each, rung)
    _tell([each for each in due if not (each.clock.is_applicants and each.highest.percent >= BREACH)])
    fired = [rung for each in due for rung in each.rungs]
    breached = [each.clock for each in due if _breach_in(each)]
    return [rows.changing_all(fired, ("fired_at",)), rows.changing_all(breached, ("breached_at",))]


def _record(due: Due, rung: ClockRung) -> None:
    moving, clock = due.moving, due.clock
    rung.fired_at = moving.now
    # A right that its holder lets lapse is nobody's breach of duty: the process says what follows from it.
    lapses = clock.is_applicants
    if rung.percent == BREACH and not lapses:
        clock.breached_at = clock.breached_at or rung.due_at
    data = {
        "clock": clock.name,
        "percent": rung.percent,
        "due_at": rung.due_at.isoformat(),
        "late_seconds": (moving.now - rung.due_at) // _SECOND,
    }
    end = "clock.lapsed" if lapses else "clock.breached"
    kind = "clock.warned" if rung.percent < BREACH else end if rung.percent == BREACH else "clock.escalated"
    # Time did it, not whoever acts in this transition.
    moving.happenings.append(Happening(kind, data))


def _breach_in(due: Due) -> bool:
    return not due.clock.is_applicants and any(rung.percent == BREACH for rung in due.rungs)


def _tell(due: Sequence[Due]) -> None:
    """One notice for what fired together: the highest rung."""
    if not due:
        return
    tasks = _tasks_on(due)
    asked = [
        Asked(each.moving.case, its_tasks, level_of(each.clock, each.highest.percent))
        for each, its_tasks in zip(due, tasks, strict=True)
    ]
    messages = [
        message
        for each, its_tasks, reached in zip(due, tasks, reach(asked), strict=True)
        for message in _messages(each, its_tasks, reached)
    ]
    rows.insert_missing(messages)
    if messages:
        due[0].moving.wakes.add("messages")


def _messages(due: Due, tasks: Sequence[Task], reached: Reached) -> list[Message]:
    """Supervisors learn of a breach at once; whatever else comes by itself waits for office hours."""
    moving, is_breach = due.moving, due.highest.percent >= BREACH
    shown = clock_values(moving, due.clock)
    title = {"zh": tasks[0].title, "en": tasks[0].title_en} if tasks else shown["title"]
    return messages_for(
        moving.case,
        moving.manifest,
        "overdue" if is_breach else "due_soon",
        reached.workers if is_breach else [*reached.workers, *reached.supervisors],
        at_once=reached.supervisors if is_breach else (),
        origin=moving.next_step(),
        at=moving.now,
        held_until=office_moment(moving.calendar, moving.now),
        clock={**shown, "percent": due.highest.percent},
        task={"title": title},
    )


def _tasks_on(due: Sequence[Due]) -> list[list[Task]]:
    """For each clock the live tasks that it governs, else all live tasks of its case."""
    condition = "case_id = ANY(%s) AND status IN ('open', 'claimed') ORDER BY id"
    live: dict[int, list[Task]] = defaultdict(list)
    for task in rows.read(Task, condition, list({each.moving.case.pk for each in due})):
        live[task.case_id].append(task)
    found = [live[each.moving.case.pk] for each in due]
    return [
        [task for task in tasks if task.clock == each.clock.name] or tasks
        for each, tasks in zip(due, found, strict=True)
    ]
