"""What a change does to running clocks, as it is shown: counts at once, the clocks page by page."""

from dataclasses import dataclass

from django.db.models import Count

from workflow_app.models import Change
from workflow_app.models.changes import ChangeStatus, EffectOutcome
from workflow_app.selectors.changes import list_effects
from workflow_app.selectors.paging import Page
from workflow_app.selectors.previews import Foreseen, Preview, counts_of, preview_change

_WORST_FIRST = (EffectOutcome.OVERDUE, EffectOutcome.RECOVERS, EffectOutcome.MOVES)


@dataclass(frozen=True)
class Effects:
    """The effects of one change. `counts` has `moves` (all clocks), `overdue` and `recovers` (among them); `cases` is
    how many cases these clocks belong to.

    A draft's are computed once, for counts and pages alike; an applied one's are read. What was given up has none.
    """

    change: Change
    counts: dict[str, int]
    cases: int
    preview: Preview | None

    def page(self, *, outcome: str = "", cursor: str = "", limit: int) -> Page[Foreseen]:
        """The clocks in order, of one `EffectOutcome` if given. Raises `CursorInvalidError`, `LimitInvalidError`."""
        return list_effects(self.change, outcome=outcome, cursor=cursor, limit=limit, preview=self.preview)

    def worst(self, limit: int) -> list[Foreseen]:
        """So many clocks, first those that become overdue, then those that recover."""
        found: list[Foreseen] = []
        for outcome in _WORST_FIRST:
            if len(found) < limit:
                found += self.page(outcome=outcome, limit=limit - len(found)).items
        return found


def see_effects(change: Change) -> Effects:
    """The effects of a change. Raises `CalendarYearMissingError` for a draft that cannot be computed."""
    if change.status == ChangeStatus.DRAFT:
        preview = preview_change(change)
        return Effects(change, preview.counts, preview.cases, preview)
    if change.status == ChangeStatus.DISCARDED:
        return Effects(change, counts_of(()), 0, Preview(counts_of(()), []))
    by_outcome = dict(change.effects.values_list("outcome").annotate(Count("pk")).order_by())
    counts = {name: by_outcome.get(name, 0) for name in ("overdue", "recovers")}
    cases = change.effects.order_by().values("clock__case").distinct().count()
    return Effects(change, {"moves": sum(by_outcome.values()), **counts}, cases, None)
