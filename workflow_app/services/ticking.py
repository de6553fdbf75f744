"""Says what is due and gets it done: the ticker's side of the worker."""

import time
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django_q.conf import Conf
from django_q.models import OrmQ

from notifications.models import MOST_ATTEMPTS, Delivery, DeliveryStatus, Message
from notifications.outbox import lost_deliveries
from workflow_app.domain import clock
from workflow_app.domain.clock import system_time
from workflow_app.selectors.assistances import due_reminders
from workflow_app.selectors.letters import due_letters
from workflow_app.services import apply_reminders, assisting, figures, indexing, notices, sweeping
from workflow_app.services.waking import wake

# Jobs look for themselves what is due, so more of them in the queue would only find nothing.
MOST_QUEUED = 8
# A round of `run_due` does at least one thing; more rounds than this are a loop.
MOST_ROUNDS = 1000
TIDY_SECONDS = 3600.0


def _oldest_timer() -> Hashable:
    return sweeping.due_timers(clock.now()).values_list("pk", "attempts").first()


def _oldest_rung() -> Hashable:
    return sweeping.due_rungs(clock.now()).values_list("pk", flat=True).first()


def _oldest_letter() -> Hashable:
    return due_letters(clock.now()).values_list("pk", "attempts").first()


def _oldest_message() -> Hashable:
    waiting = Message.objects.filter(rendered_at__isnull=True, attempts__lt=MOST_ATTEMPTS).order_by(
        "attempts", "pk"
    )
    due = Delivery.objects.filter(status=DeliveryStatus.WAITING, due_at__lte=clock.now()).order_by(
        "due_at", "pk"
    )
    # One that was cut off is nobody's turn any more: without a wake-up it would be on its way for ever.
    ways = (waiting, due, lost_deliveries(clock.now()).order_by("pk"))
    return next((item for way in ways if (item := way.values_list("pk", "attempts").first())), None)


def _oldest_figure() -> Hashable:
    return figures.oldest_uncounted() or None


def _oldest_words() -> Hashable:
    return indexing.oldest_unindexed()


def _oldest_request() -> Hashable:
    return due_reminders(clock.now()).values_list("pk", "remind_at").first()


def _oldest_reminder() -> Hashable:
    return apply_reminders.due_reminders().values_list("pk", "remind_on").first()


def _share(due: QuerySet[Any], share: int) -> int:
    """How many workers what is due keeps busy, as many as there are at most."""
    return -(-due[: share * Conf.WORKERS].count() // share)


# Job → how many workers it is for, where that may be more than one.
_WORKERS: dict[str, Callable[[], int]] = {
    "timers": lambda: _share(sweeping.due_timers(clock.now()), sweeping.TIMERS),
    "rungs": lambda: _share(sweeping.due_rungs(clock.now()), sweeping.RUNGS),
}
# Job → the oldest thing it would do now and how often that was tried, None if there is nothing. A try that failed is
# progress too: the thing waits for its next try and is shown as a problem.
_OLDEST: dict[str, Callable[[], Hashable]] = {
    "timers": _oldest_timer,
    "rungs": _oldest_rung,
    "letters": _oldest_letter,
    "messages": _oldest_message,
    "figures": _oldest_figure,
    "words": _oldest_words,
    "assistances": _oldest_request,
    "applying": _oldest_reminder,
}
# Job → its oldest thing and when this process first saw it, on a clock that only runs forward.
_seen: dict[str, tuple[Hashable, float]] = {}
# When this process last asked for tidying up, on the same kind of clock.
_tidied: list[float] = []


def tick() -> datetime:
    """Wake the workers for whatever is due, and once an hour to tidy up → the moment at which it was looked."""
    looked = clock.now()
    oldest = {job: find() for job, find in _OLDEST.items()}
    now = time.monotonic()
    for job, item in oldest.items():
        if item is None:
            _seen.pop(job, None)
        elif job not in _seen or _seen[job][0] != item:
            _seen[job] = (item, now)
    # Jobs that somebody has taken do not count. If it was killed, they come back after minutes only, and work that
    # is due must not wait for that.
    if OrmQ.objects.filter(lock__lte=system_time()).count() < MOST_QUEUED:
        for job, item in oldest.items():
            if item is not None:
                for _ in range(_WORKERS[job]() if job in _WORKERS else 1):
                    wake(job)
    if not _tidied or now - _tidied[-1] >= TIDY_SECONDS:
        _tidied[:] = [now]
        wake("tidying")
    return looked


def next_due_in(looked: datetime, longest: float) -> float:
    """In how many seconds the next rung or timer falls due that was not due at `looked`; `longest` at most."""
    until = looked + timedelta(seconds=longest)
    ahead = [
        due.filter(due_at__gte=looked).values_list("due_at", flat=True).first()
        for due in (sweeping.due_timers(until), sweeping.due_rungs(until))
    ]
    now = clock.now()
    waits = [max(0.0, (due_at - now).total_seconds()) for due_at in ahead if due_at is not None]
    return min([*waits, longest])


def oldest_due_age() -> float:
    """For how many seconds the work that is due has made no progress, as far as this process has seen; 0 if it has.

    Counted on the machine's own clock and from what `tick` saw: a story may move the service's time by weeks, and
    everything then due is not late on that account.
    """
    now = time.monotonic()
    return max((now - since for _, since in _seen.values()), default=0.0)


def is_idle() -> bool:
    """Whether nothing is due at this moment."""
    return all(find() is None for find in _OLDEST.values())


def run_due() -> int:
    """Do here and now all that is due, and all that this makes due → how many steps. For stories and tests."""
    # Imported here: the ticker itself never sets a page.
    from workflow_app.services.letters import produce_letters

    total = 0
    for _ in range(MOST_ROUNDS):
        done = (
            sweeping.fire_rungs()
            + sweeping.fire_timers()
            + produce_letters(sweeping.LIMIT)
            + notices.send_due(sweeping.LIMIT)
            + figures.count_figures(figures.BATCH)
            + indexing.index_cases()
            + assisting.remind_due(sweeping.LIMIT)
            + apply_reminders.send_due(sweeping.LIMIT)
        )
        if not done:
            return total
        total += done
    raise RuntimeError("what is due never comes to an end")
