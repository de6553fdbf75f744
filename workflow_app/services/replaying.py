"""推演: what time alone will do, or would have done, over some days, found out by letting it happen in a sandbox.

The same sweep as ever fires the same rows through the same write path; only the time it is told and the database it
works on are others. Nobody acts, nothing is sent, letters get their numbers and are not made.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from notifications.models import Message
from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import CreditError
from workflow_app.models import Clock, ClockRung, Event, Letter, Timer
from workflow_app.models.clocks import ClockStatus
from workflow_app.services import sweeping
from workflow_app.services.sandbox import Say, sandbox
from workflow_app.services.upcoming import next_due_at

MOST_DAYS = 366
# What time does, by the kind of event that records it.
KINDS = {
    "timer.fired": "timer",
    "clock.warned": "warned",
    "clock.breached": "breached",
    "clock.lapsed": "lapsed",
    "clock.escalated": "escalated",
    "case.closed": "closed",
}
# What is due at a moment is done just after it: a breach needs the deadline to have passed.
_AFTER = timedelta(microseconds=1)
_DAY = timedelta(days=1)


class ReplayPeriodError(CreditError):
    """The days do not make a period that can be replayed."""

    code = "replay_period_invalid"
    message = "推演期间无效：终止日不得早于起始日，且最多 {most} 天。"
    status = 422


@dataclass(frozen=True)
class Entry:
    """One thing that time did. `kind` is a value of KINDS, or letter, notice, failed; `detail` holds JSON values:

    timer {timer, due_at, late_seconds}; warned, breached, lapsed, escalated {clock, percent, due_at, late_seconds};
    closed {outcome}; letter {letter_kind, title}; notice {event, to, name, held_until}; failed {name, problem}.
    """

    at: datetime
    kind: str
    case: str
    process: str
    detail: dict[str, Any]


@dataclass(frozen=True)
class Replay:
    """What happened from the first to the last day, both included, in order. `sandbox` names the database in which
    it can be looked at; it is gone unless it was to be kept."""

    first: date
    last: date
    entries: list[Entry]
    sandbox: str


@dataclass
class _Stage:
    """The time of the play."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


def replay(*, first: date, last: date, say: Say = lambda words: None, keep: bool = False) -> Replay:
    """Play the days `first` to `last` (of China) over a copy of the database, as it is now, and report.

    Lies `first` ahead, then the time up to it is played as well and not reported. Lies it behind, then the warnings
    of clocks that run fire again if they fell due since; timers that have fired by now stay fired. `say` is told how
    far it is. Raises ReplayPeriodError, SandboxError.
    """
    if not timedelta() <= last - first < MOST_DAYS * _DAY:
        raise ReplayPeriodError(most=MOST_DAYS)
    begin, end = _midnight(first), _midnight(last + _DAY) - _AFTER
    with sandbox(say, keep=keep) as name:
        seen = _newest()
        stage = _Stage(min(clock.now(), begin))
        with clock.shown_by(stage):
            _take_back(begin)
            _play(stage, end, say)
        entries = sorted(_entries(seen, begin), key=lambda entry: (entry.at, entry.case))
    return Replay(first, last, entries, name)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CHINA).astimezone(UTC)


def _take_back(begin: datetime) -> None:
    """Let the warnings that have fired since `begin` wait again."""
    running = Clock.objects.filter(status=ClockStatus.RUNNING)
    ClockRung.objects.filter(clock__in=running, due_at__gte=begin).update(
        fired_at=None, attempts=0, retry_at=None, problem=""
    )
    running.filter(breached_at__gte=begin).update(breached_at=None)


def _play(stage: _Stage, end: datetime, say: Say) -> None:
    """Go from one due moment to the next, as the worker does, who looks every second."""
    shown = None
    _fire()
    while (due := next_due_at(stage.now, end)) is not None:
        if (day := due.astimezone(CHINA).date()) != shown:
            shown = day
            say(f"推演至 {day} / replayed up to this day")
        stage.now = due + _AFTER
        _fire()
    stage.now = end
    _fire()


def _fire() -> None:
    # What keeps failing counts for nothing, waits for its next try and ends no replay.
    while sweeping.fire_due():
        pass


@dataclass(frozen=True)
class _Newest:
    event: int
    message: int
    letter: int


def _newest() -> _Newest:
    """The last rows that came with the copy."""
    keys = [
        model.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        for model in (Event, Message, Letter)
    ]
    return _Newest(*keys)


def _entries(seen: _Newest, begin: datetime) -> Iterator[Entry]:
    """Everything that was added since, from `begin` on."""
    events = Event.objects.filter(pk__gt=seen.event, at__gte=begin, kind__in=KINDS).select_related("case")
    for event in events.defer(*_HEAVY).order_by("pk"):
        yield _entry(event.at, KINDS[event.kind], event, event.data)
    letters = Letter.objects.filter(pk__gt=seen.letter, created_at__gte=begin).select_related("case")
    for letter in letters.defer(*_HEAVY).order_by("pk"):
        yield _entry(letter.created_at, "letter", letter, {"letter_kind": letter.kind, "title": letter.title})
    messages = Message.objects.filter(pk__gt=seen.message, created_at__gte=begin)
    for message in messages.select_related("case", "recipient").defer(*_HEAVY).order_by("pk"):
        told = message.recipient
        yield _entry(
            message.created_at,
            "notice",
            message,
            {
                "event": message.event,
                "to": told.username,
                "name": told.display_name,
                "held_until": message.held_until.isoformat() if message.held_until else None,
            },
        )
    for timer in Timer.objects.filter(retry_at__gte=begin).select_related("case").defer(*_HEAVY):
        yield _failure(begin, timer, timer, timer.element)
    rungs = ClockRung.objects.filter(retry_at__gte=begin, fired_at__isnull=True)
    for rung in rungs.select_related("clock__case"):
        yield _failure(begin, rung, rung.clock, rung.clock.name)


def _failure(begin: datetime, failed: Timer | ClockRung, of: Any, name: str) -> Entry:
    return _entry(max(failed.due_at, begin), "failed", of, {"name": name, "problem": failed.problem})


_HEAVY = ("case__state", "case__state_mac")


def _entry(at: datetime, kind: str, row: Any, detail: dict[str, Any]) -> Entry:
    return Entry(at, kind, row.case.number, row.case.process, detail)
