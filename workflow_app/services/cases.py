"""File and withdraw cases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from forms.validator import validate
from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.codes import region_prefixes
from workflow_app.domain.errors import CreditError, NotFoundError
from workflow_app.domain.numbers import case_number
from workflow_app.engine.bundles import Bundle
from workflow_app.models import (
    Agency,
    Case,
    CreditRecord,
    Definition,
    MatterText,
    Subject,
    Submission,
    Task,
    User,
)
from workflow_app.models.cases import Channel
from workflow_app.models.people import AgencyKind, Role
from workflow_app.selectors.access import Access
from workflow_app.services.case_forms import attach_documents, document_ids, form_of, promoted
from workflow_app.services.clocks import rules_in_force
from workflow_app.services.definitions import current_bundle
from workflow_app.services.errors import (
    CaseFinishedError,
    MatterUnknownError,
    NotRepresentingError,
    NotStarterError,
    RecordNotOwnError,
    SubjectRequiredError,
    WithdrawalTooLateError,
)
from workflow_app.services.series import next_number
from workflow_app.services.transition import Transition, open_case


@dataclass(frozen=True)
class Filer:
    """Who files, for whom, through which channel."""

    user: User
    subject: Subject
    channel: str
    applicant: User | None


def file_case(*, process: str, data: dict[str, Any], user: User, on_behalf_of: str = "") -> list[Case]:
    """File one case, or one for each record where the form names several. All are filed or none.

    `on_behalf_of` is the code of the subject; it may be empty when the account stands for one subject only. Raises
    `FormInvalidError`, `SubjectRequiredError`, `NotRepresentingError`, `NotStarterError`, `RecordNotOwnError`,
    `MatterUnknownError`, `DocumentUnknownError`, `ProcessUnknownError`.
    """
    now = clock.now()
    definition, bundle = current_bundle(process)
    form = form_of(bundle, bundle.manifest.start_form)
    values = validate(form, data)
    with transaction.atomic():
        records = _records_named(bundle, values)
        filer = _filer(bundle, user, on_behalf_of, records, now)
        for record in records:
            if record.subject_id != filer.subject.pk:
                raise RecordNotOwnError(number=record.number)
        cases = [_file_one(definition, bundle, filer, values, record, now) for record in (records or [None])]
        attach_documents(cases[0], user, list(document_ids(form, values)))
    return cases


def _file_one(
    definition: Definition,
    bundle: Bundle,
    filer: Filer,
    values: Mapping[str, Any],
    record: CreditRecord | None,
    now: datetime,
) -> Case:
    text = _matter_text(bundle, values, now)
    agency = text.matter.agency if text else _office(bundle, filer, record, now)
    day = now.astimezone(CHINA).date()
    prefix = bundle.manifest.number_prefix
    n = next_number(f"case:{prefix}:{agency.region_id}:{day:%Y%m%d}")
    case = Case(
        number=case_number(prefix, agency.region_id, day, n),
        process=bundle.slug,
        definition=definition,
        subject=filer.subject,
        agency=agency,
        record=record,
        matter_text=text,
        applicant=filer.applicant,
        filed_by=filer.user,
        channel=filer.channel,
        filed_at=now,
        rules=rules_in_force(bundle.slug, agency.region_id, day),
        state=b"",
        state_mac=b"",
    )
    case.save()
    Submission.objects.create(
        case=case, form=bundle.manifest.start_form, data=dict(values), by=filer.user, at=now
    )
    moving = Transition(case, bundle, filer.user, now)
    moving.record_event(
        "case.filed", subject=filer.subject.pk, channel=filer.channel, definition=bundle.content_hash
    )
    moving.start({"channel": filer.channel, **promoted(bundle.manifest.inputs, values)})
    moving.settle()
    return case


def _records_named(bundle: Bundle, values: Mapping[str, Any]) -> list[CreditRecord]:
    if bundle.manifest.about not in ("record", "records"):
        return []
    named: Sequence[Any] = values["records"] if bundle.manifest.about == "records" else [values["record"]]
    found = []
    for identifier in dict.fromkeys(str(each) for each in named):
        record = _record(identifier)
        if record is None:
            raise RecordNotOwnError(number=identifier)
        found.append(record)
    return found


def _record(identifier: str) -> CreditRecord | None:
    if not identifier.isdecimal() or len(identifier) > 18:
        return None
    # Locked, so that two cases about one record see each other's effects in order.
    return CreditRecord.objects.select_for_update().filter(pk=int(identifier), is_deleted=False).first()


def _matter_text(bundle: Bundle, values: Mapping[str, Any], now: datetime) -> MatterText | None:
    if bundle.manifest.about != "matter":
        return None
    day = now.astimezone(CHINA).date()
    text = (
        MatterText.objects.filter(matter__code=values["matter"], matter__is_open=True, valid_from__lte=day)
        .exclude(valid_until__lt=day)
        .select_related("matter__agency")
        .order_by("-version")
        .first()
    )
    if text is None:
        raise MatterUnknownError(code=values["matter"])
    return text


def _filer(bundle: Bundle, user: User, code: str, records: Sequence[CreditRecord], now: datetime) -> Filer:
    access = Access(user, now)
    starters = bundle.manifest.starters
    staff = access.roles & set(starters) - {"applicant"}
    if "applicant" in starters and access.subject_ids and (not staff or not code):
        return Filer(user, _own_subject(access, code, records), Channel.ONLINE, user)
    if not staff:
        raise (
            NotRepresentingError
            if "applicant" in starters
            else NotStarterError(process=bundle.manifest.title.zh)
        )
    channel = Channel.WINDOW if Role.CLERK in staff else Channel.ONLINE
    return Filer(user, _named_subject(code, records), channel, None)


def _own_subject(access: Access, code: str, records: Sequence[CreditRecord]) -> Subject:
    own = access.subjects()
    if code:
        found = own.filter(code=code).first()
        if found is None:
            raise NotRepresentingError
        return found
    # Naming a record of one's own subject says which one is meant.
    if records:
        found = own.filter(pk=records[0].subject_id).first()
        if found is None:
            raise RecordNotOwnError(number=records[0].pk)
        return found
    if len(access.subject_ids) != 1:
        raise SubjectRequiredError
    return own.get()


def _named_subject(code: str, records: Sequence[CreditRecord]) -> Subject:
    if not code and records:
        return records[0].subject
    if not code:
        raise SubjectRequiredError
    found = Subject.objects.filter(code=code).first()
    if found is None:
        raise SubjectRequiredError
    return found


def _office(bundle: Bundle, filer: Filer, record: CreditRecord | None, now: datetime) -> Agency:
    """The credit office in charge: of the region the record comes from, else of the one nearest above it."""
    if record is not None:
        return credit_office(record.source_agency.region_id)
    own = [
        grant.agency
        for grant in Access(filer.user, now).grants
        if grant.agency.kind == AgencyKind.CREDIT_OFFICE
    ]
    if own:
        return own[0]
    first = Agency.objects.filter(kind=AgencyKind.CREDIT_OFFICE).order_by("region_id").first()
    if first is None:
        raise NotFoundError
    return first


def credit_office(region: str) -> Agency:
    """The credit office of the region with the longest code prefix; raises NotFoundError where there is none."""
    for code in region_prefixes(region):
        office = Agency.objects.filter(kind=AgencyKind.CREDIT_OFFICE, region_id=code).first()
        if office is not None:
            return office
    raise NotFoundError


def withdraw_case(*, number: str, user: User, reason: str) -> Case:
    """The applicant takes the case back: a recall before an officer took it up, a withdrawal with a reason after.

    Possible until the decision. Raises NotFoundError, `CaseFinishedError`, `WithdrawalTooLateError`, and
    `ReasonRequiredError` when an officer has already begun.
    """
    try:
        with open_case(user, number=number) as moving:
            case = moving.case
            if case.subject_id not in Access(user, moving.now).subject_ids and case.filed_by_id != user.pk:
                raise NotFoundError
            if case.is_finished:
                raise CaseFinishedError(number=number)
            if moving.run.completed_elements() & set(moving.manifest.no_withdrawal_after):
                raise WithdrawalTooLateError(number=number)
            recalled = not _is_taken_up(case)
            if not recalled and not reason.strip():
                raise ReasonRequiredError
            moving.withdraw("recalled" if recalled else "withdrawn", reason.strip())
    except Case.DoesNotExist as missing:
        raise NotFoundError from missing
    return case


def _is_taken_up(case: Case) -> bool:
    taken = Task.objects.filter(case=case).exclude(role="applicant")
    return taken.filter(claimed_at__isnull=False).exists()


class ReasonRequiredError(CreditError):
    """An officer has begun: the withdrawal needs a reason."""

    code = "reason_required"
    message = "工作人员已开始办理，请填写撤回原因。"
    status = 422
