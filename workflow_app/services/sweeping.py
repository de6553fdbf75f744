"""Fires what is due: rungs and timers. In small transactions, any of which may run twice or be killed.

What is due is found in an index, so a sweep costs what is due and not what is open. Several workers share it: each
claims rows that nobody holds (SKIP LOCKED), in order of due date, and holds them until they have fired. A case that
somebody acts on is passed over: whoever holds it fires its timers first, and the next sweep comes back for the rest.

After a stop of hours or days the order is that of the due dates among rungs and among timers, and within one case all
rungs that are due come before its timers: a deadline is missed before its step is ended on that account. Several
rungs of one clock that fire together are several events and one notice, that of the highest.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q, QuerySet

from workflow_app.domain import clock
from workflow_app.domain.workdays import WorkCalendar
from workflow_app.models import Case, ClockRung, Timer, rows
from workflow_app.models.clocks import ClockStatus, Tried
from workflow_app.services.definitions import bundle_of
from workflow_app.services.escalation import BREACH
from workflow_app.services.rungs import due_of, fire, running_clocks
from workflow_app.services.time_lock import TIME_LOCK
from workflow_app.services.transition import Transition, open_case, save_trails

logger = logging.getLogger(__name__)

LIMIT = 200
# What a worker takes on at a time: rungs that one transaction fires, and timers, each in its own. Enough to share the
# cost, few enough to share the work.
RUNGS, TIMERS = 50, 10
# Waits between tries of a firing that failed: 1, 2, 4 … minutes.
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)

# Both rows are locked, so that what somebody has fired meanwhile is seen and left out. The case is named and so locked
# first: where somebody holds it, the other row is left alone, because whoever acts on a case may delete it.
_NEXT_RUNGS = """
SELECT taken.id FROM workflow_app_clockrung AS rung
JOIN workflow_app_clock AS clock ON clock.id = rung.clock_id
JOIN workflow_app_case AS taken ON taken.id = clock.case_id
WHERE rung.fired_at IS NULL AND rung.due_at <= %s AND (rung.due_at < %s OR rung.percent < %s)
AND coalesce(rung.retry_at, rung.due_at) <= %s AND clock.status = 'running' {among}
ORDER BY rung.due_at, rung.id LIMIT %s FOR NO KEY UPDATE OF taken, rung SKIP LOCKED
"""
# The lock of time before the rows, as for every act.
_NEXT_TIMER = """
SELECT timer.id, timer.case_id FROM workflow_app_timer AS timer
JOIN workflow_app_case AS taken ON taken.id = timer.case_id
WHERE timer.due_at <= %s AND coalesce(timer.retry_at, timer.due_at) <= %s
AND pg_advisory_xact_lock_shared(%s) IS NOT NULL
ORDER BY timer.due_at, timer.id LIMIT 1 FOR NO KEY UPDATE OF taken, timer SKIP LOCKED
"""


class TimerNotFiredError(Exception):
    """The row says the timer is due, the process does not."""


def due_timers(now: datetime) -> QuerySet[Timer]:
    """Timers that may be fired now, soonest due first."""
    return Timer.objects.filter(_ready(now), due_at__lte=now).order_by("due_at", "pk")


def due_rungs(now: datetime) -> QuerySet[ClockRung]:
    """Rungs of running clocks that are due, may be fired now and have not fired, soonest due first."""
    passed = Q(due_at__lt=now) | Q(percent__lt=BREACH)
    # The bound by itself: only so the index is read no further.
    return ClockRung.objects.filter(
        passed, _ready(now), due_at__lte=now, fired_at__isnull=True, clock__status=ClockStatus.RUNNING
    ).order_by("due_at", "pk")


def _ready(now: datetime) -> Q:
    return Q(retry_at__isnull=True) | Q(retry_at__lte=now)


def fire_due() -> int:
    """Fire the next rungs and timers that are due, a share for one worker → how many; 0 when nothing is left."""
    return fire_rungs(RUNGS) + fire_timers(TIMERS)


def fire_rungs(limit: int = LIMIT) -> int:
    """Fire about `limit` due rungs, in batches of cases → how many fired; 0 when nobody can fire any more now.

    A batch that fails is fired case by case; a case that fails is noted and tried again later, and stops no other.
    """
    fired = 0
    while fired < limit:
        claimed: list[int] = []
        try:
            with transaction.atomic():
                claimed += _claim_rungs(min(limit - fired, RUNGS))
                done = _fire_together(claimed)
        except (OperationalError, InterfaceError):
            # The database, not a case.
            raise
        except Exception:
            if not claimed:
                # No case's fault either: to go on would be to go round.
                raise
            logger.warning("%d cases could not be fired together; each is fired alone", len(claimed))
            done = sum(_fire_alone(case_id) for case_id in claimed)
        else:
            if not done:
                break
        fired += done
    return fired


def _claim_rungs(limit: int, case_id: int | None = None) -> list[int]:
    """Lock the cases of the next due rungs, up to `limit` rungs, or the one named → their keys, soonest due first."""
    now = clock.now()
    among, named = ("", ()) if case_id is None else ("AND taken.id = %s", (case_id,))
    found = rows.query(_NEXT_RUNGS.format(among=among), now, now, BREACH, now, *named, limit)
    return list(dict.fromkeys(key for (key,) in found))


def _fire_together(case_ids: Sequence[int]) -> int:
    """Fire whatever is due of these locked cases by a few statements → how many rungs."""
    if not case_ids:
        return 0
    cases = rows.read(Case, "id = ANY(%s)", list(case_ids))
    movings = _movings(cases, clock.now())
    due = due_of(movings, running_clocks(cases))
    save_trails(movings, *fire(due))
    return sum(len(each.rungs) for each in due)


def _movings(cases: Sequence[Case], now: datetime) -> list[Transition]:
    """The locked cases as transitions that leave their processes where they are."""
    for name in ("agency", "subject"):
        rows.follow_all(cases, name)
    calendars: dict[str, WorkCalendar] = {}
    movings = []
    for case in cases:
        moving = Transition(case, bundle_of(case.definition_id), None, now)
        region = case.agency.region_id
        if region not in calendars:
            calendars[region] = moving.calendar
        moving.calendar = calendars[region]
        movings.append(moving)
    return movings


def _fire_alone(case_id: int) -> int:
    try:
        with transaction.atomic():
            return _fire_together(_claim_rungs(LIMIT, case_id))
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        now = clock.now()
        with transaction.atomic():
            for rung in due_rungs(now).filter(clock__case=case_id).select_for_update(of=("self",)):
                _note_failure(rung, error)
        return 0


def fire_timers(limit: int = LIMIT) -> int:
    """Fire up to `limit` due timers → how many fired. A firing that fails is noted and tried again later."""
    fired = 0
    while fired < limit and (done := _fire_next_timer()) is not None:
        fired += done
    return fired


def _fire_next_timer() -> bool | None:
    """Fire the next due timer that nobody holds → whether it could be fired; None when there is none."""
    with transaction.atomic():
        now = clock.now()
        found = rows.query(_NEXT_TIMER, now, now, TIME_LOCK)
        if not found:
            return None
        ((timer_id, case_id),) = found
        try:
            # Opening a case fires whatever is due in it.
            with open_case(None, pk=case_id, now=now):
                pass
            if rows.query("SELECT 1 FROM workflow_app_timer WHERE id = %s AND due_at <= %s", timer_id, now):
                raise TimerNotFiredError(f"timer {timer_id} is due, but the process does not wait for it")
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            # Still held, so that nobody else tries it meanwhile.
            _note_failure(Timer.objects.get(pk=timer_id), error)
            return False
    return True


def _note_failure(failed: Tried, error: Exception) -> None:
    """What cannot be fired never stops the others; it stays visible with what went wrong."""
    cause = error.__cause__ or error
    logger.error("%s %s could not be fired: %r", failed._meta.label, failed.pk, cause)
    failed.attempts += 1
    wait = FIRST_WAIT * 2 ** min(failed.attempts - 1, 20)
    failed.retry_at = clock.now() + min(wait, LONGEST_WAIT)
    failed.problem = f"{type(cause).__name__}: {cause}"[:2000]
    failed.save(update_fields=["attempts", "retry_at", "problem"])
