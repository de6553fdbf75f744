"""Two months of cases with all that figures have to tell apart, and the same figures once more by other means."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from django.conf import settings

from tests.processes.runner import play
from tests.services.world import account, do, file, record, task
from workflow_app.demo.scenario import find_scenarios
from workflow_app.domain.clock import CHINA
from workflow_app.domain.histogram import bucket_of
from workflow_app.models import (
    Agency,
    CalendarDay,
    Case,
    Clock,
    ClockPause,
    CreditRecord,
    Figure,
    Region,
    Task,
)
from workflow_app.services.cases import withdraw_case
from workflow_app.services.inbox import receive_message
from workflow_app.services.sweeping import fire_rungs
from workflow_app.services.tasks import claim_task

MARCH, APRIL, MAY = (date(2026, month, 1) for month in (3, 4, 5))
YIWU = "330782"
# Half an hour later in the morning and shorter at noon than elsewhere: six and a half hours a day.
YIWU_HOURS = [["09:00", "12:00"], ["14:00", "17:30"]]
# Real stories: objections across a holiday and with a supplement, a repair with a training.
STORIES = (
    "objection/scenarios/over_a_holiday.yaml",
    "objection/scenarios/supplemented_deleted.yaml",
    "repair/scenarios/serious_with_training.yaml",
)


def county_record() -> CreditRecord:
    """A record that an authority of Yiwu supplied, where office hours are others."""
    Region.objects.filter(code=YIWU).update(office_hours=YIWU_HOURS)
    found = record("DEMO-L-001")
    found.source_agency = Agency.objects.get(kind="department", region=YIWU)
    found.save()
    return found


def live_two_months(at: Any) -> dict[str, Case]:
    """March and April of 2026: cases answered in time and late, after supplements, trainings and extensions, withdrawn
    before and after a breach, lapsed, open, overdue; in the city and in one of its counties."""
    names = ("prompt", "asking", "trained", "extended", "late", "lapsing", "recalled", "tired", "open")
    at("2026-03-02 10:00")
    cases = {name: file() for name in names}
    cases["county"] = file("applicant1", county_record().number)
    at("2026-03-03 08:00")
    claim_task(task_id=task(cases["prompt"]).pk, user=account("reviewer1"))
    at("2026-03-03 12:30")
    do(cases["prompt"], "reviewer1", result="ok")
    do(cases["asking"], "reviewer2", result="supplement")
    do(cases["lapsing"], "reviewer1", result="supplement")
    do(cases["trained"], "reviewer1", result="train")
    do(cases["extended"], "reviewer1", result="extend")
    do(cases["county"], "reviewer1-yiwu", result="ok")
    at("2026-03-04 17:29:30")
    do(cases["prompt"], "approver1", approval="ok")
    do(cases["extended"], "approver1", amount=5, reason="案情复杂")
    withdraw_case(number=cases["recalled"].number, user=account("applicant1"), reason="不再需要")
    at("2026-03-06 16:15:20")
    do(cases["asking"], "applicant1", note="补充")
    at("2026-03-10 09:00:07")
    do(cases["asking"], "reviewer2", result="ok")
    receive_message(case_number=cases["trained"].number, name="training.passed", key="1")
    do(cases["county"], "approver1-yiwu", approval="ok")
    at("2026-03-14 11:00")
    do(cases["asking"], "approver1", approval="ok")
    _late(cases, at)
    return cases


def _late(cases: dict[str, Case], at: Any) -> None:
    """The handling of most is breached on 2026-03-16; a process that has gone on does not fire its timer any more."""
    do(cases["late"], "reviewer1", result="ok")
    do(cases["tired"], "reviewer1", result="ok")
    at("2026-03-20 09:30")
    fire_rungs()
    withdraw_case(number=cases["tired"].number, user=account("applicant1"), reason="等待太久")
    do(cases["extended"], "reviewer1", result="ok")
    at("2026-04-08 16:00")
    do(cases["late"], "approver1", approval="ok")
    do(cases["extended"], "approver1", approval="ok")
    at("2026-04-09 10:00")
    cases["fresh"] = file()


def play_stories(at: Any) -> None:
    """Real objections and repairs, played one after the other and kept."""
    wanted = {scenario.path: scenario for scenario in find_scenarios(settings.BASE_DIR)}
    for path in STORIES:
        played = play(wanted[f"bpmn/{path}"], at)
        assert not played.problem, played.problem


# What follows computes the figures by walking through the days, from the tables alone.

Key = tuple[date, str, str, int, str]


def told_figures() -> dict[Key, tuple[Any, ...]]:
    """The figures as the service has kept them."""
    return {
        (f.month, f.kind, f.process, f.agency_id, f.name): (
            f.count,
            f.late_count,
            f.net_working_seconds,
            f.gross_working_seconds,
            f.gross_calendar_seconds,
            f.histogram,
        )
        for f in Figure.objects.all()
    }


def expected_figures() -> dict[Key, tuple[Any, ...]]:
    """What they must be, by another way."""
    totals: dict[Key, tuple[list[int], Counter[str]]] = {}
    for key, is_late, (net, gross, calendar) in _ended():
        numbers, buckets = totals.setdefault(key, ([0] * 5, Counter()))
        for place, value in enumerate((1, is_late, net, gross, calendar)):
            numbers[place] += value
        buckets[bucket_of(net)] += 1
    return {key: (*numbers, dict(buckets)) for key, (numbers, buckets) in totals.items()}


def _ended() -> Iterator[tuple[Key, bool, tuple[int, int, int]]]:
    for clock in Clock.objects.filter(status="stopped", is_applicants=False).select_related("case"):
        by_withdrawal = clock.case.status == "withdrawn" and clock.stopped_at == clock.case.closed_at
        if by_withdrawal and clock.breached_at is None:
            continue
        halts = [(p.started_at, p.ended_at) for p in clock.pauses.all()]
        key = (_month(clock.stopped_at), "clock", clock.case.process, clock.case.agency_id, clock.name)
        is_late = clock.breached_at is not None
        yield key, is_late, spent(clock.case.agency, clock.started_at, clock.stopped_at, halts)
    for done in Task.objects.filter(status="done").select_related("case", "agency"):
        case, halts = (
            done.case,
            _halts(ClockPause.objects.filter(clock__case=done.case, clock__name=done.clock)),
        )
        is_late = done.agency is not None and done.due_at is not None and done.done_at > done.due_at
        month = _month(done.done_at)
        taken = spent(case.agency, done.created_at, done.done_at, halts)
        yield (month, "task", case.process, case.agency_id, done.element), is_late, taken
        if done.agency is not None:
            taken = spent(done.agency, done.claimed_at, done.done_at, halts)
            yield (month, "officer", case.process, done.agency_id, str(done.done_by_id)), is_late, taken
    for case in Case.objects.filter(answered_at__isnull=False).select_related("agency"):
        halts = _halts(ClockPause.objects.filter(clock__case=case, owed_by="applicant"))
        halts += [(c.started_at, c.stopped_at) for c in case.clocks.filter(is_applicants=True)]
        is_late = case.clocks.filter(breached_at__lte=case.answered_at).exists()
        taken = spent(case.agency, case.filed_at, case.answered_at, halts)
        yield (_month(case.answered_at), "case", case.process, case.agency_id, "answer"), is_late, taken


def _month(moment: datetime) -> date:
    return moment.astimezone(CHINA).date().replace(day=1)


def _halts(pauses: Iterable[ClockPause]) -> list[tuple[datetime, datetime | None]]:
    return [(pause.started_at, pause.ended_at) for pause in pauses]


def spent(
    agency: Agency, begin: datetime, end: datetime, halts: Iterable[tuple[datetime, datetime | None]]
) -> tuple[int, int, int]:
    """Working seconds without and with the halts, and all seconds."""
    pieces = [(max(begin, start), min(end, stop or end)) for start, stop in halts]
    cuts = sorted({begin, end, *(moment for piece in pieces for moment in piece if begin < moment < end)})
    net = gross = 0.0
    for since, until in pairwise(cuts):
        worked = _worked(agency, since, until)
        gross += worked
        if not any(start <= since and until <= stop for start, stop in pieces):
            net += worked
    return int(net), int(gross), int((end - begin).total_seconds())


def _worked(agency: Agency, begin: datetime, end: datetime) -> float:
    hours = agency.region.office_hours or [["08:30", "12:00"], ["13:30", "17:30"]]
    total, day = 0.0, begin.astimezone(CHINA).date()
    while day <= end.astimezone(CHINA).date():
        rule = CalendarDay.objects.filter(day=day).first()
        if rule.is_working if rule else day.weekday() < 5:
            for opens, closes in hours:
                start = max(begin, datetime.combine(day, time.fromisoformat(opens), CHINA))
                stop = min(end, datetime.combine(day, time.fromisoformat(closes), CHINA))
                total += max((stop - start).total_seconds(), 0)
        day += timedelta(days=1)
    return total
