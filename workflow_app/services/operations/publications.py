"""公示: what the public may read of a case, with natural persons masked."""

from datetime import date, timedelta
from typing import Any

from bpmn.manifest import Text
from workflow_app.domain.shingles import vector_of
from workflow_app.models import Commitment, CreditRecord, Publication, Subject, rows
from workflow_app.models.matters import CommitmentType
from workflow_app.models.records import RecordCategory
from workflow_app.selectors.publications import searched_texts
from workflow_app.selectors.records import shown_identity
from workflow_app.services.operations.registry import operation
from workflow_app.services.records import today
from workflow_app.services.transition import Transition

BREACH = "breach"
DEFAULT_DAYS = 365
_LONGEST_TITLE = 200
_WORDS = (
    "INSERT INTO workflow_app_publicationwords (publication_id, words) VALUES (%s, %s::tsvector) "
    "ON CONFLICT (publication_id) DO UPDATE SET words = excluded.words"
)


@operation("publication.start")
def start(moving: Transition, *, kind: str) -> None:
    """Publish under `kind` (`commitment`, `breach`, or a letter of the process) from today.

    It ends with the matter's own time, a breach with its record. Starting again after a stop publishes anew; starting
    what is live changes nothing.
    """
    day = today(moving)
    live = Publication.objects.select_for_update().filter(case=moving.case, kind=kind).first()
    if live is not None and live.stopped_at is None and live.ends_on >= day:
        return
    breach = _breach(moving) if kind == BREACH else None
    content = _content(moving, breach)
    names = _title_of(moving, kind)
    title = f"{names.zh}：{content['subject']}"[:_LONGEST_TITLE]
    content["title_en"] = f"{names.en}: {content['subject']}"[:_LONGEST_TITLE]
    ends_on = _ends_on(moving, breach, day)
    made, _ = Publication.objects.update_or_create(
        case=moving.case,
        kind=kind,
        defaults={
            "title": title,
            "content": content,
            "starts_on": day,
            "ends_on": ends_on,
            "stopped_at": None,
        },
    )
    rows.change(_WORDS, made.pk, vector_of(*searched_texts(made)))
    moving.record_event("publication.started", publication=kind, ends_on=ends_on.isoformat())


@operation("publication.stop")
def stop(moving: Transition, *, kind: str, reason: str) -> None:
    """Take it off the portal; what is not live stays as it is."""
    stopped = Publication.objects.filter(case=moving.case, kind=kind, stopped_at__isnull=True).update(
        stopped_at=moving.now
    )
    if stopped:
        moving.record_event("publication.stopped", publication=kind, reason=reason)


def _title_of(moving: Transition, kind: str) -> Text:
    known = {
        "commitment": Text("信用承诺", "Commitment"),
        BREACH: Text("违反信用承诺", "Breach of commitment"),
    }
    letters = {letter.kind: letter.title for letter in moving.manifest.letters}
    return known.get(kind) or letters.get(kind) or moving.manifest.title


def _ends_on(moving: Transition, breach: CreditRecord | None, day: date) -> date:
    if breach is not None and breach.valid_until is not None:
        return max(breach.valid_until, day)
    text = moving.case.matter_text
    return day + timedelta(days=text.matter.publication_days if text else DEFAULT_DAYS)


def _breach(moving: Transition) -> CreditRecord | None:
    return (
        CreditRecord.objects.filter(
            source_agency=moving.case.agency,
            category=RecordCategory.BREACH,
            number__startswith=f"{moving.case.number}-",
        )
        .order_by("-id")
        .first()
    )


def _content(moving: Transition, breach: CreditRecord | None) -> dict[str, Any]:
    """Flat texts by English name, those with `_en` in English; no free text of officers goes in unmasked."""
    case = moving.case
    name, code = shown_identity(case.subject)
    content: dict[str, Any] = {
        "subject": name,
        "subject_kind": case.subject.get_kind_display(),
        "subject_code": code,
        "agency": case.agency.name,
        "agency_en": case.agency.name_en,
        "region": case.agency.region.name,
        "region_en": case.agency.region.name_en,
    }
    if case.matter_text is not None:
        matter = case.matter_text.matter
        content |= {
            "matter": matter.title,
            "matter_en": matter.title_en,
            "matter_code": matter.code,
            "type": str(CommitmentType(matter.commitment_type).label),
        }
    commitment = Commitment.objects.filter(case=case).first()
    if commitment is not None:
        content |= {
            "commitment_code": commitment.code,
            "content": commitment.content,
            "liability": commitment.liability,
            "made_on": commitment.made_on.isoformat(),
            "valid_until": commitment.valid_until.isoformat(),
        }
    if breach is not None:
        content |= {
            "breach_number": breach.number,
            "breach_facts": breach.facts,
            "breach_on": breach.decision_on.isoformat(),
        }
    return {key: masked_text(value, case.subject) for key, value in content.items()}


def masked_text(text: str, subject: Subject) -> str:
    """The text with the name and the code of a natural person masked wherever they stand in it."""
    if not subject.is_person:
        return text
    name, code = shown_identity(subject)
    return text.replace(subject.code, code).replace(subject.name, name)
