"""Planning sessions, and the calendar file people keep."""

from datetime import datetime, timedelta

import pytest
from django.db import transaction
from icalendar import Calendar

from tests.records.steps import account
from tests.training.world import book, session, waiting_cases
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import CreditError
from workflow_app.models import TrainingSession
from workflow_app.selectors.training_calendar import calendar_file
from workflow_app.services.training_sessions import change_seats, plan_session

pytestmark = pytest.mark.django_db
PLAN = {
    "course": "CREDIT-REPAIR",
    "place": " 线上课堂（演示） ",
    "starts_at": datetime(2026, 4, 1, 9, tzinfo=CHINA),
    "ends_at": datetime(2026, 4, 1, 11, tzinfo=CHINA),
    "seats": 30,
    "is_online": True,
}


def plan(by="trainer1", **changes):
    return plan_session(user=account(by), **{**PLAN, **changes})


def test_a_trainer_plans_for_the_own_agency():
    made = plan()
    made.refresh_from_db()
    assert (made.agency.short_name, made.place, made.trainer.username) == (
        "金信用",
        "线上课堂（演示）",
        "trainer1",
    )
    assert (made.seats, made.is_online) == (30, True)


@pytest.mark.parametrize("name", ["reviewer1", "applicant1", "supervisor1", "sysadmin1"])
def test_others_plan_nothing(name):
    with pytest.raises(CreditError) as caught:
        plan(name)
    assert caught.value.code == "forbidden"
    with pytest.raises(CreditError) as caught:
        change_seats(session_id=session().pk, user=account(name), seats=3)
    assert caught.value.code == "forbidden"


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        ({"seats": 0}, "席位"),
        ({"seats": 10_001}, "席位"),
        ({"place": " "}, "地点"),
        ({"place": "长" * 201}, "地点"),
        ({"ends_at": datetime(2026, 4, 1, 10, 59, tzinfo=CHINA)}, "120 分钟"),
        ({"ends_at": datetime(2026, 4, 1, 8, tzinfo=CHINA)}, "120 分钟"),
        ({"starts_at": datetime(2026, 3, 2, 10, tzinfo=CHINA)}, "晚于现在"),
    ],
)
def test_what_cannot_take_place_is_said(changes, hint):
    with pytest.raises(CreditError, match=hint) as caught:
        plan(**changes)
    assert caught.value.code == "session_invalid"
    assert TrainingSession.objects.count() == 3


def test_an_unknown_course_is_not_found():
    with pytest.raises(CreditError) as caught:
        plan(course="NOTHING")
    assert caught.value.code == "not_found"


def test_more_seats_let_people_move_up():
    where = session(seats=1)
    rows = [book(case, where) for case in waiting_cases(3)]
    change_seats(session_id=where.pk, user=account("trainer1"), seats=2)
    for row in rows:
        row.refresh_from_db()
    assert [row.status for row in rows] == ["enrolled", "enrolled", "waiting"]
    with pytest.raises(CreditError, match="2 至") as caught, transaction.atomic():
        change_seats(session_id=where.pk, user=account("trainer1"), seats=1)
    assert caught.value.code == "session_invalid"
    with pytest.raises(CreditError):
        change_seats(session_id=10**9, user=account("trainer1"), seats=5)


def test_the_calendar_file_keeps_to_the_format():
    where = session()
    where.place = "三楼；301,右转\\左转\n二楼" + "很长的地点" * 20
    content = calendar_file(
        where, "https://credit.example:8443/x", page="https://credit.example:8443/cases/X/training"
    )
    # RFC 5545, 3.1: lines of at most 75 octets, ended by CRLF, no character cut in two.
    lines = content.split(b"\r\n")
    assert lines[-1] == b""
    assert all(len(line) <= 75 for line in lines)
    assert all(line.decode() is not None for line in lines)
    assert b"\n" not in content.replace(b"\r\n", b"")
    unfolded = content.decode().replace("\r\n ", "").split("\r\n")
    assert "DTSTART:20260305T010000Z" in unfolded
    assert "DTEND:20260305T033000Z" in unfolded
    assert "DTSTAMP:20260302T020000Z" in unfolded
    place = next(line for line in unfolded if line.startswith("LOCATION:"))
    assert place == "LOCATION:三楼；301\\,右转\\\\左转\\n二楼" + "很长的地点" * 20


def test_a_calendar_reads_what_was_written():
    where = session()
    address = "https://credit.example:8443"
    read = Calendar.from_ical(calendar_file(where, address, summary="Course", organiser="Office"))
    (event,) = read.walk("VEVENT")
    assert event["uid"] == f"training-{where.pk}@credit.example"
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (where.starts_at, where.ends_at)
    assert (event["summary"], event["description"], event["location"]) == ("Course", "Office", where.place)
    (alarm,) = event.walk("VALARM")
    assert alarm["trigger"].dt == timedelta(days=-1)
    # In Chinese unless said otherwise; always the same event, so that a calendar keeps one.
    (chinese,) = Calendar.from_ical(calendar_file(where, address)).walk("VEVENT")
    assert (chinese["summary"], chinese["uid"]) == (where.course.title, event["uid"])
