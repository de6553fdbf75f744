"""通报: what a bulletin says of two months, beside the two months before.

A city's credit office reports on every department each two months (社会信用体系建设计划 2018, 三:
每2个月对各部门工作落实情况进行一次通报，并报市政府).
Received counts by the day of filing, answered by the day of the answer; withdrawn cases have no answer.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from bpmn.manifest import Text
from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import CreditError
from workflow_app.domain.histogram import Histogram, Part, percentiles, unpack
from workflow_app.models import Agency, Definition, Region, User, rows
from workflow_app.models.people import Role
from workflow_app.selectors.access import Access
from workflow_app.selectors.board import BoardRow, board
from workflow_app.selectors.figures import Headline, Share, headline
from workflow_app.selectors.indicators import monthly_shares
from workflow_app.selectors.scope import Place, places_of
from workflow_app.selectors.shares import commitment_share, training_share

# Months of a bulletin, and of the lines that end with it.
LENGTH, LINE_LENGTH = 2, 12
# The five-year plan that the indicators come from begins here; before it nothing was counted.
EARLIEST = date(2021, 1, 1)
_NINE_TENTHS = (0.9,)


class BulletinMonthError(CreditError):
    """The bulletin cannot begin with this month: it is none, not begun yet, or before the plan."""

    code = "bulletin_month"
    message = "通报的第一个月应为 {earliest} 至 {latest} 之间的月份，如 {latest}。请重新选择。"
    status = 422


@dataclass(frozen=True)
class Tally:
    """Cases of one period. Times are working days from filing to answer, without what the applicant owed meanwhile;
    None where nothing was answered."""

    received: int
    answered: int
    late: int
    mean_days: float | None
    p90_days: float | None


@dataclass(frozen=True)
class Line:
    """One agency, region or process in this period and the one before."""

    key: str
    title: Text
    now: Tally
    before: Tally


@dataclass(frozen=True)
class ProcessPart:
    """One process: as a whole, by agency and by region; `means` are the mean days by month of `Bulletin.months`."""

    slug: str
    whole: Line
    agencies: list[Line]
    regions: list[Line]
    means: list[float | None]


@dataclass(frozen=True)
class Bulletin:
    """Everything a bulletin says. `first` and `last` are the first days of its two months, `end` the day after them.

    `running` is what stands open by agency at `made_at`; `training` and `commitment` are of that moment too.
    `indicators`: number in table 1 → share by month of the two.
    """

    first: date
    last: date
    end: date
    agency: Agency
    made_at: datetime
    months: list[date]
    processes: list[ProcessPart]
    headline: Headline
    headline_before: Headline
    training: Share
    commitment: Share
    running: list[BoardRow]
    indicators: dict[int, dict[date, Share]]

    @property
    def is_over_counties(self) -> bool:
        """Whether it tells of more than one region."""
        return len({line.key for part in self.processes for line in part.regions}) > 1

    @property
    def is_open(self) -> bool:
        """Whether more may still come in."""
        return self.made_at.astimezone(CHINA).date() < self.end


@dataclass
class _Sum:
    """Figures of several agencies added up. Working days are not equally long everywhere."""

    received: int = 0
    answered: int = 0
    late: int = 0
    days: float = 0
    parts: list[Part] = field(default_factory=list)

    def add(self, each: "_Ended") -> None:
        self.answered += each.count
        self.late += each.late
        self.days += each.net / each.place.day
        self.parts.append(Part(each.histogram, each.place.day))

    def tally(self) -> Tally:
        p90 = percentiles(self.parts, _NINE_TENTHS)
        mean = self.days / self.answered if self.answered else None
        return Tally(self.received, self.answered, self.late, mean, p90[0] if p90 else None)


@dataclass(frozen=True)
class _Ended:
    """What one agency answered in one month."""

    month: date
    place: Place
    count: int
    late: int
    net: int
    # Empty for months of which only the mean is told.
    histogram: Histogram


_ANSWERED = (
    "SELECT month, process, agency_id, count, late_count, net_working_seconds, "
    "CASE WHEN month >= %s THEN histogram::text ELSE '0' END FROM workflow_app_figure "
    "WHERE kind = 'case' AND month >= %s AND month < %s AND agency_id = ANY(%s)"
)
_RECEIVED = (
    "SELECT process, agency_id, filed_at >= %s::timestamp AT TIME ZONE 'Asia/Shanghai', count(*) "
    "FROM workflow_app_case WHERE filed_at >= %s::timestamp AT TIME ZONE 'Asia/Shanghai' "
    "AND filed_at < %s::timestamp AT TIME ZONE 'Asia/Shanghai' AND agency_id = ANY(%s) GROUP BY 1, 2, 3"
)


def get_bulletin(user: User, first: date | None) -> Bulletin:
    """The bulletin of the supervised regions for the month `first` and the next; `first` is the month's first day, None
    for what was typed and is no month.

    For accounts that supervise something. Raises BulletinMonthError.
    """
    now = clock.now()
    latest = now.astimezone(CHINA).date().replace(day=1)
    if first is None or not EARLIEST <= first <= latest or first.day != 1:
        raise BulletinMonthError(earliest=f"{EARLIEST:%Y-%m}", latest=f"{latest:%Y-%m}")
    last, end, before = add_to_month(first, 1), add_to_month(first, LENGTH), add_to_month(first, -LENGTH)
    places = places_of(user)
    return Bulletin(
        first=first,
        last=last,
        end=end,
        agency=_issuer(user),
        made_at=now,
        months=_line_months(end),
        processes=_processes(places, before, first, end),
        headline=headline(user, since=first, until=last),
        headline_before=headline(user, since=before, until=add_to_month(first, -1)),
        training=training_share(user),
        commitment=commitment_share(user),
        running=board(user, by="agency"),
        indicators=monthly_shares(places, [first, last], end),
    )


def list_first_months(count: int = 24) -> list[date]:
    """The months a bulletin may begin with, latest first."""
    this = clock.now().astimezone(CHINA).date().replace(day=1)
    months = [add_to_month(this, -number) for number in range(count)]
    return [month for month in months if month >= EARLIEST]


def latest_whole() -> date:
    """The first of the last two months that are over."""
    return add_to_month(clock.now().astimezone(CHINA).date().replace(day=1), -LENGTH)


def add_to_month(month: date, count: int) -> date:
    """The first day of the month so many months later."""
    index = month.year * 12 + month.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


def _issuer(user: User) -> Agency:
    """The agency in whose name the account supervises: that of the widest region, the first among equals."""
    grants = [grant for grant in Access(user, clock.now()).grants if grant.role == Role.SUPERVISOR]
    return min(grants, key=lambda grant: len(grant.agency.region.prefix)).agency


def _processes(places: Mapping[int, Place], before: date, first: date, end: date) -> list[ProcessPart]:
    """Every process in force, and those of which there is something to say."""
    months = _line_months(end)
    found: dict[str, _Facts] = {}
    answered = rows.query(_ANSWERED, before, months[0], end, list(places))
    for month, slug, agency, count, late, net, packed in answered:
        facts = found.setdefault(slug, _Facts(first, before))
        facts.ended.append(_Ended(month, places[agency], count, late, net, unpack(packed)))
    for slug, agency, is_now, count in rows.query(_RECEIVED, first, before, end, list(places)):
        facts = found.setdefault(slug, _Facts(first, before))
        facts.received.append((places[agency], is_now, count))
    regions = _regions(places)
    return [
        ProcessPart(
            slug=slug,
            whole=facts.whole(slug, title),
            agencies=facts.lines(lambda place: (place.region, place.agency), _title_of),
            regions=facts.lines(lambda place: (place.region,), lambda place: regions[place.region]),
            means=[facts.mean(month) for month in months],
        )
        for slug, title in _titles(found)
        for facts in (found.get(slug, _Facts(first, before)),)
    ]


def _line_months(end: date) -> list[date]:
    return [add_to_month(end, -count) for count in range(LINE_LENGTH, 0, -1)]


def _titles(found: Iterable[str]) -> list[tuple[str, Text]]:
    """The processes in force and those found, by slug, as the latest of their definitions calls them."""
    definitions = Definition.objects.order_by("slug", "is_current", "created_at", "pk")
    titles = {
        slug: Text(*title)
        for slug, is_current, title in definitions.values_list("slug", "is_current", "manifest__title")
        if is_current or slug in found
    }
    return list(titles.items())


def _regions(places: Mapping[int, Place]) -> dict[str, Text]:
    regions = Region.objects.filter(code__in={place.region for place in places.values()})
    return {
        code: Text(name, english) for code, name, english in regions.values_list("code", "name", "name_en")
    }


def _title_of(place: Place) -> Text:
    return Text(place.name, place.name_en)


@dataclass
class _Facts:
    """What was answered and received in one process, to be added up by whatever is asked for."""

    first: date
    before: date
    ended: list[_Ended] = field(default_factory=list)
    received: list[tuple[Place, bool, int]] = field(default_factory=list)

    def lines(self, key: Callable[[Place], tuple[Any, ...]], name: Callable[[Place], Text]) -> list[Line]:
        """One line for each key, in its order; the line is called by the key's last part."""
        now, before, names = defaultdict[Any, _Sum](_Sum), defaultdict[Any, _Sum](_Sum), {}
        for each in self.ended:
            if each.month >= self.before:
                (now if each.month >= self.first else before)[key(each.place)].add(each)
                names[key(each.place)] = name(each.place)
        for place, is_now, count in self.received:
            (now if is_now else before)[key(place)].received += count
            names[key(place)] = name(place)
        return [Line(str(of[-1]), names[of], now[of].tally(), before[of].tally()) for of in sorted(names)]

    def whole(self, slug: str, title: Text) -> Line:
        """All of it in one line, also where there is nothing."""
        nothing = _Sum().tally()
        return next(iter(self.lines(lambda _: (slug,), lambda _: title)), Line(slug, title, nothing, nothing))

    def mean(self, month: date) -> float | None:
        """Mean working days of what was answered in the month."""
        total = _Sum()
        for each in self.ended:
            if each.month == month:
                total.add(each)
        return total.tally().mean_days
