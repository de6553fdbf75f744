"""What an officer has to know of the subject beside the form: its records, and what was found about them at filing."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from workflow_app.models import Case, Submission, User
from workflow_app.selectors.records import ShownRecord, list_records

# The event by which a case tells which records decided.
ASSESSED = "eligibility.assessed"
MOST_RECORDS = 20


@dataclass(frozen=True)
class Findings:
    """What was found when the case was assessed. `records` are those that decided, as (number, title)."""

    is_listed: bool
    records: tuple[tuple[str, str], ...]
    starts_on: date | None
    eligible_from: date | None
    training_basis: str


def findings_of(case: Case) -> Findings | None:
    """The last assessment of a case that the caller has got by `get_case`; None where its process makes none."""
    event = case.events.filter(kind=ASSESSED).order_by("-sequence").first()
    if event is None:
        return None
    data = event.data
    return Findings(
        bool(data.get("is_listed", case.subject.is_listed)),
        tuple((str(each.get("number", "")), str(each.get("title", ""))) for each in data.get("records", ())),
        _day(data.get("starts_on")),
        _day(data.get("eligible_from")),
        str(data.get("training_basis", "")),
    )


def records_of_subject(user: User, case: Case) -> list[ShownRecord]:
    """The subject's records that the account may see, newest first; at most 20."""
    return list(list_records(user, subject=case.subject.code, limit=MOST_RECORDS).items)


def asked_before(case: Case) -> Submission | None:
    """What the applicant was asked to supply, if that has happened: it may be asked once only (一次性告知)."""
    return case.submissions.filter(data__has_key="missing").select_related("by").order_by("id").first()


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if value else None
