"""What is sealed verifies, in pyHanko and in pdfsig; whatever was done to it afterwards does not."""

import io
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest
from asn1crypto import cms
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st
from pyhanko.pdf_utils import embed, generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner
from pytest_django import Settings

from tests.letters.world import AGENCY, AGENCY_CODE, TEXT, WHEN, pdfsig, seal, sealed, sealed_with, words
from workflow_app.letters import sealing
from workflow_app.letters.page import render_letter
from workflow_app.letters.pki import seal_of, trusted_certificates
from workflow_app.letters.sealing import FIELD_NAME, SealExpiredError, seal_pdf
from workflow_app.letters.verification import SealCheck, check_seal


def _check(pdf: bytes, moment: datetime = WHEN) -> SealCheck:
    return check_seal(pdf, trusted_certificates(), moment=moment)


def test_a_sealed_letter_verifies_and_names_the_agency() -> None:
    assert _check(sealed()) == SealCheck(True, "", AGENCY, AGENCY_CODE)


def test_pdfsig_agrees(tmp_path: Path) -> None:
    said = pdfsig(sealed(), tmp_path)
    assert said.count("Signature #") == 1
    assert "Signature is Valid." in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said
    assert AGENCY in said
    assert "SHA-256" in said
    assert f"{FIELD_NAME}" in said


def test_is_certified_against_every_change_and_dated_by_our_clock() -> None:
    with pikepdf.open(io.BytesIO(sealed())) as pdf:
        signature = pdf.Root.Perms.DocMDP
        assert str(signature.SubFilter) == "/ETSI.CAdES.detached"
        assert int(signature.Reference[0].TransformParams.P) == 1
        assert str(signature.M).startswith("D:20260302020000")
        assert str(signature.ContactInfo).endswith(words()["verify"]["url"])
        assert pdf.Root.AcroForm.SigFlags == 3


def test_the_field_lies_over_the_seal_and_adds_no_ink() -> None:
    place = render_letter(TEXT, words()).seal
    with pikepdf.open(io.BytesIO(sealed())) as pdf:
        field = pdf.Root.AcroForm.Fields[0]
        assert [float(edge) for edge in field.Rect] == pytest.approx(list(place.box), abs=0.01)
        assert field.P.objgen == pdf.pages[place.page].obj.objgen
        ink = field.AP.N.read_bytes() + b"".join(
            form.read_bytes()
            for form in (field.AP.N.get("/Resources", {}).get("/XObject", {}) or {}).values()
        )
    assert not set(ink.split()) & {b"re", b"S", b"f", b"B", b"Tj", b"TJ", b"l", b"c"}


def test_stays_pdf_a() -> None:
    with pikepdf.open(io.BytesIO(sealed())) as pdf:
        metadata = pdf.open_metadata()
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "U")
        assert list(pdf.attachments) == ["record.json"]


@pytest.mark.parametrize("year", [2021, 2026, 2030, 2059])
def test_verifies_at_whatever_time_the_clock_stands(year: int) -> None:
    assert _check(sealed(), datetime(year, 6, 1, tzinfo=UTC)).is_valid


@pytest.mark.parametrize("year", [2019, 2061])
def test_does_not_verify_outside_the_life_of_the_certificate(year: int) -> None:
    assert not _check(sealed(), datetime(year, 6, 1, tzinfo=UTC)).is_valid


@pytest.mark.parametrize("year", [2019, 2061])
def test_nothing_is_sealed_with_a_certificate_out_of_its_time(year: int) -> None:
    made = render_letter(TEXT, words())
    with pytest.raises(SealExpiredError, match="2020-01-01"):
        seal_pdf(
            made.pdf,
            seal(),
            agency_name=AGENCY,
            verify_url="http://x",
            place=made.seal,
            moment=datetime(year, 6, 1, tzinfo=UTC),
        )


def test_no_authority_no_trust() -> None:
    check = check_seal(sealed(), [], moment=WHEN)
    assert not check.is_valid
    assert "trusted" in check.problem


# -- forgeries --------------------------------------------------------------------------------------------------


def test_a_seal_by_another_authority_is_refused(settings: Settings, tmp_path: Path) -> None:
    ours = trusted_certificates()
    settings.PKI_DIR = tmp_path / "forger"
    forged = sealed_with(seal_of(AGENCY_CODE, AGENCY))
    assert "Signature is Valid." in pdfsig(forged, tmp_path)
    check = check_seal(forged, ours, moment=WHEN)
    assert not check.is_valid
    assert "trusted" in check.problem


def _flip(pdf: bytes, place: int, bit: int = 0) -> bytes:
    return pdf[:place] + bytes([pdf[place] ^ (1 << bit)]) + pdf[place + 1 :]


def test_no_flipped_bit_anywhere_passes_for_the_letter() -> None:
    original, draw = sealed(), random.Random(20260302)
    # The whole signature dictionary with its gap, and places all over the file.
    start = original.rindex(b"/ByteRange")
    places = [*range(start - 200, start + 400, 3), *range(len(original) - 900, len(original), 5)]
    places += [draw.randrange(len(original)) for _ in range(300)]
    for place in places:
        _ensure_refused(_flip(original, place, draw.randrange(8)))


def _ensure_refused(changed: bytes) -> None:
    """Refused, or only an outermost field of the CMS envelope differs, which no signature covers by design."""
    if not _check(changed).is_valid:
        return
    (start, end), original = _gap(sealed()), sealed()
    assert changed[:start] + changed[end:] == original[:start] + original[end:]
    assert _meaning(changed) == _meaning(original)


def _meaning(pdf: bytes) -> tuple[bytes, bytes, bytes]:
    """All that the signature covers, and itself: certificate, signed attributes, value."""
    start, end = _gap(pdf)
    signed = cms.ContentInfo.load(bytes.fromhex(pdf[start + 1 : end - 1].decode()))["content"]
    signer = signed["signer_infos"][0]
    return signed["certificates"][0].dump(), signer["signed_attrs"].dump(), signer["signature"].native


@effort(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_replaced_piece_is_accepted(data: st.DataObject) -> None:
    original = sealed()
    start = data.draw(st.integers(0, len(original) - 1))
    end = data.draw(st.integers(start, min(len(original), start + 2000)))
    piece = data.draw(st.binary(max_size=200))
    changed = original[:start] + piece + original[end:]
    if changed != original:
        _ensure_refused(changed)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99, 0.9999])
def test_no_truncated_file_is_accepted(share: float) -> None:
    original = sealed()
    assert not _check(original[: int(len(original) * share)]).is_valid


@pytest.mark.parametrize("tail", [b" ", b"\n", b"\0", b"%%EOF\n", b"\n1 0 obj\n<<>>\nendobj\n"])
def test_nothing_may_follow(tail: bytes) -> None:
    assert not _check(sealed() + tail).is_valid


@pytest.mark.parametrize("head", [b"\n", b"%PDF-1.7\n", b"junk"])
def test_nothing_may_stand_before(head: bytes) -> None:
    assert not _check(head + sealed()).is_valid


def _updated(change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    source = io.BytesIO(sealed())
    writer = IncrementalPdfFileWriter(source)
    change(writer)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def _retitle(writer: IncrementalPdfFileWriter) -> None:
    writer.set_info(generic.DictionaryObject({generic.pdf_name("/Title"): generic.TextStringObject("假")}))


def _overwrite_page(writer: IncrementalPdfFileWriter) -> None:
    page = writer.root["/Pages"]["/Kids"][0]
    stream = generic.StreamObject(stream_data=b"BT ET")
    page[generic.pdf_name("/Contents")] = writer.add_object(stream)
    writer.update_container(page)


def _swap_record(writer: IncrementalPdfFileWriter) -> None:
    content = embed.EmbeddedFileObject.from_file_data(
        writer, data=b'{"amount":"0"}', mime_type="application/json"
    )
    embed.embed_file(writer, embed.FileSpec("record.json", embedded_data=content))


def _shadow_attachment(writer: IncrementalPdfFileWriter) -> None:
    content = embed.EmbeddedFileObject.from_file_data(
        writer, data=b"MZ", mime_type="application/x-msdownload"
    )
    embed.embed_file(writer, embed.FileSpec("附件.exe", embedded_data=content))


def _extra_field(writer: IncrementalPdfFileWriter) -> None:
    fields.append_signature_field(writer, SigFieldSpec("Another", on_page=0, box=(10, 10, 60, 60)))


def _drop_permissions(writer: IncrementalPdfFileWriter) -> None:
    del writer.root["/Perms"]
    writer.update_root()


@pytest.mark.parametrize(
    "change",
    [_retitle, _overwrite_page, _swap_record, _shadow_attachment, _extra_field, _drop_permissions],
)
def test_no_incremental_update_is_accepted(change: Callable[[IncrementalPdfFileWriter], None]) -> None:
    changed = _updated(change)
    assert changed.startswith(sealed())
    assert len(changed) > len(sealed())
    assert not _check(changed).is_valid


def test_a_second_signature_is_refused_even_with_our_own_key(monkeypatch: pytest.MonkeyPatch) -> None:
    # DocMDP forbids it, so the forger has to look past that himself.
    monkeypatch.setattr(PdfSigner, "_enforce_certification_constraints", lambda *_: None)
    changed = _signed_again(sealed(), "Another")
    check = _check(changed)
    assert not check.is_valid
    assert "2 signatures" in check.problem


def _signed_again(pdf: bytes, field: str, **options: object) -> bytes:
    metadata = PdfSignatureMetadata(field_name=field, subfilter=SigSeedSubFilter.PADES, **options)
    target = PdfSigner(metadata, sealing._signer(seal())).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)))
    return target.getvalue()


def test_a_plain_signature_by_our_own_key_is_no_seal() -> None:
    # Signed, whole, trusted, but not certified: anything could be added to it.
    pdf = render_letter(TEXT, words()).pdf
    check = _check(_signed_again(pdf, FIELD_NAME))
    assert not check.is_valid
    assert "certified" in check.problem


def test_a_certification_that_allows_changes_is_no_seal() -> None:
    pdf = render_letter(TEXT, words()).pdf
    lax = _signed_again(pdf, FIELD_NAME, certify=True, docmdp_permissions=MDPPerm.FILL_FORMS)
    check = _check(lax)
    assert not check.is_valid
    assert "no changes allowed" in check.problem


def test_a_signature_in_another_field_is_no_seal() -> None:
    pdf = render_letter(TEXT, words()).pdf
    other = _signed_again(pdf, "Other", certify=True, docmdp_permissions=MDPPerm.NO_CHANGES)
    assert "another field" in _check(other).problem


def test_the_signature_of_another_letter_does_not_fit() -> None:
    one = sealed()
    other = sealed_with(seal(), TEXT.replace("准予修复", "不予修复"))
    start, end = _gap(one)
    begin, finish = _gap(other)
    assert end - start == finish - begin
    moved = one[:start] + other[begin:finish] + one[end:]
    assert not _check(moved).is_valid


def _gap(pdf: bytes) -> tuple[int, int]:
    start = pdf.index(b"<", pdf.rindex(b"/Contents"))
    return start, pdf.index(b">", start) + 1


def test_nothing_hides_in_the_room_behind_the_signature() -> None:
    pdf = sealed()
    _, end = _gap(pdf)
    hidden = pdf[: end - 9] + b"DEADBEEF" + pdf[end - 1 :]
    check = _check(hidden)
    assert not check.is_valid
    assert "hides behind" in check.problem


def test_the_gap_holds_the_signature_exactly_as_it_was_written() -> None:
    pdf = sealed()
    start, end = _gap(pdf)
    smaller = pdf[:start] + pdf[start:end].lower() + pdf[end:]
    assert smaller != pdf
    assert not _check(smaller).is_valid


def test_an_unsealed_letter_is_refused() -> None:
    assert "0 signatures" in _check(render_letter(TEXT, words()).pdf).problem


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF-1.7",
        b"%PDF-1.7\n%%EOF",
        b"\0" * 1000,
        b"%PDF-1.7\nstartxref\n0\n%%EOF",
        b"%PDF-1.7\n" + b"[" * 100_000 + b"\nstartxref\n9\n%%EOF",
        b"%PDF-1.7\n1 0 obj\n" + b"<<" * 5000 + b"\nstartxref\n9\n%%EOF",
        b"PK\x03\x04",
    ],
)
def test_hostile_files_get_a_no_and_never_an_exception(content: bytes) -> None:
    assert not _check(content).is_valid


@effort(max_examples=100, deadline=None)
@given(st.binary(max_size=500))
def test_random_bytes_get_a_no(content: bytes) -> None:
    assert not _check(b"%PDF-1.7\n" + content).is_valid
