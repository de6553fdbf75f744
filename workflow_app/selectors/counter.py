"""窗口: read who stood at the counter, and what its clerks took down and still expect."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db.models import QuerySet

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.models import Case, CounterVisit, Document, Draft, Subject, Task, User
from workflow_app.models.cases import Channel
from workflow_app.models.tasks import LIVE
from workflow_app.selectors.access import APPLICANT, Access

MOST = 100


@dataclass(frozen=True)
class Filing:
    """One case taken down at the counter, with who stood there; `visit` is None for what came by a token."""

    case: Case
    visit: CounterVisit | None


@dataclass(frozen=True)
class Unfinished:
    """A visit whose application is not filed yet, with whom it is for."""

    visit: CounterVisit
    subject: Subject


def get_visit(draft: Draft) -> CounterVisit | None:
    """Who stands at the counter for this draft; None for one that somebody fills in alone."""
    return CounterVisit.objects.filter(draft=draft).first()


def visit_of_case(case: Case) -> CounterVisit | None:
    """Who stood at the counter when the case was filed."""
    return CounterVisit.objects.filter(draft__cases=case).select_related("draft__owner").first()


def papers_of(visit: CounterVisit, kind: str = "") -> list[Document]:
    """The scans taken at the counter, of one kind if given, in the order they came."""
    papers = visit.papers.order_by("uploaded_at")
    return list(papers.filter(kind=kind) if kind else papers)


def list_filings(access: Access) -> list[Filing]:
    """What the clerks of this counter took down today, latest first."""
    start = datetime.combine(clock.now().astimezone(CHINA).date(), time(), CHINA)
    cases = (
        _taken_down(access)
        .filter(filed_at__gte=start, filed_at__lt=start + timedelta(days=1))
        .order_by("-filed_at", "-pk")[:MOST]
    )
    return _with_visits(list(cases))


def list_unfinished(clerk: User) -> list[Unfinished]:
    """Visits whose application is not filed yet, latest first."""
    visits = CounterVisit.objects.filter(draft__owner=clerk, draft__submitted_at__isnull=True)
    found = list(visits.select_related("draft").order_by("-draft__updated_at")[:MOST])
    subjects = Subject.objects.filter(code__in={visit.draft.on_behalf_of for visit in found})
    by_code = {subject.code: subject for subject in subjects}
    return [Unfinished(visit, by_code[visit.draft.on_behalf_of]) for visit in found]


def list_expected(access: Access) -> list[Task]:
    """What the persons whose cases were taken down at this counter have to hand in, soonest due first."""
    tasks = Task.objects.filter(
        role=APPLICANT, status__in=LIVE, case__filed_by__in=access.counter_ids, case__channel=Channel.WINDOW
    )
    return list(
        tasks.select_related("case__subject", "case__definition")
        .defer("case__state", "case__state_mac", "case__definition__files")
        .order_by("due_at", "pk")[:MOST]
    )


def _taken_down(access: Access) -> QuerySet[Case]:
    return (
        Case.objects.filter(filed_by__in=access.counter_ids, channel=Channel.WINDOW)
        .select_related("subject", "agency", "definition", "filed_by")
        .defer("state", "state_mac", "definition__files")
    )


def _with_visits(cases: Sequence[Case]) -> list[Filing]:
    found = CounterVisit.objects.filter(draft__cases__in=cases).values_list("draft__cases", "pk")
    visits = CounterVisit.objects.in_bulk([pk for _, pk in found])
    by_case = {case: visits[pk] for case, pk in found}
    return [Filing(case, by_case.get(case.pk)) for case in cases]
