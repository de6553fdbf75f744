"""The views that somebody saved."""

from django.db.models import Q

from workflow_app.domain import clock
from workflow_app.models import SavedView, User
from workflow_app.models.figures import ViewPlace
from workflow_app.models.people import Role
from workflow_app.selectors.access import Access

MOST_SHARED = 50


def list_views(user: User, place: str = ViewPlace.CONTROL) -> list[SavedView]:
    """The account's own views of a list, by name, and then those that colleagues share with its agencies."""
    agencies = Access(user, clock.now()).agencies(*Role.values)
    seen = SavedView.objects.filter(Q(user=user) | Q(agency__in=agencies), place=place)
    found = list(seen.select_related("user", "agency").order_by("name", "pk")[: 30 + MOST_SHARED])
    return sorted(found, key=lambda each: each.user_id != user.pk)
