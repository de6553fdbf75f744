"""材料: blobs, uploaded papers and how they come into a case."""

import io
import os
import struct
import zlib
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.services.world import account, do, file, file_all
from workflow_app.models import Case, Document, Submission
from workflow_app.services import blobs, documents
from workflow_app.services.blobs import BlobBrokenError, BlobMissingError
from workflow_app.services.documents import (
    DocumentEmptyError,
    DocumentExtensionError,
    DocumentKindError,
    DocumentPixelsError,
    DocumentQuotaError,
    DocumentTooLargeError,
    DocumentTypeError,
    clean_name,
    store_document,
)
from workflow_app.services.errors import DocumentUnknownError
from workflow_app.services.file_kinds import kind_of_content

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def png(width: int = 1, height: int = 1) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 4))
        + chunk(b"IEND", b"")
    )


def jpeg(width: int = 1, height: int = 1) -> bytes:
    app0 = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0\1\1\0\0\1\0\1\0\0"
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 17, 8, height, width, 3) + b"\1\x11\0\2\x11\1\3\x11\1"
    return b"\xff\xd8" + app0 + frame + b"\xff\xda" + b"\0" * 10 + b"\xff\xd9"


def store(
    name: str = "证明.pdf", content: bytes = PDF, user: str = "applicant1", kind: str = "proof"
) -> Document:
    return store_document(user=account(user), kind=kind, name=name, content=io.BytesIO(content))


class TestBlobs:
    def test_what_goes_in_comes_out(self):
        digest = blobs.put(b"content")
        assert blobs.get(digest) == b"content"
        assert blobs.put(b"content") == digest

    def test_only_the_owner_can_read_it(self, settings):
        path = Path(settings.BLOB_DIR) / (digest := blobs.put(b"private"))[:2] / digest
        assert path.stat().st_mode & 0o077 == 0

    def test_no_draft_is_left(self, settings):
        digest = blobs.put(b"whole")
        assert [
            each.name for each in (Path(settings.BLOB_DIR) / digest[:2]).iterdir() if each.name[0] == "."
        ] == []

    def test_a_write_that_fails_leaves_nothing(self, settings, monkeypatch):
        def full(descriptor):
            raise OSError("no space")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="no space"):
            blobs.put(b"never there")
        monkeypatch.undo()
        assert not list(Path(settings.BLOB_DIR).rglob(".draft-*"))

    @pytest.mark.parametrize("name", ["0" * 64, "../../etc/passwd", "", "A" * 64, "x" * 64])
    def test_what_is_not_there(self, name):
        with pytest.raises(BlobMissingError):
            blobs.get(name)

    def test_changed_bytes_are_noticed(self, settings):
        digest = blobs.put(b"genuine")
        (Path(settings.BLOB_DIR) / digest[:2] / digest).write_bytes(b"altered")
        with pytest.raises(BlobBrokenError):
            blobs.get(digest)

    def test_a_file_cut_off_by_a_crash_is_written_again(self, settings):
        digest = blobs.put(b"genuine")
        (Path(settings.BLOB_DIR) / digest[:2] / digest).write_bytes(b"gen")
        assert blobs.put(b"genuine") == digest
        assert blobs.get(digest) == b"genuine"


@pytest.mark.django_db
class TestUploads:
    @pytest.mark.parametrize(
        ("name", "content", "kind"),
        [
            ("a.pdf", PDF, "application/pdf"),
            ("a.PNG", png(), "image/png"),
            ("a.jpg", jpeg(), "image/jpeg"),
            ("a.jpeg", jpeg(), "image/jpeg"),
        ],
    )
    def test_three_kinds_are_taken(self, name, content, kind):
        row = store(name, content)
        assert (row.content_type, row.size, row.name) == (kind, len(content), name)
        assert blobs.get(row.sha256) == content

    @pytest.mark.parametrize("name", ["a.jpg", "a.pdf.exe", "a.png", "报告.docx"])
    def test_a_false_extension(self, name):
        with pytest.raises(DocumentExtensionError) as caught:
            store(name)
        assert caught.value.params["found"] == "PDF"

    def test_no_extension_gets_one(self):
        assert store("证明").name == "证明.pdf"
        assert store("").name == "文件.pdf"
        assert store("报告2026.03").name == "报告2026.03.pdf"
        assert store("致 Mr. Smith").name == "致 Mr. Smith.pdf"

    def test_an_empty_file(self):
        with pytest.raises(DocumentEmptyError):
            store(content=b"")

    def test_50_megabytes_are_refused_without_being_read(self):
        class Counting(io.RawIOBase):
            read_bytes = 0

            def read(self, size=-1):
                assert 0 <= size <= documents.MAX_BYTES + 1
                self.read_bytes += size
                return PDF[:5] + b"x" * (size - 5)

        stream = Counting()
        with pytest.raises(DocumentTooLargeError) as caught:
            store_document(user=account("applicant1"), kind="proof", name="a.pdf", content=stream)
        assert caught.value.status == 413
        assert stream.read_bytes == documents.MAX_BYTES + 1

    @pytest.mark.parametrize(
        "content",
        [
            b"MZ\x90\0",
            b"PK\x03\x04docx",
            b"<html>",
            b"%PDF-1.7 cut off",
            png()[:-12],
            png()[:20],
            jpeg()[:-2],
            b"\xff\xd8\xff",
            b"\xff\xd8\xff\xd9",
            b"\xff\xd8\xff\xe0\0\0" * 50 + b"\xff\xd9",
            b"GIF89a",
            b" %PDF-1.7 %%EOF",
            png(0, 5),
        ],
    )
    def test_what_is_none_of_them(self, content):
        with pytest.raises(DocumentTypeError):
            store(content=content)

    @pytest.mark.parametrize("content", [png(100_000, 100_000), jpeg(65_535, 65_535)])
    def test_a_picture_that_would_burst_a_reader(self, content):
        with pytest.raises(DocumentPixelsError):
            store("a.png" if content.startswith(b"\x89") else "a.jpg", content)

    @pytest.mark.parametrize("kind", ["", "Proof", "a b", "x" * 41, "../x", "1st"])
    def test_a_kind_is_a_word(self, kind):
        with pytest.raises(DocumentKindError):
            store(kind=kind)

    def test_the_store_of_unfiled_papers_is_bounded(self, monkeypatch):
        monkeypatch.setattr(documents, "MAX_UNFILED", 2)
        store()
        store()
        with pytest.raises(DocumentQuotaError):
            store()
        store(user="applicant2")
        monkeypatch.setattr(documents, "MAX_UNFILED", 100)
        monkeypatch.setattr(documents, "MAX_UNFILED_BYTES", len(PDF) * 3 - 1)
        with pytest.raises(DocumentQuotaError):
            store()


class TestNames:
    @pytest.mark.parametrize(
        ("name", "clean"),
        [
            ("C:\\Users\\王\\证明.pdf", "证明.pdf"),
            ("../../etc/passwd", "passwd"),
            ("/a/b.pdf", "b.pdf"),
            ("a\0b.pdf", "ab.pdf"),
            ("fdp\u202egnp.exe", "fdpgnp.exe"),
            ("  a \t b\r\n.pdf ", "a b.pdf"),
            ('a"<script>.pdf', "a script .pdf"),
            ("...", "文件"),
            ("-rf.pdf", "rf.pdf"),
            (".htaccess", "htaccess"),
            ("", "文件"),
            ("\ud800.pdf", "pdf"),
            ("é.pdf", "é.pdf"),
        ],
    )
    def test_hostile_names(self, name, clean):
        assert clean_name(name) == clean

    def test_a_long_name_keeps_its_extension(self):
        assert clean_name("长" * 500 + ".pdf") == "长" * 116 + ".pdf"

    @given(st.text(max_size=300))
    def test_whatever_comes_in(self, name):
        clean = clean_name(name)
        assert 0 < len(clean) <= documents.MAX_NAME
        assert not set(clean) & set('/\\\0\r\n"<>')
        assert clean_name(clean) == clean
        clean.encode()


@given(st.binary(max_size=400), st.sampled_from([b"", b"%PDF-", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"]))
def test_no_bytes_break_the_reader(tail, head):
    kind_of_content(head + tail)


@given(st.binary(max_size=60), st.integers(0, 40))
@settings(suppress_health_check=list(HealthCheck))
def test_no_damage_to_a_picture_breaks_the_reader(noise, at_byte):
    picture = jpeg(10, 10)
    kind_of_content(picture[:at_byte] + noise + picture[at_byte:])


@pytest.mark.usefixtures("acts")
class TestFiling:
    def test_papers_come_into_the_case(self):
        named, extra = store(), store("other.pdf")
        case = file(papers=[str(named.pk)], documents=[str(extra.pk)])
        assert set(case.documents.values_list("pk", flat=True)) == {named.pk, extra.pk}

    def test_each_case_of_one_filing_has_them(self):
        paper = store()
        first, second = file_all("applicant1", "DEMO-P-001", "DEMO-P-003", papers=[str(paper.pk)])
        for case in (first, second):
            own = case.documents.get()
            assert own.sha256 == paper.sha256
            assert Submission.objects.get(case=case).data["papers"] == [str(own.pk)]

    def test_a_task_brings_papers_too(self):
        case, paper = file(), store()
        do(case, "reviewer1", result="supplement")
        do(case, "applicant1", note="补正", papers=[str(paper.pk)])
        assert case.documents.get().pk == paper.pk

    def test_a_paper_of_another_is_not_there(self):
        foreign = store(user="applicant2")
        before = Case.objects.count()
        for identifier in (str(foreign.pk), str(uuid4())):
            with pytest.raises(DocumentUnknownError):
                file(papers=[identifier])
            with pytest.raises(DocumentUnknownError):
                file(documents=[identifier])
        assert Case.objects.count() == before

    @pytest.mark.parametrize("identifier", ["", "x", "1", "'; --", "0" * 500])
    def test_what_is_no_id_is_no_paper(self, identifier):
        with pytest.raises(DocumentUnknownError):
            file(documents=[identifier])

    def test_a_filed_paper_is_not_filed_again(self):
        paper = store()
        file(papers=[str(paper.pk)])
        with pytest.raises(DocumentUnknownError):
            file(papers=[str(paper.pk)])
