"""Changes of calendar, office hours and rules: what shall be, what stood there, and which clocks move."""

from typing import Annotated, Any

from pydantic import Field

from workflow_app.api.schemas.common import AgencyOut, Input, Moment, Output, PersonOut
from workflow_app.models import Change
from workflow_app.selectors.previews import Foreseen
from workflow_app.selectors.seeing import see_effects

Title = Annotated[str, Field(max_length=200)]
Reason = Annotated[str, Field(max_length=500)]

# How many effects an answer shows at once; the counts are always whole.
MOST_EFFECTS = 100


class ChangeRow(Output):
    """One change with who made, applied and undid it. Status: draft, applied, undone, discarded."""

    id: int
    kind: str
    status: str
    title: str
    reason: str
    created_by: PersonOut
    created_at: Moment
    applied_by: PersonOut | None
    applied_at: Moment | None
    undone_by: PersonOut | None
    undone_at: Moment | None

    @classmethod
    def of(cls, change: Change) -> "ChangeRow":
        return cls(**_row(change))


def _row(change: Change) -> dict[str, Any]:
    return {
        "id": change.pk,
        "kind": change.kind,
        "status": change.status,
        "title": change.title,
        "reason": change.reason,
        "created_by": PersonOut.of(change.created_by),
        "created_at": change.created_at,
        "applied_by": PersonOut.of(change.applied_by) if change.applied_by else None,
        "applied_at": change.applied_at,
        "undone_by": PersonOut.of(change.undone_by) if change.undone_by else None,
        "undone_at": change.undone_at,
    }


class CountsOut(Output):
    """How many clocks move; those that become overdue or recover are among them."""

    moves: int
    overdue: int
    recovers: int


class EffectForeseenOut(Output):
    """One clock whose due date moves. Outcome: moves, overdue (becomes so), recovers (is no longer)."""

    case: str
    process: str
    clock: str
    agency: AgencyOut
    outcome: str
    before_due_at: Moment
    after_due_at: Moment
    provisional: bool

    @classmethod
    def of(cls, effect: Foreseen) -> "EffectForeseenOut":
        return cls(
            case=effect.clock.case.number,
            process=effect.clock.process,
            clock=effect.clock.name,
            agency=AgencyOut.of(effect.clock.agency),
            outcome=effect.outcome,
            before_due_at=effect.before_due_at,
            after_due_at=effect.after_due_at,
            provisional=effect.is_provisional,
        )


class ChangeOut(ChangeRow):
    """A change with its content, what the content replaced once it was applied, and its effects on running clocks.

    For a draft the effects are those it would have now; for an applied or undone one, those it had. At most 100 are
    shown, overdue ones first. `counts` are clocks, `cases` the cases they belong to.
    """

    content: dict[str, Any]
    before: dict[str, Any] | None
    counts: CountsOut
    cases: int
    effects: list[EffectForeseenOut]

    @classmethod
    def seen(cls, change: Change) -> "ChangeOut":
        """Raises `CalendarYearMissingError` for a draft that cannot be computed."""
        effects = see_effects(change)
        return cls(
            **_row(change),
            content=change.content,
            # What else is kept for undoing, case by case, is nobody's business.
            before=change.before
            and {name: change.before[name] for name in change.content if name in change.before},
            counts=CountsOut(**effects.counts),
            cases=effects.cases,
            effects=[EffectForeseenOut.of(effect) for effect in effects.worst(MOST_EFFECTS)],
        )


class DraftIn(Input):
    """What a draft says about itself."""

    title: Title | None = None
    reason: Reason | None = None
