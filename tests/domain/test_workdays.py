"""Working days, office hours and moves through working time."""

from datetime import UTC, date, datetime, time, timedelta

import holidays as independent_holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.worlds import (
    NOTICE,
    beijing,
    microseconds,
    nth_working_day,
    office_minutes,
    real_calendar,
    with_rules,
    works,
)
from workflow_app.domain.workdays import CalendarYearMissingError, DayKind, DayRule, OfficeHours, WorkCalendar

MAKE_UP_DAYS_2026 = ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]


@pytest.mark.parametrize("text", MAKE_UP_DAYS_2026)
def test_make_up_weekends_of_2026_are_working_days(text):
    day = date.fromisoformat(text)
    calendar = real_calendar()
    assert day.weekday() >= 5
    assert calendar.is_working(day)
    assert calendar.kind(day) is DayKind.MAKE_UP
    assert calendar.reason(day) == "调休上班"
    assert calendar.notice(day) == NOTICE
    assert calendar.next_working_day(day) == day


def test_no_other_weekend_of_2026_is_worked():
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    worked = [str(day) for day in days if day.weekday() >= 5 and real_calendar().is_working(day)]
    assert worked == MAKE_UP_DAYS_2026


def test_weekdays_off_in_2026_agree_with_an_independent_source():
    off = independent_holidays.country_holidays("CN", years=2026)
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    assert [day for day in days if day.weekday() < 5 and not real_calendar().is_working(day)] == [
        day for day in days if day.weekday() < 5 and day in off
    ]


@pytest.mark.parametrize(
    ("text", "kind", "reason", "working"),
    [
        ("2026-09-24", DayKind.WORKING, "工作日", True),
        ("2026-09-25", DayKind.HOLIDAY, "中秋节放假", False),
        ("2026-09-26", DayKind.HOLIDAY, "中秋节放假", False),
        ("2026-10-17", DayKind.WEEKEND, "周末", False),
        ("2027-01-01", DayKind.PROVISIONAL_WORKING, "工作日（暂定）", True),
        ("2027-01-02", DayKind.PROVISIONAL_WEEKEND, "周末（暂定）", False),
    ],
)
def test_kind_and_reason(text, kind, reason, working):
    day = date.fromisoformat(text)
    calendar = real_calendar()
    assert (calendar.kind(day), calendar.reason(day), calendar.is_working(day)) == (kind, reason, working)
    assert calendar.is_provisional(day) is (day.year == 2027)


def test_only_exceptions_carry_a_notice():
    assert real_calendar().notice(date(2026, 10, 1)) == NOTICE
    assert real_calendar().notice(date(2026, 10, 8)) == ""


def test_a_day_entered_by_hand_in_a_year_without_notice_counts_but_stays_provisional():
    calendar = with_rules({date(2027, 1, 1): DayRule(False, "元旦放假", "待定")})
    assert calendar.kind(date(2027, 1, 1)) is DayKind.HOLIDAY
    assert calendar.is_provisional(date(2027, 1, 1))


def test_a_due_date_in_a_year_without_notice_is_provisional():
    last = beijing("2026-12-31 17:30")
    assert not real_calendar().is_provisional_due(last)
    assert real_calendar().is_provisional_due(last + timedelta(days=4))
    # The year is that of China: in London the old year goes on for eight hours.
    assert real_calendar().is_provisional_due(datetime(2026, 12, 31, 16, tzinfo=UTC))


@pytest.mark.parametrize("year", [2003, 2028])
def test_years_beyond_the_calendar_are_refused_by_every_method(year):
    calendar, day = real_calendar(), date(year, 6, 1)
    moment = datetime(year, 6, 1, 4, tzinfo=UTC)
    inside = beijing("2026-06-01 10:00")
    for ask in (
        lambda: calendar.require_year(year),
        lambda: calendar.kind(day),
        lambda: calendar.is_working(day),
        lambda: calendar.reason(day),
        lambda: calendar.notice(day),
        lambda: calendar.is_provisional(day),
        lambda: calendar.next_working_day(day),
        lambda: calendar.add_working_days(day, 1),
        lambda: calendar.start_of_office(day),
        lambda: calendar.end_of_office(day),
        lambda: calendar.is_office_time(moment),
        lambda: calendar.next_office_moment(moment),
        lambda: calendar.working_seconds_between(inside, moment),
        lambda: calendar.add_working_seconds(moment, 1),
    ):
        with pytest.raises(CalendarYearMissingError) as caught:
            ask()
        assert caught.value.code == "calendar_year_missing"
        assert caught.value.params == {"year": year}
        assert f"没有 {year} 年" in str(caught.value)


def test_running_over_the_end_names_the_missing_year():
    with pytest.raises(CalendarYearMissingError, match="2028"):
        real_calendar().add_working_days(date(2027, 12, 30), 5)
    with pytest.raises(CalendarYearMissingError, match="2028"):
        real_calendar().add_working_seconds(beijing("2027-12-31 17:00"), 3600)


def test_last_year_can_be_set_apart_from_the_notices():
    assert with_rules({}, last_year=2030).is_working(date(2030, 1, 1))
    with pytest.raises(CalendarYearMissingError):
        with_rules({}, last_year=2026).is_working(date(2027, 1, 1))


def test_a_calendar_needs_a_notice_or_a_last_year():
    with pytest.raises(ValueError, match="empty"):
        WorkCalendar({}, frozenset())
    assert WorkCalendar({}, frozenset(), last_year=2026).is_provisional(date(2026, 1, 1))


@pytest.mark.parametrize(
    "periods",
    [
        (),
        ((time(9), time(9)),),
        ((time(13), time(17)), (time(9), time(12))),
        ((time(9), time(12)), (time(12), time(17))),
    ],
)
def test_office_hours_must_ascend(periods):
    with pytest.raises(ValueError, match="ascending"):
        OfficeHours(periods)


def test_office_hours_measure_a_day():
    assert OfficeHours().seconds_per_day == int(7.5 * 3600)
    assert OfficeHours(((time(9), time(12)), (time(14), time(17)))).seconds_per_day == 6 * 3600
    assert (OfficeHours().start, OfficeHours().end) == (time(8, 30), time(17, 30))
    assert real_calendar().full_day == timedelta(hours=7.5)


def test_office_opens_and_closes_in_utc():
    day = date(2026, 11, 23)
    assert real_calendar().start_of_office(day) == datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
    assert real_calendar().end_of_office(day) == datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    assert real_calendar().end_of_office(day).tzinfo is UTC


@pytest.mark.parametrize(
    ("moment", "is_open", "next_moment"),
    [
        ("2026-11-23 08:29", False, "2026-11-23 08:30"),
        ("2026-11-23 08:30", True, "2026-11-23 08:30"),
        ("2026-11-23 11:59", True, "2026-11-23 11:59"),
        ("2026-11-23 12:00", False, "2026-11-23 13:30"),
        ("2026-11-23 17:29", True, "2026-11-23 17:29"),
        ("2026-11-23 17:30", False, "2026-11-24 08:30"),
        ("2026-02-14 18:00", False, "2026-02-24 08:30"),  # over the whole Spring Festival
        ("2026-02-18 10:00", False, "2026-02-24 08:30"),
        ("2026-10-10 10:00", True, "2026-10-10 10:00"),  # a make-up Saturday
    ],
)
def test_office_time(moment, is_open, next_moment):
    assert real_calendar().is_office_time(beijing(moment)) is is_open
    assert real_calendar().next_office_moment(beijing(moment)) == beijing(next_moment)


@pytest.mark.parametrize(
    ("start", "seconds", "end"),
    [
        ("2026-11-23 17:30", 0, "2026-11-23 17:30"),
        ("2026-11-22 10:00", 0, "2026-11-22 10:00"),
        ("2026-11-23 08:30", 3.5 * 3600, "2026-11-23 12:00"),
        ("2026-11-23 08:30", 3.5 * 3600 + 60, "2026-11-23 13:31"),
        ("2026-11-23 17:30", 3600, "2026-11-24 09:30"),
        ("2026-11-23 17:30", 7.5 * 3600, "2026-11-24 17:30"),
        ("2026-11-22 10:00", 15 * 3600, "2026-11-24 17:30"),
        ("2026-09-30 17:00", 3600, "2026-10-08 09:00"),
    ],
)
def test_add_working_seconds(start, seconds, end):
    assert real_calendar().add_working_seconds(beijing(start), seconds) == beijing(end)


def test_whole_seconds_are_cut_towards_zero():
    start = beijing("2026-11-23 10:00")
    later = start + timedelta(seconds=1.9)
    assert real_calendar().working_seconds_between(start, later) == 1
    assert real_calendar().working_seconds_between(later, start) == -1


def test_bad_arguments_are_refused():
    calendar = real_calendar()
    with pytest.raises(ValueError, match="at least 1"):
        calendar.add_working_days(date(2026, 11, 23), 0)
    with pytest.raises(ValueError, match="negative"):
        calendar.add_working_seconds(beijing("2026-11-23 10:00"), -1)
    with pytest.raises(ValueError, match="aware"):
        calendar.is_office_time(datetime(2026, 11, 23, 10))  # noqa: DTZ001 - a naive one is the point


@given(start=microseconds, span=st.timedeltas(timedelta(0), timedelta(days=20)))
def test_adding_and_measuring_working_time_are_inverse(start, span):
    calendar = real_calendar()
    end = calendar.add_working_time(start, span)
    assert calendar.working_time_between(start, end) == span
    assert calendar.working_time_between(end, start) == -span
    assert end >= start


@given(start=microseconds, span=st.timedeltas(timedelta(microseconds=1), timedelta(days=20)))
def test_added_working_time_ends_at_the_earliest_moment(start, span):
    calendar = real_calendar()
    end = calendar.add_working_time(start, span)
    assert calendar.working_time_between(start, end - timedelta(microseconds=1)) < span


@given(moments=st.tuples(microseconds, microseconds, microseconds))
def test_working_time_adds_up_over_a_moment_between(moments):
    a, b, c = sorted(moments)
    calendar = real_calendar()
    between = calendar.working_time_between
    assert between(a, b) + between(b, c) == between(a, c)
    assert timedelta(0) <= between(a, b) <= b - a


@given(start=microseconds, n=st.integers(1, 120))
def test_working_days_agree_with_a_walk(start, n):
    day = start.date()
    assert real_calendar().add_working_days(day, n) == nth_working_day(day, n)
    expected = day if works(day) else nth_working_day(day, 1)
    assert real_calendar().next_working_day(day) == expected


@given(start=microseconds, minutes=st.integers(0, 60 * 24 * 20))
def test_working_minutes_agree_with_a_walk(start, minutes):
    start = start.replace(second=0, microsecond=0)
    end = start + timedelta(minutes=minutes)
    walked = 0
    for minute in office_minutes(start.astimezone(real_calendar().tz)):
        if minute >= end:
            break
        walked += 1
    assert real_calendar().working_seconds_between(start, end) == walked * 60


@given(moment=microseconds)
def test_the_next_office_moment_is_open_and_costs_no_working_time(moment):
    calendar = real_calendar()
    opens = calendar.next_office_moment(moment)
    assert calendar.is_office_time(opens)
    assert calendar.working_time_between(moment, opens) == timedelta(0)
    assert (opens == moment) is calendar.is_office_time(moment)
