"""Forms begun and not yet filed. Kept as typed; checked only when submitted."""

from typing import Any
from uuid import UUID

from django.db import transaction

from forms.hostile import find_hostile
from forms.problems import FormInvalidError
from workflow_app.domain import clock
from workflow_app.domain.errors import NotFoundError
from workflow_app.models import Case, CountersignRequest, Definition, Draft, User
from workflow_app.selectors.counter import get_visit
from workflow_app.services.cases import file_case
from workflow_app.services.counter import signed_papers
from workflow_app.services.errors import (
    DraftChangedError,
    DraftLockedError,
    DraftSubmittedError,
    ProcessUnknownError,
)


def save_draft(
    *,
    user: User,
    process: str,
    data: dict[str, Any],
    documents: list[str] | None = None,
    on_behalf_of: str = "",
    draft_id: UUID | str | None = None,
    version: int | None = None,
    step: int | None = None,
) -> Draft:
    """Keep what was typed so far; with `draft_id` in place of what that draft held.

    `version` is that of the draft as it was read: `DraftChangedError` if it has been saved since. `step` is the page of
    the form to come back to. The form's rules wait until submission; only what no table can hold (NUL, broken
    characters, `typename`) raises `FormInvalidError` now. Raises `ProcessUnknownError`, NotFoundError (another's
    draft), `DraftSubmittedError`, `DraftLockedError` while a second signature is waited for.
    """
    papers = documents or []
    problems = list(find_hostile({"data": data, "documents": papers, "on_behalf_of": on_behalf_of}))
    if problems:
        raise FormInvalidError(problems)
    if not Definition.objects.filter(slug=process, is_current=True).exists():
        raise ProcessUnknownError(slug=process)
    with transaction.atomic():
        draft = _locked(draft_id, user) if draft_id else Draft(owner=user)
        _ensure_open(draft)
        if version is not None and version != draft.version:
            raise DraftChangedError
        draft.version += 1
        draft.step = draft.step if step is None else step
        draft.process, draft.data, draft.documents = process, data, papers
        draft.on_behalf_of, draft.updated_at = on_behalf_of[:40], clock.now()
        draft.save()
    return draft


def submit_draft(*, draft_id: UUID | str, user: User) -> list[Case]:
    """File the draft. A draft already filed gives the cases it became, so that sending twice files once.

    Raises as `file_case`; the draft then stays as it was typed.
    """
    with transaction.atomic():
        draft = _locked(draft_id, user)
        if draft.submitted_at is not None:
            return list(draft.cases.order_by("id"))
        visit = get_visit(draft)
        cases = file_case(
            process=draft.process,
            data=draft.data,
            documents=[*draft.documents, *(signed_papers(visit) if visit else ())],
            user=user,
            on_behalf_of=draft.on_behalf_of,
            visit_id=visit.pk if visit else None,
            signatures=list(draft.signatures.order_by("at", "pk")),
        )
        draft.cases.set(cases)
        draft.submitted_at = clock.now()
        draft.save(update_fields=["submitted_at"])
    return cases


def discard_draft(*, draft_id: UUID | str, user: User) -> None:
    """Throw away a draft that was not filed; raises NotFoundError, `DraftSubmittedError`, `DraftLockedError`."""
    with transaction.atomic():
        draft = _locked(draft_id, user)
        _ensure_open(draft)
        draft.delete()


def _ensure_open(draft: Draft) -> None:
    if draft.submitted_at is not None:
        raise DraftSubmittedError
    if CountersignRequest.objects.filter(draft=draft, settled_at__isnull=True).exists():
        raise DraftLockedError


def _locked(draft_id: UUID | str, user: User) -> Draft:
    try:
        identifier = draft_id if isinstance(draft_id, UUID) else UUID(draft_id)
        return Draft.objects.select_for_update().get(pk=identifier, owner=user)
    except (ValueError, Draft.DoesNotExist) as missing:
        raise NotFoundError from missing
