"""What a replay found, as a table for people and as JSON for programs."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any
from unicodedata import east_asian_width

from workflow_app.domain.clock import CHINA
from workflow_app.services.replaying import Entry, Replay

# In the order of the columns.
TITLES = {
    "timer": "定时",
    "warned": "提醒",
    "breached": "超期",
    "escalated": "升级",
    "lapsed": "届满",
    "closed": "办结",
    "letter": "文书",
    "notice": "通知",
    "failed": "失败",
}
# More people than this are left to the JSON.
MOST_PEOPLE = 30
_WIDTH = 10
# Those parts of an entry that are moments.
_MOMENTS = ("due_at", "held_until")


def as_table(found: Replay) -> str:
    """A line a day and a column a kind, then whom it concerns."""
    days = _by_day(found)
    total: Counter[str] = sum(days.values(), Counter())
    lines = [
        f"推演 {found.first} 至 {found.last}，正式数据未作改动。 / Replayed; the real database was not touched.",
        "",
        _line("日期", TITLES.values()),
        _line("day", TITLES),
        *(_line(day.isoformat(), (count[kind] or "·" for kind in TITLES)) for day, count in days.items()),
        _line("合计 total", (total[kind] for kind in TITLES)),
        "",
        f"涉及案件 {len(_cases(found))} 件 / cases concerned",
        *_told(found),
    ]
    return "\n".join(lines)


def as_json(found: Replay) -> dict[str, Any]:
    """`{first, last, cases, totals: {kind: n}, days: {date: {kind: n}}, told: [{to, name, events: {event: n}}],
    entries: [{at, kind, case, process, …detail}]}`; moments by RFC 3339 in the zone of the offices."""
    days = _by_day(found)
    return {
        "first": found.first.isoformat(),
        "last": found.last.isoformat(),
        "cases": len(_cases(found)),
        "totals": dict(sum(days.values(), Counter[str]())),
        "days": {day.isoformat(): dict(count) for day, count in days.items()},
        "told": [
            {"to": to, "name": name, "events": dict(events)} for (to, name), events in _by_person(found)
        ],
        "entries": [
            {
                "at": entry.at.astimezone(CHINA).isoformat(),
                "kind": entry.kind,
                "case": entry.case,
                "process": entry.process,
                **{key: _local(value) if key in _MOMENTS else value for key, value in entry.detail.items()},
            }
            for entry in found.entries
        ],
    }


def _local(moment: str | None) -> str | None:
    return datetime.fromisoformat(moment).astimezone(CHINA).isoformat() if moment else None


def _by_day(found: Replay) -> dict[date, Counter[str]]:
    days: dict[date, Counter[str]] = {}
    for entry in found.entries:
        days.setdefault(entry.at.astimezone(CHINA).date(), Counter())[entry.kind] += 1
    return dict(sorted(days.items()))


def _cases(found: Replay) -> set[str]:
    return {entry.case for entry in found.entries}


def _by_person(found: Replay) -> list[tuple[tuple[str, str], Counter[str]]]:
    """Whoever is told something, with how often what; most first."""
    people: dict[tuple[str, str], Counter[str]] = {}
    for entry in _notices(found.entries):
        events = people.setdefault((entry.detail["to"], entry.detail["name"]), Counter())
        events[entry.detail["event"]] += 1
    return sorted(people.items(), key=lambda each: (-each[1].total(), each[0]))


def _notices(entries: Sequence[Entry]) -> Iterator[Entry]:
    return (entry for entry in entries if entry.kind == "notice")


def _told(found: Replay) -> Iterator[str]:
    people = _by_person(found)
    if not people:
        return
    yield f"通知对象 {len(people)} 人 / people told"
    for (to, name), events in people[:MOST_PEOPLE]:
        counts = "，".join(f"{event} {count}" for event, count in sorted(events.items()))
        yield f"  {name or to}（{to}）：{counts}"
    if len(people) > MOST_PEOPLE:
        yield f"  其余 {len(people) - MOST_PEOPLE} 人见 JSON / the others are in the JSON"


def _line(first: str, cells: Any) -> str:
    return _padded(first, -12) + "".join(_padded(str(cell), _WIDTH) for cell in cells)


def _padded(text: str, width: int) -> str:
    """Filled up to a width on the screen, where a Chinese letter takes two places; on the right if negative."""
    taken = sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
    space = " " * (abs(width) - taken)
    return text + space if width < 0 else space + text
