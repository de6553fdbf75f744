"""How deadlines are kept, over HTTP: for supervisors, about their regions."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.figures.test_counting import count_all
from tests.figures.world import YIWU, live_two_months
from tests.services.world import account as user_of
from tests.services.world import file, task, the_clock
from workflow_app.models import Case
from workflow_app.services.sweeping import fire_rungs
from workflow_app.services.tasks import claim_task

from .conftest import ENGLISH, Api, problem

PATHS = ("/sla/summary", "/sla/breaches", "/sla/heatmap?process=acts")
SPRING = "since=2026-03-01&until=2026-04-30"


@pytest.fixture
def cases(acts: None, at: Any) -> dict[str, Case]:
    made = live_two_months(at)
    count_all()
    return made


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", ["applicant1", "reviewer1", "approver1", "source1", "sysadmin1", "auditor1"])
def test_only_supervisors_may_ask(path: str, name: str, account: Callable[[str], Api]) -> None:
    problem(account(name).get(path), 403, "forbidden")


def test_the_summary(cases: dict[str, Case], account: Callable[[str], Api]) -> None:
    found = account("supervisor1").get(f"/sla/summary?{SPRING}").json()
    assert (found["since"], found["until"]) == ("2026-03-01", "2026-04-01")
    assert found["objections"] == {
        "count": 0,
        "mean_calendar_days": None,
        "mean_working_days": None,
        "gross_working_days": None,
        "bar_days": 5,
    }
    assert found["repairs"] == {"count": 0, "late": 0, "overdue_now": 0}
    assert found["on_time"] == {"part": 3, "whole": 6, "percent": 50.0}
    assert found["now"] == {"running": 3, "soon": 0, "overdue": 2}


def test_the_means_are_told_in_days(acts: None, at: Any, account: Callable[[str], Api]) -> None:
    cases = live_two_months(at)
    Case.objects.filter(pk=cases["asking"].pk).update(process="objection")
    count_all()
    found = account("supervisor1").get("/sla/summary?since=2026-03-31").json()["objections"]
    # From Monday the 2nd at 10:00 to Saturday the 14th at 11:00; nobody works on the 14th. The applicant owed 3 days
    # and 2:45:20 hours of working time.
    assert found["mean_calendar_days"] == 12.04
    assert found["gross_working_days"] == 9.8
    assert found["mean_working_days"] == 6.43


def test_it_can_be_narrowed(cases: dict[str, Case], account: Callable[[str], Api]) -> None:
    asked = account("supervisor1")
    for query, whole in (
        ("since=2026-03-15&until=2026-03-15", 4),
        ("since=2026-04-01", 2),
        ("", 2),
        (f"{SPRING}&process=acts", 6),
        (f"{SPRING}&process=repair", 0),
        (f"{SPRING}&region={YIWU}", 1),
        (f"{SPRING}&agency=none", 0),
    ):
        assert asked.get(f"/sla/summary?{query}").json()["on_time"]["whole"] == whole, query


def test_one_agency_by_its_code(cases: dict[str, Case], account: Callable[[str], Api]) -> None:
    code = cases["county"].agency.code
    found = account("supervisor1").get(f"/sla/summary?{SPRING}&agency={code}").json()
    assert found["on_time"]["whole"] == 1
    assert account("supervisor1-yiwu").get(f"/sla/summary?{SPRING}").json()["on_time"]["whole"] == 1


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("since=2026-04-01&until=2026-03-31", 422, "months_invalid"),
        ("since=2026-13-01", 422, "request_invalid"),
        ("since=0001-01-01", 422, "request_invalid"),
        ("until=9999-12-31", 422, "request_invalid"),
        ("until=", 422, "request_invalid"),
    ],
)
def test_months_that_are_none(
    acts: None, account: Callable[[str], Api], path: str, query: str, status: int, code: str
) -> None:
    problem(account("supervisor1").get(f"{path}{'&' if '?' in path else '?'}{query}"), status, code)


def test_a_heat_map_is_of_one_process(acts: None, account: Callable[[str], Api]) -> None:
    problem(account("supervisor1").get("/sla/heatmap"), 422, "request_invalid")


def test_breaches_with_how_late_and_who(
    cases: dict[str, Case], at: Any, account: Callable[[str], Api]
) -> None:
    claim_task(task_id=task(cases["fresh"]).pk, user=user_of("reviewer1"))
    late = file()
    claim_task(task_id=task(late).pk, user=user_of("reviewer2"))
    clock = the_clock(late)
    at(clock.due_at + timedelta(days=1))
    fire_rungs()
    asked = account("supervisor1")
    found = asked.get("/sla/breaches?since=2026-03-01&until=2026-12-01").json()
    newest = found["items"][0]
    assert newest == {
        "case": late.number,
        "process": "acts",
        "agency": {"code": late.agency.code, "name": late.agency.name},
        "clock": "handle",
        "title": "办理",
        "status": "running",
        "due_at": newest["due_at"],
        "breached_at": newest["due_at"],
        "stopped_at": None,
        "days_late": newest["days_late"],
        "role": "reviewer",
        "holder": {"username": "reviewer2", "name": "审核员二（演示）"},
    }
    assert newest["due_at"].endswith("17:30:00+08:00")
    by_case = {item["case"]: item for item in found["items"]}
    assert by_case[cases["open"].number]["holder"] is None
    over = [item for item in found["items"] if item["status"] == "stopped"]
    assert over
    assert all(item["stopped_at"] and item["role"] is item["holder"] is None for item in over)
    english = asked.get("/sla/breaches?since=2026-03-01&limit=1", language=ENGLISH).json()["items"][0]
    assert english["title"] == "Handling"


def test_breaches_page_by_key(cases: dict[str, Case], account: Callable[[str], Api]) -> None:
    asked, numbers, path = account("supervisor1"), [], f"/sla/breaches?{SPRING}&limit=2"
    whole = [item["case"] for item in asked.get(f"/sla/breaches?{SPRING}").json()["items"]]
    cursor = ""
    while cursor is not None:
        page = asked.get(f"{path}&cursor={cursor}").json()
        numbers += [item["case"] for item in page["items"]]
        cursor = page["next"]
    assert numbers == whole
    assert len(numbers) > 2
    going = asked.get(f"/sla/breaches?{SPRING}&running=true").json()["items"]
    over = asked.get(f"/sla/breaches?{SPRING}&running=false").json()["items"]
    assert sorted(item["case"] for item in [*going, *over]) == sorted(whole)
    assert asked.get(f"/sla/breaches?{SPRING}&clock=other").json()["items"] == []
    problem(asked.get("/sla/breaches?cursor=x"), 422, "cursor_invalid")
    problem(asked.get("/sla/breaches?limit=0"), 422, "request_invalid")
    assert account("supervisor1-yiwu").get(f"/sla/breaches?{SPRING}").json()["items"] == []


def test_the_heat_map(cases: dict[str, Case], account: Callable[[str], Api]) -> None:
    found = account("supervisor1").get(f"/sla/heatmap?process=acts&{SPRING}").json()
    assert (found["process"], found["since"], found["until"]) == ("acts", "2026-03-01", "2026-04-01")
    steps = {step["element"]: step for step in found["steps"]}
    assert {"task_check", "task_approve", "task_extend", "task_supplement"} <= steps.keys()
    check = steps["task_check"]
    assert check.keys() == {"element", "count", "late", "p50_hours", "p90_hours", "running", "overdue"}
    assert check["count"] > check["late"] >= 0 < check["p50_hours"] <= check["p90_hours"]
    county = account("supervisor1").get(f"/sla/heatmap?process=acts&{SPRING}&region={YIWU}").json()
    assert {step["count"] for step in county["steps"]} == {1}
    assert account("supervisor1").get("/sla/heatmap?process=unknown").json()["steps"] == []
