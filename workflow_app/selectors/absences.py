"""Who is away, and who acts in whose place."""

from collections.abc import Collection
from datetime import date

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.models import Absence, User
from workflow_app.models.people import Role
from workflow_app.selectors.access import Access, officers_of_each

# Roles whose tasks a substitute can do; supervisors and administrators name none here.
SUBSTITUTED = (Role.REVIEWER, Role.APPROVER, Role.SOURCE_UNIT, Role.TRAINER)
MOST = 50


def substitutes_of(users: Collection[int]) -> dict[int, list[User]]:
    """The substitutes of today by the key of the absent account, for those of `users` that are absent."""
    found: dict[int, list[User]] = {}
    if users:
        day = today()
        absences = Absence.objects.filter(
            user__in=list(users),
            first_on__lte=day,
            last_on__gte=day,
            cancelled_at__isnull=True,
            substitute__is_active=True,
        )
        for absence in absences.select_related("substitute").order_by("pk"):
            found.setdefault(absence.user_id, []).append(absence.substitute)
    return found


def list_absences(user: User) -> list[Absence]:
    """The account's own absences that are not over, soonest first."""
    ahead = Absence.objects.filter(user=user, last_on__gte=today(), cancelled_at__isnull=True)
    return list(ahead.select_related("substitute").order_by("first_on", "pk")[:MOST])


def list_substitutions(user: User) -> list[Absence]:
    """The absences of others in which the account acts, now or later, soonest first."""
    ahead = Absence.objects.filter(substitute=user, last_on__gte=today(), cancelled_at__isnull=True)
    return list(ahead.select_related("user").order_by("first_on", "pk")[:MOST])


def possible_substitutes(user: User) -> list[User]:
    """Colleagues who hold one of the account's roles in the same agency, by account."""
    access = Access(user, clock.now())
    queues = {(grant.role, grant.agency_id) for grant in access.grants if grant.role in SUBSTITUTED}
    found = {each.pk: each for users in officers_of_each(queues).values() for each in users}
    return [found[key] for key in sorted(found) if key != user.pk]


def today() -> date:
    """The day in China."""
    return clock.now().astimezone(CHINA).date()
