"""Who may make a commitment and who may ask for repair, with the records that decide it."""

from datetime import date, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from workflow_app.domain.clock import CHINA
from workflow_app.models import CreditRecord, Enrolment
from workflow_app.models.matters import CommitmentType
from workflow_app.models.records import RecordCategory, RecordSeverity
from workflow_app.models.training import EnrolmentStatus
from workflow_app.selectors.records import eligible_from
from workflow_app.services.operations.registry import operation
from workflow_app.services.records import RecordMissingError, today
from workflow_app.services.training_rules import training_rule
from workflow_app.services.transition import Transition

ASSESSED = "eligibility.assessed"
_DAY = timedelta(days=1)
# Longer texts do not enter process data.
_LONGEST_LIST = 500


@operation(
    "commitment.assess",
    sets=(
        "commitment_type", "is_suitable", "is_auto_accepted", "is_public", "has_serious_record", "has_breach",
        "check_days", "deciding_records",
    ),
)  # fmt: skip
def assess_commitment(moving: Transition) -> dict[str, Any]:
    """What decides whether the matter can be had on commitment (事前信用预警).

    Not for subjects with a serious record that is not repaired, nor with an earlier broken or untrue commitment until
    it is repaired or its publication ends (国办发〔2020〕42号); not for matters marked unsuitable. The event names the
    records that decided, so that the officer and the subject see why.
    """
    matter = moving.case.matter_text.matter if moving.case.matter_text else None
    in_force = records_in_force(moving.case.subject_id, today(moving))
    serious = list(in_force.filter(severity=RecordSeverity.SERIOUS))
    breaches = list(in_force.filter(category=RecordCategory.BREACH))
    is_listed = moving.case.subject.is_listed
    deciding = {record.pk: record for record in [*serious, *breaches]}
    moving.record_event(
        ASSESSED,
        matter=matter.code if matter else "",
        is_listed=is_listed,
        records=[_named(record) for record in sorted(deciding.values(), key=lambda each: each.pk)],
    )
    return {
        "commitment_type": matter.commitment_type if matter else CommitmentType.REPAIR.value,
        "is_suitable": matter.is_suitable if matter else True,
        "is_auto_accepted": matter.is_auto_accepted if matter else False,
        "is_public": matter.is_public if matter else False,
        # Whoever is on a list of serious dishonesty counts as having a serious record.
        "has_serious_record": bool(serious) or is_listed,
        "has_breach": bool(breaches),
        "check_days": matter.check_days if matter else None,
        "deciding_records": _listed(list(deciding.values())),
    }


def _listed(records: list[CreditRecord]) -> str:
    """The deciding records by title and number, as a letter names them; what does not fit is counted."""
    shown = [f"{record.title}（{record.number}）" for record in records]
    text = "；".join(shown)
    while len(text) > _LONGEST_LIST:
        shown.pop()
        text = "；".join([*shown, f"等共{len(records)}条"])
    return text


def records_in_force(subject_id: int, day: date) -> QuerySet[CreditRecord]:
    """The subject's records that may be held against it on the day.

    Not those that were deleted, repaired, taken off publication, or whose publication has run out: what is no longer
    published is no ground for a disadvantage.
    """
    return CreditRecord.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gte=day),
        subject_id=subject_id,
        is_deleted=False,
        is_published=True,
        repaired_at__isnull=True,
    )


def _named(record: CreditRecord) -> dict[str, Any]:
    return {
        "id": record.pk,
        "number": record.number,
        "title": record.title,
        "category": record.category,
        "severity": record.severity,
        "decision_on": record.decision_on.isoformat(),
        "valid_until": record.valid_until.isoformat() if record.valid_until else None,
    }


@operation(
    "repair.assess",
    sets=(
        "severity", "category", "is_listed", "is_person", "is_repaired", "is_period_over", "eligible_from",
        "is_blocked", "needs_training", "may_bring_hours",
    ),
)  # fmt: skip
def assess_repair(moving: Transition) -> dict[str, Any]:
    """Class, dates and training duty of the record whose repair is asked for.

    `eligible_from` is the first day on which repair may be applied for, by the class (Order 36) and, after a revoked
    repair, the end of the bar; "" where no day has to be waited for.
    """
    case, day = moving.case, today(moving)
    if case.record_id is None:
        raise RecordMissingError
    record = CreditRecord.objects.select_for_update().get(pk=case.record_id)
    case.record = record
    barred_until = record.reapply_blocked_until
    is_blocked = barred_until is not None and day <= barred_until
    first = eligible_from(record)
    is_period_over = first is None or day >= first
    if barred_until is not None and is_blocked:
        first = max(first or day, barred_until + _DAY)
    # A case keeps the rules of the day it was filed.
    filed_on = case.filed_at.astimezone(CHINA).date()
    rule = training_rule(case.agency.region_id, filed_on)
    is_listed, is_person = case.subject.is_listed, case.subject.is_person
    is_asked = rule is not None and rule.asks(record.severity, is_listed)
    needs_training = is_asked and not has_certificate(case.subject_id, day)
    moving.record_event(
        ASSESSED,
        records=[_named(record)],
        start_rule=record.start_rule,
        starts_on=record.period_starts_on.isoformat(),
        eligible_from=first.isoformat() if first else None,
        training_basis=rule.legal_basis if rule and is_asked else "",
    )
    return {
        "severity": record.severity,
        "category": record.category,
        "is_listed": is_listed,
        "is_person": is_person,
        "is_repaired": record.repaired_at is not None,
        "is_period_over": is_period_over,
        "eligible_from": first.isoformat() if first else "",
        "is_blocked": is_blocked,
        "needs_training": needs_training,
        "may_bring_hours": bool(needs_training and is_person and rule and rule.persons_may_bring_hours),
    }


def has_certificate(subject_id: int, day: date) -> bool:
    """Whether the subject has passed a training whose certificate still counts on the day."""
    return Enrolment.objects.filter(
        subject_id=subject_id, status=EnrolmentStatus.PASSED, certificate_valid_until__gte=day
    ).exists()
