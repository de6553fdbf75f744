"""看板: what runs now in the supervised regions, what is due soon and what is overdue, counted from indexes.

Clocks that only the applicant can end are nobody's debt and are left out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext_noop as _

from workflow_app.domain import clock
from workflow_app.domain.codes import region_prefixes
from workflow_app.models import Definition, Region, User
from workflow_app.selectors.scope import EVERYTHING, Place, Selection, ask, places_of, soon_until

# Shown in place of an officer: the tasks that nobody has taken.
UNCLAIMED = _("未领取"), "Not taken yet"

Counts = tuple[int, int, int]


@dataclass(frozen=True)
class BoardRow:
    """One region, agency, process or officer. `running` counts all that run; `soon` and `overdue` are among them.

    key: what a selection names it by; empty for the tasks that no officer has taken. A region's row includes what lies
    below the region.
    """

    key: str
    title: str
    title_en: str
    running: int
    soon: int
    overdue: int


def board(
    user: User,
    *,
    by: Literal["region", "agency", "process", "officer"],
    selection: Selection = EVERYTHING,
) -> list[BoardRow]:
    """The rows in their natural order: regions by code, agencies by region, processes by slug, officers by what
    presses.

    By officer, and wherever an officer is selected, live tasks are counted in place of clocks.
    """
    places = places_of(user, selection)
    if by == "officer":
        return _officers(count_tasks(places, selection, "assignee_id"))
    count = count_clocks if selection.officer is None else count_tasks
    if by == "process":
        return _processes(count(places, selection, "process"))
    counts = count(places, selection, "agency_id")
    if by == "agency":
        return [
            BoardRow(str(pk), place.name, place.name_en, *counts[pk])
            for pk, place in places.items()
            if pk in counts
        ]
    return _regions(counts, places)


def count_clocks(places: Mapping[int, Place], selection: Selection, by: str) -> dict[Any, Counts]:
    """Running clocks of these agencies as (running, soon, overdue) by a column of the clock."""
    now = clock.now()
    return _counts(
        f"SELECT {by}, count(*), count(*) FILTER (WHERE due_at >= %s AND due_at <= %s), "  # noqa: S608 - our columns
        "count(*) FILTER (WHERE due_at < %s) FROM workflow_app_clock "
        "WHERE status = 'running' AND NOT is_applicants AND agency_id = ANY(%s) "
        f"AND (process = %s OR %s = '') AND (name = %s OR %s = '') GROUP BY {by}",
        (now, soon_until(now), now, list(places), *(selection.process,) * 2, *(selection.clock,) * 2),
    )


def count_tasks(places: Mapping[int, Place], selection: Selection, by: str) -> dict[Any, Counts]:
    """Officers' live tasks in the queues of these agencies as (running, soon, overdue) by a column of the task."""
    now = clock.now()
    return _counts(
        f"SELECT {by}, count(*), count(*) FILTER (WHERE due_at >= %s AND due_at <= %s), "  # noqa: S608 - our columns
        "count(*) FILTER (WHERE due_at < %s) FROM workflow_app_task "
        "WHERE status IN ('open', 'claimed') AND agency_id = ANY(%s) AND (process = %s OR %s = '') "
        f"AND (clock = %s OR %s = '') AND (assignee_id = %s OR %s) GROUP BY {by}",
        (
            now,
            soon_until(now),
            now,
            list(places),
            *(selection.process,) * 2,
            *(selection.clock,) * 2,
            selection.officer or 0,
            selection.officer is None,
        ),
    )


def _counts(text: str, values: Iterable[Any]) -> dict[Any, Counts]:
    return {key: (running, soon, overdue) for key, running, soon, overdue in ask(text, *values)}


def _processes(counts: Mapping[str, Counts]) -> list[BoardRow]:
    titles = dict(Definition.objects.filter(is_current=True).values_list("slug", "manifest__title"))
    found = []
    for slug in sorted(counts):
        title, title_en = titles.get(slug, (slug, slug))
        found.append(BoardRow(slug, title, title_en, *counts[slug]))
    return found


def _regions(counts: Mapping[int, Counts], places: Mapping[int, Place]) -> list[BoardRow]:
    """A row for every region of the scope that has anything running, with what lies below it."""
    sums: dict[str, Counts] = {}
    inside = {place.region for place in places.values()}
    for agency, found in counts.items():
        for region in region_prefixes(places[agency].region):
            if region in inside:
                sums[region] = _add(sums.get(region, (0, 0, 0)), found)
    regions = Region.objects.in_bulk(sums)
    return [BoardRow(code, regions[code].name, regions[code].name_en, *sums[code]) for code in sorted(sums)]


def _add(one: Counts, other: Counts) -> Counts:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


def _officers(counts: Mapping[int | None, Counts]) -> list[BoardRow]:
    names = names_of(officer for officer in counts if officer)
    found = [BoardRow(str(pk), *both, *counts[pk]) for pk, both in names.items()]
    found.sort(key=lambda row: (-row.overdue, -row.soon, -row.running, int(row.key)))
    return [BoardRow("", *UNCLAIMED, *counts[None]), *found] if None in counts else found


def names_of(accounts: Iterable[int]) -> dict[int, tuple[str, str]]:
    """What people are called in Chinese and in English, by the keys of their accounts."""
    found = User.objects.filter(pk__in=set(accounts)).order_by("pk")
    return {
        pk: (name or username, name_en or name or username)
        for pk, username, name, name_en in found.values_list(
            "pk", "username", "display_name", "display_name_en"
        )
    }
