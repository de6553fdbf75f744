"""Compute running clocks anew from their ledgers, and bring everything that follows from them in step.

The ledger is the truth: the same ledger, calendar and rules give the same due dates however often this is done.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from workflow_app.models import Case, ChangeEffect, ClockRung, User, rows
from workflow_app.models.changes import EffectOutcome
from workflow_app.models.clocks import ClockStatus
from workflow_app.selectors.previews import Outlook, outlooks
from workflow_app.selectors.revisions import Revision, Rule
from workflow_app.selectors.rules import TERMS
from workflow_app.services.clocks import planned_rungs
from workflow_app.services.definitions import bundle_of
from workflow_app.services.rungs import BREACH
from workflow_app.services.transition import Transition, nothing_internal

_LENGTH = ("amount", "unit", "cap_amount", "jurisdiction", "legal_basis")
_KEPT = ("due_at", "is_provisional", "breached_at", *_LENGTH)
# So many cases are in memory with their processes at a time.
_AT_ONCE = 200


@dataclass(frozen=True)
class Cause:
    """On whose account clocks are computed anew: the change, whether it is being undone, who does it and when.

    `undone` are the change's effects by clock when it is undone. Without a change, time itself is the cause: a year's
    notice that came with a new release.
    """

    now: datetime
    change: int | None = None
    actor: User | None = None
    undone: Mapping[int, ChangeEffect] = field(default_factory=dict)
    is_undo: bool = False

    def event(self, **data: Any) -> dict[str, Any]:
        """What every event of it says, with what belongs to one."""
        marks: dict[str, Any] = {"change": self.change}
        return {**data, **marks, "is_undo": True} if self.is_undo else {**data, **marks}


def recompute(revision: Revision, cause: Cause) -> list[ChangeEffect]:
    """Make the revision true of every running clock and open case it concerns → the effects, still to be written.

    In the caller's transaction, with time stopped (`transition.stop_time`) and the tables already changed. Cases are
    locked in the order of their ids, which is the order everybody takes. What does not change is not written. Raises
    `CalendarYearMissingError`, and `CaseStuckError` for a case whose process cannot be read.
    """
    _lock_cases(revision)
    effects: list[ChangeEffect] = []
    changed: defaultdict[int, list[_Moved]] = defaultdict(list)
    found = list(outlooks(revision, cause.now))
    rungs = _rungs_of(found)
    for outlook in found:
        moved = _Moved(outlook, rungs[outlook.before.pk], revision, cause)
        if moved.differs:
            changed[outlook.before.case_id].append(moved)
        if outlook.moves:
            effects.append(moved.effect())
    everything = [moved for each in changed.values() for moved in each]
    _write_clocks(everything)
    keys = sorted({*changed, *revision.rules})
    for first in range(0, len(keys), _AT_ONCE):
        _write_cases(keys[first : first + _AT_ONCE], changed, revision, cause)
    return effects


def _lock_cases(revision: Revision) -> None:
    rows.query(
        "SELECT id FROM workflow_app_case WHERE id = ANY(%s) OR id IN "
        "(SELECT case_id FROM workflow_app_clock WHERE id = ANY(%s)) ORDER BY id FOR NO KEY UPDATE",
        list(revision.rules),
        revision.clocks,
    )


def _rungs_of(found: Iterable[Outlook]) -> dict[int, list[ClockRung]]:
    rungs: defaultdict[int, list[ClockRung]] = defaultdict(list)
    keys = [outlook.before.pk for outlook in found]
    for rung in rows.read(ClockRung, "clock_id = ANY(%s) ORDER BY percent", keys):
        rungs[rung.clock_id].append(rung)
    return rungs


class _Moved:
    """One clock with the rungs it has and those it shall have."""

    def __init__(self, outlook: Outlook, rungs: list[ClockRung], revision: Revision, cause: Cause) -> None:
        self.before, self.after, self.outlook, self.cause = outlook.before, outlook.after, outlook, cause
        self.recovers = self._missed_only_this() and outlook.moves
        self.recovers &= outlook.outcome == EffectOutcome.RECOVERS
        self.after.breached_at = self._breached_at()
        self.fired = [rung for rung in rungs if rung.fired_at is not None]
        self.forgotten = [rung for rung in self.fired if self.recovers and rung.percent >= BREACH]
        self.waiting = [rung for rung in rungs if rung.fired_at is None]
        self.planned = self._planned(revision)

    def _missed_only_this(self) -> bool:
        """Whether the breach, if any, is of the due date that moves: one that an extension followed stays a breach."""
        return self.before.breached_at in (None, self.before.due_at)

    def _breached_at(self) -> datetime | None:
        if (known := self._known()) is not None:
            return known
        if self.before.breached_at is None or not self._missed_only_this():
            return self.before.breached_at
        return None if self.recovers else self.after.due_at

    def _known(self) -> datetime | None:
        """When the clock was breached before the change that is undone, if it has come back to where it was."""
        effect = self.cause.undone.get(self.before.pk)
        if effect is None or effect.before_due_at != self.after.due_at:
            return None
        breached_at = effect.before_terms.get("breached_at")
        return datetime.fromisoformat(breached_at) if breached_at else None

    def _planned(self, revision: Revision) -> list[ClockRung]:
        """What is still to fire; a paused clock plans nothing."""
        kept = {rung.percent for rung in self.fired} - {rung.percent for rung in self.forgotten}
        if self.after.status != ClockStatus.RUNNING:
            return self._fired_before(kept)
        calendar = revision.book.calendar(self.after.agency.region_id)
        planned = planned_rungs(self.after, self.outlook.pauses, calendar, self.cause.now)
        again = {rung.percent: rung for rung in self._fired_before(kept)}
        return [again.get(rung.percent, rung) for rung in planned if rung.percent not in kept]

    def _fired_before(self, kept: set[int]) -> list[ClockRung]:
        """The rungs that had fired before the change that is undone and whose warning nobody needs twice."""
        effect = self.cause.undone.get(self.before.pk)
        if effect is None or effect.before_due_at != self.after.due_at:
            return []
        return [
            ClockRung(
                clock=self.after,
                percent=percent,
                due_at=datetime.fromisoformat(due_at),
                fired_at=datetime.fromisoformat(fired_at),
            )
            for percent, due_at, fired_at in effect.before_terms.get("fired", ())
            if percent not in kept
        ]

    @property
    def changes_rungs(self) -> bool:
        """Whether the rungs have to be written anew."""
        waiting = [(rung.percent, rung.due_at, None) for rung in self.waiting]
        planned = [(rung.percent, rung.due_at, rung.fired_at) for rung in self.planned]
        return bool(self.forgotten) or waiting != planned

    @property
    def changes_row(self) -> bool:
        """Whether the clock's own row has to be written."""
        names = (*_KEPT, "escalation")
        return any(getattr(self.before, name) != getattr(self.after, name) for name in names)

    @property
    def differs(self) -> bool:
        """Whether anything has to be written."""
        return self.changes_row or self.changes_rungs

    def effect(self) -> ChangeEffect:
        """The row that remembers it."""
        before: dict[str, Any] = {}
        if self.before.breached_at:
            before["breached_at"] = self.before.breached_at.isoformat()
        if self.forgotten:
            before["fired"] = [
                [rung.percent, rung.due_at.isoformat(), rung.fired_at.isoformat()]
                for rung in self.forgotten
                if rung.fired_at
            ]
        after: dict[str, Any] = {"is_provisional": self.after.is_provisional}
        if any(getattr(self.before, name) != getattr(self.after, name) for name in TERMS):
            before |= {name: getattr(self.before, name) for name in TERMS}
            after |= {name: getattr(self.after, name) for name in TERMS}
        return ChangeEffect(
            change_id=self.cause.change,
            clock_id=self.before.pk,
            outcome=self.outlook.outcome,
            before_due_at=self.before.due_at,
            after_due_at=self.after.due_at,
            before_terms=before,
            after_terms=after,
        )

    def tell(self, moving: Transition) -> None:
        """Put into the trail what became of it."""
        if not self.changes_row:
            return
        moving.record_event(
            "clock.recomputed",
            **self.cause.event(
                clock=self.after.name,
                before=self.before.due_at.isoformat(),
                after=self.after.due_at.isoformat(),
                due_at=self.after.due_at.isoformat(),
                is_provisional=self.after.is_provisional,
            ),
        )
        if self.recovers:
            moving.record_event(
                "clock.recovered",
                **self.cause.event(clock=self.after.name, due_at=self.after.due_at.isoformat()),
            )


def _write_clocks(moved: list[_Moved]) -> None:
    rows.write(rows.changing_all([each.after for each in moved if each.changes_row], _KEPT))
    for each in moved:
        if each.before.escalation != each.after.escalation:
            rows.update(each.after, ("escalation",))
    anew = [each for each in moved if each.changes_rungs]
    gone = [rung.pk for each in anew for rung in (*each.waiting, *each.forgotten)]
    rows.change("DELETE FROM workflow_app_clockrung WHERE id = ANY(%s)", gone)
    ClockRung.objects.bulk_create(rung for each in anew for rung in each.planned)


def _write_cases(
    keys: list[int], changed: Mapping[int, list[_Moved]], revision: Revision, cause: Cause
) -> None:
    """Facts, timers, tasks, rules and the trail of some locked cases."""
    for case in rows.read(Case, "id = ANY(%s) ORDER BY id", keys):
        moving = Transition(case, bundle_of(case.definition_id), cause.actor, cause.now)
        names = []
        if rules := revision.rules.get(case.pk):
            case.rules = _with_rules(case.rules, rules)
            moving.record_event("case.rules_changed", **cause.event(clocks=sorted(rules)))
            names.append("rules")
        moved = changed.get(case.pk, ())
        for each in moved:
            each.tell(moving)
        facts = {
            f"{each.after.name}_due": each.after.due_at.isoformat() for each in moved if each.outlook.moves
        }
        with nothing_internal(case):
            moving.revise(facts, names)


def _with_rules(own: Mapping[str, Rule], taken: Mapping[str, Rule | None]) -> dict[str, Rule]:
    return {name: rule for name, rule in {**own, **taken}.items() if rule is not None}
