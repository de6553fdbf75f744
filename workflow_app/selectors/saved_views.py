"""The views that somebody saved."""

from workflow_app.models import SavedView, User


def list_views(user: User) -> list[SavedView]:
    """The account's own views, by name."""
    return list(SavedView.objects.filter(user=user).order_by("name"))
