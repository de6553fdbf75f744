"""Queues and acts over HTTP: who was faster, who may, and which version was seen."""

import json
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.services.world import SLUG, deploy_acts, record
from workflow_app.models import Event, Submission, Task, User
from workflow_app.services.tokens import issue_token

from .conftest import Api, in_threads, problem


@pytest.fixture
def case(acts: None, account: Callable[[str], Api]) -> dict[str, Any]:
    """A case whose first task waits for a reviewer."""
    return filed(account("applicant1"))


def filed(api: Api, number: str = "DEMO-P-001") -> dict[str, Any]:
    response = api.post("/cases", {"process": SLUG, "data": {"records": [str(record(number).pk)]}})
    assert response.status_code == 201, response.content.decode()
    found: dict[str, Any] = response.json()
    return found


def path(case: dict[str, Any], act: str = "") -> str:
    return f"/tasks/{Task.objects.filter(case__number=case['number']).latest('pk').pk}{act}"


def test_a_task_is_told_with_its_form_and_its_case(
    case: dict[str, Any], account: Callable[[str], Api]
) -> None:
    response = account("reviewer1").get(path(case))
    task = response.json()
    assert response["ETag"] == '"1"'
    assert (task["case"], task["element"], task["form"], task["status"]) == (
        case["number"],
        "task_check",
        "check",
        "open",
    )
    assert task["form_schema"]["properties"]["result"]["type"] == "string"
    assert task["form_ui"]["order"] == ["result", "reason"]
    assert task["case_detail"] == case
    assert task["due_at"] == "2026-03-16T17:30:00+08:00"
    assert (task["assignee"], task["lock_version"]) == (None, 1)


def test_claim_release_and_complete(case: dict[str, Any], account: Callable[[str], Api]) -> None:
    reviewer = account("reviewer1")
    assert [each["case"] for each in reviewer.get("/tasks?queue=group").json()["items"]] == [case["number"]]
    claimed = reviewer.post(path(case, "/claim"), version=1)
    assert claimed.json()["assignee"] == {"username": "reviewer1", "name": claimed.json()["assignee"]["name"]}
    assert claimed["ETag"] == '"2"'
    assert [each["status"] for each in reviewer.get("/tasks").json()["items"]] == ["claimed"]
    assert reviewer.get("/tasks?queue=group").json()["items"] == []
    released = reviewer.post(path(case, "/release"), {}).json()
    assert (released["status"], released["assignee"]) == ("open", None)
    done_path = path(case)
    done = reviewer.post(f"{done_path}/complete", {"data": {"result": "accept"}}, version=3)
    assert done.status_code == 200, done.content.decode()
    assert (done.json()["status"], done.json()["done_by"]["username"]) == ("done", "reviewer1")
    assert done.json()["done_at"] == "2026-03-02T10:00:00+08:00"
    assert done.json()["case_detail"]["tasks"][0]["element"] == "task_approve"
    finished = account("approver1").post(path(case, "/complete"), {"data": {"approval": "grant"}})
    assert finished.json()["case_detail"]["status"] == "closed"
    assert finished.json()["case_detail"]["outcome"] == {"code": "done", "title": "办结"}


def test_who_comes_second_is_told_who_was_first_and_when(
    case: dict[str, Any], account: Callable[[str], Api]
) -> None:
    first, second = account("reviewer1"), account("reviewer2")
    name = first.get("/me").json()["name"]
    first.post(path(case, "/claim"))
    for act, body in (("/claim", None), ("/complete", {"data": {"result": "accept"}}), ("/release", None)):
        taken = problem(second.post(path(case, act), body), 409, "task_taken")
        assert name in taken["detail"]
        assert "2026-03-02 10:00" in taken["detail"]
    here = path(case)
    first.post(f"{here}/complete", {"data": {"result": "accept"}})
    for api in (first, second):
        done = problem(api.post(f"{here}/complete", {"data": {"result": "accept"}}), 409, "task_done")
        assert name in done["detail"]
    assert Submission.objects.filter(form="check").count() == 1


def test_a_stale_version_is_refused_and_nothing_is_lost(
    case: dict[str, Any], account: Callable[[str], Api]
) -> None:
    reviewer = account("reviewer1")
    reviewer.post(path(case, "/claim"))
    stale = problem(
        reviewer.post(path(case, "/complete"), {"data": {"result": "accept"}}, version=1),
        409,
        "stale_version",
    )
    assert stale["detail"].startswith("案件已有更新（您看到的是第1版，当前为第2版）")
    problem(reviewer.post(path(case, "/claim"), version=1), 409, "stale_version")
    assert (
        reviewer.post(path(case, "/complete"), {"data": {"result": "accept"}}, version=2).status_code == 200
    )


def test_the_form_of_a_task_is_checked(case: dict[str, Any], account: Callable[[str], Api]) -> None:
    reviewer = account("reviewer1")
    document = problem(
        reviewer.post(path(case, "/complete"), {"data": {"result": 1, "approved": True}}), 422, "form_invalid"
    )
    assert {each["pointer"]: each["code"] for each in document["errors"]} == {
        "/data/result": "type",
        "/data/approved": "unknown_field",
    }
    problem(reviewer.post(path(case, "/complete")), 422, "request_invalid")
    problem(reviewer.post(path(case, "/complete"), {}), 422, "form_invalid")
    problem(
        reviewer.post(path(case, "/complete"), {"data": {"result": "accept"}, "x": 1}), 422, "request_invalid"
    )


def test_four_eyes(case: dict[str, Any], account: Callable[[str], Api]) -> None:
    from workflow_app.models import RoleGrant, User

    reviewer = account("reviewer1")
    reviewer.post(path(case, "/complete"), {"data": {"result": "accept"}})
    for grant in RoleGrant.objects.filter(user__username="approver1"):
        RoleGrant.objects.create(
            user=User.objects.get(username="reviewer1"),
            role=grant.role,
            agency=grant.agency,
            valid_from=grant.valid_from,
        )
    for act, body in (("/claim", None), ("/complete", {"data": {"approval": "grant"}})):
        problem(reviewer.post(path(case, act), body), 403, "four_eyes_required")


def test_assigning(case: dict[str, Any], account: Callable[[str], Api]) -> None:
    supervisor = account("supervisor1")
    given = supervisor.post(path(case, "/assign"), {"username": "reviewer2"}).json()
    assert given["assignee"]["username"] == "reviewer2"
    problem(account("reviewer1").post(path(case, "/assign"), {"username": "reviewer1"}), 403, "forbidden")
    for name, code in (
        ("nobody", "colleague_unknown"),
        ("applicant1", "colleague_unknown"),
        ("trainer1", "assignee_unfit"),
    ):
        problem(supervisor.post(path(case, "/assign"), {"username": name}), 422, code)
    problem(supervisor.post(path(case, "/assign"), {"username": ""}), 422, "request_invalid")


@pytest.mark.parametrize(
    "who", ["applicant2", "reviewer1-yiwu", "approver1-yiwu", "supervisor1-yiwu", "sysadmin1", "source1"]
)
def test_outsiders_find_no_task(who: str, case: dict[str, Any], account: Callable[[str], Api]) -> None:
    outsider = account(who)
    missing = problem(outsider.get("/tasks/987654321"), 404, "not_found")
    assert problem(outsider.get(path(case)), 404, "not_found") == missing
    bodies = {
        "/claim": None,
        "/release": None,
        "/complete": {"data": {"result": "accept"}},
        "/assign": {"username": "reviewer1"},
    }
    for act, body in bodies.items():
        assert problem(outsider.post(path(case, act), body), 404, "not_found") == missing
        assert problem(outsider.post(f"/tasks/987654321{act}", body), 404, "not_found") == missing
    for queue in ("mine", "group", "all"):
        assert outsider.get(f"/tasks?queue={queue}").json()["items"] == []
    assert Task.objects.get(case__number=case["number"]).status == "open"


@pytest.mark.parametrize("number", ["0", "99999999999999999999999999", "9" * 500])
def test_a_number_that_no_task_has(number: str, account: Callable[[str], Api]) -> None:
    problem(account("reviewer1").get(f"/tasks/{number}"), 404, "not_found")
    problem(account("reviewer1").post(f"/tasks/{number}/claim"), 404, "not_found")


def test_queues_filter_sort_and_page(acts: None, account: Callable[[str], Api]) -> None:
    applicant, reviewer = account("applicant1"), account("reviewer1")
    cases = [filed(applicant, number) for number in ("DEMO-P-001", "DEMO-P-003", "DEMO-P-004")]
    first = reviewer.get("/tasks?queue=group&limit=2").json()
    rest = reviewer.get(f"/tasks?queue=group&limit=2&cursor={first['next']}").json()
    assert [each["case"] for each in first["items"] + rest["items"]] == [case["number"] for case in cases]
    assert rest["next"] is None
    assert len(reviewer.get(f"/tasks?queue=group&process={SLUG}").json()["items"]) == 3
    assert reviewer.get("/tasks?queue=group&overdue=true").json()["items"] == []
    assert len(reviewer.get("/tasks?queue=all&overdue=false").json()["items"]) == 3
    assert len(reviewer.get(f"/tasks?queue=all&q={cases[0]['number']}").json()["items"]) == 1
    document = problem(reviewer.get("/tasks?queue=others"), 422, "request_invalid")
    assert document["errors"][0]["message"] == "“queue”只能是 mine, group, all 之一。"


def test_a_queue_costs_the_same_however_long_it_is(acts: None, account: Callable[[str], Api]) -> None:
    applicant, reviewer = account("applicant1"), account("reviewer1")

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert reviewer.get("/tasks?queue=group").status_code == 200
        return len(found)

    filed(applicant)
    queries()
    one = queries()
    for _ in range(5):
        filed(applicant, "DEMO-P-003")
    assert queries() == one
    assert one <= 6


class TestBulk:
    @pytest.fixture
    def ids(self, acts: None, account: Callable[[str], Api]) -> list[int]:
        applicant = account("applicant1")
        return [
            filed(applicant, number)["tasks"][0]["id"]
            for number in ("DEMO-P-001", "DEMO-P-003", "DEMO-P-004")
        ]

    def test_each_stands_for_itself(self, ids: list[int], account: Callable[[str], Api]) -> None:
        account("reviewer2").post(f"/tasks/{ids[1]}/claim")
        body = {"ids": [ids[2], ids[1], 987654321, ids[0]], "action": "claim"}
        items = account("reviewer1").post("/tasks/bulk", body).json()["items"]
        assert [(each["id"], each["ok"]) for each in items] == [
            (ids[2], True),
            (ids[1], False),
            (987654321, False),
            (ids[0], True),
        ]
        assert items[1]["problem"]["code"] == "task_taken"
        assert items[1]["task"]["assignee"]["username"] == "reviewer2"
        assert items[2]["problem"]["code"] == "not_found"
        assert items[2]["task"] is None
        assert items[0]["task"]["assignee"]["username"] == "reviewer1"

    def test_completing_with_one_form(self, ids: list[int], account: Callable[[str], Api]) -> None:
        reviewer = account("reviewer1")
        wrong = reviewer.post(
            "/tasks/bulk", {"ids": ids, "action": "complete", "data": {"x": 1}}, key="a"
        ).json()
        assert {each["problem"]["code"] for each in wrong["items"]} == {"form_invalid"}
        assert wrong["items"][0]["problem"]["errors"][0]["pointer"] == "/data/result"
        body = {"ids": ids, "action": "complete", "data": {"result": "accept"}}
        done = reviewer.post("/tasks/bulk", body, key="b")
        assert [each["task"]["status"] for each in done.json()["items"]] == ["done"] * 3
        assert reviewer.post("/tasks/bulk", body, key="b").content == done.content
        assert Submission.objects.filter(form="check").count() == 3

    def test_assigning_and_releasing(self, ids: list[int], account: Callable[[str], Api]) -> None:
        supervisor = account("supervisor1")
        given = supervisor.post(
            "/tasks/bulk", {"ids": ids, "action": "assign", "username": "reviewer2"}
        ).json()
        assert {each["task"]["assignee"]["username"] for each in given["items"]} == {"reviewer2"}
        back = account("reviewer2").post("/tasks/bulk", {"ids": ids + ids, "action": "release"}).json()
        assert [each["task"]["status"] for each in back["items"]] == ["open"] * 3
        problem(supervisor.post("/tasks/bulk", {"ids": ids, "action": "assign"}), 422, "colleague_unknown")

    @pytest.mark.parametrize(
        "body",
        [
            {"ids": [], "action": "claim"},
            {"ids": list(range(1, 102)), "action": "claim"},
            {"ids": [0], "action": "claim"},
            {"ids": [2**63], "action": "claim"},
            {"ids": ["1"], "action": "claim"},
            {"ids": [True], "action": "claim"},
            {"ids": [1], "action": "delete"},
            {"ids": [1]},
        ],
    )
    def test_what_is_no_bulk_act(self, body: dict[str, Any], account: Callable[[str], Api]) -> None:
        document = account("reviewer1").post("/tasks/bulk", body)
        assert document.status_code in (400, 422)


@pytest.fixture
def reviewers(committed_db: str) -> list[Api]:
    deploy_acts()
    return [Api(issue_token(user=User.objects.get(username=name))) for name in ("reviewer1", "reviewer2")]


@pytest.mark.parametrize("act", ["claim", "complete"])
def test_of_many_at_once_one_wins_and_the_others_are_told(act: str, reviewers: list[Api]) -> None:
    applicant = Api(issue_token(user=User.objects.get(username="applicant1")))
    path = f"/tasks/{filed(applicant)['tasks'][0]['id']}/{act}"
    body = {"data": {"result": "accept"}} if act == "complete" else None
    gate = threading.Barrier(6)

    def send(api: Api) -> tuple[str, int, str]:
        gate.wait(30)
        response = Api(api.token).post(path, body)
        return api.token or "", response.status_code, json.loads(response.content).get("code", "")

    answers = in_threads(*[partial(send, reviewers[place % 2]) for place in range(6)])
    winners = {token for token, status, _ in answers if status == 200}
    assert len(winners) == 1
    losers = {code for token, status, code in answers if status == 409}
    # The winner's own second claim changes nothing and is no conflict.
    assert losers == ({"task_taken"} if act == "claim" else {"task_done"})
    assert [status for _, status, _ in answers].count(200) == (3 if act == "claim" else 1)
    assert Event.objects.filter(kind=f"task.{act}{'ed' if act == 'claim' else 'd'}").count() == 1
