"""Training over HTTP, from the list of sessions to the certificate that lets the case go on."""

from collections.abc import Callable

import pytest

from tests.conftest import FrozenClock
from tests.training.world import session, waiting_case, waiting_cases
from workflow_app.models import Enrolment

from .conftest import Api, problem


@pytest.fixture
def trainer(account: Callable[[str], Api]) -> Api:
    return account("trainer1")


@pytest.fixture
def agent(account: Callable[[str], Api]) -> Api:
    return account("agent1")


def test_the_sessions(agent: Api) -> None:
    items = agent.get("/training/sessions").json()["items"]
    assert [each["starts_at"] for each in items] == [
        "2026-03-05T09:00:00+08:00",
        "2026-03-12T09:00:00+08:00",
        "2026-03-26T09:00:00+08:00",
    ]
    assert items[0]["course"] == "CREDIT-REPAIR"
    one = agent.get(f"/training/sessions/{items[0]['id']}").json()
    assert one == items[0]
    problem(agent.get("/training/sessions/987654321"), 404, "not_found")


def test_from_a_seat_to_a_certificate(agent: Api, trainer: Api, at: FrozenClock) -> None:
    case, where = waiting_case(), session(seats=1)
    path = f"/training/sessions/{where.pk}"
    seat = agent.post(f"{path}/enrol", {"case": case.number}, key="k1")
    assert seat.status_code == 201
    assert (seat.json()["status"], seat.json()["case"]) == ("enrolled", case.number)
    assert agent.post(f"{path}/enrol", {"case": case.number}, key="k1").content == seat.content
    assert agent.get(path).json()["seats_left"] == 0
    assert [each["id"] for each in agent.get("/training/enrolments").json()["items"]] == [seat.json()["id"]]
    people = trainer.get(f"{path}/enrolments").json()
    enrolment = people["items"][0]["id"]
    at("2026-03-05 08:55")
    problem(agent.post(f"{path}/check-in", {"code": "WRONG"}), 422, "attendance_code_wrong")
    came = agent.post(f"{path}/check-in", {"code": people["check_in_code"].lower()}).json()
    assert (came["status"], came["checked_in_at"]) == ("present", "2026-03-05T08:55:00+08:00")
    at("2026-03-05 11:30")
    left = trainer.post(f"{path}/check-out", {"enrolment": enrolment}).json()
    assert (left["status"], left["minutes"]) == ("left", 150)
    results = {"results": [{"enrolment": enrolment, "score": 90}]}
    at("2026-03-05 11:20")
    problem(trainer.post(f"{path}/results", results), 409, "session_running")
    at("2026-03-05 11:40")
    problem(agent.post(f"{path}/results", results), 403, "forbidden")
    passed = trainer.post(f"{path}/results", results, key="k2").json()["items"][0]
    assert passed["status"] == "passed"
    assert passed["certificate_number"].startswith("XFPX-330700-2026-")
    assert passed["certificate_valid_until"] > "2026-12-31"
    assert trainer.post(f"{path}/results", results, key="k2").json()["items"][0] == passed
    tasks = agent.get(f"/cases/{case.number}").json()["tasks"]
    assert [each["element"] for each in tasks] == ["task_decide"]


def test_a_full_session_has_a_waiting_list(agent: Api) -> None:
    one, two = waiting_cases(2)
    path = f"/training/sessions/{session(seats=1).pk}"
    clients = {case.number: Api(_token(case.applicant)) for case in (one, two)}
    assert clients[one.number].post(f"{path}/enrol", {"case": one.number}).json()["status"] == "enrolled"
    assert clients[two.number].post(f"{path}/enrol", {"case": two.number}).json()["status"] == "waiting"
    gone = clients[one.number].post(f"{path}/cancel", {"case": one.number}).json()
    assert gone["status"] == "cancelled"
    assert Enrolment.objects.get(case=two).status == "enrolled"


def _token(user: object) -> str:
    from workflow_app.services.tokens import issue_token

    return issue_token(user=user)


@pytest.mark.parametrize("who", ["applicant1", "applicant2", "reviewer1", "supervisor1-yiwu", "sysadmin1"])
def test_others_neither_enrol_the_case_nor_read_the_list(who: str, account: Callable[[str], Api]) -> None:
    case, path = waiting_case(), f"/training/sessions/{session().pk}"
    other = account(who)
    missing = problem(other.post(f"{path}/enrol", {"case": "TRAIN-330700-20260302-999999"}), 404, "not_found")
    assert problem(other.post(f"{path}/enrol", {"case": case.number}), 404, "not_found") == missing
    assert problem(other.get(f"{path}/enrolments"), 404, "not_found") == missing
    assert not Enrolment.objects.exists()


@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("enrol", {}),
        ("enrol", {"case": ""}),
        ("enrol", {"case": 1}),
        ("enrol", {"case": "x", "seat": 1}),
        ("check-in", {"enrolment": "1"}),
        ("check-in", {"enrolment": 0}),
        ("results", {"results": []}),
        ("results", {"results": [{"enrolment": 1, "score": "90"}]}),
        ("results", {"results": [{"enrolment": 1, "passed": True}]}),
    ],
)
def test_what_is_no_such_act(act: str, body: dict[str, object], trainer: Api) -> None:
    problem(trainer.post(f"/training/sessions/{session().pk}/{act}", body), 422, "request_invalid")
