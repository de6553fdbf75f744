"""File, claim, release, assign, complete: what each changes, and what each refuses."""

import pytest
from django.contrib.auth import get_user_model

from forms.problems import FormInvalidError
from tests.services.world import (
    account,
    china,
    do,
    file,
    file_all,
    kinds,
    record,
    redeploy,
    task,
    the_clock,
)
from workflow_app.demo.names import subject_code
from workflow_app.domain.errors import ForbiddenError, NotFoundError
from workflow_app.engine.errors import StateTamperedError
from workflow_app.models import (
    Agency,
    Case,
    Event,
    Matter,
    RoleGrant,
    Subject,
    Submission,
    Task,
    Timer,
)
from workflow_app.services.cases import file_case
from workflow_app.services.errors import (
    AssigneeUnfitError,
    CaseStuckError,
    DeadlineRuleMissingError,
    FourEyesError,
    MatterUnknownError,
    NotRepresentingError,
    NotStarterError,
    ProcessUnknownError,
    RecordNotOwnError,
    StaleVersionError,
    SubjectRequiredError,
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


class TestFiling:
    def test_several_records_become_one_case_each(self):
        cases = file_all("applicant1", "DEMO-P-003", "DEMO-P-001", "DEMO-P-004")
        assert [case.record.number for case in cases] == ["DEMO-P-003", "DEMO-P-001", "DEMO-P-004"]
        assert len({case.number for case in cases}) == 3

    def test_all_are_filed_or_none(self):
        before = Case.objects.count()
        with pytest.raises(RecordNotOwnError):
            file_all("applicant1", "DEMO-P-001", "DEMO-P-002")
        assert Case.objects.count() == before

    def test_a_record_of_another_looks_like_one_that_is_not_there(self):
        other, nobody = str(record("DEMO-P-002").pk), "999999999"
        messages = []
        for identifier in (other, nobody):
            with pytest.raises(RecordNotOwnError) as caught:
                file_case(process="acts", data={"records": [identifier]}, user=account("applicant1"))
            messages.append(str(caught.value).replace(identifier, "?"))
        assert messages[0] == messages[1]

    @pytest.mark.parametrize("identifier", ["", "x", "-1", "1.5", "９", "9" * 30, "1 OR 1=1"])
    def test_what_is_no_id_is_no_record(self, identifier):
        with pytest.raises((RecordNotOwnError, FormInvalidError)):
            file_case(process="acts", data={"records": [identifier]}, user=account("applicant1"))

    def test_an_agent_files_for_whom_a_mandate_names(self):
        assert (
            file("agent1", "DEMO-P-002").subject.code
            == file("agent1", "DEMO-P-002", on_behalf_of="org2").subject.code
        )

    def test_a_mandate_that_has_ended_opens_nothing(self, at):
        at("2028-06-01 10:00")
        with pytest.raises(NotRepresentingError):
            file("agent1", "DEMO-P-002")

    def test_nobody_files_for_another(self):
        with pytest.raises(NotRepresentingError):
            file("applicant1", "DEMO-P-002", on_behalf_of="org2")

    def test_who_may_not_start_is_told(self):
        with pytest.raises(NotRepresentingError):
            file("reviewer1")

    def test_the_window_files_for_others(self):
        case = file("clerk1", "DEMO-P-002")
        assert (case.channel, case.applicant, case.filed_by) == ("window", None, account("clerk1"))

    def test_the_window_files_about_one_subject_at_a_time(self):
        with pytest.raises(RecordNotOwnError):
            file_all("clerk1", "DEMO-P-001", "DEMO-P-002")

    def test_the_window_files_in_its_own_region_only(self):
        RoleGrant.objects.filter(user=account("clerk1")).update(
            agency=Agency.objects.get(kind="credit_office", region="330782")
        )
        with pytest.raises(RecordNotOwnError):
            file("clerk1", "DEMO-P-001")

    def test_a_process_nobody_knows(self):
        with pytest.raises(ProcessUnknownError):
            file_case(process="nothing", data={}, user=account("applicant1"))

    def test_wrong_data_reach_no_table(self):
        with pytest.raises(FormInvalidError) as caught:
            file_case(process="acts", data={"records": [], "extra": 1}, user=account("applicant1"))
        assert {error["code"] for error in caught.value.errors} == {"min_items", "unknown_field"}

    def test_without_a_rule_nothing_is_filed(self, at):
        at("2019-12-31 10:00")
        before = Case.objects.count()
        with pytest.raises(DeadlineRuleMissingError):
            file()
        assert Case.objects.count() == before

    def test_numbers_count_the_day_in_china(self, at):
        at("2026-03-02 00:30")
        assert file().number.startswith("ACTS-330700-20260302-")


class TestClaiming:
    def test_a_claimed_task_is_in_one_hand(self, at):
        case = file()
        claim_task(task_id=task(case).pk, user=account("reviewer1"))
        with pytest.raises(TaskTakenError) as caught:
            claim_task(task_id=task(case).pk, user=account("reviewer2"))
        assert caught.value.params == {"who": "审核员一（演示）", "when": "2026-03-02 10:00"}
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
        assert caught.value.params == {"who": "审核员一（演示）", "when": "2026-03-02 10:00"}
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


def test_errors_name_processes_matters_and_subjects():
    """The remaining errors of filing, through the processes of the house."""
    with pytest.raises(MatterUnknownError):
        file_case(process="commitment", data=commitment(matter="NOPE-01"), user=account("applicant1"))
    with pytest.raises(SubjectRequiredError):
        file_case(process="commitment", data=commitment(), user=account("agent1"))
    with pytest.raises(NotRepresentingError):
        file_case(process="commitment", data=commitment(), user=account("trainer1"))


def commitment(**data):
    return {"matter": "TRANSPORT-01", "agree": True, **data}


def test_a_process_for_officers_is_not_for_applicants():
    redeploy(starters=["reviewer"])
    with pytest.raises(NotStarterError):
        file("applicant1")
    case = file("reviewer1")
    assert (case.channel, case.applicant) == ("online", None)


class TestAboutASubject:
    """A process that is about nothing but its subject: who is meant, and which office is in charge."""

    @pytest.fixture(autouse=True)
    def _about_subjects(self, acts):
        redeploy(about="subject")

    def file(self, name="applicant1", code=""):
        data = {"records": ["-"]}
        return file_case(process="acts", data=data, user=account(name), on_behalf_of=code)[0]

    def test_the_one_subject_of_an_account(self):
        case = self.file()
        assert (case.subject.code, case.record) == (subject_code("org1"), None)
        assert case.agency.region_id == "330700"

    def test_of_several_one_has_to_be_named(self):
        with pytest.raises(SubjectRequiredError):
            self.file("agent1")
        # As people type it: small letters, full-width digits, spaces around.
        typed = " " + subject_code("org3").lower().replace("1", "１") + " "
        assert self.file("agent1", typed).subject.code == subject_code("org3")

    def test_the_window_names_whom_it_files_for(self):
        for code in ("", "nobody"):
            with pytest.raises(SubjectRequiredError):
                self.file("clerk1", code)
        case = self.file("clerk1", subject_code("person1"))
        assert case.agency.region_id == "330700"

    def test_the_office_of_the_subjects_own_region(self):
        Subject.objects.filter(code=subject_code("org1")).update(code="91330782MA2XH0001X")
        assert self.file().agency.region_id == "330782"

    def test_a_code_that_names_no_region_here_goes_to_the_first_office(self):
        Subject.objects.filter(code=subject_code("org1")).update(code="91110000MA2XH0001X")
        assert self.file().agency.kind == "credit_office"
        Subject.objects.filter(code="91110000MA2XH0001X").update(code="P1234567", code_kind="other")
        assert self.file().agency.kind == "credit_office"

    def test_without_any_office_nobody_is_in_charge(self):
        Agency.objects.update(kind="department")
        with pytest.raises(NotFoundError):
            self.file()


def test_a_disabled_matter_is_none():
    Matter.objects.update(is_open=False)
    with pytest.raises(MatterUnknownError):
        file_case(process="commitment", data=commitment(), user=account("applicant1"))


def test_a_case_stays_with_the_definition_it_was_filed_under():
    case = file()
    redeploy(four_eyes={})
    do(case, "reviewer1", result="accept")
    RoleGrant.objects.create(
        user=account("reviewer1"), role="approver", agency=case.agency, valid_from="2026-01-01"
    )
    with pytest.raises(FourEyesError):
        do(case, "reviewer1", approval="grant")
    later = file()
    do(later, "reviewer1", result="accept")
    do(later, "reviewer1", approval="grant")
    assert Case.objects.get(pk=later.pk).definition.version == "2"
