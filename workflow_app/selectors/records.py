"""Read credit records: only those the account may see, persons masked for everybody but themselves."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import NotFoundError
from workflow_app.domain.masking import mask_id_number, mask_name
from workflow_app.domain.periods import Severity, repair_eligible_from
from workflow_app.models import CreditRecord, RecordChange, Subject, User
from workflow_app.models.records import RecordSeverity, StartRule
from workflow_app.selectors.access import Access
from workflow_app.selectors.paging import DEFAULT_LIMIT, Page, decode_cursor, ensure_limit, page_of
from workflow_app.selectors.search import clean_search

FIELD_TITLES = {
    "title": "名称",
    "number": "决定书文号",
    "facts": "事实",
    "basis": "依据",
    "content": "内容",
    "penalty_kinds": "处罚类别",
    "amount_cents": "罚款金额（元）",
    "finding_on": "认定文书日期",
    "decision_on": "决定日期",
    "published_on": "公示日期",
    "valid_until": "公示截止日期",
    "severity": "失信程度",
    "start_rule": "公示期起算方式",
    "is_published": "公示",
    "is_shared": "共享",
    "is_deleted": "删除",
    "repaired_at": "修复时间",
    "reapply_blocked_until": "不得再次申请修复的截止日期",
}


@dataclass(frozen=True)
class ShownRecord:
    """A record as one account may read it. `subject_name` and `subject_code` are masked unless it is their own.

    `eligible_from` is the first day on which repair may be applied for, None where no day has to be waited for.
    """

    record: CreditRecord
    subject_name: str
    subject_code: str
    eligible_from: date | None


@dataclass(frozen=True)
class ShownChange:
    """One change for reading: the field's Chinese name and both values as people write them."""

    field: str
    old: str
    new: str


def list_records(
    user: User, *, subject: str = "", cursor: str = "", limit: int = DEFAULT_LIMIT
) -> Page[ShownRecord]:
    """Records the account may see, newest first; `subject` is a subject's code.

    Raises `CursorInvalidError`, `LimitInvalidError`.
    """
    ensure_limit(limit)
    access = Access(user, clock.now())
    rows = access.records().select_related("subject", "source_agency__region")
    if subject:
        rows = rows.filter(subject__code=clean_search(subject).upper())
    if cursor:
        (last,) = decode_cursor(cursor, int)
        rows = rows.filter(pk__lt=last)
    page = page_of(list(rows.order_by("-pk")[: limit + 1]), limit, "pk")
    return Page([_shown(record, access) for record in page.items], page.next)


def get_record(user: User, record_id: int) -> ShownRecord:
    """One record as the account may read it; raises NotFoundError, also if forbidden."""
    access = Access(user, clock.now())
    rows = access.records().select_related("subject", "source_agency__region")
    record = rows.filter(pk=record_id).first()
    if record is None:
        raise NotFoundError
    return _shown(record, access)


def list_changes(record: CreditRecord) -> list[RecordChange]:
    """Everything that was changed in the record, oldest first, each with the case that decided it."""
    return list(record.changes.select_related("case").order_by("id"))


def _shown(record: CreditRecord, access: Access) -> ShownRecord:
    is_own = record.subject_id in access.subject_ids
    name, code = (record.subject.name, record.subject.code) if is_own else shown_identity(record.subject)
    return ShownRecord(record, name, code, eligible_from(record))


def shown_identity(subject: Subject) -> tuple[str, str]:
    """Name and code as anybody may read them: natural persons are masked (个人信息保护法第五十一条)."""
    if subject.is_person:
        return mask_name(subject.name), mask_id_number(subject.code)
    return subject.name, subject.code


def eligible_from(record: CreditRecord) -> date | None:
    """First day on which repair of the record may be applied for; None where no time has to pass."""
    if record.severity == RecordSeverity.NONE:
        return None
    return repair_eligible_from(Severity(record.severity), record.period_starts_on)


def as_text(name: str, value: Any) -> str:
    """A field's value as text: yuan with two decimals, ISO dates, local moments, 是 or 否, empty for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if name == "amount_cents":
        return f"{value // 100}.{value % 100:02d}"
    if isinstance(value, datetime):
        return value.astimezone(CHINA).isoformat(sep=" ", timespec="seconds")
    return value.isoformat() if isinstance(value, date) else str(value)


_LABELS = {"severity": dict(RecordSeverity.choices), "start_rule": dict(StartRule.choices)}


def shown_change(change: RecordChange) -> ShownChange:
    """The change for reading: options by their Chinese names."""
    labels = _LABELS.get(change.field, {})
    return ShownChange(
        FIELD_TITLES.get(change.field, change.field),
        str(labels.get(change.old, change.old)),
        str(labels.get(change.new, change.new)),
    )
