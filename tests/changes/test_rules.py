"""Rules are dated data: changed for new cases only, or for those that run as well; a release leaves what was edited."""

from datetime import date

import pytest

from tests.changes.support import apply, draft, ensure_in_step, facts, rule, rules, snapshot, undo
from tests.services.world import account, china, do, file, kinds, task, the_clock
from workflow_app.models import Case, Change, DeadlineRule
from workflow_app.selectors.previews import preview_change
from workflow_app.selectors.rules import rules_in_force
from workflow_app.services.change_errors import ChangeSupersededError
from workflow_app.services.clocks import extend_clock, start_clock, start_clock_until
from workflow_app.services.definitions import deploy_all
from workflow_app.services.ticking import run_due
from workflow_app.services.transition import open_case

pytestmark = pytest.mark.usefixtures("acts")


def test_running_cases_keep_theirs(at):
    old = file()
    before = snapshot()
    change = draft("rules", rules(rule(amount=5)))
    assert preview_change(change).counts["moves"] == 0
    apply(change)
    assert the_clock(old).due_at == china("2026-03-16 17:30")
    new = file()
    assert the_clock(new).due_at == china("2026-03-09 17:30")
    assert "clock.recomputed" not in kinds(old)
    undo(change)
    # Who was filed under it keeps it, too.
    assert the_clock(new).due_at == china("2026-03-09 17:30")
    assert snapshot()["rules"] == before["rules"]
    assert not DeadlineRule.objects.get(process="acts", clock="handle").is_edited


def test_running_cases_take_it_where_the_change_says_so(at):
    case, other = file(), file()
    before = snapshot()
    change = draft("rules", rules(rule(amount=5, legal_basis="新规第三条"), running=True))
    assert preview_change(change).counts == {"moves": 2, "overdue": 0, "recovers": 0}
    change = apply(change)
    clock = the_clock(case)
    assert (clock.amount, clock.legal_basis, clock.due_at) == (5, "新规第三条", china("2026-03-09 17:30"))
    assert task(case).due_at == case.timers.get().due_at == clock.due_at
    case.refresh_from_db()
    assert case.rules["handle"]["amount"] == 5
    assert case.rules["supplement"] == before["cases"][0][2]["supplement"]
    assert case.events.get(kind="case.rules_changed").data == {"clocks": ["handle"], "change": change.pk}
    effect = change.effects.get(clock=clock)
    assert (effect.before_terms["amount"], effect.after_terms["amount"]) == (10, 5)
    ensure_in_step(at.now)
    # Clocks that start later in the case go by it as well.
    with open_case(account("reviewer1"), pk=other.pk) as moving:
        assert start_clock(moving, "handle").amount == 5
    with open_case(account("reviewer1"), pk=other.pk) as moving:
        moving.withdraw("withdrawn", "不办了")
    undo(change)
    after = snapshot()
    for name in ("facts", "clocks", "rungs", "timers", "tasks"):
        mine = [each for each in after[name] if case.pk in (each, getattr(each, "case_id", None))]
        assert mine == [each for each in before[name] if case.pk in (each, getattr(each, "case_id", None))]
    assert the_clock(case).due_at == china("2026-03-16 17:30")
    assert (the_clock(case).amount, the_clock(case).legal_basis) == (10, "示例")
    assert Case.objects.get(pk=case.pk).rules == before["cases"][0][2]
    # A case that ended meanwhile ended by what it had.
    assert Case.objects.get(pk=other.pk).rules["handle"]["amount"] == 5
    ensure_in_step(at.now)


def test_one_becomes_overdue_by_a_shorter_rule_and_recovers_when_it_is_undone(at):
    case = file()
    do(case, "reviewer1", result="ok")
    at("2026-03-10 10:00")
    run_due()
    change = draft("rules", rules(rule(amount=5), running=True))
    assert preview_change(change).counts == {"moves": 1, "overdue": 1, "recovers": 0}
    apply(change)
    run_due()
    assert the_clock(case).breached_at == china("2026-03-09 17:30")
    undo(change)
    assert the_clock(case).breached_at is None
    assert kinds(case).count("clock.recovered") == 1


def test_a_chain_of_escalation_alone_moves_no_date_but_the_rungs(at):
    case = file()
    before = snapshot()
    change = draft("rules", rules(rule(escalation={"90": "supervisor"}), running=True))
    assert preview_change(change).counts["moves"] == 0
    apply(change)
    assert the_clock(case).escalation == {"90": "supervisor"}
    assert sorted(the_clock(case).rungs.values_list("percent", flat=True)) == [90, 100]
    undo(change)
    assert snapshot() == before


def test_a_local_rule_concerns_its_region_only(at):
    case = file()
    there = rule(jurisdiction="330782", amount=3)
    elsewhere = draft("rules", rules(there, running=True))
    assert preview_change(elsewhere).counts["moves"] == 0
    apply(elsewhere)
    assert rules_in_force("acts", "330782", date(2026, 3, 2))["handle"]["amount"] == 3
    here = draft("rules", rules(rule(jurisdiction="330700", amount=3), running=True))
    assert preview_change(here).counts["moves"] == 1
    here = apply(here)
    assert the_clock(case).due_at == china("2026-03-05 17:30")
    assert the_clock(case).jurisdiction == "330700"
    # Removed, the country's is in force again.
    gone = apply(draft("rules", rules({**rule(jurisdiction="330700"), "removed": True}, running=True)))
    assert the_clock(case).due_at == china("2026-03-16 17:30")
    undo(gone)
    assert the_clock(case).due_at == china("2026-03-05 17:30")
    undo(here)
    assert the_clock(case).due_at == china("2026-03-16 17:30")
    ensure_in_step(at.now)


def test_what_a_person_has_set_stays(at):
    """A length of its own, a day named in a letter, an extension: granted is granted."""
    own, lettered, extended, converted = file(), file(), file(), file()
    actor = account("approver1")
    with open_case(actor, pk=own.pk) as moving:
        start_clock(moving, "handle", 3)
    with open_case(actor, pk=lettered.pk) as moving:
        start_clock_until(moving, "handle", date(2026, 3, 20))
    for case in (extended, converted):
        with open_case(actor, pk=case.pk) as moving:
            extend_clock(moving, "handle", 8, "案情复杂")
    change = apply(draft("rules", rules(rule(amount=5, cap_amount=6), running=True)))
    assert (the_clock(own).amount, the_clock(own).due_at) == (3, china("2026-03-05 17:30"))
    assert the_clock(lettered).due_at == china("2026-03-20 17:30")
    clock = the_clock(extended)
    # 5 and the 8 that were granted; more than the new rule allows, and no more on top of it.
    assert (clock.amount, clock.cap_amount, clock.due_at) == (5, 13, china("2026-03-19 17:30"))
    do(extended, "reviewer1", result="train")
    assert the_clock(extended).status == "paused"
    undo(change)
    assert (the_clock(converted).amount, the_clock(converted).cap_amount) == (10, 20)
    months = apply(draft("rules", rules(rule(amount=1, unit="month", cap_amount=None), running=True)))
    # Working days that were granted are no months.
    assert (the_clock(converted).unit, the_clock(converted).due_at) == (
        "working_day",
        china("2026-03-26 17:30"),
    )
    undo(months)


def test_two_changes_of_one_rule_are_undone_from_the_top(at):
    case = file()
    before = snapshot()
    first = apply(draft("rules", rules(rule(amount=5), running=True), "一"))
    second = apply(draft("rules", rules(rule(jurisdiction="330700", amount=7), running=True), "二"))
    with pytest.raises(ChangeSupersededError):
        undo(first)
    undo(second)
    assert the_clock(case).amount == 5
    undo(first)
    assert snapshot() == before


def test_many_rules_at_once(at):
    case = file()
    before = snapshot()
    change = apply(
        draft(
            "rules", rules(rule(amount=5), rule(clock="supplement", amount=2, cap_amount=None), running=True)
        )
    )
    case.refresh_from_db()
    assert {name: each["amount"] for name, each in case.rules.items()} == {"handle": 5, "supplement": 2}
    assert facts(case)["handle_due"] == the_clock(case).due_at.isoformat()
    undo(change)
    assert snapshot() == before


class TestDeployment:
    """What a release brings and what an administrator decided."""

    KEY = {"process": "objection", "clock": "handle", "jurisdiction": "330700", "valid_from": "2021-01-01"}

    def entry(self, **changes):
        row = DeadlineRule.objects.get(**self.KEY)
        fields = (
            "amount",
            "unit",
            "cap_amount",
            "starts",
            "pauses",
            "extended_by",
            "escalation",
            "legal_basis",
        )
        return {**self.KEY, "valid_until": None, **{name: getattr(row, name) for name in fields}, **changes}

    def test_an_edited_rule_stays(self):
        change = apply(draft("rules", rules(self.entry(amount=4))))
        deploy_all()
        row = DeadlineRule.objects.get(**self.KEY)
        assert (row.amount, row.is_edited) == (4, True)
        undo(change)
        DeadlineRule.objects.filter(**self.KEY).update(amount=9)
        deploy_all()
        row = DeadlineRule.objects.get(**self.KEY)
        assert (row.amount, row.is_edited) == (5, False)

    def test_a_removed_rule_does_not_come_back(self):
        change = apply(draft("rules", rules({**self.KEY, "removed": True})))
        deploy_all()
        assert not DeadlineRule.objects.filter(**self.KEY).exists()
        again = apply(draft("rules", rules(rule(**self.KEY, amount=6))))
        deploy_all()
        assert DeadlineRule.objects.get(**self.KEY).amount == 6
        undo(again)
        undo(change)
        assert DeadlineRule.objects.get(**self.KEY).amount == 5
        assert Change.objects.filter(status="undone").count() == 2
        DeadlineRule.objects.filter(**self.KEY).delete()
        deploy_all()
        assert DeadlineRule.objects.filter(**self.KEY).exists()
