"""One's own credit records: where each stands, and from when it can be repaired."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from django.db.models import QuerySet

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.models import ApplyReminder, Case, CreditRecord, Draft, User
from workflow_app.models.cases import CaseStatus
from workflow_app.models.records import RecordSeverity
from workflow_app.selectors.access import Access
from workflow_app.selectors.paging import Page, decode_cursor, ensure_limit, page_of
from workflow_app.selectors.records import eligible_from

_DAY = timedelta(days=1)
PAGE_SIZE = 20
# How long before the first day of application whoever asked is reminded.
AHEAD = timedelta(days=7)
# The process by which a record is repaired.
REPAIR = "repair"


class RecordState(StrEnum):
    """What the public sees of a record."""

    PUBLISHED = "published"
    WITHHELD = "withheld"
    EXPIRED = "expired"
    REPAIRED = "repaired"


class RepairWay(StrEnum):
    """Whether repair can be applied for, as the process's decision table will find (bpmn/repair/eligibility.dmn)."""

    NOW = "now"
    LATER = "later"
    LIST_EXIT = "list_exit"
    NOTHING = "nothing"


@dataclass
class OwnRecord:
    """A record of a subject that the account acts for.

    `repair_from` is the first day of application, None where none has to be waited for; `cases` are those about the
    record that are under way, oldest first; `reminder` what the account asked to be told of that day, sent or not.
    """

    record: CreditRecord
    state: RecordState
    way: RepairWay
    repair_from: date | None
    cases: list[Case] = field(default_factory=list)
    reminder: ApplyReminder | None = None


def list_own_records(
    user: User,
    *,
    subject: int | None = None,
    record: int | None = None,
    cursor: str = "",
    limit: int = PAGE_SIZE,
) -> Page[OwnRecord]:
    """The records of the account's own subjects, newest first; of the subject, or the one record, with that key.

    Raises `CursorInvalidError`, `LimitInvalidError`.
    """
    ensure_limit(limit)
    access = Access(user, clock.now())
    rows = own_records(access).select_related("subject", "source_agency__region")
    if subject is not None:
        rows = rows.filter(subject=subject)
    if record is not None:
        rows = rows.filter(pk=record)
    if cursor:
        (last,) = decode_cursor(cursor, int)
        rows = rows.filter(pk__lt=last)
    page = page_of(list(rows.order_by("-pk")[: limit + 1]), limit, "pk")
    return Page(records_of(access, page.items), page.next)


def own_records(access: Access) -> QuerySet[CreditRecord]:
    """The records about the subjects the account acts for, whatever else it may see as an officer."""
    return CreditRecord.objects.filter(subject__in=access.subject_ids, is_deleted=False)


def records_of(access: Access, records: Sequence[CreditRecord]) -> list[OwnRecord]:
    """Each record that the account may see with its open cases and the account's reminder, in two queries."""
    day = access.at.astimezone(CHINA).date()
    found = {
        each.pk: OwnRecord(each, state_of(each, day), repair_way(each, day), repair_from(each))
        for each in records
    }
    open_cases = (
        access.cases().filter(record__in=found).exclude(status__in=(CaseStatus.CLOSED, CaseStatus.WITHDRAWN))
    )
    for case in open_cases.select_related("definition").defer("state", "definition__files").order_by("pk"):
        if case.record_id is not None:
            found[case.record_id].cases.append(case)
    for reminder in ApplyReminder.objects.filter(user=access.user, record__in=found):
        own = found[reminder.record_id]
        if not _was_about_another_day(reminder, own.repair_from):
            own.reminder = reminder
    return list(found.values())


def _was_about_another_day(reminder: ApplyReminder, first: date | None) -> bool:
    """Told long before: the day has moved since, as when a repair was revoked, and can be asked for anew."""
    if reminder.sent_at is None or first is None:
        return False
    return reminder.sent_at.astimezone(CHINA).date() < first - AHEAD


def own_record(access: Access, identifier: str) -> CreditRecord | None:
    """The record with that key, as an address names it, if it is about a subject that the account acts for."""
    if not (identifier.isascii() and identifier.isdecimal()) or len(identifier) > 18:
        return None
    return own_records(access).select_related("subject").filter(pk=int(identifier)).first()


def early_records(user: User, draft: Draft) -> list[OwnRecord]:
    """Of the records whose repair a draft applies for, those for which it is too early; none for other drafts."""
    named = draft.data.get("records") if draft.process == REPAIR else None
    if not isinstance(named, list):
        return []
    access = Access(user, clock.now())
    found = [own_record(access, str(each)) for each in named]
    known = records_of(access, [record for record in found if record is not None])
    return [each for each in known if each.way == RepairWay.LATER]


def state_of(record: CreditRecord, day: date) -> RecordState:
    """What the public sees of the record on a day."""
    if record.repaired_at is not None:
        return RecordState.REPAIRED
    if record.valid_until is not None and record.valid_until < day:
        return RecordState.EXPIRED
    return RecordState.PUBLISHED if record.is_published else RecordState.WITHHELD


def repair_from(record: CreditRecord) -> date | None:
    """First day on which repair may be applied for: the shortest publication is over (Order 36), and so is the bar
    after a repair that was revoked. None where no day has to be waited for."""
    first, barred = eligible_from(record), record.reapply_blocked_until
    days = [day for day in (first, barred and barred + _DAY) if day is not None]
    return max(days, default=None)


def repair_way(record: CreditRecord, day: date) -> RepairWay:
    """Whether repair of the record can be applied for on a day. Reads the record's subject."""
    if record.severity == RecordSeverity.NONE or record.repaired_at is not None:
        return RepairWay.NOTHING
    if record.valid_until is not None and record.valid_until < day:
        return RepairWay.NOTHING
    if record.subject.is_listed:
        # 严重失信主体名单按移出程序办理, never by repair.
        return RepairWay.LIST_EXIT
    first = repair_from(record)
    return RepairWay.NOW if first is None or first <= day else RepairWay.LATER
