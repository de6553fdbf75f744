"""File, follow and withdraw cases over HTTP; drafts."""

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.conftest import FrozenClock
from tests.services.world import SLUG, record
from workflow_app.api.schemas.cases import CaseOut
from workflow_app.demo.names import subject_code
from workflow_app.models import Case, Draft, Event, Mandate, Subject, User

from .conftest import PDF, Api, problem

pytestmark = pytest.mark.usefixtures("acts")
ANYTHING = str(uuid.UUID(int=7))


@pytest.fixture
def applicant(account: Callable[[str], Api]) -> Api:
    return account("applicant1")


def filing(*numbers: str, **data: Any) -> dict[str, Any]:
    records = [str(record(number).pk) for number in numbers or ("DEMO-P-001",)]
    return {"process": SLUG, "data": {"records": records, **data}}


def filed(api: Api, *numbers: str, **data: Any) -> dict[str, Any]:
    response = api.post("/cases", filing(*numbers, **data))
    assert response.status_code == 201, response.content.decode()
    document: dict[str, Any] = response.json()
    return document


def test_a_case_is_filed_and_told_as_the_contract_says(applicant: Api) -> None:
    response = applicant.post("/cases", filing(), key="k1")
    case = response.json()
    number = "ACTS-330700-20260302-000001"
    assert response.status_code == 201
    assert response["Location"] == f"/api/v1/cases/{number}"
    assert response["ETag"] == f'"{case["lock_version"]}"'
    again = applicant.post("/cases", filing(), key="k1")
    assert (again["Location"], again["ETag"]) == (response["Location"], response["ETag"])
    read = applicant.get(f"/cases/{number}")
    assert read.json() == case
    assert read["ETag"] == response["ETag"]
    assert case | {"clocks": [], "tasks": [], "subject": {}, "agency": {}, "record": {}} == {
        "number": number,
        "process": SLUG,
        "title": "办事",
        "version": "1",
        "status": "open",
        "outcome": None,
        "subject": {},
        "agency": {},
        "channel": "online",
        "filed_at": "2026-03-02T10:00:00+08:00",
        "closed_at": None,
        "lock_version": 1,
        "links": {"self": f"/api/v1/cases/{number}", "history": f"/api/v1/cases/{number}/history"},
        "record": {},
        "matter": None,
        "clocks": [],
        "tasks": [],
        "letters": [],
        "also_filed": [],
    }
    assert case["subject"]["code"] == subject_code("org1")
    assert case["record"]["number"] == "DEMO-P-001"
    assert case["agency"]["name"].startswith("金华市")
    (clock,) = case["clocks"]
    assert clock["due_at"] == "2026-03-16T17:30:00+08:00"
    assert (clock["name"], clock["title"], clock["status"], clock["overdue"]) == (
        "handle",
        "办理",
        "running",
        False,
    )
    (task,) = case["tasks"]
    assert (task["element"], task["role"], task["status"]) == ("task_check", "reviewer", "open")


@pytest.mark.parametrize("key", [None, "k1"])
def test_an_answer_that_cannot_be_given_undoes_the_act(
    key: str | None, applicant: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(CaseOut, "of", fails)
        problem(applicant.post("/cases", filing(), key=key), 500, "internal_error")
    assert not Case.objects.exists()
    assert applicant.post("/cases", filing(), key=key).status_code == 201


def test_a_person_is_masked(account: Callable[[str], Api]) -> None:
    person = account("applicant2")
    case = filed(person, "DEMO-P-005")
    assert case["subject"]["kind"] == "person"
    assert case["subject"]["code"].startswith("330***")
    assert case["subject"]["name"].endswith("*")
    listed = person.get("/cases").json()["items"]
    assert [each["subject"] for each in listed] == [case["subject"]]


def test_several_records_are_one_case_each(applicant: Api) -> None:
    case = filed(applicant, "DEMO-P-001", "DEMO-P-003", "DEMO-P-004")
    assert len(case["also_filed"]) == 2
    numbers = [each["number"] for each in applicant.get("/cases").json()["items"]]
    assert sorted([case["number"], *case["also_filed"]]) == sorted(numbers)


def test_papers_go_with_the_case(applicant: Api) -> None:
    paper = applicant.upload("/documents", "证明.pdf", PDF, kind="proof").json()
    body = filing(papers=[paper["id"]])
    case = applicant.post("/cases", body)
    assert case.status_code == 201
    again = problem(applicant.post("/cases", body), 422, "document_unknown")
    assert paper["id"] in again["detail"]


def test_an_agent_says_for_whom(account: Callable[[str], Api]) -> None:
    agent = account("agent1")
    body = filing("DEMO-P-002")
    body["on_behalf_of"] = subject_code("org2")
    assert agent.post("/cases", body).json()["subject"]["code"] == subject_code("org2")
    body["on_behalf_of"] = subject_code("org1")
    problem(agent.post("/cases", body), 403, "not_representing")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"process": "nothing"}, 404, "process_unknown"),
        ({"on_behalf_of": "x"}, 403, "not_representing"),
        ({"documents": [ANYTHING]}, 422, "document_unknown"),
        ({"documents": ["x"]}, 422, "document_unknown"),
        ({"data": {}}, 422, "form_invalid"),
        ({"data": {"records": ["0"]}}, 422, "record_not_own"),
        ({"data": {"records": ["9" * 40]}}, 422, "record_not_own"),
        ({"data": {"records": ["1; DROP TABLE"]}}, 422, "record_not_own"),
    ],
)
def test_what_cannot_be_filed(change: dict[str, Any], status: int, code: str, applicant: Api) -> None:
    problem(applicant.post("/cases", {**filing(), **change}), status, code)
    assert not Case.objects.exists()


def test_a_record_of_another_subject_looks_like_none(applicant: Api) -> None:
    other = problem(applicant.post("/cases", filing("DEMO-P-002")), 422, "record_not_own")
    body = filing()
    body["data"]["records"] = ["987654321"]
    none = problem(applicant.post("/cases", body), 422, "record_not_own")
    number = str(record("DEMO-P-002").pk)
    assert other["detail"].replace(number, "987654321") == none["detail"]


def test_every_fault_of_a_form_has_its_place_in_the_body(applicant: Api) -> None:
    body = {
        "process": SLUG,
        "data": {"records": "1", "broken": "yes", "typename": 1, "more": 2, "papers": ["x"]},
    }
    document = problem(applicant.post("/cases", body), 422, "form_invalid")
    assert {each["pointer"] for each in document["errors"]} == {"/data/typename"}
    del body["data"]["typename"]
    document = problem(applicant.post("/cases", body), 422, "form_invalid")
    assert {each["pointer"]: each["code"] for each in document["errors"]} == {
        "/data/records": "type",
        "/data/broken": "type",
        "/data/more": "unknown_field",
        "/data/papers/0": "format",
    }
    assert document["detail"] == "填写的内容有 4 处需要改正。"
    assert all(each["message"] for each in document["errors"])


def test_lists_page_and_filter(applicant: Api) -> None:
    for number in ("DEMO-P-001", "DEMO-P-003", "DEMO-P-004"):
        filed(applicant, number)
    first = applicant.get("/cases?limit=2").json()
    second = applicant.get(f"/cases?limit=2&cursor={first['next']}").json()
    numbers = [each["number"] for each in first["items"] + second["items"]]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == 3
    assert second["next"] is None
    assert len(applicant.get(f"/cases?process={SLUG}").json()["items"]) == 3
    assert applicant.get("/cases?process=commitment").json()["items"] == []
    assert len(applicant.get("/cases?status=open").json()["items"]) == 3
    assert applicant.get("/cases?status=closed").json()["items"] == []
    assert applicant.get("/cases?breached=true").json()["items"] == []
    assert len(applicant.get("/cases?breached=false").json()["items"]) == 3
    assert len(applicant.get(f"/cases?q={numbers[0]}").json()["items"]) == 1
    assert len(applicant.get("/cases", language="en").json()["items"]) == 3
    agency = first["items"][0]["agency"]["code"]
    assert len(applicant.get(f"/cases?agency={agency}").json()["items"]) == 3
    assert applicant.get("/cases?agency=x").json()["items"] == []


def test_a_list_costs_the_same_however_long_it_is(applicant: Api) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert applicant.get("/cases").status_code == 200
        return len(found)

    filed(applicant)
    applicant.get("/cases")
    one = queries()
    for _ in range(5):
        filed(applicant, "DEMO-P-003", "DEMO-P-004")
    assert queries() == one
    assert one <= 6


def test_an_answer_about_a_case_costs_a_bounded_number_of_queries(applicant: Api) -> None:
    number = filed(applicant)["number"]
    applicant.get(f"/cases/{number}")
    with CaptureQueriesContext(connection) as found:
        applicant.get(f"/cases/{number}")
    assert len(found) <= 14


def test_the_trail_is_chained(applicant: Api, account: Callable[[str], Api]) -> None:
    number = filed(applicant)["number"]
    trail = applicant.get(f"/cases/{number}/history").json()["items"]
    assert [each["sequence"] for each in trail] == list(range(1, len(trail) + 1))
    assert trail[0]["kind"] == "case.filed"
    assert trail[-1]["hash"] == bytes(Case.objects.get(number=number).event_hash).hex()
    assert len({each["hash"] for each in trail}) == len(trail)
    assert all(len(each["hash"]) == 64 for each in trail)
    assert trail[0]["actor_id"] == Event.objects.get(case__number=number, sequence=1).actor_id
    assert "*" in trail[0]["actor"]


def test_why_a_clock_is_due_when_it_is(applicant: Api) -> None:
    number = filed(applicant)["number"]
    found = applicant.get(f"/cases/{number}/clocks/handle/explanation").json()
    assert found["due_at"] == "2026-03-16T17:30:00+08:00"
    assert (found["budget"], found["unit"], found["cap"], found["legal_basis"]) == (
        10,
        "working_day",
        20,
        "示例",
    )
    counted = [day for day in found["days"] if day["counted"]]
    assert [day["number"] for day in counted] == list(range(1, 11))
    assert found["days"][0] == {
        "date": "2026-03-02",
        "counted": False,
        "number": None,
        "reason": "起算当日，不计入",
        "provisional": False,
    }
    assert counted[-1]["date"] == "2026-03-16"
    assert found["pauses"] == found["extensions"] == []
    problem(applicant.get(f"/cases/{number}/clocks/other/explanation"), 404, "not_found")


def test_withdrawing(applicant: Api, account: Callable[[str], Api]) -> None:
    number, other = filed(applicant)["number"], filed(applicant, "DEMO-P-003")
    gone = applicant.post(f"/cases/{number}/withdraw", {}).json()
    assert (gone["status"], gone["outcome"]) == ("withdrawn", {"code": "recalled", "title": "已收回"})
    problem(applicant.post(f"/cases/{number}/withdraw", {}), 409, "case_finished")
    account("reviewer1").post(f"/tasks/{other['tasks'][0]['id']}/claim")
    path = f"/cases/{other['number']}/withdraw"
    problem(applicant.post(path, {}), 422, "reason_required")
    problem(applicant.post(path, {"reason": "不再需要"}, version=other["lock_version"]), 409, "stale_version")
    gone = applicant.post(path, {"reason": "不再需要"}, version=other["lock_version"] + 1).json()
    assert gone["outcome"]["code"] == "withdrawn"


@pytest.mark.parametrize(
    "who", ["applicant2", "reviewer1-yiwu", "supervisor1-yiwu", "sysadmin1", "secadmin1", "auditor1"]
)
def test_outsiders_find_nothing(who: str, applicant: Api, account: Callable[[str], Api]) -> None:
    case = filed(applicant)
    outsider, number = account(who), case["number"]
    missing = problem(outsider.get("/cases/ACTS-330700-20260302-999999"), 404, "not_found")
    for path in ("", "/history", "/clocks/handle/explanation"):
        assert problem(outsider.get(f"/cases/{number}{path}"), 404, "not_found") == missing
    assert problem(outsider.post(f"/cases/{number}/withdraw", {"reason": "x"}), 404, "not_found") == missing
    assert outsider.get("/cases").json()["items"] == []
    assert outsider.get(f"/cases?q={number}").json()["items"] == []
    assert Case.objects.get(number=number).status == "open"


class TestDrafts:
    def test_a_draft_is_kept_changed_and_filed_once(self, applicant: Api, at: FrozenClock) -> None:
        begun = {"process": SLUG, "data": {"records": [], "note": "还没写完"}}
        draft = applicant.post("/cases/drafts", begun).json()
        assert (draft["status"], draft["data"], draft["cases"]) == ("draft", begun["data"], [])
        path = f"/cases/drafts/{draft['id']}"
        problem(applicant.post(f"{path}/submit"), 422, "form_invalid")
        at.forward(minutes=5)
        changed = applicant.put(path, filing()).json()
        assert changed["updated_at"] == "2026-03-02T10:05:00+08:00"
        assert [each["id"] for each in applicant.get("/cases/drafts").json()["items"]] == [draft["id"]]
        first, second = applicant.post(f"{path}/submit"), applicant.post(f"{path}/submit", {})
        assert first.status_code == second.status_code == 201
        assert first.json()["number"] == second.json()["number"]
        assert Case.objects.count() == 1
        assert applicant.get(path).json()["cases"] == [first.json()["number"]]
        assert applicant.get(path).json()["status"] == "submitted"
        assert applicant.get("/cases/drafts").json()["items"] == []
        problem(applicant.put(path, filing()), 409, "draft_submitted")

    def test_a_draft_is_its_owner_s_alone(self, applicant: Api, account: Callable[[str], Api]) -> None:
        path = f"/cases/drafts/{applicant.post('/cases/drafts', filing()).json()['id']}"
        other = account("agent1")
        problem(other.get(path), 404, "not_found")
        problem(other.put(path, filing()), 404, "not_found")
        problem(other.post(f"{path}/submit"), 404, "not_found")
        assert other.get("/cases/drafts").json()["items"] == []

    def test_where_two_have_to_sign_the_second_is_asked(self, account: Callable[[str], Api]) -> None:
        org = Subject.objects.get(code=subject_code("org1"))
        terms = {"valid_from": date(2026, 1, 1), "valid_until": date(2026, 12, 31)}
        person = User.objects.get(username="agent1")
        Mandate.objects.create(agent=person, subject=org, needs_countersignature=True, **terms)
        agent, body = account("agent1"), {**filing(), "on_behalf_of": org.code}
        problem(agent.post("/cases", body), 409, "countersignature_required")
        path = f"/cases/drafts/{agent.post('/cases/drafts', body).json()['id']}"
        first, second = agent.post(f"{path}/submit"), agent.post(f"{path}/submit")
        assert first.status_code == second.status_code == 202
        assert first.json()["status"] == "waiting_signature"
        assert first.json()["cases"] == []
        assert [each["status"] for each in agent.get("/cases/drafts").json()["items"]] == [
            "waiting_signature"
        ]
        problem(agent.put(path, body), 409, "draft_locked")
        assert not Case.objects.exists()

    def test_what_no_table_can_hold_is_refused_at_once(self, applicant: Api) -> None:
        body = {"process": SLUG, "data": {"typename": 1, "__class__": {}}}
        document = problem(applicant.post("/cases/drafts", body), 422, "form_invalid")
        assert {each["pointer"] for each in document["errors"]} == {"/data/typename", "/data/__class__"}
        assert not Draft.objects.exists()


def test_the_forms_in_force(applicant: Api) -> None:
    schema = applicant.get(f"/processes/{SLUG}/forms/start").json()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["required"] == ["records"]
    problem(applicant.get(f"/processes/{SLUG}/forms/nothing"), 404, "form_missing")
    problem(applicant.get("/processes/nothing/forms/start"), 404, "process_unknown")


def test_the_processes(applicant: Api, account: Callable[[str], Api]) -> None:
    mine = {each["slug"]: each for each in applicant.get("/processes").json()}
    assert mine[SLUG]["may_start"] is True
    assert mine[SLUG]["start_form"] == "start"
    english = {each["slug"]: each["title"] for each in applicant.get("/processes", language="en").json()}
    assert english[SLUG] == "Acts"
    theirs = {each["slug"]: each["may_start"] for each in account("reviewer1").get("/processes").json()}
    assert theirs[SLUG] is False
