"""File and withdraw cases."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from forms.loader import Form
from forms.validator import validate
from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.codes import RegionCodeInvalidError, check_subject_code, region_prefixes
from workflow_app.domain.errors import NotFoundError
from workflow_app.domain.numbers import case_number
from workflow_app.engine.bundles import Bundle
from workflow_app.models import (
    Agency,
    Case,
    CreditRecord,
    Definition,
    Document,
    MatterText,
    Signature,
    Subject,
    Submission,
    User,
    rows,
)
from workflow_app.models.cases import Channel
from workflow_app.models.people import AgencyKind, Role
from workflow_app.models.signatures import Capacity
from workflow_app.models.subjects import CodeKind
from workflow_app.selectors.access import APPLICANT, Access
from workflow_app.selectors.rules import rules_in_force
from workflow_app.selectors.signatures import needs_countersignature
from workflow_app.services.case_forms import (
    attach_papers,
    document_ids,
    form_of,
    own_papers,
    promoted,
    with_papers,
)
from workflow_app.services.definitions import current_bundle
from workflow_app.services.errors import (
    CaseFinishedError,
    CountersignatureRequiredError,
    MatterUnknownError,
    NotRepresentingError,
    NotStarterError,
    ReasonRequiredError,
    RecordNotOwnError,
    SubjectRequiredError,
    WithdrawalTooLateError,
)
from workflow_app.services.series import next_number
from workflow_app.services.time_lock import hold_time
from workflow_app.services.trail import Happening
from workflow_app.services.transition import Transition, nothing_internal, open_case

MAX_REASON = 500


@dataclass(frozen=True)
class Filer:
    """Who files, for whom, through which channel."""

    access: Access
    subject: Subject
    channel: str
    applicant: User | None

    @property
    def user(self) -> User:
        return self.access.user


@dataclass(frozen=True)
class Filing:
    """One validated start form under the definition in force."""

    definition: Definition
    bundle: Bundle
    form: Form
    values: dict[str, Any]
    now: datetime
    visit_id: int | None = None
    signatures: tuple[Signature, ...] = ()

    @property
    def day(self) -> date:
        return self.now.astimezone(CHINA).date()


def file_case(
    *,
    process: str,
    data: dict[str, Any],
    user: User,
    on_behalf_of: str = "",
    documents: Iterable[str] = (),
    visit_id: int | None = None,
    signatures: Sequence[Signature] = (),
) -> list[Case]:
    """File one case, or one for each record where the form names several. All are filed or none.

    `on_behalf_of` is the code of the subject; it may be empty when the account stands for one subject only.
    `documents` are ids of papers besides those the form itself names, `visit_id` the key of the `CounterVisit` of who
    stands at the counter, for the trail, as are the `signatures` under what is filed. Raises `FormInvalidError`,
    `CountersignatureRequiredError` where the agent's mandate asks for a second signature and there is none,
    `SubjectRequiredError`, `NotRepresentingError`, `NotStarterError`, `RecordNotOwnError`, `MatterUnknownError`,
    `DocumentUnknownError`, `ProcessUnknownError`, `UsccInvalidError`, `IdCardInvalidError`.
    """
    definition, bundle = current_bundle(process)
    form = form_of(bundle, bundle.manifest.start_form)
    filing = Filing(definition, bundle, form, validate(form, data), clock.now(), visit_id, tuple(signatures))
    with transaction.atomic():
        hold_time()
        records = _records_named(filing)
        filer = _filer(filing, user, check_subject_code(on_behalf_of), records)
        _ensure_countersigned(filing, filer)
        papers = own_papers(user, [*document_ids(form, filing.values), *documents])
        about: list[CreditRecord | None] = [*records] or [None]
        return [_file_one(filing, filer, record, papers) for record in about]


def _file_one(filing: Filing, filer: Filer, record: CreditRecord | None, papers: list[Document]) -> Case:
    bundle, now = filing.bundle, filing.now
    text = _matter_text(filing)
    agency = text.matter.agency if text else _office(filer, record)
    prefix = bundle.manifest.number_prefix
    n = next_number(f"case:{prefix}:{agency.region_id}:{filing.day:%Y%m%d}")
    case = Case(
        number=case_number(prefix, agency.region_id, filing.day, n),
        process=bundle.slug,
        definition=filing.definition,
        subject=filer.subject,
        agency=agency,
        record=record,
        matter_text=text,
        applicant=filer.applicant,
        filed_by=filer.user,
        channel=filer.channel,
        filed_at=now,
        rules=rules_in_force(bundle.slug, agency.region_id, filing.day),
        state=b"",
        state_mac=b"",
    )
    rows.insert([case])
    values = with_papers(filing.form, filing.values, attach_papers(case, papers))
    handed_in = Submission(case=case, form=bundle.manifest.start_form, data=values, by=filer.user, at=now)
    rows.insert([handed_in])
    moving = Transition(case, bundle, filer.user, now)
    # Who stood at the counter is named by the key: a trail that nobody can change holds no names.
    visit = {"visit": filing.visit_id} if filing.visit_id else {}
    moving.record_event(
        "case.filed", subject=filer.subject.pk, channel=filer.channel, definition=bundle.content_hash, **visit
    )
    for signature in filing.signatures:
        data = {"capacity": signature.capacity, "digest": signature.digest, "factor": signature.factor}
        moving.happenings.append(Happening("case.signed", data, signature.signer_id))
    with nothing_internal(case):
        moving.start({"channel": str(filer.channel), **promoted(bundle.manifest.inputs, values)})
        moving.settle()
    return case


def _records_named(filing: Filing) -> list[CreditRecord]:
    about, values = filing.bundle.manifest.about, filing.values
    if about not in ("record", "records"):
        return []
    named: Sequence[Any] = values["records"] if about == "records" else [values["record"]]
    identifiers = list(dict.fromkeys(str(each) for each in named))
    found = {}
    # In one order for everybody, so that two filings never wait for each other.
    for identifier in sorted(identifiers):
        found[identifier] = _record(identifier)
        if found[identifier] is None:
            raise RecordNotOwnError(number=identifier)
    return [record for identifier in identifiers if (record := found[identifier])]


def _record(identifier: str) -> CreditRecord | None:
    if not (identifier.isascii() and identifier.isdecimal()) or len(identifier) > 18:
        return None
    # Locked, so that two cases about one record see each other's effects in order.
    rows = CreditRecord.objects.select_for_update(of=("self",)).select_related("source_agency", "subject")
    return rows.filter(pk=int(identifier), is_deleted=False).first()


def _matter_text(filing: Filing) -> MatterText | None:
    if filing.bundle.manifest.about != "matter":
        return None
    code = filing.values["matter"]
    text = (
        MatterText.objects.filter(matter__code=code, matter__is_open=True, valid_from__lte=filing.day)
        .exclude(valid_until__lt=filing.day)
        .select_related("matter__agency")
        .order_by("-version")
        .first()
    )
    if text is None:
        raise MatterUnknownError(code=code)
    return text


def _filer(filing: Filing, user: User, code: str, records: Sequence[CreditRecord]) -> Filer:
    access, manifest = Access(user, filing.now), filing.bundle.manifest
    staff = access.roles & set(manifest.starters) - {APPLICANT}
    if APPLICANT in manifest.starters and access.subject_ids and (not staff or not code):
        filer = Filer(access, _own_subject(access, code, records), Channel.ONLINE, user)
        _ensure_all(records, [each for each in records if each.subject_id == filer.subject.pk])
        return filer
    if not staff:
        raise (
            NotRepresentingError
            if APPLICANT in manifest.starters
            else NotStarterError(process=manifest.title.zh, process_en=manifest.title.en)
        )
    channel = Channel.WINDOW if Role.CLERK in staff else Channel.ONLINE
    filer = Filer(access, _named_subject(code, records), channel, None)
    # An officer files about what lies in the officer's own region, and about one subject at a time.
    seen = set(access.records().filter(pk__in=[each.pk for each in records]).values_list("pk", flat=True))
    _ensure_all(
        records, [each for each in records if each.pk in seen and each.subject_id == filer.subject.pk]
    )
    return filer


def _ensure_countersigned(filing: Filing, filer: Filer) -> None:
    is_signed = any(each.capacity == Capacity.REPRESENTATIVE for each in filing.signatures)
    if (
        not is_signed
        and filer.channel == Channel.ONLINE
        and needs_countersignature(filer.user, filer.subject, filing.day)
    ):
        raise CountersignatureRequiredError


def _ensure_all(records: Sequence[CreditRecord], fit: Sequence[CreditRecord]) -> None:
    for record in records:
        if record not in fit:
            # By id, as it was named: the number of somebody else's record is not told.
            raise RecordNotOwnError(number=str(record.pk))


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
            raise RecordNotOwnError(number=str(records[0].pk))
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


def _office(filer: Filer, record: CreditRecord | None) -> Agency:
    """The credit office in charge: where the record comes from; else the filing officer's; else the subject's."""
    if record is not None:
        return credit_office(record.source_agency.region_id)
    for grant in filer.access.grants:
        if grant.agency.kind == AgencyKind.CREDIT_OFFICE:
            return grant.agency
    # GB 32100: places 3 to 8 of an organisation's code name its registering region; GB 11643: a person's the first 6.
    subject = filer.subject
    region = {CodeKind.USCC: subject.code[2:8], CodeKind.ID_CARD: subject.code[:6]}.get(
        CodeKind(subject.code_kind), ""
    )
    try:
        return credit_office(region)
    except (NotFoundError, RegionCodeInvalidError):
        return _first_office()


def _first_office() -> Agency:
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


def withdraw_case(*, number: str, user: User, reason: str, expected_version: int | None = None) -> Case:
    """The applicant takes the case back: a recall before an officer took it up, a withdrawal with a reason after.

    Possible until the decision. Raises NotFoundError, `CaseFinishedError`, `WithdrawalTooLateError`,
    `StaleVersionError`, and `ReasonRequiredError` when an officer has already begun.
    """
    try:
        with open_case(user, number=number, expected_version=expected_version) as moving:
            case = moving.case
            if case.subject_id not in Access(user, moving.now).subject_ids and case.filed_by_id != user.pk:
                raise NotFoundError
            if case.is_finished:
                raise CaseFinishedError(number=number)
            if moving.run.completed_elements() & set(moving.manifest.no_withdrawal_after):
                raise WithdrawalTooLateError(number=number)
            recalled = not any(task.claimed_at for task in moving.tasks if task.role != APPLICANT)
            if not recalled and not reason.strip():
                raise ReasonRequiredError
            moving.withdraw("recalled" if recalled else "withdrawn", reason.strip()[:MAX_REASON])
    except Case.DoesNotExist as missing:
        raise NotFoundError from missing
    return case
