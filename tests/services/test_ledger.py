"""The ledger of a clock: what happened, how long it took, and who had something to do meanwhile."""

import pytest

from tests.services.world import account, china, do, file, task, the_clock
from workflow_app.models import Case
from workflow_app.selectors.clocks import Ledger, get_clock, ledger_of
from workflow_app.services import clocks
from workflow_app.services.cases import withdraw_case
from workflow_app.services.changes import apply_change, draft_change
from workflow_app.services.supervision import extend_deadline
from workflow_app.services.sweeping import fire_rungs
from workflow_app.services.transition import open_case

pytestmark = pytest.mark.usefixtures("acts")

# Half past eight to noon, half past one to half past five.
DAY = 27_000


def book(case: Case, at, name: str = "handle") -> Ledger:
    return ledger_of(get_clock(case, name), at.now)


def shares(ledger: Ledger) -> dict[str, float]:
    """Working days by who owed something."""
    return {share.owner: share.working_seconds / DAY for share in ledger.shares}


class TestEntries:
    def test_a_life_in_order(self, at):
        case = file()
        at("2026-03-04 10:00")
        do(case, "reviewer1", result="supplement")
        at("2026-03-06 10:00")
        do(case, "applicant1", note="补正")
        extend_deadline(
            number=case.number, clock="handle", amount=2, reason="实地核查", user=account("supervisor1")
        )
        half = the_clock(case).rungs.get(percent=50).due_at
        at(half)
        at.forward(hours=3)
        fire_rungs()
        do(case, "reviewer1", result="accept")
        at.forward(hours=1)
        do(case, "approver1", approval="grant")
        ended = at.now
        at.forward(days=30)
        lines = book(case, at).entries
        assert [line.kind for line in lines] == [
            "started",
            "paused",
            "resumed",
            "extended",
            "warned",
            "stopped",
        ]
        started, paused, resumed, extended, warned, stopped = lines
        assert (started.at, started.due_at) == (china("2026-03-02 10:00"), china("2026-03-16 17:30"))
        assert (paused.at, paused.owed_by, paused.reason) == (
            china("2026-03-04 10:00"),
            "applicant",
            "补正材料",
        )
        assert (resumed.at, resumed.due_at) == (china("2026-03-06 10:00"), china("2026-03-18 17:30"))
        assert (extended.amount, extended.reason, extended.due_at) == (
            2,
            "实地核查",
            china("2026-03-20 17:30"),
        )
        assert extended.by == account("supervisor1")
        # When half the time had passed, however late the sweep came.
        assert (warned.percent, warned.at, warned.due_at) == (50, half, None)
        assert (stopped.at, stopped.is_on_time) == (ended, True)
        assert [line.by for line in lines if line.kind != "extended"] == [None] * 5

    def test_a_breach_stands_at_the_moment_of_the_deadline(self, at):
        case = file()
        do(case, "reviewer1", result="accept")
        at("2026-03-18 09:00")
        do(case, "approver1", approval="grant")
        lines = book(case, at).entries
        breach = next(line for line in lines if line.kind == "breached")
        assert breach.at == china("2026-03-16 17:30")
        assert lines[-1].is_on_time is False

    def test_each_run_of_a_name_has_a_ledger_of_its_own(self, at):
        """The supplement is asked for twice: two clocks of one name."""
        case = file()
        for day in ("2026-03-03 10:00", "2026-03-05 10:00"):
            at(day)
            do(case, "reviewer1", result="supplement")
            at.forward(hours=5)
            do(case, "applicant1", note="补正")
        first, second = case.clocks.filter(name="supplement").order_by("id")
        for clock, day in ((first, "2026-03-03"), (second, "2026-03-05")):
            clock.case = case
            lines = ledger_of(clock, at.now).entries
            assert [line.kind for line in lines] == ["started", "stopped"]
            assert [line.at for line in lines] == [china(f"{day} 10:00"), china(f"{day} 15:00")]
        assert len([line for line in book(case, at).entries if line.kind == "paused"]) == 2

    def test_a_restart_in_one_act_is_told_apart(self, at):
        case = file()
        at.forward(days=1)
        with open_case(account("reviewer1"), pk=case.pk) as moving:
            clocks.start_clock(moving, "handle")
            clocks.start_clock(moving, "handle")
        rows = list(case.clocks.filter(name="handle").order_by("id"))
        for row in rows:
            row.case = case
        told = [[line.kind for line in ledger_of(row, at.now).entries] for row in rows]
        assert told == [["started", "stopped"], ["started", "stopped"], ["started"]]

    def test_a_change_of_the_calendar_says_which(self, at):
        case = file()
        at("2026-03-03 10:00")
        day = {"date": "2026-03-10", "working": False, "reason": "临时放假"}
        user = account("sysadmin1")
        change = draft_change(
            user=user,
            kind="calendar",
            title="三月十日临时放假",
            content={"year": None, "notice": None, "days": [day]},
        )
        apply_change(change_id=change.pk, user=user)
        line = book(case, at).entries[-1]
        assert (line.kind, line.due_at, line.reason) == (
            "recomputed",
            china("2026-03-17 17:30"),
            "三月十日临时放假",
        )


class TestWhoOwed:
    def test_the_platform_until_somebody_else_is_asked(self, at):
        case = file()
        at("2026-03-04 10:00")
        assert shares(book(case, at)) == {"platform": 2}

    def test_a_pause_is_of_whoever_it_names(self, at):
        case = file()
        at("2026-03-03 10:00")
        do(case, "reviewer1", result="train")
        at("2026-03-06 10:00")
        ledger = book(case, at)
        assert shares(ledger) == {"platform": 1, "trainer": 3}
        paused = {share.owner: share.paused_seconds for share in ledger.shares}
        assert paused == {"platform": 0, "trainer": 3 * DAY}
        assert ledger.spent.net_working_seconds == DAY
        assert ledger.spent.gross_working_seconds == 4 * DAY

    def test_the_source_unit_while_only_its_task_is_open(self, at):
        case = file()
        at("2026-03-03 10:00")
        do(case, "reviewer1", result="ask")
        at("2026-03-05 10:00")
        do(case, "source1", note="已核实")
        at("2026-03-06 10:00")
        ledger = book(case, at)
        assert shares(ledger) == {"platform": 2, "source_unit": 2}
        # The clock ran all the time.
        assert ledger.spent.net_working_seconds == ledger.spent.gross_working_seconds == 4 * DAY

    def test_the_applicants_own_clock_is_the_applicants_time(self, at):
        case = file()
        at("2026-03-03 10:00")
        do(case, "reviewer1", result="supplement")
        at("2026-03-04 10:00")
        assert shares(book(case, at, "supplement")) == {"applicant": 1}

    def test_what_was_cancelled_is_owed_no_longer(self, at):
        case = file()
        at("2026-03-03 10:00")
        do(case, "reviewer1", result="ask")
        asked = task(case)
        at("2026-03-04 10:00")
        withdraw_case(number=case.number, user=account("applicant1"), reason="已经解决")
        at("2026-03-20 10:00")
        asked.refresh_from_db()
        assert asked.status == "cancelled"
        assert shares(book(case, at)) == {"platform": 1, "source_unit": 1}

    def test_nights_and_weekends_are_calendar_time_only(self, at):
        case = file()
        at("2026-03-06 17:30")
        at("2026-03-09 08:30")
        ledger = book(case, at)
        assert ledger.spent.gross_working_seconds == 4 * DAY + 6 * 3600
        assert ledger.shares[0].calendar_seconds == 6 * 24 * 3600 + 22 * 3600 + 1800

    def test_a_stopped_clock_does_not_go_on(self, at):
        case = file()
        at("2026-03-04 10:00")
        do(case, "reviewer1", result="accept")
        do(case, "approver1", approval="grant")
        before = book(case, at)
        at.forward(days=90)
        assert book(case, at) == before

    def test_in_its_first_instant_nobody_has_had_any_time(self, at):
        assert book(file(), at).shares == []


class TestPaused:
    def test_when_it_would_be_due_moves_with_the_pause(self, at):
        case = file()
        at("2026-03-04 10:00")
        do(case, "reviewer1", result="supplement")
        assert book(case, at).due_if_resumed == china("2026-03-16 17:30")
        at("2026-03-05 10:00")
        assert book(case, at).due_if_resumed == china("2026-03-17 17:30")
        do(case, "applicant1", note="补正")
        assert book(case, at).due_if_resumed is None
        assert the_clock(case).due_at == china("2026-03-17 17:30")


def test_it_costs_a_fixed_number_of_queries(at, django_assert_max_num_queries):
    case = file()
    for _ in range(4):
        do(case, "reviewer1", result="supplement")
        at.forward(hours=1)
        do(case, "applicant1", note="补正")
    clock = get_clock(case, "handle")
    with django_assert_max_num_queries(6):
        ledger_of(clock, at.now)
