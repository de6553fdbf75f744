"""A worker that is killed anywhere leaves no half of anything, and the next one goes on."""

import random
import time
from datetime import UTC, datetime, timedelta

import pytest

from notifications.models import Message
from tests.services.test_trail import chain
from tests.services.world import file, kinds
from tests.setup.support import python
from workflow_app.domain.clock import system_time
from workflow_app.models import Case, Clock, ClockRung, ClockShift, Timer

WORKER = """
import django; django.setup()
from workflow_app import tasks
print("ready", flush=True)
tasks.fire_due(); tasks.send_messages()
"""
CASES = 30
KILLS = 4


@pytest.mark.usefixtures("committed_acts")
def test_everything_due_happens_once(committed_db, at):
    cases = [file() for _ in range(CASES)]
    # The workers are processes of their own: they read the moved clock from the table.
    late = datetime(2026, 4, 1, 2, 0, tzinfo=UTC)
    ClockShift.objects.create(pk=1, microseconds=(late - system_time()) // timedelta(microseconds=1))

    def work():
        return python(WORKER, DATABASE_URL=committed_db, DJANGO_SETTINGS_MODULE="workflow_app.settings.test")

    chance = random.Random(7)
    for _ in range(KILLS):
        with work() as worker:
            assert worker.stdout.readline() == "ready\n"
            time.sleep(chance.uniform(0, 0.25))
            worker.kill()
    for _ in range(2):
        with work() as worker:
            output, _ = worker.communicate(timeout=120)
            assert worker.returncode == 0, output
    assert not Timer.objects.exists()
    assert not ClockRung.objects.filter(fired_at__isnull=True).exists()
    for case in cases:
        trail = kinds(case)
        assert {kind: trail.count(kind) for kind in ("timer.fired", "clock.breached", "case.closed")} == {
            "timer.fired": 1,
            "clock.breached": 1,
            "case.closed": 1,
        }
        assert chain(case) == bytes(Case.objects.get(pk=case.pk).event_hash)
        assert Clock.objects.get(case=case).breached_at is not None
        told = list(Message.objects.filter(case=case).values_list("event", "recipient_id", "origin"))
        assert len(told) == len(set(told))
        assert {event for event, _, _ in told} == {"received", "overdue"}
    assert not Message.objects.filter(rendered_at__isnull=True).exists()
