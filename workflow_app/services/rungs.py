"""The rungs of a clock: warnings at set points and the breach. Each fires once, and says how late it came."""

from datetime import timedelta

from workflow_app.models import Clock, ClockRung, Task, User, rows
from workflow_app.models.people import Role
from workflow_app.models.tasks import LIVE
from workflow_app.selectors.access import APPLICANT, applicants_of, staff_of
from workflow_app.services.announcing import clock_values
from workflow_app.services.notices import notify
from workflow_app.services.trail import Happening
from workflow_app.services.transition import Transition

# In percent of the clock's time. At its end the deadline is missed, not near.
BREACH = 100

_SECOND = timedelta(seconds=1)


def fire_rungs_of(moving: Transition, clock: Clock) -> int:
    """Fire what is due of one running clock of the locked case → how many rungs fired.

    Called by the sweep, and before anything changes the clock, so that a breach is noted also when the act that ends
    it comes before the sweep.
    """
    waiting = rows.read(
        ClockRung,
        "clock_id = %s AND fired_at IS NULL AND due_at <= %s ORDER BY percent",
        clock.pk,
        moving.now,
    )
    # What is done in the last instant is done in time.
    due = [rung for rung in waiting if rung.percent < BREACH or rung.due_at < moving.now]
    if not due:
        return 0
    ClockRung.objects.filter(pk__in=[rung.pk for rung in due]).update(fired_at=moving.now)
    for rung in due:
        _record(moving, clock, rung)
    if not (clock.is_applicants and due[-1].percent >= BREACH):
        _tell(moving, clock, due[-1])
    return len(due)


def forget_rungs(clock: Clock) -> None:
    """Drop what has not fired: the clock does not run any more, or is planned anew."""
    rows.change("DELETE FROM workflow_app_clockrung WHERE clock_id = %s AND fired_at IS NULL", clock.pk)


def _record(moving: Transition, clock: Clock, rung: ClockRung) -> None:
    # A right that its holder lets lapse is nobody's breach of duty: the process says what follows from it.
    lapses = clock.is_applicants
    if rung.percent == BREACH and not lapses and clock.breached_at is None:
        clock.breached_at = rung.due_at
        clock.save(update_fields=["breached_at"])
    data = {
        "clock": clock.name,
        "percent": rung.percent,
        "due_at": rung.due_at.isoformat(),
        "late_seconds": (moving.now - rung.due_at) // _SECOND,
    }
    # Time did it, not whoever acts in this transition.
    end = "clock.lapsed" if lapses else "clock.breached"
    kind = "clock.warned" if rung.percent < BREACH else end if rung.percent == BREACH else "clock.escalated"
    moving.happenings.append(Happening(kind, data))


def _tell(moving: Transition, clock: Clock, rung: ClockRung) -> None:
    """One notice for what fired together: the highest rung. A breach also reaches the supervisor."""
    tasks = _tasks_on(moving, clock)
    task = tasks[0] if tasks else None
    users = [user for each in tasks for user in _holders(moving, each)]
    is_breach = rung.percent >= BREACH
    if is_breach:
        users += staff_of(moving.case, Role.SUPERVISOR)
    shown = clock_values(moving, clock)
    notify(
        moving,
        "overdue" if is_breach else "due_soon",
        users,
        clock={**shown, "percent": rung.percent},
        task={"title": {"zh": task.title, "en": task.title_en} if task else shown["title"]},
    )


def _tasks_on(moving: Transition, clock: Clock) -> list[Task]:
    """The live tasks that this clock governs, else all live tasks of the case."""
    live = list(
        Task.objects.filter(case_id=moving.case.pk, status__in=LIVE).select_related("assignee").order_by("pk")
    )
    return [task for task in live if task.clock == clock.name] or live


def _holders(moving: Transition, task: Task) -> list[User]:
    """Who has to act: whoever holds the task, else its whole queue."""
    if task.assignee is not None:
        return [task.assignee]
    return applicants_of(moving.case) if task.role == APPLICANT else staff_of(moving.case, task.role)
