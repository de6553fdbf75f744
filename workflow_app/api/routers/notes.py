"""Notes of a case, and requests to source units (协查)."""

from django.http import HttpRequest
from ninja import Router

from workflow_app.api.auth import signed_in
from workflow_app.api.schemas.common import Id, Nothing, PageOut
from workflow_app.api.schemas.notes import AnswerIn, AssistanceIn, AssistanceOut, NoteIn, NoteOut
from workflow_app.domain import clock
from workflow_app.selectors.access import Access
from workflow_app.selectors.assistances import (
    agency_to_ask,
    get_assistance,
    list_of_case,
    list_open,
)
from workflow_app.selectors.cases import get_case
from workflow_app.selectors.notes import is_office, list_notes
from workflow_app.selectors.people import get_colleague
from workflow_app.services.assisting import answer_assistance, ask_assistance, cancel_assistance
from workflow_app.services.notes import add_note

router = Router(tags=["notes"])


@router.get("/cases/{number}/notes", response=PageOut[NoteOut], operation_id="notes_list")
def notes_list(request: HttpRequest, number: str) -> PageOut[NoteOut]:
    """What is said in the case, oldest first; notes of the office are for its officers only."""
    user = signed_in(request)
    case = get_case(user, number)
    as_office = is_office(Access(user, clock.now()), case)
    notes = list_notes(user, case)
    return PageOut(items=[NoteOut.of(each, reads_as_office=as_office) for each in notes], next=None)


@router.post("/cases/{number}/notes", response={201: NoteOut}, operation_id="notes_create")
def notes_create(request: HttpRequest, number: str, body: NoteIn) -> NoteOut:
    """Say something in the case; the other side is told, and so is whoever is mentioned."""
    user = signed_in(request)
    note = add_note(
        number=number,
        user=user,
        text=body.text,
        audience=body.audience,
        mentioned=[get_colleague(each) for each in body.mentioned],
    )
    return NoteOut.of(note, reads_as_office=note.by_office)


@router.get(
    "/cases/{number}/assistances", response=PageOut[AssistanceOut], operation_id="assistances_of_case"
)
def assistances_of_case(request: HttpRequest, number: str) -> PageOut[AssistanceOut]:
    """What source units were asked about the case, oldest first; for its officers."""
    user = signed_in(request)
    found = list_of_case(user, get_case(user, number))
    return PageOut(items=[AssistanceOut.of(each) for each in found], next=None)


@router.post("/cases/{number}/assistances", response={201: AssistanceOut}, operation_id="assistances_create")
def assistances_create(request: HttpRequest, number: str, body: AssistanceIn) -> AssistanceOut:
    """Ask a source unit, which sees the question, the record and these papers only. The case's clocks go on."""
    user = signed_in(request)
    found = ask_assistance(
        number=number,
        user=user,
        agency=agency_to_ask(body.agency),
        question=body.question,
        documents=body.documents,
    )
    return AssistanceOut.of(get_assistance(user, found.pk))


@router.get("/assistances", response=PageOut[AssistanceOut], operation_id="assistances_list")
def assistances_list(request: HttpRequest) -> PageOut[AssistanceOut]:
    """What the account's units are asked and have not answered, soonest due first."""
    found = list_open(signed_in(request))
    return PageOut(items=[AssistanceOut.of(each) for each in found], next=None)


@router.post(
    "/assistances/{int:assistance_id}/answer", response=AssistanceOut, operation_id="assistances_answer"
)
def assistances_answer(request: HttpRequest, assistance_id: Id, body: AnswerIn) -> AssistanceOut:
    """Answer for the unit. 409 assistance_answered says who was faster."""
    user = signed_in(request)
    answer_assistance(assistance_id=assistance_id, user=user, answer=body.answer, documents=body.documents)
    return AssistanceOut.of(get_assistance(user, assistance_id))


@router.post(
    "/assistances/{int:assistance_id}/cancel", response=AssistanceOut, operation_id="assistances_cancel"
)
def assistances_cancel(request: HttpRequest, assistance_id: Id, body: Nothing | None = None) -> AssistanceOut:
    """Take the question back; for officers who work on the case."""
    user = signed_in(request)
    cancel_assistance(assistance_id=assistance_id, user=user)
    return AssistanceOut.of(get_assistance(user, assistance_id))
