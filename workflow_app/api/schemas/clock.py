"""The movable clock of demo and tests."""

from typing import Annotated

from pydantic import Field, StrictInt

from workflow_app.api.schemas.common import Input, Moment, Output
from workflow_app.domain import clock
from workflow_app.services.clock_shift import MOST_SECONDS
from workflow_app.services.upcoming import count_due


class AdvanceIn(Input):
    """By how many seconds the clock moves, forward; at most a leap year at once."""

    seconds: Annotated[StrictInt, Field(ge=1, le=MOST_SECONDS)]


class ClockOut(Output):
    """The service's time, and how much is due that the workers have not done yet."""

    now: Moment
    due: int

    @classmethod
    def read(cls) -> "ClockOut":
        now = clock.now()
        return cls(now=now, due=count_due(now))
