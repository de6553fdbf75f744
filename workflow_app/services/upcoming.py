"""What falls due next, and how much is due now: for whoever moves time and has to stop on its way."""

from datetime import datetime

from django.db.models import QuerySet

from notifications.models import MOST_ATTEMPTS, Delivery, DeliveryStatus, Message
from notifications.outbox import lost_deliveries
from workflow_app.models import ClockRung, Timer
from workflow_app.models.clocks import ClockStatus
from workflow_app.selectors.letters import due_letters
from workflow_app.services.sweeping import due_rungs, due_timers


def next_timer_at(after: datetime, until: datetime) -> datetime | None:
    """When the first timer after `after` may fire, not later than `until`; None if there is none."""
    fresh = Timer.objects.filter(retry_at__isnull=True, due_at__gt=after, due_at__lte=until)
    # Of those that are due already only the ones that failed wait for a moment of their own.
    again = Timer.objects.filter(due_at__lte=until, retry_at__gt=after, retry_at__lte=until)
    return _first(_soonest(fresh, "due_at"), _soonest(again, "retry_at"))


def next_rung_at(after: datetime, until: datetime) -> datetime | None:
    """When the first warning or breach after `after` is planned, not later than `until`; None if there is none."""
    planned = ClockRung.objects.filter(
        due_at__gt=after, due_at__lte=until, fired_at__isnull=True, clock__status=ClockStatus.RUNNING
    )
    return _soonest(planned, "due_at")


def next_due_at(after: datetime, until: datetime) -> datetime | None:
    """When the first timer or rung after `after` is due, not later than `until`; None if there is none."""
    return _first(next_timer_at(after, until), next_rung_at(after, until))


def _soonest(rows: QuerySet[Timer] | QuerySet[ClockRung], field: str) -> datetime | None:
    return rows.order_by(field).values_list(field, flat=True).first()


def _first(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def count_due(now: datetime) -> int:
    """How many timers, rungs, letters, messages and deliveries the workers would take up at `now`."""
    waiting = Message.objects.filter(rendered_at__isnull=True, attempts__lt=MOST_ATTEMPTS)
    unsent = Delivery.objects.filter(status=DeliveryStatus.WAITING, due_at__lte=now)
    rows = (due_timers(now), due_rungs(now), due_letters(now), waiting, unsent, lost_deliveries(now))
    return sum(each.count() for each in rows)
