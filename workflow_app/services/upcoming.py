"""What falls due next, and how much is due now: for whoever moves time and has to stop on its way."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from notifications.models import MOST_ATTEMPTS, Delivery, DeliveryStatus, Message
from notifications.outbox import lost_deliveries
from workflow_app.models import ClockRung, Timer
from workflow_app.models.clocks import ClockStatus
from workflow_app.selectors.letters import due_letters
from workflow_app.services.sweeping import due_rungs, due_timers


def next_timer_at(after: datetime, until: datetime) -> datetime | None:
    """When the first timer after `after` may fire, not later than `until`; None if there is none."""
    return _soonest(Timer.objects.all(), after, until)


def next_due_at(after: datetime, until: datetime) -> datetime | None:
    """When the first timer, warning or breach after `after` may fire, not later than `until`; None if there is none."""
    waiting = ClockRung.objects.filter(fired_at__isnull=True, clock__status=ClockStatus.RUNNING)
    return _first(_soonest(Timer.objects.all(), after, until), _soonest(waiting, after, until))


def _soonest(waiting: QuerySet[Any], after: datetime, until: datetime) -> datetime | None:
    ahead = waiting.filter(retry_at__isnull=True, due_at__gt=after, due_at__lte=until)
    # What failed when it was due waits for its next try.
    again = waiting.filter(due_at__lte=after, retry_at__gt=after, retry_at__lte=until)
    return _first(
        ahead.order_by("due_at").values_list("due_at", flat=True).first(),
        again.order_by("retry_at").values_list("retry_at", flat=True).first(),
    )


def _first(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def count_due(now: datetime) -> int:
    """How many timers, rungs, letters, messages and deliveries the workers would take up at `now`."""
    waiting = Message.objects.filter(rendered_at__isnull=True, attempts__lt=MOST_ATTEMPTS)
    unsent = Delivery.objects.filter(status=DeliveryStatus.WAITING, due_at__lte=now)
    rows = (due_timers(now), due_rungs(now), due_letters(now), waiting, unsent, lost_deliveries(now))
    return sum(each.count() for each in rows)
