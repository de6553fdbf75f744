"""The working-day calendar and the public calculator."""

from datetime import date, timedelta
from typing import Annotated

from django.utils.translation import gettext
from pydantic import Field, StrictInt

from workflow_app.api.schemas.clocks import DayOut
from workflow_app.api.schemas.common import Input, Moment, MomentIn, Output
from workflow_app.domain.deadlines import Unit
from workflow_app.domain.workdays import WorkCalendar
from workflow_app.models import CalendarDay


class ExceptionOut(Output):
    """A day that differs from its weekday: off on a weekday, or worked on a weekend."""

    date: date
    working: bool
    reason: str
    notice: str

    @classmethod
    def of(cls, day: CalendarDay) -> "ExceptionOut":
        return cls(date=day.day, working=day.is_working, reason=gettext(day.reason), notice=day.notice.number)


class YearOut(Output):
    """One year. Provisional: its notice has not been entered, only weekends are known."""

    year: int
    provisional: bool
    working_days: int
    days: list[ExceptionOut]

    @classmethod
    def of(cls, year: int, calendar: WorkCalendar, exceptions: list[CalendarDay]) -> "YearOut":
        """Raises `CalendarYearMissingError`."""
        first = date(year, 1, 1)
        all_days = (first + timedelta(days=n) for n in range((date(year, 12, 31) - first).days + 1))
        return cls(
            year=year,
            provisional=calendar.is_provisional(first),
            working_days=sum(calendar.is_working(day) for day in all_days),
            days=[ExceptionOut.of(day) for day in exceptions],
        )


class DueIn(Input):
    """A period: from when, how long, where (GB/T 2260 code; empty: the whole country)."""

    start_at: MomentIn
    amount: Annotated[StrictInt, Field(ge=1, le=3650)]
    unit: Unit
    jurisdiction: Annotated[str, Field(max_length=6)] = ""


class DueOut(Output):
    """When it ends, and why: every day with its reason."""

    due_at: Moment
    provisional: bool
    days: list[DayOut]
