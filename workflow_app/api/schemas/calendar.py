"""The working-day calendar and the public calculator."""

from datetime import date, timedelta
from typing import Annotated

from django.utils.translation import gettext
from pydantic import Field, StrictBool, StrictInt

from workflow_app.api.schemas.changes import DraftIn
from workflow_app.api.schemas.clocks import DayOut
from workflow_app.api.schemas.common import BodyId, DayIn, Input, Moment, MomentIn, Output
from workflow_app.domain.deadlines import Unit
from workflow_app.domain.workdays import FIRST_YEAR, WorkCalendar
from workflow_app.models import CalendarDay, CalendarNotice


class ExceptionOut(Output):
    """A day that differs from its weekday: off on a weekday, or worked on a weekend."""

    date: date
    working: bool
    reason: str
    notice: str

    @classmethod
    def of(cls, day: CalendarDay) -> "ExceptionOut":
        return cls(date=day.day, working=day.is_working, reason=gettext(day.reason), notice=day.notice.number)


class NoticeOut(Output):
    """The State Council's notice of a year. `issued_on` and `link` are empty where nobody has entered them."""

    number: str
    issued_on: date | None
    link: str

    @classmethod
    def of(cls, notice: CalendarNotice) -> "NoticeOut":
        return cls(number=notice.number, issued_on=notice.issued_on, link=notice.link)


class YearOut(Output):
    """One year. Provisional: its notice has not been entered, only weekends are known."""

    year: int
    provisional: bool
    notice: NoticeOut | None
    working_days: int
    days: list[ExceptionOut]

    @classmethod
    def of(
        cls,
        year: int,
        calendar: WorkCalendar,
        notice: CalendarNotice | None,
        exceptions: list[CalendarDay],
    ) -> "YearOut":
        """Raises `CalendarYearMissingError`."""
        first = date(year, 1, 1)
        all_days = (first + timedelta(days=n) for n in range((date(year, 12, 31) - first).days + 1))
        return cls(
            year=year,
            provisional=calendar.is_provisional(first),
            notice=NoticeOut.of(notice) if notice else None,
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


class DaySaidIn(Input):
    """What a day shall be: worked, off, or (null) whatever its weekday is. The reason stands in explanations."""

    working: StrictBool | None
    reason: Annotated[str, Field(max_length=60)] = ""


class ChangedDayIn(DaySaidIn):
    """The same of a named day."""

    date: DayIn


class NoticeIn(Input):
    """The State Council's notice of a year."""

    number: Annotated[str, Field(max_length=60)]
    issued_on: DayIn | None = None
    link: Annotated[str, Field(max_length=500)] = ""


class CalendarPreviewIn(DraftIn):
    """A change of the calendar to be looked at. Nothing at all: my open draft. `change`: that draft, with what else is
    said replacing its own. Otherwise a new draft is made of it.
    """

    change: BodyId | None = None
    year: Annotated[StrictInt, Field(ge=FIRST_YEAR, le=2200)] | None = None
    notice: NoticeIn | None = None
    days: Annotated[list[ChangedDayIn], Field(max_length=400)] | None = None
