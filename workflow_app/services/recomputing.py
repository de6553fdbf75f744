"""Compute running clocks anew from their ledgers, and bring everything that follows from them in step.

The ledger is the truth: the same ledger, calendar and rules give the same due dates however often this is done.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from workflow_app.models import Case, ChangeEffect, Clock, ClockRung, Task, Timer, User, rows
from workflow_app.models.changes import EffectOutcome
from workflow_app.models.clocks import ClockStatus
from workflow_app.selectors.previews import Outlook, outlooks
from workflow_app.selectors.revisions import Revision, Rule
from workflow_app.selectors.rules import TERMS
from workflow_app.services.clocks import planned_rungs
from workflow_app.services.definitions import bundle_of
from workflow_app.services.projection import move_tasks
from workflow_app.services.rungs import BREACH
from workflow_app.services.transition import STATE, Transition, nothing_internal, save_trails

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


def recompute(revision: Revision, cause: Cause) -> None:
    """Make the revision true of every running clock and open case it concerns, and remember the effects of a change.

    In the caller's transaction, with time stopped (`time_lock.stop_time`) and the tables already changed. Cases are
    locked in the order of their ids, which is the order everybody takes. What does not change is not written. Raises
    `CalendarYearMissingError`, and `CaseStuckError` for a case whose process cannot be read.
    """
    clocks = _locked_cases(revision)
    _write_rules(revision)
    cases = list(clocks)
    for first in range(0, len(cases), _AT_ONCE):
        some = cases[first : first + _AT_ONCE]
        keys = [key for case in some for key in clocks[case]]
        _recompute(some, replace(revision, clocks=sorted(keys)), cause)


def _locked_cases(revision: Revision) -> dict[int, list[int]]:
    """Lock the cases that the revision concerns → their clocks that it concerns, by case."""
    found = rows.query(
        "SELECT id, case_id FROM workflow_app_clock WHERE id = ANY(%s) ORDER BY id", revision.clocks
    )
    clocks: dict[int, list[int]] = {
        case: [] for case in sorted({*revision.rules, *(case for _, case in found)})
    }
    for key, case in found:
        clocks[case].append(key)
    rows.query(
        "SELECT id FROM workflow_app_case WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", list(clocks)
    )
    return clocks


def _recompute(cases: list[int], revision: Revision, cause: Cause) -> None:
    found = list(outlooks(revision, cause.now))
    rungs = _rungs_of(found)
    moved = [_Moved(outlook, rungs[outlook.before.pk], revision, cause) for outlook in found]
    if cause.change and not cause.is_undo:
        ChangeEffect.objects.bulk_create(each.effect(cause.change) for each in moved if each.outlook.moves)
    moved = [each for each in moved if each.differs]
    _write_clocks(moved)
    changed: defaultdict[int, list[_Moved]] = defaultdict(list)
    for each in moved:
        changed[each.before.case_id].append(each)
    _write_cases(
        [case for case in cases if case in changed or case in revision.rules], changed, revision, cause
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
        self.came_back = self._came_back()
        self.recovers = (
            outlook.moves and outlook.outcome == EffectOutcome.RECOVERS and self._missed_only_this()
        )
        self.after.breached_at = self._breached_at()
        self.fired = [rung for rung in rungs if rung.fired_at is not None]
        self.forgotten = [rung for rung in self.fired if self.recovers and rung.percent >= BREACH]
        self.waiting = [rung for rung in rungs if rung.fired_at is None]
        self.planned = self._planned(revision)

    def _missed_only_this(self) -> bool:
        """Whether the breach, if any, is of the due date that moves: one that an extension followed stays a breach."""
        return self.before.breached_at in (None, self.before.due_at)

    def _came_back(self) -> dict[str, Any]:
        """What stood before the change that is undone, if the clock has come back to where it was."""
        effect = self.cause.undone.get(self.before.pk)
        if effect is None or effect.before_due_at != self.after.due_at:
            return {}
        before: dict[str, Any] = effect.before_terms
        return before

    def _breached_at(self) -> datetime | None:
        if known := self.came_back.get("breached_at"):
            return datetime.fromisoformat(known)
        if self.before.breached_at is None or not self._missed_only_this():
            return self.before.breached_at
        return None if self.recovers else self.after.due_at

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
        return [
            ClockRung(
                clock=self.after,
                percent=percent,
                due_at=datetime.fromisoformat(due_at),
                fired_at=datetime.fromisoformat(fired_at),
            )
            for percent, due_at, fired_at in self.came_back.get("fired", ())
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

    def effect(self, change: int) -> ChangeEffect:
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
            change_id=change,
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
    chains: defaultdict[str, list[int]] = defaultdict(list)
    for each in moved:
        if each.before.escalation != each.after.escalation:
            chains[json.dumps(each.after.escalation)].append(each.after.pk)
    for chain, keys in chains.items():
        Clock.objects.filter(pk__in=keys).update(escalation=json.loads(chain))
    anew = [each for each in moved if each.changes_rungs]
    gone = [rung.pk for each in anew for rung in (*each.waiting, *each.forgotten)]
    rows.change("DELETE FROM workflow_app_clockrung WHERE id = ANY(%s)", gone)
    ClockRung.objects.bulk_create(rung for each in anew for rung in each.planned)


def _write_cases(
    keys: list[int], changed: Mapping[int, list[_Moved]], revision: Revision, cause: Cause
) -> None:
    """Facts, timers, tasks and the trail of some locked cases, whose processes stay where they are."""
    cases = rows.read(Case, "id = ANY(%s) ORDER BY id", keys)
    tasks: defaultdict[int, list[Task]] = defaultdict(list)
    for task in rows.read(Task, "case_id = ANY(%s) ORDER BY id", keys):
        tasks[task.case_id].append(task)
    movings, late = [], []
    due: dict[Any, datetime] = {}
    for case in cases:
        moving = Transition(case, bundle_of(case.definition_id), cause.actor, cause.now)
        movings.append(moving)
        if rules := revision.rules.get(case.pk):
            moving.record_event("case.rules_changed", **cause.event(clocks=sorted(rules)))
        moved = changed.get(case.pk, ())
        for each in moved:
            each.tell(moving)
        facts = {
            f"{each.after.name}_due": each.after.due_at.isoformat() for each in moved if each.outlook.moves
        }
        if facts:
            with nothing_internal(case):
                due |= moving.revise(facts, tasks[case.pk])
            late += move_tasks(moving.live.values(), moving.facts)
    save_trails(
        movings,
        rows.changing_all(late, ("due_at",)),
        rows.changing_all(_timers(keys, due), ("due_at", "attempts", "retry_at", "problem")),
        names=STATE,
    )


def _timers(keys: list[int], due: Mapping[Any, datetime]) -> list[Timer]:
    """The timers that wait for another moment now; whatever was tried before counts for the old one."""
    moved = []
    for timer in rows.read(Timer, "case_id = ANY(%s) ORDER BY id", keys):
        if due.get(timer.engine_id, timer.due_at) != timer.due_at:
            timer.due_at, timer.attempts, timer.retry_at, timer.problem = due[timer.engine_id], 0, None, ""
            moved.append(timer)
    return moved


def _write_rules(revision: Revision) -> None:
    """The rules that cases take, those that then have the same together."""
    alike: defaultdict[str, list[int]] = defaultdict(list)
    found = Case.objects.filter(pk__in=revision.rules).order_by("pk")
    for key, own in found.values_list("pk", "rules"):
        alike[json.dumps(_with_rules(own, revision.rules[key]), sort_keys=True)].append(key)
    for text, keys in alike.items():
        Case.objects.filter(pk__in=keys).update(rules=json.loads(text))


def _with_rules(own: Mapping[str, Rule], taken: Mapping[str, Rule | None]) -> dict[str, Rule]:
    return {name: rule for name, rule in {**own, **taken}.items() if rule is not None}
