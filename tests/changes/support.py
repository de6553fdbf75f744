"""A world of running cases, everything in it that a change may touch, and changes to make."""

from datetime import date
from typing import Any

from tests.services.world import account
from workflow_app.domain.deadlines import compute_due
from workflow_app.engine.run import Run
from workflow_app.models import (
    CalendarDay,
    CalendarNotice,
    Case,
    Change,
    Clock,
    ClockRung,
    DeadlineRule,
    Region,
    Task,
    Timer,
)
from workflow_app.selectors.calendar import get_calendar
from workflow_app.selectors.clocks import terms_of
from workflow_app.services.changes import apply_change, draft_change, undo_change
from workflow_app.services.definitions import bundle_of
from workflow_app.services.operations import OPERATIONS

ADMIN = "sysadmin1"
CLOCK = (
    "id",
    "status",
    "amount",
    "unit",
    "cap_amount",
    "jurisdiction",
    "legal_basis",
    "escalation",
    "due_at",
    "is_provisional",
    "breached_at",
)
RULE = [field.name for field in DeadlineRule._meta.concrete_fields if field.name != "id"]


def day(text: str, working: bool | None = False, reason: str = "临时放假") -> dict[str, Any]:
    """One day of a change: off unless said otherwise."""
    return {"date": text, "working": working, "reason": reason}


def days(*entries: dict[str, Any] | str) -> dict[str, Any]:
    """Single days of noticed years; a text is a day off."""
    return {
        "year": None,
        "notice": None,
        "days": [day(each) if isinstance(each, str) else each for each in entries],
    }


def notice(year: int, *entries: dict[str, Any] | str, **words: Any) -> dict[str, Any]:
    """The notice of a year with its days."""
    head = {"number": f"国办发明电〔{year - 1}〕9号", "issued_on": f"{year - 1}-11-06", "link": "", **words}
    return {**days(*entries), "year": year, "notice": head}


def rule(process: str = "acts", clock: str = "handle", **changes: Any) -> dict[str, Any]:
    """The acts' rule for handling, with these fields changed."""
    return {
        "process": process,
        "clock": clock,
        "jurisdiction": "",
        "valid_from": "2020-01-01",
        "valid_until": None,
        "amount": 10,
        "unit": "working_day",
        "cap_amount": 20,
        "starts": "受理之日",
        "pauses": "",
        "extended_by": "",
        "escalation": {"50": "assignee", "80": "queue", "100": "supervisor", "150": "region"},
        "legal_basis": "示例",
        "is_assumed": False,
        **changes,
    }


def rules(*entries: dict[str, Any], running: bool = False) -> dict[str, Any]:
    return {"rules": list(entries), "applies_to_running": running}


def draft(kind: str, content: dict[str, Any], title: str = "变更") -> Change:
    return draft_change(user=account(ADMIN), kind=kind, title=title, content=content)


def apply(change: Change) -> Change:
    return apply_change(change_id=change.pk, user=account(ADMIN))


def undo(change: Change) -> Change:
    return undo_change(change_id=change.pk, user=account(ADMIN))


def facts(case: Case) -> dict[str, Any]:
    """What the running process of a case knows."""
    case = Case.objects.get(pk=case.pk)
    run = Run.load(
        bundle_of(case.definition_id),
        case.number,
        bytes(case.state),
        bytes(case.state_mac),
        case.serializer_version,
        OPERATIONS,
        None,
        case.filed_at,
    )
    return run.data


def snapshot() -> dict[str, Any]:
    """Everything that undoing must bring back, but for the trail."""
    return {
        "clocks": list(Clock.objects.order_by("id").values(*CLOCK)),
        "rungs": sorted(ClockRung.objects.values_list("clock_id", "percent", "due_at", "fired_at")),
        "timers": sorted(Timer.objects.values_list("engine_id", "due_at")),
        "tasks": list(Task.objects.order_by("id").values_list("id", "status", "due_at")),
        "cases": list(Case.objects.order_by("id").values_list("id", "status", "rules", "lock_version")),
        "facts": {case.pk: facts(case) for case in Case.objects.all()},
        "days": sorted(CalendarDay.objects.values_list("day", "is_working", "reason", "notice_id")),
        "notices": list(CalendarNotice.objects.order_by("year").values()),
        "hours": dict(Region.objects.values_list("code", "office_hours")),
        "rules": list(
            DeadlineRule.objects.order_by("process", "clock", "jurisdiction", "valid_from").values(*RULE)
        ),
    }


def due_by_ledger(clock: Clock, as_of: Any) -> Any:
    """The due date computed anew from nothing but the rows of the ledger; of a paused clock, as it was paused."""
    pauses, extensions = list(clock.pauses.all()), list(clock.extensions.all())
    stood = [each.started_at for each in pauses if each.ended_at is None]
    calendar = get_calendar(clock.case.agency.region_id)
    terms = {**terms_of(clock, pauses, extensions, calendar), "cap": None}
    return compute_due(**terms, as_of=max(stood, default=as_of))


def ensure_in_step(now: Any) -> None:
    """Every running clock says what its ledger says, and tasks, timers, facts and rungs say what it says."""
    for clock in Clock.objects.exclude(status="stopped").select_related("case__agency"):
        due = due_by_ledger(clock, now)
        assert (clock.due_at, clock.is_provisional) == (due.due_at, due.provisional)
        assert facts(clock.case)[f"{clock.name}_due"] == clock.due_at.isoformat()
        for task in Task.objects.filter(case=clock.case, clock=clock.name, status__in=("open", "claimed")):
            assert task.due_at == clock.due_at
        for timer in Timer.objects.filter(case=clock.case, element=f"timer_{clock.name}"):
            assert timer.due_at == clock.due_at
        waiting = clock.rungs.filter(fired_at__isnull=True, percent=100)
        assert {rung.due_at for rung in waiting} <= {clock.due_at}
        if clock.status == "paused":
            assert not clock.rungs.filter(fired_at__isnull=True).exists()


def iso(text: str) -> date:
    return date.fromisoformat(text)
