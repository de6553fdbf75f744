"""What a change makes different, line by line: what stood there and what shall stand there, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from bpmn.manifest import Process
from workflow_app.models import Region
from workflow_app.models.changes import ChangeKind
from workflow_app.models.clocks import EscalationLevel
from workflow_app.web.moments import day as day_words
from workflow_app.web.tags import role_title, text_of, title_of, typed, units

NONE = "—"
_SATURDAY = 5
_FIELDS = {
    "amount": _("期限"),
    "cap_amount": _("延长后最长"),
    "starts": _("起算"),
    "pauses": _("暂停"),
    "extended_by": _("谁可延长"),
    "escalation": _("提醒"),
    "valid_until": _("有效至"),
    "legal_basis": _("依据"),
    "is_assumed": _("依据待核实"),
}
_NOTICE = {"number": _("通知文号"), "issued_on": _("发布日期"), "link": _("通知链接")}


@dataclass(frozen=True)
class Difference:
    """One thing that changes; `before` and `after` are sentences of the page's language."""

    what: str
    before: str
    after: str


def differences(
    kind: str, before: Mapping[str, Any], content: Mapping[str, Any], processes: Mapping[str, Process]
) -> list[Difference]:
    """The lines for a change of this kind; `before` has the shape of the content."""
    if kind == ChangeKind.CALENDAR:
        return _calendar(before, content)
    if kind == ChangeKind.HOURS:
        return [Difference(gettext("办公时间"), hours_words(before["hours"]), hours_words(content["hours"]))]
    return _rules(before, content, processes)


def _calendar(before: Mapping[str, Any], content: Mapping[str, Any]) -> list[Difference]:
    lines = []
    if content["notice"]:
        old, new = before.get("notice") or {}, content["notice"]
        lines = [
            Difference(gettext(title), typed(old.get(name) or NONE), typed(new.get(name) or NONE))
            for name, title in _NOTICE.items()
            if (old.get(name) or "") != (new.get(name) or "")
        ]
    return lines + [stretch.as_difference() for stretch in _stretches(before, content)]


@dataclass
class _Stretch:
    """Days in a row that become the same, as a notice names them."""

    first: date
    last: date
    before: list[str]
    after: str

    def as_difference(self) -> Difference:
        ends = [self.first] if self.first == self.last else [self.first, self.last]
        what = " – ".join(f"{day_words(day)} {date_format(day, 'D')}" for day in ends)
        return Difference(
            what, format_html_join(gettext("、"), "{}", ((was,) for was in self.before)), self.after
        )


def _stretches(before: Mapping[str, Any], content: Mapping[str, Any]) -> list[_Stretch]:
    stood = {each["date"]: each for each in before["days"]}
    found: list[_Stretch] = []
    for each in sorted(content["days"], key=lambda each: str(each["date"])):
        day = date.fromisoformat(each["date"])
        was, becomes = _day_words(day, stood.get(each["date"])), _day_words(day, each)
        if was == becomes:
            continue
        last = found[-1] if found else None
        if last and last.after == becomes and last.last + timedelta(days=1) == day:
            last.last = day
            last.before += [] if was in last.before else [was]
        else:
            found.append(_Stretch(day, day, [was], becomes))
    return found


def _day_words(day: date, said: Mapping[str, Any] | None) -> str:
    if said is None or said["working"] is None:
        return gettext("周末") if day.weekday() >= _SATURDAY else gettext("平日")
    word = gettext("上班") if said["working"] else gettext("放假")
    if not said["reason"]:
        return word
    return format_html(gettext("{word}（{reason}）"), word=word, reason=typed(gettext(said["reason"])))


def hours_words(hours: list[list[str]]) -> str:
    """Office hours as people write them; of the region above where there are none."""
    if not hours:
        return gettext("与上级相同")
    return gettext("、").join(f"{start}–{end}" for start, end in hours)


def _rules(
    before: Mapping[str, Any], content: Mapping[str, Any], processes: Mapping[str, Process]
) -> list[Difference]:
    stood = {_key(rule): rule for rule in before["rules"]}
    lines = []
    for rule in content["rules"]:
        old, name = stood.get(_key(rule), {"removed": True}), rule_name(rule, processes)
        if rule.get("removed") or old.get("removed"):
            lines.append(Difference(name, _in_short(old), _in_short(rule)))
            continue
        lines += [
            Difference(f"{name} · {gettext(title)}", was, becomes)
            for field, title in _FIELDS.items()
            if (was := _said(old, field)) != (becomes := _said(rule, field))
        ]
    return lines


def _key(rule: Mapping[str, Any]) -> tuple[str, ...]:
    return (rule["process"], rule["clock"], rule["jurisdiction"], rule["valid_from"])


def rule_name(rule: Mapping[str, Any], processes: Mapping[str, Process]) -> str:
    """Process, clock, place and first day of a rule."""
    place = rule["jurisdiction"] or gettext("全国")
    since = day_words(date.fromisoformat(rule["valid_from"]))
    titles = (process_words(rule["process"], processes), clock_words(rule, processes))
    return " · ".join((*titles, place, gettext("{day}起").format(day=since)))


def process_words(slug: str, processes: Mapping[str, Process]) -> str:
    """What a process is called; its slug where none of that name is in force."""
    return text_of(processes[slug].title) if slug in processes else slug


def clock_words(rule: Mapping[str, Any], processes: Mapping[str, Process]) -> str:
    """What the clock of a rule is called."""
    found = processes.get(rule["process"])
    titles = {each.name: text_of(each.title) for each in found.clocks} if found else {}
    return titles.get(rule["clock"], rule["clock"])


def place_words(code: str, regions: Mapping[str, Region]) -> str:
    """What the place of a rule is called; its code alone where it is no region of ours."""
    if not code:
        return gettext("全国")
    return f"{title_of(regions[code])} {code}" if code in regions else code


def _in_short(rule: Mapping[str, Any]) -> str:
    if rule.get("removed"):
        return gettext("没有这条规则")
    return format_html("{} · {}", _said(rule, "amount"), _said(rule, "legal_basis"))


def _said(rule: Mapping[str, Any], field: str) -> str:
    value = rule.get(field)
    if field in ("amount", "cap_amount") and value:
        return units(value, rule["unit"])
    if field == "escalation":
        return escalation_words(value or {})
    if field == "is_assumed":
        return gettext("是") if value else gettext("否")
    if field == "valid_until" and value:
        return day_words(date.fromisoformat(value))
    if field == "extended_by" and value:
        return role_title(value)
    return typed(value) if value else NONE


def escalation_words(escalation: Mapping[str, str]) -> str:
    """Whom the warnings of a rule reach, in order."""
    steps = sorted(escalation.items(), key=lambda step: int(step[0]))
    words = (f"{percent}% {gettext(str(EscalationLevel(level).label))}" for percent, level in steps)
    return gettext("、").join(words) or NONE
