"""Where operations are written down, what time does in nobody's name, and the movable clock."""

from datetime import date, timedelta

import pytest

from tests.services.world import account, china, do, file, task, the_clock
from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import ForbiddenError
from workflow_app.models import Event
from workflow_app.models.clock_shift import shifted_time
from workflow_app.selectors.clocks import explain_clock
from workflow_app.services import clock_shift
from workflow_app.services.clocks import start_clock_until
from workflow_app.services.errors import DeadlineNotAheadError
from workflow_app.services.operations import OPERATIONS, registry
from workflow_app.services.operations.registry import operation
from workflow_app.services.transition import open_case


class TestRegistry:
    @pytest.fixture(autouse=True)
    def _own_registry(self, monkeypatch):
        monkeypatch.setattr(registry, "_HANDLERS", {})
        monkeypatch.setattr(registry, "_SETS", {})

    @pytest.mark.parametrize(
        "name", ["start", "Clock.start", "clock.", ".start", "clock.start.now", "clock start"]
    )
    def test_a_name_is_domain_and_verb(self, name):
        with pytest.raises(ValueError, match=r"domain\.verb"):
            operation(name)(lambda moving: None)

    def test_a_name_is_taken_once(self):
        operation("a.b")(lambda moving: None)
        with pytest.raises(ValueError, match="twice"):
            operation("a.b")(lambda moving: None)

    def test_parameters_come_by_keyword(self):
        with pytest.raises(ValueError, match="keyword-only"):
            operation("a.b")(lambda moving, name: None)

    def test_a_handler_keeps_its_word(self):
        operation("a.b", sets=("{name}_due",))(lambda moving, *, name: {"handle_due": 1})
        made = registry.registered()["a.b"]
        assert made(None, name="handle") == {"handle_due": 1}
        with pytest.raises(ValueError, match="says that it sets"):
            made(None, name="other")


def test_every_operation_of_the_contract_is_there():
    assert set(OPERATIONS) >= {
        "clock.start", "clock.pause", "clock.resume", "clock.extend", "clock.stop", "deadline.from_form",
        "notify.applicant", "notify.role",
    }  # fmt: skip


@pytest.mark.usefixtures("acts")
class TestNobodysActs:
    def test_a_timer_that_fires_because_somebody_came(self, at):
        """The supplement is late; the reviewer of another step opens the case before the sweep does."""
        from workflow_app.services.inbox import receive_message

        case = file()
        do(case, "reviewer1", result="supplement")
        at(the_clock(case, "supplement").due_at + timedelta(seconds=1))
        from workflow_app.services.transition import open_case

        with open_case(account("trainer1"), pk=case.pk) as moving:
            moving.record_event("test.looked")
        actors = {event.kind: event.actor for event in Event.objects.filter(case=case).order_by("sequence")}
        assert actors["timer.fired"] is None
        assert actors["clock.lapsed"] is None
        assert actors["test.looked"] == account("trainer1")
        assert receive_message

    def test_a_breach_noted_by_an_act(self, at):
        case = file()
        do(case, "reviewer1", result="accept")
        at(the_clock(case).due_at + timedelta(seconds=1))
        do(case, "approver1", approval="grant")
        assert Event.objects.get(case=case, kind="clock.breached").actor is None
        assert Event.objects.get(case=case, kind="clock.stopped").actor == account("approver1")


@pytest.mark.usefixtures("acts")
class TestDeadlineNamedByAPerson:
    @pytest.mark.parametrize(
        ("day", "due"),
        [
            ("2026-03-06", "2026-03-06 17:30"),
            # A Saturday gives way to Monday, a make-up Saturday does not.
            ("2026-03-07", "2026-03-09 17:30"),
            ("2026-02-28", "2026-02-28 17:30"),
            ("2026-10-01", "2026-10-08 17:30"),
        ],
    )
    def test_it_ends_with_the_office_of_that_day_or_the_next(self, day, due, at):
        at("2026-02-25 10:00")
        case = file()
        with open_case(account("reviewer1"), pk=case.pk) as moving:
            start_clock_until(moving, "papers", date.fromisoformat(day))
        made = the_clock(case, "papers")
        assert made.due_at == china(due)
        assert explain_clock(made, at.now)[-1].day == made.due_at.astimezone(CHINA).date()
        assert sorted(made.rungs.values_list("percent", flat=True)) == [50, 80, 100, 150]

    @pytest.mark.parametrize("day", ["2026-03-01", "2026-03-02", "2020-01-01"])
    def test_a_day_that_does_not_lie_ahead_is_refused(self, day):
        case = file()
        with (
            pytest.raises(DeadlineNotAheadError, match=day),
            open_case(account("reviewer1"), pk=case.pk) as moving,
        ):
            start_clock_until(moving, "papers", date.fromisoformat(day))
        assert not case.clocks.filter(name="papers").exists()

    def test_named_anew_the_later_day_counts(self, at):
        case = file()
        for day in ("2026-03-06", "2026-03-20"):
            with open_case(account("reviewer1"), pk=case.pk) as moving:
                start_clock_until(moving, "papers", date.fromisoformat(day))
        assert the_clock(case, "papers").due_at == china("2026-03-20 17:30")
        assert case.clocks.filter(name="papers", status="running").count() == 1


@pytest.mark.usefixtures("acts")
@pytest.mark.django_db
class TestMovableClock:
    def test_it_moves_for_everybody_who_asks_the_table(self):
        before = shifted_time()
        clock_shift.move_clock(timedelta(days=3))
        clock_shift.move_clock(timedelta(hours=2))
        moved = shifted_time() - before
        assert timedelta(days=3, hours=2) <= moved < timedelta(days=3, hours=2, minutes=1)

    def test_never_back(self):
        with pytest.raises(ValueError, match="forward"):
            clock_shift.move_clock(timedelta(seconds=-1))

    def test_only_where_the_settings_allow_it(self, settings):
        settings.MOVABLE_CLOCK = False
        with pytest.raises(ForbiddenError):
            clock_shift.move_clock(timedelta(days=1))

    def test_the_clock_of_a_test_stands(self, at):
        assert clock.now() == at.now == clock.now()
        assert clock.now() < at.forward(seconds=1) == clock.now()


@pytest.mark.usefixtures("acts")
def test_what_a_case_left_elsewhere_is_taken_back(monkeypatch):
    from workflow_app.services.cases import withdraw_case

    undone = []
    monkeypatch.setattr(registry, "_AT_WITHDRAWAL", [undone.append])
    case = file()
    withdraw_case(number=case.number, user=account("applicant1"), reason="")
    assert [each.case.pk for each in undone] == [case.pk]
    with pytest.raises(type(case).tasks.rel.related_model.DoesNotExist):
        task(case)
