"""What administrators look after: the years of the calendar, the regions' office hours, the deadline rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q
from django.forms import model_to_dict

from workflow_app.domain.codes import region_prefixes
from workflow_app.domain.errors import NotFoundError
from workflow_app.models import CalendarDay, CalendarNotice, DeadlineRule, Region
from workflow_app.models.changes import ChangeKind
from workflow_app.selectors.paging import (
    DEFAULT_LIMIT,
    CursorInvalidError,
    Page,
    decode_cursor,
    ensure_limit,
    page_of,
)

# The key of a rule's row, by which lists of rules are in order.
RULE_KEY = ("process", "clock", "jurisdiction", "valid_from")
# In filters: the rules that hold wherever no region has its own.
COUNTRY = "country"


@dataclass(frozen=True)
class Office:
    """A region and its office hours. `source` is the region that they come from, None for the country's usual ones."""

    region: Region
    hours: list[list[str]]
    source: Region | None

    @property
    def is_own(self) -> bool:
        """Whether the region has set them itself."""
        return self.source == self.region


def list_notices() -> list[CalendarNotice]:
    """The notices of all years, newest first, each with `off` and `worked`: how many days it names of each kind."""
    counted = CalendarNotice.objects.annotate(
        off=Count("days", filter=Q(days__is_working=False)),
        worked=Count("days", filter=Q(days__is_working=True)),
    )
    return list(counted.order_by("-year"))


def find_notice(year: int) -> CalendarNotice | None:
    """The notice of a year, None as long as none has been entered."""
    return CalendarNotice.objects.filter(year=year).first()


def list_regions() -> dict[str, Region]:
    """Every region by its code, in order."""
    return {region.code: region for region in Region.objects.order_by("code")}


def list_offices() -> list[Office]:
    """Every region with the office hours that hold there, by code."""
    regions = list_regions()
    return [_office(region, regions) for region in regions.values()]


def get_office(code: str) -> Office:
    """One region with its office hours; raises NotFoundError."""
    regions = list_regions()
    if code not in regions:
        raise NotFoundError
    return _office(regions[code], regions)


def _office(region: Region, regions: dict[str, Region]) -> Office:
    above = (regions[code] for code in region_prefixes(region.code) if code in regions)
    source = next((each for each in above if each.office_hours), None)
    return Office(region, source.office_hours if source else [], source)


def list_rules(
    *,
    process: str = "",
    clock: str = "",
    jurisdiction: str = "",
    cursor: str = "",
    limit: int = DEFAULT_LIMIT,
) -> Page[DeadlineRule]:
    """Deadline rules by process, clock, jurisdiction and first day; empty filters let everything through.

    `jurisdiction` is the code that a rule was made for, `COUNTRY` those made for none. Raises `CursorInvalidError`,
    `LimitInvalidError`.
    """
    found = DeadlineRule.objects.order_by(*RULE_KEY)
    if process:
        found = found.filter(process=process)
    if clock:
        found = found.filter(clock=clock)
    if jurisdiction:
        found = found.filter(jurisdiction="" if jurisdiction == COUNTRY else jurisdiction)
    if cursor:
        found = found.filter(_after(cursor))
    return page_of(found[: ensure_limit(limit) + 1], limit, *RULE_KEY)


def _after(cursor: str) -> Q:
    *texts, day = decode_cursor(cursor, str, str, str, str)
    try:
        key = (*texts, date.fromisoformat(day))
    except ValueError as broken:
        raise CursorInvalidError from broken
    if any("\0" in text for text in texts):
        raise CursorInvalidError
    later = Q()
    for place, name in enumerate(RULE_KEY):
        same = dict(zip(RULE_KEY[:place], key[:place], strict=True))
        later |= Q(**same, **{f"{name}__gt": key[place]})
    return later


def get_rule(rule_id: int) -> DeadlineRule:
    """One deadline rule; raises NotFoundError."""
    found = DeadlineRule.objects.filter(pk=rule_id).first()
    if found is None:
        raise NotFoundError
    return found


def find_rule(key: Mapping[str, Any]) -> DeadlineRule | None:
    """The rule with this process, clock, jurisdiction and first day (text), None if there is none."""
    return DeadlineRule.objects.filter(**{name: key[name] for name in RULE_KEY}).first()


def list_jurisdictions() -> list[str]:
    """The codes that any rule was made for, in order; the whole country (empty) first."""
    return list(
        DeadlineRule.objects.order_by("jurisdiction").values_list("jurisdiction", flat=True).distinct()
    )


def standing(kind: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """What stands now where this content of a change would stand, in the same shape: the other side of a draft."""
    if kind == ChangeKind.HOURS:
        region = Region.objects.filter(code=content["region"]).first()
        return {"region": content["region"], "hours": region.office_hours if region else []}
    if kind == ChangeKind.RULES:
        found = (find_rule(key) for key in content["rules"])
        return {"rules": [_as_content(rule) for rule in found if rule]}
    notice = find_notice(content["year"]) if content["year"] else None
    days = CalendarDay.objects.filter(day__in=[each["date"] for each in content["days"]])
    return {
        "year": content["year"],
        "notice": notice and _notice_as_content(notice),
        "days": [
            {"date": day.day.isoformat(), "working": day.is_working, "reason": day.reason} for day in days
        ],
    }


def _notice_as_content(notice: CalendarNotice) -> dict[str, Any]:
    issued = notice.issued_on.isoformat() if notice.issued_on else None
    return {"number": notice.number, "issued_on": issued, "link": notice.link}


def _as_content(rule: DeadlineRule) -> dict[str, Any]:
    values = model_to_dict(rule, exclude=["id", "is_edited"])
    days = {name: values[name] and values[name].isoformat() for name in ("valid_from", "valid_until")}
    return {**values, **days}
