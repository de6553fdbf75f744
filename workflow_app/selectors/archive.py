"""信用档案: all there is about one subject in one place, as far as the reader may see it."""

from dataclasses import dataclass

from workflow_app.domain import clock
from workflow_app.domain.errors import NotFoundError
from workflow_app.models import Case, Commitment, Enrolment, Letter, Subject, User
from workflow_app.selectors.access import Access
from workflow_app.selectors.own_records import OwnRecord, records_of
from workflow_app.selectors.records import shown_identity

# Of each kind; whoever has more finds the rest in the lists.
MOST = 200
_HEAVY = ("state", "state_mac", "definition__files")


@dataclass(frozen=True)
class Archive:
    """The file of a subject. Latest first everywhere; `is_cut` where something has more than `MOST`.

    `name` and `code` are masked for natural persons unless they are the reader's own; `cases` are those that are no
    commitment in force or past, which stand in `commitments`.
    """

    subject: Subject
    is_own: bool
    name: str
    code: str
    records: list[OwnRecord]
    commitments: list[Commitment]
    cases: list[Case]
    enrolments: list[Enrolment]
    letters: list[Letter]
    is_cut: bool


def get_archive(user: User, subject_id: int) -> Archive:
    """The file of a subject: whole for whoever acts for it, for officers what they see of its cases and records.

    Raises NotFoundError, also where the account may see none of the subject's cases.
    """
    access = Access(user, clock.now())
    is_own = subject_id in access.subject_ids
    seen = access.cases().filter(subject=subject_id)
    subject = Subject.objects.filter(pk=subject_id).first()
    if subject is None or not (is_own or seen.exists()):
        raise NotFoundError
    keys = seen.values("pk")
    records = (
        access.records()
        .filter(subject=subject_id)
        .select_related("subject", "source_agency")
        .order_by("-decision_on", "-pk")
    )
    commitments = (
        Commitment.objects.filter(case__in=keys)
        .select_related("case__matter_text__matter", "case__agency")
        .defer("case__state", "case__state_mac")
        .order_by("-made_on", "-pk")
    )
    cases = (
        seen.filter(commitment__isnull=True)
        .select_related("record", "agency", "definition", "matter_text__matter")
        .defer(*_HEAVY)
        .order_by("-pk")
    )
    enrolments = (
        Enrolment.objects.filter(case__in=keys)
        .select_related("session__course", "session__agency", "case")
        .defer("case__state", "case__state_mac")
        .order_by("-session__starts_at", "-pk")
    )
    letters = (
        Letter.objects.filter(case__in=keys)
        .select_related("agency", "case__definition")
        .defer("record", *(f"case__{name}" for name in _HEAVY), "case__definition__manifest")
        .order_by("-created_at", "-pk")
    )
    found = [list(rows[: MOST + 1]) for rows in (records, commitments, cases, enrolments, letters)]
    name, code = (subject.name, subject.code) if is_own else shown_identity(subject)
    shown = [rows[:MOST] for rows in found]
    return Archive(
        subject,
        is_own,
        name,
        code,
        records_of(access, shown[0]),
        *shown[1:],
        is_cut=any(len(rows) > MOST for rows in found),
    )
