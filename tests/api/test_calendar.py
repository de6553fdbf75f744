"""The calendar and the public calculator over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest

from workflow_app.models import Region

from .conftest import Api, problem

ASK = {"start_at": "2026-02-12T10:00:00+08:00", "amount": 5, "unit": "working_day"}


def test_a_year_as_its_notice_says(account: Callable[[str], Api]) -> None:
    year = account("applicant1").get("/calendar/2026").json()
    days = {day["date"]: day for day in year["days"]}
    assert (year["year"], year["provisional"]) == (2026, False)
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
