"""Clocks as the diagram sees them. Each returns `<name>_due`, an ISO date-time with zone that timers read."""

from datetime import date, datetime
from typing import Any

from workflow_app.models import Clock, Submission
from workflow_app.services import clocks
from workflow_app.services.errors import FormAnswerMissingError
from workflow_app.services.operations.registry import operation
from workflow_app.services.transition import Transition


@operation("clock.start", sets=("{name}_due",))
def start(moving: Transition, *, name: str, amount: int | None = None) -> dict[str, Any]:
    """Start by the rule frozen in the case; `amount` in the rule's unit overrides its length when it is not None."""
    return _due(clocks.start_clock(moving, name, amount))


@operation("clock.pause")
def pause(moving: Transition, *, name: str, owed_by: str, reason: str) -> None:
    """Stand still while `owed_by` (applicant, platform, source_unit, trainer) owes something."""
    clocks.pause_clock(moving, name, owed_by, reason)


@operation("clock.resume", sets=("{name}_due",))
def resume(moving: Transition, *, name: str) -> dict[str, Any]:
    """Count again; the due date moves by what was really paused."""
    return _due(clocks.resume_clock(moving, name))


@operation("clock.extend", sets=("{name}_due",))
def extend(moving: Transition, *, name: str, form: str) -> dict[str, Any]:
    """Extend by `amount` for the `reason` given in the latest `form`; raises `ExtensionCapError`."""
    answers = answers_of(moving, form)
    amount, reason = _answer(answers, form, "amount"), _answer(answers, form, "reason")
    return _due(clocks.extend_clock(moving, name, amount, reason))


@operation("clock.stop")
def stop(moving: Transition, *, name: str) -> None:
    """The clock has done its work."""
    clocks.stop_clock(moving, name)


@operation("deadline.from_form", sets=("{name}_due",))
def from_form(moving: Transition, *, name: str, form: str, field: str) -> dict[str, Any]:
    """Start a clock that ends on the day in `field` of the latest `form`; raises `DeadlineNotAheadError`."""
    day = date.fromisoformat(_answer(answers_of(moving, form), form, field))
    return _due(clocks.start_clock_until(moving, name, day))


def answers_of(moving: Transition, form: str) -> dict[str, Any]:
    """What was handed in last with `form` in this case; raises `FormAnswerMissingError` if nothing was."""
    latest = Submission.objects.filter(case_id=moving.case.pk, form=form).order_by("-id").first()
    if latest is None:
        raise FormAnswerMissingError(form=form, field="")
    return dict(latest.data)


def _answer(answers: dict[str, Any], form: str, field: str) -> Any:
    if field not in answers:
        raise FormAnswerMissingError(form=form, field=field)
    return answers[field]


def _due(clock: Clock) -> dict[str, Any]:
    return _iso(clock.name, clock.due_at)


def _iso(name: str, moment: datetime) -> dict[str, Any]:
    return {f"{name}_due": moment.isoformat()}
