"""The demo's history: real cases, handled through the services, of which some were late."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from django_q.models import OrmQ

from workflow_app.demo.history import SPAN, make_history
from workflow_app.domain import clock
from workflow_app.models import Case, Clock, Event, Task, Timer
from workflow_app.models.cases import CaseStatus
from workflow_app.services.waking import JOBS, wake

pytestmark = pytest.mark.django_db

CASES = 25


def test_half_a_year_is_played_in_order_and_leaves_nothing_behind() -> None:
    until = clock.now()
    assert list(make_history(CASES, until))[-1] == CASES
    cases = Case.objects.all()
    assert {case.process for case in cases} == {"commitment", "objection", "repair"}
    assert all(until - SPAN <= case.filed_at <= until for case in cases)
    closed = cases.filter(status=CaseStatus.CLOSED)
    assert closed.count() > CASES / 2
    assert not closed.filter(answered_at=None).exists()
    # The moments of each case only go forward, and nothing that was due has been left.
    for case in cases:
        moments = list(Event.objects.filter(case=case).order_by("sequence").values_list("at", flat=True))
        assert moments == sorted(moments)
    assert not Timer.objects.filter(due_at__lt=until).exists()
    assert Clock.objects.filter(breached_at__isnull=False).exists()
    assert Task.objects.filter(done_by__username="reviewer1-yiwu").exists()
    # The service's time is again what it was.
    assert clock.now() == until


def test_the_same_seed_tells_the_same_history() -> None:
    told = []
    for _ in range(2):
        list(make_history(6, clock.now(), seed=5))
        rows = Case.objects.order_by("-pk")[:6]
        told.append([(row.process, row.filed_at, row.status) for row in rows])
    assert told[0] == told[1]


def test_the_command_leaves_the_queue_of_jobs_to_the_ticker() -> None:
    wake("tidying")
    call_command("load_history", cases=3, stdout=StringIO())
    assert Case.objects.count() == 3
    assert [job.func() for job in OrmQ.objects.all()] == [JOBS["tidying"]]


def test_the_command_refuses_where_no_demo_is() -> None:
    with override_settings(MOVABLE_CLOCK=False), pytest.raises(CommandError, match="make run"):
        call_command("load_history")
