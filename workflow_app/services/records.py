"""Change credit records. Every change names the case whose decision allows it, field by field, old and new."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import ConflictError, CreditError
from workflow_app.domain.periods import Severity, publication_ends_on
from workflow_app.models import CreditRecord, RecordChange
from workflow_app.models.records import RecordCategory, RecordSeverity
from workflow_app.services.apply_reminders import look_again
from workflow_app.services.record_values import as_text, editable_field
from workflow_app.services.transition import Transition

# Fields from which the publication period is counted.
_PERIOD_FIELDS = {"finding_on", "decision_on", "published_on", "start_rule", "severity"}
# Bad records whose publication ends by the class of their severity.
PERIOD_CATEGORIES = (RecordCategory.PENALTY, RecordCategory.BREACH)


class RecordMissingError(CreditError):
    """The case is about no credit record, or it was deleted meanwhile."""

    code = "record_missing"
    message = "本案没有对应的信用信息，或者该信用信息已被删除，不能办理此步骤。"
    status = 409


class RecordUnchangedError(CreditError):
    """A correction that would change nothing."""

    code = "record_unchanged"
    message = "“{title}”的新内容与现有内容相同，请填写更正后的内容。"
    status = 422


class RecordChangesMissingError(CreditError):
    """The result is to correct or add, but no field is named."""

    code = "record_changes_missing"
    message = "处理结果为更正或者补充时，请逐项填写需要变更的项目和新内容。"
    status = 422


class RecordFieldDoubledError(CreditError):
    """One field is named twice."""

    code = "record_field_doubled"
    message = "“{title}”填写了多次，请只保留一处。"
    status = 422


class RecordFieldFilledError(CreditError):
    """Something is to be added where something stands."""

    code = "record_field_filled"
    message = "“{title}”已有内容，不属于遗漏。需要修改时，请将处理结果改为更正。"
    status = 422


class RecordNumberTakenError(ConflictError):
    """The corrected document number is that of another record of the same unit."""

    code = "record_number_taken"
    message = "决定书文号“{number}”已用于该单位的另一条信用信息，请核对。"


class RecordDatesInvalidError(CreditError):
    """The dates of a record contradict each other."""

    code = "record_dates_invalid"
    message = "更正后公示截止日期（{until}）早于决定日期（{decided}），请核对。"
    status = 422


def today(moving: Transition) -> date:
    """The local day of the act."""
    return moving.now.astimezone(CHINA).date()


def locked_record(moving: Transition, *, even_deleted: bool = False) -> CreditRecord:
    """The case's record, locked and read anew, so that two cases about it see each other; `RecordMissingError`."""
    rows = CreditRecord.objects.select_for_update()
    if not even_deleted:
        rows = rows.filter(is_deleted=False)
    identifier = moving.case.record_id
    record = rows.filter(pk=identifier).first() if identifier is not None else None
    if record is None:
        raise RecordMissingError
    # Everything later in this act reads the same object.
    moving.case.record = record
    return record


def write_changes(
    moving: Transition, record: CreditRecord, values: Mapping[str, Any], reason: str
) -> list[RecordChange]:
    """Set the fields in `values` (as the model stores them) and keep a row for each that really changes."""
    rows = []
    for name, new in values.items():
        old_text, new_text = as_text(name, getattr(record, name)), as_text(name, new)
        if old_text == new_text:
            continue
        setattr(record, name, new)
        rows.append(
            RecordChange(
                record=record,
                case=moving.case,
                field=name,
                old=old_text,
                new=new_text,
                reason=reason[:300],
                changed_at=moving.now,
            )
        )
    if rows:
        record.save(update_fields=[row.field for row in rows])
        RecordChange.objects.bulk_create(rows)
        look_again([record.pk])
    return rows


def change_fields(
    moving: Transition,
    record: CreditRecord,
    changes: Sequence[Mapping[str, Any]],
    reason: str,
    *,
    only_empty: bool = False,
) -> list[RecordChange]:
    """Correct the record by `changes`, a list of {field, new}; `only_empty`: fill what was left out, nothing else.

    When a date from which the publication period counts is corrected, its end is counted anew unless it is among the
    changes. Raises `RecordChangesMissingError`, `RecordFieldUnknownError`, `RecordValueInvalidError`,
    `RecordUnchangedError`, `RecordFieldFilledError`, `RecordFieldDoubledError`, `RecordDatesInvalidError`,
    `RecordNumberTakenError`.
    """
    values = _parsed(record, changes, only_empty)
    ensure_number_free(record, values.get("number", record.number))
    if "valid_until" not in values and _PERIOD_FIELDS & set(values):
        values["valid_until"] = _period_end(record, values)
    until = values.get("valid_until", record.valid_until)
    decided = values.get("decision_on", record.decision_on)
    if until is not None and until < decided:
        raise RecordDatesInvalidError(until=until.isoformat(), decided=decided.isoformat())
    return write_changes(moving, record, values, reason)


def _parsed(record: CreditRecord, changes: Sequence[Mapping[str, Any]], only_empty: bool) -> dict[str, Any]:
    if not changes:
        raise RecordChangesMissingError
    values: dict[str, Any] = {}
    for change in changes:
        field = editable_field(change.get("field", ""))
        if field.name in values:
            raise RecordFieldDoubledError(field=field.name, title=field.title)
        new, old = field.parse(change.get("new", "")), getattr(record, field.name)
        if as_text(field.name, new) == as_text(field.name, old):
            raise RecordUnchangedError(field=field.name, title=field.title)
        if only_empty and old not in (None, "", RecordSeverity.NONE):
            raise RecordFieldFilledError(field=field.name, title=field.title)
        values[field.name] = new
    return values


def ensure_number_free(record: CreditRecord, number: str) -> None:
    """Raise `RecordNumberTakenError` if another record of the same unit has the document number."""
    others = CreditRecord.objects.filter(source_agency=record.source_agency_id, number=number)
    if others.exclude(pk=record.pk).exists():
        raise RecordNumberTakenError(number=number)


def _period_end(record: CreditRecord, values: Mapping[str, Any]) -> date | None:
    """The end of the publication period as it is with the new values; as it was where the class does not set it."""
    before = {name: getattr(record, name) for name in values}
    try:
        for name, new in values.items():
            setattr(record, name, new)
        return period_end(record)
    finally:
        for name, old in before.items():
            setattr(record, name, old)


def period_end(record: CreditRecord) -> date | None:
    """Last day of publication: by the class for penalties and breaches (Order 36), else what the record says."""
    if record.category in PERIOD_CATEGORIES and record.severity != RecordSeverity.NONE:
        return publication_ends_on(Severity(record.severity), record.period_starts_on)
    return record.valid_until


def event_fields(rows: Sequence[RecordChange]) -> list[str]:
    """The names of the changed fields, for the trail: it tells what was changed; the values stand in the rows."""
    return [row.field for row in rows]
