"""The one write path. Every act on a case, by a person, a timer or a message, goes through `open_case`.

atomic → lock the case row → load the process → fire what is already due → act → let the process run on → write the
rows for tasks and timers, the state, the trail and what has to be sent → commit. Nothing here renders or talks to a
network; wake-ups for the workers are enqueued in the same transaction.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import transaction

from bpmn.manifest import Process
from workflow_app.domain import clock
from workflow_app.domain.errors import CreditError
from workflow_app.domain.numbers import is_case_number
from workflow_app.domain.workdays import WorkCalendar
from workflow_app.engine.bundles import Bundle
from workflow_app.engine.run import Run, WaitingTimer
from workflow_app.models import Case, InboxMessage, Task, User, rows
from workflow_app.models.cases import CaseStatus
from workflow_app.models.tasks import LIVE
from workflow_app.selectors.calendar import get_calendar
from workflow_app.services.definitions import bundle_of
from workflow_app.services.errors import CaseStuckError, StaleVersionError
from workflow_app.services.projection import project_tasks, project_timers
from workflow_app.services.time_lock import TIME_LOCK
from workflow_app.services.trail import Happening, chain_events
from workflow_app.services.waking import wake

logger = logging.getLogger(__name__)

_INTERNAL = 500


class Transition:
    """One locked case while it moves. Operations receive it as their context."""

    def __init__(self, case: Case, bundle: Bundle, actor: User | None, now: datetime) -> None:
        self.case = case
        self.bundle = bundle
        self.actor = actor
        self.now = now
        self.run: Run
        self.happenings: list[Happening] = []
        self.wakes: set[str] = set()
        # The case's tasks as they were found, oldest first; the live ones by the engine's id.
        self.tasks: list[Task] = []
        self.live: dict[Any, Task] = {}
        # What people are told once the process has come to rest: event → audience (applicant or a role).
        self.announcements: dict[tuple[str, str], None] = {}
        self._timers: list[WaitingTimer] = []
        self._base = case.event_count
        self._step = 0

    @property
    def manifest(self) -> Process:
        return self.bundle.manifest

    @property
    def facts(self) -> dict[str, Any]:
        """The scalars the process knows at this moment."""
        return self.run.data

    @cached_property
    def calendar(self) -> WorkCalendar:
        """The working days and office hours of the agency in charge, the same throughout the transition."""
        return get_calendar(rows.follow(self.case, "agency").region_id)

    def record_event(self, kind: str, **data: Any) -> None:
        """Put one event into the trail of this transition, in the actor's name."""
        self.happenings.append(Happening(kind, data, self.actor.pk if self.actor else None))

    def next_step(self) -> str:
        """A name for the effect being made, unique within the case and the same if the transition is played again."""
        self._step += 1
        return f"{self._base}.{self._step}"

    def announce(self, event: str, audience: str) -> None:
        """Tell the applicant (`applicant`) or a role about `event` when the process has come to rest, once.

        Only then are the task, the clock and the letter known that the text speaks of.
        """
        self.announcements[event, audience] = None

    def start(self, data: dict[str, Any]) -> None:
        """Begin the process of a new case with the scalars of `data`."""
        from workflow_app.services.operations import OPERATIONS

        self.run = Run.start(self.bundle, data, OPERATIONS, self, self.now)

    def restore(self, tasks: Sequence[Task] | None = None) -> None:
        """Bring back the process and its tasks (read unless given) as they were left; nothing fires."""
        from workflow_app.services.operations import OPERATIONS

        self.run = Run.load(
            self.bundle,
            self.case.number,
            bytes(self.case.state),
            bytes(self.case.state_mac),
            self.case.serializer_version,
            OPERATIONS,
            self,
            self.now,
        )
        self.tasks = (
            rows.read(Task, "case_id = %s ORDER BY id", self.case.pk) if tasks is None else list(tasks)
        )
        self.live = {task.engine_id: task for task in self.tasks if task.status in LIVE}
        self._timers = self.run.timers()

    def load(self) -> None:
        """Bring back the process and its live tasks, and fire what is due before anybody acts."""
        self.restore()
        fired = [timer for timer in self._timers if timer.due_at <= self.now]
        if fired:
            self._fire_rungs()
        for timer in fired:
            late = int((self.now - timer.due_at).total_seconds())
            self.happenings.append(
                Happening(
                    "timer.fired",
                    {"timer": timer.element, "due_at": timer.due_at.isoformat(), "late_seconds": late},
                )
            )
        if fired:
            # What time brings about is nobody's act, whoever happened to come along.
            actor, self.actor = self.actor, None
            self.run.advance()
            self.actor = actor

    def settle(self) -> None:
        """Let the process run until people or time have to act again, then write everything it changed.

        Every act leaves an event; where there is none, nothing has changed and nothing is written.
        """
        self.run.advance()
        self._deliver_inbox()
        if not self.happenings:
            return
        tasks, fresh = project_tasks(self)
        project_timers(self, self._timers)
        if not self.case.is_finished:
            if self.run.completed:
                self._finish()
            else:
                self.case.status = self._status_of(tasks)
        self._announce(fresh)
        self._dump()
        self.case.lock_version += 1
        self.save((*_CHANGING, *_TRAIL), fresh)

    def revise(self, facts: Mapping[str, Any], tasks: Sequence[Task]) -> dict[Any, datetime]:
        """Put facts that were computed anew in place of those the process has → what its timers wait for now, by the
        engine's id. `tasks` are all of the case. Nothing fires, and nothing is written: see `save_trails`."""
        self.restore(tasks)
        known = self.facts
        self.run.revise({name: value for name, value in facts.items() if name in known})
        self._dump()
        return {timer.engine_id: timer.due_at for timer in self.run.timers()}

    def _dump(self) -> None:
        self.case.state, self.case.state_mac, self.case.serializer_version = self.run.dump(self.case.number)

    def _deliver_inbox(self) -> None:
        # Early messages wait in the table: the engine refuses what nobody waits for.
        while waiting := self.run.waiting_messages():
            message = (
                InboxMessage.objects.filter(case_id=self.case.pk, delivered_at__isnull=True, name__in=waiting)
                .order_by("id")
                .first()
            )
            if message is None or not self.run.send(message.name):
                return
            message.delivered_at = self.now
            message.save(update_fields=["delivered_at"])
            self.record_event("message.delivered", name=message.name, key=message.key)
            self.run.advance()

    def _status_of(self, tasks: list[Task]) -> CaseStatus:
        """Who has to move next. A message from outside is the fruit of what the applicant does, such as a training."""
        roles = {task.role for task in tasks}
        waits = roles == {"applicant"} or (not roles and bool(self.run.waiting_messages()))
        return CaseStatus.WAITING_APPLICANT if waits else CaseStatus.OPEN

    def _finish(self) -> None:
        outcome = self.manifest.outcomes[self.run.ended_at() or ""]
        self._end(CaseStatus.CLOSED, outcome.code)
        self.case.answered_at = self.case.answered_at or self.now
        self.record_event("case.closed", outcome=outcome.code)

    def withdraw(self, outcome: str, reason: str) -> None:
        """End the case at the applicant's wish: nothing of it goes on, and what it left elsewhere is taken back."""
        from workflow_app.services.operations.registry import undo_all

        undo_all(self)
        self.run.cancel()
        self._end(CaseStatus.WITHDRAWN, outcome)
        self.record_event("case.withdrawn", outcome=outcome, reason=reason)

    def _end(self, status: CaseStatus, outcome: str) -> None:
        """A case that has ended owes nobody anything: its clocks stop, and nobody has to answer for it."""
        from workflow_app.services.assisting import cancel_open
        from workflow_app.services.clocks import going_clocks, stop

        self.case.status, self.case.outcome, self.case.closed_at = status, outcome, self.now
        for running in going_clocks(self.case):
            stop(self, running)
        cancel_open(self)

    def _fire_rungs(self) -> None:
        from workflow_app.services.rungs import fire_rungs_of_case

        fire_rungs_of_case(self)

    def _announce(self, fresh: list[Task]) -> None:
        from workflow_app.services.announcing import announce_all

        announce_all(self, fresh)

    def save(self, names: Sequence[str], fresh: Sequence[Task] = ()) -> None:
        """Write new tasks, the events and the named fields of the case row, and wake whom they concern."""
        from workflow_app.services.announcing import announce_pressing, asking_warned

        events = chain_events(self.case, self.happenings, self.now)
        warned: dict[int, int] = {}
        rows.write(
            rows.adding(fresh),
            rows.adding(events),
            rows.changing(self.case, names),
            asking_warned(self, fresh, warned),
        )
        if warned:
            announce_pressing(self, fresh, warned)
        for what in sorted(self.wakes):
            wake(what)


_TRAIL = ("event_count", "event_hash")
STATE = ("state", "state_mac", "serializer_version")
_CHANGING = ("status", "outcome", "answered_at", "closed_at", *STATE, "lock_version")


@contextmanager
def open_case(
    actor: User | None,
    *,
    pk: int | None = None,
    number: str | None = None,
    task_id: int | None = None,
    expected_version: int | None = None,
    now: datetime | None = None,
    skip_locked: bool = False,
) -> Iterator[Transition]:
    """Lock one case, yield it for one act, and write what follows, or nothing at all.

    The case is named by its key, its number or one of its tasks. `expected_version` is the lock_version the actor
    saw; raises `StaleVersionError` if the case has moved on since. Raises `Case.DoesNotExist` when there is no such
    case, or it is locked and `skip_locked` is set, and `CaseStuckError` in place of anything that only the process
    itself could have caused.
    """
    with transaction.atomic():
        case = _lock(pk=pk, number=number, task_id=task_id, skip_locked=skip_locked)
        if expected_version is not None and expected_version != case.lock_version:
            raise StaleVersionError(seen=expected_version, current=case.lock_version)
        moving = Transition(case, bundle_of(case.definition_id), actor, now or clock.now())
        with nothing_internal(case):
            moving.load()
            yield moving
            moving.settle()


@contextmanager
def open_trail(pk: int, *, skip_locked: bool = True) -> Iterator[Transition]:
    """Lock a case for what leaves its process where it is, such as a warning; the version people saw stays good.

    Raises `Case.DoesNotExist` also when the case is locked: whoever holds it, the next sweep comes back. Without
    `skip_locked` it waits instead.
    """
    with transaction.atomic():
        case = _lock(skip_locked=skip_locked, pk=pk)
        moving = Transition(case, bundle_of(case.definition_id), None, clock.now())
        yield moving
        if moving.happenings:
            moving.save(_TRAIL)


def save_trails(movings: Sequence[Transition], *writes: rows.Write | None, names: Sequence[str] = ()) -> None:
    """Write what many locked cases have noted, whose processes stay where they are, with the named fields of the case
    rows and with `writes`, by one statement."""
    noted = [moving for moving in movings if moving.happenings]
    events = [event for each in noted for event in chain_events(each.case, each.happenings, each.now)]
    cases = [moving.case for moving in noted]
    rows.write(rows.adding(events), rows.changing_all(cases, (*names, *_TRAIL)), *writes)
    for what in sorted({what for moving in movings for what in moving.wakes}):
        wake(what)


def _lock(
    *, skip_locked: bool, pk: int | None = None, number: str | None = None, task_id: int | None = None
) -> Case:
    if number is not None and not is_case_number(number):
        raise Case.DoesNotExist
    ways = (
        ("id = %s", pk),
        ("number = %s", number),
        ("id = (SELECT case_id FROM workflow_app_task WHERE id = %s)", task_id),
    )
    condition, value = next(way for way in ways if way[1] is not None)
    # The lock of time first, then the row: whoever has the former alone finds no row held by an act that waits for it.
    condition += f" AND pg_advisory_xact_lock_shared({TIME_LOCK}) IS NOT NULL"
    # Rows that refer to the case may still be added meanwhile: its key does not change.
    lock = " FOR NO KEY UPDATE SKIP LOCKED" if skip_locked else " FOR NO KEY UPDATE"
    found = rows.read(Case, condition + lock, value)
    if not found:
        raise Case.DoesNotExist
    return found[0]


@contextmanager
def nothing_internal(case: Case) -> Iterator[None]:
    """Details of expressions, tables and states are for the log, not for whoever happened to act."""
    try:
        yield
    except CreditError as error:
        if error.status < _INTERNAL:
            raise
        logger.exception("case %s: %s", case.number, error)
        raise CaseStuckError(number=case.number) from error
