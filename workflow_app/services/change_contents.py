"""Check the content of a change whole, and bring it into the one form in which it is kept and applied.

Whatever is wrong is said at once, each with a pointer into the content. By kind:

- calendar: `year`, `notice` (`number`, `issued_on`, `link`; None where only days of noticed years change) and `days`
  (`date`, `working`: True, False, or None for an ordinary day again, and `reason`)
- hours: `region` and `hours` as pairs of `HH:MM`; none: those of the region above
- rules: `rules` (the fields of a `DeadlineRule`, or its key with `removed`) and `applies_to_running`
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_noop as _

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.workdays import FIRST_YEAR
from workflow_app.models import CalendarNotice, DeadlineRule, Region
from workflow_app.models.changes import ChangeKind
from workflow_app.models.clocks import ClockUnit, EscalationLevel
from workflow_app.models.people import Role
from workflow_app.selectors.calendar import office_hours
from workflow_app.selectors.revisions import RULE_KEY, entry_key, rule_key, rules_after
from workflow_app.selectors.rules import choose_rules
from workflow_app.services.calendar import MAKE_UP
from workflow_app.services.change_findings import DOUBLED, EMPTY, Findings, Path
from workflow_app.services.definitions import list_current

# More than the notices of all years together name.
_MOST_DAYS = 1000
_MOST_RULES = 200
_MOST_PERIODS = 4
# What is later than this is no warning any more; as the gate has it for deadlines.yaml.
_MOST_PERCENT = 500
_HOUR = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
_JURISDICTION = re.compile(r"(?:[1-9]\d(?:0000|(?!00)\d{4}))?")
_DECEMBER = 12
_SATURDAY = 5

NOT_YEAR = _("应为年份，{first} 年至 {last} 年。此前各年的通知请先录入。")
NOT_NOTICED = _("{year} 年的放假通知尚未录入，不能单独设置这一天，请先录入通知。")
OTHER_YEAR = _("{day}不属于 {year} 年，请在另一项变更中设置。")
YEAR_NEEDED = _("录入通知须指明年份。")
NOT_LINK = _("应为以 https:// 或 http:// 开头的网址。")
NO_REGION = _("没有找到行政区划“{region}”。")
NOT_HOURS = _("办公时间应为先后排列、互不相接的时段，写作 HH:MM，如 08:30–12:00、13:30–17:30。")
NO_CLOCK = _("业务“{process}”没有时限“{clock}”。")
NOT_JURISDICTION = _("应为六位行政区划代码，全国留空。")
CAP_TOO_SMALL = _("含延长的总长不能少于 {amount}。")
ENDS_EARLY = _("失效日期不能早于生效日期。")
NOT_CHAIN = _(
    "应为百分数（1 至 {most}）与提醒对象的对照，提醒对象为 assignee、queue、supervisor、region 之一。"
)
NO_RULE = _("没有找到这条规则，可能已被删除。")
RULE_NEEDED = _("删除后“{clock}”在此地区没有规则可用，案件将无法计时，请先设置替代的规则。")
NOT_IN_FORCE = _("此规则今天不生效，不能用于正在办理的案件；请在生效之日起再作此变更，或者只用于新案件。")


def checked(kind: str, content: Any) -> dict[str, Any]:
    """The content in its kept form. Raises `ChangeInvalidError` with everything that is wrong."""
    findings = Findings()
    kept = _KINDS[ChangeKind(kind)](findings, content)
    findings.ensure_none()
    return kept


def _calendar(findings: Findings, content: Any) -> dict[str, Any]:
    given = findings.mapping((), content, ("year", "notice", "days"))
    noticed = set(CalendarNotice.objects.values_list("year", flat=True))
    notice = _notice(findings, given.get("notice"))
    year = _year(findings, given.get("year"), noticed, is_needed=notice is not None)
    kept: dict[str, Any] = {"year": year, "notice": notice, "days": []}
    seen: set[str] = set()
    for place, entry in enumerate(findings.items(("days",), given.get("days", []), _MOST_DAYS)):
        path: Path = ("days", place)
        day = _day(findings, path, entry)
        if day["date"] is None:
            continue
        if day["date"] in seen:
            findings.note((*path, "date"), "doubled", DOUBLED, value=day["date"])
        seen.add(day["date"])
        _check_year_of(findings, path, date.fromisoformat(day["date"]), kept, noticed)
        kept["days"].append(day)
    kept["days"].sort(key=lambda day: day["date"])
    if not kept["days"] and notice is None and not findings.problems:
        findings.note(("days",), "required", EMPTY)
    return kept


def _year(findings: Findings, value: Any, noticed: set[int], *, is_needed: bool) -> int | None:
    if value is None and not is_needed:
        return None
    if value is None:
        findings.note(("year",), "required", YEAR_NEEDED)
        return None
    # Year by year: a gap would be taken for a year of which only the weekends are known.
    last = max(noticed, default=FIRST_YEAR - 1) + 1
    if type(value) is not int or not FIRST_YEAR <= value <= last:
        findings.note(("year",), "year", NOT_YEAR, first=FIRST_YEAR, last=last)
        return None
    return value


def _notice(findings: Findings, value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    path: Path = ("notice",)
    given = findings.mapping(path, value, ("number", "issued_on", "link"))
    link = findings.text((*path, "link"), given.get("link"), 500, required=False)
    if link:
        try:
            URLValidator(["http", "https"])(link)
        except ValidationError:
            findings.note((*path, "link"), "link", NOT_LINK)
    return {
        "number": findings.text((*path, "number"), given.get("number"), 60),
        "issued_on": findings.day((*path, "issued_on"), given.get("issued_on"), required=False),
        "link": link,
    }


def _day(findings: Findings, path: Path, entry: Any) -> dict[str, Any]:
    given = findings.mapping(path, entry, ("date", "working", "reason"))
    day = findings.day((*path, "date"), given.get("date"))
    working = given.get("working")
    if working is not None:
        working = findings.yes_no((*path, "working"), working)
    # A weekday that is worked is an ordinary one, whatever it is called.
    if working and day and date.fromisoformat(day).weekday() < _SATURDAY:
        working = None
    reason = findings.text((*path, "reason"), given.get("reason"), 60, required=working is False)
    if working is None:
        reason = ""
    return {"date": day, "working": working, "reason": reason or (MAKE_UP if working else "")}


def _check_year_of(
    findings: Findings, path: Path, day: date, content: Mapping[str, Any], noticed: set[int]
) -> None:
    """A day belongs to a year whose notice is known, and to the year of the change where that has one."""
    path = (*path, "date")
    year = content["year"]
    # A notice may have the last days of the year before worked, as those of 2007 and 2012 did.
    belongs = year is None or day.year == year or (day.year == year - 1 and day.month == _DECEMBER)
    if not belongs:
        findings.note(path, "year", OTHER_YEAR, day=day.isoformat(), year=year)
    elif day.year not in noticed and not (content["notice"] and day.year == year):
        findings.note(path, "not_noticed", NOT_NOTICED, year=day.year)


def _hours(findings: Findings, content: Any) -> dict[str, Any]:
    given = findings.mapping((), content, ("region", "hours"))
    region = findings.text(("region",), given.get("region"), 6)
    if region and not Region.objects.filter(pk=region).exists():
        findings.note(("region",), "region", NO_REGION, region=region)
    periods = findings.items(("hours",), given.get("hours"), _MOST_PERIODS)
    fine = all(
        isinstance(each, (list, tuple))
        and len(each) == 2
        and all(isinstance(edge, str) and _HOUR.fullmatch(edge) for edge in each)
        for each in periods
    )
    try:
        if not fine:
            raise ValueError
        if periods:
            office_hours(periods)
    except ValueError:
        findings.note(("hours",), "hours", NOT_HOURS)
    return {"region": region, "hours": [list(each) for each in periods] if fine else []}


# Everything an administrator says of a rule.
RULE_FIELDS = (
    *RULE_KEY,
    "valid_until",
    "amount",
    "unit",
    "cap_amount",
    "starts",
    "pauses",
    "extended_by",
    "escalation",
    "legal_basis",
    "is_assumed",
)


def _rules(findings: Findings, content: Any) -> dict[str, Any]:
    given = findings.mapping((), content, ("rules", "applies_to_running"))
    applies = findings.yes_no(("applies_to_running",), given.get("applies_to_running", False))
    clocks = {row.slug: {each.name for each in bundle.manifest.clocks} for row, bundle in list_current()}
    kept: list[dict[str, Any]] = []
    entries = findings.items(("rules",), given.get("rules"), _MOST_RULES)
    for place, entry in enumerate(entries):
        kept.append(_rule(findings, ("rules", place), entry, clocks))
    if not entries and not findings.problems:
        findings.note(("rules",), "required", EMPTY)
    if not findings.problems:
        _check_together(findings, kept, applies=applies)
    return {"rules": kept, "applies_to_running": applies}


def _rule(findings: Findings, path: Path, entry: Any, clocks: Mapping[str, set[str]]) -> dict[str, Any]:
    given = findings.mapping(path, entry, (*RULE_FIELDS, "removed"))
    kept: dict[str, Any] = _key(findings, path, given, clocks)
    if given.get("removed") is True:
        return {**kept, "removed": True}
    until = findings.day((*path, "valid_until"), given.get("valid_until"), required=False)
    if until and kept["valid_from"] and until < kept["valid_from"]:
        findings.note((*path, "valid_until"), "order", ENDS_EARLY)
    amount = findings.count((*path, "amount"), given.get("amount"))
    cap = findings.count((*path, "cap_amount"), given.get("cap_amount"), required=False)
    if amount and cap and cap < amount:
        findings.note((*path, "cap_amount"), "too_small", CAP_TOO_SMALL, amount=amount)
    extended_by = given.get("extended_by") or ""
    return {
        **kept,
        "valid_until": until,
        "amount": amount,
        "unit": findings.choice((*path, "unit"), given.get("unit"), ClockUnit.values),
        "cap_amount": cap,
        "starts": findings.text((*path, "starts"), given.get("starts"), 200),
        "pauses": findings.text((*path, "pauses"), given.get("pauses"), 200, required=False),
        "extended_by": findings.choice((*path, "extended_by"), extended_by, ("", *Role.values)),
        "escalation": _chain(findings, (*path, "escalation"), given.get("escalation", {})),
        "legal_basis": findings.text((*path, "legal_basis"), given.get("legal_basis"), 2000),
        "is_assumed": findings.yes_no((*path, "is_assumed"), given.get("is_assumed", False)),
    }


def _key(
    findings: Findings, path: Path, given: Mapping[str, Any], clocks: Mapping[str, set[str]]
) -> dict[str, Any]:
    process = findings.choice((*path, "process"), given.get("process"), sorted(clocks))
    name = findings.text((*path, "clock"), given.get("clock"), 40)
    if process and name and name not in clocks[process]:
        findings.note((*path, "clock"), "clock", NO_CLOCK, process=process, clock=name)
    place = findings.text((*path, "jurisdiction"), given.get("jurisdiction"), 6, required=False)
    if not _JURISDICTION.fullmatch(place):
        findings.note((*path, "jurisdiction"), "jurisdiction", NOT_JURISDICTION)
    first = findings.day((*path, "valid_from"), given.get("valid_from"))
    return {"process": process, "clock": name, "jurisdiction": place, "valid_from": first}


def _chain(findings: Findings, path: Path, value: Any) -> dict[str, str]:
    fine = isinstance(value, Mapping) and all(
        str(percent).isdecimal()
        and len(str(percent)) <= len(str(_MOST_PERCENT))
        and 1 <= int(percent) <= _MOST_PERCENT
        and level in EscalationLevel.values
        for percent, level in value.items()
    )
    if not fine:
        findings.note(path, "escalation", NOT_CHAIN, most=_MOST_PERCENT)
        return {}
    return {str(percent): level for percent, level in sorted((int(key), each) for key, each in value.items())}


def _check_together(findings: Findings, entries: list[dict[str, Any]], *, applies: bool) -> None:
    """What only shows beside the other entries and the rules that stand."""
    today = clock.now().astimezone(CHINA).date()
    processes = {entry["process"] for entry in entries}
    standing = list(DeadlineRule.objects.filter(process__in=processes))
    known = {rule_key(rule) for rule in standing}
    seen = set()
    for place, entry in enumerate(entries):
        path: Path = ("rules", place)
        key = entry_key(entry)
        if key in seen:
            findings.note(path, "doubled", DOUBLED, value=f"{entry['clock']} {entry['valid_from']}")
        seen.add(key)
        if entry.get("removed"):
            if key not in known:
                findings.note(path, "missing", NO_RULE)
            elif _is_needed(standing, entries, entry, today):
                findings.note(path, "needed", RULE_NEEDED, clock=entry["clock"])
        elif applies and not _is_in_force(entry, today):
            findings.note((*path, "valid_from"), "not_in_force", NOT_IN_FORCE)


def _is_needed(
    standing: list[DeadlineRule], entries: list[dict[str, Any]], removed: Mapping[str, Any], today: date
) -> bool:
    """Whether cases of the place would have no rule for the clock any more, which have one now."""
    process, place, name = removed["process"], removed["jurisdiction"], removed["clock"]
    before = [rule for rule in standing if rule.process == process]
    after = rules_after(before, [entry for entry in entries if entry["process"] == process])
    return name in choose_rules(before, place, today) and name not in choose_rules(after, place, today)


def _is_in_force(entry: Mapping[str, Any], today: date) -> bool:
    until = entry["valid_until"]
    return bool(entry["valid_from"] <= today.isoformat() and (not until or until >= today.isoformat()))


_KINDS: Mapping[ChangeKind, Callable[[Findings, Any], dict[str, Any]]] = {
    ChangeKind.CALENDAR: _calendar,
    ChangeKind.HOURS: _hours,
    ChangeKind.RULES: _rules,
}
