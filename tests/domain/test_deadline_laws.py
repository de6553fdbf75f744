"""What holds for every due date, tried on generated cases and against an independent walk."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.worlds import (
    CHINA,
    amounts,
    close_of,
    microseconds,
    minutes_2024_2026,
    nth_working_day,
    pauses_after,
    real_calendar,
    walked_due,
    with_rules,
    works,
)
from workflow_app.domain.deadlines import (
    MOVED,
    MOVED_HERE,
    Budget,
    Extension,
    ExtensionCapError,
    Pause,
    Unit,
    compute_due,
    explain,
    fraction_at,
    net_and_gross,
)
from workflow_app.domain.periods import add_months
from workflow_app.domain.workdays import DayRule

units = st.sampled_from(list(Unit))
calendar_units = st.sampled_from([Unit.CALENDAR_DAY, Unit.MONTH])


@st.composite
def cases(draw, after_days=0):
    start = draw(minutes_2024_2026)
    unit = draw(units)
    budget = Budget(draw(st.integers(1, 4)) if unit is Unit.MONTH else draw(amounts), unit)
    return start, budget, draw(pauses_after(start, after_days=after_days))


@given(start=microseconds, n=amounts)
def test_without_pauses_working_days_agree_with_a_day_walk(start, n):
    due = compute_due(start, Budget(n, Unit.WORKING_DAY), real_calendar())
    assert due.due_at == close_of(nth_working_day(start.astimezone(CHINA).date(), n))


@given(start=microseconds, n=st.integers(1, 120), in_months=st.booleans())
def test_without_pauses_calendar_periods_agree_with_a_day_walk(start, n, in_months):
    day = start.astimezone(CHINA).date()
    if in_months:
        n = n % 6 + 1
        last = add_months(day, n)
    else:
        last = day + timedelta(days=n)
    while not works(last):
        last += timedelta(days=1)
    budget = Budget(n, Unit.MONTH if in_months else Unit.CALENDAR_DAY)
    assert compute_due(start, budget, real_calendar()).due_at == close_of(last)


@given(data=st.data(), start=minutes_2024_2026, n=st.integers(1, 10))
def test_with_pauses_working_days_agree_with_a_stopwatch(data, start, n):
    pauses = data.draw(pauses_after(start))
    due = compute_due(start, Budget(n, Unit.WORKING_DAY), real_calendar(), pauses)
    assert due.due_at == walked_due(start, n, pauses)


@given(data=st.data(), start=minutes_2024_2026, n=amounts)
def test_pausing_and_resuming_never_loses_or_gains_working_time(data, start, n):
    calendar, budget = real_calendar(), Budget(n, Unit.WORKING_DAY)
    pauses = data.draw(pauses_after(start))
    due = compute_due(start, budget, calendar, pauses)
    before = net_and_gross(start, due.base_due_at, [], calendar).net_working_seconds
    spent = net_and_gross(start, due.due_at, pauses, calendar)
    assert spent.net_working_seconds == before
    assert sum(spent.by_owner.values()) == due.paused_seconds
    assert calendar.working_seconds_between(due.base_due_at, due.due_at) == due.paused_seconds


@given(
    start=microseconds, n=amounts, cuts=st.lists(st.integers(0, 10**12), min_size=2, max_size=6, unique=True)
)
def test_cutting_a_pause_into_pieces_changes_nothing(start, n, cuts):
    moments = [start + timedelta(microseconds=cut) for cut in sorted(cuts)]
    whole = [Pause(moments[0], moments[-1], "applicant", "补正材料")]
    pieces = [Pause(a, b, "applicant", "补正材料") for a, b in itertools.pairwise(moments)]
    for unit in (Unit.WORKING_DAY, Unit.CALENDAR_DAY):
        budget = Budget(n, unit)
        found = [compute_due(start, budget, real_calendar(), pauses).due_at for pauses in (whole, pieces)]
        assert found[0] == found[1]


@given(case=cases())
def test_a_pause_that_began_in_time_never_outlasts_the_due_date(case):
    start, budget, pauses = case
    due = compute_due(start, budget, real_calendar(), pauses)
    assert due.due_at >= due.base_due_at
    assert all(one.end <= due.due_at for one in pauses if one.start < due.due_at)


@given(data=st.data(), start=minutes_2024_2026, n=st.integers(1, 4), unit=calendar_units)
def test_calendar_periods_never_lose_paused_time(data, start, n, unit):
    day = start.date()
    last = add_months(day, n) if unit is Unit.MONTH else day + timedelta(days=n)
    minutes_left = (close_of(last) - start) // timedelta(minutes=1)
    begins = start + timedelta(minutes=data.draw(st.integers(0, max(minutes_left - 1, 0))))
    length = timedelta(minutes=data.draw(st.integers(0, 60 * 24 * 9)))
    pauses = [Pause(begins, begins + length, "applicant", "补正材料")]
    expected = last
    while not works(expected) or close_of(expected) < close_of(last) + length:
        expected += timedelta(days=1)
    assert compute_due(start, Budget(n, unit), real_calendar(), pauses).due_at == close_of(expected)


@given(case=cases())
def test_a_due_date_without_working_pauses_is_the_end_of_office_of_a_working_day(case):
    start, budget, pauses = case
    calendar = real_calendar()
    if budget.unit is Unit.WORKING_DAY:
        pauses = []
    due = compute_due(start, budget, calendar, pauses)
    for moment in (due.due_at, due.base_due_at):
        day = moment.astimezone(CHINA).date()
        assert works(day)
        assert moment == calendar.end_of_office(day)


@given(case=cases(after_days=1), day=st.integers(0, 60))
def test_another_holiday_never_makes_a_due_date_earlier(case, day):
    # Pauses on the start day are left out: where that day becomes a holiday, they cost nothing any more.
    start, budget, pauses = case
    holiday = start.date() + timedelta(days=day)
    more = with_rules({holiday: DayRule(False, "临时放假", "")})
    before = compute_due(start, budget, real_calendar(), pauses)
    after = compute_due(start, budget, more, pauses)
    assert after.base_due_at >= before.base_due_at
    assert after.due_at >= before.due_at


@given(case=cases(), minutes=st.integers(0, 60 * 24 * 10))
def test_a_later_start_or_a_longer_budget_is_never_due_earlier(case, minutes):
    start, budget, _ = case
    due = compute_due(start, budget, real_calendar()).due_at
    assert compute_due(start + timedelta(minutes=minutes), budget, real_calendar()).due_at >= due
    assert compute_due(start, Budget(budget.amount + 1, budget.unit), real_calendar()).due_at >= due


@given(case=cases(), added=st.lists(st.integers(1, 8), max_size=4), cap=st.integers(1, 40))
def test_extensions_equal_a_longer_budget_and_never_pass_the_cap(case, added, cap):
    start, budget, pauses = case
    extensions = [Extension(amount, budget.unit, "需要鉴定") for amount in added]
    longest = Budget(cap, budget.unit)
    total = budget.amount + sum(added)
    if total > cap:
        with pytest.raises(ExtensionCapError):
            compute_due(start, budget, real_calendar(), pauses, extensions, longest)
        return
    if budget.unit is Unit.MONTH and total > 12:
        return
    due = compute_due(start, budget, real_calendar(), pauses, extensions, longest)
    assert due == compute_due(start, Budget(total, budget.unit), real_calendar(), pauses)
    at_the_cap = compute_due(start, longest, with_rules({}, last_year=2032)).due_at
    assert due.base_due_at <= at_the_cap


@given(case=cases())
def test_the_explanation_ends_on_the_due_day_and_counts_without_gaps(case):
    start, budget, pauses = case
    calendar = real_calendar()
    due = compute_due(start, budget, calendar, pauses)
    lines = explain(start, budget, calendar, pauses)
    first, last = start.date(), due.due_at.astimezone(CHINA).date()
    assert [line.day for line in lines] == [first + timedelta(days=n) for n in range((last - first).days + 1)]
    numbers = [line.number for line in lines if line.counted]
    assert numbers == list(range(1, len(numbers) + 1))
    assert not lines[0].counted
    assert lines[-1].counted
    assert all((line.number is not None) is line.counted for line in lines)
    if budget.unit is Unit.WORKING_DAY:
        assert numbers[-1] == budget.amount
        assert all(works(line.day) for line in lines if line.counted)
    elif budget.unit is Unit.CALENDAR_DAY:
        assert numbers[-1] == budget.amount
    else:
        assert numbers[-1] == (add_months(first, budget.amount) - first).days


@given(case=cases())
def test_only_what_follows_a_rest_day_is_said_to_be_moved(case):
    start, budget, _ = case
    lines = explain(start, budget, real_calendar())
    moved = [line.day for line in lines if line.message == MOVED]
    assert (lines[-1].message == MOVED_HERE) is bool(moved)
    assert not any(works(day) for day in moved)


@given(case=cases(), fraction=st.floats(0.01, 0.99))
def test_a_warning_comes_when_its_share_of_the_working_time_has_passed(case, fraction):
    start, budget, pauses = case
    calendar = real_calendar()
    due = compute_due(start, budget, calendar, pauses).due_at
    pauses = [one for one in pauses if one.start < due]
    moment = fraction_at(start, due, fraction, calendar, pauses)
    assert start <= moment <= due
    whole = net_and_gross(start, due, pauses, calendar).net_working_seconds
    passed = net_and_gross(start, moment, pauses, calendar).net_working_seconds
    assert abs(passed - whole * fraction) <= 1
    assert fraction_at(start, due, 1, calendar, pauses) == due


@given(day=st.dates(date(2004, 1, 1), date(2026, 12, 31)), n=st.integers(-24, 24))
def test_months_keep_the_date_or_end_the_month(day, n):
    moved = add_months(day, n)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == n
    assert moved.day == day.day or (moved.day < day.day and (moved + timedelta(days=1)).day == 1)
