"""协查: an officer asks a source unit about a case, the unit answers; the clocks of the case go on meanwhile."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.deadlines import Budget, Unit, compute_due
from workflow_app.domain.errors import ConflictError, CreditError, ForbiddenError
from workflow_app.models import Agency, Assistance, Case, Document, User, rows
from workflow_app.models.people import Role
from workflow_app.models.tasks import TaskStatus
from workflow_app.selectors.access import APPLICANT, officers_of_each
from workflow_app.selectors.assistances import (
    assistable,
    due_reminders,
    get_assistance,
    is_asked,
    may_ask,
)
from workflow_app.selectors.cases import get_case
from workflow_app.selectors.documents import ASSISTANCE_KIND
from workflow_app.services.case_forms import own_papers
from workflow_app.services.errors import CaseFinishedError, DocumentUnknownError
from workflow_app.services.notes import cleaned
from workflow_app.services.notices import notify, notify_about, office_moment
from workflow_app.services.transition import Transition, open_trail

ASKED, ANSWERED, DUE = "assistance_asked", "assistance_answered", "assistance_due"
LONGEST_QUESTION, LONGEST_ANSWER = 2000, 4000
# The clock whose rule says how long a unit has; where a process has none, 3 working days inside its own period.
CLOCK: Final = "assist"
_DEFAULT = {"amount": 3, "unit": Unit.WORKING_DAY.value}


class AssistanceTextError(CreditError):
    """No question or answer, or one that is too long."""

    code = "assistance_text"
    message = "请填写 1 至 {limit} 字（您填写了 {length} 字）。"
    status = 422


class AssistanceUnheardError(ConflictError):
    """Nobody in that agency would read the question."""

    code = "assistance_unheard"
    message = "{agency}目前没有能够答复协查的人员，请选择其他单位或者直接联系该单位。"


class AssistanceOpenError(ConflictError):
    """That agency has been asked about this case and has not answered yet."""

    code = "assistance_open"
    message = "已于{when}请{agency}协查，尚未答复。需要改问的，请先撤回原协查。"


class AssistanceAnsweredError(ConflictError):
    """Somebody was faster."""

    code = "assistance_answered"
    message = "此协查已由{who}于{when}答复，不能再更改。"


class AssistanceCancelledError(ConflictError):
    """It was taken back, or the case has ended."""

    code = "assistance_cancelled"
    message = "此协查已于{when}撤回或者因案件办结而结束，不需要再答复。"


def ask_assistance(
    *, number: str, user: User, agency: Agency, question: str, documents: Iterable[UUID] = ()
) -> Assistance:
    """Ask `agency` about the case; its officers see the question, the record and these papers of the case only.

    Due by the rule of the clock `assist` that the case was filed under, else within 3 working days. The version of
    the case that people saw stays good and its clocks go on. Raises NotFoundError, ForbiddenError (not an officer who
    works on it), `CaseFinishedError`, `AssistanceTextError`, `AssistanceUnheardError`, `AssistanceOpenError`,
    `DocumentUnknownError` for a paper that is not of the case, `CalendarYearMissingError`.
    """
    words = _clean(question, LONGEST_QUESTION)
    case = get_case(user, number)
    with open_trail(case.pk, skip_locked=False) as moving:
        moving.actor = user
        if moving.case.is_finished:
            raise CaseFinishedError(number=number)
        if not may_ask(user, case):
            raise ForbiddenError
        if agency not in assistable(case):
            raise AssistanceUnheardError(**_named(agency))
        _ensure_none_open(moving.case, agency)
        papers = _papers_of(moving.case, documents)
        rule = moving.case.rules.get(CLOCK, _DEFAULT)
        due = compute_due(moving.now, Budget(rule["amount"], Unit(rule["unit"])), moving.calendar)
        assistance = Assistance.objects.create(
            case=moving.case,
            agency=agency,
            question=words,
            asked_by=user,
            asked_at=moving.now,
            due_at=due.due_at,
            remind_at=moving.now + (due.due_at - moving.now) / 2,
        )
        assistance.documents.set(papers)
        moving.record_event("assistance.asked", **_fact(assistance), due_at=due.due_at.isoformat())
        _tell(moving, assistance, ASKED, _officers(agency))
    return assistance


def answer_assistance(
    *, assistance_id: int, user: User, answer: str, documents: Iterable[UUID] = ()
) -> Assistance:
    """Answer for the unit, with papers of one's own that go to the office and never to the applicant.

    Whoever asked and who has the case in hand are told. Raises NotFoundError, ForbiddenError (not of the unit),
    `AssistanceTextError`, `AssistanceAnsweredError`, `AssistanceCancelledError`, `DocumentUnknownError`.
    """
    words = _clean(answer, LONGEST_ANSWER)
    with _open(assistance_id, user) as (moving, assistance):
        if not is_asked(user, assistance):
            raise ForbiddenError
        papers = own_papers(user, [str(each) for each in documents])
        for paper in papers:
            paper.case, paper.kind = moving.case, ASSISTANCE_KIND
        Document.objects.bulk_update(papers, ["case", "kind"])
        assistance.answer, assistance.answered_by, assistance.answered_at = words, user, moving.now
        rows.update(assistance, ("answer", "answered_by", "answered_at"))
        assistance.answer_documents.set(papers)
        moving.record_event("assistance.answered", **_fact(assistance))
        notify(moving, ANSWERED, _askers(assistance), agency=_title(assistance.agency))
    return assistance


def cancel_assistance(*, assistance_id: int, user: User) -> Assistance:
    """Take the question back; by officers who work on the case. Raises as `answer_assistance`."""
    with _open(assistance_id, user) as (moving, assistance):
        if not may_ask(user, assistance.case):
            raise ForbiddenError
        _cancel(moving, assistance)
    return assistance


def cancel_open(moving: Transition) -> None:
    """The case ends: nobody needs to answer any more."""
    for assistance in rows.read(
        Assistance, "case_id = %s AND answered_at IS NULL AND cancelled_at IS NULL", moving.case.pk
    ):
        _cancel(moving, assistance)


def remind_due(limit: int) -> int:
    """Tell units and askers of what is due, at half of the time and when it is over, up to `limit` → how many.

    Run twice it finds nothing the second time; a case that somebody holds is left for the next round.
    """
    done = 0
    for pk, case_id in due_reminders(clock.now()).values_list("pk", "case_id")[:limit]:
        try:
            with open_trail(case_id) as moving:
                done += _remind(moving, pk)
        except Case.DoesNotExist:
            continue
    return done


def _remind(moving: Transition, pk: int) -> int:
    assistance = due_reminders(moving.now).select_related("agency", "asked_by").filter(pk=pk).first()
    if assistance is None:
        return 0
    is_overdue = assistance.due_at <= moving.now
    assistance.remind_at = None if is_overdue else assistance.due_at
    rows.update(assistance, ("remind_at",))
    moving.record_event("assistance.reminded", **_fact(assistance), is_overdue=is_overdue)
    told = _officers(assistance.agency)
    if is_overdue:
        told += _askers(assistance)
    _tell(moving, assistance, DUE, told, is_overdue=is_overdue)
    return 1


@contextmanager
def _open(assistance_id: int, user: User) -> Iterator[tuple[Transition, Assistance]]:
    """The request while its case is locked, still waiting for its answer; on leaving, the trail is written."""
    case_id = get_assistance(user, assistance_id).case_id
    with open_trail(case_id, skip_locked=False) as moving:
        moving.actor = user
        assistance = get_assistance(user, assistance_id)
        if assistance.answered_at:
            raise AssistanceAnsweredError(
                **_person(assistance.answered_by), when=_minute(assistance.answered_at)
            )
        if assistance.cancelled_at:
            raise AssistanceCancelledError(when=_minute(assistance.cancelled_at))
        yield moving, assistance


def _cancel(moving: Transition, assistance: Assistance) -> None:
    assistance.cancelled_at = moving.now
    rows.update(assistance, ("cancelled_at",))
    moving.record_event("assistance.cancelled", **_fact(assistance))


def _clean(text: str, limit: int) -> str:
    words = cleaned(text)
    if not 1 <= len(words) <= limit:
        raise AssistanceTextError(limit=limit, length=len(words))
    return words


def _ensure_none_open(case: Case, agency: Agency) -> None:
    """Under the lock of the case: of two who ask at once, the second is told of the first."""
    waiting = case.assistances.filter(agency=agency, answered_at=None, cancelled_at=None).first()
    if waiting is not None:
        raise AssistanceOpenError(**_named(agency), when=_minute(waiting.asked_at))


def _papers_of(case: Case, documents: Iterable[UUID]) -> list[Document]:
    wanted = list(dict.fromkeys(documents))
    found = case.documents.exclude(kind=ASSISTANCE_KIND).in_bulk(wanted)
    for each in wanted:
        if each not in found:
            raise DocumentUnknownError(id=str(each))
    return list(found.values())


def _fact(assistance: Assistance) -> dict[str, Any]:
    """What the trail says of it. The words themselves are between the office and the unit."""
    agency = rows.follow(assistance, "agency")
    return {"assistance": assistance.pk, "agency": agency.name, "agency_en": agency.name_en}


def _officers(agency: Agency) -> list[User]:
    return officers_of_each({(Role.SOURCE_UNIT.value, agency.pk)})[Role.SOURCE_UNIT.value, agency.pk]


def _askers(assistance: Assistance) -> list[User]:
    """Who asked, and who has the case in hand now."""
    live = assistance.case.tasks.filter(status=TaskStatus.CLAIMED).exclude(role=APPLICANT)
    held = [task.assignee for task in live.select_related("assignee") if task.assignee]
    return [assistance.asked_by, *held]


def _tell(
    moving: Transition, assistance: Assistance, event: str, users: Sequence[User], **extra: Any
) -> None:
    """Messages that lead to the request and not to the case, which the unit does not see."""
    record, title = rows.follow(moving.case, "record"), moving.manifest.title
    notify_about(
        event,
        users,
        process=moving.case.process,
        path=f"/desk/assistance/{assistance.pk}",
        origin=f"assistance {assistance.pk} {assistance.remind_at or 'over'}",
        # What time causes waits for the office to open.
        held_until=None if moving.actor else office_moment(moving.calendar, moving.now),
        asker=_title(rows.follow(moving.case, "agency")),
        agency=_title(assistance.agency),
        about={"zh": record.number, "en": record.number} if record else title._asdict(),
        due=f"{assistance.due_at.astimezone(CHINA):%Y-%m-%d %H:%M}",
        **extra,
    )


def _title(agency: Agency) -> dict[str, str]:
    return {"zh": agency.name, "en": agency.name_en}


def _named(agency: Agency) -> dict[str, str]:
    return {"agency": agency.name, "agency_en": agency.name_en}


def _person(user: User | None) -> dict[str, str]:
    return {"who": str(user), "who_en": user.display_name_en if user else ""}


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M}"
