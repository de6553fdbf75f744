"""What a decision does to the credit record it is about."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Subquery

from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import ConflictError, CreditError
from workflow_app.domain.periods import Severity, add_months, publication_ends_on
from workflow_app.models import Case, CreditRecord, Event, RecordChange
from workflow_app.models.cases import CaseStatus
from workflow_app.models.records import RecordCategory, RecordSeverity
from workflow_app.services.operations.clocks import answers_of
from workflow_app.services.operations.registry import at_withdrawal, operation
from workflow_app.services.records import (
    PERIOD_CATEGORIES,
    change_fields,
    event_fields,
    locked_record,
    today,
    write_changes,
)
from workflow_app.services.transition import Transition

DISPUTED, CLEARED = "record.disputed", "record.dispute_cleared"
# Revoked repairs (信用修复管理办法 asks for the record to be restored; the figure is assumed): no new application for
# three years, and the publication period starts anew.
BLOCKED_MONTHS = 36
RESTARTS_PERIOD = True


class ResultUnknownError(CreditError):
    """The result named in the form is none that changes or keeps a record."""

    code = "record_result_unknown"
    message = "处理结果“{result}”无法执行，请在删除、更正、补充、停止公示、移出名单、维持之中选择。"
    status = 422


class RecordNotListedError(CreditError):
    """Only entries of a list can be taken off it."""

    code = "record_not_listed"
    message = "该信用信息不是名单类信息，不能移出名单，请选择其他处理结果。"
    status = 422


class AlreadyRepairedError(ConflictError):
    """The record was repaired meanwhile by another case."""

    code = "record_already_repaired"
    message = "信用信息“{number}”已于{day}修复，不能重复修复。"


class NotRepairedError(ConflictError):
    """There is no repair to revoke."""

    code = "record_not_repaired"
    message = "信用信息“{number}”没有修复记录，不能撤销修复。"


@operation("record.mark_disputed")
def mark_disputed(moving: Transition) -> None:
    """Mark the record 异议中, seen by everybody who reads it, until the result."""
    record = locked_record(moving)
    CreditRecord.objects.filter(pk=record.pk).update(is_disputed=True)
    record.is_disputed = True
    moving.record_event(DISPUTED, record=record.pk)


@operation("record.clear_dispute")
def clear_dispute(moving: Transition) -> None:
    """Take the mark away, unless another open case disputes the same record."""
    record = locked_record(moving, even_deleted=True)
    record.is_disputed = _is_disputed_elsewhere(moving.case)
    record.save(update_fields=["is_disputed"])
    moving.record_event(CLEARED, record=record.pk, still_disputed=record.is_disputed)


def _is_disputed_elsewhere(case: Case) -> bool:
    """Whether another open case has set the mark and not yet taken it away."""
    others = Case.objects.filter(
        record=case.record_id, status__in=(CaseStatus.OPEN, CaseStatus.WAITING_APPLICANT)
    ).exclude(pk=case.pk)
    # A case may mark the record again, for a review: what it did last counts.
    last = Event.objects.filter(case=OuterRef("pk"), kind__in=(DISPUTED, CLEARED)).order_by("-sequence")
    return others.annotate(mark=Subquery(last.values("kind")[:1])).filter(mark=DISPUTED).exists()


@at_withdrawal
def leave_undisputed(moving: Transition) -> None:
    """Take the mark away that this case has set, when it ends without a result: the applicant took it back."""
    if moving.case.events.filter(kind=DISPUTED).exists():
        clear_dispute(moving)


@operation("record.apply_result")
def apply_result(moving: Transition, *, form: str) -> None:
    """Do what the latest `form` decides: its `result`, its `changes` [{field, new}], its `reason`.

    Results: delete (factual error), correct, add (omission), stop_publication (expired, unverifiable), delist, keep.
    """
    answers = answers_of(moving, form)
    rows = _handler(answers)(moving, locked_record(moving), answers)
    moving.record_event(
        "record.result_applied",
        record=moving.case.record_id,
        result=answers["result"],
        fields=event_fields(rows),
    )


@operation("record.check_result")
def check_result(moving: Transition, *, form: str) -> None:
    """Refuse a proposed result that `record.apply_result` could not carry out, while its author can still mend it."""
    answers = answers_of(moving, form)
    handler = _handler(answers)
    with suppress(_UndoneError), transaction.atomic():
        handler(moving, locked_record(moving), answers)
        raise _UndoneError
    locked_record(moving)


class _UndoneError(Exception):
    """Takes back what was only tried."""


def _handler(answers: Mapping[str, Any]) -> Callable[..., list[RecordChange]]:
    result = answers.get("result")
    handler = _RESULTS.get(result) if isinstance(result, str) else None
    if handler is None:
        raise ResultUnknownError(result=str(result or "")[:40])
    return handler


def _reason(answers: Mapping[str, Any]) -> str:
    return str(answers.get("reason") or "")


def _delete(moving: Transition, record: CreditRecord, answers: Mapping[str, Any]) -> list[RecordChange]:
    gone = {"is_deleted": True, "is_published": False, "is_shared": False}
    rows = write_changes(moving, record, gone, _reason(answers))
    _settle_listing(record)
    return rows


def _correct(moving: Transition, record: CreditRecord, answers: Mapping[str, Any]) -> list[RecordChange]:
    return change_fields(moving, record, answers.get("changes") or [], _reason(answers))


def _add(moving: Transition, record: CreditRecord, answers: Mapping[str, Any]) -> list[RecordChange]:
    return change_fields(moving, record, answers.get("changes") or [], _reason(answers), only_empty=True)


def _stop(moving: Transition, record: CreditRecord, answers: Mapping[str, Any]) -> list[RecordChange]:
    return write_changes(moving, record, {"is_published": False}, _reason(answers))


def _delist(moving: Transition, record: CreditRecord, answers: Mapping[str, Any]) -> list[RecordChange]:
    if record.category not in (RecordCategory.LIST_ENTRY, RecordCategory.ABNORMAL):
        raise RecordNotListedError
    off = {"is_published": False, "is_shared": False, "valid_until": max(today(moving), record.decision_on)}
    rows = write_changes(moving, record, off, _reason(answers))
    _settle_listing(record)
    return rows


def _keep(moving: Transition, record: CreditRecord, answers: Mapping[str, Any]) -> list[RecordChange]:
    return []


_RESULTS = {
    "delete": _delete,
    "correct": _correct,
    "add": _add,
    "stop_publication": _stop,
    "delist": _delist,
    "keep": _keep,
}


def _settle_listing(record: CreditRecord) -> None:
    """A subject whose last list entry is gone is listed no longer."""
    if record.category != RecordCategory.LIST_ENTRY:
        return
    left = CreditRecord.objects.filter(
        subject=record.subject_id, category=RecordCategory.LIST_ENTRY, is_deleted=False, is_shared=True
    )
    if not left.exclude(pk=record.pk).exists():
        record.subject.is_listed = False
        record.subject.save(update_fields=["is_listed"])


@operation("record.stop_publication")
def stop_publication(moving: Transition, *, reason: str) -> None:
    """Take the record off the portal, for example because its unit could not verify it in time."""
    rows = write_changes(moving, locked_record(moving), {"is_published": False}, reason)
    moving.record_event("record.publication_stopped", record=moving.case.record_id, changed=bool(rows))


@operation("record.add_breach")
def add_breach(moving: Transition, *, form: str) -> None:
    """Write a bad record about the broken commitment; its facts are the `reason` in the latest `form`.

    It keeps the subject from the next 告知承诺 until it is repaired or its publication ends (国办发〔2020〕42号). Once
    a case. The class 一般 is assumed where no rule names one.
    """
    case, day = moving.case, today(moving)
    matter = case.matter_text
    made, is_new = CreditRecord.objects.get_or_create(
        source_agency=case.agency,
        number=f"{case.number}-SX",
        defaults={
            "subject": case.subject,
            "category": RecordCategory.BREACH,
            "severity": RecordSeverity.GENERAL,
            "title": f"违反信用承诺：{matter.matter.title}"[:300] if matter else "违反信用承诺",
            "facts": str(answers_of(moving, form).get("reason") or ""),
            "basis": matter.legal_basis if matter else "",
            "content": "记入违反承诺记录，在修复或者公示期满之前不再适用告知承诺",
            "finding_on": day,
            "decision_on": day,
            "published_on": day,
            "valid_until": publication_ends_on(Severity.GENERAL, day),
            "created_at": moving.now,
        },
    )
    if is_new:
        moving.record_event("record.breach_added", record=made.pk, number=made.number)


@operation("record.repair")
def repair(moving: Transition) -> None:
    """Stop publishing and sharing the record, and say since when it is repaired.

    Raises `AlreadyRepairedError` where another case was faster.
    """
    record = locked_record(moving)
    if record.repaired_at is not None:
        raise AlreadyRepairedError(
            number=record.number, day=f"{record.repaired_at.astimezone(CHINA):%Y-%m-%d}"
        )
    done = {"repaired_at": moving.now, "is_published": False, "is_shared": False}
    rows = write_changes(moving, record, done, "准予信用修复")
    moving.record_event("record.repaired", record=record.pk, fields=event_fields(rows))


@operation("record.revoke_repair")
def revoke_repair(moving: Transition) -> None:
    """Undo a repair got by false papers or a broken repair commitment; the record is published and shared again."""
    record = locked_record(moving)
    if record.repaired_at is None:
        raise NotRepairedError(number=record.number)
    day = today(moving)
    until = record.valid_until
    if RESTARTS_PERIOD and record.category in PERIOD_CATEGORIES and record.severity != RecordSeverity.NONE:
        until = publication_ends_on(Severity(record.severity), day)
    restored = {
        "repaired_at": None,
        "is_shared": True,
        "valid_until": until,
        "is_published": until is None or until >= day,
        "reapply_blocked_until": add_months(day, BLOCKED_MONTHS),
    }
    rows = write_changes(moving, record, restored, "撤销信用修复")
    moving.record_event("record.repair_revoked", record=record.pk, fields=event_fields(rows))
