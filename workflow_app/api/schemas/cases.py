"""Cases: what is sent to file one, and what is told about one."""

from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from pydantic import Field

from bpmn.manifest import Process
from workflow_app.api.schemas.clocks import ClockOut
from workflow_app.api.schemas.common import (
    AgencyOut,
    Code,
    DocumentIds,
    FormData,
    Input,
    Moment,
    Output,
    PageIn,
    PersonOut,
    Slug,
    SubjectOut,
    TitledCode,
    in_language,
    is_english,
)
from workflow_app.domain.masking import mask_name
from workflow_app.models import Case, CreditRecord, Draft, Event, Letter, Matter, Task, User
from workflow_app.models.cases import CaseStatus
from workflow_app.selectors.cases import list_case_tasks
from workflow_app.selectors.clocks import list_clocks
from workflow_app.selectors.letters import list_letters
from workflow_app.selectors.processes import manifest_of

BASE = "/api/v1"

# How a case ends at the applicant's wish, which no diagram has an end event for.
_WITHDRAWN = {"recalled": _("已收回"), "withdrawn": _("已撤回")}


class CaseIn(Input):
    """A filing: the process, the filled start form, and the code of the subject if the account stands for several."""

    process: Slug
    data: FormData
    documents: DocumentIds = []
    on_behalf_of: Code = ""


class DraftIn(CaseIn):
    """A filing that is not finished; `data` is kept as typed and checked when it is submitted."""

    data: FormData = {}


class WithdrawIn(Input):
    """Why the applicant takes the case back; needed once an officer has begun."""

    reason: Annotated[str, Field(max_length=500)] = ""


class CaseFilters(PageIn):
    """Which of the cases that are visible to the account."""

    process: Slug = ""
    status: Literal["", "open", "waiting_applicant", "closed", "withdrawn"] = ""
    agency: Code = ""
    breached: bool | None = None
    q: Annotated[str, Field(max_length=100)] = ""


class RecordRef(Output):
    """The credit record that a case is about."""

    id: int
    number: str
    title: str

    @classmethod
    def of(cls, record: CreditRecord | None) -> "RecordRef | None":
        return cls(id=record.pk, number=record.number, title=record.title) if record else None


class MatterRef(Output):
    """The matter that a case is about."""

    code: str
    title: str

    @classmethod
    def of(cls, matter: Matter) -> "MatterRef":
        return cls(code=matter.code, title=matter.title_en if is_english() else matter.title)


class CaseTaskOut(Output):
    """One step that somebody has to take now."""

    id: int
    element: str
    title: str
    role: str
    status: str
    due_at: Moment | None

    @classmethod
    def of(cls, task: Task) -> "CaseTaskOut":
        return cls(
            id=task.pk,
            element=task.element,
            title=task_title(task),
            role=task.role,
            status=task.status,
            due_at=task.due_at,
        )


class CaseLetterOut(Output):
    """One letter of the case; `pdf` once it is made."""

    number: str
    kind: str
    title: str
    status: str
    issued_at: Moment | None
    pdf: str | None

    @classmethod
    def of(cls, letter: Letter, title: str) -> "CaseLetterOut":
        return cls(
            number=letter.number,
            kind=letter.kind,
            title=title,
            status=letter.status,
            issued_at=letter.issued_at,
            pdf=f"{letter_address(letter)}.pdf" if letter.sha256 else None,
        )


def letter_address(letter: Letter) -> str:
    """Where the letter is. Numbers are Chinese: 金信用〔2026〕异1号."""
    return f"{BASE}/letters/{quote(letter.number)}"


class CaseRow(Output):
    """A case in a list."""

    number: str
    process: str
    title: str
    version: str
    status: str
    outcome: TitledCode | None
    subject: SubjectOut
    agency: AgencyOut
    channel: str
    filed_at: Moment
    closed_at: Moment | None
    lock_version: int
    links: dict[str, str]

    @classmethod
    def of(cls, case: Case) -> "CaseRow":
        return cls(**_row(case))


class CaseOut(CaseRow):
    """A case with its clocks, live tasks and letters. `also_filed`: the other cases of the same filing."""

    record: RecordRef | None
    matter: MatterRef | None
    clocks: list[ClockOut]
    tasks: list[CaseTaskOut]
    letters: list[CaseLetterOut]
    also_filed: list[str]

    @classmethod
    def of(  # type: ignore[override]  # a case as a whole needs more than its row
        cls, case: Case, now: datetime, also_filed: tuple[str, ...] = ()
    ) -> "CaseOut":
        titles = {each.name: in_language(each.title) for each in _manifest(case).clocks}
        letters = {each.kind: in_language(each.title) for each in _manifest(case).letters}
        return cls(
            **_row(case),
            record=RecordRef.of(case.record),
            matter=MatterRef.of(case.matter_text.matter) if case.matter_text else None,
            clocks=[
                ClockOut.of(clock, titles.get(clock.name, clock.name), now) for clock in list_clocks(case)
            ],
            tasks=[CaseTaskOut.of(task) for task in list_case_tasks(case)],
            letters=[CaseLetterOut.of(row, letters.get(row.kind, row.title)) for row in list_letters(case)],
            also_filed=list(also_filed),
        )


def _manifest(case: Case) -> Process:
    return manifest_of(case.definition.content_hash)


def _row(case: Case) -> dict[str, Any]:
    here = f"{BASE}/cases/{case.number}"
    return {
        "number": case.number,
        "process": case.process,
        "title": in_language(_manifest(case).title),
        "version": case.definition.version,
        "status": case.status,
        "outcome": _outcome(case),
        "subject": SubjectOut.of(case.subject),
        "agency": AgencyOut.of(case.agency),
        "channel": case.channel,
        "filed_at": case.filed_at,
        "closed_at": case.closed_at,
        "lock_version": case.lock_version,
        "links": {"self": here, "history": f"{here}/history"},
    }


def _outcome(case: Case) -> TitledCode | None:
    if not case.outcome:
        return None
    if case.status == CaseStatus.WITHDRAWN:
        return TitledCode(code=case.outcome, title=gettext(_WITHDRAWN.get(case.outcome, case.outcome)))
    titles = {each.code: in_language(each.title) for each in _manifest(case).outcomes.values()}
    return TitledCode(code=case.outcome, title=titles.get(case.outcome, case.outcome))


def task_title(task: Task) -> str:
    """What the step is called, in the reader's language."""
    return task.title_en if is_english() else task.title


class EventOut(Output):
    """One event of the trail. `hash` chains it to the one before; `at` is exact, because the hash covers it."""

    sequence: int
    kind: str
    at: Moment
    actor_id: int | None
    actor: str | None
    data: dict[str, Any]
    hash: str

    @classmethod
    def of(cls, event: Event, case: Case, *, reads_as_office: bool) -> "EventOut":
        # Why an officer put a task aside is for officers only.
        is_told = reads_as_office or event.kind != "task.held"
        return cls(
            sequence=event.sequence,
            kind=event.kind,
            at=event.at,
            actor_id=event.actor_id,
            actor=_actor(event.actor, case),
            data=event.data if is_told else {**event.data, "reason": None},
            hash=bytes(event.hash).hex(),
        )


def _actor(actor: User | None, case: Case) -> str | None:
    if actor is None:
        return None
    # Officers act under their names; whoever files for themselves is a person.
    name = PersonOut.of(actor).name
    return mask_name(name) if actor.pk == case.applicant_id else name


class HistoryOut(Output):
    """The whole trail of a case, oldest first."""

    items: list[EventOut]
    next: None = None


class DraftOut(Output):
    """A draft as it was typed. While its `status` is `waiting_signature`, the legal representative is asked to sign it
    too, and it cannot be changed."""

    id: str
    status: Literal["draft", "waiting_signature", "submitted"]
    process: str
    data: dict[str, Any]
    documents: list[str]
    on_behalf_of: str
    updated_at: Moment
    cases: list[str]

    @classmethod
    def of(cls, draft: Draft) -> "DraftOut":
        return cls(
            id=str(draft.pk),
            status=_draft_status(draft),
            process=draft.process,
            data=draft.data,
            documents=draft.documents,
            on_behalf_of=draft.on_behalf_of,
            updated_at=draft.updated_at,
            cases=[case.number for case in draft.cases.all()] if draft.submitted_at else [],
        )


def _draft_status(draft: Draft) -> Literal["draft", "waiting_signature", "submitted"]:
    if draft.submitted_at is not None:
        return "submitted"
    waiting = getattr(draft, "countersign_request", None)
    return "waiting_signature" if waiting and waiting.settled_at is None else "draft"
