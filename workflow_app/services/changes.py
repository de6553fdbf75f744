"""Changes of the calendar, of office hours and of deadline rules: drafted, applied as a whole, undone.

Nobody edits these tables directly: a due date that people rely on moves only with a name, a moment and a list of what
moved. The shape of the content by kind is told in `workflow_app.services.change_contents`.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.db import transaction

from workflow_app.domain import clock
from workflow_app.domain.errors import NotFoundError
from workflow_app.models import (
    CalendarDay,
    CalendarNotice,
    Case,
    Change,
    Clock,
    DeadlineRule,
    Region,
    User,
)
from workflow_app.models.changes import ChangeKind, ChangeStatus
from workflow_app.selectors.changes import ensure_administrator, get_change
from workflow_app.selectors.revisions import (
    RULE_KEY,
    Revision,
    entry_key,
    owner_of,
    revision_back,
    revision_of,
    rule_values,
)
from workflow_app.selectors.rules import TERMS
from workflow_app.services.change_contents import RULE_FIELDS, checked
from workflow_app.services.change_errors import (
    ChangeNotAppliedError,
    ChangeNotDraftError,
    ChangeSupersededError,
)
from workflow_app.services.change_findings import Findings
from workflow_app.services.recomputing import Cause, recompute
from workflow_app.services.time_lock import stop_time


def draft_change(*, user: User, kind: str, title: str, content: Any, reason: str = "") -> Change:
    """Draft a change of this `ChangeKind`; nothing else changes yet.

    Raises `ChangeInvalidError` with everything that is wrong, ForbiddenError unless `user` is a system administrator.
    """
    ensure_administrator(user)
    findings = Findings()
    kind = findings.choice(("kind",), kind, ChangeKind.values)
    change = Change(kind=kind, created_by=user, created_at=clock.now(), **_words(findings, title, reason))
    findings.ensure_none()
    change.content = checked(kind, content)
    change.save()
    return change


def revise_change(
    *,
    change_id: int,
    user: User,
    title: str | None = None,
    reason: str | None = None,
    content: Any = None,
) -> Change:
    """Change a draft; None leaves a part as it is. Raises as `draft_change`, `ChangeNotDraftError`, NotFoundError."""
    with transaction.atomic():
        change = _locked_draft(change_id, user)
        findings = Findings()
        words = _words(
            findings,
            change.title if title is None else title,
            change.reason if reason is None else reason,
        )
        findings.ensure_none()
        change.title, change.reason = words["title"], words["reason"]
        if content is not None:
            change.content = checked(change.kind, content)
        change.save(update_fields=["title", "reason", "content"])
    return change


def _words(findings: Findings, title: Any, reason: Any) -> dict[str, str]:
    return {
        "title": findings.text(("title",), title, 200),
        "reason": findings.text(("reason",), reason, 500, required=False),
    }


def discard_change(*, change_id: int, user: User) -> Change:
    """Give up a draft. Raises `ChangeNotDraftError`, NotFoundError, ForbiddenError."""
    with transaction.atomic():
        change = _locked_draft(change_id, user)
        change.status = ChangeStatus.DISCARDED
        change.save(update_fields=["status"])
    return change


def apply_change(*, change_id: int, user: User) -> Change:
    """Bring a draft into effect: its rows, and every running clock that it concerns, in one transaction.

    No act on any case goes on meanwhile. Raises `ChangeNotDraftError` if it was applied or given up before,
    `ChangeInvalidError` if the tables have changed so that it does not fit any more, `CalendarYearMissingError`,
    `CaseStuckError`, NotFoundError, ForbiddenError.
    """
    with transaction.atomic():
        stop_time()
        change = _locked_draft(change_id, user)
        now = clock.now()
        change.content = checked(change.kind, change.content)
        revision = revision_of(change.kind, change.content, now)
        change.before = _KINDS[ChangeKind(change.kind)](change.content) | _kept(change.kind, revision)
        recompute(revision, Cause(now, change.pk, user))
        change.status, change.applied_by, change.applied_at = ChangeStatus.APPLIED, user, now
        change.save()
    return change


def undo_change(*, change_id: int, user: User) -> Change:
    """Put back what an applied change replaced, and compute the running clocks anew, in one transaction.

    Clocks that were started or paused since follow as well. Raises `ChangeNotAppliedError`, `ChangeSupersededError`
    if a later change of the same must be undone first, `CalendarYearMissingError`, `CaseStuckError`, NotFoundError,
    ForbiddenError.
    """
    with transaction.atomic():
        stop_time()
        change = _locked(change_id, user)
        if change.status != ChangeStatus.APPLIED:
            raise ChangeNotAppliedError(**_called(change))
        _ensure_last(change)
        now = clock.now()
        revision = revision_back(change, now)
        _KINDS[ChangeKind(change.kind)](change.before or {})
        undone = {effect.clock_id: effect for effect in change.effects.all()}
        recompute(revision, Cause(now, change.pk, user, undone, is_undo=True))
        change.status, change.undone_by, change.undone_at = ChangeStatus.UNDONE, user, now
        change.save()
    return change


def _locked(change_id: int, user: User) -> Change:
    get_change(user, change_id)
    change = Change.objects.select_for_update().filter(pk=change_id).first()
    if change is None:
        raise NotFoundError
    return change


def _locked_draft(change_id: int, user: User) -> Change:
    change = _locked(change_id, user)
    if change.status != ChangeStatus.DRAFT:
        raise ChangeNotDraftError(**_called(change))
    return change


def _called(change: Change) -> dict[str, str]:
    return {"change": change.title, "status": str(ChangeStatus(change.status).label)}


def _ensure_last(change: Change) -> None:
    """What a later change has replaced again, or rests on, cannot be taken away under it."""
    later = Change.objects.filter(kind=change.kind, status=ChangeStatus.APPLIED).exclude(pk=change.pk)
    own = _touched(change)
    for other in later.filter(applied_at__gte=change.applied_at).order_by("-applied_at", "-pk"):
        is_later = (other.applied_at, other.pk) > (change.applied_at, change.pk)
        if is_later and own & (_touched(other) | _rests_on(other)):
            raise ChangeSupersededError(change=change.title, later=other.title)


def _touched(change: Change) -> set[tuple[Any, ...]]:
    """What the change lays a hand on."""
    content, before = change.content, change.before or {}
    if change.kind == ChangeKind.HOURS:
        return {(content["region"],)}
    if change.kind == ChangeKind.RULES:
        keys: set[tuple[Any, ...]] = {entry_key(entry) for entry in content["rules"]}
        if content["applies_to_running"]:
            keys |= {(entry["process"], entry["clock"]) for entry in content["rules"]}
        return keys
    touched: set[tuple[Any, ...]] = {(entry["date"],) for entry in content["days"]}
    if content["notice"]:
        touched.add(("notice", content["year"]))
        if before["notice"].get("removed"):
            touched.add(("year", content["year"]))
    return touched


def _rests_on(change: Change) -> set[tuple[Any, ...]]:
    """The years whose notices order the days of the change: a notice goes only when no day needs it."""
    days = change.content.get("days", ())
    return {("year", owner_of(date.fromisoformat(entry["date"]), change.content)) for entry in days}


def _kept(kind: str, revision: Revision) -> dict[str, Any]:
    """The rules of cases and the figures of clocks that give way, those that are alike together."""
    if kind != ChangeKind.RULES:
        return {}
    cases: defaultdict[str, list[int]] = defaultdict(list)
    for key, rules in Case.objects.filter(pk__in=revision.rules).values_list("pk", "rules").order_by("pk"):
        for name in revision.rules[key]:
            cases[_words_of([name, rules.get(name)])].append(key)
    clocks: defaultdict[str, list[int]] = defaultdict(list)
    for key, *values in Clock.objects.filter(pk__in=revision.terms).values_list("pk", *TERMS).order_by("pk"):
        clocks[_words_of(dict(zip(TERMS, values, strict=True)))].append(key)
    return {
        "cases": [
            {"clock": name, "rule": rule, "cases": keys}
            for text, keys in cases.items()
            for name, rule in (json.loads(text),)
        ],
        "clocks": [{"terms": json.loads(text), "clocks": keys} for text, keys in clocks.items()],
    }


def _words_of(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _write_calendar(content: Mapping[str, Any]) -> dict[str, Any]:
    """Write notice and days → what stood there, in the same form."""
    year, notice = content["year"], content["notice"]
    before: dict[str, Any] = {"year": year, "notice": None, "days": []}
    if notice:
        before["notice"] = _notice_of(year)
    if notice and not notice.get("removed"):
        CalendarNotice.objects.update_or_create(
            year=year,
            defaults={
                "number": notice["number"],
                "issued_on": notice["issued_on"] and date.fromisoformat(notice["issued_on"]),
                "link": notice["link"],
            },
        )
    days = [date.fromisoformat(entry["date"]) for entry in content["days"]]
    standing = CalendarDay.objects.in_bulk(days)
    for day, entry in zip(days, content["days"], strict=True):
        before["days"].append(_day_of(day, standing.get(day)))
        if entry["working"] is None:
            continue
        # Where a day had a row, its notice is named by what brings it back; else the one that orders it now.
        owner = entry.get("notice") or owner_of(day, content)
        standing[day] = CalendarDay(
            day=day, is_working=entry["working"], reason=entry["reason"], notice_id=owner
        )
    CalendarDay.objects.filter(pk__in=days).delete()
    named = {date.fromisoformat(entry["date"]) for entry in content["days"] if entry["working"] is not None}
    CalendarDay.objects.bulk_create(standing[day] for day in days if day in named)
    if notice and notice.get("removed"):
        CalendarNotice.objects.filter(year=year).delete()
    return before


def _notice_of(year: int) -> dict[str, Any]:
    row = CalendarNotice.objects.filter(year=year).first()
    if row is None:
        return {"removed": True}
    issued_on = row.issued_on.isoformat() if row.issued_on else None
    return {"number": row.number, "issued_on": issued_on, "link": row.link}


def _day_of(day: date, row: CalendarDay | None) -> dict[str, Any]:
    if row is None:
        return {"date": day.isoformat(), "working": None, "reason": ""}
    return {
        "date": day.isoformat(),
        "working": row.is_working,
        "reason": row.reason,
        "notice": row.notice_id,
    }


def _write_hours(content: Mapping[str, Any]) -> dict[str, Any]:
    region = Region.objects.get(pk=content["region"])
    before = {"region": region.pk, "hours": region.office_hours}
    region.office_hours = content["hours"]
    region.save(update_fields=["office_hours"])
    return before


def _write_rules(content: Mapping[str, Any]) -> dict[str, Any]:
    before = []
    for entry in content["rules"]:
        key: dict[str, Any] = dict(zip(RULE_KEY, entry_key(entry), strict=True))
        row = DeadlineRule.objects.filter(**key).first()
        before.append(_rule_of(row) if row else {**{name: entry[name] for name in RULE_KEY}, "removed": True})
        if entry.get("removed"):
            DeadlineRule.objects.filter(**key).delete()
        else:
            DeadlineRule.objects.update_or_create(**key, defaults=rule_values(entry))
    return {"rules": before, "applies_to_running": content["applies_to_running"]}


def _rule_of(row: DeadlineRule) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in (*RULE_FIELDS, "is_edited")}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


_KINDS: Mapping[ChangeKind, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    ChangeKind.CALENDAR: _write_calendar,
    ChangeKind.HOURS: _write_hours,
    ChangeKind.RULES: _write_rules,
}
