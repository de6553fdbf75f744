"""Figures, boards and loads say what the tables say, to those who supervise, and about their regions only."""

import math
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.figures.test_counting import count_all
from tests.figures.world import APRIL, MARCH, MAY, YIWU, county_record, live_two_months, spent
from tests.services.world import account, do, file, task, the_clock
from workflow_app.domain.clock import CHINA
from workflow_app.models import Agency, Case, Clock, Region, Task
from workflow_app.models.tasks import LIVE
from workflow_app.selectors.board import BoardRow, board
from workflow_app.selectors.breaches import list_breaches
from workflow_app.selectors.figures import Mean, Selection, Share, headline, heat, loads, trend
from workflow_app.selectors.paging import CursorInvalidError, encode_cursor
from workflow_app.selectors.scope import soon_until
from workflow_app.services.clocks import stop_clock
from workflow_app.services.sweeping import fire_due
from workflow_app.services.tasks import claim_task
from workflow_app.services.transition import open_case

CITY, COUNTY = "supervisor1", "supervisor1-yiwu"
OTHERS = ["applicant1", "reviewer1", "approver1", "source1", "sysadmin1", "auditor1"]
SPRING = {"since": MARCH, "until": MAY}
FULL_DAY = 7.5 * 3600


@pytest.fixture
def cases(acts: None, at) -> dict[str, Case]:
    """Two months of cases, counted."""
    made = live_two_months(at)
    count_all()
    return made


def exact(values: list[float], share: float) -> float:
    return sorted(values)[math.ceil(share * len(values)) - 1]


def days_of(agency: Agency) -> float:
    """Seconds of a working day."""
    return 6.5 * 3600 if agency.region_id == YIWU else FULL_DAY


class TestTheHeadline:
    @pytest.fixture
    def named(self, acts, at) -> dict[str, Case]:
        """Two months of cases, some of them of the processes that the headline is about."""
        made = live_two_months(at)
        for process, names in (
            ("objection", ("prompt", "asking", "county", "tired")),
            ("repair", ("extended",)),
        ):
            ours = [made[name].pk for name in names]
            Case.objects.filter(pk__in=ours).update(process=process)
            Clock.objects.filter(case__in=ours).update(process=process)
        count_all()
        return made

    def test_objections_and_repairs(self, named):
        found = headline(account(CITY), **SPRING)
        answered = Case.objects.filter(process="objection", answered_at__isnull=False).select_related(
            "agency__region"
        )
        calendar, working, gross = [], [], []
        for case in answered:
            halts = [
                (pause.started_at, pause.ended_at)
                for clock in case.clocks.all()
                for pause in clock.pauses.filter(owed_by="applicant")
            ]
            halts += [(each.started_at, each.stopped_at) for each in case.clocks.filter(is_applicants=True)]
            net, whole, passed = spent(case.agency, case.filed_at, case.answered_at, halts)
            calendar.append(passed / 86400)
            # In Yiwu, where the day is shorter, as many seconds are more days.
            working.append(net / days_of(case.agency))
            gross.append(whole / days_of(case.agency))
        assert len(calendar) == 3
        means = [pytest.approx(sum(values) / 3) for values in (calendar, working, gross)]
        assert found.objections == Mean(3, *means, 5)
        assert sum(working) < sum(gross)
        handled = Clock.objects.filter(process="repair", name="handle", status="stopped")
        assert found.repairs == handled.count() == 1
        assert found.repairs_late == handled.filter(breached_at__isnull=False).count() == 1
        stopped = Clock.objects.filter(status="stopped", is_applicants=False).exclude(case=named["recalled"])
        late = stopped.filter(breached_at__isnull=False).count()
        assert found.on_time == Share(stopped.count() - late, stopped.count())

    def test_another_process_has_none_of_them(self, named):
        found = headline(account(CITY), **SPRING, selection=Selection(process="acts"))
        assert found.objections == Mean(0, None, None, None, 5)
        assert (found.repairs, found.repairs_late, found.repairs_overdue) == (0, 0, 0)
        assert found.on_time.whole > 0
        other = headline(account(CITY), **SPRING, selection=Selection(process="repair_revocation"))
        assert other.on_time == Share(0, 0)
        assert other.on_time.percent is None

    def test_a_repair_that_is_overdue_now_is_not_hidden_by_a_good_month(self, acts, at):
        office = Agency.objects.get(region="330700", kind="credit_office")
        made = file()
        Clock.objects.filter(case=made).update(
            process="repair", due_at=at.now - timedelta(seconds=1), agency=office
        )
        assert headline(account(CITY), **SPRING).repairs_overdue == 1
        assert (
            headline(account(CITY), **SPRING, selection=Selection(process="objection")).repairs_overdue == 0
        )
        at.forward(seconds=-1)
        assert headline(account(CITY), **SPRING).repairs_overdue == 0

    def test_timeliness_of_a_month_an_agency_and_a_clock(self, cases):
        user, office = account(CITY), cases["county"].agency
        whole = headline(user, **SPRING).on_time
        months = [headline(user, since=month, until=month).on_time for month in (MARCH, APRIL, MAY)]
        assert whole == Share(sum(each.part for each in months), sum(each.whole for each in months))
        assert 0 < whole.part < whole.whole
        assert whole.percent == pytest.approx(100 * whole.part / whole.whole)
        county = headline(user, **SPRING, selection=Selection(agency=office.pk)).on_time
        assert county == Share(1, 1) == headline(user, **SPRING, selection=Selection(region=YIWU)).on_time
        assert headline(user, **SPRING, selection=Selection(clock="handle")).on_time == whole
        assert headline(user, **SPRING, selection=Selection(clock="supplement")).on_time.whole == 0


class TestTrends:
    def test_mean_and_percentiles_of_a_clock(self, cases):
        points = trend(account(CITY), since=date(2026, 2, 1), until=MAY, selection=Selection(clock="handle"))
        assert [point.month for point in points] == [date(2026, 2, 1), MARCH, APRIL, MAY]
        for point in points:
            taken, late = [], 0
            for each in Clock.objects.filter(name="handle", status="stopped").select_related(
                "agency__region", "case"
            ):
                is_in_month = each.stopped_at.astimezone(CHINA).strftime("%Y-%m") == f"{point.month:%Y-%m}"
                recalled = each.case_id == cases["recalled"].pk
                if is_in_month and not recalled:
                    halts = [(pause.started_at, pause.ended_at) for pause in each.pauses.all()]
                    net, *_ = spent(each.agency, each.started_at, each.stopped_at, halts)
                    taken.append(net / days_of(each.agency))
                    late += each.breached_at is not None
            assert (point.count, point.late) == (len(taken), late)
            if not taken:
                assert (point.mean_working_days, point.p50, point.p90, point.p99) == (None,) * 4
                continue
            assert point.mean_working_days == pytest.approx(sum(taken) / len(taken))
            for found, share in ((point.p50, 0.5), (point.p90, 0.9), (point.p99, 0.99)):
                assert found == pytest.approx(exact(taken, share), rel=0.02)

    def test_of_steps_answers_and_officers(self, cases):
        user, reviewer = account(CITY), account("reviewer1")
        done = Task.objects.filter(status="done", element="task_check")
        assert sum(p.count for p in trend(user, **SPRING, kind="task", name="task_check")) == done.count()
        answered = Case.objects.filter(answered_at__isnull=False).count()
        assert sum(p.count for p in trend(user, **SPRING, kind="case")) == answered
        by_reviewer = Task.objects.filter(done_by=reviewer).count()
        named = trend(user, **SPRING, kind="officer", name=str(reviewer.pk))
        chosen = trend(user, **SPRING, kind="officer", selection=Selection(officer=reviewer.pk))
        assert sum(p.count for p in named) == by_reviewer > 0
        assert chosen == named


class TestTheHeatMap:
    def test_steps_done_and_waiting(self, cases, at):
        do(cases["fresh"], "reviewer1", result="ask")
        waiting = file()
        do(waiting, "reviewer1", result="supplement")
        at(the_clock(waiting, "supplement").due_at + timedelta(seconds=1))
        steps = {step.element: step for step in heat(account(CITY), "acts", **SPRING)}
        live, done = Task.objects.filter(status__in=LIVE), Task.objects.filter(status="done", is_counted=True)
        assert set(steps) == {
            each.element for each in [*live.filter(case__process="acts"), *done.filter(case__process="acts")]
        }
        for element, step in steps.items():
            here = live.filter(element=element)
            late = here.filter(due_at__lt=at.now).exclude(role="applicant")
            assert (step.running, step.overdue) == (here.count(), late.count()), element
            taken = []
            for each in done.filter(element=element).select_related("case__agency__region"):
                halts = [
                    (pause.started_at, pause.ended_at)
                    for clock in each.case.clocks.filter(name=each.clock)
                    for pause in clock.pauses.all()
                ]
                net, *_ = spent(each.case.agency, each.created_at, each.done_at, halts)
                taken.append(net / 3600)
            assert step.count == len(taken)
            if taken:
                assert step.p50_hours == pytest.approx(exact(taken, 0.5), rel=0.02)
                assert step.p90_hours == pytest.approx(exact(taken, 0.9), rel=0.02)
        # What the applicant owes is nobody's delay; what the source unit owes is, in the map of the case's agency.
        assert (steps["task_supplement"].running, steps["task_supplement"].overdue) == (2, 0)
        assert steps["task_ask"].running == 1

    def test_another_process_has_other_steps(self, cases):
        assert heat(account(CITY), "objection", **SPRING) == []
        assert [step.running for step in heat(account(COUNTY), "acts", since=MAY, until=MAY)] == []


class TestBoards:
    def test_clocks_by_process_agency_and_region(self, cases, at):
        file("applicant1", county_record().number)
        running = Clock.objects.filter(status="running", is_applicants=False)
        soon, overdue = soon_until(at.now), running.filter(due_at__lt=at.now).count()
        soon_ones = running.filter(due_at__gte=at.now, due_at__lte=soon).count()
        counts = (running.count(), soon_ones, overdue)
        assert overdue > 0
        (row,) = board(account(CITY), by="process")
        assert row == BoardRow("acts", "办事", "Acts", *counts)
        agencies = board(account(CITY), by="agency")
        assert [row.key for row in agencies] == [str(cases["open"].agency_id), str(cases["county"].agency_id)]
        assert sum(row.running for row in agencies) == counts[0]
        city, county = board(account(CITY), by="region")
        assert (city.key, city.title, city.title_en) == ("330700", "金华市", "Jinhua")
        # The city's row holds its counties too, as the selection of the city does.
        assert (city.running, city.soon, city.overdue) == counts
        assert (county.key, county.running) == (YIWU, 1)
        assert board(account(COUNTY), by="region") == [county]

    def test_soon_ends_after_two_working_days(self, acts, at):
        due = the_clock(file()).due_at
        for moment, expected in (
            ("2026-03-12 17:30:00", (1, 1, 0)),
            ("2026-03-12 17:29:59", (1, 0, 0)),
            (due, (1, 1, 0)),
            (due + timedelta(microseconds=1), (1, 0, 1)),
        ):
            at(moment)
            (row,) = board(account(CITY), by="process")
            assert (row.running, row.soon, row.overdue) == expected

    def test_what_stands_still_or_only_the_applicant_can_end_is_left_out(self, acts):
        case = file()
        do(case, "reviewer1", result="supplement")
        assert [the_clock(case).status, the_clock(case, "supplement").status] == ["paused", "running"]
        assert board(account(CITY), by="process") == []

    def test_officers_by_what_they_hold(self, acts, at):
        user, reviewer = account(CITY), account("reviewer1")
        held, free = file(), file()
        claim_task(task_id=task(held).pk, user=reviewer)
        rows = board(user, by="officer")
        assert [(row.key, row.title, row.title_en, row.running) for row in rows] == [
            ("", "未领取", "Not taken yet", 1),
            (str(reviewer.pk), "审核员一（演示）", "Demo Reviewer 1", 1),
        ]
        at(the_clock(free).due_at + timedelta(seconds=1))
        assert [(row.running, row.soon, row.overdue) for row in board(user, by="officer")] == [(1, 0, 1)] * 2
        chosen = Selection(officer=reviewer.pk)
        for by in ("region", "agency", "process", "officer"):
            assert [(row.running, row.overdue) for row in board(user, by=by, selection=chosen)] == [(1, 1)]
        assert board(user, by="officer", selection=Selection(clock="other")) == []

    def test_a_selection_narrows(self, cases):
        user, agency = account(CITY), cases["open"].agency_id
        whole = board(user, by="process")
        assert (
            board(user, by="process", selection=Selection(process="acts", agency=agency, clock="handle"))
            == whole
        )
        assert board(user, by="process", selection=Selection(region="330700")) == whole
        for narrow in (
            Selection(process="repair"),
            Selection(agency=0),
            Selection(region="330702"),
            Selection(clock="x"),
            Selection(officer=0),
        ):
            assert board(user, by="process", selection=narrow) == []


class TestLoads:
    def test_held_and_done(self, cases, at):
        user, reviewer = account(CITY), account("reviewer1")
        at("2026-04-09 10:00")
        claim_task(task_id=task(cases["fresh"]).pk, user=reviewer)
        do(file(), "reviewer2", result="ok")
        count_all()
        found = {load.user_id: load for load in loads(user)}
        for pk, load in found.items():
            held = Task.objects.filter(assignee=pk, status__in=LIVE)
            done = Task.objects.filter(done_by=pk, done_at__month=4).exclude(role="applicant")
            assert (load.running, load.done_this_month) == (held.count(), done.count())
        assert found[reviewer.pk].running == 1
        assert found[account("reviewer2").pk].done_this_month == 1
        assert (found[reviewer.pk].name, found[reviewer.pk].name_en) == (
            "审核员一（演示）",
            "Demo Reviewer 1",
        )
        assert [load.user_id for load in loads(user, Selection(officer=reviewer.pk))] == [reviewer.pk]
        assert loads(account(COUNTY)) == []


class TestBreaches:
    def test_latest_first_with_how_late_and_who(self, cases, at):
        rows = list_breaches(account(CITY), **SPRING).items
        breached = Clock.objects.filter(breached_at__isnull=False)
        assert {row.clock.pk for row in rows} == set(breached.values_list("pk", flat=True))
        assert [(row.clock.breached_at, row.clock.pk) for row in rows] == sorted(
            ((row.clock.breached_at, row.clock.pk) for row in rows), reverse=True
        )
        for row in rows:
            end = row.clock.stopped_at or at.now
            whole, *_ = spent(row.clock.agency, row.clock.due_at, max(end, row.clock.due_at), [])
            assert row.days_late == pytest.approx(whole / FULL_DAY)
            waiting = Task.objects.filter(case=row.clock.case, status__in=LIVE, clock="handle")
            assert row.task == (None if row.clock.stopped_at else waiting.first())
        assert any(row.days_late > 10 for row in rows)

    def test_pages_and_filters(self, cases):
        user, found, cursor = account(CITY), [], ""
        whole = [row.clock.pk for row in list_breaches(user, **SPRING).items]
        assert len(whole) > 2
        while cursor is not None:
            page = list_breaches(user, **SPRING, cursor=cursor, limit=1)
            found += [row.clock.pk for row in page.items]
            cursor = page.next
        assert found == whole
        going = [row.clock.pk for row in list_breaches(user, **SPRING, is_going=True).items]
        over = [row.clock.pk for row in list_breaches(user, **SPRING, is_going=False).items]
        assert going
        assert over
        assert sorted([*going, *over]) == sorted(whole)
        assert list_breaches(user, since=APRIL, until=MAY).items == []
        for narrow in (
            Selection(process="repair"),
            Selection(clock="x"),
            Selection(region=YIWU),
            Selection(agency=0),
        ):
            assert list_breaches(user, **SPRING, selection=narrow).items == []
        matching = Selection(process="acts", clock="handle", region="330700")
        assert [row.clock.pk for row in list_breaches(user, **SPRING, selection=matching).items] == whole

    def test_a_pause_after_the_breach_moves_the_due_date_and_not_the_breach(self, acts, at):
        case = file()
        do(case, "reviewer1", result="ok")
        at(the_clock(case).due_at + timedelta(hours=20))
        fire_due()
        with open_case(None, pk=case.pk) as moving:
            stop_clock(moving, "handle")
        (row,) = list_breaches(account(CITY), **SPRING).items
        assert row.days_late > 0
        Clock.objects.update(due_at=row.clock.stopped_at + timedelta(days=1))
        (row,) = list_breaches(account(CITY), **SPRING).items
        assert row.days_late == 0

    @pytest.mark.parametrize("keys", [("x", 1), ("2026-03-02T10:00:00", 1)], ids=["no moment", "no zone"])
    def test_a_cursor_of_another_list(self, acts, keys):
        with pytest.raises(CursorInvalidError):
            list_breaches(account(CITY), **SPRING, cursor=encode_cursor(*keys))


class TestWhoMaySee:
    def test_who_supervises_nothing_sees_nothing(self, cases):
        for user in map(account, OTHERS):
            assert headline(user, **SPRING).on_time == Share(0, 0)
            assert [board(user, by=by) for by in ("region", "agency", "process", "officer")] == [[]] * 4
            assert {point.count for point in trend(user, **SPRING)} == {0}
            assert heat(user, "acts", **SPRING) == loads(user) == list_breaches(user, **SPRING).items == []

    def test_a_county_sees_itself_only(self, cases):
        user = account(COUNTY)
        assert headline(user, **SPRING).on_time == Share(1, 1)
        # Asking for what lies beyond gives nothing more.
        for beyond in (Selection(region="330700"), Selection(region="330000")):
            assert headline(user, **SPRING, selection=beyond).on_time in (Share(0, 0), Share(1, 1))
        assert (
            headline(user, **SPRING, selection=Selection(agency=cases["open"].agency_id)).on_time.whole == 0
        )
        assert list_breaches(user, **SPRING).items == []
        assert sum(point.count for point in trend(user, **SPRING)) == 1
        assert {step.count for step in heat(user, "acts", **SPRING)} == {1}

    def test_the_number_of_questions_does_not_grow(self, cases):
        user = account(CITY)
        asked = []
        for _ in range(2):
            with CaptureQueriesContext(connection) as queries:
                headline(user, **SPRING)
                board(user, by="region")
                board(user, by="officer")
                trend(user, **SPRING)
                heat(user, "acts", **SPRING)
                loads(user)
                list_breaches(user, **SPRING)
            asked.append(len(queries))
            for region in Region.objects.filter(code__in=("330702", "330703", "330723")):
                office = Agency.objects.get(region=region, kind="credit_office")
                Clock.objects.filter(case=file()).update(agency=office)
        assert asked[0] == asked[1] <= 52
