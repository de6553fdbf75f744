"""Credit records, and what an import says line by line."""

from datetime import date

from django.utils.translation import gettext

from workflow_app.api.schemas.common import AgencyOut, Code, Moment, Output, PageIn
from workflow_app.models import CreditRecord
from workflow_app.selectors.records import ShownRecord, list_changes, shown_change
from workflow_app.selectors.wording import say
from workflow_app.services.record_import import ImportReport, LineReport


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
    """One field changed from old to new, by the decision in a case or by what its unit supplied anew."""

    field: str
    title: str
    old: str
    new: str
    reason: str
    case: str | None
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
                    title=gettext(text.field),
                    old=gettext(text.old),
                    new=gettext(text.new),
                    reason=gettext(row.reason),
                    case=row.case.number if row.case else None,
                    changed_at=row.changed_at,
                )
            )
        return cls(**RecordRow.of(shown).model_dump(), changes=changes)


class LineProblem(Output):
    """Why a line was refused, or a remark on one that was taken in."""

    code: str
    message: str


class LineOut(Output):
    """What became of one line of the file; the header is line 1."""

    line: int
    status: str
    number: str
    problems: list[LineProblem]

    @classmethod
    def of(cls, report: LineReport) -> "LineOut":
        return cls(
            line=report.line,
            status=report.status,
            number=report.number,
            problems=[
                LineProblem(code=each.code, message=say(each.message, each.params))
                for each in report.problems
            ],
        )


class ImportOut(Output):
    """What became of a file: counts by status (new, unchanged, changed, refused), and line by line."""

    kind: str
    encoding: str
    sha256: str
    counts: dict[str, int]
    ignored_columns: list[str]
    lines: list[LineOut]

    @classmethod
    def of(cls, report: ImportReport) -> "ImportOut":
        return cls(
            kind=report.kind,
            encoding=report.encoding,
            sha256=report.sha256,
            counts=report.counts,
            ignored_columns=report.ignored_columns,
            lines=[LineOut.of(line) for line in report.lines],
        )
