"""Bad input that people and systems really send: a clear answer in the reader's language, and nothing done."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse

from tests.records.tables import penalty, table
from tests.services.world import SLUG, record
from workflow_app.demo.names import subject_code
from workflow_app.models import Case, CreditRecord, Document, Event, Submission

from .conftest import CHINESE, ENGLISH, PDF, Api, multipart, problem

pytestmark = pytest.mark.usefixtures("acts")
CHINESE_LETTER = re.compile("[\u4e00-\u9fff]")
LATIN_LETTER = re.compile("[A-Za-z]")


def slip(code: str) -> str:
    """The code with another check character."""
    return code[:-1] + ("0" if code[-1] != "0" else "1")


class Desk:
    """Who sends, and a case in which a reviewer has a task."""

    def __init__(self, account: Callable[[str], Api]) -> None:
        self.applicant, self.other = account("applicant1"), account("applicant2")
        self.reviewer, self.second = account("reviewer1"), account("reviewer2")
        self.source, self.clerk = account("source1"), account("clerk1")
        self.case = self.applicant.post("/cases", self.filing()).json()
        self.task = f"/tasks/{self.case['tasks'][0]['id']}"

    def filing(self, number: str = "DEMO-P-001", **data: Any) -> dict[str, Any]:
        return {"process": SLUG, "data": {"records": [str(record(number).pk)], **data}}

    def file(self, language: str, raw: bytes = b"", **changes: Any) -> HttpResponse:
        if raw:
            return self.applicant.post("/cases", raw=raw, language=language)
        return self.applicant.post("/cases", {**self.filing("DEMO-P-003"), **changes}, language=language)

    def upload(self, language: str, name: str, content: bytes) -> HttpResponse:
        raw, content_type = multipart(name, content, kind="paper")
        return self.applicant.post("/documents", raw=raw, content_type=content_type, language=language)

    def send_table(self, language: str, content: bytes) -> HttpResponse:
        return self.source.post("/records/import", raw=content, content_type="text/csv", language=language)

    def someone_elses_task(self, language: str) -> HttpResponse:
        self.second.post(f"{self.task}/claim")
        return self.reviewer.post(f"{self.task}/complete", {"data": {"result": "accept"}}, language=language)

    def done_task(self, language: str) -> HttpResponse:
        self.second.post(f"{self.task}/complete", {"data": {"result": "accept"}})
        return self.reviewer.post(f"{self.task}/complete", {"data": {"result": "accept"}}, language=language)

    def stale(self, language: str) -> HttpResponse:
        return self.reviewer.post(f"{self.task}/claim", version=0, language=language)

    def same_key(self, language: str) -> HttpResponse:
        self.applicant.post("/cases/drafts", self.filing(), key="k")
        return self.applicant.post("/cases/drafts", self.filing("DEMO-P-003"), key="k", language=language)

    def ask_due(self, language: str, start_at: str) -> HttpResponse:
        body = {"start_at": start_at, "amount": 5, "unit": "working_day"}
        return Api().post("/calendar/due", body, language=language)

    def behalf(self, language: str, code: str) -> HttpResponse:
        return self.clerk.post("/cases", {**self.filing(), "on_behalf_of": code}, language=language)


Send = Callable[[Desk, str], HttpResponse]
BAD: dict[str, tuple[Send, int, str]] = {
    "unknown field": (lambda d, x: d.file(x, extra=1), 422, "request_invalid"),
    "unknown field of the form": (
        lambda d, x: d.file(x, data=d.filing(extra=1)["data"]),
        422,
        "form_invalid",
    ),
    "wrong type": (lambda d, x: d.file(x, data=[]), 422, "request_invalid"),
    "wrong type in the form": (lambda d, x: d.file(x, data={"records": 1}), 422, "form_invalid"),
    "key typename": (lambda d, x: d.file(x, data=d.filing(typename="x")["data"]), 422, "form_invalid"),
    "NUL": (lambda d, x: d.file(x, b'{"process": "\\u0000"}'), 400, "text_invalid"),
    "lone surrogate": (lambda d, x: d.file(x, b'{"process": "\\udc00"}'), 400, "text_invalid"),
    "duplicate key": (lambda d, x: d.file(x, b'{"process": "a", "process": "b"}'), 400, "json_repeated_key"),
    "no JSON": (lambda d, x: d.file(x, b"process=a"), 400, "json_invalid"),
    "not UTF-8": (lambda d, x: d.file(x, '{"process": "信用"}'.encode("gbk")), 400, "json_encoding"),
    "wrong content type": (
        lambda d, x: d.applicant.post("/cases", raw=b"<a/>", content_type="text/xml", language=x),
        415,
        "content_type_not_supported",
    ),
    "false extension": (lambda d, x: d.upload(x, "a.png", PDF), 422, "document_extension_wrong"),
    "program as paper": (lambda d, x: d.upload(x, "a.pdf", b"MZ" + b"\0" * 99), 422, "document_type_unknown"),
    "empty file": (lambda d, x: d.upload(x, "a.pdf", b""), 422, "document_empty"),
    "50 MB file": (lambda d, x: d.upload(x, "a.pdf", PDF + b" " * (50 << 20)), 413, "document_too_large"),
    "USCC with a wrong check digit": (
        lambda d, x: d.behalf(x, slip(subject_code("org1"))),
        422,
        "uscc_invalid",
    ),
    "ID with a wrong check digit": (
        lambda d, x: d.behalf(x, slip(subject_code("person1"))),
        422,
        "id_card_invalid",
    ),
    "30 February": (lambda d, x: d.ask_due(x, "2026-02-30T10:00:00+08:00"), 422, "request_invalid"),
    "year without a calendar": (
        lambda d, x: d.ask_due(x, "2031-01-06T10:00:00+08:00"),
        422,
        "calendar_year_missing",
    ),
    "task of someone else": (Desk.someone_elses_task, 409, "task_taken"),
    "task done by someone else": (Desk.done_task, 409, "task_done"),
    "stale version": (Desk.stale, 409, "stale_version"),
    "same key, other body": (Desk.same_key, 422, "idempotency_mismatch"),
    "record of another subject": (
        lambda d, x: d.file(x, data={"records": [str(record("DEMO-P-002").pk)]}),
        422,
        "record_not_own",
    ),
    "case of another subject": (
        lambda d, x: d.other.get(f"/cases/{d.case['number']}", language=x),
        404,
        "not_found",
    ),
    "CSV without a column": (
        lambda d, x: d.send_table(x, table({"行政相对人名称": "甲"})),
        422,
        "import_columns_missing",
    ),
    "CSV in no encoding": (lambda d, x: d.send_table(x, b"\xff\xff\x80,\x81"), 422, "import_encoding"),
    "nobody": (lambda d, x: Api().get("/me", language=x), 401, "not_authenticated"),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("language", [CHINESE, ENGLISH])
def test_a_clear_answer_and_nothing_done(name: str, language: str, account: Callable[[str], Api]) -> None:
    send, status, code = BAD[name]
    desk = Desk(account)
    before = [kind.objects.count() for kind in (Case, Document, CreditRecord)]
    document = problem(send(desk, language), status, code)
    assert [kind.objects.count() for kind in (Case, Document, CreditRecord)] == before
    assert Submission.objects.filter(form="check").count() == (1 if code == "task_done" else 0)
    assert not Event.objects.filter(actor__username="reviewer1").exists()
    said = [document["title"], document["detail"], *(each["message"] for each in document.get("errors", ()))]
    assert all(is_in(language, sentence) for sentence in said), said


def is_in(language: str, sentence: str) -> bool:
    """Whether the sentence is of the language; what it quotes, and names in it, stay as they are."""
    words = re.sub("“[^”]*”", "", sentence)
    chinese, latin = len(CHINESE_LETTER.findall(words)), len(LATIN_LETTER.findall(words))
    return chinese > 0 if language == CHINESE else latin > chinese


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gbk"])
def test_a_table_with_a_mark_or_in_gbk_is_no_bad_input(encoding: str, account: Callable[[str], Api]) -> None:
    report = Desk(account).send_table(CHINESE, table(penalty(), encoding=encoding)).json()
    assert report["counts"]["new"] == 1
