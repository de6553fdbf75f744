"""The movable clock. Only where the settings allow it are these addresses there at all: see `workflow_app.api.api`."""

from datetime import timedelta

from django.http import HttpRequest
from ninja import Router

from workflow_app.api.schemas.clock import AdvanceIn, ClockOut
from workflow_app.services.clock_shift import advance_clock

router = Router(tags=["clock"])


@router.get("", response=ClockOut, operation_id="clock_get")
def clock_get(request: HttpRequest) -> ClockOut:
    """The time of the whole service. due falls to 0 when the workers have done all that is due by now."""
    return ClockOut.read()


@router.post("/advance", response=ClockOut, operation_id="clock_advance")
def clock_advance(request: HttpRequest, body: AdvanceIn) -> ClockOut:
    """Move the time of the whole service forward; the workers then fire what has become due. Demo and tests only."""
    advance_clock(timedelta(seconds=body.seconds))
    return ClockOut.read()
