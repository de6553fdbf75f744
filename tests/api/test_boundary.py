"""What is refused before any operation sees it, and how everything that goes wrong is answered."""

import json
import logging
from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.test import RequestFactory, override_settings

from workflow_app.api import boundary, errors
from workflow_app.api.boundary import guarded
from workflow_app.models import Draft

from .conftest import CHINESE, ENGLISH, Api, multipart, problem

DRAFT = {"process": "commitment", "data": {}}


@pytest.fixture
def agent(account: Callable[[str], Api]) -> Api:
    return account("agent1")


@pytest.mark.parametrize("path", ["/", "/nothing", "/cases/x/y/z", "/cases/drafts/not-a-uuid", "/tasks/abc"])
def test_an_unknown_address_is_a_problem_document(path: str, agent: Api) -> None:
    problem(agent.get(path), 404, "not_found")


def test_the_wrong_method_says_which_are_right(agent: Api) -> None:
    response = agent.send("DELETE", "/cases")
    problem(response, 405, "method_not_allowed")
    assert set(response["Allow"].split(", ")) == {"GET", "POST"}


@pytest.mark.parametrize(
    "path", ["/cases/a%00b", "/cases?q=a%00b", "/cases?a%00=1", "/processes/%1b", "/letters/%0d%0a"]
)
def test_control_characters_in_an_address(path: str, agent: Api) -> None:
    problem(agent.get(path), 400, "address_invalid")


@pytest.mark.parametrize(
    ("content_type", "found"),
    [
        ("text/plain", "text/plain"),
        ("application/x-www-form-urlencoded", "application/x-www-form-urlencoded"),
        ("application/json; charset=gbk", "application/json; charset=gbk"),
        ("application/xml", "application/xml"),
        ("", ""),
    ],
)
def test_other_content_types(content_type: str, found: str, agent: Api) -> None:
    response = agent.post("/cases/drafts", DRAFT, content_type=content_type)
    assert f"“{found}”" in problem(response, 415, "content_type_not_supported")["detail"]
    assert not Draft.objects.exists()


def test_a_form_where_json_is_read(agent: Api) -> None:
    raw, content_type = multipart("a.pdf", b"%PDF", process="commitment")
    for key in (None, "k1"):
        response = agent.post("/cases/drafts", raw=raw, content_type=content_type, key=key)
        problem(response, 415, "content_type_not_supported")


@pytest.mark.parametrize(
    "content_type", ["application/json", "APPLICATION/JSON", "application/json; charset=UTF-8"]
)
def test_json_by_any_of_its_names(content_type: str, agent: Api) -> None:
    assert agent.post("/cases/drafts", DRAFT, content_type=content_type).status_code == 201


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", ""])
def test_an_upload_wants_a_form(content_type: str, agent: Api) -> None:
    problem(agent.post("/documents", raw=b"{}", content_type=content_type), 415, "content_type_not_supported")


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b'{"process": "commitment", "process": "repair"}', 400, "json_repeated_key"),
        (b'{"process": "a\\u0000b"}', 400, "text_invalid"),
        (b'{"process": "\\ud800"}', 400, "text_invalid"),
        (b'{"process": "commitment", "data": {"a": NaN}}', 400, "json_number"),
        (b'{"process": "commitment", "data": {"a": 1e400}}', 400, "json_number"),
        (b'{"process": "\xff"}', 400, "json_encoding"),
        (b"{", 400, "json_invalid"),
        (b"[" * 100_000, 400, "json_too_deep"),
        (b'"' + b"x" * (1024 * 1024) + b'"', 413, "body_too_large"),
        (b"[]", 422, "request_invalid"),
        (b"null", 422, "request_invalid"),
        (b"", 422, "request_invalid"),
    ],
)
@pytest.mark.parametrize("path", ["/cases/drafts", "/cases", "/calendar/due"])
def test_bodies_that_nothing_should_have_to_think_about(
    path: str, raw: bytes, status: int, code: str, agent: Api
) -> None:
    problem(agent.post(path, raw=raw), status, code)
    assert not Draft.objects.exists()


def test_an_act_without_a_body_takes_none(agent: Api) -> None:
    draft = agent.post("/cases/drafts", DRAFT).json()
    document = problem(agent.post(f"/cases/drafts/{draft['id']}/submit", {"x": 1}), 422, "request_invalid")
    assert document["errors"] == [
        {"pointer": "/x", "code": "unknown_field", "message": "没有“x”这一项，请删除后重新提交。"}
    ]


def test_a_body_whose_length_is_not_said(agent: Api) -> None:
    response = agent.client.generic(
        "POST",
        "/api/v1/cases/drafts",
        b"",
        headers={"Authorization": f"Bearer {agent.token}", "Transfer-Encoding": "chunked"},
    )
    problem(response, 411, "length_required")


def test_a_form_that_is_cut_off(agent: Api) -> None:
    raw, content_type = multipart("a.pdf", b"%PDF", kind="paper")
    problem(agent.post("/documents", raw=raw, content_type="multipart/form-data"), 400, "body_broken")
    problem(agent.post("/documents", raw=raw[:40], content_type=content_type), 422, "file_required")


@pytest.mark.parametrize(
    ("header", "value"), [("If-Match", "1"), ("If-Match", '"x"'), ("If-Match", '"1", "2"')]
)
def test_headers_that_steer_must_be_readable(header: str, value: str, account: Callable[[str], Api]) -> None:
    response = account("reviewer1").post("/tasks/1/claim", **{header: value})
    assert header in problem(response, 400, "header_invalid")["detail"]


def test_every_finding_has_a_place_and_a_sentence(agent: Api) -> None:
    body = {"process": 1, "data": [], "documents": [1, "x" * 99], "on_behalf_of": "x" * 41, "extra": None}
    document = problem(agent.post("/cases", body), 422, "request_invalid")
    assert document["detail"] == "请求的内容有 6 处需要改正。"
    assert {each["pointer"]: (each["code"], each["message"]) for each in document["errors"]} == {
        "/process": ("type", "“process”的类型不对，应为文字。"),
        "/data": ("type", "“data”的类型不对，应为对象。"),
        "/documents/0": ("type", "“0”的类型不对，应为文字。"),
        "/documents/1": ("max_length", "“1”最多 36 个字，请删减。"),
        "/on_behalf_of": ("max_length", "“on_behalf_of”最多 40 个字，请删减。"),
        "/extra": ("unknown_field", "没有“extra”这一项，请删除后重新提交。"),
    }


def test_filters_are_checked_like_bodies(agent: Api) -> None:
    document = problem(agent.get("/cases?limit=0&status=gone&breached=perhaps"), 422, "request_invalid")
    assert {each["pointer"]: each["message"] for each in document["errors"]} == {
        "/limit": "“limit”不能小于 1，请改正。",
        "/status": "“status”只能是 open, waiting_applicant, closed, withdrawn 之一。",
        "/breached": "“breached”的类型不对，应为是或否（true 或 false）。",
    }
    problem(agent.get("/cases?cursor=abc"), 422, "cursor_invalid")
    problem(agent.get("/cases?limit=201"), 422, "request_invalid")


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("zh-Hans", "zh"),
        ("zh-CN", "zh"),
        ("zh", "zh"),
        ("de", "zh"),
        ("en", "en"),
        ("en-GB,zh;q=0.5", "en"),
        ("", "zh"),
    ],
)
def test_errors_are_in_the_reader_s_language(accept: str, language: str, agent: Api) -> None:
    document = problem(agent.get("/nothing", language=accept), 404, "not_found")
    is_chinese = document["detail"] == "没有找到您要的内容，或者您无权查看。"
    assert is_chinese == (language == "zh")


def test_answers_are_chinese_as_it_is_read_and_never_kept(agent: Api) -> None:
    response = agent.get("/processes")
    assert "信用承诺" in response.content.decode()
    assert response["Content-Type"] == "application/json; charset=utf-8"
    assert "no-store" in response["Cache-Control"]
    assert "Accept-Language" in response["Vary"]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Http404(), 404, "not_found"),
        (Draft.DoesNotExist(), 404, "not_found"),
        (PermissionDenied(), 403, "forbidden"),
        (OperationalError("the connection is closed"), 503, "database_unavailable"),
        (InterfaceError("connection already closed"), 503, "database_unavailable"),
        (RuntimeError("secret"), 500, "internal_error"),
        (KeyError("password"), 500, "internal_error"),
    ],
)
def test_whatever_is_raised_is_answered(
    error: Exception, status: int, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    def view(_: object) -> None:
        raise error

    with caplog.at_level(logging.WARNING, logger=errors.__name__):
        response = guarded(view)(RequestFactory().get("/api/v1/x"))
    document = problem(response, status, code)
    assert "secret" not in response.content.decode()
    assert "password" not in response.content.decode()
    assert (response.get("Retry-After") == "5") == (status == 503)
    if status == 500:
        identifier = caplog.records[-1].getMessage().rpartition("(")[2].rstrip(")")
        assert identifier in document["detail"]
        assert caplog.records[-1].exc_info


def test_a_fault_of_ours_says_nothing_of_the_inside(agent: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from workflow_app.engine.errors import StateTamperedError

    def broken(request: object) -> None:
        raise StateTamperedError

    monkeypatch.setattr(boundary, "ensure_size", broken)
    document = problem(agent.get("/me"), 500, "internal_error")
    assert "校验" not in document["detail"]


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100)
def test_the_limit_of_json_is_the_setting(agent: Api) -> None:
    body = {**DRAFT, "data": {"a": "x" * 100}}
    assert problem(agent.post("/cases/drafts", body), 413, "body_too_large")["detail"].startswith(
        "请求内容过大，最多 100 字节"
    )


def test_both_languages_say_the_same_thing(agent: Api) -> None:
    documents = [
        json.loads(agent.post("/cases", {"x": 1}, language=language).content)
        for language in (CHINESE, ENGLISH)
    ]
    chinese, english = documents
    assert [each["pointer"] for each in chinese["errors"]] == [each["pointer"] for each in english["errors"]]
    assert chinese["code"] == english["code"]
    for document in (chinese, english):
        is_chinese = document is chinese
        for text in (
            document["title"],
            document["detail"],
            *(each["message"] for each in document["errors"]),
        ):
            assert any("\u4e00" <= char <= "\u9fff" for char in text) == is_chinese, text
