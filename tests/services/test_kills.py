"""Workers that are killed anywhere leave no half of anything: the others go on, and everything due happens once."""

import random
import time
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from notifications.models import Message
from tests.services.test_trail import chain
from tests.services.world import file, kinds
from tests.setup.support import output_of, python
from workflow_app.domain.clock import system_time
from workflow_app.models import Case, Clock, ClockRung, ClockShift, Timer

# In small steps, so that there are many moments to be killed in and much to share.
WORKER = """
import django; django.setup()
from workflow_app import tasks
from workflow_app.services import sweeping
sweeping.RUNGS, sweeping.TIMERS = 5, 2
print("ready", flush=True)
tasks.fire_due(); tasks.send_messages()
"""
CASES = 60
# Each case has four rungs and a timer.
DUE = 5 * CASES
WORKERS = 3
TOLD = ["approver2", "reviewer1", "reviewer2", "supervisor1"]


def left() -> int:
    """How much has not fired yet."""
    return ClockRung.objects.filter(fired_at=None).count() + Timer.objects.count()


def wait_until_left(most: int) -> None:
    end = time.monotonic() + 60
    while left() > most:
        assert time.monotonic() < end, "the workers do not get on"
        time.sleep(0.002)


@pytest.fixture
def cases(committed_acts: str) -> list[Case]:
    """Cases of which everything is due; the workers, processes of their own, read the moved clock from the table."""
    found = [file() for _ in range(CASES)]
    late = datetime(2026, 4, 10, 2, 0, tzinfo=UTC)
    ClockShift.objects.create(pk=1, microseconds=(late - system_time()) // timedelta(microseconds=1))
    return found


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_everything_due_happens_once(cases, committed_db, seed):
    """Three workers share the work; two are killed in the middle of it."""
    chance = random.Random(seed)
    # How much is left when each of them dies: the first early, the second late.
    moments = (chance.randint(DUE // 2, DUE - 10), chance.randint(10, DUE // 2))

    def work():
        return python(WORKER, DATABASE_URL=committed_db, DJANGO_SETTINGS_MODULE="workflow_app.settings.test")

    with ExitStack() as stack:
        workers = [stack.enter_context(work()) for _ in range(WORKERS)]
        for worker in workers:
            assert worker.stdout.readline() == "ready\n"
        for worker, moment in zip(workers, moments, strict=False):
            wait_until_left(moment)
            assert worker.poll() is None
            worker.kill()
        output_of(workers[-1])
    # What the dead held in their hands is free again at once.
    output_of(work())
    assert left() == 0
    for case in cases:
        ensure_once(case)
    assert not Message.objects.filter(rendered_at=None).exists()


def ensure_once(case: Case) -> None:
    """Every rung and the timer of the case have fired, each with one event, and everybody was told once."""
    counted = Counter(kinds(case))
    assert [counted[kind] for kind in ("clock.warned", "clock.breached", "clock.escalated")] == [2, 1, 1]
    assert [counted[kind] for kind in ("timer.fired", "clock.stopped", "case.closed")] == [1, 1, 1]
    assert chain(case) == bytes(Case.objects.get(pk=case.pk).event_hash)
    clock = Clock.objects.get(case=case)
    assert (clock.breached_at, clock.rungs.count()) == (clock.due_at, 4)
    told = Message.objects.filter(case=case, event="overdue").values_list("recipient__username", flat=True)
    assert sorted(told) == TOLD
