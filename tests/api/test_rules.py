"""Deadline rules over HTTP: read by everybody, changed by administrators."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.services.world import SLUG, china, file, the_clock
from workflow_app.models import Change, DeadlineRule

from .conftest import Api, problem

HANDLE = {
    "process": "objection",
    "clock": "handle",
    "jurisdiction": "330700",
    "valid_from": "2021-01-01",
    "amount": 4,
    "cap_amount": 20,
    "starts": "受理之日",
    "extended_by": "approver",
    "escalation": {"50": "assignee", "100": "supervisor"},
    "legal_basis": "金华市规定（试）",
}


@pytest.fixture
def admin(account: Callable[[str], Api]) -> Api:
    return account("sysadmin1")


def test_everybody_who_is_signed_in_reads_them(account: Callable[[str], Api]) -> None:
    page = account("applicant1").get("/rules?process=objection&clock=handle&jurisdiction=330700").json()
    (rule,) = page["items"]
    assert page["next"] is None
    assert rule["legal_basis"].startswith("《浙江省公共信用信息管理条例》第三十条")
    assert {name: rule[name] for name in ("amount", "unit", "cap_amount", "valid_from", "valid_until")} == {
        "amount": 5,
        "unit": "working_day",
        "cap_amount": 20,
        "valid_from": "2021-01-01",
        "valid_until": None,
    }
    assert rule["escalation"] == {"50": "assignee", "80": "queue", "100": "supervisor", "150": "region"}
    assert (rule["assumed"], rule["edited"]) == (False, False)


def test_filters(account: Callable[[str], Api]) -> None:
    api = account("reviewer1")
    country = api.get("/rules?process=objection&jurisdiction=country").json()["items"]
    assert {rule["jurisdiction"] for rule in country} == {""}
    assert {rule["process"] for rule in country} == {"objection"}
    assert api.get("/rules?process=nothing").json()["items"] == []


def test_they_page_in_the_order_of_their_keys(account: Callable[[str], Api]) -> None:
    api, keys, cursor = account("reviewer1"), [], ""
    while cursor is not None:
        page = api.get(f"/rules?limit=7&cursor={cursor}").json()
        keys += [
            (rule["process"], rule["clock"], rule["jurisdiction"], rule["valid_from"])
            for rule in page["items"]
        ]
        cursor = page["next"]
    assert len(keys) == len(set(keys)) == DeadlineRule.objects.count()
    assert keys == sorted(keys)


@pytest.mark.parametrize("cursor", ["x", "WzFd", "WyJhIiwiYiIsImMiLCJkIl0"], ids=["word", "number", "no day"])
def test_a_cursor_of_another_list(cursor: str, account: Callable[[str], Api]) -> None:
    problem(account("reviewer1").get(f"/rules?cursor={cursor}"), 422, "cursor_invalid")


def test_a_change_from_draft_to_undo(admin: Api) -> None:
    made = admin.post("/rules/preview", {"rules": [HANDLE], "title": "四日", "reason": "试行"}).json()
    assert (made["kind"], made["status"], made["title"], made["reason"]) == ("rules", "draft", "四日", "试行")
    assert made["counts"] == {"moves": 0, "overdue": 0, "recovers": 0}
    assert made["content"]["rules"][0]["unit"] == "working_day"
    assert made["content"]["applies_to_running"] is False
    rule = DeadlineRule.objects.get(**{name: HANDLE[name] for name in ("process", "clock", "jurisdiction")})
    assert rule.amount == 5
    applied = admin.post(f"/rules/changes/{made['id']}/apply").json()
    assert (applied["status"], applied["applied_by"]["username"]) == ("applied", "sysadmin1")
    assert applied["before"]["rules"][0]["amount"] == 5
    rule.refresh_from_db()
    assert (rule.amount, rule.is_edited, rule.escalation) == (4, True, HANDLE["escalation"])
    undone = admin.post(f"/rules/changes/{made['id']}/undo").json()
    assert (undone["status"], undone["undone_by"]["username"]) == ("undone", "sysadmin1")
    rule.refresh_from_db()
    assert (rule.amount, rule.is_edited) == (5, False)


def test_running_cases_move_where_the_change_says_so(acts: None, admin: Api) -> None:
    case = file()
    eleven = {**HANDLE, "process": SLUG, "jurisdiction": "", "valid_from": "2020-01-01", "amount": 11}
    made = admin.post("/rules/preview", {"rules": [eleven], "applies_to_running": True}).json()
    assert made["counts"] == {"moves": 1, "overdue": 0, "recovers": 0}
    (effect,) = made["effects"]
    assert effect == {
        "case": case.number,
        "process": SLUG,
        "clock": "handle",
        "agency": {"code": case.agency.code, "name": case.agency.name},
        "outcome": "moves",
        "before_due_at": "2026-03-16T17:30:00+08:00",
        "after_due_at": "2026-03-17T17:30:00+08:00",
        "provisional": False,
    }
    applied = admin.post(f"/rules/changes/{made['id']}/apply").json()
    assert applied["effects"] == [effect]
    # What is kept besides, to undo it, is not shown.
    assert set(applied["before"]) <= {"rules", "applies_to_running"}
    assert the_clock(case).due_at == china("2026-03-17 17:30")


def test_a_draft_is_gone_on_with(admin: Api) -> None:
    made = admin.post("/rules/preview", {"rules": [HANDLE]}).json()
    assert made["title"] == "修改时限规则"
    again = admin.post("/rules/preview", {"change": made["id"], "applies_to_running": True}).json()
    assert again["id"] == made["id"]
    assert again["content"]["rules"] == made["content"]["rules"]
    assert again["content"]["applies_to_running"] is True
    named = admin.post("/rules/preview", {"change": made["id"], "title": "四日"}).json()
    assert (named["title"], named["content"]) == ("四日", again["content"])
    assert admin.post("/rules/preview", {}).json()["id"] == made["id"]
    assert Change.objects.count() == 1


def test_a_rule_is_removed(admin: Api) -> None:
    key = {name: HANDLE[name] for name in ("process", "clock", "jurisdiction", "valid_from")}
    made = admin.post("/rules/preview", {"rules": [{**key, "removed": True}]}).json()
    assert made["content"]["rules"] == [{**key, "removed": True}]
    admin.post(f"/rules/changes/{made['id']}/apply")
    assert not DeadlineRule.objects.filter(**key).exists()


def test_nothing_sent_and_nothing_open(admin: Api) -> None:
    said = problem(admin.post("/rules/preview", {}), 404, "no_open_draft")["detail"]
    assert "没有尚未生效的变更草稿" in said


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"amount": None}, "/rules/0/amount"),
        ({"cap_amount": 3}, "/rules/0/cap_amount"),
        ({"clock": "nothing"}, "/rules/0/clock"),
        ({"process": "nothing"}, "/rules/0/process"),
        ({"jurisdiction": "33"}, "/rules/0/jurisdiction"),
        ({"valid_until": "2020-01-01"}, "/rules/0/valid_until"),
        ({"legal_basis": " "}, "/rules/0/legal_basis"),
        ({"starts": ""}, "/rules/0/starts"),
        ({"escalation": {"501": "queue"}}, "/rules/0/escalation"),
        ({"extended_by": "nobody"}, "/rules/0/extended_by"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_rules_that_are_none(change: dict[str, Any], pointer: str, admin: Api) -> None:
    document = problem(admin.post("/rules/preview", {"rules": [{**HANDLE, **change}]}), 422, "change_invalid")
    assert pointer in [each["pointer"] for each in document["errors"]]
    assert all(each["message"] and "{" not in each["message"] for each in document["errors"])
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"rules": [{**HANDLE, "unit": "week"}]}, "/rules/0/unit", "enum"),
        ({"rules": [{**HANDLE, "amount": "5"}]}, "/rules/0/amount", "type"),
        ({"rules": [{**HANDLE, "valid_from": "2026-02-30"}]}, "/rules/0/valid_from", "format"),
        ({"rules": [{**HANDLE, "escalation": {"50": "boss"}}]}, "/rules/0/escalation/50", "enum"),
        ({"rules": [{**HANDLE, "is_edited": True}]}, "/rules/0/is_edited", "unknown_field"),
        ({"rules": {}}, "/rules", "type"),
        ({"change": "1"}, "/change", "type"),
        ({"applies_to_running": 1}, "/applies_to_running", "type"),
    ],
    ids=["unit", "amount", "day", "level", "own field", "no list", "change", "yes or no"],
)
def test_bodies_that_are_none(body: dict[str, Any], pointer: str, code: str, admin: Api) -> None:
    document = problem(admin.post("/rules/preview", body), 422, "request_invalid")
    assert (pointer, code) in [(each["pointer"], each["code"]) for each in document["errors"]]


@pytest.mark.parametrize("username", ["applicant1", "supervisor1", "auditor1", "secadmin1"])
def test_only_system_administrators_change_them(
    username: str, admin: Api, account: Callable[[str], Api]
) -> None:
    made = admin.post("/rules/preview", {"rules": [HANDLE]}).json()
    api = account(username)
    problem(api.post("/rules/preview", {"rules": [HANDLE]}), 403, "forbidden")
    problem(api.post("/rules/preview", {}), 403, "forbidden")
    problem(api.post("/rules/preview", {"change": made["id"], "title": "x"}), 403, "forbidden")
    for act in ("apply", "undo"):
        problem(api.post(f"/rules/changes/{made['id']}/{act}"), 403, "forbidden")
    assert Change.objects.get().status == "draft"


def test_a_change_of_the_calendar_is_none_of_rules(admin: Api) -> None:
    day = {"working": False, "reason": "停电"}
    made = admin.send("PUT", "/calendar/days/2026-03-03", day).json()
    for act in ("apply", "undo"):
        problem(admin.post(f"/rules/changes/{made['id']}/{act}"), 404, "not_found")
    problem(admin.post("/rules/preview", {"change": made["id"]}), 404, "not_found")


def test_twice_is_told(admin: Api) -> None:
    made = admin.post("/rules/preview", {"rules": [HANDLE]}).json()
    problem(admin.post(f"/rules/changes/{made['id']}/undo"), 409, "change_not_applied")
    admin.post(f"/rules/changes/{made['id']}/apply")
    problem(admin.post(f"/rules/changes/{made['id']}/apply"), 409, "change_not_draft")
    problem(admin.post("/rules/preview", {"change": made["id"], "rules": [HANDLE]}), 409, "change_not_draft")
