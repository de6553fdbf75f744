"""Read what is published for everybody (公示), only while it is live. Persons were masked when it was made."""

from datetime import date

from django.db.models import Q

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import NotFoundError
from workflow_app.models import Publication
from workflow_app.selectors.cases import clean_search
from workflow_app.selectors.paging import DEFAULT_LIMIT, Page, decode_cursor, ensure_limit, page_of

# The texts of a publication in which people search.
_SEARCHED = ("subject", "subject_code", "matter", "commitment_code", "agency")


def list_published(
    q: str = "", cursor: str = "", *, kind: str = "", limit: int = DEFAULT_LIMIT
) -> Page[Publication]:
    """Live publications, newest first; `q` is part of the title, a name, a matter or a code.

    Nothing that is not shown is searched, so that no masked name can be guessed. Raises `CursorInvalidError`,
    `LimitInvalidError`.
    """
    ensure_limit(limit)
    rows = Publication.objects.filter(live_on(clock.now().astimezone(CHINA).date()))
    if kind:
        rows = rows.filter(kind=kind)
    if q := clean_search(q):
        found = Q(title__icontains=q)
        for name in _SEARCHED:
            found |= Q(**{f"content__{name}__icontains": q})
        rows = rows.filter(found)
    if cursor:
        (last,) = decode_cursor(cursor, int)
        rows = rows.filter(pk__lt=last)
    return page_of(list(rows.order_by("-pk")[: limit + 1]), limit, "pk")


def get_published(publication_id: int) -> Publication:
    """One live publication; raises NotFoundError, also once it has ended."""
    live = Publication.objects.filter(live_on(clock.now().astimezone(CHINA).date()))
    found = live.filter(pk=publication_id).first()
    if found is None:
        raise NotFoundError
    return found


def live_on(day: date) -> Q:
    """What is published on the day: begun, not ended, not stopped."""
    return Q(starts_on__lte=day, ends_on__gte=day, stopped_at__isnull=True)
