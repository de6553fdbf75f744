"""Clocks by their ledger: start, pause, resume, extend, stop, and the rungs that fire."""

from datetime import timedelta

import pytest

from notifications.models import Message
from tests.services.world import account, china, do, file, kinds, task, the_clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.deadlines import ExtensionCapError, compute_due
from workflow_app.models import (
    Case,
    Clock,
    ClockExtension,
    ClockRung,
    DeadlineRule,
    Event,
    RoleGrant,
    Submission,
)
from workflow_app.selectors.calendar import get_calendar
from workflow_app.selectors.clocks import (
    countdown,
    explain_clock,
    get_clock,
    list_clocks,
    spent_on,
    terms_of,
)
from workflow_app.selectors.rules import rules_in_force
from workflow_app.services import clocks
from workflow_app.services.errors import ClockNotRunningError
from workflow_app.services.sweeping import fire_rungs
from workflow_app.services.ticking import run_due
from workflow_app.services.transition import open_case

pytestmark = pytest.mark.usefixtures("acts")


def due_by_ledger(clock: Clock, as_of):
    """The due date computed anew from nothing but the rows of the ledger."""
    clock = Clock.objects.get(pk=clock.pk)
    return compute_due(
        **terms_of(clock, list(clock.pauses.all()), list(clock.extensions.all()), get_calendar("330700")),
        as_of=as_of,
    ).due_at


def told(case: Case, event: str) -> list[str]:
    rows = Message.objects.filter(case=case, event=event).order_by("id")
    return [row.recipient.username for row in rows.select_related("recipient")]


def officers(case: Case, role: str) -> list[str]:
    """Who holds the role in the case's agency, by account name in the order of their accounts."""
    grants = RoleGrant.objects.filter(role=role, agency=case.agency).order_by("user_id")
    return list(grants.values_list("user__username", flat=True))


class TestPause:
    def test_what_was_really_paused_is_added(self, at):
        case = file()
        at("2026-03-04 10:00")
        do(case, "reviewer1", result="supplement")
        assert the_clock(case).status == "paused"
        assert the_clock(case, "supplement").due_at == china("2026-03-09 17:30")
        at("2026-03-06 10:00")
        do(case, "applicant1", note="补正")
        assert the_clock(case).status == "running"
        # Two working days of pause move the end by two working days: 16 March becomes 18 March.
        assert the_clock(case).due_at == china("2026-03-18 17:30")
        assert task(case).due_at == china("2026-03-18 17:30")
        assert case.timers.get().due_at == china("2026-03-18 17:30")
        assert the_clock(case).due_at == due_by_ledger(the_clock(case), at.now)

    def test_pausing_and_resuming_twice_is_once(self, at):
        case = file()
        with open_case(account("reviewer1"), pk=case.pk) as moving:
            clocks.pause_clock(moving, "handle", "applicant", "一")
            clocks.pause_clock(moving, "handle", "applicant", "二")
        at.forward(days=2)
        with open_case(account("reviewer1"), pk=case.pk) as moving:
            first = clocks.resume_clock(moving, "handle").due_at
            assert clocks.resume_clock(moving, "handle").due_at == first
        assert kinds(case).count("clock.paused") == kinds(case).count("clock.resumed") == 1
        assert the_clock(case).pauses.get().reason == "一"

    def test_a_paused_clock_warns_nobody(self, at):
        case = file()
        do(case, "reviewer1", result="train")
        assert not ClockRung.objects.filter(clock__case=case).exists()
        at("2026-06-01 10:00")
        assert fire_rungs() == 0
        assert the_clock(case).breached_at is None


class TestExtension:
    def test_an_approver_grants_time(self, at):
        case = file()
        do(case, "reviewer1", result="extend")
        do(case, "approver1", amount=10, reason="案情复杂")
        assert the_clock(case).due_at == china("2026-03-30 17:30")
        assert task(case).due_at == china("2026-03-30 17:30")
        assert case.timers.get().due_at == china("2026-03-30 17:30")
        extension = ClockExtension.objects.get(clock__case=case)
        assert (extension.approved_by, extension.reason) == (account("approver1"), "案情复杂")

    def test_over_the_cap_nothing_is_written(self):
        case = file()
        do(case, "reviewer1", result="extend")
        before = list(Event.objects.filter(case=case).values_list("sequence", "kind"))
        with pytest.raises(ExtensionCapError) as caught:
            do(case, "approver1", amount=11, reason="案情复杂")
        assert caught.value.params == {
            "total": 21,
            "cap": 20,
            "unit": "working_day",
            "unit_title": "工作日",
        }
        assert not ClockExtension.objects.filter(clock__case=case).exists()
        assert not Submission.objects.filter(case=case, form="extend").exists()
        assert the_clock(case).due_at == china("2026-03-16 17:30")
        assert task(case).element == "task_extend"
        assert list(Event.objects.filter(case=case).values_list("sequence", "kind")) == before

    def test_the_cap_counts_all_extensions(self):
        case = file()
        for amount in (6, 4):
            do(case, "reviewer1", result="extend")
            do(case, "approver1", amount=amount, reason="案情复杂")
        do(case, "reviewer1", result="extend")
        with pytest.raises(ExtensionCapError):
            do(case, "approver1", amount=1, reason="案情复杂")

    @pytest.mark.parametrize("amount", [0, -5])
    def test_less_than_a_day_is_no_extension(self, amount):
        from workflow_app.domain.deadlines import BudgetInvalidError

        case = file()
        do(case, "reviewer1", result="extend")
        with pytest.raises(BudgetInvalidError):
            do(case, "approver1", amount=amount, reason="案情复杂")
        assert not ClockExtension.objects.filter(clock__case=case).exists()

    def test_only_a_running_clock_can_be_extended(self):
        case = file()
        with pytest.raises(ClockNotRunningError), open_case(account("approver1"), pk=case.pk) as moving:
            clocks.extend_clock(moving, "supplement", 1, "x")


class TestRungs:
    def test_they_are_planned_in_working_time(self):
        case = file()
        planned = {rung.percent: rung.due_at.astimezone(CHINA) for rung in the_clock(case).rungs.all()}
        assert planned[100] == china("2026-03-16 17:30")
        assert china("2026-03-09 08:30") < planned[50] < planned[80] < planned[100]

    def test_each_fires_once_and_says_how_late(self, at):
        case = file()
        due = the_clock(case).rungs.get(percent=50).due_at
        at(due - timedelta(microseconds=1))
        assert fire_rungs() == 0
        at(due + timedelta(seconds=90))
        assert fire_rungs() == 1
        assert fire_rungs() == 0
        event = Event.objects.get(case=case, kind="clock.warned")
        assert (event.data["percent"], event.data["late_seconds"], event.actor) == (50, 90, None)
        assert told(case, "due_soon") == officers(case, "reviewer")

    def test_the_holder_alone_is_told_of_what_is_held(self, at):
        from workflow_app.services.tasks import claim_task

        case = file()
        claim_task(task_id=task(case).pk, user=account("reviewer2"))
        at(the_clock(case).rungs.get(percent=50).due_at)
        fire_rungs()
        assert told(case, "due_soon") == ["reviewer2"]

    def test_a_breach_reaches_the_supervisor(self, at):
        case = file()
        due = the_clock(case).due_at
        at(due)
        fire_rungs()
        assert the_clock(case).breached_at is None
        at(due + timedelta(seconds=1))
        assert fire_rungs() == 1
        assert the_clock(case).breached_at == due
        assert told(case, "overdue") == [*officers(case, "reviewer"), *officers(case, "supervisor")]
        assert kinds(case)[-1] == "clock.breached"

    def test_warnings_leave_the_version_people_saw(self, at):
        case = file()
        at(the_clock(case).rungs.get(percent=80).due_at)
        assert fire_rungs() == 2
        assert Case.objects.get(pk=case.pk).lock_version == 1
        assert Case.objects.get(pk=case.pk).event_count == len(kinds(case))

    def test_two_warnings_in_one_state_of_the_case_are_two_messages(self, at):
        case = file()
        for percent in (50, 80):
            at(the_clock(case).rungs.get(percent=percent).due_at)
            fire_rungs()
        assert told(case, "due_soon") == officers(case, "reviewer") * 2

    def test_what_the_applicant_owes_is_told_to_the_applicant(self, at):
        case = file()
        do(case, "reviewer1", result="supplement")
        at(the_clock(case, "supplement").rungs.get(percent=50).due_at)
        fire_rungs()
        assert told(case, "due_soon") == ["applicant1"]

    def test_an_act_before_the_sweep_does_not_hide_a_breach(self, at):
        """The task is approved a second after the deadline and before anything swept: the breach is on the record."""
        case = file()
        do(case, "reviewer1", result="accept")
        due = the_clock(case).due_at
        at(due + timedelta(seconds=1))
        do(case, "approver1", approval="grant")
        assert the_clock(case).breached_at == due
        assert "clock.breached" in kinds(case)
        assert Event.objects.get(case=case, kind="clock.stopped").data["is_on_time"] is False

    def test_in_the_last_instant_is_in_time(self, at):
        case = file()
        do(case, "reviewer1", result="accept")
        at(the_clock(case).due_at)
        do(case, "approver1", approval="grant")
        assert the_clock(case).breached_at is None
        assert Event.objects.get(case=case, kind="clock.stopped").data["is_on_time"] is True

    def test_an_extension_plans_anew_and_repeats_nothing(self, at):
        case = file()
        do(case, "reviewer1", result="extend")
        at(the_clock(case).rungs.get(percent=50).due_at)
        fire_rungs()
        fired = the_clock(case).rungs.get(percent=50)
        do(case, "approver1", amount=10, reason="案情复杂")
        rungs = {rung.percent: rung for rung in the_clock(case).rungs.all()}
        assert rungs[50].fired_at == fired.fired_at
        assert rungs[100].due_at == the_clock(case).due_at
        assert fire_rungs() == 0

    def test_a_stopped_clock_leaves_no_rung_to_look_at(self):
        case = file()
        do(case, "reviewer1", result="accept")
        do(case, "approver1", approval="grant")
        assert not ClockRung.objects.filter(clock__case=case).exists()


class TestRules:
    def test_the_longest_prefix_in_force_wins(self):
        for place, amount in (("330000", 8), ("330700", 6), ("330782", 4)):
            DeadlineRule.objects.create(
                process="acts",
                clock="handle",
                jurisdiction=place,
                amount=amount,
                unit="working_day",
                starts="受理",
                valid_from="2026-01-01",
                legal_basis="示例",
            )
        day = china("2026-03-02 10:00").date()
        amounts = {
            region: rules_in_force("acts", region, day)["handle"]["amount"]
            for region in ("330782", "330702", "330100", "110000")
        }
        assert amounts == {"330782": 4, "330702": 6, "330100": 8, "110000": 10}

    def test_a_case_keeps_the_rule_it_was_filed_under(self, at):
        case = file()
        DeadlineRule.objects.filter(process="acts").update(amount=1)
        do(case, "reviewer1", result="supplement")
        assert Case.objects.get(pk=case.pk).rules["handle"]["amount"] == 10

    def test_a_rule_that_has_ended_or_not_begun_is_none(self):
        DeadlineRule.objects.filter(process="acts", clock="handle").update(valid_until="2026-03-01")
        day = china("2026-03-02 10:00").date()
        assert set(rules_in_force("acts", "330700", day)) == {"supplement"}


class TestReading:
    def test_the_countdown(self, at):
        case = file()
        clock = get_clock(case, "handle")
        # 10 working days of 7.5 hours, and the rest of the start day: 2 hours before noon and 4 after.
        assert countdown(clock, at.now).seconds_left == 10 * 27000 + 6 * 3600
        assert countdown(clock, at.now).days_left == 11
        assert countdown(clock, china("2026-03-16 15:30")).days_left == 1
        late = countdown(clock, china("2026-03-17 09:30"))
        assert (late.seconds_left, late.days_left, late.is_overdue) == (-3600, -1, True)

    def test_a_paused_clock_stands_still(self, at):
        case = file()
        do(case, "reviewer1", result="train")
        clock = list_clocks(case)[0]
        assert countdown(clock, at.now) == countdown(clock, at.forward(days=60))

    def test_a_stopped_clock_stands_at_its_end(self, at):
        case = file()
        do(case, "reviewer1", result="accept")
        do(case, "approver1", approval="grant")
        clock = list_clocks(case)[0]
        assert countdown(clock, at.now) == countdown(clock, at.forward(days=60))

    def test_every_day_is_explained(self, at):
        case = file()
        at("2026-03-04 10:00")
        do(case, "reviewer1", result="supplement")
        at("2026-03-06 10:00")
        do(case, "applicant1", note="补正")
        lines = explain_clock(get_clock(case, "handle"), at.now)
        assert [line.number for line in lines if line.counted] == list(range(1, 11))
        assert lines[-1].day == china("2026-03-18 17:30").date()
        assert any("补正材料" in line.reason for line in lines)

    def test_time_is_split_by_who_owed_it(self, at):
        case = file()
        at("2026-03-04 10:00")
        do(case, "reviewer1", result="supplement")
        at("2026-03-06 10:00")
        do(case, "applicant1", note="补正")
        spent = spent_on(get_clock(case, "handle"), at.now)
        assert spent.by_owner == {"applicant": 2 * 27000}
        assert spent.gross_working_seconds == spent.net_working_seconds + 2 * 27000

    def test_lists_cost_a_fixed_number_of_queries(self, django_assert_num_queries):
        case = file()
        for amount in (1, 1, 1):
            do(case, "reviewer1", result="extend")
            do(case, "approver1", amount=amount, reason="案情复杂")
        with django_assert_num_queries(5):
            clock = list_clocks(case)[0]
            assert len(clock.extensions.all()) == 3
            assert [each.approved_by.username for each in clock.extensions.all()] == ["approver1"] * 3


def test_provisional_years_say_so(at):
    at("2026-12-25 10:00")
    case = file()
    assert the_clock(case).is_provisional


def test_a_year_without_a_calendar_is_a_clear_error(at):
    from workflow_app.domain.workdays import CalendarYearMissingError

    at("2027-12-28 10:00")
    with pytest.raises(CalendarYearMissingError):
        file()
    assert not Case.objects.filter(process="acts").exists()


def test_a_right_that_lapses_is_no_breach_of_duty(at):
    """The applicant does not supplement in time: the process goes on, and nobody is reproached with it."""
    case = file()
    do(case, "reviewer1", result="supplement")
    at(the_clock(case, "supplement").due_at)
    at.forward(minutes=1)
    run_due()
    case.refresh_from_db()
    assert case.outcome == "late"
    assert the_clock(case, "supplement").breached_at is None
    assert "clock.lapsed" in kinds(case)
    assert "clock.breached" not in kinds(case)
    assert not Message.objects.filter(case=case, event="overdue").exists()
