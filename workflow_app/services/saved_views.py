"""Selections of a list that somebody wants to come back to: their own by name, or shared with an agency."""

from django.db import transaction

from workflow_app.domain import clock
from workflow_app.domain.errors import CreditError, NotFoundError
from workflow_app.models import SavedView, User
from workflow_app.models.figures import ViewPlace
from workflow_app.models.people import Role
from workflow_app.selectors.access import Access

LONGEST_NAME = 60
LONGEST_QUERY = 500
# More than anybody finds again at a glance.
MOST = 30


class ViewNameInvalidError(CreditError):
    """Without a name, or with one that is too long for a button."""

    code = "view_name_invalid"
    message = "请给视图起一个名称，不超过 {longest} 个字。"
    status = 422


class ViewTooLongError(CreditError):
    """The selection is longer than any that the list offers."""

    code = "view_too_long"
    message = "筛选条件过长，不能保存。请减少条件后重试。"
    status = 422


class TooManyViewsError(CreditError):
    """One more than anybody may keep."""

    code = "too_many_views"
    message = "最多保存 {most} 个视图。请先删除不用的视图。"
    status = 422


@transaction.atomic
def save_view(
    *, user: User, name: str, query: str, place: str = ViewPlace.CONTROL, agency_id: int | None = None
) -> SavedView:
    """Keep a selection, given as the query of the list's address, under a name; the same name again replaces it.
    With `agency_id`, one in which the account holds a role, its officers see the view too.

    Raises `ViewNameInvalidError`, `ViewTooLongError`, `TooManyViewsError`, NotFoundError for another's agency.
    """
    if agency_id is not None and agency_id not in Access(user, clock.now()).agencies(*Role.values):
        raise NotFoundError
    name = " ".join(name.replace("\0", "").split())
    if not name or len(name) > LONGEST_NAME:
        raise ViewNameInvalidError(longest=LONGEST_NAME)
    if len(query) > LONGEST_QUERY:
        raise ViewTooLongError
    # Two savings of one person come one after the other, so that both count the views of before.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    own = SavedView.objects.filter(user=user, place=place)
    if own.exclude(name=name).count() >= MOST:
        raise TooManyViewsError(most=MOST)
    view, _ = SavedView.objects.update_or_create(
        user=user, place=place, name=name, defaults={"query": query, "agency_id": agency_id}
    )
    return view


def delete_view(*, user: User, view_id: int) -> None:
    """Forget one of one's own views; one that is gone already, or somebody else's, stays as it is."""
    SavedView.objects.filter(user=user, pk=view_id).delete()
