"""The clocks of a case: start, pause, resume, extend, stop. Due dates come from the domain, never from the engine."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from workflow_app.domain.clock import CHINA
from workflow_app.domain.codes import region_prefixes
from workflow_app.domain.deadlines import (
    Budget,
    DayLine,
    Extension,
    Pause,
    Unit,
    compute_due,
    explain,
    fraction_at,
)
from workflow_app.models import Clock, ClockExtension, ClockPause, ClockRung, DeadlineRule
from workflow_app.models.clocks import ClockStatus
from workflow_app.selectors.calendar import get_calendar
from workflow_app.services.errors import ClockNotRunningError, DeadlineRuleMissingError
from workflow_app.services.transition import Transition


def rules_in_force(process: str, region: str, day: date) -> dict[str, dict[str, Any]]:
    """The deadline rule of each clock of a process, by the longest jurisdiction prefix in force on `day`."""
    rows = DeadlineRule.objects.filter(
        process=process, jurisdiction__in=region_prefixes(region), valid_from__lte=day
    ).exclude(valid_until__lt=day)
    chosen: dict[str, DeadlineRule] = {}
    for rule in sorted(rows, key=lambda rule: (len(rule.jurisdiction.rstrip("0")), rule.valid_from)):
        chosen[rule.clock] = rule
    return {name: _frozen(rule) for name, rule in chosen.items()}


def _frozen(rule: DeadlineRule) -> dict[str, Any]:
    return {
        "amount": rule.amount,
        "unit": rule.unit,
        "cap_amount": rule.cap_amount,
        "jurisdiction": rule.jurisdiction,
        "legal_basis": rule.legal_basis,
        "warning_points": rule.warning_points,
    }


def start_clock(moving: Transition, name: str) -> Clock:
    """Start the clock by the rule the case was filed under; raises `DeadlineRuleMissingError`."""
    case = moving.case
    rule = case.rules.get(name)
    if rule is None:
        day = case.filed_at.astimezone(CHINA).date()
        raise DeadlineRuleMissingError(day=day.isoformat(), region=case.agency.region_id, clock=name)
    due = compute_due(
        moving.now, Budget(rule["amount"], Unit(rule["unit"])), get_calendar(case.agency.region_id)
    )
    clock = Clock.objects.create(
        case=case, name=name, started_at=moving.now, due_at=due.due_at, is_provisional=due.provisional, **rule
    )
    _plan_rungs(clock, moving)
    moving.record_event("clock.started", clock=name, due_at=due.due_at.isoformat())
    return clock


def pause_clock(moving: Transition, name: str, owed_by: str, reason: str) -> None:
    """Stop counting while `owed_by` owes something. A paused clock stays paused."""
    clock = running_clock(moving, name)
    if clock.status == ClockStatus.PAUSED:
        return
    ClockPause.objects.create(clock=clock, started_at=moving.now, owed_by=owed_by, reason=reason)
    clock.status = ClockStatus.PAUSED
    clock.save(update_fields=["status"])
    moving.record_event("clock.paused", clock=name, owed_by=owed_by, reason=reason)


def resume_clock(moving: Transition, name: str) -> Clock:
    """Count again; the due date moves by what was really paused."""
    clock = running_clock(moving, name)
    clock.pauses.filter(ended_at__isnull=True).update(ended_at=moving.now)
    clock.status = ClockStatus.RUNNING
    _recompute(moving, clock)
    moving.record_event("clock.resumed", clock=name, due_at=clock.due_at.isoformat())
    return clock


def extend_clock(moving: Transition, name: str, amount: int, reason: str) -> Clock:
    """Make the period longer in the actor's name; raises `ExtensionCapError` beyond the rule's cap."""
    clock = running_clock(moving, name)
    if moving.actor is None:
        raise ValueError("an extension is approved by a person")
    extension = ClockExtension(
        clock=clock, amount=amount, reason=reason, approved_by=moving.actor, approved_at=moving.now
    )
    # Compute first: a total above the cap must leave no row behind.
    _recompute(moving, clock, extra=[extension])
    extension.save()
    moving.record_event(
        "clock.extended", clock=name, amount=amount, reason=reason, due_at=clock.due_at.isoformat()
    )
    return clock


def stop_clock(moving: Transition, name: str) -> None:
    """The clock has done its work. Stopping a stopped one changes nothing."""
    clock = moving.case.clocks.exclude(status=ClockStatus.STOPPED).filter(name=name).first()
    if clock is None:
        return
    clock.pauses.filter(ended_at__isnull=True).update(ended_at=moving.now)
    clock.status, clock.stopped_at = ClockStatus.STOPPED, moving.now
    clock.save(update_fields=["status", "stopped_at"])
    moving.record_event("clock.stopped", clock=name, on_time=moving.now <= clock.due_at)


def running_clock(moving: Transition, name: str) -> Clock:
    """The clock of that name that has not stopped; raises `ClockNotRunningError`."""
    clock = moving.case.clocks.exclude(status=ClockStatus.STOPPED).filter(name=name).first()
    if clock is None:
        raise ClockNotRunningError(clock=name)
    return clock


def _recompute(moving: Transition, clock: Clock, extra: Sequence[ClockExtension] = ()) -> None:
    extensions = [*clock.extensions.order_by("id"), *extra]
    due = compute_due(**_terms(clock, list(clock.pauses.order_by("id")), extensions), as_of=moving.now)
    clock.due_at, clock.is_provisional = due.due_at, due.provisional
    clock.save(update_fields=["status", "due_at", "is_provisional"])
    _plan_rungs(clock, moving)


def _terms(
    clock: Clock, pauses: Sequence[ClockPause], extensions: Sequence[ClockExtension]
) -> dict[str, Any]:
    unit = Unit(clock.unit)
    return {
        "started_at": clock.started_at,
        "budget": Budget(clock.amount, unit),
        "calendar": get_calendar(clock.case.agency.region_id),
        "pauses": [Pause(p.started_at, p.ended_at, p.owed_by, p.reason) for p in pauses],
        "extensions": [Extension(e.amount, unit, e.reason) for e in extensions],
        "cap": Budget(clock.cap_amount, unit) if clock.cap_amount else None,
    }


def _plan_rungs(clock: Clock, moving: Transition) -> None:
    """One row a warning point; those that have fired stay as they are."""
    calendar = get_calendar(clock.case.agency.region_id)
    pauses = [Pause(p.started_at, p.ended_at, p.owed_by, p.reason) for p in clock.pauses.order_by("id")]
    for percent in sorted({*clock.warning_points, 100}):
        at = fraction_at(clock.started_at, clock.due_at, percent / 100, calendar, pauses, moving.now)
        updated = ClockRung.objects.filter(clock=clock, percent=percent, fired_at__isnull=True).update(
            due_at=at
        )
        if not updated:
            ClockRung.objects.bulk_create(
                [ClockRung(clock=clock, percent=percent, due_at=at)], ignore_conflicts=True
            )


def explain_clock(clock: Clock, as_of: datetime) -> list[DayLine]:
    """Why the clock is due when it is, day by day."""
    return explain(
        **_terms(clock, list(clock.pauses.order_by("id")), list(clock.extensions.order_by("id"))), as_of=as_of
    )
