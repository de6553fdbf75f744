"""Random lives of a clock on the database: what is stored can be computed again at any time, and no time is lost."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.services.world import account, china, do, file, the_clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.deadlines import ExtensionCapError
from workflow_app.models import CalendarDay, CalendarNotice, Clock
from workflow_app.selectors.calendar import get_calendar
from workflow_app.selectors.clocks import get_clock, ledger_of
from workflow_app.services import clocks
from workflow_app.services.sweeping import fire_rungs
from workflow_app.services.transition import open_case

pytestmark = pytest.mark.usefixtures("acts")


@dataclass
class Told:
    """What a test knows of a clock without asking the service: granted days and pauses."""

    granted: int = 0
    pauses: list[list[datetime | None]] = field(default_factory=list)

    def paused(self, due_at: datetime) -> timedelta:
        """Working time of the pauses that began before the due date."""
        calendar = get_calendar("330700")
        return sum(
            (
                calendar.working_time_between(start, end)
                for start, end in self.pauses
                if start < due_at and end
            ),
            timedelta(),
        )


def rows_of(clock: Clock) -> tuple[object, ...]:
    clock = Clock.objects.get(pk=clock.pk)
    rungs = clock.rungs.order_by("percent").values_list("percent", "due_at", "fired_at")
    return (clock.status, clock.due_at, clock.is_provisional, list(rungs))


ACTS = st.one_of(
    st.sampled_from(["pause", "resume", "recompute", "stop", "start"]),
    st.tuples(st.just("extend"), st.integers(1, 12)),
)


class TestLedgerIsTheTruth:
    """Random lives of a clock, on the database: what is stored can be computed again at any time."""

    def act(self, moving, told: Told, act) -> Told:
        match act:
            case "pause" if not (told.pauses and told.pauses[-1][1] is None):
                clocks.pause_clock(moving, "handle", "applicant", "测试")
                told.pauses.append([moving.now, None])
            case "resume":
                clocks.resume_clock(moving, "handle")
                if told.pauses and told.pauses[-1][1] is None:
                    told.pauses[-1][1] = moving.now
            case ("extend", amount):
                if 10 + told.granted + amount > 20:
                    before = rows_of(clocks.running_clock(moving, "handle"))
                    with pytest.raises(ExtensionCapError):
                        clocks.extend_clock(moving, "handle", amount, "测试")
                    after = rows_of(clocks.running_clock(moving, "handle"))
                    # What was due has fired first; nothing else has changed.
                    assert before[:3] == after[:3]
                else:
                    clocks.extend_clock(moving, "handle", amount, "测试")
                    told.granted += amount
            case "stop" | "start":
                if act == "stop":
                    clocks.stop_clock(moving, "handle")
                    clocks.stop_clock(moving, "handle")
                clocks.start_clock(moving, "handle")
                return Told()
        return told

    def check(self, moving, told: Told) -> None:
        clock = clocks.running_clock(moving, "handle")
        before = rows_of(clock)
        for _ in range(2):
            clocks.recompute(moving, clock)
            assert rows_of(clock) == before
        calendar = get_calendar("330700")
        closing = calendar.end_of_office(clock.started_at.astimezone(CHINA).date())
        # Exactly the working days of rule and extensions lie between the start day and the due date, pauses left out:
        # pausing and resuming has neither lost nor gained any time.
        net = calendar.working_time_between(closing, clock.due_at) - told.paused(clock.due_at)
        assert net == (10 + told.granted) * timedelta(seconds=calendar.hours.seconds_per_day)
        assert 10 + told.granted <= 20
        percents = [percent for percent, _, _ in before[3]]
        fired = [percent for percent, _, at in before[3] if at]
        assert percents == ([50, 80, 100, 150] if clock.status == "running" else fired)
        assert clock.rungs.filter(percent=100, fired_at=None).exclude(due_at=clock.due_at).count() == 0

    @given(steps=st.lists(st.tuples(st.integers(1, 300), ACTS), min_size=2, max_size=8))
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    def test_whatever_is_done_whenever(self, at, steps):
        at("2026-03-02 10:00")
        case, told = file(), Told()
        # Without the boundary timer of the first step, which would end the case.
        do(case, "reviewer1", result="accept")
        actor = account("supervisor1")
        for quarters, act in steps:
            at.forward(minutes=15 * quarters)
            fire_rungs()
            with open_case(actor, pk=case.pk) as moving:
                told = self.act(moving, told, act)
                self.check(moving, told)
        book = ledger_of(get_clock(case, "handle"), at.now)
        assert sum(each.working_seconds for each in book.shares) == book.spent.gross_working_seconds
        assert sum(each.calendar_seconds for each in book.shares) == book.spent.gross_calendar_seconds
        assert book.entries[0].kind == "started"
        assert sum(entry.kind == "paused" for entry in book.entries) == len(told.pauses)
        assert sum(entry.amount or 0 for entry in book.entries) == told.granted

    def test_of_a_paused_clock_it_says_what_stood_there_when_the_pause_began(self, at):
        case = file()
        do(case, "reviewer1", result="train")
        before = rows_of(the_clock(case))
        at.forward(days=60)
        with open_case(None, pk=case.pk) as moving:
            clocks.recompute(moving, clocks.running_clock(moving, "handle"))
        assert rows_of(the_clock(case)) == before

    def test_a_new_day_off_moves_it_and_its_end_moves_it_back(self, at):
        case = file()
        before = rows_of(the_clock(case))
        notice = CalendarNotice.objects.get(year=2026)
        day = CalendarDay.objects.create(day="2026-03-10", is_working=False, reason="临时放假", notice=notice)
        with open_case(None, pk=case.pk) as moving:
            clock = clocks.running_clock(moving, "handle")
            clocks.recompute(moving, clock)
            assert clock.due_at == china("2026-03-17 17:30")
        day.delete()
        with open_case(None, pk=case.pk) as moving:
            clocks.recompute(moving, clocks.running_clock(moving, "handle"))
        assert rows_of(the_clock(case)) == before
