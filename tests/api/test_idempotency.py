"""One key, one act, whatever happens to the network, the server or the client's patience."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from tests.conftest import FrozenClock
from workflow_app.models import Document, Draft, IdempotentRequest, User
from workflow_app.services.idempotency import (
    KEPT,
    Answer,
    IdempotencyInFlightError,
    answer_once,
    forget_answers,
)
from workflow_app.services.tokens import issue_token

from .conftest import PDF, Api, in_threads, multipart, problem

DRAFT = {"process": "commitment", "data": {"note": "草稿"}}


@pytest.fixture
def agent(account: Callable[[str], Api]) -> Api:
    return account("agent1")


def test_the_same_request_is_answered_the_same_and_acts_once(agent: Api) -> None:
    first = agent.post("/cases/drafts", DRAFT, key="k1")
    again = agent.post("/cases/drafts", DRAFT, key="k1")
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert first["Content-Type"] == again["Content-Type"]
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert Draft.objects.count() == 1


def test_without_a_key_each_request_acts(agent: Api) -> None:
    for _ in range(2):
        assert agent.post("/cases/drafts", DRAFT).status_code == 201
    assert Draft.objects.count() == 2


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/cases/drafts", {**DRAFT, "data": {"note": "另一份"}}),
        ("/cases/drafts?x=1", DRAFT),
        ("/cases", DRAFT),
    ],
)
def test_another_request_under_the_same_key_is_refused(agent: Api, path: str, body: Any) -> None:
    agent.post("/cases/drafts", DRAFT, key="k1")
    problem(agent.post(path, body, key="k1"), 422, "idempotency_mismatch")
    assert Draft.objects.count() == 1


def test_keys_of_two_accounts_never_meet(account: Callable[[str], Api]) -> None:
    one, other = account("agent1"), account("applicant1")
    first = one.post("/cases/drafts", DRAFT, key="k1")
    second = other.post("/cases/drafts", DRAFT, key="k1")
    assert first.json()["id"] != second.json()["id"]


def test_a_refusal_leaves_the_key_free(agent: Api) -> None:
    problem(agent.post("/cases/drafts", {"process": "nothing"}, key="k1"), 404, "process_unknown")
    assert not IdempotentRequest.objects.exists()
    assert agent.post("/cases/drafts", DRAFT, key="k1").status_code == 201


def test_a_key_is_kept_for_thirty_days(agent: Api, at: FrozenClock) -> None:
    first = agent.post("/cases/drafts", DRAFT, key="k1")
    at.forward(days=30, seconds=-1)
    assert agent.post("/cases/drafts", DRAFT, key="k1").content == first.content
    assert forget_answers() == 0
    at.forward(seconds=1)
    assert agent.post("/cases/drafts", {**DRAFT, "data": {}}, key="k1").json()["id"] != first.json()["id"]
    at.forward(days=KEPT.days)
    assert forget_answers() == 1


def test_an_upload_sent_again_with_another_boundary_is_the_same_request(agent: Api) -> None:
    answers = []
    for _ in range(2):
        raw, content_type = multipart("承诺书.pdf", PDF, kind="paper")
        answers.append(agent.post("/documents", raw=raw, content_type=content_type, key="k1"))
    assert [each.status_code for each in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert Document.objects.count() == 1
    raw, content_type = multipart("承诺书.pdf", PDF + b"\n", kind="paper")
    problem(
        agent.post("/documents", raw=raw, content_type=content_type, key="k1"), 422, "idempotency_mismatch"
    )


@pytest.mark.parametrize("key", ["", " ", "a" * 201, "汉字".encode().decode("latin-1"), "a b"])
def test_a_key_that_cannot_be_read_is_refused(agent: Api, key: str) -> None:
    problem(agent.post("/cases/drafts", DRAFT, key=key), 400, "header_invalid")
    assert not Draft.objects.exists()


def test_nobody_s_request_is_not_remembered(nobody: Api, db: None) -> None:
    problem(nobody.post("/cases/drafts", DRAFT, key="k1"), 401, "not_authenticated")
    assert not IdempotentRequest.objects.exists()


def test_what_was_written_before_a_refusal_is_undone(db: None) -> None:
    user = User.objects.get(username="agent1")

    def act() -> Answer:
        Draft.objects.create(owner=user, process="x", updated_at="2026-03-02T00:00Z")
        return Answer(409, "application/problem+json", b"{}")

    answer, is_replay = answer_once(user=user, key="k", fingerprint="f", act=act)
    assert (answer.status, is_replay) == (409, False)
    assert not Draft.objects.exists()


def test_while_the_first_is_worked_on_the_second_is_told_so(committed_db: str) -> None:
    user = User.objects.get(username="agent1")
    begun, told = threading.Event(), threading.Event()

    def slow() -> Answer:
        begun.set()
        assert told.wait(30)
        Draft.objects.create(owner=user, process="x", updated_at="2026-03-02T00:00Z")
        return Answer(201, "application/json", b"{}")

    def second() -> str:
        assert begun.wait(30)
        try:
            answer_once(user=user, key="k", fingerprint="f", act=slow)
        except IdempotencyInFlightError as error:
            return error.code
        finally:
            told.set()
        return "acted"

    first, refused = in_threads(lambda: answer_once(user=user, key="k", fingerprint="f", act=slow), second)
    assert refused == "idempotency_in_flight"
    assert first[0].status == 201
    assert answer_once(user=user, key="k", fingerprint="f", act=slow)[1] is True
    assert Draft.objects.count() == 1


def test_many_at_once_act_once(committed_db: str) -> None:
    api = Api(issue_token(user=User.objects.get(username="agent1")))
    gate = threading.Barrier(6)

    def send() -> tuple[int, str]:
        gate.wait(30)
        response = Api(api.token).post("/cases/drafts", DRAFT, key="k1")
        return response.status_code, json.loads(response.content).get("id", "")

    answers = in_threads(*[send] * 6)
    assert {status for status, _ in answers} <= {201, 409}
    assert len({identifier for status, identifier in answers if status == 201}) == 1
    assert Draft.objects.count() == 1
    assert IdempotentRequest.objects.count() == 1


def test_a_server_that_dies_before_it_answers_leaves_nothing(committed_db: str) -> None:
    """The connection breaks inside the act: neither act nor answer is there, and the key is free at once."""
    user = User.objects.get(username="agent1")

    class Killed(BaseException):
        pass

    def die() -> Answer:
        Draft.objects.create(owner=user, process="x", updated_at="2026-03-02T00:00Z")
        connections["default"].connection.close()
        raise Killed

    def dying() -> str:
        try:
            answer_once(user=user, key="k", fingerprint="f", act=die)
        except BaseException as error:
            return type(error).__name__
        return "answered"

    assert in_threads(dying) != ["answered"]
    assert not Draft.objects.exists()
    answer, is_replay = answer_once(
        user=user, key="k", fingerprint="f", act=lambda: Answer(201, "application/json", b"{}")
    )
    assert (answer.status, is_replay) == (201, False)
