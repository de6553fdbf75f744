"""信用档案: all there is about one subject in one place, as far as the reader may see it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from workflow_app.domain import clock
from workflow_app.domain.errors import NotFoundError
from workflow_app.models import Case, Commitment, Enrolment, Letter, Subject, User
from workflow_app.selectors.access import Access
from workflow_app.selectors.own_records import OwnRecord, records_of
from workflow_app.selectors.records import shown_identity

# Of each kind; whoever has more finds the rest in the lists.
MOST = 200
_HEAVY = ("case__state", "case__state_mac")


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
    name, code = (subject.name, subject.code) if is_own else shown_identity(subject)
    records = access.records().filter(subject=subject).select_related("subject", "source_agency")
    found = [
        list(rows[: MOST + 1])
        for rows in (records.order_by("-decision_on", "-pk"), *_of_cases(seen), _no_commitments(seen))
    ]
    known, commitments, enrolments, letters, cases = (rows[:MOST] for rows in found)
    return Archive(
        subject=subject,
        is_own=is_own,
        name=name,
        code=code,
        records=records_of(access, known),
        commitments=commitments,
        cases=cases,
        enrolments=enrolments,
        letters=letters,
        is_cut=any(len(rows) > MOST for rows in found),
    )


def _of_cases(seen: QuerySet[Case]) -> Iterator[QuerySet[Any]]:
    """The commitments, enrolments and letters of the cases."""
    keys = seen.values("pk")
    commitments = Commitment.objects.filter(case__in=keys).order_by("-made_on", "-pk")
    yield commitments.select_related("case__matter_text__matter", "case__agency").defer(*_HEAVY)
    enrolments = Enrolment.objects.filter(case__in=keys).order_by("-session__starts_at", "-pk")
    yield enrolments.select_related("session__course", "session__agency", "case").defer(*_HEAVY)
    letters = Letter.objects.filter(case__in=keys).order_by("-created_at", "-pk")
    yield (
        letters.select_related("agency", "case__definition").defer(
            "record", *_HEAVY, "case__definition__files", "case__definition__manifest"
        )
    )


def _no_commitments(seen: QuerySet[Case]) -> QuerySet[Case]:
    cases = seen.filter(commitment__isnull=True).order_by("-pk")
    return cases.select_related("record", "agency", "definition", "matter_text__matter").defer(
        "state", "state_mac", "definition__files"
    )
