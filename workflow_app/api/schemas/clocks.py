"""Clocks: the countdown, and why a due date is what it is."""

from datetime import date, datetime

from django.utils.translation import gettext

from workflow_app.api.schemas.common import Moment, Output, PersonOut
from workflow_app.domain.deadlines import DayLine
from workflow_app.models import Clock, ClockExtension, ClockPause
from workflow_app.selectors.clocks import countdown, explain_clock
from workflow_app.selectors.wording import say


class ClockOut(Output):
    """One clock of a case. `seconds_left` and `days_left` count working time and are negative when overdue."""

    name: str
    title: str
    status: str
    started_at: Moment
    due_at: Moment
    provisional: bool
    seconds_left: int
    days_left: int
    overdue: bool
    breached_at: Moment | None
    stopped_at: Moment | None

    @classmethod
    def of(cls, clock: Clock, title: str, now: datetime) -> "ClockOut":
        left = countdown(clock, now)
        return cls(
            name=clock.name,
            title=title,
            status=clock.status,
            started_at=clock.started_at,
            due_at=clock.due_at,
            provisional=clock.is_provisional,
            seconds_left=left.seconds_left,
            days_left=left.days_left,
            overdue=left.is_overdue,
            breached_at=clock.breached_at,
            stopped_at=clock.stopped_at,
        )


class DayOut(Output):
    """One day between start and due date. Counted days are numbered from 1."""

    date: date
    counted: bool
    number: int | None
    reason: str
    provisional: bool

    @classmethod
    def of(cls, line: DayLine) -> "DayOut":
        return cls(
            date=line.day,
            counted=line.counted,
            number=line.number,
            reason=say(line.message, line.params),
            provisional=line.provisional,
        )


class PauseOut(Output):
    """A time in which the clock stood still, because `owed_by` owed something."""

    started_at: Moment
    ended_at: Moment | None
    owed_by: str
    reason: str

    @classmethod
    def of(cls, pause: ClockPause) -> "PauseOut":
        return cls(
            started_at=pause.started_at,
            ended_at=pause.ended_at,
            owed_by=pause.owed_by,
            # Diagrams pause, with reasons that the catalogue knows.
            reason=gettext(pause.reason),
        )


class ExtensionOut(Output):
    """Time granted on top of the budget, in its unit."""

    amount: int
    reason: str
    approved_by: PersonOut
    approved_at: Moment

    @classmethod
    def of(cls, extension: ClockExtension) -> "ExtensionOut":
        return cls(
            amount=extension.amount,
            reason=extension.reason,
            approved_by=PersonOut.of(extension.approved_by),
            approved_at=extension.approved_at,
        )


class ExplanationOut(Output):
    """Why a clock is due when it is: every day with its reason, every pause and extension, and the law."""

    clock: str
    status: str
    started_at: Moment
    due_at: Moment
    provisional: bool
    budget: int
    cap: int | None
    unit: str
    days: list[DayOut]
    pauses: list[PauseOut]
    extensions: list[ExtensionOut]
    legal_basis: str

    @classmethod
    def of(cls, clock: Clock, now: datetime) -> "ExplanationOut":
        return cls(
            clock=clock.name,
            status=clock.status,
            started_at=clock.started_at,
            due_at=clock.due_at,
            provisional=clock.is_provisional,
            budget=clock.amount,
            cap=clock.cap_amount,
            unit=clock.unit,
            days=[DayOut.of(line) for line in explain_clock(clock, now)],
            pauses=[PauseOut.of(pause) for pause in clock.pauses.all()],
            extensions=[ExtensionOut.of(extension) for extension in clock.extensions.all()],
            legal_basis=clock.legal_basis,
        )
