"""Clocks: the countdown, why a due date is what it is, where the time went, and more time."""

from datetime import date, datetime
from typing import Annotated

from django.utils.translation import gettext
from pydantic import Field, StrictInt

from workflow_app.api.schemas.common import Input, Moment, Output, PersonOut
from workflow_app.domain.deadlines import DayLine
from workflow_app.models import Clock, ClockExtension, ClockPause
from workflow_app.selectors.clocks import Entry, Ledger, Share, countdown, explain_clock, ledger_of
from workflow_app.selectors.wording import say

# No rule's cap is anywhere near; beyond it a number is not a number of days.
MOST_GRANTED = 10_000
_DAY_SECONDS = 24 * 3600


class ExtendIn(Input):
    """How much longer, in the unit of the clock, and why; the applicant is told both."""

    amount: Annotated[StrictInt, Field(ge=1, le=MOST_GRANTED)]
    reason: Annotated[str, Field(min_length=1, max_length=500)]


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


class EntryOut(Output):
    """One line of the ledger. What does not go with its kind is null."""

    kind: str
    at: Moment
    due_at: Moment | None
    owed_by: str | None
    reason: str | None
    amount: int | None
    percent: int | None
    by: PersonOut | None
    on_time: bool | None

    @classmethod
    def of(cls, entry: Entry) -> "EntryOut":
        return cls(
            kind=entry.kind,
            at=entry.at,
            due_at=entry.due_at,
            owed_by=entry.owed_by or None,
            # Diagrams pause, with reasons that the catalogue knows; what a person typed it does not know.
            reason=gettext(entry.reason) if entry.reason else None,
            amount=entry.amount,
            percent=entry.percent,
            by=PersonOut.of(entry.by) if entry.by else None,
            on_time=entry.is_on_time,
        )


class ShareOut(Output):
    """The part of the time in which one side owed something: applicant, platform, source_unit or trainer."""

    owner: str
    working_seconds: int
    working_days: float
    calendar_days: float
    paused_seconds: int

    @classmethod
    def of(cls, share: Share, ledger: Ledger) -> "ShareOut":
        return cls(
            owner=share.owner,
            working_seconds=share.working_seconds,
            working_days=_days(share.working_seconds, ledger.seconds_per_day),
            calendar_days=_days(share.calendar_seconds, _DAY_SECONDS),
            paused_seconds=share.paused_seconds,
        )


class SpentOut(Output):
    """How long it has taken until `until`: gross with the pauses, net without. The shares add up to the gross."""

    until: Moment
    gross_working_seconds: int
    gross_working_days: float
    gross_calendar_days: float
    net_working_seconds: int
    net_working_days: float
    net_calendar_days: float
    by_owner: list[ShareOut]

    @classmethod
    def of(cls, ledger: Ledger) -> "SpentOut":
        spent, per_day = ledger.spent, ledger.seconds_per_day
        return cls(
            until=ledger.until,
            gross_working_seconds=spent.gross_working_seconds,
            gross_working_days=_days(spent.gross_working_seconds, per_day),
            gross_calendar_days=_days(spent.gross_calendar_seconds, _DAY_SECONDS),
            net_working_seconds=spent.net_working_seconds,
            net_working_days=_days(spent.net_working_seconds, per_day),
            net_calendar_days=_days(spent.net_calendar_seconds, _DAY_SECONDS),
            by_owner=[ShareOut.of(share, ledger) for share in ledger.shares],
        )


def _days(seconds: int, per_day: int) -> float:
    return round(seconds / per_day, 2)


class ExplanationOut(Output):
    """Why a clock is due when it is: every day with its reason, every pause and extension, and the law; and what
    happened to it, with the time it took by who owed something.

    `due_if_resumed`: of a paused clock, when it would be due if it went on now; the days are counted to that date.
    """

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
    due_if_resumed: Moment | None
    ledger: list[EntryOut]
    spent: SpentOut

    @classmethod
    def of(cls, clock: Clock, now: datetime) -> "ExplanationOut":
        ledger = ledger_of(clock, now)
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
            due_if_resumed=ledger.due_if_resumed,
            ledger=[EntryOut.of(entry) for entry in ledger.entries],
            spent=SpentOut.of(ledger),
        )
