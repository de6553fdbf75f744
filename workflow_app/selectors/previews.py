"""What a change of the calendar, of office hours or of rules would do to the clocks that run, before it is applied.

Applying computes with the same functions, so what a preview counts is what then happens.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from workflow_app.domain import clock as time_source
from workflow_app.domain.deadlines import compute_due
from workflow_app.models import Case, Change, ChangeEffect, Clock, ClockExtension, ClockPause, rows
from workflow_app.models.changes import ChangeStatus, EffectOutcome
from workflow_app.selectors.calendar import CalendarBook
from workflow_app.selectors.clocks import terms_of
from workflow_app.selectors.revisions import Revision, revision_of

# So many clocks are read at a time.
_AT_ONCE = 2000
# What nobody looks at here of a case.
UNREAD = ("state", "state_mac", "rules")


@dataclass(frozen=True)
class Foreseen:
    """One clock whose due date moves, with its case and agency; `is_provisional` is how it will be."""

    clock: Clock
    outcome: str
    before_due_at: datetime
    after_due_at: datetime
    is_provisional: bool


@dataclass(frozen=True)
class Preview:
    """What a change does: all clocks that move, and how many `moves`, `overdue` and `recovers` they are.

    `moves` counts every one of them; the other two are among these.
    """

    counts: dict[str, int]
    effects: list[Foreseen]

    @property
    def cases(self) -> int:
        """How many cases these clocks belong to."""
        return len({effect.clock.case_id for effect in self.effects})


@dataclass(frozen=True)
class Outlook:
    """One clock before and after: `after` is a copy with the figures it would have, `pauses` its own."""

    before: Clock
    after: Clock
    pauses: list[ClockPause]
    stands_at: datetime

    @property
    def moves(self) -> bool:
        """Whether the due date is another."""
        return self.before.due_at != self.after.due_at

    @property
    def outcome(self) -> EffectOutcome:
        """What becomes of a clock that moves. A paused one is judged by the moment it was paused; for one of the
        applicant's, overdue means that a right has lapsed."""
        was, will = self.stands_at > self.before.due_at, self.stands_at > self.after.due_at
        if was == will:
            return EffectOutcome.MOVES
        return EffectOutcome.OVERDUE if will else EffectOutcome.RECOVERS


def preview_change(change: Change) -> Preview:
    """What becomes of the running clocks if this draft is applied now; of one that was applied, what became of them.

    Reads only. Raises `CalendarYearMissingError` if a clock would end in a year that the calendar does not cover.
    """
    if change.status in (ChangeStatus.APPLIED, ChangeStatus.UNDONE):
        effects = [foreseen_of(effect) for effect in effects_of(change)]
    else:
        now = time_source.now()
        revision = revision_of(change.kind, change.content, now)
        effects = [_foreseen(each) for each in outlooks(revision, now) if each.moves]
    return Preview(counts_of(effect.outcome for effect in effects), effects)


def counts_of(outcomes: Iterable[str]) -> dict[str, int]:
    """How many move, become overdue and recover; the first counts all."""
    found = Counter(outcomes)
    return {
        "moves": found.total(),
        "overdue": found[EffectOutcome.OVERDUE],
        "recovers": found[EffectOutcome.RECOVERS],
    }


def outlooks(revision: Revision, now: datetime) -> Iterator[Outlook]:
    """Every clock that the revision may concern, computed anew from its ledger, in the order of their keys."""
    for first in range(0, len(revision.clocks), _AT_ONCE):
        yield from _outlooks(revision, revision.clocks[first : first + _AT_ONCE], now)


def _outlooks(revision: Revision, keys: list[int], now: datetime) -> Iterator[Outlook]:
    clocks = rows.read(Clock, "id = ANY(%s) AND status <> 'stopped' ORDER BY id", keys)
    rows.follow_all(clocks, "agency")
    cases = Case.objects.defer(*UNREAD).in_bulk({clock.case_id for clock in clocks})
    pauses: defaultdict[int, list[ClockPause]] = defaultdict(list)
    for pause in rows.read(ClockPause, "clock_id = ANY(%s) ORDER BY id", keys):
        pauses[pause.clock_id].append(pause)
    extensions: defaultdict[int, list[ClockExtension]] = defaultdict(list)
    for extension in rows.read(ClockExtension, "clock_id = ANY(%s) ORDER BY id", keys):
        extensions[extension.clock_id].append(extension)
    for clock in clocks:
        clock.case = cases[clock.case_id]
        clock.case.agency = clock.agency
        terms = revision.terms.get(clock.pk, {})
        yield _outlook(clock, pauses[clock.pk], extensions[clock.pk], revision.book, terms, now)


def _outlook(
    clock: Clock,
    pauses: list[ClockPause],
    extensions: list[ClockExtension],
    book: CalendarBook,
    terms: Mapping[str, Any],
    now: datetime,
) -> Outlook:
    after = copy(clock)
    for name, value in terms.items():
        setattr(after, name, value)
    arguments = terms_of(after, pauses, extensions, book.calendar(clock.agency.region_id))
    # What was granted was checked when it was granted.
    arguments["cap"] = None
    stood = next((pause.started_at for pause in pauses if pause.ended_at is None), None)
    # Of a paused clock it says what stood there when the pause began, as services.clocks does.
    due = compute_due(**arguments, as_of=stood or now)
    after.due_at, after.is_provisional = due.due_at, due.provisional
    return Outlook(clock, after, pauses, stood or now)


def _foreseen(outlook: Outlook) -> Foreseen:
    return Foreseen(
        clock=outlook.before,
        outcome=outlook.outcome.value,
        before_due_at=outlook.before.due_at,
        after_due_at=outlook.after.due_at,
        is_provisional=outlook.after.is_provisional,
    )


def effects_of(change: Change) -> QuerySet[ChangeEffect]:
    """What an applied change did, with the clocks, their cases and agencies, in the order of the clocks."""
    found = change.effects.select_related("clock__case", "clock__agency").order_by("clock_id")
    return found.defer(*(f"clock__case__{name}" for name in UNREAD))


def foreseen_of(effect: ChangeEffect) -> Foreseen:
    """A stored effect in the form in which it was foreseen."""
    clock = effect.clock
    clock.case.agency = clock.agency
    return Foreseen(
        clock=clock,
        outcome=effect.outcome,
        before_due_at=effect.before_due_at,
        after_due_at=effect.after_due_at,
        is_provisional=effect.after_terms.get("is_provisional", False),
    )
