"""The calendar of the tables: seeded once, edited by rows, never stale."""

from datetime import date, time

import holidays as independent_holidays
import pytest
from django.db import connection, transaction

from tests.domain.worlds import real_calendar
from workflow_app.domain.workdays import CalendarYearMissingError, DayKind, WorkCalendar
from workflow_app.models import CalendarDay, CalendarNotice, Region
from workflow_app.selectors.calendar import get_calendar, get_year
from workflow_app.services.calendar import seed_calendar

pytestmark = pytest.mark.django_db


def test_it_agrees_with_the_notices_on_every_day():
    ours, theirs = get_calendar("330700"), real_calendar()
    assert ours.last_year == 2027
    day = date(2004, 1, 1)
    while day < date(2027, 12, 31):
        assert ours.kind(day) == theirs.kind(day), day
        day = date.fromordinal(day.toordinal() + 1)


def test_the_make_up_days_of_2026():
    found = {row.day for row in get_year(2026) if row.is_working}
    assert found == {date(2026, *each) for each in ((1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10))}
    assert get_calendar("330700").notice(date(2026, 2, 14)) == "国办发明电〔2025〕7号"


def test_it_agrees_with_an_independent_source_on_every_day_of_all_years():
    """`holidays` has the notices from another hand, with the weekends they have worked.

    One day is told differently: the notice of 2006 had Saturday 2005-12-31 worked, which our library leaves out.
    """
    years = range(2004, 2027)
    theirs, ours = independent_holidays.country_holidays("CN", years=years), get_calendar("")
    day, differing, checked = date(2004, 1, 1), [], 0
    while day.year in years:
        weekend, is_off = day.weekday() >= 5, day in theirs
        works = day in theirs.weekend_workdays if weekend else not is_off
        if ours.is_working(day) != works:
            differing.append(day)
        checked += ours.kind(day) in (DayKind.HOLIDAY, DayKind.MAKE_UP)
        day = date.fromordinal(day.toordinal() + 1)
    assert differing == [date(2005, 12, 31)]
    assert checked == CalendarDay.objects.count() > 700
    worked = CalendarDay.objects.filter(is_working=True).values_list("day", flat=True)
    assert {each for each in theirs.weekend_workdays if each.year in years} == {*worked, date(2005, 12, 31)}


def test_notices_say_where_and_when_they_were_issued_as_far_as_that_is_certain():
    rows = {row.year: row for row in CalendarNotice.objects.all()}
    assert set(rows) == set(range(2004, 2027))
    certain = [year for year, row in rows.items() if row.issued_on]
    assert certain == [2018, 2021, 2022, 2023, 2024, 2025, 2026]
    for year, row in rows.items():
        if year in certain:
            # Issued in the year before, which its number names.
            assert row.issued_on.year == year - 1
            assert f"〔{year - 1}〕" in row.number
            assert row.link.startswith("https://www.gov.cn/zhengce/")
            assert f"{row.issued_on:%Y}" in row.link
        else:
            assert (row.number, row.link) == (f"国务院办公厅关于{year}年部分节假日安排的通知", "")


def test_next_year_is_provisional():
    assert get_calendar("330700").kind(date(2027, 1, 4)) is DayKind.PROVISIONAL_WORKING
    assert not CalendarNotice.objects.filter(year=2027).exists()
    with pytest.raises(CalendarYearMissingError):
        get_calendar("330700").is_working(date(2028, 1, 3))


def test_seeding_again_touches_nothing_that_was_edited():
    CalendarDay.objects.filter(day=date(2026, 2, 14)).delete()
    CalendarNotice.objects.filter(year=2026).update(number="本地更正")
    before = CalendarDay.objects.count()
    assert seed_calendar() == 0
    assert CalendarDay.objects.count() == before
    assert CalendarNotice.objects.get(year=2026).number == "本地更正"


def test_a_missing_year_is_entered():
    CalendarDay.objects.filter(notice_id=2026).delete()
    CalendarNotice.objects.filter(year=2026).delete()
    assert get_calendar("330700").is_provisional(date(2026, 3, 2))
    assert seed_calendar() == 1
    assert not get_calendar("330700").is_provisional(date(2026, 3, 2))


@pytest.mark.parametrize(
    "change",
    [
        lambda: CalendarDay.objects.create(
            day=date(2026, 3, 3), is_working=False, reason="停工", notice_id=2026
        ),
        lambda: CalendarDay.objects.bulk_create(
            [CalendarDay(day=date(2026, 3, 3), is_working=False, reason="停工", notice_id=2026)]
        ),
        lambda: connection.cursor().execute(
            "INSERT INTO workflow_app_calendarday (day, is_working, reason, notice_id) "
            "VALUES ('2026-03-03', false, '停工', 2026)"
        ),
    ],
)
def test_however_a_day_is_changed_the_next_question_knows(change):
    assert get_calendar("330700").is_working(date(2026, 3, 3))
    change()
    assert not get_calendar("330700").is_working(date(2026, 3, 3))


def test_a_change_rolled_back_never_was():
    from django.db import transaction

    with transaction.atomic():
        CalendarDay.objects.create(day=date(2026, 3, 3), is_working=False, reason="停工", notice_id=2026)
        assert not get_calendar("330700").is_working(date(2026, 3, 3))
        transaction.set_rollback(True)
    assert get_calendar("330700").is_working(date(2026, 3, 3))


def test_a_region_has_its_own_hours_or_those_above_it():
    Region.objects.filter(code="330700").update(office_hours=[["09:00", "12:00"], ["14:00", "18:00"]])
    Region.objects.filter(code="330782").update(office_hours=[["08:00", "16:00"]])
    assert get_calendar("330700").hours.end == time(18, 0)
    assert get_calendar("330702").hours.end == time(18, 0)
    assert get_calendar("330782").hours.end == time(16, 0)
    assert get_calendar("330100").hours.end == get_calendar("").hours.end == time(17, 30)


def test_a_question_costs_one_small_query(django_assert_num_queries):
    first = get_calendar("330700")
    with django_assert_num_queries(1):
        assert get_calendar("330700") is first


def test_without_any_notice_nothing_is_computed():
    CalendarDay.objects.all().delete()
    CalendarNotice.objects.all().delete()
    empty = get_calendar("330700")
    assert isinstance(empty, WorkCalendar)
    with pytest.raises(CalendarYearMissingError):
        empty.add_working_days(date(2026, 3, 2), 1)


def test_a_change_that_is_taken_back_is_not_taken_for_the_next_one():
    """Two changes, the first rolled back after it was read: each is seen as itself."""

    def close(day: date) -> bool:
        CalendarDay.objects.create(day=day, is_working=False, reason="停工", notice_id=2026)
        return get_calendar("330700").is_working(day)

    with transaction.atomic():
        assert not close(date(2026, 3, 3))
        transaction.set_rollback(True)
    assert not close(date(2026, 3, 4))
    assert get_calendar("330700").is_working(date(2026, 3, 3))
