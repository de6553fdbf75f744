"""The register of commitments: entered when made, closed with how they were kept."""

from datetime import timedelta

from workflow_app.domain.errors import CreditError
from workflow_app.models import Commitment
from workflow_app.models.commitments import Performance
from workflow_app.services.operations.registry import operation
from workflow_app.services.records import today
from workflow_app.services.series import next_number
from workflow_app.services.transition import Transition

# Of the repair commitment (信用修复承诺书), which belongs to no matter of the catalogue.
REPAIR_CONTENT = (
    "已经纠正失信行为、履行相关义务，所提交的材料真实、合法、有效；今后依法诚信生产经营，自愿接受社会监督。"
)
REPAIR_LIABILITY = "承诺不实或者违反承诺的，愿意承担撤销信用修复、恢复公示失信信息等法律责任。"
REPAIR_VALIDITY_DAYS = 365
# When a period ran out and nobody handed anything in.
NOTHING_CAME = "期限届满，未见履行"
# Where the forms of the steps say what the finding rests on.
_BASES = ("basis", "findings", "evidence_note", "reason")


class CommitmentMissingError(CreditError):
    """The case has registered no commitment."""

    code = "commitment_missing"
    message = "案件{number}没有登记的信用承诺，不能认定履行状态。"
    status = 409


class PerformanceUnknownError(CreditError):
    """The performance is none of the three that end a commitment."""

    code = "performance_unknown"
    message = "履行状态“{status}”不正确，应为全部履行、部分履行或者未履行。"
    status = 422


@operation("commitment.register")
def register(moving: Transition) -> None:
    """Enter the commitment into the register with the texts the applicant was told. Once a case."""
    case, day = moving.case, today(moving)
    if Commitment.objects.filter(case=case).exists():
        return
    text = case.matter_text
    days = text.matter.validity_days if text else REPAIR_VALIDITY_DAYS
    n = next_number(f"commitment:{case.agency.region_id}:{day.year}")
    made = Commitment.objects.create(
        case=case,
        code=f"CN{case.agency.region_id}{day.year}{n:08d}",
        content=text.content if text else REPAIR_CONTENT,
        liability=text.consequences if text else REPAIR_LIABILITY,
        made_on=day,
        valid_until=day + timedelta(days=days),
        is_public=text.matter.is_public if text else False,
    )
    moving.record_event("commitment.registered", code=made.code, valid_until=made.valid_until.isoformat())


@operation("commitment.perform")
def perform(moving: Transition, *, status: str) -> None:
    """Say how the commitment was kept: `fulfilled`, `partly` or `unmet`, with the day and the basis.

    The basis is the reason that the officer gave with the step, or that nothing came in time. Raises
    `CommitmentMissingError`, `PerformanceUnknownError`.
    """
    if status not in (Performance.FULFILLED, Performance.PARTLY, Performance.UNMET):
        raise PerformanceUnknownError(status=str(status)[:40])
    commitment = Commitment.objects.select_for_update().filter(case=moving.case).first()
    if commitment is None:
        raise CommitmentMissingError(number=moving.case.number)
    commitment.performance = status
    commitment.performance_on = today(moving)
    commitment.performance_basis = _basis(moving, status)
    commitment.save(update_fields=["performance", "performance_on", "performance_basis"])
    moving.record_event("commitment.performed", code=commitment.code, performance=status)


def _basis(moving: Transition, status: str) -> str:
    if moving.actor is None:
        return NOTHING_CAME if status == Performance.UNMET else ""
    # Approving a proposal says nothing new: what it rests on stands in the step before.
    for handed_in in moving.case.submissions.order_by("-id"):
        for name in _BASES:
            if answer := handed_in.data.get(name):
                return str(answer)
    return ""
