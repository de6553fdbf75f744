"""What the content of a change makes of the calendar and the rules, and which running clocks it may concern.

Nothing is written here: a preview and an apply begin with the same revision.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet

from workflow_app.domain.clock import CHINA
from workflow_app.domain.workdays import DayRule
from workflow_app.models import Agency, Case, Change, Clock, ClockExtension, DeadlineRule, rows
from workflow_app.models.cases import CaseStatus
from workflow_app.models.changes import ChangeKind
from workflow_app.selectors.calendar import CalendarBook, get_book, office_hours
from workflow_app.selectors.rules import choose_rules

RULE_KEY = ("process", "clock", "jurisdiction", "valid_from")
# By what a clock is known to follow the rule of its case: one that was given a length of its own differs here.
_LENGTH = ("amount", "unit", "jurisdiction", "legal_basis")

Rule = dict[str, Any]


@dataclass(frozen=True)
class Revision:
    """The world after a change, and where to look for what it does.

    `clocks` are the ids of those whose due date, provisional mark or rungs may differ. `rules` gives the rule (None:
    none) that a case takes for a clock, by case and name; `terms` the figures that a clock takes, by clock.
    """

    book: CalendarBook
    clocks: list[int] = field(default_factory=list)
    rules: Mapping[int, Mapping[str, Rule | None]] = field(default_factory=dict)
    terms: Mapping[int, Rule] = field(default_factory=dict)


def revision_of(kind: str, content: Mapping[str, Any], now: datetime) -> Revision:
    """What this checked content would make of the world at `now`."""
    if kind == ChangeKind.CALENDAR:
        return _of_days(content)
    if kind == ChangeKind.HOURS:
        return _of_hours(content)
    return _of_rules(content, now)


def revision_back(change: Change, now: datetime) -> Revision:
    """What undoing an applied change makes of the world at `now`."""
    before: Mapping[str, Any] = change.before or {}
    if change.kind != ChangeKind.RULES:
        return revision_of(change.kind, before, now)
    kept = [(group["clock"], group["rule"], group["cases"]) for group in before["cases"]]
    ids = [case for *_, cases in kept for case in cases]
    # A case that has ended since ended by the rule it had.
    open_cases = set(_open_cases().filter(pk__in=ids).values_list("pk", flat=True))
    rules: defaultdict[int, dict[str, Rule | None]] = defaultdict(dict)
    for clock, rule, cases in kept:
        for case in open_cases.intersection(cases):
            rules[case][clock] = rule
    terms = {clock: group["terms"] for group in before["clocks"] for clock in group["clocks"]}
    return Revision(get_book(), sorted(terms), rules, terms)


def revision_since(first: date) -> Revision:
    """The world as the tables have it, where days from `first` on may have changed."""
    return Revision(get_book(), _clocks_between(first, date.max - timedelta(days=1)))


def owner_of(day: date, content: Mapping[str, Any]) -> int:
    """The year whose notice orders a day of this content: the notice entered with it, else that of its own year."""
    return content["year"] if content["notice"] else day.year


def _of_days(content: Mapping[str, Any]) -> Revision:
    book = get_book()
    notices, days = dict(book.notices), dict(book.days)
    notice, touched = content["notice"], []
    if notice:
        year = content["year"]
        touched += [date(year, 1, 1), date(year, 12, 31)]
        if notice.get("removed"):
            notices.pop(year, None)
        else:
            notices[year] = notice["number"]
    for entry in content["days"]:
        day = date.fromisoformat(entry["date"])
        touched.append(day)
        if entry["working"] is None:
            days.pop(day, None)
        else:
            number = notices.get(entry.get("notice") or owner_of(day, content), "")
            days[day] = DayRule(entry["working"], entry["reason"], number)
    after = replace(book, days=days, notices=notices, _built={})
    return Revision(after, _clocks_between(min(touched), max(touched)))


_BETWEEN = """
SELECT id FROM workflow_app_clock WHERE status <> 'stopped' AND started_at < %s AND id IN (
    SELECT id FROM workflow_app_clock WHERE status = 'running' AND due_at >= %s
    UNION SELECT clock_id FROM workflow_app_clockpause WHERE ended_at IS NULL
    UNION SELECT clock_id FROM workflow_app_clockrung WHERE fired_at IS NULL AND due_at >= %s
) ORDER BY id
"""


def _clocks_between(first: date, last: date) -> list[int]:
    """The clocks that have begun by the end of `last` and are not over before `first`, with all that is planned.

    Days before the start and after the end decide nothing.
    """
    begin, end = _midnight(first), _midnight(last + timedelta(days=1))
    return [key for (key,) in rows.query(_BETWEEN, end, begin, begin)]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CHINA)


def _of_hours(content: Mapping[str, Any]) -> Revision:
    book = get_book()
    hours = {code: each for code, each in book.hours.items() if code != content["region"]}
    if content["hours"]:
        hours[content["region"]] = office_hours(content["hours"])
    after = replace(book, hours=hours, _built={})
    agencies = [
        agency
        for agency, region in Agency.objects.values_list("pk", "region_id")
        if book.calendar(region).hours != after.calendar(region).hours
    ]
    found = rows.query(
        "SELECT id FROM workflow_app_clock WHERE status <> 'stopped' AND agency_id = ANY(%s) ORDER BY id",
        agencies,
    )
    return Revision(after, [key for (key,) in found])


def _of_rules(content: Mapping[str, Any], now: datetime) -> Revision:
    """Running cases keep the rules they were filed under, unless the change says otherwise: then they take what it
    puts in force in their region today."""
    if not content["applies_to_running"]:
        return Revision(get_book())
    today = now.astimezone(CHINA).date()
    rules: dict[int, dict[str, Rule | None]] = {}
    kept: dict[int, Mapping[str, Rule]] = {}
    for process in dict.fromkeys(entry["process"] for entry in content["rules"]):
        taken = _taken(process, content["rules"], today)
        found = _open_cases().filter(process=process, agency__in=taken).order_by("pk")
        for case, agency, own in found.values_list("pk", "agency_id", "rules").iterator():
            new = {name: rule for name, rule in taken[agency].items() if own.get(name) != rule}
            if new:
                rules[case], kept[case] = dict(new), own
    terms = dict(_terms(rules, kept))
    return Revision(get_book(), sorted(terms), rules, terms)


def _taken(process: str, entries: Iterable[Mapping[str, Any]], day: date) -> dict[int, dict[str, Rule]]:
    """The rules that hold otherwise in an agency's region after the change, by agency and clock."""
    before = list(DeadlineRule.objects.filter(process=process))
    after = rules_after(before, [entry for entry in entries if entry["process"] == process])
    taken = {}
    for agency, region in Agency.objects.values_list("pk", "region_id"):
        was, will = choose_rules(before, region, day), choose_rules(after, region, day)
        if new := {name: rule for name, rule in will.items() if was.get(name) != rule}:
            taken[agency] = new
    return taken


def rules_after(before: Iterable[DeadlineRule], entries: Iterable[Mapping[str, Any]]) -> list[DeadlineRule]:
    """These rules with the entries of a change, as rows that are not written."""
    found = {rule_key(rule): rule for rule in before}
    for entry in entries:
        key = entry_key(entry)
        if entry.get("removed"):
            found.pop(key, None)
        else:
            found[key] = DeadlineRule(**rule_values(entry))
    return list(found.values())


def rule_key(rule: DeadlineRule) -> tuple[str, str, str, date]:
    """What a rule is known by."""
    return rule.process, rule.clock, rule.jurisdiction, rule.valid_from


def entry_key(entry: Mapping[str, Any]) -> tuple[str, str, str, date]:
    """`rule_key` of an entry of a change."""
    return (
        entry["process"],
        entry["clock"],
        entry["jurisdiction"],
        date.fromisoformat(entry["valid_from"]),
    )


def rule_values(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the row that an entry of a change stands for."""
    until = entry["valid_until"]
    return {
        "is_edited": True,
        **entry,
        "valid_from": date.fromisoformat(entry["valid_from"]),
        "valid_until": date.fromisoformat(until) if until else None,
    }


def _terms(
    rules: Mapping[int, Mapping[str, Rule | None]], kept: Mapping[int, Mapping[str, Rule]]
) -> Iterator[tuple[int, Rule]]:
    clocks = rows.read(Clock, "status <> 'stopped' AND case_id = ANY(%s) ORDER BY id", list(rules))
    granted: defaultdict[int, int] = defaultdict(int)
    extensions = ClockExtension.objects.filter(clock__in=[clock.pk for clock in clocks])
    for key, amount in extensions.values_list("clock_id", "amount"):
        granted[key] += amount
    for clock in clocks:
        rule, own = rules[clock.case_id].get(clock.name), kept[clock.case_id].get(clock.name)
        if not rule or not own or any(getattr(clock, name) != own[name] for name in _LENGTH):
            continue
        # An extension was granted in the unit of the clock: in another it would be another length.
        if granted[clock.pk] and rule["unit"] != clock.unit:
            continue
        cap = rule["cap_amount"]
        # What was granted stays granted, also where the new rule would not allow as much.
        total = rule["amount"] + granted[clock.pk]
        yield clock.pk, {**rule, "cap_amount": cap and max(cap, total)}


def _open_cases() -> QuerySet[Case]:
    return Case.objects.filter(status__in=(CaseStatus.OPEN, CaseStatus.WAITING_APPLICANT))
