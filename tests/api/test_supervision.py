"""Reminders, extensions and the ledger over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.services.world import SLUG, record
from workflow_app.models import ClockExtension, Reminder

from .conftest import ENGLISH, Api, problem


@pytest.fixture
def case(acts: None, account: Callable[[str], Api]) -> dict[str, Any]:
    """A case whose first task waits for a reviewer."""
    filing = {"process": SLUG, "data": {"records": [str(record().pk)]}}
    found: dict[str, Any] = account("applicant1").post("/cases", filing).json()
    return found


def complete(account: Callable[[str], Api], case: dict[str, Any], who: str, **data: Any) -> None:
    live = account(who).get(f"/cases/{case['number']}").json()["tasks"][0]["id"]
    response = account(who).post(f"/tasks/{live}/complete", {"data": data})
    assert response.status_code == 200, response.content.decode()


class TestRemind:
    def path(self, case: dict[str, Any]) -> str:
        return f"/tasks/{case['tasks'][0]['id']}/remind"

    def test_a_supervisor_reminds(self, case: dict[str, Any], account: Callable[[str], Api]) -> None:
        response = account("supervisor1").post(self.path(case), {"note": "请今日办结"})
        assert response.status_code == 201
        reminder = Reminder.objects.get()
        assert response.json() == {
            "task_id": case["tasks"][0]["id"],
            "at": "2026-03-02T10:00:00+08:00",
            "note": "请今日办结",
            "told": len(reminder.told),
        }
        assert reminder.told

    def test_without_a_body_too(self, case: dict[str, Any], account: Callable[[str], Api]) -> None:
        assert account("supervisor1").post(self.path(case)).json()["note"] == ""

    def test_once_an_hour(self, case: dict[str, Any], account: Callable[[str], Api]) -> None:
        supervisor = account("supervisor1")
        supervisor.post(self.path(case), {})
        told = problem(supervisor.post(self.path(case), {}), 409, "reminder_too_soon")
        assert "2026-03-02 11:00" in told["detail"]
        assert Reminder.objects.count() == 1

    def test_the_same_key_is_one_reminder(self, case: dict[str, Any], account: Callable[[str], Api]) -> None:
        supervisor = account("supervisor1")
        first = supervisor.post(self.path(case), {}, key="k1")
        again = supervisor.post(self.path(case), {}, key="k1")
        assert (again.status_code, again.json()) == (201, first.json())

    def test_nobody_else(self, case: dict[str, Any], account: Callable[[str], Api]) -> None:
        problem(account("reviewer1").post(self.path(case), {}), 403, "forbidden")
        problem(account("applicant1").post(self.path(case), {}), 403, "forbidden")
        problem(account("applicant2").post(self.path(case), {}), 404, "not_found")
        problem(account("supervisor1").post("/tasks/999999999/remind", {}), 404, "not_found")

    def test_a_note_has_an_end(self, case: dict[str, Any], account: Callable[[str], Api]) -> None:
        problem(account("supervisor1").post(self.path(case), {"note": "急" * 201}), 422, "request_invalid")


class TestExtend:
    def path(self, case: dict[str, Any], clock: str = "handle") -> str:
        return f"/cases/{case['number']}/clocks/{clock}/extend"

    def test_a_supervisor_extends(self, case: dict[str, Any], account: Callable[[str], Api]) -> None:
        response = account("supervisor1").post(self.path(case), {"amount": 5, "reason": "需要实地核查"})
        assert response.status_code == 200, response.content.decode()
        told = response.json()
        assert told["due_at"] == "2026-03-23T17:30:00+08:00"
        assert told["extensions"][0]["reason"] == "需要实地核查"
        assert [line["kind"] for line in told["ledger"]] == ["started", "extended"]
        assert told["ledger"][1]["by"]["username"] == "supervisor1"
        assert response["ETag"] == f'"{case["lock_version"] + 1}"'
        seen = account("applicant1").get(f"/cases/{case['number']}").json()
        assert seen["tasks"][0]["due_at"] == seen["clocks"][0]["due_at"] == told["due_at"]

    def test_within_the_rule(self, case: dict[str, Any], account: Callable[[str], Api]) -> None:
        refused = account("supervisor1").post(self.path(case), {"amount": 11, "reason": "需要实地核查"})
        problem(refused, 422, "extension_over_cap")
        assert not ClockExtension.objects.exists()

    @pytest.mark.parametrize(
        "body",
        [{}, {"amount": 0, "reason": "x"}, {"amount": "1", "reason": "x"}, {"amount": 1, "reason": ""}],
        ids=["nothing", "none", "text", "silent"],
    )
    def test_what_is_no_extension(
        self, case: dict[str, Any], account: Callable[[str], Api], body: dict[str, Any]
    ) -> None:
        problem(account("supervisor1").post(self.path(case), body), 422, "request_invalid")

    def test_a_blank_reason_is_none(self, case: dict[str, Any], account: Callable[[str], Api]) -> None:
        blank = account("supervisor1").post(self.path(case), {"amount": 1, "reason": "  "})
        problem(blank, 422, "extension_reason_missing")

    def test_of_a_clock_that_does_not_run(self, case: dict[str, Any], account: Callable[[str], Api]) -> None:
        body = {"amount": 1, "reason": "x"}
        told = problem(
            account("supervisor1").post(self.path(case, "supplement"), body), 409, "clock_not_running"
        )
        assert "补正" in told["detail"]
        problem(account("supervisor1").post(self.path(case, "none"), body), 409, "clock_not_running")

    def test_nobody_else(self, case: dict[str, Any], account: Callable[[str], Api]) -> None:
        body = {"amount": 1, "reason": "x"}
        problem(account("approver1").post(self.path(case), body), 403, "forbidden")
        problem(account("applicant1").post(self.path(case), body), 403, "forbidden")
        problem(account("applicant2").post(self.path(case), body), 404, "not_found")

    def test_the_version_counts(self, case: dict[str, Any], account: Callable[[str], Api]) -> None:
        body = {"amount": 1, "reason": "x"}
        problem(account("supervisor1").post(self.path(case), body, version=99), 409, "stale_version")


def test_everybody_reads_the_same_ledger(
    case: dict[str, Any], account: Callable[[str], Api], at: Any
) -> None:
    at("2026-03-04 10:00")
    complete(account, case, "reviewer1", result="supplement")
    at("2026-03-06 10:00")
    complete(account, case, "applicant1", note="补正")
    at("2026-03-09 10:00")
    path = f"/cases/{case['number']}/clocks/handle/explanation"
    seen = [account(who).get(path).json() for who in ("applicant1", "reviewer1", "supervisor1")]
    assert seen[0] == seen[1] == seen[2]
    spent = seen[0]["spent"]
    assert [line["kind"] for line in seen[0]["ledger"]] == ["started", "paused", "resumed"]
    assert (spent["gross_working_days"], spent["net_working_days"]) == (5.0, 3.0)
    assert (spent["gross_calendar_days"], spent["net_calendar_days"]) == (7.0, 5.0)
    assert [(each["owner"], each["working_days"]) for each in spent["by_owner"]] == [
        ("platform", 3.0),
        ("applicant", 2.0),
    ]
    assert sum(each["working_seconds"] for each in spent["by_owner"]) == spent["gross_working_seconds"]
    assert seen[0]["due_if_resumed"] is None


def test_a_paused_clock_says_when_it_would_be_due(
    case: dict[str, Any], account: Callable[[str], Api], at: Any
) -> None:
    at("2026-03-04 10:00")
    complete(account, case, "reviewer1", result="supplement")
    at("2026-03-06 10:00")
    told = (
        account("applicant1")
        .get(f"/cases/{case['number']}/clocks/handle/explanation", language=ENGLISH)
        .json()
    )
    assert told["due_at"] == "2026-03-16T17:30:00+08:00"
    assert told["due_if_resumed"] == "2026-03-18T17:30:00+08:00"
    assert told["days"][-1]["date"] == "2026-03-18"
    assert told["ledger"][-1]["owed_by"] == "applicant"
