"""Read what is said in a case besides the forms: notes to each other, and words with the applicant."""

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.codes import region_prefixes
from workflow_app.models import Case, Mandate, Note, SubjectAccount, User
from workflow_app.models.notes import Audience
from workflow_app.models.people import Role
from workflow_app.models.tasks import LIVE
from workflow_app.selectors.access import (
    APPLICANT,
    CASE_ROLES,
    Access,
    officers_of_each,
    staff_of,
    supervisors_in,
)


def is_office(access: Access, case: Case) -> bool:
    """Whether the account, which may see the case, sees it as one of its officers.

    Whoever acts for the subject is its side, whatever else they are: an officer with a case of their own (回避).
    A clerk who filed at the counter speaks for the person who stood there.
    """
    if case.subject_id in access.subject_ids:
        return False
    if case.agency_id in access.agencies(*CASE_ROLES):
        return True
    if any(case.agency.region_id.startswith(prefix) for prefix in access.supervised_prefixes):
        return True
    source = access.agencies(Role.SOURCE_UNIT)
    return bool(source) and case.tasks.filter(role=Role.SOURCE_UNIT, agency__in=source).exists()


def list_notes(user: User, case: Case) -> list[Note]:
    """The notes of a case that the caller has got by `get_case`, oldest first, with authors and who was mentioned.

    Notes of the office are for its officers only. `by_office` says which side spoke; the applicant's side reads the
    name of its own people only, never an officer's (see `web/parts/notes.html`).
    """
    notes = case.notes.select_related("author").prefetch_related("mentioned").order_by("id")
    if not is_office(Access(user, clock.now()), case):
        notes = notes.filter(audience=Audience.EVERYBODY)
    return list(notes)


def mentionable(case: Case) -> list[User]:
    """The officers who may be mentioned in notes of a case: everybody who may see it as such, in order of accounts."""
    queues = {(role.value, case.agency_id) for role in CASE_ROLES}
    asked = case.tasks.filter(role=Role.SOURCE_UNIT, agency__isnull=False).values_list("agency_id", flat=True)
    queues |= {(Role.SOURCE_UNIT.value, agency) for agency in asked.distinct()}
    found = [user for users in officers_of_each(queues).values() for user in users]
    for supervisors in supervisors_in(region_prefixes(case.agency.region_id)).values():
        found += supervisors
    own = _side_of(case)
    return sorted({user for user in found if user.pk not in own}, key=lambda user: user.pk)


def _side_of(case: Case) -> set[int]:
    """The accounts that act for the subject today."""
    day = clock.now().astimezone(CHINA).date()
    accounts = SubjectAccount.objects.filter(subject=case.subject_id).values_list("user_id", flat=True)
    agents = Mandate.objects.filter(
        subject=case.subject_id, valid_from__lte=day, valid_until__gte=day
    ).values_list("agent_id", flat=True)
    return {*accounts, *agents}


def named_in(text: str, users: list[User]) -> list[User]:
    """Those of `users` whom the text names as `@account` or `@name`, longest names first, so that 王一 is not found in
    @王一一."""
    names = sorted(
        ((name, user) for user in users for name in {user.username, user.display_name} if name),
        key=lambda each: -len(each[0]),
    )
    found: dict[User, None] = {}
    for name, user in names:
        if f"@{name}" in text:
            found[user] = None
            text = text.replace(f"@{name}", " ")
    return [user for user in users if user in found]


def office_readers(case: Case) -> list[User]:
    """Which officers hear what the applicant's side says: who has a task of the case in hand, else the queue of its
    live tasks, else whoever did the last task, else the reviewers of its agency."""
    live = list(
        case.tasks.filter(status__in=LIVE).exclude(role=APPLICANT).select_related("assignee").order_by("id")
    )
    held = [task.assignee for task in live if task.assignee and task.assignee.is_active]
    if held:
        return list(dict.fromkeys(held))
    if live:
        queues = {(task.role, task.agency_id) for task in live if task.agency_id}
        return [user for users in officers_of_each(queues).values() for user in users]
    done = (
        case.tasks.filter(done_by__is_active=True)
        .exclude(role=APPLICANT)
        .select_related("done_by")
        .order_by("-done_at", "-id")
        .first()
    )
    if done is not None and done.done_by is not None:
        return [done.done_by]
    return staff_of(case, Role.REVIEWER)
