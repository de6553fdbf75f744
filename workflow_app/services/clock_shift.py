"""Move the clock of demo and tests. Production has no such clock: see `workflow_app.apps`."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import CreditError, ForbiddenError
from workflow_app.domain.workdays import CalendarYearMissingError
from workflow_app.models import ClockShift
from workflow_app.selectors.calendar import get_calendar
from workflow_app.services.waking import wake

# One step at most: a leap year.
MOST_SECONDS = 366 * 24 * 3600

_MICROSECOND = timedelta(microseconds=1)


class ClockTooFarError(CreditError):
    """Beyond the working-day calendar nothing can be counted, and there is no way back."""

    code = "clock_too_far"
    message = "演示时间最远只能推进到工作日历的末尾，{year} 年尚无日历。请减小推进的秒数。"
    status = 422


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


def advance_clock(by: timedelta) -> None:
    """Move the clock at a client's wish and wake the workers for what has become due on the way.

    Raises ClockTooFarError, and what `move_clock` raises.
    """
    day = (clock.now() + by).astimezone(CHINA).date()
    try:
        get_calendar("").is_working(day)
    except CalendarYearMissingError as error:
        raise ClockTooFarError(year=day.year) from error
    with transaction.atomic():
        move_clock(by)
        wake("timers")
        wake("rungs")


def moved_to() -> datetime | None:
    """The time that a moved clock shows; None where time is the machine's."""
    is_moved = settings.MOVABLE_CLOCK and ClockShift.objects.filter(pk=1).exclude(microseconds=0).exists()
    return clock.now() if is_moved else None
