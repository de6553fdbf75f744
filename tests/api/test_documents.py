"""Upload papers over HTTP."""

import hashlib
from collections.abc import Callable

import pytest

from workflow_app.models import Document
from workflow_app.services import blobs

from .conftest import PDF, Api, problem

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f6"
    "45400000000049454e44ae426082"
)


@pytest.fixture
def applicant(account: Callable[[str], Api]) -> Api:
    return account("applicant1")


def test_a_paper_is_kept(applicant: Api) -> None:
    response = applicant.upload("/documents", "营业执照.pdf", PDF, kind="licence")
    paper = response.json()
    digest = hashlib.sha256(PDF).hexdigest()
    assert response.status_code == 201
    row = Document.objects.get()
    assert paper == {
        "id": str(row.pk),
        "kind": "licence",
        "name": "营业执照.pdf",
        "sha256": digest,
        "size": len(PDF),
        "content_type": "application/pdf",
        "uploaded_at": "2026-03-02T10:00:00+08:00",
    }
    assert blobs.get(digest) == PDF
    assert row.owner.username == "applicant1"


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("a.pdf", b"", 422, "document_empty"),
        ("a.pdf", b"MZ\x90\x00" + b"\0" * 100, 422, "document_type_unknown"),
        ("a.pdf", b"<html><script>alert(1)</script>", 422, "document_type_unknown"),
        ("a.exe", PDF, 422, "document_extension_wrong"),
        ("a.png", PDF, 422, "document_extension_wrong"),
        ("a.pdf", PNG, 422, "document_extension_wrong"),
        ("a.pdf", PDF + b" " * 20 * 1024 * 1024, 413, "document_too_large"),
        ("a.pdf", PDF + b" " * 50 * 1024 * 1024, 413, "document_too_large"),
        ("a.pdf", PDF + b" " * 70 * 1024 * 1024, 413, "body_too_large"),
    ],
    ids=["empty", "program", "page", "exe", "pdf as png", "png as pdf", "20 MB and more", "50 MB", "70 MB"],
)
def test_what_is_no_paper(name: str, content: bytes, status: int, code: str, applicant: Api) -> None:
    problem(applicant.upload("/documents", name, content, kind="paper"), status, code)
    assert not Document.objects.exists()


@pytest.mark.parametrize("kind", ["", "Ä", "a" * 41, "a b", "../x", "a\x01b"])
def test_the_kind_is_a_plain_word(kind: str, applicant: Api) -> None:
    response = applicant.upload("/documents", "a.pdf", PDF, kind=kind)
    assert response.json()["code"] in ("document_kind_invalid", "text_invalid")
    assert 400 <= response.status_code < 500
    assert not Document.objects.exists()


def test_the_file_is_called_file(applicant: Api) -> None:
    edge = "x"
    raw = f'--{edge}\r\nContent-Disposition: form-data; name="paper"; filename="a.pdf"\r\n\r\n'.encode() + PDF
    raw += f"\r\n--{edge}--\r\n".encode()
    response = applicant.post("/documents", raw=raw, content_type=f"multipart/form-data; boundary={edge}")
    assert "“file”" in problem(response, 422, "file_required")["detail"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\x\\扫描件.PDF", "扫描件.PDF"),
        ("证明\u202efdp.exe.pdf", "证明fdp.exe.pdf"),
        ("a" * 300 + ".pdf", "a" * 116 + ".pdf"),
    ],
)
def test_a_name_is_only_a_name(name: str, kept: str, applicant: Api) -> None:
    assert applicant.upload("/documents", name, PDF, kind="paper").json()["name"] == kept


def test_a_large_paper_is_fine(applicant: Api) -> None:
    content = PDF.replace(b"%%EOF\n", b"") + b"%" + b" " * 10 * 1024 * 1024 + b"\n%%EOF\n"
    assert applicant.upload("/documents", "a.pdf", content, kind="paper").status_code == 201
