"""Read the subjects an account may act for, and at the counter those that come."""

from dataclasses import dataclass

from django.db.models import QuerySet

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.codes import check_subject_code
from workflow_app.domain.errors import ForbiddenError, NotFoundError
from workflow_app.models import Mandate, Subject, User
from workflow_app.models.people import Role
from workflow_app.selectors.access import Access
from workflow_app.selectors.search import clean_search


@dataclass(frozen=True)
class Represented:
    """A subject the account files for. `until` is the mandate's last day (ISO), empty where no mandate is needed."""

    subject: Subject
    until: str


def list_subjects(user: User) -> list[Represented]:
    """The subjects the account is, represents by law, or holds a mandate for today; one's own first, then by code."""
    now = clock.now()
    day = now.astimezone(CHINA).date()
    own = set(user.subject_accounts.values_list("subject_id", flat=True))
    mandates = Mandate.objects.filter(agent=user, valid_from__lte=day, valid_until__gte=day)
    # The longest of several mandates counts.
    until: dict[int, str] = {}
    for subject_id, last in mandates.order_by("valid_until").values_list("subject_id", "valid_until"):
        until[subject_id] = last.isoformat()
    found = [
        Represented(subject, "" if subject.pk in own else until.get(subject.pk, ""))
        for subject in Access(user, now).subjects().order_by("code")
    ]
    return sorted(found, key=lambda each: each.until != "")


def find_subject(access: Access, code: str) -> Subject | None:
    """The subject with that code, for whoever sits at the counter; None where nobody has entered it.

    Raises ForbiddenError, `UsccInvalidError` and `IdCardInvalidError` for a code with a slip of the pen.
    """
    return _at_counter(access).filter(code=clean_search(check_subject_code(code))).first()


def get_subject_at_counter(access: Access, subject_id: int) -> Subject:
    """The subject that a clerk has looked up; raises ForbiddenError, NotFoundError."""
    found = _at_counter(access).filter(pk=subject_id).first()
    if found is None:
        raise NotFoundError
    return found


def _at_counter(access: Access) -> QuerySet[Subject]:
    if Role.CLERK not in access.roles:
        raise ForbiddenError
    return Subject.objects.all()
