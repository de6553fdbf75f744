"""The ledger of a clock in plain words and in figures to draw: lines, shares, how much is used, and why that date."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from workflow_app.domain.deadlines import COUNTED_MAKE_UP_DAY, HOLIDAY, MOVED, PAUSED, DayLine
from workflow_app.models import Clock
from workflow_app.models.clocks import ClockStatus
from workflow_app.selectors.clocks import Countdown, Entry, Ledger
from workflow_app.web.moments import day, when
from workflow_app.web.tags import person, role_title, units, working_hours

_DAY = timedelta(days=1)
_WEEK = 7

# Kind of entry → what it is called, and how it is marked.
_TITLES = {
    "started": (_("开始计时"), "begin"),
    "paused": (_("暂停计时"), "pause"),
    "resumed": (_("恢复计时"), "begin"),
    "extended": (_("延长"), "change"),
    "warned": (_("提醒"), "warn"),
    "breached": (_("超期"), "bad"),
    "lapsed": (_("期限届满"), "warn"),
    "escalated": (_("超期后再次督办"), "bad"),
    "recomputed": (_("因日历或者规则变更重新计算"), "change"),
    "recovered": (_("因日历或者规则变更不再超期"), "good"),
    "stopped": (_("停止计时"), "end"),
}


@dataclass(frozen=True)
class Line:
    """One line of the ledger. `tone` is a class of the style sheet that repeats what the words say."""

    title: str
    tone: str
    at: datetime
    detail: str
    # What a person typed, to be marked as such.
    typed: str
    due_at: datetime | None


def lines_of(ledger: Ledger, clock: Clock) -> list[Line]:
    """The ledger for people, oldest first."""
    return [_line(entry, clock) for entry in ledger.entries]


def _line(entry: Entry, clock: Clock) -> Line:
    title, tone = _TITLES[entry.kind]
    if entry.kind == "stopped" and entry.is_on_time is not None:
        tone = "good" if entry.is_on_time else "bad"
    typed = entry.reason if entry.kind in ("extended", "recomputed", "recovered") else ""
    return Line(gettext(title), tone, entry.at, _detail(entry, clock), typed, entry.due_at)


def _detail(entry: Entry, clock: Clock) -> str:
    match entry.kind:
        case "paused":
            return _waiting(entry)
        case "extended":
            return gettext("延长 {length}，由{who}批准").format(
                length=units(entry.amount or 0, clock.unit), who=person(entry.by)
            )
        case "warned" | "escalated":
            return gettext("已用去时限的 {percent}%").format(percent=entry.percent)
        case "stopped":
            return gettext("按时") if entry.is_on_time else gettext("曾超期")
    return ""


def _waiting(entry: Entry) -> str:
    # Diagrams pause, with reasons that the catalogue knows.
    reason = gettext(entry.reason) if entry.reason else "—"
    return gettext("等待{who}：{reason}").format(who=role_title(entry.owed_by), reason=reason)


def waits_for(ledger: Ledger) -> str:
    """Who owes what while the clock is paused; empty while it is not."""
    paused = [entry for entry in ledger.entries if entry.kind == "paused"]
    return _waiting(paused[-1]) if ledger.due_if_resumed and paused else ""


@dataclass(frozen=True)
class Bar:
    """The part of one side in the time spent: in words, and as a piece of a bar 100 wide."""

    owner: str
    title: str
    working_days: float
    calendar_days: float
    percent: int
    x: str
    width: str


def bars_of(ledger: Ledger) -> list[Bar]:
    """Who had the time, by working time; by calendar time where no office was open yet."""
    by_calendar = not sum(share.working_seconds for share in ledger.shares)
    lengths = [share.calendar_seconds if by_calendar else share.working_seconds for share in ledger.shares]
    total, bars, passed = sum(lengths) or 1, [], 0
    for share, length in zip(ledger.shares, lengths, strict=True):
        bars.append(
            Bar(
                owner=share.owner,
                title=role_title(share.owner),
                working_days=_days(share.working_seconds, ledger.seconds_per_day),
                calendar_days=_days(share.calendar_seconds, _DAY // timedelta(seconds=1)),
                # Rounded so that all together are 100.
                percent=round(100 * (passed + length) / total) - round(100 * passed / total),
                x=f"{100 * passed / total:.2f}",
                width=f"{100 * length / total:.2f}",
            )
        )
        passed += length
    return bars


@dataclass(frozen=True)
class Total:
    """The whole time in working and calendar days."""

    title: str
    working_days: float
    calendar_days: float


def totals_of(ledger: Ledger) -> list[Total]:
    """With the pauses and without."""
    spent, per_day, round_day = ledger.spent, ledger.seconds_per_day, _DAY // timedelta(seconds=1)
    return [
        Total(
            gettext("合计（含暂停）"),
            _days(spent.gross_working_seconds, per_day),
            _days(spent.gross_calendar_seconds, round_day),
        ),
        Total(
            gettext("净用时（不含暂停）"),
            _days(spent.net_working_seconds, per_day),
            _days(spent.net_calendar_seconds, round_day),
        ),
    ]


def _days(seconds: int, per_day: int) -> float:
    return round(seconds / per_day, 1)


@dataclass(frozen=True)
class Used:
    """How much of the time is used, in percent of the working time; `width` is not more than the whole."""

    percent: int
    width: int
    marks: list[int]
    is_over: bool

    @property
    def points(self) -> str:
        """The points in words."""
        return gettext("、").join(f"{mark}%" for mark in self.marks)


def used_of(ledger: Ledger, left: Countdown, clock: Clock) -> Used:
    """Net time against the time allowed, with the points at which warnings come."""
    net = ledger.spent.net_working_seconds
    allowed = max(net + left.seconds_left, 1)
    percent = 100 * net // allowed
    marks = sorted(int(each) for each in clock.escalation if int(each) < 100)
    return Used(percent, min(percent, 100), marks, left.is_overdue)


def why(clock: Clock, ledger: Ledger, days: Sequence[DayLine]) -> list[str]:
    """Why it is due when it is, in sentences; the days are those of `explain_clock`."""
    granted = sum(each.amount for each in clock.extensions.all())
    shown = {
        "start": day(clock.started_at),
        "length": units(clock.amount + granted, clock.unit),
        "due": when(ledger.due_if_resumed or clock.due_at),
    }
    said = [gettext("{start}起算，当日不计入，自次日起数 {length}，至 {due} 下班时届满。").format(**shown)]
    if granted:
        said.append(gettext("其中 {extra}是经批准延长的。").format(extra=units(granted, clock.unit)))
    halted = sum(share.paused_seconds for share in ledger.shares)
    if clock.pauses.all():
        said.append(
            gettext("暂停计时 {time}，不计入期限，到期时间相应顺延。").format(time=working_hours(halted))
        )
    if any(line.message == MOVED for line in days):
        said.append(gettext("期间的最后一日是休息日，顺延至其后的第一个工作日。"))
    if clock.status == ClockStatus.PAUSED:
        said.append(gettext("目前暂停计时；以上到期时间按现在恢复计时计算，暂停越久，到期越晚。"))
    return said


@dataclass(frozen=True)
class Cell:
    """One day of the picture. `tone`: counted, start, rest, holiday, paused, due or empty; `sign` as calendars have it:
    off on a day of work, or at work on a day of rest."""

    day: date
    number: int | None = None
    tone: str = "empty"
    sign: str = ""
    is_provisional: bool = False
    is_today: bool = False


def weeks_of(days: Sequence[DayLine], today: date) -> list[list[Cell]]:
    """The days of the explanation as weeks from Monday on, for the picture beside the list."""
    first, last = days[0].day, days[-1].day
    lines = {line.day: line for line in days}
    monday = first - _DAY * first.weekday()
    count = ((last - monday).days // _WEEK + 1) * _WEEK
    cells = [_cell(monday + _DAY * n, lines, first, last, today) for n in range(count)]
    return [cells[n : n + _WEEK] for n in range(0, count, _WEEK)]


def _cell(on: date, lines: dict[date, DayLine], first: date, last: date, today: date) -> Cell:
    line = lines.get(on)
    if line is None:
        return Cell(on)
    sign = {HOLIDAY: gettext("休"), COUNTED_MAKE_UP_DAY: gettext("班")}.get(line.message, "")
    if on == last:
        tone = "due"
    elif on == first:
        tone = "start"
    elif line.counted:
        tone = "counted"
    else:
        tone = {PAUSED: "paused", HOLIDAY: "holiday"}.get(line.message, "rest")
    return Cell(on, line.number, tone, sign, line.provisional, on == today)
