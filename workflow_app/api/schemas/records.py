"""Credit records, and what an import says line by line."""

from datetime import date

from workflow_app.api.schemas.common import AgencyOut, Code, Moment, Output, PageIn
from workflow_app.models import CreditRecord
from workflow_app.selectors.records import ShownRecord, list_changes, shown_change


class RecordFilters(PageIn):
    """Whose records: the code of the subject."""

    subject: Code = ""


class RecordRow(Output):
    """A credit record. Persons are masked for everybody but themselves; money is in cents (分)."""

    id: int
    number: str
    category: str
    severity: str
    title: str
    subject_code: str
    subject_name: str
    source_agency: AgencyOut
    facts: str
    basis: str
    content: str
    penalty_kinds: str
    amount_cents: int | None
    finding_on: date | None
    decision_on: date
    published_on: date | None
    valid_until: date | None
    is_published: bool
    is_shared: bool
    is_disputed: bool
    repaired_at: Moment | None
    eligible_from: date | None

    @classmethod
    def of(cls, shown: ShownRecord) -> "RecordRow":
        record: CreditRecord = shown.record
        own = {"subject_code", "subject_name", "source_agency", "eligible_from"}
        return cls(
            subject_code=shown.subject_code,
            subject_name=shown.subject_name,
            source_agency=AgencyOut.of(record.source_agency),
            eligible_from=shown.eligible_from,
            **{name: getattr(record, name) for name in RecordRow.model_fields if name not in own},
        )


class ChangeOut(Output):
    """One field changed from old to new by the decision in a case."""

    field: str
    title: str
    old: str
    new: str
    reason: str
    case: str
    changed_at: Moment


class RecordOut(RecordRow):
    """A credit record with everything that was changed in it, oldest first."""

    changes: list[ChangeOut]

    @classmethod
    def of(cls, shown: ShownRecord) -> "RecordOut":
        changes = []
        for row in list_changes(shown.record):
            text = shown_change(row)
            changes.append(
                ChangeOut(
                    field=row.field,
                    title=text.field,
                    old=text.old,
                    new=text.new,
                    reason=row.reason,
                    case=row.case.number,
                    changed_at=row.changed_at,
                )
            )
        return cls(**RecordRow.of(shown).model_dump(), changes=changes)
