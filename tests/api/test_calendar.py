"""The calendar and the public calculator over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.services.world import china, file, the_clock
from workflow_app.models import CalendarDay, CalendarNotice, Change, Region, User
from workflow_app.services.changes import draft_change
from workflow_app.services.tokens import issue_token

from .conftest import Api, in_threads, problem

ASK = {"start_at": "2026-02-12T10:00:00+08:00", "amount": 5, "unit": "working_day"}


def test_a_year_as_its_notice_says(account: Callable[[str], Api]) -> None:
    year = account("applicant1").get("/calendar/2026").json()
    days = {day["date"]: day for day in year["days"]}
    assert (year["year"], year["provisional"]) == (2026, False)
    assert (year["notice"]["number"], year["notice"]["issued_on"]) == ("国办发明电〔2025〕7号", "2025-11-04")
    assert year["notice"]["link"].startswith("https://www.gov.cn/")
    assert days["2026-02-14"] == {
        "date": "2026-02-14",
        "working": True,
        "reason": "调休上班",
        "notice": "国办发明电〔2025〕7号",
    }
    assert days["2026-02-17"]["working"] is False
    assert 240 < year["working_days"] < 256


def test_a_year_without_a_notice_is_provisional(account: Callable[[str], Api]) -> None:
    year = account("applicant1").get("/calendar/2027").json()
    assert (year["provisional"], year["days"], year["working_days"]) == (True, [], 261)
    assert year["notice"] is None


@pytest.mark.parametrize("year", [2003, 2028, 1, 9999])
def test_a_year_without_a_calendar(year: int, account: Callable[[str], Api]) -> None:
    assert (
        str(year)
        in problem(account("applicant1").get(f"/calendar/{year}"), 422, "calendar_year_missing")["detail"]
    )


@pytest.mark.parametrize("year", ["0", "10000", "9" * 30, "abc", "-1"])
def test_what_is_no_year(year: str, account: Callable[[str], Api]) -> None:
    problem(account("applicant1").get(f"/calendar/{year}"), 404, "not_found")


def test_anybody_may_ask_when_a_period_ends(nobody: Api, db: None) -> None:
    found = nobody.post("/calendar/due", ASK).json()
    # 14 February is worked for the Spring Festival, 15 to 23 February are off.
    assert found["due_at"] == "2026-02-26T17:30:00+08:00"
    assert found["provisional"] is False
    by_day = {day["date"]: day for day in found["days"]}
    assert by_day["2026-02-12"]["reason"] == "起算当日，不计入"
    assert by_day["2026-02-14"]["number"] == 2
    assert by_day["2026-02-14"]["reason"] == "调休上班，计为第 2 个工作日（国办发明电〔2025〕7号）"
    assert by_day["2026-02-16"]["counted"] is False
    assert [day["number"] for day in found["days"] if day["counted"]] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("change", "due_at"),
    [
        ({"unit": "calendar_day"}, "2026-02-24T17:30:00+08:00"),
        ({"unit": "month", "amount": 1}, "2026-03-12T17:30:00+08:00"),
        # 28 February 2026 is a Saturday on which offices work.
        (
            {"start_at": "2026-01-31T09:00:00+08:00", "unit": "month", "amount": 1},
            "2026-02-28T17:30:00+08:00",
        ),
        ({"start_at": "2026-02-12T02:00:00Z"}, "2026-02-26T17:30:00+08:00"),
        ({"jurisdiction": "330700"}, "2026-02-26T17:30:00+08:00"),
        ({"jurisdiction": ""}, "2026-02-26T17:30:00+08:00"),
    ],
)
def test_periods(change: dict[str, Any], due_at: str, nobody: Api, db: None) -> None:
    found = nobody.post("/calendar/due", {**ASK, **change}).json()
    assert found["due_at"] == due_at


def test_a_region_has_its_own_office_hours(nobody: Api, db: None) -> None:
    Region.objects.filter(code="330782").update(office_hours=[["09:00", "12:00"], ["13:00", "16:45"]])
    assert (
        nobody.post("/calendar/due", {**ASK, "jurisdiction": "330782"}).json()["due_at"]
        == "2026-02-26T16:45:00+08:00"
    )
    assert nobody.post("/calendar/due", ASK).json()["due_at"] == "2026-02-26T17:30:00+08:00"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"start_at": "2031-01-02T10:00:00+08:00"}, "calendar_year_missing"),
        ({"start_at": "2003-01-02T10:00:00+08:00"}, "calendar_year_missing"),
        ({"start_at": "2027-12-30T10:00:00+08:00"}, "calendar_year_missing"),
        ({"amount": 3650}, "calendar_year_missing"),
        ({"jurisdiction": "999"}, "region_code_invalid"),
        ({"jurisdiction": "abcdef"}, "region_code_invalid"),
    ],
)
def test_what_cannot_be_computed(change: dict[str, Any], code: str, nobody: Api, db: None) -> None:
    problem(nobody.post("/calendar/due", {**ASK, **change}), 422, code)


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"start_at": "2026-02-30T10:00:00+08:00"}, "/start_at", "format"),
        ({"start_at": "2026-02-12T10:00:00"}, "/start_at", "format"),
        ({"start_at": "2026-02-12"}, "/start_at", "format"),
        ({"start_at": 1770861600}, "/start_at", "rule"),
        ({"start_at": "0001-01-01T00:00:00+14:00"}, "/start_at", "rule"),
        ({"start_at": "9999-12-31T23:59:59-12:00"}, "/start_at", "rule"),
        ({"amount": 0}, "/amount", "minimum"),
        ({"amount": -1}, "/amount", "minimum"),
        ({"amount": 1.5}, "/amount", "type"),
        ({"amount": "5"}, "/amount", "type"),
        ({"amount": True}, "/amount", "type"),
        ({"amount": 3651}, "/amount", "maximum"),
        ({"unit": "week"}, "/unit", "enum"),
        ({"unit": None}, "/unit", "enum"),
        ({"jurisdiction": "3307000"}, "/jurisdiction", "max_length"),
        ({"typename": "x"}, "/typename", "unknown_field"),
    ],
)
def test_what_is_no_period(change: dict[str, Any], pointer: str, code: str, nobody: Api, db: None) -> None:
    document = problem(nobody.post("/calendar/due", {**ASK, **change}), 422, "request_invalid")
    assert [(each["pointer"], each["code"]) for each in document["errors"]] == [(pointer, code)]


OFF = {"working": False, "reason": "停电"}
NOTICE = {"number": "国办发明电〔2026〕9号", "issued_on": "2026-11-06", "link": "https://www.gov.cn/2027"}
SPRING = [
    {"date": "2027-02-05", "working": False, "reason": "春节放假"},
    {"date": "2027-02-20", "working": True, "reason": "调休上班"},
]


@pytest.fixture
def admin(account: Callable[[str], Api]) -> Api:
    return account("sysadmin1")


def test_days_gather_in_one_draft(admin: Api) -> None:
    first = admin.put("/calendar/days/2026-03-04", OFF).json()
    assert (first["kind"], first["status"], first["title"]) == (
        "calendar",
        "draft",
        "调整 2026-03-04 的安排",
    )
    assert first["content"] == {"year": 2026, "notice": None, "days": [{"date": "2026-03-04", **OFF}]}
    second = admin.put("/calendar/days/2026-03-03", {"working": False, "reason": "停水"}).json()
    again = admin.put("/calendar/days/2026-03-04", {"working": None}).json()
    assert first["id"] == second["id"] == again["id"]
    assert again["content"]["days"] == [
        {"date": "2026-03-03", "working": False, "reason": "停水"},
        {"date": "2026-03-04", "working": None, "reason": ""},
    ]
    assert not CalendarDay.objects.filter(day="2026-03-03").exists()
    other_year = admin.put("/calendar/days/2025-03-04", OFF).json()
    assert other_year["id"] == first["id"]
    assert other_year["content"]["year"] is None
    assert len(other_year["content"]["days"]) == 3


def test_a_day_in_the_draft_of_another_years_notice(admin: Api) -> None:
    made = admin.post("/calendar/preview", {"year": 2027, "notice": NOTICE, "days": SPRING}).json()
    said = problem(admin.put("/calendar/days/2026-03-03", OFF), 409, "draft_of_other_year")["detail"]
    assert "2027" in said
    assert made["title"] in said
    more = admin.put("/calendar/days/2027-10-01", {"working": False, "reason": "国庆节放假"}).json()
    assert more["id"] == made["id"]
    assert [day["date"] for day in more["content"]["days"]] == ["2027-02-05", "2027-02-20", "2027-10-01"]


def test_two_days_put_at_once_are_in_one_draft(committed_db: str) -> None:
    token = issue_token(user=User.objects.get(username="sysadmin1"))
    days = ("2026-03-03", "2026-03-04", "2026-03-05")
    answers = in_threads(*[lambda day=day: Api(token).put(f"/calendar/days/{day}", OFF) for day in days])
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [day["date"] for day in Change.objects.get().content["days"]] == list(days)


def test_who_applies_at_the_same_time_is_told(committed_db: str) -> None:
    token = issue_token(user=User.objects.get(username="sysadmin1"))
    made = Api(token).put("/calendar/days/2026-03-03", OFF).json()
    path = f"/calendar/changes/{made['id']}/apply"
    answers = in_threads(*[lambda: Api(token).post(path)] * 3)
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert CalendarDay.objects.filter(day="2026-03-03").count() == 1


def test_a_late_notice_from_preview_to_undo(acts: None, account: Callable[[str], Api], at) -> None:
    at("2026-12-28 10:00")
    # A token does not last until then.
    case, admin = file(), account("sysadmin1")
    assert the_clock(case).due_at == china("2027-01-11 17:30")
    sent = {
        "year": 2027,
        "notice": NOTICE,
        "days": [{"date": "2027-01-01", "working": False, "reason": "元旦放假"}, *SPRING],
        "title": "2027 年放假安排",
    }
    made = admin.post("/calendar/preview", sent).json()
    assert (made["counts"], made["cases"]) == ({"moves": 1, "overdue": 0, "recovers": 0}, 1)
    (effect,) = made["effects"]
    assert (effect["case"], effect["clock"], effect["provisional"]) == (case.number, "handle", False)
    assert (effect["before_due_at"], effect["after_due_at"]) == (
        "2027-01-11T17:30:00+08:00",
        "2027-01-12T17:30:00+08:00",
    )
    assert made["before"] is None
    assert CalendarNotice.objects.filter(year=2027).count() == 0
    applied = admin.post(f"/calendar/changes/{made['id']}/apply").json()
    assert (applied["status"], applied["effects"]) == ("applied", [effect])
    assert the_clock(case).due_at == china("2027-01-12 17:30")
    year = admin.get("/calendar/2027").json()
    assert (year["provisional"], year["notice"]) == (False, NOTICE)
    assert len(year["days"]) == 3
    undone = admin.post(f"/calendar/changes/{made['id']}/undo").json()
    assert (undone["status"], undone["counts"]["moves"]) == ("undone", 1)
    assert the_clock(case).due_at == china("2027-01-11 17:30")
    assert admin.get("/calendar/2027").json()["notice"] is None


def test_overdue_ones_come_first_and_the_counts_are_whole(
    acts: None, admin: Api, at, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflow_app.api.schemas.changes.MOST_EFFECTS", 2)
    early = file()
    made = admin.put("/calendar/days/2026-03-16", OFF).json()
    admin.post(f"/calendar/changes/{made['id']}/apply")
    at("2026-03-17 10:00")
    late = file("applicant1", "DEMO-P-003")
    assert the_clock(early).due_at == china("2026-03-17 17:30")
    back = admin.put("/calendar/days/2026-03-16", {"working": None}).json()
    assert back["counts"] == {"moves": 1, "overdue": 1, "recovers": 0}
    both = admin.put("/calendar/days/2026-03-28", {"working": True, "reason": "调休上班"}).json()
    assert both["counts"] == {"moves": 2, "overdue": 1, "recovers": 0}
    assert [(each["case"], each["outcome"]) for each in both["effects"]] == [
        (early.number, "overdue"),
        (late.number, "moves"),
    ]


def test_a_draft_is_gone_on_with(admin: Api) -> None:
    made = admin.post("/calendar/preview", {"year": 2027, "notice": NOTICE, "days": SPRING}).json()
    assert made["title"] == "修改工作日历"
    fewer = admin.post("/calendar/preview", {"change": made["id"], "days": SPRING[:1], "reason": "更正"})
    assert fewer.json()["content"] == {**made["content"], "days": SPRING[:1]}
    assert fewer.json()["reason"] == "更正"
    assert admin.post("/calendar/preview", {}).json() == fewer.json()
    assert Change.objects.count() == 1


def test_the_list_has_every_kind_newest_first(admin: Api) -> None:
    admin.put("/calendar/days/2026-03-03", OFF)
    draft_change(
        user=User.objects.get(username="sysadmin1"),
        kind="hours",
        title="夏令时间",
        content={"region": "330700", "hours": [["08:00", "12:00"], ["14:30", "17:30"]]},
    )
    page = admin.get("/calendar/changes?limit=1").json()
    assert [change["title"] for change in page["items"]] == ["夏令时间"]
    rest = admin.get(f"/calendar/changes?cursor={page['next']}").json()
    assert [change["kind"] for change in rest["items"]] == ["calendar"]
    assert rest["next"] is None
    hours = page["items"][0]["id"]
    assert admin.get(f"/calendar/changes/{hours}").json()["content"]["region"] == "330700"
    assert admin.post(f"/calendar/changes/{hours}/apply").json()["status"] == "applied"
    assert Region.objects.get(code="330700").office_hours[1] == ["14:30", "17:30"]
    assert admin.post(f"/calendar/changes/{hours}/undo").json()["status"] == "undone"


def test_the_same_key_does_it_once(admin: Api) -> None:
    made = admin.put("/calendar/days/2026-03-03", OFF).json()
    path = f"/calendar/changes/{made['id']}/apply"
    first, second = (admin.post(path, key="once") for _ in range(2))
    assert first.json() == second.json()
    assert second["Idempotency-Replayed"] == "true"
    problem(admin.post(path, key="other"), 409, "change_not_draft")


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"year": 2027, "days": SPRING}, "/days/0/date", "not_noticed"),
        ({"days": SPRING}, "/days/0/date", "not_noticed"),
        ({"notice": NOTICE}, "/year", "required"),
        ({"year": 2030, "notice": NOTICE}, "/year", "year"),
        ({"year": 2027, "notice": {**NOTICE, "number": " "}}, "/notice/number", "required"),
        ({"year": 2027, "notice": {**NOTICE, "link": "gov.cn"}}, "/notice/link", "link"),
        ({"days": [{"date": "2026-03-03", "working": False}]}, "/days/0/reason", "required"),
        ({"days": [{"date": "2026-03-03", **OFF}] * 2}, "/days/1/date", "doubled"),
        ({"days": []}, "/days", "required"),
        ({"days": [{"date": "2026-03-03", **OFF}], "title": " "}, "/title", "required"),
    ],
    ids=[
        "no notice",
        "no year and no notice",
        "year missing",
        "too far",
        "number",
        "link",
        "reason",
        "twice",
        "nothing",
        "title",
    ],
)
def test_changes_that_are_none(body: dict[str, Any], pointer: str, code: str, admin: Api) -> None:
    document = problem(admin.post("/calendar/preview", body), 422, "change_invalid")
    assert (pointer, code) in [(each["pointer"], each["code"]) for each in document["errors"]]
    assert all(each["message"] and "{" not in each["message"] for each in document["errors"])
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"working": "no"}, "/working", "type"),
        ({"working": 0}, "/working", "type"),
        ({"reason": "停电"}, "/working", "required"),
        ({**OFF, "reason": "长" * 61}, "/reason", "max_length"),
        ({**OFF, "date": "2026-03-03"}, "/date", "unknown_field"),
    ],
    ids=["word", "number", "missing", "long", "date"],
)
def test_days_that_are_none(body: dict[str, Any], pointer: str, code: str, admin: Api) -> None:
    document = problem(admin.put("/calendar/days/2026-03-03", body), 422, "request_invalid")
    assert [(each["pointer"], each["code"]) for each in document["errors"]] == [(pointer, code)]


@pytest.mark.parametrize("day", ["2026-02-30", "20260303", "1770861600", "0", "x"])
def test_an_address_that_is_no_day(day: str, admin: Api) -> None:
    problem(admin.put(f"/calendar/days/{day}", OFF), 404, "not_found")


def test_nothing_sent_and_nothing_open(admin: Api) -> None:
    problem(admin.post("/calendar/preview", {}), 404, "no_open_draft")
    problem(admin.post("/calendar/preview", {"change": 999999}), 404, "not_found")
    problem(admin.get("/calendar/changes/999999"), 404, "not_found")


@pytest.mark.parametrize("username", ["applicant1", "supervisor1", "auditor1", "secadmin1"])
def test_only_system_administrators_change_it(
    username: str, admin: Api, account: Callable[[str], Api]
) -> None:
    made = admin.put("/calendar/days/2026-03-03", OFF).json()
    api = account(username)
    for response in (
        api.put("/calendar/days/2026-03-04", OFF),
        api.post("/calendar/preview", {}),
        api.post("/calendar/preview", {"days": [{"date": "2026-03-03", **OFF}]}),
        api.get("/calendar/changes"),
        api.get(f"/calendar/changes/{made['id']}"),
        api.post(f"/calendar/changes/{made['id']}/apply"),
        api.post(f"/calendar/changes/{made['id']}/undo"),
    ):
        problem(response, 403, "forbidden")
    assert Change.objects.get().status == "draft"


def test_a_change_of_rules_is_none_of_the_calendar(admin: Api) -> None:
    rule = admin.get("/rules?process=objection&clock=handle&jurisdiction=330700").json()["items"][0]
    rule = {name: value for name, value in rule.items() if name != "edited"}
    made = admin.post("/rules/preview", {"rules": [{**rule, "amount": 4}]}).json()
    for act in ("apply", "undo"):
        problem(admin.post(f"/calendar/changes/{made['id']}/{act}"), 404, "not_found")
    assert admin.get(f"/calendar/changes/{made['id']}").json()["kind"] == "rules"
