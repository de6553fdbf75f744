"""`python -m benchmarks.firing OPEN DUE` → how late what falls due is fired while so many cases are open, as JSON.

The open cases are copies, made by SQL, of two that were filed: one under a clock of the officers', one commitment that
waits for its signature; so each has a running clock with its rungs and a task, and every other one a timer. Those that
fall due are filed through the service and then moved to one moment: four in five have a rung that is due by itself (a
warning, the breach or a rung above it), one in five a timer, which ends the case; the rung that falls due with it is
not counted. The worker is the real one, `manage.py work`, as in production.

How late something is: when the transaction that fired it was committed, less when it was due. PostgreSQL tells the
former (track_commit_timestamp).
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

# Whatever the caller runs under.
os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"

import django

django.setup()

from django.db import connection
from django.db.models import F
from django_q.models import OrmQ

from benchmarks.copies import copy_open, execute
from benchmarks.ours import prepare
from notifications.models import Message
from workflow_app.domain import clock
from workflow_app.models import Case, Clock, ClockRung, Letter, User
from workflow_app.services.cases import file_case
from workflow_app.services.sweeping import due_rungs, due_timers
from workflow_app.services.transition import open_case
from workflow_app.services.waking import wake

ROOT = Path(__file__).resolve().parents[1]
PERCENTS = (50, 80, 100, 150)
ONE_TIMER_IN = 5
# From the planning of so many to the moment at which they fall due.
LEAD, PLANNED_IN_A_SECOND = timedelta(seconds=5), 40
PATIENCE = 120.0
# Before the first look whether all is done.
SECONDS = 3.0


def file_five(applicant: User) -> Case:
    """A case with an officers' task under a clock."""
    (case,) = file_case(process="five", data={"purpose": "测速"}, user=applicant)
    return case


def file_commitment(applicant: User) -> Case:
    """A case that ends by a timer unless the applicant signs."""
    data = {"matter": "TRANSPORT-01", "agree": True}
    (case,) = file_case(process="commitment", data=data, user=applicant)
    return case


def fill(applicant: User, open_cases: int) -> None:
    """The database with that many open cases, as it is after a while: vacuumed and analysed."""
    # What is copied refers to what is there: that need not be checked for every row.
    execute("SET session_replication_role = replica")
    execute("SET synchronous_commit = off")
    for case in (file_five(applicant), file_commitment(applicant)):
        copy_open(case, open_cases // 2)
    execute("RESET session_replication_role")
    execute("RESET synchronous_commit")
    execute("VACUUM ANALYZE")
    execute("CHECKPOINT")


def plan(rungs: list[Case], timers: list[Case], moment: datetime) -> None:
    """Let what is to be measured fall due at one moment: of each case one rung, or its timer with its clock."""
    for place, percent in enumerate(PERCENTS):
        its = ClockRung.objects.filter(clock__case__in=rungs[place :: len(PERCENTS)])
        # The rungs below have come and gone.
        its.filter(percent__lt=percent).update(fired_at=F("due_at"))
        its.filter(percent=percent).update(due_at=moment)
    for case in timers:
        with open_case(None, pk=case.pk) as moving:
            moving.run.revise({"sign_due": moment.isoformat()})
            moving.record_event("bench.planned")
    Clock.objects.filter(case__in=timers).update(due_at=moment)
    ClockRung.objects.filter(clock__case__in=timers, percent=100).update(due_at=moment)
    ClockRung.objects.filter(clock__case__in=timers, percent__lt=100).update(fired_at=moment)


@contextmanager
def worker() -> Iterator[None]:
    """`manage.py work` with its ticker and its cluster."""
    process = subprocess.Popen([sys.executable, "manage.py", "work"], cwd=ROOT)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


def settle_filings() -> None:
    """What the filings have caused is long done: their notices are sent and their letters made."""
    Message.objects.update(rendered_at=clock.now())
    Letter.objects.update(retry_at=clock.now() + timedelta(days=1))
    OrmQ.objects.all().delete()


def wait_until(reached: Callable[[], bool], what: str) -> None:
    """Return when it is so; looked at seldom, because looking costs the worker time."""
    until = time.monotonic() + PATIENCE
    while not reached():
        if time.monotonic() > until:
            raise SystemExit(f"{what}: not after {PATIENCE:.0f} s")
        time.sleep(0.5)


def _is_left(moment: datetime) -> bool:
    return any(due(moment + timedelta(seconds=1)).exists() for due in (due_rungs, due_timers))


def lateness(cases: list[Case], kinds: tuple[str, ...], moment: datetime) -> list[float]:
    """Seconds from the moment to the commit of each case's last event of these kinds, the shortest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(extract(epoch FROM pg_xact_commit_timestamp(xmin) - %s))::float FROM workflow_app_event "
            "WHERE case_id = ANY(%s) AND kind = ANY(%s) GROUP BY case_id ORDER BY 1",
            [moment, [case.pk for case in cases], list(kinds)],
        )
        return [seconds for (seconds,) in cursor.fetchall()]


def measure(open_cases: int, due: int) -> dict[str, Any]:
    began = time.monotonic()

    def say(what: str) -> None:
        sys.stderr.write(f"    {time.monotonic() - began:4.0f} s  {what}\n")

    applicant, _ = prepare()
    say("filling")
    fill(applicant, open_cases)
    say("filing")
    timers = [file_commitment(applicant) for _ in range(due // ONE_TIMER_IN)]
    rungs = [file_five(applicant) for _ in range(due - len(timers))]
    say("starting the worker")
    settle_filings()
    wake("tidying")
    with worker():
        wait_until(lambda: not OrmQ.objects.exists(), "the worker is at work")
        say("planning")
        moment = clock.now() + LEAD + timedelta(seconds=due / PLANNED_IN_A_SECOND)
        plan(rungs, timers, moment)
        if clock.now() >= moment:
            raise SystemExit("planning took too long")
        time.sleep((moment - clock.now()).total_seconds() + SECONDS)
        wait_until(lambda: not _is_left(moment), "all is fired")
    say("fired")
    fired = lateness(rungs, ("clock.warned", "clock.breached", "clock.escalated"), moment)
    ended = lateness(timers, ("timer.fired",), moment)
    assert (len(fired), len(ended)) == (len(rungs), len(timers)), (len(fired), len(ended))
    late = sorted([*fired, *ended])
    for what, found in (("rungs", fired), ("timers", ended)):
        say(f"{what}: first {found[0]:.2f} s, half {found[len(found) // 2]:.2f} s, last {found[-1]:.2f} s")
    return {
        "firing_seconds": late[-1],
        "lateness_p50": late[len(late) // 2],
        "lateness_p99": late[-(-len(late) * 99 // 100) - 1],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(*map(int, sys.argv[1:]))) + "\n")
