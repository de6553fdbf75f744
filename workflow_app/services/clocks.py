"""The clocks of a case: start, pause, resume, extend, stop. Due dates come from the domain, never from the engine.

The ledger (start, pauses, extensions) is the truth; `due_at` and the planned rungs can be computed from it again at
any time and come out the same.
"""

from collections.abc import Sequence, Set
from datetime import date, datetime
from typing import Any

from workflow_app.domain.clock import CHINA
from workflow_app.domain.deadlines import Budget, Unit, compute_due, fraction_at
from workflow_app.domain.workdays import WorkCalendar
from workflow_app.models import Case, Clock, ClockExtension, ClockPause, ClockRung, rows
from workflow_app.models.cases import CaseStatus
from workflow_app.models.clocks import ClockStatus, EscalationLevel
from workflow_app.selectors.access import APPLICANT
from workflow_app.selectors.clocks import pauses_of, terms_of
from workflow_app.services.announcing import called
from workflow_app.services.errors import (
    ClockNotRunningError,
    DeadlineNotAheadError,
    DeadlineRuleMissingError,
)
from workflow_app.services.rungs import BREACH, fire_rungs_of, forget_rungs
from workflow_app.services.transition import Transition

# The basis of a period that no rule governs: the officer's letter names its last day.
BY_LETTER = "《中华人民共和国民法典》第二百零一条、第二百零三条；期限由本机关书面指定"
ESCALATION = {
    "50": EscalationLevel.ASSIGNEE.value,
    "80": EscalationLevel.QUEUE.value,
    "100": EscalationLevel.SUPERVISOR.value,
    "150": EscalationLevel.REGION.value,
}


def start_clock(moving: Transition, name: str, amount: int | None = None) -> Clock:
    """Start the clock by the rule the case was filed under, or for `amount` in the rule's unit.

    A clock of that name that still runs is stopped first: the diagram has come back to this step. Raises
    `DeadlineRuleMissingError`, `BudgetInvalidError`, `CalendarYearMissingError`.
    """
    case = moving.case
    rule = case.rules.get(name)
    if rule is None:
        day = case.filed_at.astimezone(CHINA).date()
        raise DeadlineRuleMissingError(day=day.isoformat(), region=case.agency.region_id, clock=name)
    return _start(moving, name, rule if amount is None else {**rule, "amount": amount})


def start_clock_until(moving: Transition, name: str, day: date) -> Clock:
    """Start a clock whose end a person has named: it ends with the office on `day`, or on the next working day.

    Raises `DeadlineNotAheadError` unless the day lies ahead, `CalendarYearMissingError`.
    """
    days = (day - moving.calendar.local(moving.now).date()).days
    if days < 1:
        raise DeadlineNotAheadError(day=day.isoformat())
    rule = {
        "amount": days,
        "unit": Unit.CALENDAR_DAY.value,
        "cap_amount": None,
        "jurisdiction": "",
        # 民法典第二百零三条: a last day that is a rest day gives way to the next working day.
        "legal_basis": BY_LETTER,
        "escalation": ESCALATION,
    }
    return _start(moving, name, rule)


def _start(moving: Transition, name: str, rule: dict[str, Any]) -> Clock:
    stop_clock(moving, name)
    budget = Budget(rule["amount"], Unit(rule["unit"]))
    due = compute_due(moving.now, budget, moving.calendar)
    clock = Clock(
        case=moving.case,
        process=moving.case.process,
        agency_id=moving.case.agency_id,
        name=name,
        is_applicants=moving.run.roles_on(name) == {APPLICANT},
        started_at=moving.now,
        due_at=due.due_at,
        is_provisional=due.provisional,
        **rule,
    )
    rows.insert([clock])
    _plan_rungs(moving, clock, [])
    moving.record_event(
        "clock.started",
        clock=name,
        due_at=due.due_at.isoformat(),
        amount=clock.amount,
        unit=clock.unit,
        is_provisional=due.provisional,
    )
    return clock


def pause_clock(moving: Transition, name: str, owed_by: str, reason: str) -> None:
    """Stop counting while `owed_by` owes something. A paused clock stays paused; raises `ClockNotRunningError`."""
    clock = running_clock(moving, name)
    if clock.status == ClockStatus.PAUSED:
        return
    # What was overrun before the pause stays overrun; the rest is planned anew on return.
    fire_rungs_of(moving, clock)
    forget_rungs(clock)
    ClockPause.objects.create(clock=clock, started_at=moving.now, owed_by=owed_by, reason=reason)
    clock.status = ClockStatus.PAUSED
    clock.save(update_fields=["status"])
    moving.record_event("clock.paused", clock=name, owed_by=owed_by, reason=reason)


def resume_clock(moving: Transition, name: str) -> Clock:
    """Count again; the due date moves by what was really paused. A clock that runs goes on running."""
    clock = running_clock(moving, name)
    if clock.status == ClockStatus.RUNNING:
        return clock
    clock.pauses.filter(ended_at__isnull=True).update(ended_at=moving.now)
    clock.status = ClockStatus.RUNNING
    recompute(moving, clock)
    moving.record_event("clock.resumed", clock=name, due_at=clock.due_at.isoformat())
    return clock


def extend_clock(moving: Transition, name: str, amount: int, reason: str) -> Clock:
    """Make the period longer in the actor's name.

    Raises `ExtensionCapError` beyond the rule's cap, `BudgetInvalidError` below one, `ClockNotRunningError`.
    """
    clock = running_clock(moving, name)
    if moving.actor is None:
        raise ValueError("an extension is approved by a person")
    # A deadline that has passed was missed, whatever is granted afterwards.
    fire_rungs_of(moving, clock)
    extension = ClockExtension(
        clock=clock, amount=amount, reason=reason, approved_by=moving.actor, approved_at=moving.now
    )
    # Compute first: a total above the cap must leave no row behind.
    recompute(moving, clock, extension)
    extension.save()
    moving.record_event(
        "clock.extended", clock=name, amount=amount, reason=reason, due_at=clock.due_at.isoformat()
    )
    return clock


def stop_clock(moving: Transition, name: str) -> None:
    """The clock has done its work. Stopping a stopped one changes nothing."""
    clock = _going(moving, name)
    if clock is not None:
        stop(moving, clock)


def stop(moving: Transition, clock: Clock) -> None:
    """Stop this clock, note what it overran, and forget the warnings that are no longer needed."""
    if clock.status == ClockStatus.PAUSED:
        clock.pauses.filter(ended_at__isnull=True).update(ended_at=moving.now)
        recompute(moving, clock)
    else:
        fire_rungs_of(moving, clock)
    forget_rungs(clock)
    clock.status, clock.stopped_at = ClockStatus.STOPPED, moving.now
    rows.update(clock, ("status", "stopped_at"))
    case = moving.case
    if clock.name == moving.manifest.answered_by and case.status != CaseStatus.WITHDRAWN:
        case.answered_at = case.answered_at or moving.now
    moving.record_event("clock.stopped", clock=clock.name, is_on_time=clock.breached_at is None)


def running_clock(moving: Transition, name: str) -> Clock:
    """The clock of that name that has not stopped; raises `ClockNotRunningError`."""
    clock = _going(moving, name)
    if clock is None:
        raise ClockNotRunningError(**called(moving, name))
    return clock


def _going(moving: Transition, name: str) -> Clock | None:
    return next((clock for clock in going_clocks(moving.case) if clock.name == name), None)


def going_clocks(case: Case) -> list[Clock]:
    """The clocks of the locked case that have not stopped, oldest first."""
    found = rows.read(Clock, "case_id = %s AND status <> 'stopped' ORDER BY id", case.pk)
    for clock in found:
        clock.case = case
    return found


def recompute(moving: Transition, clock: Clock, *granted: ClockExtension) -> None:
    """Due date, its mark and the rungs that wait, from the ledger and the calendar as they are now.

    Exact, and the same however often it is done: of a paused clock it says what stood there when the pause began, for
    what that takes is added when it ends. `granted` are extensions still to be written; what they break is raised
    before anything is written: `ExtensionCapError`, `UnitMismatchError`, `CalendarYearMissingError`.
    """
    pauses, extensions = list(clock.pauses.all()), [*clock.extensions.all(), *granted]
    as_of = max((each.started_at for each in pauses if each.ended_at is None), default=moving.now)
    due = compute_due(**terms_of(clock, pauses, extensions, moving.calendar), as_of=as_of)
    clock.due_at, clock.is_provisional = due.due_at, due.provisional
    rows.update(clock, ("status", "due_at", "is_provisional"))
    if clock.status == ClockStatus.RUNNING:
        forget_rungs(clock)
        _plan_rungs(moving, clock, pauses, set(clock.rungs.values_list("percent", flat=True)))


def _plan_rungs(
    moving: Transition, clock: Clock, pauses: Sequence[ClockPause], fired: Set[int] = frozenset()
) -> None:
    """One row a warning point; those that have fired stay as they are and are not fired again."""
    planned = planned_rungs(clock, pauses, moving.calendar, moving.now)
    rows.insert([rung for rung in planned if rung.percent not in fired])


def planned_rungs(
    clock: Clock, pauses: Sequence[ClockPause], calendar: WorkCalendar, as_of: datetime
) -> list[ClockRung]:
    """When each rung of a clock is due, as rows still to be written; an open pause lasts until `as_of`."""
    halts = pauses_of(pauses)
    return [
        ClockRung(
            clock=clock,
            percent=percent,
            due_at=fraction_at(clock.started_at, clock.due_at, percent / 100, calendar, halts, as_of),
        )
        for percent in sorted({*map(int, clock.escalation), BREACH})
        # What the applicant lets lapse is not escalated.
        if percent <= BREACH or not clock.is_applicants
    ]
