"""Claim, release, assign, complete: what each changes, and what each refuses."""

import pytest
from django.contrib.auth import get_user_model

from forms.problems import FormInvalidError
from tests.services.world import (
    account,
    china,
    do,
    file,
    kinds,
    task,
    the_clock,
)
from workflow_app.domain.errors import ForbiddenError, NotFoundError
from workflow_app.engine.errors import StateTamperedError
from workflow_app.models import (
    Case,
    Event,
    RoleGrant,
    Submission,
    Task,
    Timer,
)
from workflow_app.services.errors import (
    AssigneeUnfitError,
    CaseStuckError,
    FourEyesError,
    StaleVersionError,
    TaskCancelledError,
    TaskDoneError,
    TaskTakenError,
)
from workflow_app.services.tasks import assign_task, claim_task, complete_task, release_task

pytestmark = pytest.mark.usefixtures("acts")


def test_a_case_goes_its_whole_way():
    case = file()
    assert case.number == "ACTS-330700-20260302-000001"
    assert case.status == "open"
    assert the_clock(case).due_at == china("2026-03-16 17:30")
    assert task(case).due_at == china("2026-03-16 17:30")
    assert Timer.objects.get(case=case).due_at == china("2026-03-16 17:30")
    do(case, "reviewer1", result="accept")
    do(case, "approver1", approval="grant", reason="符合条件")
    case.refresh_from_db()
    assert (case.status, case.outcome, case.lock_version) == ("closed", "done", 3)
    assert kinds(case) == [
        "case.filed",
        "clock.started",
        "task.created",
        "task.completed",
        "task.created",
        "task.completed",
        "clock.stopped",
        "case.closed",
    ]
    assert not Timer.objects.filter(case=case).exists()
    assert the_clock(case).status == "stopped"
    assert not the_clock(case).rungs.exists()


def test_what_is_handed_in_stays_out_of_the_process():
    case = file(broken=False)
    do(case, "reviewer1", result="accept", reason="只存表单")
    assert Submission.objects.get(case=case, form="check").data == {"result": "accept", "reason": "只存表单"}
    assert "只存表单".encode() not in bytes(Case.objects.get(pk=case.pk).state)


class TestClaiming:
    def test_a_claimed_task_is_in_one_hand(self, at):
        case = file()
        claim_task(task_id=task(case).pk, user=account("reviewer1"))
        with pytest.raises(TaskTakenError) as caught:
            claim_task(task_id=task(case).pk, user=account("reviewer2"))
        assert caught.value.params == {
            "who": "审核员一（演示）",
            "who_en": "Demo Reviewer 1",
            "when": "2026-03-02 10:00",
        }
        with pytest.raises(TaskTakenError):
            do(case, "reviewer2", result="accept")

    def test_claiming_twice_writes_once(self):
        case = file()
        claim_task(task_id=task(case).pk, user=account("reviewer1"))
        version = Case.objects.get(pk=case.pk).lock_version
        claim_task(task_id=task(case).pk, user=account("reviewer1"))
        assert Case.objects.get(pk=case.pk).lock_version == version
        assert kinds(case).count("task.claimed") == 1

    def test_a_released_task_is_anybodys(self):
        case = file()
        claim_task(task_id=task(case).pk, user=account("reviewer1"))
        release_task(task_id=task(case).pk, user=account("reviewer1"))
        assert task(case).status == "open"
        assert claim_task(task_id=task(case).pk, user=account("reviewer2")).assignee == account("reviewer2")

    def test_nobody_releases_what_another_holds(self):
        case = file()
        claim_task(task_id=task(case).pk, user=account("reviewer1"))
        with pytest.raises(TaskTakenError):
            release_task(task_id=task(case).pk, user=account("reviewer2"))

    @pytest.mark.parametrize(
        "name", ["approver1", "applicant1", "applicant2", "reviewer1-yiwu", "sysadmin1", "supervisor1"]
    )
    def test_a_task_of_another_queue_is_not_there(self, name):
        case = file()
        for act in (claim_task, release_task):
            with pytest.raises(NotFoundError):
                act(task_id=task(case).pk, user=account(name))
        with pytest.raises(NotFoundError):
            do(case, name, result="accept")

    @pytest.mark.parametrize("identifier", [0, -1, 999_999_999, 10**30])
    def test_no_such_task(self, identifier):
        with pytest.raises(NotFoundError):
            claim_task(task_id=identifier, user=account("reviewer1"))

    def test_a_grant_counts_from_its_first_to_its_last_day(self, at):
        case = file()
        RoleGrant.objects.filter(user=account("reviewer1")).update(valid_until="2026-03-02")
        at("2026-03-02 23:59")
        claim_task(task_id=task(case).pk, user=account("reviewer1"))
        release_task(task_id=task(case).pk, user=account("reviewer1"))
        at("2026-03-03 00:01")
        with pytest.raises(NotFoundError):
            claim_task(task_id=task(case).pk, user=account("reviewer1"))

    def test_a_disabled_account_holds_no_role(self):
        case = file()
        get_user_model().objects.filter(username="reviewer1").update(is_active=False)
        with pytest.raises(NotFoundError):
            claim_task(task_id=task(case).pk, user=account("reviewer1"))


class TestAssigning:
    def test_a_supervisor_hands_a_task_over(self):
        case = file()
        claim_task(task_id=task(case).pk, user=account("reviewer1"))
        assign_task(task_id=task(case).pk, by=account("supervisor1"), to=account("reviewer2"))
        assert task(case).assignee == account("reviewer2")
        event = Event.objects.get(case=case, kind="task.assigned")
        assert (event.actor, event.data["before"]) == (account("supervisor1"), account("reviewer1").pk)
        with pytest.raises(TaskTakenError):
            do(case, "reviewer1", result="accept")

    def test_only_a_supervisor_does(self):
        case = file()
        with pytest.raises(ForbiddenError):
            assign_task(task_id=task(case).pk, by=account("reviewer1"), to=account("reviewer2"))
        for name in ("supervisor1-yiwu", "applicant2", "sysadmin1"):
            with pytest.raises(NotFoundError):
                assign_task(task_id=task(case).pk, by=account(name), to=account("reviewer2"))

    @pytest.mark.parametrize("name", ["approver1", "reviewer1-yiwu", "applicant1"])
    def test_only_to_who_may_do_it(self, name):
        case = file()
        with pytest.raises(AssigneeUnfitError):
            assign_task(task_id=task(case).pk, by=account("supervisor1"), to=account(name))

    def test_the_applicants_task_is_nobody_elses(self):
        case = file()
        do(case, "reviewer1", result="supplement")
        with pytest.raises(NotFoundError):
            assign_task(task_id=task(case).pk, by=account("supervisor1"), to=account("reviewer1"))


class TestFourEyes:
    def test_who_proposed_does_not_decide(self):
        case = file()
        reviewer = account("reviewer1")
        RoleGrant.objects.create(user=reviewer, role="approver", agency=case.agency, valid_from="2026-01-01")
        do(case, "reviewer1", result="accept")
        for act in (
            lambda: claim_task(task_id=task(case).pk, user=reviewer),
            lambda: do(case, "reviewer1", approval="x"),
        ):
            with pytest.raises(FourEyesError) as caught:
                act()
            assert caught.value.params["task"] == "task_check"
        with pytest.raises(FourEyesError):
            assign_task(task_id=task(case).pk, by=account("supervisor1"), to=reviewer)
        assert task(case).assignee is None

    def test_also_when_another_did_it_last(self):
        """The first of two who checked is as little impartial as the second."""
        case = file()
        reviewer = account("reviewer1")
        RoleGrant.objects.create(user=reviewer, role="approver", agency=case.agency, valid_from="2026-01-01")
        do(case, "reviewer1", result="supplement")
        do(case, "applicant1", note="补正")
        do(case, "reviewer2", result="accept")
        with pytest.raises(FourEyesError):
            do(case, "reviewer1", approval="grant")
        do(case, "approver1", approval="grant")

    def test_also_when_the_task_was_handed_over_before_it_was_done(self):
        case = file()
        second = account("reviewer2")
        RoleGrant.objects.create(user=second, role="approver", agency=case.agency, valid_from="2026-01-01")
        claim_task(task_id=task(case).pk, user=account("reviewer1"))
        assign_task(task_id=task(case).pk, by=account("supervisor1"), to=second)
        do(case, "reviewer2", result="accept")
        with pytest.raises(FourEyesError):
            claim_task(task_id=task(case).pk, user=second)


class TestCompleting:
    def test_an_unclaimed_task_is_claimed_by_doing_it(self, at):
        case = file()
        done = do(case, "reviewer1", result="accept")
        row = Task.objects.get(pk=done.pk)
        assert (row.status, row.assignee, row.done_by) == ("done", account("reviewer1"), account("reviewer1"))
        assert row.claimed_at == row.done_at == at.now

    def test_a_task_is_done_once(self):
        case = file()
        done = do(case, "reviewer1", result="accept")
        with pytest.raises(TaskDoneError) as caught:
            complete_task(task_id=done.pk, user=account("reviewer2"), data={"result": "accept"})
        assert caught.value.params == {
            "who": "审核员一（演示）",
            "who_en": "Demo Reviewer 1",
            "when": "2026-03-02 10:00",
        }
        with pytest.raises(TaskDoneError):
            claim_task(task_id=done.pk, user=account("reviewer1"))

    def test_a_task_that_fell_away_says_so(self):
        from workflow_app.services.cases import withdraw_case

        case = file()
        before = task(case)
        withdraw_case(number=case.number, user=account("applicant1"), reason="")
        with pytest.raises(TaskCancelledError):
            complete_task(task_id=before.pk, user=account("reviewer1"), data={"result": "accept"})

    def test_a_form_with_errors_changes_nothing(self):
        case = file()
        with pytest.raises(FormInvalidError):
            do(case, "reviewer1", result="accept", typename="UUID")
        assert task(case).status == "open"
        assert not Submission.objects.filter(case=case, form="check").exists()
        assert Case.objects.get(pk=case.pk).lock_version == 1

    def test_who_saw_an_older_version_is_told(self):
        case = file()
        seen = Case.objects.get(pk=case.pk).lock_version
        claim_task(task_id=task(case).pk, user=account("reviewer1"), expected_version=seen)
        with pytest.raises(StaleVersionError) as caught:
            complete_task(
                task_id=task(case).pk,
                user=account("reviewer1"),
                data={"result": "accept"},
                expected_version=seen,
            )
        assert caught.value.params == {"seen": 1, "current": 2}
        complete_task(
            task_id=task(case).pk, user=account("reviewer1"), data={"result": "accept"}, expected_version=2
        )

    def test_what_fails_inside_leaves_nothing_and_tells_nothing(self):
        """The operation reads a form that nobody handed in: the process is wrong, and the person learns no details."""
        case = file()
        with pytest.raises(CaseStuckError) as caught:
            do(case, "reviewer1", result="break")
        assert "never" not in str(caught.value)
        assert case.number in str(caught.value)
        assert task(case).status == "open"
        assert not Submission.objects.filter(case=case, form="check").exists()
        assert kinds(case) == ["case.filed", "clock.started", "task.created"]

    def test_the_states_of_two_cases_cannot_be_swapped(self):
        """Whoever can write to the database must not put one case where another stands."""
        first, second = file(), file()
        do(second, "reviewer1", result="accept")
        second.refresh_from_db()
        Case.objects.filter(pk=first.pk).update(state=second.state, state_mac=second.state_mac)
        with pytest.raises(CaseStuckError) as caught:
            do(first, "reviewer1", result="accept")
        assert isinstance(caught.value.__cause__, StateTamperedError)
        assert task(first).status == "open"

    def test_the_source_unit_is_asked_where_the_record_came_from(self):
        case = file()
        do(case, "reviewer1", result="ask")
        assert task(case).agency == case.record.source_agency
        do(case, "source1", note="无异议")
        assert task(case, "task_check").role == "reviewer"


class TestWhoOwes:
    def test_the_applicant(self):
        case = file()
        do(case, "reviewer1", result="supplement")
        assert Case.objects.get(pk=case.pk).status == "waiting_applicant"
        do(case, "applicant1", note="补正")
        assert Case.objects.get(pk=case.pk).status == "open"

    def test_a_training_is_the_applicants_to_take(self):
        case = file()
        do(case, "reviewer1", result="train")
        assert Case.objects.get(pk=case.pk).status == "waiting_applicant"
