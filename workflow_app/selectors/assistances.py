"""Read 协查: what source units are asked, for the unit that answers and for the office that asks."""

from datetime import datetime

from django.db.models import Q, QuerySet

from workflow_app.domain import clock
from workflow_app.domain.errors import CreditError, NotFoundError
from workflow_app.models import Agency, Assistance, Case, User
from workflow_app.models.people import Role
from workflow_app.selectors.access import CASE_ROLES, Access, officers_of_each
from workflow_app.selectors.notes import is_office

MOST_SHOWN = 200


class AgencyUnknownError(CreditError):
    """No agency has this code."""

    code = "agency_unknown"
    message = "没有找到单位“{code}”，请核对后重试。"
    status = 422


def agency_to_ask(code: str) -> Agency:
    """The agency of that code; raises `AgencyUnknownError`."""
    agency = Agency.objects.filter(code=code).first()
    if agency is None:
        raise AgencyUnknownError(code=code)
    return agency


def list_open(user: User) -> list[Assistance]:
    """What the account's units are asked and have not answered, soonest due first; at most 200."""
    return list(_open(_of_units(Access(user, clock.now()))).order_by("due_at", "pk")[:MOST_SHOWN])


def count_open(user: User) -> int:
    """How many `list_open` would show."""
    return _open(_of_units(Access(user, clock.now())))[:MOST_SHOWN].count()


def list_answered(user: User) -> list[Assistance]:
    """What the account's units were asked and is over, newest first; at most 200."""
    over = Q(answered_at__isnull=False) | Q(cancelled_at__isnull=False)
    return list(_of_units(Access(user, clock.now())).filter(over).order_by("-pk")[:MOST_SHOWN])


def get_assistance(user: User, assistance_id: int) -> Assistance:
    """The request for the unit that is asked, or for officers of the case that asks; raises NotFoundError.

    The unit sees the question, the record and the chosen papers, never the case: what else hangs on `case` is not for
    it.
    """
    access = Access(user, clock.now())
    own = _of_units(access).filter(pk=assistance_id).first()
    if own is not None:
        return own
    asked = _named().filter(pk=assistance_id, case__in=access.cases()).first()
    if asked is None or not is_office(access, asked.case):
        raise NotFoundError
    return asked


def is_asked(user: User, assistance: Assistance) -> bool:
    """Whether the account answers for the unit that is asked."""
    return assistance.agency_id in Access(user, clock.now()).agencies(Role.SOURCE_UNIT)


def may_ask(user: User, case: Case) -> bool:
    """Whether the account may ask units about the case: an officer who works on it, while it is open."""
    access = Access(user, clock.now())
    works_on_it = case.agency_id in access.agencies(*CASE_ROLES)
    return works_on_it and is_office(access, case) and not case.is_finished


def list_of_case(user: User, case: Case) -> list[Assistance]:
    """All requests of a case that the caller has got by `get_case`, oldest first; none for the applicant's side."""
    if not is_office(Access(user, clock.now()), case):
        return []
    found = Assistance.objects.filter(case=case).select_related("agency", "asked_by", "answered_by")
    return list(found.prefetch_related("documents", "answer_documents").order_by("pk"))


def assistable(case: Case) -> list[Agency]:
    """The agencies that can be asked, which have somebody who would answer: the one that supplied the record first."""
    candidates = list(Agency.objects.exclude(pk=case.agency_id).order_by("region_id", "name"))
    held = officers_of_each({(Role.SOURCE_UNIT.value, agency.pk) for agency in candidates})
    source = case.record.source_agency_id if case.record else None
    found = [agency for agency in candidates if held[Role.SOURCE_UNIT.value, agency.pk]]
    return sorted(found, key=lambda agency: agency.pk != source)


def due_reminders(now: datetime) -> QuerySet[Assistance]:
    """Requests whose people have to be told of the due date, longest waiting first."""
    return _open(Assistance.objects.filter(remind_at__lte=now)).order_by("remind_at", "pk")


def _open(found: QuerySet[Assistance]) -> QuerySet[Assistance]:
    return found.filter(answered_at__isnull=True, cancelled_at__isnull=True)


def _of_units(access: Access) -> QuerySet[Assistance]:
    return _named().filter(agency__in=access.agencies(Role.SOURCE_UNIT))


def _named() -> QuerySet[Assistance]:
    return (
        Assistance.objects.select_related(
            "case__subject",
            "case__agency__region",
            "case__record__source_agency",
            "case__definition",
            "agency",
            "asked_by",
            "answered_by",
        )
        .defer("case__state", "case__state_mac", "case__definition__files", "case__definition__manifest")
        .prefetch_related("documents", "answer_documents")
    )
