"""Wakes the workers. The truth lies in our own tables; a lost or doubled wake-up changes nothing."""

from django_q.tasks import async_task

# What can be woken: the only callables that are ever enqueued.
JOBS = {
    "timers": "workflow_app.tasks.fire_timers",
    "rungs": "workflow_app.tasks.fire_rungs",
    "letters": "workflow_app.tasks.produce_letters",
    "messages": "workflow_app.tasks.send_messages",
    "tidying": "workflow_app.tasks.tidy_up",
}


def wake(what: str) -> None:
    """Enqueue one job of JOBS in the caller's transaction, so that it exists only if the work does."""
    async_task(JOBS[what], group=what)
