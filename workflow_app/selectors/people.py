"""Find accounts that others name."""

from workflow_app.domain import clock
from workflow_app.domain.errors import CreditError
from workflow_app.models import User
from workflow_app.models.people import Role
from workflow_app.selectors.access import Access, officers_of_each

# Roles that have tasks.
HANDLING = (Role.REVIEWER, Role.APPROVER, Role.SOURCE_UNIT, Role.TRAINER)


class ColleagueUnknownError(CreditError):
    """No account of that name works here."""

    code = "colleague_unknown"
    message = "没有找到工作人员账号“{username}”，请核对后重试。"
    status = 422


def get_colleague(username: str) -> User:
    """The officer's account of that name.

    Raises `ColleagueUnknownError`, also for accounts without any role: applicants are nobody's colleagues.
    """
    user = User.objects.filter(username=username, is_active=True, grants__isnull=False).distinct().first()
    if user is None:
        raise ColleagueUnknownError(username=username)
    return user


MOST_COLLEAGUES = 200


def list_colleagues(user: User) -> list[User]:
    """Who holds a role that handles cases in one of the account's agencies, or in one that it supervises, today; itself
    included, by account."""
    access = Access(user, clock.now())
    agencies = access.agencies(*Role.values) | access.supervised_agencies()
    queues = {(role, agency) for role in HANDLING for agency in agencies}
    found = {each.pk: each for users in officers_of_each(queues).values() for each in users}
    return [found[key] for key in sorted(found)][:MOST_COLLEAGUES]
