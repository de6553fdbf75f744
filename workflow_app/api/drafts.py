"""What the calendar and the rules share: a draft that is made or gone on with, and a change as it is seen."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from workflow_app.api.schemas.changes import ChangeOut
from workflow_app.domain.errors import NotFoundError
from workflow_app.models import Change, User
from workflow_app.selectors.changes import get_change
from workflow_app.services.change_drafts import get_open_draft
from workflow_app.services.changes import draft_change, revise_change

_BLANK: dict[str, dict[str, Any]] = {
    "calendar": {"year": None, "notice": None, "days": []},
    "rules": {"rules": [], "applies_to_running": False},
}


class _Drafting(Protocol):
    change: int | None
    title: str | None
    reason: str | None


def preview_draft(user: User, said: _Drafting, content: dict[str, Any], kind: str, title: str) -> ChangeOut:
    """The draft that `said` names or makes, with its effects. `content` has the parts of the content that were sent.

    Nothing sent: the account's open draft. `title` is for new drafts that bring none. Raises `NoOpenDraftError`,
    `NotFoundError`, `ChangeNotDraftError`, `ChangeInvalidError`, `ForbiddenError`.
    """
    if said.change is not None:
        draft = change_of(user, said.change, (kind,))
    elif content:
        made = draft_change(
            user=user,
            kind=kind,
            title=title if said.title is None else said.title,
            reason=said.reason or "",
            content={**_BLANK[kind], **content},
        )
        return _seen(user, made.pk)
    else:
        draft = get_open_draft(user=user, kind=kind)
    if content or said.title is not None or said.reason is not None:
        whole = {**draft.content, **content} if content else None
        revise_change(change_id=draft.pk, user=user, title=said.title, reason=said.reason, content=whole)
    return _seen(user, draft.pk)


def change_of(user: User, change_id: int, kinds: Sequence[str]) -> Change:
    """A change of one of these kinds; raises NotFoundError."""
    found: Change = get_change(user, change_id)
    if found.kind not in kinds:
        raise NotFoundError
    return found


def seen(
    user: User, change_id: int, kinds: Sequence[str], act: Callable[..., Any] | None = None
) -> ChangeOut:
    """A change of one of these kinds with its effects, after doing `act` to it."""
    change_of(user, change_id, kinds)
    if act is not None:
        act(change_id=change_id, user=user)
    return _seen(user, change_id)


def _seen(user: User, change_id: int) -> ChangeOut:
    return ChangeOut.seen(get_change(user, change_id))
