"""Office hours of a region, and the notice of a year of which only the weekends were known."""

from datetime import date, time

import pytest

from tests.changes.support import apply, day, days, draft, ensure_in_step, notice, snapshot, undo
from tests.services.world import china, do, file, kinds, task, the_clock
from workflow_app.domain.workdays import CalendarYearMissingError, DayKind
from workflow_app.models import CalendarDay, CalendarNotice, Region
from workflow_app.selectors.calendar import get_book, get_calendar
from workflow_app.selectors.previews import preview_change
from workflow_app.selectors.revisions import revision_of
from workflow_app.services.calendar import seed_calendar

pytestmark = pytest.mark.usefixtures("acts")

SUMMER = [["08:30", "12:00"], ["14:00", "18:00"]]


class TestHours:
    def test_of_the_agencys_region(self, at):
        case = file()
        before = snapshot()
        change = draft("hours", {"region": "330700", "hours": SUMMER})
        assert preview_change(change).counts["moves"] == 1
        apply(change)
        assert the_clock(case).due_at == china("2026-03-16 18:00")
        assert task(case).due_at == case.timers.get().due_at == china("2026-03-16 18:00")
        assert get_calendar("330782").hours.end == time(18, 0)
        undo(change)
        assert snapshot() == before

    def test_of_a_region_above(self, at):
        case = file()
        before = snapshot()
        change = apply(draft("hours", {"region": "330000", "hours": SUMMER}))
        assert the_clock(case).due_at == china("2026-03-16 18:00")
        # The city's own come first, and are the province's again when they are taken away.
        own = apply(draft("hours", {"region": "330700", "hours": [["09:00", "12:00"], ["13:00", "17:00"]]}))
        assert the_clock(case).due_at == china("2026-03-16 17:00")
        none = apply(draft("hours", {"region": "330700", "hours": []}))
        assert the_clock(case).due_at == china("2026-03-16 18:00")
        for each in (none, own, change):
            undo(each)
        assert snapshot() == before

    def test_another_region_is_none_of_its_business(self, at):
        case = file()
        change = draft("hours", {"region": "330782", "hours": SUMMER})
        assert preview_change(change).counts["moves"] == 0
        apply(change)
        assert the_clock(case).due_at == china("2026-03-16 17:30")
        assert "clock.recomputed" not in kinds(case)

    def test_within_the_last_hour_it_decides_whether_a_case_is_late(self, at):
        case = file()
        do(case, "reviewer1", result="ok")
        at("2026-03-16 17:45")
        longer = apply(draft("hours", {"region": "330700", "hours": SUMMER}))
        assert longer.effects.get().outcome == "recovers"
        shorter = draft("hours", {"region": "330700", "hours": [["08:30", "12:00"], ["13:30", "16:30"]]})
        assert preview_change(shorter).counts == {"moves": 1, "overdue": 1, "recovers": 0}


# The days of 2027 are not known; these are a test's.
NEW_YEAR = notice(2027, "2027-01-01", "2027-01-04", day("2027-01-09", True))


class TestNotice:
    def test_it_ends_what_was_provisional(self, at):
        at("2026-12-25 10:00")
        case, early = file(), file()
        do(early, "reviewer1", result="supplement")
        assert (the_clock(case).due_at, the_clock(case).is_provisional) == (china("2027-01-08 17:30"), True)
        assert not the_clock(early, "supplement").is_provisional
        before = snapshot()
        change = draft("calendar", NEW_YEAR)
        preview = preview_change(change)
        assert preview.counts == {"moves": 2, "overdue": 0, "recovers": 0}
        assert {each.is_provisional for each in preview.effects} == {False}
        change = apply(change)
        # 4 January is off as well, 9 January worked.
        assert the_clock(case).due_at == china("2027-01-11 17:30")
        assert not the_clock(case).is_provisional
        assert preview_change(change) == preview
        calendar = get_calendar("330700")
        assert calendar.kind(date(2027, 1, 9)) is DayKind.MAKE_UP
        assert calendar.kind(date(2027, 3, 1)) is DayKind.WORKING
        assert calendar.notice(date(2027, 1, 1)) == "国办发明电〔2026〕9号"
        assert calendar.last_year == 2028
        row = CalendarNotice.objects.get(year=2027)
        assert (row.issued_on, row.link) == (date(2026, 11, 6), "")
        undo(change)
        assert snapshot() == before
        assert not CalendarNotice.objects.filter(year=2027).exists()

    def test_a_mark_ends_also_where_no_day_moves(self, at):
        at("2026-12-25 10:00")
        case = file()
        change = draft("calendar", notice(2027, "2027-02-08"))
        assert preview_change(change).counts["moves"] == 0
        change = apply(change)
        clock = the_clock(case)
        assert (clock.due_at, clock.is_provisional) == (china("2027-01-08 17:30"), False)
        told = case.events.get(kind="clock.recomputed").data
        assert (told["before"] == told["after"], told["is_provisional"]) == (True, False)
        undo(change)
        assert the_clock(case).is_provisional
        ensure_in_step(at.now)

    def test_a_day_of_december_before_is_ordered_by_it(self, at):
        at("2026-12-15 10:00")
        case = file()
        assert the_clock(case).due_at == china("2026-12-29 17:30")
        change = apply(draft("calendar", notice(2027, day("2026-12-26", True), "2027-01-01")))
        assert the_clock(case).due_at == china("2026-12-28 17:30")
        assert CalendarDay.objects.get(day="2026-12-26").notice_id == 2027
        undo(change)
        assert the_clock(case).due_at == china("2026-12-29 17:30")
        assert not CalendarDay.objects.filter(notice_id=2027).exists()

    def test_a_correction_keeps_what_it_does_not_name(self, at):
        before = snapshot()
        days_before = CalendarDay.objects.filter(notice_id=2026).count()
        change = apply(
            draft(
                "calendar", notice(2026, day("2026-10-10", None), number="更正", link="https://www.gov.cn/x")
            )
        )
        assert CalendarDay.objects.filter(notice_id=2026).count() == days_before - 1
        assert get_calendar("330700").kind(date(2026, 10, 10)) is DayKind.WEEKEND
        assert get_calendar("330700").notice(date(2026, 10, 1)) == "更正"
        undo(change)
        assert snapshot() == before

    def test_it_stays_while_clocks_need_the_year_after(self, at):
        change = apply(draft("calendar", NEW_YEAR))
        at("2027-12-24 10:00")
        case = file()
        assert the_clock(case).is_provisional
        before = snapshot()
        with pytest.raises(CalendarYearMissingError):
            undo(change)
        assert snapshot() == before

    def test_a_release_that_knows_the_year_does_the_same(self, at):
        CalendarDay.objects.filter(notice_id=2026, day__gte="2026-01-01").delete()
        CalendarNotice.objects.filter(year=2026).delete()
        case = file()
        assert the_clock(case).is_provisional
        assert seed_calendar() == 1
        clock = the_clock(case)
        assert (clock.due_at, clock.is_provisional) == (china("2026-03-16 17:30"), False)
        assert case.events.get(kind="clock.recomputed").data["change"] is None
        assert seed_calendar() == 0
        ensure_in_step(at.now)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("calendar", NEW_YEAR),
        ("calendar", days("2026-03-09", day("2026-10-10", None), day("2026-03-14", True))),
        ("hours", {"region": "330700", "hours": SUMMER}),
        ("hours", {"region": "330000", "hours": []}),
    ],
    ids=["notice", "days", "hours", "no hours"],
)
def test_the_book_that_was_previewed_is_the_one_that_is_written(kind, content, at):
    change = draft(kind, content)
    foreseen = revision_of(kind, change.content, at.now).book
    assert get_book() != foreseen or content["hours"] == []
    apply(change)
    assert get_book() == foreseen
    undo(change)
    assert Region.objects.get(pk="330700").office_hours == []
