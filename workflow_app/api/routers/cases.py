"""File, follow and withdraw cases; drafts."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from workflow_app.api.auth import signed_in
from workflow_app.api.headers import expected_version, set_version
from workflow_app.api.openapi import guarded_by_version
from workflow_app.api.schemas.cases import (
    BASE,
    CaseFilters,
    CaseIn,
    CaseOut,
    CaseRow,
    DraftIn,
    DraftOut,
    EventOut,
    HistoryOut,
    WithdrawIn,
)
from workflow_app.api.schemas.clocks import ExplanationOut, ExtendIn
from workflow_app.api.schemas.common import Nothing, PageOut
from workflow_app.domain import clock
from workflow_app.models import Case, CountersignRequest, User
from workflow_app.selectors.access import Access
from workflow_app.selectors.cases import get_case, get_history, list_cases
from workflow_app.selectors.clocks import get_clock
from workflow_app.selectors.drafts import get_draft, list_drafts
from workflow_app.selectors.notes import is_office
from workflow_app.services.cases import file_case, withdraw_case
from workflow_app.services.drafts import save_draft
from workflow_app.services.signing import hand_in_draft
from workflow_app.services.supervision import extend_deadline

router = Router(tags=["cases"])


@router.get("", response=PageOut[CaseRow], operation_id="cases_list")
def cases_list(request: HttpRequest, filters: Query[CaseFilters]) -> PageOut[CaseRow]:
    """The cases that are visible to the account, newest first."""
    page = list_cases(signed_in(request), **filters.model_dump())
    return PageOut(items=[CaseRow.of(case) for case in page.items], next=page.next)


@router.post("", response={201: CaseOut}, operation_id="cases_create")
def cases_create(request: HttpRequest, response: HttpResponse, body: CaseIn) -> CaseOut:
    """File a case. A form that names several records files one case for each: see `also_filed`."""
    user = signed_in(request)
    return _filed(user, file_case(user=user, **body.model_dump()), response)


@router.get("/drafts", response=PageOut[DraftOut], operation_id="drafts_list")
def drafts_list(request: HttpRequest) -> PageOut[DraftOut]:
    """The account's drafts that are not submitted, last written first."""
    return PageOut(items=[DraftOut.of(draft) for draft in list_drafts(signed_in(request))], next=None)


@router.post("/drafts", response={201: DraftOut}, operation_id="drafts_create")
def drafts_create(request: HttpRequest, body: DraftIn) -> DraftOut:
    """Keep a filing as typed so far."""
    return DraftOut.of(save_draft(user=signed_in(request), **body.model_dump()))


@router.get("/drafts/{uuid:draft_id}", response=DraftOut, operation_id="drafts_get")
def drafts_get(request: HttpRequest, draft_id: UUID) -> DraftOut:
    """A draft as it was typed."""
    return DraftOut.of(get_draft(signed_in(request), draft_id))


@router.put("/drafts/{uuid:draft_id}", response=DraftOut, operation_id="drafts_update")
def drafts_update(request: HttpRequest, draft_id: UUID, body: DraftIn) -> DraftOut:
    """Put this in place of what the draft held."""
    return DraftOut.of(save_draft(user=signed_in(request), draft_id=draft_id, **body.model_dump()))


@router.post(
    "/drafts/{uuid:draft_id}/submit", response={201: CaseOut, 202: DraftOut}, operation_id="drafts_submit"
)
def drafts_submit(
    request: HttpRequest, response: HttpResponse, draft_id: UUID, body: Nothing | None = None
) -> Status[CaseOut] | Status[DraftOut]:
    """File the draft. Where the agent's mandate asks for a second signature, the legal representative is asked for it
    (202): the draft is filed with that signature. Submitting it again gives the same."""
    user = signed_in(request)
    handed_in = hand_in_draft(draft_id=draft_id, user=user)
    if isinstance(handed_in, CountersignRequest):
        return Status(202, DraftOut.of(handed_in.draft))
    return Status(201, _filed(user, handed_in, response))


@router.get("/{number}", response=CaseOut, operation_id="cases_get")
def cases_get(request: HttpRequest, response: HttpResponse, number: str) -> CaseOut:
    """A case with its clocks, live tasks and letters."""
    case = get_case(signed_in(request), number)
    set_version(response, case.lock_version)
    return CaseOut.of(case, clock.now())


@router.get("/{number}/history", response=HistoryOut, operation_id="cases_history")
def cases_history(request: HttpRequest, number: str) -> HistoryOut:
    """What happened, oldest first. Each event carries the hash that chains it to the one before."""
    user = signed_in(request)
    case = get_case(user, number)
    as_office = is_office(Access(user, clock.now()), case)
    events = get_history(case)
    return HistoryOut(items=[EventOut.of(each, case, reads_as_office=as_office) for each in events])


@router.get("/{number}/clocks/{name}/explanation", response=ExplanationOut, operation_id="clocks_explain")
def clocks_explain(request: HttpRequest, number: str, name: str) -> ExplanationOut:
    """Why a clock is due when it is, day by day, and where its time went: the same for everybody who sees the case."""
    case = get_case(signed_in(request), number)
    return ExplanationOut.of(get_clock(case, name), clock.now())


@router.post(
    "/{number}/clocks/{name}/extend",
    response=ExplanationOut,
    operation_id="clocks_extend",
    openapi_extra=guarded_by_version(),
)
def clocks_extend(
    request: HttpRequest, response: HttpResponse, number: str, name: str, body: ExtendIn
) -> ExplanationOut:
    """Make a clock longer within its rule; for supervisors of the region. The applicant is told with the reason."""
    user = signed_in(request)
    extend_deadline(
        number=number,
        clock=name,
        amount=body.amount,
        reason=body.reason,
        user=user,
        expected_version=expected_version(request),
    )
    case = get_case(user, number)
    set_version(response, case.lock_version)
    return ExplanationOut.of(get_clock(case, name), clock.now())


@router.post(
    "/{number}/withdraw",
    response=CaseOut,
    operation_id="cases_withdraw",
    openapi_extra=guarded_by_version(),
)
def cases_withdraw(request: HttpRequest, response: HttpResponse, number: str, body: WithdrawIn) -> CaseOut:
    """Take a case back, until it is decided."""
    user = signed_in(request)
    withdraw_case(number=number, user=user, reason=body.reason, expected_version=expected_version(request))
    return _seen(user, number, response)


def _filed(user: User, cases: list[Case], response: HttpResponse) -> CaseOut:
    first, *others = cases
    case = get_case(user, first.number)
    response["Location"] = f"{BASE}/cases/{case.number}"
    set_version(response, case.lock_version)
    return CaseOut.of(case, clock.now(), tuple(each.number for each in others))


def _seen(user: User, number: str, response: HttpResponse) -> CaseOut:
    case = get_case(user, number)
    set_version(response, case.lock_version)
    return CaseOut.of(case, clock.now())
