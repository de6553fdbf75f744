"""Move the clock of demo and tests."""

from datetime import timedelta

from django.conf import settings
from django.db.models import F

from workflow_app.domain.errors import ForbiddenError
from workflow_app.models import ClockShift

_MICROSECOND = timedelta(microseconds=1)


def move_clock(by: timedelta) -> None:
    """Move the time of all processes by `by`, forward only: the trail is in order of time.

    Raises ForbiddenError where the settings do not allow it, ValueError for a negative span.
    """
    if not settings.MOVABLE_CLOCK:
        raise ForbiddenError
    if by < timedelta():
        raise ValueError("the clock only moves forward")
    ClockShift.objects.get_or_create(pk=1)
    ClockShift.objects.filter(pk=1).update(microseconds=F("microseconds") + by // _MICROSECOND)
