"""Deadline rules, and how they are changed: previewed as a draft, applied as a whole, undone."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext
from ninja import Query, Router

from workflow_app.api.auth import signed_in
from workflow_app.api.drafts import preview_draft, seen
from workflow_app.api.schemas.changes import ChangeOut
from workflow_app.api.schemas.common import Id, Nothing, PageOut
from workflow_app.api.schemas.rules import RuleFilters, RuleOut, RulesPreviewIn
from workflow_app.models.changes import ChangeKind
from workflow_app.selectors.configuration import list_rules
from workflow_app.services.changes import apply_change, undo_change

router = Router(tags=["rules"])
KINDS = (ChangeKind.RULES,)


@router.get("", response=PageOut[RuleOut], operation_id="rules_list")
def rules_list(request: HttpRequest, filters: Query[RuleFilters]) -> PageOut[RuleOut]:
    """The deadline rules with their legal bases, by process, clock, jurisdiction and first day."""
    page = list_rules(**filters.model_dump())
    return PageOut(items=[RuleOut.of(rule) for rule in page.items], next=page.next)


@router.post("/preview", response=ChangeOut, operation_id="rules_preview")
def rules_preview(request: HttpRequest, body: RulesPreviewIn) -> ChangeOut:
    """Draft a change of rules, or go on with a draft, and see which running clocks it would move."""
    content: dict[str, Any] = {}
    if body.rules is not None:
        content["rules"] = [rule.as_content() for rule in body.rules]
    if body.applies_to_running is not None:
        content["applies_to_running"] = body.applies_to_running
    return preview_draft(signed_in(request), body, content, ChangeKind.RULES, gettext("修改时限规则"))


@router.post("/changes/{int:change_id}/apply", response=ChangeOut, operation_id="rules_changes_apply")
def rules_changes_apply(request: HttpRequest, change_id: Id, body: Nothing | None = None) -> ChangeOut:
    """Put a draft into force as a whole; running clocks are computed again where it says so."""
    return seen(signed_in(request), change_id, KINDS, apply_change)


@router.post("/changes/{int:change_id}/undo", response=ChangeOut, operation_id="rules_changes_undo")
def rules_changes_undo(request: HttpRequest, change_id: Id, body: Nothing | None = None) -> ChangeOut:
    """Take an applied change back: rules and due dates are again what they were before."""
    return seen(signed_in(request), change_id, KINDS, undo_change)
