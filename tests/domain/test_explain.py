"""Explanations written out, a day a line."""

import re
from datetime import date, timedelta

import pytest

from tests.domain.worlds import NOTICE, beijing, pause, real_calendar
from workflow_app.domain import deadlines
from workflow_app.domain.deadlines import Budget, Extension, ExtensionCapError, Unit, explain

FIVE_DAYS = Budget(5, Unit.WORKING_DAY)


def told(lines):
    return [(f"{line.day:%m-%d}", line.number, line.reason) for line in lines]


def test_an_objection_over_a_make_up_sunday():
    lines = explain(beijing("2026-09-15 10:00"), FIVE_DAYS, real_calendar())
    assert told(lines) == [
        ("09-15", None, "起算当日，不计入"),
        ("09-16", 1, "计为第 1 个工作日"),
        ("09-17", 2, "计为第 2 个工作日"),
        ("09-18", 3, "计为第 3 个工作日"),
        ("09-19", None, "周末，不计入"),
        ("09-20", 4, f"调休上班，计为第 4 个工作日（{NOTICE}）"),
        ("09-21", 5, "计为第 5 个工作日"),
    ]


def test_holidays_name_their_notice():
    lines = explain(beijing("2026-09-25 16:59"), FIVE_DAYS, real_calendar())
    assert lines[-1].day == date(2026, 10, 9)
    assert told(lines)[1] == ("09-26", None, f"中秋节放假，不计入（{NOTICE}）")
    festival = [line for line in lines if line.params.get("day_reason") == "国庆节放假"]
    assert [line.day for line in festival] == [date(2026, 10, day) for day in range(1, 8)]
    assert festival[0].params == {"day_reason": "国庆节放假", "notice": NOTICE}


def test_days_of_a_year_without_notice_are_marked():
    lines = explain(beijing("2026-12-28 09:00"), FIVE_DAYS, real_calendar())
    assert [(line.day, line.counted) for line in lines if line.provisional] == [
        (date(2027, 1, 1), True),
        (date(2027, 1, 2), False),
        (date(2027, 1, 3), False),
        (date(2027, 1, 4), True),
    ]


def test_a_pause_over_three_days():
    # 6 h, 7.5 h and 2.5 h: what was worked on them makes no whole day, and the due day is a part day.
    lines = explain(
        beijing("2026-03-02 09:00"),
        Budget(3, Unit.WORKING_DAY),
        real_calendar(),
        [pause("2026-03-03 10:00", "2026-03-05 11:00")],
    )
    assert told(lines) == [
        ("03-02", None, "起算当日，不计入"),
        ("03-03", None, "暂停（补正材料），不计入"),
        ("03-04", None, "暂停（补正材料），不计入"),
        ("03-05", None, "暂停（补正材料），不计入"),
        ("03-06", 1, "计为第 1 个工作日"),
        ("03-07", None, "周末，不计入"),
        ("03-08", None, "周末，不计入"),
        ("03-09", 2, "计为第 2 个工作日"),
        ("03-10", 3, "计为第 3 个工作日"),
    ]


def test_a_pause_on_the_start_day_is_made_up_for_on_the_next():
    lines = explain(
        beijing("2026-03-02 09:00"),
        Budget(1, Unit.WORKING_DAY),
        real_calendar(),
        [pause("2026-03-02 10:00", "2026-03-02 11:00")],
    )
    assert told(lines) == [
        ("03-02", None, "起算当日，不计入"),
        ("03-03", None, "补足此前暂停的时间，未满一日，不计入"),
        ("03-04", 1, "计为第 1 个工作日"),
    ]


def test_the_pause_of_each_day_is_named():
    lines = explain(
        beijing("2026-03-02 09:00"),
        Budget(2, Unit.WORKING_DAY),
        real_calendar(),
        [
            pause("2026-03-05 00:00", None, "trainer", "信用修复培训"),
            pause("2026-03-03 00:00", "2026-03-04 00:00"),
        ],
        as_of=beijing("2026-03-06 00:00"),
    )
    assert [line.reason for line in lines if not line.counted] == [
        "起算当日，不计入",
        "暂停（补正材料），不计入",
        "暂停（信用修复培训），不计入",
    ]
    assert lines[-1].day == date(2026, 3, 6)


def test_calendar_days_that_end_on_a_saturday():
    lines = explain(beijing("2026-11-10 09:00"), Budget(4, Unit.CALENDAR_DAY), real_calendar())
    assert told(lines) == [
        ("11-10", None, "起算当日，不计入"),
        ("11-11", 1, "计为第 1 日"),
        ("11-12", 2, "计为第 2 日"),
        ("11-13", 3, "计为第 3 日"),
        ("11-14", None, "期间届满但当日为休息日，顺延"),
        ("11-15", None, "期间届满但当日为休息日，顺延"),
        ("11-16", 4, "由休息日顺延至本日，计为第 4 日"),
    ]


def test_calendar_days_with_pauses():
    lines = explain(
        beijing("2026-11-10 09:00"),
        Budget(2, Unit.CALENDAR_DAY),
        real_calendar(),
        [pause("2026-11-10 10:00", "2026-11-10 11:00"), pause("2026-11-12 00:00", "2026-11-13 00:00")],
    )
    assert told(lines) == [
        ("11-10", None, "起算当日，不计入"),
        ("11-11", None, "补足此前暂停的时间，未满一日，不计入"),
        ("11-12", None, "暂停（补正材料），不计入"),
        ("11-13", 1, "计为第 1 日"),
        ("11-14", None, "期间届满但当日为休息日，顺延"),
        ("11-15", None, "期间届满但当日为休息日，顺延"),
        ("11-16", 2, "由休息日顺延至本日，计为第 2 日"),
    ]


def test_a_pause_after_the_last_day_was_moved():
    lines = explain(
        beijing("2026-11-13 09:00"),
        Budget(1, Unit.CALENDAR_DAY),
        real_calendar(),
        [pause("2026-11-16 10:00", "2026-11-17 10:00")],
    )
    assert told(lines) == [
        ("11-13", None, "起算当日，不计入"),
        ("11-14", None, "期间届满但当日为休息日，顺延"),
        ("11-15", None, "期间届满但当日为休息日，顺延"),
        ("11-16", None, "暂停（补正材料），不计入"),
        ("11-17", 1, "计为第 1 日"),
    ]


def test_months_count_their_days():
    lines = explain(beijing("2026-01-31 09:00"), Budget(1, Unit.MONTH), real_calendar())
    assert lines[-1].day == date(2026, 2, 28)
    assert [line.number for line in lines] == [None, *range(1, 29)]


def test_extensions_and_cap_are_those_of_the_due_date():
    extension = [Extension(2, Unit.WORKING_DAY, "需要鉴定")]
    start, three = beijing("2026-03-02 09:00"), Budget(3, Unit.WORKING_DAY)
    lines = explain(start, three, real_calendar(), extensions=extension)
    assert lines[-1].day - lines[0].day == timedelta(days=7)
    with pytest.raises(ExtensionCapError):
        explain(
            start,
            Budget(3, Unit.WORKING_DAY),
            real_calendar(),
            extensions=extension,
            cap=Budget(4, Unit.WORKING_DAY),
        )


def test_every_reason_can_be_told_again_from_its_message():
    lines = [
        *explain(beijing("2026-09-15 10:00"), Budget(20, Unit.WORKING_DAY), real_calendar()),
        *explain(beijing("2026-11-10 09:00"), Budget(4, Unit.CALENDAR_DAY), real_calendar()),
    ]
    known = {value for name, value in vars(deadlines).items() if name.isupper() and isinstance(value, str)}
    for line in lines:
        assert line.message in known
        assert line.message.format(**line.params) == line.reason
        assert set(re.findall(r"\{(\w+)\}", line.message)) == set(line.params)
