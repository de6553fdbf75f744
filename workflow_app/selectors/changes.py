"""Read changes of the calendar, of office hours and of rules; for system administrators only (三员分立)."""

from datetime import date

from django.db.models import QuerySet

from workflow_app.domain import clock
from workflow_app.domain.errors import ForbiddenError, NotFoundError
from workflow_app.models import Change, User
from workflow_app.models.changes import ChangeKind, ChangeStatus
from workflow_app.models.people import Role
from workflow_app.selectors.access import Access
from workflow_app.selectors.paging import (
    DEFAULT_LIMIT,
    Page,
    decode_cursor,
    encode_cursor,
    ensure_limit,
    page_of,
)
from workflow_app.selectors.previews import Foreseen, Preview, effects_of, foreseen_of, preview_change
from workflow_app.selectors.revisions import entry_key

_LARGEST_ID = 2**63 - 1


def ensure_administrator(user: User) -> None:
    """Raise ForbiddenError unless the account is a system administrator today."""
    if Role.SYSTEM_ADMIN not in Access(user, clock.now()).roles:
        raise ForbiddenError


def get_change(user: User, change_id: int) -> Change:
    """One change with who made, applied and undid it. Raises ForbiddenError, NotFoundError."""
    ensure_administrator(user)
    change = _with_people().filter(pk=change_id).first() if 0 < change_id <= _LARGEST_ID else None
    if change is None:
        raise NotFoundError
    return change


def list_changes(user: User, *, cursor: str = "", limit: int = DEFAULT_LIMIT) -> Page[Change]:
    """All changes, newest first. Raises ForbiddenError, `CursorInvalidError`, `LimitInvalidError`."""
    ensure_administrator(user)
    found = _with_people().order_by("-pk")
    if cursor:
        found = found.filter(pk__lt=decode_cursor(cursor, int)[0])
    return page_of(found[: ensure_limit(limit) + 1], limit, "pk")


def list_effects(
    change: Change,
    *,
    outcome: str = "",
    cursor: str = "",
    limit: int = DEFAULT_LIMIT,
    preview: Preview | None = None,
) -> Page[Foreseen]:
    """The clocks that a change moves or moved, oldest clock first; of one `outcome` (see `EffectOutcome`) if given.

    Of a draft, what it would do now, from its `preview` if that has been computed already. Raises
    `CursorInvalidError`, `LimitInvalidError`, `CalendarYearMissingError`.
    """
    after = decode_cursor(cursor, int)[0] if cursor else 0
    most = ensure_limit(limit) + 1
    if change.status in (ChangeStatus.APPLIED, ChangeStatus.UNDONE):
        found = effects_of(change).filter(clock_id__gt=after)
        found = found.filter(outcome=outcome) if outcome else found
        effects = [foreseen_of(effect) for effect in found[:most]]
    else:
        foreseen = (preview or preview_change(change)).effects
        effects = [each for each in foreseen if each.clock.pk > after and outcome in ("", each.outcome)][
            :most
        ]
    items = effects[:limit]
    return Page(items, encode_cursor(items[-1].clock.pk) if len(effects) > limit else None)


def removed_rules(process: str) -> set[tuple[str, str, str, date]]:
    """The keys of the rules that an administrator has removed from a process: deploying must not bring them back."""
    removed: set[tuple[str, str, str, date]] = set()
    changes = Change.objects.filter(kind=ChangeKind.RULES, status=ChangeStatus.APPLIED)
    for content in changes.order_by("applied_at", "pk").values_list("content", flat=True):
        for entry in content["rules"]:
            if entry["process"] == process:
                (removed.add if entry.get("removed") else removed.discard)(entry_key(entry))
    return removed


def _with_people() -> QuerySet[Change]:
    return Change.objects.select_related("created_by", "applied_by", "undone_by")
