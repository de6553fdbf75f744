"""The one write path. Every act on a case, by a person, a timer or a message, goes through `open_case`.

atomic → lock the case row → load the process → fire what is already due → act → let the process run on → write the
rows for tasks and timers, the state, the trail and what has to be sent → commit. Nothing here renders or talks to a
network; wake-ups for the workers are enqueued in the same transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from bpmn.manifest import Process
from workflow_app.domain import clock
from workflow_app.engine.bundles import Bundle
from workflow_app.engine.run import HumanTask, Run, WaitingTimer
from workflow_app.models import Case, Clock, InboxMessage, Task, Timer, User
from workflow_app.models.cases import CaseStatus
from workflow_app.models.clocks import ClockStatus
from workflow_app.models.tasks import LIVE, TaskStatus
from workflow_app.services.definitions import bundle_of
from workflow_app.services.errors import StaleVersionError
from workflow_app.services.trail import Happening, append_events
from workflow_app.services.waking import wake

APPLICANT = "applicant"
SOURCE_UNIT = "source_unit"


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
        self.live: dict[Any, Task] = {}
        self._timers: list[WaitingTimer] = []
        self._step = 0

    @property
    def manifest(self) -> Process:
        return self.bundle.manifest

    @property
    def facts(self) -> dict[str, Any]:
        """The scalars the process knows at this moment."""
        return self.run.data

    def record_event(self, kind: str, **data: Any) -> None:
        """Put one event into the trail of this transition, in the actor's name."""
        self.happenings.append(Happening(kind, data, self.actor.pk if self.actor else None))

    def next_step(self) -> str:
        """A name for the effect being made, unique within the case and the same if the transition is played again."""
        self._step += 1
        return f"{self.case.lock_version}.{self._step}"

    def start(self, data: dict[str, Any]) -> None:
        """Begin the process of a new case with the scalars of `data`."""
        from workflow_app.services.operations import OPERATIONS

        self.run = Run.start(self.bundle, data, OPERATIONS, self, self.now)

    def load(self) -> None:
        """Bring back the process and its live tasks, and fire what is due before anybody acts."""
        from workflow_app.services.operations import OPERATIONS

        self.run = Run.load(
            self.bundle,
            bytes(self.case.state),
            bytes(self.case.state_mac),
            self.case.serializer_version,
            OPERATIONS,
            self,
            self.now,
        )
        self.live = {
            task.engine_id: task for task in Task.objects.filter(case_id=self.case.pk, status__in=LIVE)
        }
        self._timers = self.run.timers()
        fired = [timer for timer in self._timers if timer.due_at <= self.now]
        for timer in fired:
            self.happenings.append(
                Happening("timer.fired", {"timer": timer.element, "due_at": timer.due_at.isoformat()})
            )
        if fired:
            self.run.advance()

    def settle(self) -> None:
        """Let the process run until people or time have to act again, then write everything it changed."""
        self.run.advance()
        self._deliver_inbox()
        self._project_tasks()
        self._project_timers()
        if self.case.status != CaseStatus.WITHDRAWN and self.run.completed:
            self._finish()
        self._save()
        for what in sorted(self.wakes):
            wake(what)

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

    def _project_tasks(self) -> None:
        ready = {task.engine_id: task for task in self.run.human_tasks()}
        gone = [
            task for engine_id, task in self.live.items() if engine_id not in ready and task.status in LIVE
        ]
        if gone:
            Task.objects.filter(pk__in=[task.pk for task in gone]).update(status=TaskStatus.CANCELLED)
        fresh = [self._new_task(task) for engine_id, task in ready.items() if engine_id not in self.live]
        if fresh:
            Task.objects.bulk_create(fresh)
        kept = [task for engine_id, task in self.live.items() if engine_id in ready]
        for task in kept:
            due_at = self._due_of(task.clock)
            if due_at != task.due_at:
                Task.objects.filter(pk=task.pk).update(due_at=due_at)
        roles = {task.role for task in [*kept, *fresh]}
        if not self.case.is_finished:
            self.case.status = CaseStatus.WAITING_APPLICANT if roles == {APPLICANT} else CaseStatus.OPEN

    def _new_task(self, task: HumanTask) -> Task:
        spec = task.spec
        return Task(
            case_id=self.case.pk,
            engine_id=task.engine_id,
            element=spec.element,
            title=spec.title,
            title_en=spec.title_en,
            role=spec.role,
            form=spec.form,
            clock=spec.clock,
            agency_id=self._agency_for(spec.role),
            due_at=self._due_of(spec.clock),
            created_at=self.now,
        )

    def _agency_for(self, role: str) -> int | None:
        if role == APPLICANT:
            return None
        if role == SOURCE_UNIT and self.case.record is not None:
            return self.case.record.source_agency_id
        return self.case.agency_id

    def _due_of(self, clock_name: str) -> datetime | None:
        due = self.facts.get(f"{clock_name}_due")
        return datetime.fromisoformat(due) if due else None

    def _project_timers(self) -> None:
        waiting = self.run.timers()
        if waiting == self._timers:
            return
        before = {timer.engine_id for timer in self._timers}
        after = {timer.engine_id for timer in waiting}
        if before - after:
            Timer.objects.filter(engine_id__in=before - after).delete()
        Timer.objects.bulk_create(
            Timer(case_id=self.case.pk, engine_id=t.engine_id, element=t.element, due_at=t.due_at)
            for t in waiting
            if t.engine_id not in before
        )

    def _finish(self) -> None:
        outcome = self.manifest.outcomes[self.run.ended_at() or ""]
        self.case.status = CaseStatus.CLOSED
        self.case.outcome = outcome.code
        self.case.closed_at = self.now
        self.stop_clocks()
        self.record_event("case.closed", outcome=outcome.code)

    def withdraw(self, outcome: str, reason: str) -> None:
        """End the case at the applicant's wish: nothing of it goes on."""
        self.run.cancel()
        self.case.status = CaseStatus.WITHDRAWN
        self.case.outcome = outcome
        self.case.closed_at = self.now
        self.stop_clocks()
        self.record_event("case.withdrawn", outcome=outcome, reason=reason)

    def stop_clocks(self) -> None:
        """Stop every clock that still runs: a case that has ended owes nobody anything."""
        Clock.objects.filter(~Q(status=ClockStatus.STOPPED), case_id=self.case.pk).update(
            status=ClockStatus.STOPPED, stopped_at=self.now
        )

    def _save(self) -> None:
        case = self.case
        case.state, case.state_mac, case.serializer_version = self.run.dump()
        append_events(case, self.happenings, self.now)
        case.lock_version += 1
        case.save(
            update_fields=[
                "status",
                "outcome",
                "closed_at",
                "state",
                "state_mac",
                "serializer_version",
                "lock_version",
                "event_count",
                "event_hash",
            ]
        )


@contextmanager
def open_case(
    actor: User | None, *, expected_version: int | None = None, now: datetime | None = None, **lookup: Any
) -> Iterator[Transition]:
    """Lock the one case that `lookup` finds, yield it for one act, and write what follows, or nothing at all.

    `expected_version` is the lock_version the actor saw; raises `StaleVersionError` if the case has moved on since.
    Raises `Case.DoesNotExist` when there is no such case.
    """
    with transaction.atomic():
        case = Case.objects.select_for_update(of=("self",)).get(**lookup)
        if expected_version is not None and expected_version != case.lock_version:
            raise StaleVersionError(seen=expected_version, current=case.lock_version)
        moving = Transition(case, bundle_of(case.definition_id), actor, now or clock.now())
        moving.load()
        yield moving
        moving.settle()
