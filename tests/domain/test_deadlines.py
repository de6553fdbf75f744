"""Due dates with their dates written out. Every moment is Beijing time."""

from datetime import UTC, date, datetime, time

import pytest

from tests.domain.worlds import beijing, pause, real_calendar, real_days, with_rules
from workflow_app.domain.deadlines import (
    Budget,
    BudgetInvalidError,
    Extension,
    ExtensionCapError,
    Pause,
    Unit,
    UnitMismatchError,
    compute_due,
    fraction_at,
    net_and_gross,
)
from workflow_app.domain.workdays import CalendarYearMissingError, DayRule, OfficeHours, WorkCalendar

THREE_DAYS = Budget(3, Unit.WORKING_DAY)
FIVE_DAYS = Budget(5, Unit.WORKING_DAY)


@pytest.mark.parametrize(
    ("story", "filed", "budget", "due", "provisional"),
    [
        # 09-28, 29, 30, then National Day 10-01 to 10-07, then 10-08, 10-09.
        ("objection on Mid-Autumn day", "2026-09-25 16:59", FIVE_DAYS, "2026-10-09 17:30", False),
        ("objection on Mid-Autumn day", "2026-09-25 17:01", FIVE_DAYS, "2026-10-09 17:30", False),
        ("objection the evening before", "2026-09-24 23:59", FIVE_DAYS, "2026-10-09 17:30", False),
        # One minute past midnight is another start day, but a rest day: the same days are counted.
        ("objection after midnight", "2026-09-25 00:01", FIVE_DAYS, "2026-10-09 17:30", False),
        # After office hours is still the same day: 11-24, 25, 26, 27, 11-30.
        ("objection after office", "2026-11-23 17:31", FIVE_DAYS, "2026-11-30 17:30", False),
        ("objection before office", "2026-11-23 06:00", FIVE_DAYS, "2026-11-30 17:30", False),
        # The make-up Saturday is the start day: 10-12 to 10-16.
        ("objection on a make-up Saturday", "2026-10-10 10:00", FIVE_DAYS, "2026-10-16 17:30", False),
        # 09-16, 17, 18, the make-up Sunday 09-20, 09-21.
        ("objection over a make-up Sunday", "2026-09-15 10:00", FIVE_DAYS, "2026-09-21 17:30", False),
        # 12-29, 30, 31, then 2027 without a notice: Friday 01-01 and Monday 01-04 count for the time being.
        ("objection in the last week", "2026-12-28 09:00", FIVE_DAYS, "2027-01-04 17:30", True),
        ("objection that ends with the year", "2026-12-24 09:00", FIVE_DAYS, "2026-12-31 17:30", False),
        # The last working day before Spring Festival is make-up Saturday 02-14: 02-24, 25, 26.
        ("repair before Spring Festival", "2026-02-14 17:00", THREE_DAYS, "2026-02-26 17:30", False),
        # 02-24 to 27, make-up Saturday 02-28, 03-02 to 03-06.
        ("answer", "2026-02-14 17:00", Budget(10, Unit.WORKING_DAY), "2026-03-06 17:30", False),
        # 01-04 is a make-up Sunday.
        ("repair on 2 January", "2026-01-02 09:00", Budget(1, Unit.WORKING_DAY), "2026-01-04 17:30", False),
        ("repair before Labour Day", "2026-04-30 09:00", THREE_DAYS, "2026-05-08 17:30", False),
        ("repair over 9 May", "2026-05-07 09:00", THREE_DAYS, "2026-05-11 17:30", False),
        # 60 days from 2 August end on National Day, so on 10-08.
        ("reconsideration", "2026-08-02 09:00", Budget(60, Unit.CALENDAR_DAY), "2026-10-08 17:30", False),
        # 7 days from Sunday 02-21 end on make-up Saturday 02-28, which is a working day.
        ("seven days", "2026-02-21 09:00", Budget(7, Unit.CALENDAR_DAY), "2026-02-28 17:30", False),
        # The month that lacks the date ends it, here on a make-up Saturday.
        ("one month from 31 January", "2026-01-31 09:00", Budget(1, Unit.MONTH), "2026-02-28 17:30", False),
        # 2027-02-28 is a Sunday.
        ("six months from 31 August", "2026-08-31 09:00", Budget(6, Unit.MONTH), "2027-03-01 17:30", True),
        ("six months", "2026-05-23 09:00", Budget(6, Unit.MONTH), "2026-11-23 17:30", False),
    ],
)
def test_due_dates(story, filed, budget, due, provisional):
    found = compute_due(beijing(filed), budget, real_calendar())
    assert found.due_at == beijing(due), story
    assert found.due_at.tzinfo is UTC
    assert found.base_due_at == found.due_at
    assert found.provisional is provisional
    assert found.paused_seconds == 0


def test_the_moment_may_come_in_any_zone_and_counts_as_the_day_in_china():
    # 18:30 UTC on Sunday is 02:30 on Monday in China.
    found = compute_due(datetime(2026, 11, 22, 18, 30, tzinfo=UTC), FIVE_DAYS, real_calendar())
    assert found.due_at == beijing("2026-11-30 17:30")


def test_a_region_has_its_own_office_hours():
    hours = OfficeHours(((time(9), time(12)), (time(14), time(17))))
    calendar = WorkCalendar(real_days(), frozenset(range(2004, 2027)), hours)
    for filed in ("2026-09-25 16:59", "2026-09-25 17:01"):
        assert compute_due(beijing(filed), FIVE_DAYS, calendar).due_at == beijing("2026-10-09 17:00")


def test_entering_the_notice_of_2027_moves_what_was_provisional():
    notice = with_rules({date(2027, 1, 1): DayRule(False, "元旦放假", "国办发明电〔2026〕9号")})
    found = compute_due(beijing("2026-12-28 09:00"), FIVE_DAYS, notice)
    assert found.due_at == beijing("2027-01-05 17:30")


def test_calendar_days_rest_only_on_the_year_they_end_in():
    calendar = WorkCalendar(real_days(), frozenset({2026}))
    filed = beijing("2025-12-20 09:00")
    assert not compute_due(filed, Budget(30, Unit.CALENDAR_DAY), calendar).provisional
    assert compute_due(filed, Budget(20, Unit.WORKING_DAY), calendar).provisional


@pytest.mark.parametrize(
    ("budget", "year"),
    [
        (Budget(400, Unit.WORKING_DAY), 2028),
        (Budget(500, Unit.CALENDAR_DAY), 2028),
        (Budget(10**12, Unit.CALENDAR_DAY), 2028),
        (Budget(25, Unit.MONTH), 2028),
        (Budget(10**6, Unit.MONTH), 85360),
    ],
)
def test_beyond_the_calendar_nothing_is_computed(budget, year):
    with pytest.raises(CalendarYearMissingError) as caught:
        compute_due(beijing("2026-11-23 09:00"), budget, real_calendar())
    assert caught.value.params == {"year": year}


def test_a_start_before_the_calendar_is_refused():
    with pytest.raises(CalendarYearMissingError, match="2003"):
        compute_due(beijing("2003-12-31 09:00"), FIVE_DAYS, real_calendar())


def test_a_naive_moment_is_refused():
    with pytest.raises(ValueError, match="aware"):
        compute_due(beijing("2026-11-23 09:00").replace(tzinfo=None), FIVE_DAYS, real_calendar())


@pytest.mark.parametrize("make", [Budget, lambda amount, unit: Extension(amount, unit, "案情复杂")])
def test_amounts_begin_at_one(make):
    assert make(1, Unit.MONTH).amount == 1
    with pytest.raises(BudgetInvalidError, match="不能是 0") as caught:
        make(0, Unit.MONTH)
    assert caught.value.code == "budget_invalid"


# Pauses -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("story", "pauses", "due", "paused_hours"),
    [
        # Without pauses: 03-03, 04, 05. Each line adds the office hours of the pause, minute by minute.
        ("6 h + 7.5 h + 2.5 h", [pause("2026-03-03 10:00", "2026-03-05 11:00")], "2026-03-10 09:30", 16),
        ("one whole day", [pause("2026-03-03 00:00", "2026-03-04 00:00")], "2026-03-06 17:30", 7.5),
        ("lunch", [pause("2026-03-03 12:00", "2026-03-03 13:30")], "2026-03-05 17:30", 0),
        ("a night", [pause("2026-03-03 17:30", "2026-03-04 08:30")], "2026-03-05 17:30", 0),
        ("an hour", [pause("2026-03-03 09:00", "2026-03-03 10:00")], "2026-03-06 09:30", 1),
        ("on the start day", [pause("2026-03-02 16:30", "2026-03-03 09:30")], "2026-03-06 10:30", 2),
        ("begun before the start", [pause("2026-02-27 09:00", "2026-03-02 10:00")], "2026-03-06 09:30", 1),
        ("over before the start", [pause("2026-02-26 09:00", "2026-02-27 09:00")], "2026-03-05 17:30", 0),
        # Begun one minute before the end, it counts to its own end, two weeks later.
        (
            "at the last minute",
            [pause("2026-03-05 17:29", "2026-03-19 08:30")],
            "2026-03-19 08:31",
            67.5 + 1 / 60,
        ),
        ("too late", [pause("2026-03-05 17:30", "2026-03-12 10:00")], "2026-03-05 17:30", 0),
        (
            "overlapping ones count once",
            [
                pause("2026-03-03 09:00", "2026-03-03 11:00"),
                pause("2026-03-03 10:00", "2026-03-03 11:30", "trainer"),
            ],
            "2026-03-06 11:00",
            2.5,
        ),
        (
            "one within another",
            [
                pause("2026-03-03 09:00", "2026-03-03 11:00"),
                pause("2026-03-03 09:30", "2026-03-03 10:00", "trainer"),
            ],
            "2026-03-06 10:30",
            2,
        ),
        # The second begins after the first due date, but before the one that the first pause moved.
        (
            "the second within what the first gave",
            [pause("2026-03-06 09:00", "2026-03-06 10:00"), pause("2026-03-03 00:00", "2026-03-04 00:00")],
            "2026-03-09 09:30",
            8.5,
        ),
    ],
)
def test_pauses_move_working_day_budgets_by_their_working_time(story, pauses, due, paused_hours):
    found = compute_due(beijing("2026-03-02 09:00"), THREE_DAYS, real_calendar(), pauses)
    assert found.due_at == beijing(due), story
    assert found.base_due_at == beijing("2026-03-05 17:30")
    assert found.paused_seconds == round(paused_hours * 3600)


def test_a_pause_through_spring_festival_costs_only_its_working_days():
    pauses = [pause("2026-02-13 17:30", "2026-02-24 08:30")]
    found = compute_due(beijing("2026-02-12 09:00"), THREE_DAYS, real_calendar(), pauses)
    assert found.base_due_at == beijing("2026-02-24 17:30")
    assert found.due_at == beijing("2026-02-25 17:30")  # only make-up Saturday 02-14 was lost
    assert found.paused_seconds == 7.5 * 3600


def test_a_pause_counts_as_it_was_to_the_microsecond():
    start = beijing("2026-03-03 09:00").replace(microsecond=1)
    pauses = [Pause(start, beijing("2026-03-03 09:00").replace(microsecond=3), "applicant", "补正材料")]
    found = compute_due(beijing("2026-03-02 09:00"), THREE_DAYS, real_calendar(), pauses)
    assert found.due_at == beijing("2026-03-06 08:30").replace(microsecond=2)
    assert found.paused_seconds == 0


def test_an_open_pause_counts_until_as_of_and_needs_it():
    pauses = [pause("2026-03-03 10:00", None)]
    found = compute_due(
        beijing("2026-03-02 09:00"), THREE_DAYS, real_calendar(), pauses, as_of=beijing("2026-03-05 11:00")
    )
    assert found.due_at == beijing("2026-03-10 09:30")
    with pytest.raises(ValueError, match="as_of"):
        compute_due(beijing("2026-03-02 09:00"), THREE_DAYS, real_calendar(), pauses)


def test_a_pause_cannot_end_before_it_starts():
    assert pause("2026-03-03 10:00", "2026-03-03 10:00").end == beijing("2026-03-03 10:00")
    with pytest.raises(ValueError, match="before it starts"):
        pause("2026-03-03 10:00", "2026-03-03 09:59")


@pytest.mark.parametrize(
    ("story", "pauses", "due", "paused_hours"),
    [
        # Ten days from Wednesday 11-04 end on Saturday 11-14, so on Monday 11-16.
        ("none", [], "2026-11-16 17:30", 0),
        # One day more is Sunday 11-15: the same Monday.
        ("one day", [pause("2026-11-05 00:00", "2026-11-06 00:00")], "2026-11-16 17:30", 24),
        ("two days", [pause("2026-11-05 00:00", "2026-11-07 00:00")], "2026-11-16 17:30", 48),
        (
            "a minute more",
            [pause("2026-11-05 00:00", "2026-11-07 00:01")],
            "2026-11-17 17:30",
            48 + 1 / 60,
        ),
        ("across the end", [pause("2026-11-13 17:30", "2026-11-18 17:30")], "2026-11-19 17:30", 120),
        # After Saturday the period lives on only for the weekend: nothing is added, nothing is due meanwhile.
        ("after the end", [pause("2026-11-16 10:00", "2026-11-16 11:00")], "2026-11-16 17:30", 1),
        ("long after the end", [pause("2026-11-16 10:00", "2026-11-18 10:00")], "2026-11-18 17:30", 48),
        ("too late", [pause("2026-11-16 17:30", "2026-11-20 10:00")], "2026-11-16 17:30", 0),
    ],
)
def test_pauses_move_calendar_budgets_by_their_calendar_time(story, pauses, due, paused_hours):
    found = compute_due(beijing("2026-11-04 09:00"), Budget(10, Unit.CALENDAR_DAY), real_calendar(), pauses)
    assert found.due_at == beijing(due), story
    assert found.base_due_at == beijing("2026-11-16 17:30")
    assert found.paused_seconds == round(paused_hours * 3600)


def test_a_pause_moves_months_too():
    pauses = [pause("2026-06-01 09:00", "2026-06-04 09:00")]
    found = compute_due(beijing("2026-05-23 09:00"), Budget(6, Unit.MONTH), real_calendar(), pauses)
    assert found.due_at == beijing("2026-11-26 17:30")


# Extensions -------------------------------------------------------------------------------------------------


def test_an_objection_may_be_extended_to_twenty_days_in_all():
    cap = Budget(20, Unit.WORKING_DAY)
    extensions = [Extension(10, Unit.WORKING_DAY, "需要鉴定"), Extension(5, Unit.WORKING_DAY, "需要专家评审")]
    found = compute_due(
        beijing("2026-11-22 09:00"), FIVE_DAYS, real_calendar(), extensions=extensions, cap=cap
    )
    assert found.due_at == beijing("2026-12-18 17:30")
    more = [*extensions, Extension(1, Unit.WORKING_DAY, "再延长")]
    with pytest.raises(ExtensionCapError) as caught:
        compute_due(beijing("2026-11-22 09:00"), FIVE_DAYS, real_calendar(), extensions=more, cap=cap)
    assert caught.value.code == "extension_over_cap"
    assert caught.value.params == {"total": 21, "cap": 20, "unit": "working_day", "unit_title": "工作日"}


def test_a_budget_over_its_cap_is_refused_without_extensions_too():
    with pytest.raises(ExtensionCapError):
        compute_due(beijing("2026-11-22 09:00"), FIVE_DAYS, real_calendar(), cap=THREE_DAYS)


def test_an_extension_comes_before_the_pauses():
    # 03-03 to 03-06 are four days; the hour of pause is then added.
    found = compute_due(
        beijing("2026-03-02 09:00"),
        THREE_DAYS,
        real_calendar(),
        [pause("2026-03-06 09:00", "2026-03-06 10:00")],
        [Extension(1, Unit.WORKING_DAY, "需要鉴定")],
    )
    assert found.base_due_at == beijing("2026-03-06 17:30")
    assert found.due_at == beijing("2026-03-09 09:30")


@pytest.mark.parametrize(
    ("extensions", "cap"),
    [([Extension(1, Unit.CALENDAR_DAY, "需要鉴定")], None), ([], Budget(1, Unit.MONTH))],
)
def test_units_are_not_mixed(extensions, cap):
    with pytest.raises(UnitMismatchError) as caught:
        compute_due(beijing("2026-11-22 09:00"), FIVE_DAYS, real_calendar(), extensions=extensions, cap=cap)
    assert caught.value.code == "deadline_unit_mismatch"
    assert caught.value.params["unit"] == "working_day"


# Warnings ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fraction", "moment"),
    [
        # From Monday 08:30 to Thursday 17:30 are 30 h: 3 h, 15 h, 24 h.
        (0.1, "2026-03-02 11:30"),
        (0.5, "2026-03-03 17:30"),
        (0.8, "2026-03-05 10:00"),
        (1, "2026-03-05 17:30"),
        (1.0, "2026-03-05 17:30"),
        # Half of it, 15 h, after the due date.
        (1.5, "2026-03-09 17:30"),
    ],
)
def test_warning_moments(fraction, moment):
    found = fraction_at(beijing("2026-03-02 08:30"), beijing("2026-03-05 17:30"), fraction, real_calendar())
    assert found == beijing(moment)
    assert found.tzinfo is UTC


def test_warnings_wait_while_the_clock_stands_still():
    # 7.5 h pause on Tuesday; 30 h remain: half of them are over on Wednesday evening.
    started, due = beijing("2026-03-02 08:30"), beijing("2026-03-06 17:30")
    halt = [pause("2026-03-03 00:00", "2026-03-04 00:00"), pause("2026-03-06 09:00", "2026-03-06 09:00")]
    assert fraction_at(started, due, 0.5, real_calendar(), halt) == beijing("2026-03-04 17:30")
    assert fraction_at(started, due, 0.1, real_calendar(), halt) == beijing("2026-03-02 11:30")
    still = [pause("2026-03-03 00:00", None)]
    as_of = beijing("2026-03-04 00:00")
    assert fraction_at(started, due, 0.5, real_calendar(), still, as_of) == beijing("2026-03-04 17:30")


def test_a_warning_that_falls_on_the_beginning_of_a_pause_comes_before_it():
    halt = [pause("2026-03-03 10:00", "2026-03-04 10:00")]
    started, due = beijing("2026-03-02 08:30"), beijing("2026-03-04 17:30")
    # 22.5 h less 7.5 h: 0.6 of the 15 h are over at 10:00 on Tuesday.
    assert fraction_at(started, due, 0.6, real_calendar(), halt) == beijing("2026-03-03 10:00")


def test_the_last_warning_comes_at_the_due_date_even_outside_of_office_hours():
    started, due = beijing("2026-03-02 08:30"), beijing("2026-03-05 23:59")
    assert fraction_at(started, due, 1, real_calendar()) == due


def test_a_pause_beyond_the_due_date_does_not_delay_warnings():
    late = [pause("2026-03-05 17:30", "2026-03-09 10:00")]
    started, due = beijing("2026-03-02 08:30"), beijing("2026-03-05 17:30")
    assert fraction_at(started, due, 0.5, real_calendar(), late) == beijing("2026-03-03 17:30")


def test_a_due_date_in_the_past_warns_at_once():
    started, due = beijing("2026-03-02 08:30"), beijing("2026-03-01 17:30")
    assert fraction_at(started, due, 0.5, real_calendar()) == due


@pytest.mark.parametrize("fraction", [0, -0.5])
def test_fractions_out_of_range_are_refused(fraction):
    with pytest.raises(ValueError, match="fraction"):
        fraction_at(beijing("2026-03-02 08:30"), beijing("2026-03-05 17:30"), fraction, real_calendar())


# Time spent -------------------------------------------------------------------------------------------------


def test_time_is_split_by_who_owed_it():
    pauses = [
        pause("2026-03-04 09:00", None, "trainer", "信用修复培训"),
        pause("2026-03-03 09:00", "2026-03-03 11:00", "applicant"),
        pause("2026-03-03 10:00", "2026-03-03 12:00", "source_unit"),
        pause("2026-03-03 14:00", "2026-03-03 15:00", "applicant"),
    ]
    spent = net_and_gross(beijing("2026-03-02 16:30"), beijing("2026-03-04 10:00"), pauses, real_calendar())
    assert spent.by_owner == {"applicant": 3 * 3600, "source_unit": 3600, "trainer": 3600}
    assert spent.gross_working_seconds == 10 * 3600
    assert spent.net_working_seconds == 5 * 3600
    assert spent.gross_calendar_seconds == 41.5 * 3600
    assert spent.net_calendar_seconds == 36.5 * 3600


def test_pauses_outside_of_the_time_spent_do_not_count():
    pauses = [
        pause("2026-03-02 09:00", "2026-03-02 10:00"),
        pause("2026-03-03 16:00", "2026-03-06 10:00", "trainer"),
        pause("2026-03-05 16:00", "2026-03-07 10:00", "source_unit"),
    ]
    spent = net_and_gross(beijing("2026-03-03 10:00"), beijing("2026-03-03 17:00"), pauses, real_calendar())
    assert spent.by_owner == {"trainer": 3600}
    assert (spent.gross_working_seconds, spent.net_working_seconds) == (19800, 16200)
    assert (spent.gross_calendar_seconds, spent.net_calendar_seconds) == (25200, 21600)
