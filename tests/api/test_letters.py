"""Letters over HTTP: their record, the sealed file, and the public question whether one is valid."""

import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest

from workflow_app.models import Letter
from workflow_app.models.letters import LetterStatus
from workflow_app.services.letters import produce_letters

from .conftest import PDF, Api, problem


@pytest.fixture
def applicant(account: Callable[[str], Api]) -> Api:
    return account("applicant1")


@pytest.fixture
def case(applicant: Api) -> dict[str, Any]:
    """A commitment that was told what it means: its first letter waits to be made."""
    body = {"process": "commitment", "data": {"matter": "TRANSPORT-01", "agree": True}}
    response = applicant.post("/cases", body)
    assert response.status_code == 201, response.content.decode()
    found: dict[str, Any] = response.json()
    return found


def address(case: dict[str, Any]) -> str:
    return f"/letters/{case['letters'][0]['number']}"


def test_a_letter_before_and_after_it_is_made(case: dict[str, Any], applicant: Api) -> None:
    here = address(case)
    before = applicant.get(here).json()
    assert (before["status"], before["sha256"], before["issued_at"]) == ("pending", "", None)
    assert "pdf" not in before["links"]
    problem(applicant.get(f"{here}.pdf"), 404, "not_found")
    assert produce_letters() == 1
    after = applicant.get(here).json()
    assert after["status"] == "issued"
    assert after["case"] == case["number"]
    assert unquote(after["links"]["pdf"]) == f"/api/v1{here}.pdf"
    assert applicant.get(f"/cases/{case['number']}").json()["letters"][0]["pdf"] == after["links"]["pdf"]
    file = applicant.get(f"{here}.pdf")
    assert file["Content-Type"] == "application/pdf"
    assert "no-store" in file["Cache-Control"]
    assert file["Content-Disposition"].startswith("attachment; ")
    assert unquote(file["Content-Disposition"]).endswith(f"{after['number']}.pdf")
    assert hashlib.sha256(file.content).hexdigest() == after["sha256"]
    assert len(file.content) == after["size"]


def test_a_case_names_its_letters_in_the_reader_s_language(case: dict[str, Any], applicant: Api) -> None:
    english = applicant.get(f"/cases/{case['number']}", language="en").json()
    assert [letter["title"] for letter in english["letters"]] == ["Notice of commitment, told once"]
    assert (english["title"], english["tasks"][0]["title"]) != (case["title"], case["tasks"][0]["title"])
    assert english["clocks"][0]["title"] == "Choose and sign"


def test_anybody_may_ask_by_code_or_by_file(case: dict[str, Any], applicant: Api, nobody: Api) -> None:
    produce_letters()
    letter = applicant.get(address(case)).json()
    file = applicant.get(f"{address(case)}.pdf").content
    by_code = nobody.get(f"/verify/{letter['verify_code']}").json()
    assert by_code == {
        "status": "valid",
        "number": letter["number"],
        "title": "信用承诺一次性告知书",
        "agency": case["agency"]["name"],
        "issued_at": "2026-03-02T10:00:00+08:00",
        "sha256": letter["sha256"],
        "superseded_by": None,
    }
    assert nobody.post("/verify", raw=file, content_type="application/pdf").json() == by_code
    assert nobody.upload("/verify", "letter.pdf", file).json() == by_code
    for text in (case["subject"]["name"], case["subject"]["code"], case["number"]):
        assert text not in str(by_code)


@pytest.mark.parametrize(
    ("status", "said"), [(LetterStatus.VOIDED, "voided"), (LetterStatus.SUPERSEDED, "superseded")]
)
def test_what_is_no_longer_in_force_says_so(
    status: str, said: str, case: dict[str, Any], applicant: Api, nobody: Api
) -> None:
    produce_letters()
    letter = applicant.get(address(case)).json()
    file = applicant.get(f"{address(case)}.pdf").content
    Letter.objects.filter(number=letter["number"]).update(status=status)
    assert nobody.get(f"/verify/{letter['verify_code']}").json()["status"] == said
    assert nobody.upload("/verify", "letter.pdf", file).json()["status"] == said


@pytest.mark.parametrize("code", ["x", "0" * 26, "Z" * 26, "汉字", "a" * 500])
def test_a_code_that_names_nothing(code: str, nobody: Api, db: None) -> None:
    found = nobody.get(f"/verify/{code}").json()
    assert found.pop("status") == "unknown"
    assert set(found.values()) == {None}


def test_a_letter_that_is_not_made_does_not_exist_for_others(
    case: dict[str, Any], applicant: Api, nobody: Api
) -> None:
    code = applicant.get(address(case)).json()["verify_code"]
    assert nobody.get(f"/verify/{code}").json()["status"] == "unknown"


def test_files_that_are_no_letters(nobody: Api, db: None) -> None:
    assert nobody.upload("/verify", "a.pdf", PDF).json()["status"] == "unknown"
    problem(nobody.upload("/verify", "a.pdf", b"no pdf"), 422, "letter_file_not_pdf")
    problem(nobody.upload("/verify", "a.pdf", PDF + b" " * 11 * 1024 * 1024), 413, "letter_file_too_large")
    problem(nobody.post("/verify", raw=PDF, content_type="text/plain"), 415, "content_type_not_supported")


@pytest.mark.parametrize("who", ["applicant2", "reviewer1-yiwu", "approver1-yiwu", "sysadmin1", "auditor1"])
def test_outsiders_find_no_letter(who: str, case: dict[str, Any], account: Callable[[str], Api]) -> None:
    produce_letters()
    outsider = account(who)
    missing = problem(outsider.get("/letters/金交承告〔2026〕999号"), 404, "not_found")
    assert problem(outsider.get(address(case)), 404, "not_found") == missing
    assert problem(outsider.get(f"{address(case)}.pdf"), 404, "not_found") == missing


def test_a_commitment_from_filing_to_the_decision(
    case: dict[str, Any], applicant: Api, account: Callable[[str], Api]
) -> None:
    """As a client plays it: sign, propose, approve by another, read the letters."""

    def act(api: Api, data: dict[str, Any]) -> dict[str, Any]:
        now = applicant.get(f"/cases/{case['number']}").json()
        path = f"/tasks/{now['tasks'][0]['id']}/complete"
        response = api.post(path, {"data": data}, key=f"{path}", version=now["lock_version"])
        assert response.status_code == 200, response.content.decode()
        found: dict[str, Any] = response.json()["case_detail"]
        return found

    sign = {"choice": "commit", "signer": "张三", "capacity": "法定代表人", "agree": True}
    now = act(applicant, sign)
    assert now["tasks"][0]["element"] == "task_propose"
    now = act(account("reviewer1"), {"proposal": "grant", "reason": "符合条件", "basis": "第六条"})
    assert now["tasks"][0]["element"] == "task_approve"
    now = act(account("approver1"), {"approval": "approve"})
    kinds = [letter["kind"] for letter in now["letters"]]
    assert kinds[:2] == ["notice", "commitment"]
    assert "granted" in kinds
    assert produce_letters() == len(kinds)
    for letter in applicant.get(f"/cases/{case['number']}").json()["letters"]:
        assert applicant.get(letter["pdf"].removeprefix("/api/v1")).content.startswith(b"%PDF-")
