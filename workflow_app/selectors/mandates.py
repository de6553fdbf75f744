"""委托: for whom an account acts, and whom it lets act for the subjects it represents."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet

from workflow_app.models import Mandate, Subject, User
from workflow_app.selectors.signatures import today

# So many days before a mandate ends both sides are warned.
WARNED_DAYS = 14
MOST = 200


@dataclass(frozen=True)
class Held:
    """A mandate and how many days it lasts after today; `ends_soon` when that is to be said."""

    mandate: Mandate
    days_left: int

    @property
    def ends_soon(self) -> bool:
        return self.days_left <= WARNED_DAYS


def list_held(user: User) -> list[Held]:
    """The mandates in force today by which the account acts for others, first those that end first."""
    return _in_force(Mandate.objects.filter(agent=user).select_related("subject"), today())


def list_given(user: User) -> list[Held]:
    """The mandates in force today for the subjects that the account is or represents by law."""
    given = Mandate.objects.filter(subject__accounts__user=user)
    return _in_force(given.select_related("subject", "agent"), today())


def _in_force(mandates: QuerySet[Mandate], day: date) -> list[Held]:
    rows = mandates.filter(valid_from__lte=day, valid_until__gte=day)
    return [Held(each, (each.valid_until - day).days) for each in rows.order_by("valid_until", "pk")[:MOST]]


def own_subjects(user: User) -> list[Subject]:
    """The subjects for which the account may give mandates: which it is, or represents by law."""
    return list(Subject.objects.filter(accounts__user=user).order_by("code"))


def ending_mandates() -> list[Mandate]:
    """Those in force that end within the days of warning, in order."""
    day = today()
    rows = Mandate.objects.filter(valid_until__gte=day, valid_until__lte=day + timedelta(days=WARNED_DAYS))
    return list(rows.filter(valid_from__lte=day).select_related("agent", "subject").order_by("pk"))
