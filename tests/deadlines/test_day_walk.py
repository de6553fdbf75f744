"""Every due date is counted twice: by the domain, and by a walk over the days in SQL that shares no code with it."""

import random
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from django.db import connection
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

from workflow_app.domain.clock import CHINA
from workflow_app.domain.deadlines import Budget, Extension, Pause, Unit, compute_due
from workflow_app.domain.workdays import OfficeHours, WorkCalendar
from workflow_app.models import CalendarDay, CalendarNotice
from workflow_app.selectors.calendar import get_calendar

pytestmark = pytest.mark.django_db

CASES = 100_000
WALK = Path(__file__).with_name("walk.sql").read_text(encoding="utf-8")
# The State's usual hours, a window that stays open at noon, and one with three short periods.
HOURS = tuple(
    OfficeHours(tuple((time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in periods))
    for periods in (
        (("08:30", "12:00"), ("13:30", "17:30")),
        (("09:00", "17:00"),),
        (("08:00", "09:30"), ("10:15", "11:45"), ("14:00", "16:20")),
    )
)
FIRST = datetime(2024, 1, 1, tzinfo=CHINA)
# The last start leaves room for the longest budget with its pauses in 2027, the provisional year.
SPAN = datetime(2026, 11, 30, tzinfo=CHINA) - FIRST
LONGEST = {Unit.WORKING_DAY: 60, Unit.CALENDAR_DAY: 90, Unit.MONTH: 6}

Case = tuple[datetime, Budget, list[Extension], list[Pause], OfficeHours]


def draw(chance: random.Random) -> Case:
    """One clock as it might stand in the ledger: mostly short, sometimes long, sometimes extended, often paused."""
    hours = chance.choice(HOURS)
    start = FIRST + timedelta(microseconds=chance.randrange(SPAN // timedelta(microseconds=1)))
    if chance.random() < 0.3:
        # The edges: the very opening and closing, and midnight.
        edge = chance.choice([time(), *(edge for period in hours.periods for edge in period)])
        start = datetime.combine(start.date(), edge, CHINA)
    unit = chance.choice(list(Unit))
    longest = LONGEST[unit]
    amount = chance.randint(1, longest if chance.random() < 0.2 else max(1, longest // 6))
    extended = chance.random() < 0.2 and amount < longest
    extensions = [Extension(chance.randint(1, longest - amount), unit, "需要鉴定")] if extended else []
    pauses = []
    for _ in range(chance.choice((0, 0, 1, 1, 2, 3))):
        begins = start + timedelta(seconds=chance.randrange(-86_400, 20 * 86_400))
        length = timedelta(seconds=chance.randrange(chance.choice((3_600, 86_400, 9 * 86_400))))
        pauses.append(Pause(begins, begins + length, "applicant", "补正材料"))
    return start, Budget(amount, unit), extensions, pauses, hours


def test_a_hundred_thousand_due_dates_agree_with_a_walk_over_the_days_in_sql() -> None:
    chance = random.Random(20260925)
    cases = [draw(chance) for _ in range(CASES)]
    calendars = {hours: calendar_with(hours) for hours in HOURS}
    ours = [
        compute_due(start, budget, calendars[hours], pauses, extensions).due_at
        for start, budget, extensions, pauses, hours in cases
    ]
    theirs = walked(cases)
    differing = [
        (case, mine, walk) for case, mine, walk in zip(cases, ours, theirs, strict=True) if mine != walk
    ]
    assert differing == []
    # The cases are worth their name: every unit, with and without pauses that count, over the turn of the year.
    assert {budget.unit for _, budget, _, _, _ in cases} == set(Unit)
    assert sum(bool(pauses) for _, _, _, pauses, _ in cases) > CASES // 3
    assert sum(due.astimezone(CHINA).year == 2027 for due in ours) > CASES // 100


def test_the_walk_finds_a_wrong_due_date() -> None:
    case: Case = (
        datetime(2026, 9, 25, 16, 59, tzinfo=CHINA),
        Budget(5, Unit.WORKING_DAY),
        [],
        [],
        HOURS[0],
    )
    (right,) = walked([case])
    # 2026-10-10 is a make-up Saturday: a calendar without it gives another day.
    assert right == datetime(2026, 10, 9, 17, 30, tzinfo=CHINA)
    unaware = WorkCalendar({}, frozenset({2026}), HOURS[0])
    assert compute_due(case[0], case[1], unaware).due_at != right


def calendar_with(hours: OfficeHours) -> WorkCalendar:
    """The calendar of the tables, as the service holds it, with other office hours."""
    held = get_calendar("")
    noticed = frozenset(CalendarNotice.objects.values_list("year", flat=True))
    assert held.last_year == max(noticed) + 1
    return WorkCalendar(held._days, noticed, hours)


def walked(cases: list[Case]) -> list[datetime]:
    """The due dates as the database counts them, in the order of the cases."""
    assert CalendarDay.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute(WALK)
        cursor.execute(
            "CREATE TEMP TABLE walked_case (id int, started timestamptz, amount int, unit text, "
            "pauses tstzmultirange, hours time[])"
        )
        with cursor.copy("COPY walked_case FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["int4", "timestamptz", "int4", "text", "tstzmultirange", "time[]"])
            for number, (start, budget, extensions, pauses, hours) in enumerate(cases):
                amount = budget.amount + sum(extension.amount for extension in extensions)
                copy.write_row((number, start, amount, budget.unit.value, ranges(pauses), edges(hours)))
        cursor.execute(
            "SELECT pg_temp.walked_due(started, amount, unit, pauses, hours) FROM walked_case ORDER BY id"
        )
        found = [due for (due,) in cursor.fetchall()]
        cursor.execute("DROP TABLE walked_case, walked_day")
        return found


def ranges(pauses: list[Pause]) -> Multirange[datetime]:
    return Multirange([Range(pause.start, pause.end) for pause in pauses if pause.end != pause.start])


def edges(hours: OfficeHours) -> list[time]:
    return [edge for period in hours.periods for edge in period]
