"""What each account sees: cases, tasks, processes; pages by key; a fixed number of queries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.services.world import account, china, do, file, file_all, kinds, task, the_clock
from workflow_app.domain.errors import NotFoundError
from workflow_app.models import Agency, Case, Task
from workflow_app.models.people import Role
from workflow_app.selectors.access import Access, applicants_of, staff_of
from workflow_app.selectors.cases import (
    get_case,
    get_history,
    latest_submission,
    list_case_tasks,
    list_cases,
    list_submissions,
)
from workflow_app.selectors.paging import (
    CursorInvalidError,
    LimitInvalidError,
    decode_cursor,
    encode_cursor,
)
from workflow_app.selectors.processes import list_processes
from workflow_app.selectors.search import clean_search
from workflow_app.selectors.tasks import get_task, list_tasks
from workflow_app.services.indexing import index_cases
from workflow_app.services.sweeping import fire_rungs
from workflow_app.services.tasks import claim_task

ALL = [
    "applicant1", "applicant2", "agent1", "clerk1", "reviewer1", "approver1", "source1", "trainer1", "supervisor1",
    "sysadmin1", "secadmin1", "auditor1", "reviewer1-yiwu", "approver1-yiwu", "supervisor1-yiwu",
]  # fmt: skip


@pytest.mark.usefixtures("acts")
class TestWhoSeesWhat:
    def seen(self, case: Case) -> set[str]:
        names = set()
        for name in ALL:
            listed = case.pk in [each.pk for each in list_cases(account(name)).items]
            try:
                got = get_case(account(name), case.number).pk == case.pk
            except NotFoundError:
                got = False
            # A list shows what can be opened, and nothing else.
            assert listed == got, name
            if got:
                names.add(name)
        return names

    def test_a_case_of_the_city(self):
        assert self.seen(file()) == {"applicant1", "reviewer1", "approver1", "trainer1", "supervisor1"}

    def test_the_source_unit_from_the_moment_it_is_asked(self):
        case = file()
        do(case, "reviewer1", result="ask")
        assert "source1" in self.seen(case)

    def test_a_case_of_a_county_is_seen_by_the_city_supervisor_and_not_by_its_reviewer(self):
        case = file()
        office = Agency.objects.get(kind="credit_office", region="330782")
        Case.objects.filter(pk=case.pk).update(agency=office)
        assert self.seen(case) == {
            "applicant1", "reviewer1-yiwu", "approver1-yiwu", "supervisor1-yiwu", "supervisor1",
        }  # fmt: skip

    def test_who_filed_it_at_the_window(self):
        assert "clerk1" in self.seen(file("clerk1"))

    def test_the_three_administrators_see_none(self):
        assert not self.seen(file()) & {"sysadmin1", "secadmin1", "auditor1"}

    def test_forbidden_looks_like_missing(self):
        case = file()
        messages = []
        for number in (case.number, "ACTS-330700-20260302-999999", "", "\0", "x" * 500):
            with pytest.raises(NotFoundError) as caught:
                get_case(account("applicant2"), number)
            messages.append(str(caught.value))
        assert len(set(messages)) == 1


@pytest.mark.usefixtures("acts")
class TestCases:
    def test_filters(self, at):
        first, second = file_all("applicant1", "DEMO-P-001", "DEMO-P-003")
        other = file("agent1", "DEMO-P-002")
        do(second, "reviewer1", result="train")
        user = account("reviewer1")
        index_cases()

        def found(**filters):
            return {each.pk for each in list_cases(user, **filters).items}

        assert found() == {first.pk, second.pk, other.pk}
        assert found(status="waiting_applicant") == {second.pk}
        assert found(process="acts", agency=first.agency.code) == {first.pk, second.pk, other.pk}
        assert found(process="commitment") == found(agency="nothing") == set()
        assert found(q=first.number.lower()) == {first.pk}
        assert found(q=other.subject.code) == {other.pk}
        assert found(q=other.subject.name[:4]) >= {other.pk}
        assert found(q="没有这样的") == set()
        at(the_clock(first).due_at.replace(hour=23))
        fire_rungs()
        assert found(breached=True) == {first.pk, other.pk}
        assert found(breached=False) == {second.pk}

    @pytest.mark.parametrize("q", ["\0", "%", "_", "\ud800", "' OR 1=1 --", "x" * 5000, "   "])
    def test_no_search_breaks_anything(self, q):
        file()
        list_cases(account("reviewer1"), q=q)
        list_tasks(account("reviewer1"), queue="all", q=q)

    def test_pages_hold_whatever_is_added_meanwhile(self):
        cases = [file() for _ in range(5)]
        user = account("reviewer1")
        first = list_cases(user, limit=2)
        file()
        second = list_cases(user, limit=2, cursor=first.next)
        third = list_cases(user, limit=2, cursor=second.next)
        seen = [each.pk for page in (first, second, third) for each in page.items]
        assert seen == [case.pk for case in reversed(cases)]
        assert third.next is None

    def test_a_list_costs_the_same_however_long(self, django_assert_num_queries):
        user = account("reviewer1")
        for count in (1, 5):
            for _ in range(count):
                file()
            # Grants, subjects, the keys of the page, its cases.
            with django_assert_num_queries(4):
                for each in list_cases(user).items:
                    assert each.subject.name
                    assert each.agency.region.name
                    assert each.record.source_agency.name
                    assert each.definition.version

    def test_history_and_what_was_handed_in(self):
        case = file()
        do(case, "reviewer1", result="accept", reason="齐全")
        assert [event.kind for event in get_history(case)] == kinds(case)
        assert [each.form for each in list_submissions(case)] == ["start", "check"]
        assert latest_submission(case, "check").data["reason"] == "齐全"
        assert latest_submission(case, "extend") is None
        assert [each.element for each in list_case_tasks(case)] == ["task_approve"]
        assert len(list_case_tasks(case, live_only=False)) == 2


@pytest.mark.usefixtures("acts")
class TestTasks:
    def found(self, name, **filters):
        return {each.case_id for each in list_tasks(account(name), **filters).items}

    def test_queues(self):
        first, second = file(), file()
        claim_task(task_id=task(first).pk, user=account("reviewer1"))
        assert self.found("reviewer1") == {first.pk}
        assert self.found("reviewer1", queue="group") == {second.pk}
        assert self.found("reviewer2", queue="group") == {second.pk}
        assert self.found("reviewer2") == set()
        assert (
            self.found("reviewer2", queue="all")
            == self.found("supervisor1", queue="all")
            == {first.pk, second.pk}
        )
        for name in ("approver1-yiwu", "supervisor1-yiwu", "sysadmin1", "applicant2"):
            assert self.found(name, queue="all") == set(), name

    def test_what_the_applicant_owes_is_in_the_applicants_hands(self):
        case = file()
        do(case, "reviewer1", result="supplement")
        assert self.found("applicant1") == {case.pk}
        assert self.found("applicant2") == self.found("reviewer1") == self.found("trainer1") == set()

    def test_somebody_without_anything_sees_nothing(self):
        file()
        for queue in ("mine", "group", "all"):
            assert self.found("sysadmin1", queue=queue) == set()

    def test_done_tasks_are_no_queue(self):
        case = file()
        done = do(case, "reviewer1", result="accept")
        assert self.found("reviewer1", queue="all") == set()
        assert self.found("approver1", queue="all") == {case.pk}
        assert get_task(account("reviewer1"), done.pk).status == "done"

    def test_filters(self, at):
        first = file()
        at("2026-03-04 10:00")
        second = file("agent1", "DEMO-P-002")
        at(the_clock(first).due_at.replace(hour=23))
        user = "reviewer1"
        assert self.found(user, queue="all", overdue=True) == {first.pk}
        assert self.found(user, queue="all", overdue=False) == {second.pk}
        assert self.found(user, queue="all", q=second.number) == {second.pk}
        assert self.found(user, queue="all", q=second.subject.code) == {second.pk}
        assert self.found(user, queue="all", process="nothing") == set()

    def test_soonest_due_first_and_undated_last_over_pages(self, at):
        cases = []
        for day in (6, 3, 5, 4, 2):
            at(f"2026-03-{day:02d} 10:00")
            cases.append(file())
        Task.objects.filter(case__in=cases[:2]).update(due_at=None)
        same = list(Task.objects.filter(case__in=cases[2:4]))
        Task.objects.filter(pk__in=[each.pk for each in same]).update(due_at=china("2026-03-20 17:30"))
        user, seen, cursor = account("reviewer1"), [], ""
        while True:
            page = list_tasks(user, queue="all", limit=1, cursor=cursor)
            seen += [each.pk for each in page.items]
            if page.next is None:
                break
            cursor = page.next
        dated = sorted(
            Task.objects.exclude(due_at=None).filter(case__in=cases), key=lambda t: (t.due_at, t.pk)
        )
        undated = sorted(each.pk for each in Task.objects.filter(case__in=cases, due_at=None))
        assert seen == [each.pk for each in dated] + undated

    def test_a_list_costs_the_same_however_long(self, django_assert_num_queries):
        user = account("reviewer1")
        for count in (1, 5):
            for _ in range(count):
                claim_task(task_id=task(file()).pk, user=user)
            # Grants, subjects, the keys of the page, its tasks.
            with django_assert_num_queries(4):
                for each in list_tasks(user, queue="all").items:
                    assert each.case.subject.name
                    assert each.case.definition.version
                    assert each.assignee.display_name
                    assert each.agency.name

    def test_one_task_costs_four_queries(self, django_assert_num_queries):
        waiting, user = task(file()), account("reviewer1")
        # Grants, subjects, the task, its case.
        with django_assert_num_queries(4):
            assert get_task(user, waiting.pk).case.subject.name


@pytest.mark.usefixtures("acts")
class TestCostOfActs:
    """Inside a test each transaction is a savepoint: two statements more than in life, where BEGIN and COMMIT are."""

    def test_claiming(self, django_assert_max_num_queries):
        waiting, user = task(file()), account("reviewer1")
        with django_assert_max_num_queries(6 + 2):
            claim_task(task_id=waiting.pk, user=user)

    def test_completing(self, django_assert_max_num_queries):
        waiting, user = task(file()), account("reviewer1")
        with django_assert_max_num_queries(9 + 2):
            from workflow_app.services.tasks import complete_task

            complete_task(task_id=waiting.pk, user=user, data={"result": "accept"})

    def test_filing(self, django_assert_max_num_queries):
        file()
        with django_assert_max_num_queries(27):
            file()


@pytest.mark.usefixtures("acts")
class TestProcesses:
    def test_who_may_start_what(self):
        def may(name):
            return {each.slug for each in list_processes(account(name)) if each.may_start}

        assert "acts" in may("applicant1")
        assert "acts" in may("agent1")
        assert "acts" in may("clerk1")
        assert not may("sysadmin1")
        info = next(each for each in list_processes(account("reviewer1")) if each.slug == "acts")
        assert (info.may_start, info.version, info.manifest.title.en) == (False, "1", "Acts")


@pytest.mark.usefixtures("acts")
class TestPeople:
    def test_officers_of_a_case(self):
        case = file()
        assert "reviewer1" in [user.username for user in staff_of(case, Role.REVIEWER)]
        assert [user.username for user in staff_of(case, Role.SUPERVISOR)] == ["supervisor1"]
        assert "source1" in [user.username for user in staff_of(case, Role.SOURCE_UNIT)]

    def test_the_nearest_supervisor(self):
        case = file()
        case.agency = Agency.objects.get(kind="credit_office", region="330782")
        assert [user.username for user in staff_of(case, Role.SUPERVISOR)] == ["supervisor1-yiwu"]
        case.agency = Agency.objects.get(kind="credit_office", region="330702")
        assert [user.username for user in staff_of(case, Role.SUPERVISOR)] == ["supervisor1"]

    def test_nobody_disabled(self):
        case = file()
        type(case.applicant).objects.update(is_active=False)
        assert applicants_of(case) == staff_of(case, Role.REVIEWER) == []

    def test_every_account_can_be_asked(self, at):
        for name in ALL:
            access = Access(account(name), at.now)
            for rows in (access.cases(), access.tasks(), access.queue(), access.letters(), access.records()):
                list(rows[:1])


class TestPaging:
    @given(st.lists(st.integers(-(2**63) + 1, 2**63 - 1) | st.text(max_size=8) | st.none(), max_size=3))
    def test_a_cursor_comes_back(self, keys):
        assert decode_cursor(encode_cursor(*keys), *[(int, str, type(None))] * len(keys)) == keys

    @given(st.text(max_size=400))
    def test_no_text_breaks_it(self, cursor):
        with pytest.raises(CursorInvalidError):
            decode_cursor(cursor, int, str)

    @pytest.mark.parametrize("keys", [["1"], [True], [1, 2], [2**63], [None], [1.5], [[1]]])
    def test_other_keys_are_refused(self, keys):
        with pytest.raises(CursorInvalidError):
            decode_cursor(encode_cursor(*keys), int)

    @pytest.mark.usefixtures("acts")
    def test_a_cursor_of_another_list(self):
        user = account("reviewer1")
        for cursor in ("x", encode_cursor("2026-03-02", 1), encode_cursor("nonsense", 1), encode_cursor(1)):
            with pytest.raises(CursorInvalidError):
                list_tasks(user, cursor=cursor)
        with pytest.raises(CursorInvalidError):
            list_cases(user, cursor=encode_cursor("x"))

    @pytest.mark.usefixtures("acts")
    @pytest.mark.parametrize("limit", [0, -1, 201])
    def test_page_sizes_are_bounded(self, limit):
        for read in (list_cases, list_tasks):
            with pytest.raises(LimitInvalidError):
                read(account("reviewer1"), limit=limit)

    @given(st.text(max_size=200))
    def test_searches_are_cleaned(self, q):
        cleaned = clean_search(q)
        assert "\0" not in cleaned
        cleaned.encode()
