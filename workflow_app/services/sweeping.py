"""Fires what is due: timers and rungs. Each in a small transaction of its own; any of it may run twice or be killed.

What is due is found in an index, so a sweep costs what is due and not what is open. A case that somebody holds is
passed over: whoever holds it fires its timers first, and the next sweep comes back for the rest.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from workflow_app.domain import clock
from workflow_app.models import Case, Clock, ClockRung, Timer
from workflow_app.models.clocks import ClockStatus
from workflow_app.services.rungs import BREACH, fire_rungs_of
from workflow_app.services.transition import open_case, open_trail

logger = logging.getLogger(__name__)

LIMIT = 200
# Waits between tries of a timer whose firing failed: 1, 2, 4 … minutes.
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)


class TimerNotFiredError(Exception):
    """The row says the timer is due, the process does not."""


def due_timers(now: datetime) -> QuerySet[Timer]:
    """Timers that may be fired now, soonest due first."""
    ready = Q(retry_at__isnull=True) | Q(retry_at__lte=now)
    return Timer.objects.filter(ready, due_at__lte=now).order_by("due_at", "pk")


def due_rungs(now: datetime) -> QuerySet[ClockRung]:
    """Rungs of running clocks that are due and have not fired, soonest due first."""
    passed = Q(due_at__lt=now) | Q(due_at=now, percent__lt=BREACH)
    return ClockRung.objects.filter(
        passed, fired_at__isnull=True, clock__status=ClockStatus.RUNNING
    ).order_by("due_at", "pk")


def fire_timers(limit: int = LIMIT) -> int:
    """Fire up to `limit` due timers → how many left the index. A firing that fails is noted and tried again later."""
    found = list(due_timers(clock.now()).values_list("pk", "case_id")[:limit])
    return sum(_fire_timer(timer, case) for timer, case in found)


def _fire_timer(timer_id: int, case_id: int) -> bool:
    try:
        # Opening a case fires whatever is due in it.
        with open_case(None, pk=case_id, skip_locked=True):
            pass
        left = due_timers(clock.now()).filter(pk=timer_id)
        if left.exists():
            raise TimerNotFiredError(f"timer {timer_id} is due, but the process does not wait for it")
    except Case.DoesNotExist:
        return False
    except Exception as error:
        _note_failure(timer_id, error)
        return False
    return True


def _note_failure(timer_id: int, error: Exception) -> None:
    """One timer that cannot be fired never stops the others; it stays visible with what went wrong."""
    cause = error.__cause__ or error
    logger.error("timer %s could not be fired: %r", timer_id, cause)
    with transaction.atomic():
        timer = Timer.objects.select_for_update().filter(pk=timer_id).first()
        if timer is None:
            return
        timer.attempts += 1
        wait = FIRST_WAIT * 2 ** min(timer.attempts - 1, 20)
        timer.retry_at = clock.now() + min(wait, LONGEST_WAIT)
        timer.problem = f"{type(cause).__name__}: {cause}"[:2000]
        timer.save(update_fields=["attempts", "retry_at", "problem"])


def fire_rungs(limit: int = LIMIT) -> int:
    """Fire the due rungs of up to `limit` clocks → how many rungs fired."""
    rows = due_rungs(clock.now()).values_list("clock_id", "clock__case_id")[:limit]
    return sum(_fire_rungs(clock_id, case_id) for clock_id, case_id in dict.fromkeys(rows))


def _fire_rungs(clock_id: int, case_id: int) -> int:
    try:
        with open_trail(case_id) as moving:
            running = Clock.objects.filter(pk=clock_id, status=ClockStatus.RUNNING).first()
            if running is None:
                return 0
            running.case = moving.case
            return fire_rungs_of(moving, running)
    except Case.DoesNotExist:
        return 0
    except Exception:
        # Found again by the next sweep; the watchdog speaks up if it stays.
        logger.exception("the rungs of clock %s could not be fired", clock_id)
        return 0
