"""Forms that draft a change: what was typed, what is wrong with it, and the content it makes."""

from dataclasses import dataclass, field
from datetime import date, time
from typing import Any, ClassVar

from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from workflow_app.models import CalendarNotice, Change, Region
from workflow_app.models.changes import ChangeKind
from workflow_app.web.configuration.pasted import MAKE_UP, MOST_LINES, read_lines, written
from workflow_app.web.tags import title_of

_LONGEST = 500
_BLANK_ROWS = 4
_MOST_ROWS = 60
_PERIODS = 4
_NO_DAY = _("请填写真实存在的日期，如 2026-03-02。")
# What a row can say of a day → does one work on it; None: whatever its weekday is.
DAY_WORDS = {"off": False, "work": True, "ordinary": None}


@dataclass
class ChangeForm:
    """What every change has, and the problems by field of the page."""

    kind: ClassVar[ChangeKind]

    title: str = ""
    reason: str = ""
    problems: dict[str, str] = field(default_factory=dict)

    def content(self) -> dict[str, Any]:
        """The content of the change; whatever cannot be read is in `problems` afterwards."""
        raise NotImplementedError

    def field_of(self, pointer: str) -> str:
        """The field of the page on which a problem at this place of the content is shown."""
        raise NotImplementedError

    def attach(self, pointer: str, message: str) -> None:
        """Show what the service found wrong at this place of title, reason or content."""
        name = pointer.strip("/").split("/")[0]
        self.problems[name if name in ("title", "reason") else self.field_of(pointer)] = message

    def _day(self, name: str, text: str, *, may_be_empty: bool = True) -> str | None:
        if not text and may_be_empty:
            return None
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            self.problems[name] = gettext(_NO_DAY)
            return None


@dataclass
class DayRow:
    """One day of the notice as typed in its row."""

    date: str = ""
    word: str = "off"
    reason: str = ""


@dataclass
class CalendarForm(ChangeForm):
    """The notice of a year with its days, from rows and from pasted lines. Without a year: single days of several."""

    kind = ChangeKind.CALENDAR

    year: int | None = None
    number: str = ""
    issued_on: str = ""
    link: str = ""
    rows: list[DayRow] = field(default_factory=list)
    lines: str = ""
    # The notice that is in force: it stays as it is when its fields were left alone.
    notice: CalendarNotice | None = None
    # Where each day of the content was typed.
    places: list[str] = field(default_factory=list)

    @property
    def line_problems(self) -> list[tuple[str, str]]:
        """What is wrong with the pasted lines, shown beside them."""
        return [problem for problem in self.problems.items() if problem[0].startswith("line-")]

    @classmethod
    def blank(cls, year: int, notice: CalendarNotice | None) -> "CalendarForm":
        """For a year: the fields of its notice, if there is one, and empty rows."""
        title = gettext("调整 {year} 年工作日历") if notice else gettext("{year} 年放假安排")
        form = cls(title=title.format(year=year), year=year, notice=notice)
        form.number, form.issued_on, form.link = _typed_notice(notice)
        form.rows = [DayRow() for _ in range(_BLANK_ROWS)]
        return form

    @classmethod
    def of(cls, change: Change, notice: CalendarNotice | None) -> "CalendarForm":
        """A draft to go on with; its days stand in the text area."""
        form = cls(title=change.title, reason=change.reason, year=change.content["year"], notice=notice)
        form.number, form.issued_on, form.link = _typed_notice(notice)
        if entered := change.content["notice"]:
            form.number, form.link = entered["number"], entered.get("link") or ""
            form.issued_on = entered.get("issued_on") or ""
        form.lines = written(change.content["days"])
        form.rows = [DayRow() for _ in range(_BLANK_ROWS)]
        return form

    def read(self, post: QueryDict) -> "CalendarForm":
        """The form as it was sent."""
        names = ("title", "reason", "number", "issued_on", "link")
        for name in names:
            setattr(self, name, post.get(name, "").strip()[:_LONGEST])
        self.lines = post.get("lines", "")
        self.rows = []
        for place in range(_MOST_ROWS):
            if f"day-{place}-date" not in post:
                break
            typed = (post.get(f"day-{place}-{name}", "").strip() for name in ("date", "word", "reason"))
            self.rows.append(DayRow(*(text[:_LONGEST] for text in typed)))
        if "more" in post:
            self.rows += [DayRow() for _ in range(min(8, _MOST_ROWS - len(self.rows)))]
        return self

    def content(self) -> dict[str, Any]:
        return {"year": self.year, "notice": self._notice(), "days": self._days()}

    def _notice(self) -> dict[str, Any] | None:
        fields = (self.number, self.issued_on, self.link)
        if self.year is None or (self.notice and fields == _typed_notice(self.notice)):
            return None
        if not self.number:
            self.problems["number"] = gettext("请填写通知的文号，如 国办发明电〔2025〕7号。")
        return {
            "number": self.number,
            "issued_on": self._day("issued_on", self.issued_on),
            "link": self.link,
        }

    def _days(self) -> list[dict[str, Any]]:
        self.places, days = [], []
        for place, row in enumerate(self.rows):
            if row.date and (read := self._row(place, row)):
                self.places.append(f"day-{place}-date")
                days.append(read)
        lines, problems = read_lines(self.lines)
        if len(self.lines.splitlines()) > MOST_LINES:
            self.problems["lines"] = gettext("一次最多 {most} 行，请分几次录入。").format(most=MOST_LINES)
        self.problems |= {f"line-{each.number}": each.message for each in problems}
        for line in lines:
            self.places += [f"line-{line.number}"] * len(line.days)
            days += line.days
        return days

    def _row(self, place: int, row: DayRow) -> dict[str, Any] | None:
        day = self._day(f"day-{place}-date", row.date)
        works = DAY_WORDS.get(row.word)
        reason = row.reason or (MAKE_UP if works else "")
        if works is False and not reason:
            self.problems[f"day-{place}-reason"] = gettext(
                "请写明放假事由，如“春节放假”，它会出现在期限说明中。"
            )
        return {"date": day, "working": works, "reason": reason} if day else None

    def field_of(self, pointer: str) -> str:
        name, *rest = (*pointer.split("/")[1:], "", "")
        if name == "notice" and self.year:
            return rest[0] if rest[0] in ("number", "issued_on", "link") else "number"
        place = int(rest[0]) if name == "days" and rest[0].isdecimal() else len(self.places)
        return self.places[place] if place < len(self.places) else "lines"


def _typed_notice(notice: CalendarNotice | None) -> tuple[str, str, str]:
    if notice is None:
        return "", "", ""
    return notice.number, notice.issued_on.isoformat() if notice.issued_on else "", notice.link


@dataclass
class HoursForm(ChangeForm):
    """A region's office hours, or that it keeps those of the region above."""

    kind = ChangeKind.HOURS

    region: Region = field(default_factory=Region)
    periods: list[tuple[str, str]] = field(default_factory=list)
    inherits: bool = False

    @classmethod
    def blank(cls, region: Region, hours: list[list[str]]) -> "HoursForm":
        """The hours in force, to be changed."""
        form = cls(title=gettext("{region}办公时间").format(region=title_of(region)), region=region)
        return form._with(hours)

    @classmethod
    def of(cls, change: Change, region: Region) -> "HoursForm":
        """A draft to go on with."""
        form = cls(title=change.title, reason=change.reason, region=region)
        form.inherits = not change.content["hours"]
        return form._with(change.content["hours"])

    def _with(self, hours: list[list[str]]) -> "HoursForm":
        self.periods = [(start, end) for start, end in hours]
        self.periods += [("", "")] * (_PERIODS - len(self.periods))
        return self

    def read(self, post: QueryDict) -> "HoursForm":
        """The form as it was sent."""
        self.title, self.reason = (post.get(name, "").strip()[:_LONGEST] for name in ("title", "reason"))
        self.inherits = post.get("inherits") == "1"
        self.periods = [
            (post.get(f"start-{place}", "").strip()[:8], post.get(f"end-{place}", "").strip()[:8])
            for place in range(_PERIODS)
        ]
        return self

    def content(self) -> dict[str, Any]:
        hours = []
        for place, (start, end) in enumerate(self.periods):
            if self.inherits or not (start or end):
                continue
            hours.append([self._time(f"start-{place}", start), self._time(f"end-{place}", end)])
        if not hours and not self.inherits:
            self.problems["start-0"] = gettext("请至少填写一段办公时间，或者选择与上级相同。")
        return {"region": self.region.code, "hours": hours}

    def _time(self, name: str, text: str) -> str:
        try:
            return f"{time.fromisoformat(text):%H:%M}"
        except ValueError:
            self.problems[name] = gettext("请填写时间，如 08:30。")
            return text

    def field_of(self, pointer: str) -> str:
        name, *rest = (*pointer.split("/")[1:], "", "")
        filled = [place for place, period in enumerate(self.periods) if any(period)]
        place = int(rest[0]) if name == "hours" and rest[0].isdecimal() else 0
        return f"start-{filled[place] if place < len(filled) else 0}"
