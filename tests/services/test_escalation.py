"""Whom a warning reaches: the chain of the rule, read for many cases as for one."""

import pytest

from notifications.models import Message
from tests.services.world import account, china, do, file, kinds, task, the_clock
from workflow_app.models import Agency, Case, Clock, DeadlineRule, Event, RoleGrant, Task
from workflow_app.models.clocks import EscalationLevel
from workflow_app.models.people import Role
from workflow_app.selectors.access import applicants_of, applicants_of_each, staff_of
from workflow_app.services.escalation import Asked, level_of, reach, recipients
from workflow_app.services.sweeping import fire_due, fire_rungs
from workflow_app.services.tasks import claim_task

pytestmark = pytest.mark.usefixtures("acts")

ASSIGNEE, QUEUE, SUPERVISOR, REGION = EscalationLevel
REVIEWERS = ["approver2", "reviewer1", "reviewer2"]


def names(users) -> list[str]:
    return sorted(user.username for user in users)


def reached(case: Case, level: EscalationLevel) -> list[str]:
    return names(recipients(case, list(Task.objects.filter(case=case).order_by("pk")), level))


def told(case: Case, event: str) -> list[str]:
    return sorted(
        Message.objects.filter(case=case, event=event).values_list("recipient__username", flat=True)
    )


def put_in(case: Case, region: str) -> Case:
    """The case as one of the credit office of this region, with its tasks."""
    agency = Agency.objects.get(kind="credit_office", region=region)
    Case.objects.filter(pk=case.pk).update(agency=agency)
    Clock.objects.filter(case=case).update(agency=agency)
    Task.objects.filter(case=case, agency__isnull=False).update(agency=agency)
    return Case.objects.get(pk=case.pk)


class TestTheChain:
    def test_a_task_in_the_queue_is_everybodys_in_it(self):
        case = file()
        assert reached(case, ASSIGNEE) == reached(case, QUEUE) == REVIEWERS
        assert reached(case, SUPERVISOR) == [*REVIEWERS, "supervisor1"]

    def test_each_level_includes_those_before(self):
        case = put_in(file(), "330782")
        grant = RoleGrant.objects.get(user__username="reviewer1-yiwu")
        RoleGrant.objects.create(
            user=account("clerk1"), role=grant.role, agency=grant.agency, valid_from=grant.valid_from
        )
        claim_task(task_id=task(case).pk, user=account("reviewer1-yiwu"))
        steps = [reached(case, level) for level in EscalationLevel]
        assert steps == [
            ["reviewer1-yiwu"],
            ["clerk1", "reviewer1-yiwu"],
            ["clerk1", "reviewer1-yiwu", "supervisor1-yiwu"],
            ["clerk1", "reviewer1-yiwu", "supervisor1", "supervisor1-yiwu"],
        ]

    def test_the_region_above_is_the_next_one_that_has_a_supervisor(self):
        """A county without any: its city's is the nearest, and the province's the one above."""
        case = put_in(file(), "330702")
        assert reached(case, SUPERVISOR) == reached(case, REGION) == ["supervisor1"]
        province = Agency.objects.create(
            code="11330000MB0000000X",
            name="浙江省信用中心（演示）",
            name_en="Zhejiang Credit Centre (demo)",
            short_name="浙信用",
            kind="credit_office",
            region_id="330000",
        )
        RoleGrant.objects.create(
            user=account("auditor1"), role=Role.SUPERVISOR, agency=province, valid_from="2020-01-01"
        )
        assert reached(case, SUPERVISOR) == ["supervisor1"]
        assert reached(case, REGION) == ["auditor1", "supervisor1"]

    def test_who_supervises_the_own_region_never_stands_in_for_the_one_above(self):
        case = file()
        assert reached(case, REGION) == [*REVIEWERS, "supervisor1"]

    def test_a_grant_that_has_ended_reaches_nobody(self, at):
        case = file()
        RoleGrant.objects.filter(role=Role.SUPERVISOR).update(valid_until=at.now.date())
        assert "supervisor1" in reached(case, SUPERVISOR)
        at.forward(days=1)
        assert "supervisor1" not in reached(case, SUPERVISOR)

    def test_a_task_whose_holder_is_disabled_is_the_queues_again(self):
        case = file()
        claim_task(task_id=task(case).pk, user=account("reviewer2"))
        assert reached(case, ASSIGNEE) == ["reviewer2"]
        type(account("reviewer2")).objects.filter(username="reviewer2").update(is_active=False)
        assert reached(case, ASSIGNEE) == ["approver2", "reviewer1"]

    def test_a_source_units_task_is_told_in_the_agency_that_supplied_the_record(self):
        case = file()
        do(case, "reviewer1", result="ask")
        live = [task(case)]
        assert names(recipients(case, live, QUEUE)) == ["source1"]

    def test_what_the_applicant_owes_is_the_applicants(self):
        case = file()
        do(case, "reviewer1", result="supplement")
        live = [task(case)]
        assert (
            names(recipients(case, live, ASSIGNEE)) == names(recipients(case, live, QUEUE)) == ["applicant1"]
        )

    def test_nobody_twice_though_in_several_ways(self):
        case = file()
        RoleGrant.objects.create(
            user=account("reviewer1"), role=Role.SUPERVISOR, agency=case.agency, valid_from="2020-01-01"
        )
        live = [task(case)] * 2
        found = recipients(case, live, REGION)
        assert len(found) == len(set(found))


class TestLevels:
    def test_as_the_rule_says(self):
        clock = the_clock(file())
        assert [level_of(clock, percent) for percent in (50, 80, 100, 150)] == list(EscalationLevel)

    def test_where_the_rule_says_nothing(self):
        clock = Clock(escalation={}, is_applicants=False)
        assert [level_of(clock, percent) for percent in (50, 99, 100, 150)] == [
            ASSIGNEE,
            ASSIGNEE,
            SUPERVISOR,
            SUPERVISOR,
        ]

    def test_no_supervisor_is_told_what_only_the_applicant_can_do(self):
        clock = Clock(escalation={"50": "assignee", "80": "region"}, is_applicants=True)
        assert [level_of(clock, percent) for percent in (50, 80, 100)] == [ASSIGNEE, QUEUE, QUEUE]


class TestManyAtOnce:
    def test_as_each_alone(self):
        cases = [
            file(),
            put_in(file(), "330782"),
            put_in(file(), "330702"),
            file("agent1", "DEMO-P-002", on_behalf_of="org2"),
        ]
        do(cases[0], "reviewer1", result="supplement")
        claim_task(task_id=task(cases[1]).pk, user=account("reviewer1-yiwu"))
        asked = [
            Asked(Case.objects.get(pk=case.pk), [task(case)], level)
            for case in cases
            for level in EscalationLevel
        ]
        together = reach(asked)
        assert together == [reach([each])[0] for each in asked]
        assert len({tuple(names([*each.workers, *each.supervisors])) for each in together}) > 6

    def test_by_as_many_statements(self, django_assert_num_queries, django_assert_max_num_queries):
        def asked(count: int) -> list[Asked]:
            cases = [file() for _ in range(count)]
            do(cases[0], "reviewer1", result="supplement")
            claim_task(task_id=task(cases[1]).pk, user=account("reviewer2"))
            found = Case.objects.filter(pk__in=[case.pk for case in cases]).select_related("agency")
            return [Asked(case, [task(case)], REGION) for case in found]

        few, many = asked(2), asked(12)
        with django_assert_max_num_queries(6) as counted:
            reach(few)
        with django_assert_num_queries(len(counted)):
            reach(many)

    def test_nothing_asked_is_nothing_read(self, django_assert_num_queries):
        with django_assert_num_queries(0):
            assert reach([]) == []
            assert applicants_of_each([]) == {}

    def test_applicants_of_each(self):
        """By whom a case was filed decides, case by case, whoever else may act for the same subject."""
        mine, agents = file("agent1", "DEMO-P-002", on_behalf_of="org2"), file()
        Case.objects.filter(pk=agents.pk).update(applicant=None)
        cases = [Case.objects.get(pk=case.pk) for case in (mine, agents)]
        found = applicants_of_each(cases)
        assert {pk: names(users) for pk, users in found.items()} == {
            mine.pk: ["agent1"],
            agents.pk: ["applicant1"],
        }
        assert [applicants_of(case) for case in cases] == list(found.values())


class TestWhatIsTold:
    def test_higher_from_rung_to_rung(self, at):
        case = put_in(file(), "330782")
        claim_task(task_id=task(case).pk, user=account("reviewer1-yiwu"))
        running = the_clock(case)
        for percent in (50, 80, 100, 150):
            at(running.rungs.get(percent=percent).due_at)
            at.forward(seconds=1)
            assert fire_rungs() == 1
        found = list(
            Message.objects.filter(case=case, event__in=("due_soon", "overdue"))
            .order_by("id")
            .values_list("values__clock__percent", "recipient__username")
        )
        assert found == [
            (50, "reviewer1-yiwu"),
            (80, "reviewer1-yiwu"),
            (100, "reviewer1-yiwu"),
            (100, "supervisor1-yiwu"),
            (150, "reviewer1-yiwu"),
            (150, "supervisor1-yiwu"),
            (150, "supervisor1"),
        ]
        assert kinds(case)[-4:] == ["clock.warned", "clock.warned", "clock.breached", "clock.escalated"]

    def test_a_breach_at_night_waits_for_nobody_but_those_who_work_on_it(self, at):
        case = file()
        at(the_clock(case).due_at)
        at.forward(seconds=1)
        fire_rungs()
        held = dict(
            Message.objects.filter(case=case, event="overdue").values_list(
                "recipient__username", "held_until"
            )
        )
        morning = china("2026-03-17 08:30")
        assert held == {**dict.fromkeys(REVIEWERS, morning), "supervisor1": None}

    def test_a_warning_at_noon_waits_for_the_afternoon_for_everybody(self, at):
        DeadlineRule.objects.filter(process="acts").update(escalation={"50": "supervisor"})
        case = file()
        at("2026-03-10 12:15")
        assert fire_rungs() == 1
        held = Message.objects.filter(case=case, event="due_soon").values_list("held_until", flat=True)
        assert set(held) == {china("2026-03-10 13:30")}
        assert "supervisor1" in told(case, "due_soon")

    def test_the_applicants_right_is_reminded_of_and_lapses_without_a_breach(self, at):
        case = file()
        do(case, "reviewer1", result="supplement")
        own = the_clock(case, "supplement")
        assert sorted(own.rungs.values_list("percent", flat=True)) == [50, 80, 100]
        for percent in (50, 80):
            at(own.rungs.get(percent=percent).due_at)
            assert fire_rungs() == 1
        assert told(case, "due_soon") == ["applicant1"] * 2
        at(own.due_at)
        at.forward(seconds=1)
        assert fire_due() == 2
        own.refresh_from_db()
        assert (own.status, own.breached_at) == ("stopped", None)
        lapsed = Event.objects.get(case=case, kind="clock.lapsed")
        assert (lapsed.data["clock"], lapsed.data["percent"], lapsed.actor) == ("supplement", 100, None)
        assert told(case, "overdue") == []
        assert Case.objects.get(pk=case.pk).outcome == "late"

    def test_supervisors_of_a_case_are_those_of_its_chain(self):
        case = put_in(file(), "330782")
        assert names(staff_of(case, Role.SUPERVISOR)) == ["supervisor1-yiwu"]
