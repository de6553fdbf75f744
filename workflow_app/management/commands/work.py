"""`manage.py work`: runs what is due. A django-q2 cluster does the jobs, a ticker says what is due.

The ticker also watches: a cluster that has lost a process can stand still without ending, because a process that
is killed takes the lock of a queue with it. So it is judged by what it gets done. When something has been due for
more than a minute, or for seconds just after a start or a loss, the cluster is started anew.
"""

import logging
import sys
import time
from typing import Any

from django.core.management.base import BaseCommand
from django.db import (
    DEFAULT_DB_ALIAS,
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
)

from workflow_app.letters.pki import is_development
from workflow_app.management.processes import Child, StopRequest, stop_children
from workflow_app.readiness import START

logger = logging.getLogger(__name__)

# The longest wait between two looks; what is known to fall due sooner is not kept waiting.
TICK_SECONDS = 1.0
# A deadline is missed only after its moment.
JUST_AFTER = 0.001
OVERDUE_SECONDS = 60.0
# The patience with a cluster that has just lost a process. Workers that have done their share end too, so the loss
# alone proves nothing, and after a while it is forgotten.
SHORT_SECONDS = 5.0
REMEMBERED_SECONDS = 60.0
# The patience with one that has just begun: a process may be gone before it was ever seen. So long it is also left
# alone in any case: the first letter needs its time, and whoever is interrupted over and over gets nothing done.
YOUNG_SECONDS = 20.0
# What lives shorter is a helper that a job has called, no process of the cluster.
SHORT_LIFE_SECONDS = 2.0
# A cluster that stands still does not stop by itself either.
STUCK_STOP_SECONDS = 3.0
LONGEST_GRACE = 600.0
LONGEST_RETRY = 10.0


class Watchdog:
    """Decides when the cluster is restarted for lack of progress.

    After each restart it waits twice as long, so that a backlog that merely takes its time is not interrupted
    over and over.
    """

    def __init__(self) -> None:
        self._grace = OVERDUE_SECONDS
        self._quiet_until = 0.0
        # Process → when it was first seen.
        self._members: dict[int, float] = {}
        self._maimed_until = 0.0
        self._begun_at = float("-inf")

    def see(self, members: frozenset[int], now: float) -> None:
        """Look at the processes of the cluster: whether one that was there has gone."""
        gone = [since for pid, since in self._members.items() if pid not in members]
        if any(now - since >= SHORT_LIFE_SECONDS for since in gone):
            self._maimed_until = now + REMEMBERED_SECONDS
        self._members = {pid: self._members.get(pid, now) for pid in members}

    def begin(self, now: float) -> None:
        """The cluster is started: nothing that was seen of the one before counts any more."""
        self._members, self._maimed_until, self._begun_at = {}, 0.0, now

    def wants_restart(self, oldest_due_age: float, now: float) -> bool:
        """`oldest_due_age` in seconds, `now` in seconds of a clock that only runs forward."""
        age = now - self._begun_at
        if age < YOUNG_SECONDS:
            return False
        if now < self._maimed_until and oldest_due_age > SHORT_SECONDS:
            self._maimed_until = 0.0
            return True
        patience = YOUNG_SECONDS if age < REMEMBERED_SECONDS else OVERDUE_SECONDS
        if oldest_due_age <= patience:
            self._grace = OVERDUE_SECONDS
            return False
        if now < self._quiet_until:
            return False
        self._quiet_until = now + self._grace
        self._grace = min(self._grace * 2, LONGEST_GRACE)
        return True


class Command(BaseCommand):
    help = "后台任务：到期事项、通知、文书 / the worker: due items, notifications, letters"

    def handle(self, *args: Any, **options: Any) -> None:
        if not is_development():
            self.check(tags=[START], include_deployment_checks=True, databases=[DEFAULT_DB_ALIAS])
        stop = StopRequest()
        # The cluster forks its workers, and pooled connections do not survive a fork.
        cluster = Child("cluster", [sys.executable, "-m", "django", "qcluster"], {"DATABASE_POOL": ""})
        cluster.start()
        try:
            self._run(stop, cluster)
        finally:
            for name in stop_children([cluster]):
                logger.warning("%s did not stop in time and was killed", name)

    def _run(self, stop: StopRequest, cluster: Child) -> None:
        watchdog = Watchdog()
        watchdog.begin(time.monotonic())
        retry = TICK_SECONDS
        while not stop:
            delay = cluster.look_after()
            watchdog.see(cluster.members(), time.monotonic())
            if delay is not None:
                watchdog.begin(time.monotonic())
                logger.error("the job cluster has ended and starts again in %.1f s", delay)
            try:
                age, pause = self._tick()
            except (OperationalError, InterfaceError) as error:
                logger.warning(
                    "the database does not answer, next try in %.0f s: %s", retry, str(error).strip()
                )
                connection.close()
                stop.wait(retry)
                retry = min(retry * 2, LONGEST_RETRY)
                continue
            retry = TICK_SECONDS
            if watchdog.wants_restart(age, time.monotonic()):
                logger.error("something has been due for %.0f s; the job cluster starts anew", age)
                stop_children([cluster], STUCK_STOP_SECONDS)
                cluster.start()
                watchdog.begin(time.monotonic())
            stop.wait(pause)

    def _tick(self) -> tuple[float, float]:
        """Wake the workers for what is due → the age of the oldest due item and how long to wait, in seconds."""
        from workflow_app.services import ticking

        close_old_connections()
        pause = ticking.next_due_in(ticking.tick(), TICK_SECONDS)
        return ticking.oldest_due_age(), pause + JUST_AFTER
