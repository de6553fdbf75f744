"""A client may live anywhere: the moment counts, in China's time, which knows no summer time."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.worlds import minutes_2024_2026, pauses_after, real_calendar
from workflow_app.domain.clock import CHINA
from workflow_app.domain.deadlines import Budget, Pause, Unit, compute_due, explain

# Zones with summer time, half hours, and on both sides of the date line.
ZONES = [
    ZoneInfo(name)
    for name in (
        "America/New_York",
        "Europe/Berlin",
        "Asia/Kolkata",
        "Pacific/Auckland",
        "Pacific/Honolulu",
        "UTC",
    )
]


@given(
    start=minutes_2024_2026,
    data=st.data(),
    zone=st.sampled_from(ZONES),
    amount=st.integers(1, 20),
    unit=st.sampled_from([Unit.WORKING_DAY, Unit.CALENDAR_DAY]),
)
def test_the_zone_in_which_a_moment_is_told_changes_nothing(
    start: datetime, data: st.DataObject, zone: ZoneInfo, amount: int, unit: Unit
) -> None:
    pauses = data.draw(pauses_after(start))
    abroad = [
        Pause(each.start.astimezone(zone), each.end.astimezone(zone), each.owed_by, each.reason)
        for each in pauses
        if each.end
    ]
    budget, calendar = Budget(amount, unit), real_calendar()
    here = compute_due(start, budget, calendar, pauses)
    assert compute_due(start.astimezone(zone), budget, calendar, abroad) == here
    told = explain(start.astimezone(zone), budget, calendar, abroad)
    assert told == explain(start, budget, calendar, pauses)


@given(start=minutes_2024_2026, amount=st.integers(1, 30))
def test_a_due_date_is_always_told_at_the_same_hour_in_china(start: datetime, amount: int) -> None:
    due = compute_due(start, Budget(amount, Unit.WORKING_DAY), real_calendar()).due_at.astimezone(CHINA)
    assert (due.hour, due.minute, due.utcoffset()) == (17, 30, timedelta(hours=8))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sent", "day"),
    [
        # New York sets its clocks back on 1 November 2026 at 02:00: half past one comes twice, an hour apart.
        ("2026-11-01T01:30:00-04:00", "2026-11-02"),
        ("2026-11-01T01:30:00-05:00", "2026-11-02"),
        # Still Friday in New York, already Saturday in China.
        ("2026-11-06T20:00:00-05:00", "2026-11-09"),
        # Thursday evening there, Friday morning in China: Monday is the next working day.
        ("2026-11-05T20:00:00-05:00", "2026-11-09"),
        ("2026-11-05T10:00:00-05:00", "2026-11-06"),
    ],
)
def test_the_calculator_answers_in_chinas_time(client: Client, sent: str, day: str) -> None:
    body = {"start_at": sent, "amount": 1, "unit": "working_day", "jurisdiction": "330700"}
    answer = client.post("/api/v1/calendar/due", body, content_type="application/json")
    assert answer.status_code == 200
    assert answer.json()["due_at"] == f"{day}T17:30:00+08:00"
