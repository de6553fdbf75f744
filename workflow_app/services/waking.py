"""Wakes the workers. The truth lies in our own tables; a lost or doubled wake-up changes nothing."""

from functools import lru_cache

from django_q.brokers.orm import ORM
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.tasks import async_task

from workflow_app.domain.clock import system_time
from workflow_app.models import rows

# What can be woken: the only callables that are ever enqueued.
JOBS = {
    "timers": "workflow_app.tasks.fire_due",
    "rungs": "workflow_app.tasks.fire_due",
    "letters": "workflow_app.tasks.produce_letters",
    "messages": "workflow_app.tasks.send_messages",
    "figures": "workflow_app.tasks.count_figures",
    "words": "workflow_app.tasks.index_cases",
    "assistances": "workflow_app.tasks.remind_units",
    "applying": "workflow_app.tasks.remind_applicants",
    "tidying": "workflow_app.tasks.tidy_up",
}


class _Queue(ORM):
    """The queue in the database; filings and decisions enqueue in the act, so by a statement that is kept."""

    def enqueue(self, task: str) -> int:
        job = OrmQ(key=self.list_key, payload=task, lock=system_time())
        rows.insert([job])
        return int(job.pk)


@lru_cache(maxsize=1)
def _queue() -> _Queue:
    return _Queue(list_key=Conf.CLUSTER_NAME)


def wake(what: str) -> None:
    """Enqueue one job of JOBS in the caller's transaction, so that it exists only if the work does."""
    async_task(JOBS[what], group=what, broker=_queue())
