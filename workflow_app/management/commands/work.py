"""`manage.py work`: runs what is due. A django-q2 cluster does the jobs, a ticker says what is due.

The ticker also watches: a cluster that has lost a process can stand still without ending, so it is judged by
what it gets done. When something has been due for more than a minute, the cluster is started anew.
"""

import logging
import sys
import time
from typing import Any

from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, close_old_connections, connection

from workflow_app.management.processes import Child, StopRequest, stop_children

logger = logging.getLogger(__name__)

TICK_SECONDS = 1.0
OVERDUE_SECONDS = 60.0
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

    def wants_restart(self, oldest_due_age: float, now: float) -> bool:
        """`oldest_due_age` in seconds, `now` in seconds of a clock that only runs forward."""
        if oldest_due_age <= OVERDUE_SECONDS:
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
        retry = TICK_SECONDS
        while not stop:
            pause = cluster.look_after()
            if pause is not None:
                logger.error("the job cluster has ended and starts again in %.1f s", pause)
            try:
                age = self._tick()
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
                stop_children([cluster])
                cluster.start()
            stop.wait(TICK_SECONDS)

    def _tick(self) -> float:
        """Wake the workers for what is due → the age of the oldest due item in seconds."""
        from workflow_app.services import ticking

        close_old_connections()
        ticking.tick()
        return ticking.oldest_due_age()
