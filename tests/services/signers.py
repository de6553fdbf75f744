"""Who signs and countersigns in tests, and what."""

from collections.abc import Callable
from datetime import date
from typing import Any

from tests.services.world import account, record
from workflow_app.demo.names import subject_code
from workflow_app.models import (
    Draft,
    Mandate,
    Subject,
)
from workflow_app.selectors.signatures import (
    digest_of,
)
from workflow_app.services.countersigning import (
    countersign,
)
from workflow_app.services.drafts import save_draft
from workflow_app.services.signing import (
    sign_draft,
)

HERE = "192.0.2.7"


def org(key: str = "org1") -> Subject:
    return Subject.objects.get(code=subject_code(key))


def shared(agent: str = "agent1", key: str = "org1", **changes: Any) -> Mandate:
    """A mandate under which the legal representative signs as well."""
    terms = {
        "valid_from": date(2026, 1, 1),
        "valid_until": date(2026, 12, 31),
        "needs_countersignature": True,
    }
    return Mandate.objects.create(agent=account(agent), subject=org(key), **{**terms, **changes})


def draft(user: str = "applicant1", process: str = "acts", **extra: Any) -> Draft:
    data = {"records": [str(record().pk)]}
    code = subject_code("org1")
    return save_draft(user=account(user), **{"process": process, "data": data, "on_behalf_of": code, **extra})


def sign(kept: Draft, act: Callable[..., Any] = sign_draft, by: str = "", **changes: Any) -> Any:
    """Sign with the right password what the page shows now."""
    user = account(by) if by else kept.owner
    kept.refresh_from_db()
    proof = {"password": f"demo-{user.username}", "address": HERE, "digest": digest_of(kept), "consent": True}
    return act(draft_id=kept.pk, user=user, **{**proof, **changes})


def second(kept: Draft, by: str = "applicant1", **changes: Any) -> Any:
    return sign(kept, countersign, by, **changes)
