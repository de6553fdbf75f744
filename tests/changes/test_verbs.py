"""Draft, revise, discard, apply, undo: who may, what is left when something fails, and that once is once."""

import pytest

from tests.changes.support import apply, day, days, draft, notice, snapshot, undo
from tests.services.world import account, china, file, the_clock
from workflow_app.domain.errors import ForbiddenError, NotFoundError
from workflow_app.models import CalendarDay, CalendarNotice, Case, Change, Event, Timer
from workflow_app.selectors.changes import get_change, list_changes, list_effects
from workflow_app.selectors.paging import CursorInvalidError, LimitInvalidError
from workflow_app.selectors.previews import preview_change
from workflow_app.services.change_errors import (
    ChangeInvalidError,
    ChangeNotAppliedError,
    ChangeNotDraftError,
    ChangeSupersededError,
)
from workflow_app.services.changes import (
    apply_change,
    discard_change,
    draft_change,
    revise_change,
    undo_change,
)
from workflow_app.services.errors import CaseStuckError

pytestmark = pytest.mark.usefixtures("acts")

HOLIDAY = days("2026-03-09")


@pytest.mark.parametrize(
    "name",
    ["applicant1", "clerk1", "reviewer1", "approver1", "trainer1", "supervisor1", "secadmin1", "auditor1"],
)
def test_only_system_administrators_may(name):
    user, change = account(name), draft("calendar", HOLIDAY)
    before = snapshot()
    for act in (
        lambda: draft_change(user=user, kind="calendar", title="变更", content=HOLIDAY),
        lambda: revise_change(change_id=change.pk, user=user, title="别的"),
        lambda: discard_change(change_id=change.pk, user=user),
        lambda: apply_change(change_id=change.pk, user=user),
        lambda: undo_change(change_id=change.pk, user=user),
        lambda: get_change(user, change.pk),
        lambda: list_changes(user),
        # What does not exist is not told apart.
        lambda: get_change(user, change.pk + 1),
    ):
        with pytest.raises(ForbiddenError):
            act()
    assert snapshot() == before
    assert Change.objects.get().status == "draft"


def test_a_role_that_has_run_out_is_none(at):
    admin = account("sysadmin1")
    admin.grants.update(valid_until="2026-03-01")
    with pytest.raises(ForbiddenError):
        draft("calendar", HOLIDAY)


def test_what_does_not_exist_is_not_found():
    admin = account("sysadmin1")
    for number in (0, -1, 1, 2**63):
        with pytest.raises(NotFoundError):
            get_change(admin, number)
        with pytest.raises(NotFoundError):
            apply_change(change_id=number, user=admin)


def test_a_draft_says_who_and_when_and_changes_nothing(at):
    file()
    before = snapshot()
    change = draft_change(
        user=account("sysadmin1"),
        kind="calendar",
        title=" 台风停工 ",
        content=HOLIDAY,
        reason=" 台风红色预警 ",
    )
    assert (change.title, change.reason, change.status) == ("台风停工", "台风红色预警", "draft")
    assert (change.created_by, change.created_at) == (account("sysadmin1"), at.now)
    assert change.before is None
    assert snapshot() == before


def test_a_draft_can_be_revised():
    change = draft("calendar", HOLIDAY)
    admin = account("sysadmin1")
    revised = revise_change(change_id=change.pk, user=admin, title="新标题")
    assert (revised.title, revised.content) == ("新标题", change.content)
    revised = revise_change(change_id=change.pk, user=admin, reason="因故", content=days("2026-03-10"))
    assert [each["date"] for each in revised.content["days"]] == ["2026-03-10"]
    assert Change.objects.get().reason == "因故"
    with pytest.raises(ChangeInvalidError) as caught:
        revise_change(change_id=change.pk, user=admin, content=days("2026-02-30"))
    assert caught.value.pointer == "/days/0/date"
    with pytest.raises(ChangeInvalidError) as caught:
        revise_change(change_id=change.pk, user=admin, title=" ")
    assert caught.value.pointer == "/title"
    assert [each["date"] for each in Change.objects.get().content["days"]] == ["2026-03-10"]


def test_each_status_permits_its_own_acts_only():
    admin = account("sysadmin1")

    def refused(change, *acts):
        for act in acts:
            expected = ChangeNotAppliedError if act is undo_change else ChangeNotDraftError
            with pytest.raises(expected) as caught:
                act(change_id=change.pk, user=admin)
            assert caught.value.status == 409
            assert caught.value.params["change"] == change.title

    change = draft("calendar", HOLIDAY)
    refused(change, undo_change)
    apply(change)
    refused(change, apply_change, discard_change, revise_change)
    undo(change)
    refused(change, apply_change, discard_change, revise_change, undo_change)
    given_up = draft("calendar", HOLIDAY)
    discard_change(change_id=given_up.pk, user=admin)
    refused(given_up, apply_change, discard_change, revise_change, undo_change)


def test_who_applied_and_undid_it_and_when(at):
    change = draft("calendar", HOLIDAY)
    applied_at = at("2026-03-03 09:00")
    apply(change)
    undone_at = at("2026-03-04 09:00")
    undo(change)
    found = get_change(account("sysadmin1"), change.pk)
    assert (found.applied_by, found.applied_at) == (account("sysadmin1"), applied_at)
    assert (found.undone_by, found.undone_at) == (account("sysadmin1"), undone_at)
    assert found.status == "undone"
    assert found.before["days"] == [{"date": "2026-03-09", "working": None, "reason": ""}]


class TestOneOnTheOther:
    def test_what_was_changed_again_is_undone_from_the_top(self, at):
        file()
        before = snapshot()
        first = apply(draft("calendar", HOLIDAY, "放假"))
        at.forward(minutes=1)
        second = apply(draft("calendar", days(day("2026-03-09", None)), "照常"))
        with pytest.raises(ChangeSupersededError) as caught:
            undo(first)
        assert caught.value.params == {"change": "放假", "later": "照常"}
        undo(second)
        undo(first)
        assert snapshot() == before

    def test_in_the_same_instant_the_later_number_is_on_top(self):
        first = apply(draft("calendar", HOLIDAY, "放假"))
        second = apply(draft("calendar", days(day("2026-03-09", None)), "照常"))
        with pytest.raises(ChangeSupersededError):
            undo(first)
        undo(second)
        undo(first)

    def test_what_has_nothing_in_common_is_undone_in_any_order(self, at):
        file()
        before = snapshot()
        first, second = (
            apply(draft("calendar", HOLIDAY)),
            apply(draft("calendar", days("2026-03-10"))),
        )
        undo(first)
        undo(second)
        assert snapshot() == before

    def test_a_notice_stays_while_a_later_change_needs_its_year(self):
        entered = apply(draft("calendar", notice(2027, "2027-01-01"), "2027 年"))
        later = apply(draft("calendar", days("2027-03-01"), "停工"))
        with pytest.raises(ChangeSupersededError):
            undo(entered)
        undo(later)
        undo(entered)
        assert not CalendarNotice.objects.filter(year=2027).exists()

    def test_correcting_a_notice_does_not_hold_days_of_its_year(self):
        corrected = apply(draft("calendar", notice(2026, number="国办发明电〔2025〕70号")))
        later = apply(draft("calendar", days("2026-03-09")))
        undo(corrected)
        assert CalendarNotice.objects.get(year=2026).number == "国办发明电〔2025〕7号"
        undo(later)


class TestAllOrNothing:
    def test_a_case_that_cannot_be_read_stops_all_of_it(self):
        good, bad = file(), file()
        Case.objects.filter(pk=bad.pk).update(state_mac=b"\0" * 32)
        change = draft("calendar", HOLIDAY)
        events, due = Event.objects.count(), the_clock(good).due_at
        with pytest.raises(CaseStuckError) as caught:
            apply(change)
        assert caught.value.params["number"] == bad.number
        assert (Event.objects.count(), the_clock(good).due_at) == (events, due)
        assert Timer.objects.get(case=good).due_at == due
        assert not CalendarDay.objects.filter(day="2026-03-09").exists()
        change.refresh_from_db()
        assert (change.status, change.before, change.effects.count()) == ("draft", None, 0)

    def test_the_same_when_undoing(self):
        good, bad = file(), file()
        change = apply(draft("calendar", HOLIDAY))
        Case.objects.filter(pk=bad.pk).update(state_mac=b"\0" * 32)
        with pytest.raises(CaseStuckError):
            undo(change)
        assert the_clock(good).due_at == china("2026-03-17 17:30")
        assert CalendarDay.objects.filter(day="2026-03-09").exists()
        change.refresh_from_db()
        assert change.status == "applied"

    def test_what_fits_no_more_is_not_applied(self):
        change = draft("calendar", notice(2027, "2027-01-01"))
        other = draft("calendar", days("2026-12-31"))
        CalendarDay.objects.filter(notice_id=2026).delete()
        CalendarNotice.objects.filter(year=2026).delete()
        for each, pointer in ((change, "/year"), (other, "/days/0/date")):
            with pytest.raises(ChangeInvalidError) as caught:
                apply(each)
            assert caught.value.pointer == pointer


class TestReading:
    def test_newest_first_page_by_page(self, django_assert_num_queries):
        made = [draft("calendar", HOLIDAY, f"变更{n}").pk for n in range(5)]
        admin = account("sysadmin1")
        seen, cursor = [], ""
        while cursor is not None:
            page = list_changes(admin, cursor=cursor, limit=2)
            seen += [each.pk for each in page.items]
            cursor = page.next
        assert seen == made[::-1]
        with django_assert_num_queries(2):
            assert {str(each.created_by) for each in list_changes(admin).items} == {str(admin)}
        for wrong in ("x", "WyJhIl0"):
            with pytest.raises(CursorInvalidError):
                list_changes(admin, cursor=wrong)
        with pytest.raises(LimitInvalidError):
            list_changes(admin, limit=0)

    def test_effects_of_a_draft_and_of_an_applied_one_are_the_same(self, at):
        for _ in range(5):
            file()
        change = draft("calendar", HOLIDAY)

        def pages(**filters):
            found, cursor = [], ""
            while cursor is not None:
                page = list_effects(change, cursor=cursor, limit=2, **filters)
                found += page.items
                cursor = page.next
            return [
                (
                    each.clock.case.number,
                    each.clock.agency.name,
                    each.outcome,
                    each.before_due_at,
                    each.after_due_at,
                )
                for each in found
            ]

        foreseen = pages()
        assert len(foreseen) == 5
        assert pages(outcome="moves") == foreseen
        assert pages(outcome="overdue") == []
        apply(change)
        change.refresh_from_db()
        assert pages() == pages(outcome="moves") == foreseen
        assert pages(outcome="recovers") == []

    def test_a_preview_costs_few_queries_however_many_cases(self, django_assert_max_num_queries):
        for _ in range(12):
            file()
        change = draft("calendar", HOLIDAY)
        with django_assert_max_num_queries(9):
            effects = preview_change(change).effects
            assert {each.clock.case.agency.name for each in effects} == {effects[0].clock.agency.name}
        change = apply(change)
        with django_assert_max_num_queries(1):
            assert len(preview_change(change).effects) == 12
