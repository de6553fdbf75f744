"""What is said in a case besides the forms, and what source units are asked."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from workflow_app.api.schemas.common import Input, Moment, Output, PersonOut
from workflow_app.models import Assistance, Note
from workflow_app.services.assisting import LONGEST_ANSWER, LONGEST_QUESTION
from workflow_app.services.notes import LONGEST

MOST_MENTIONED, MOST_PAPERS = 20, 50


class NoteIn(Input):
    """`audience`: `office` for its officers only, `everybody` for the applicant too. `mentioned` are accounts."""

    text: str = Field(max_length=2 * LONGEST)
    audience: Literal["office", "everybody"] = "everybody"
    mentioned: Annotated[list[str], Field(max_length=MOST_MENTIONED)] = []


class NoteOut(Output):
    """One note. The applicant's side reads no officer's name: `author` is null, and nobody is `mentioned`."""

    id: int
    audience: Literal["office", "everybody"]
    by_office: bool
    author: PersonOut | None
    text: str
    mentioned: list[PersonOut]
    at: Moment

    @classmethod
    def of(cls, note: Note, *, reads_as_office: bool) -> "NoteOut":
        named = reads_as_office or not note.by_office
        return cls(
            id=note.pk,
            audience=note.audience,
            by_office=note.by_office,
            author=PersonOut.of(note.author) if named else None,
            text=note.text,
            mentioned=[PersonOut.of(each) for each in note.mentioned.all()] if reads_as_office else [],
            at=note.at,
        )


class AssistanceIn(Input):
    """Which agency is asked, by its code, what, and which papers of the case it may see."""

    agency: str = Field(max_length=18)
    question: str = Field(max_length=2 * LONGEST_QUESTION)
    documents: Annotated[list[UUID], Field(max_length=MOST_PAPERS)] = []


class AnswerIn(Input):
    """The unit's answer, with papers it has uploaded."""

    answer: str = Field(max_length=2 * LONGEST_ANSWER)
    documents: Annotated[list[UUID], Field(max_length=MOST_PAPERS)] = []


class AssistanceOut(Output):
    """A request to a source unit. It names the record and no case: the unit does not see that."""

    id: int
    office: str
    agency: str
    record: str | None
    question: str
    documents: list[UUID]
    asked_at: Moment
    due_at: Moment
    answer: str
    answer_documents: list[UUID]
    answered_at: Moment | None
    cancelled_at: Moment | None

    @classmethod
    def of(cls, found: Assistance) -> "AssistanceOut":
        record = found.case.record
        return cls(
            id=found.pk,
            office=found.case.agency.code,
            agency=found.agency.code,
            record=record.number if record else None,
            question=found.question,
            documents=[each.pk for each in found.documents.all()],
            asked_at=found.asked_at,
            due_at=found.due_at,
            answer=found.answer,
            answer_documents=[each.pk for each in found.answer_documents.all()],
            answered_at=found.answered_at,
            cancelled_at=found.cancelled_at,
        )
