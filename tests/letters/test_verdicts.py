"""Anybody may ask whether a letter is valid, and learns nothing about any person."""

import random
from dataclasses import asdict
from typing import Any

import pytest

from tests.letters.world import account, decide, file, letter_of
from workflow_app.domain.errors import NotFoundError
from workflow_app.models import Letter
from workflow_app.selectors.letters import (
    NOTHING,
    get_letter,
    list_failed_letters,
    list_letters,
    verify_by_code,
)
from workflow_app.services import blobs
from workflow_app.services.letter_verification import (
    LARGEST_BYTES,
    LetterFileNotPdfError,
    LetterFileTooLargeError,
    verify_file,
)
from workflow_app.services.letters import produce_letters

pytestmark = pytest.mark.usefixtures("lettering")


def _issued(**data: Any) -> tuple[Letter, bytes]:
    case = file(**data)
    produce_letters(100)
    letter = letter_of(case)
    return letter, blobs.get(letter.sha256)


def test_a_letter_in_force_is_valid_both_ways() -> None:
    letter, content = _issued()
    verdict = verify_by_code(letter.verify_code)
    assert verdict.status == "valid"
    assert (verdict.number, verdict.title) == (letter.number, letter.title)
    assert verdict.agency == letter.agency.name
    assert verdict.sha256 == letter.sha256
    assert verdict.issued_at == letter.created_at
    assert verify_file(content) == verdict


def test_the_code_may_be_typed_from_paper() -> None:
    letter, _ = _issued()
    code = letter.verify_code
    typed = " ".join(code[start : start + 4] for start in range(0, 26, 4)).lower()
    assert verify_by_code(f"  {typed} ").status == "valid"
    assert verify_by_code(code.replace("0", "O").replace("1", "l")).status == "valid"
    assert verify_by_code("-".join(code)).status == "valid"


@pytest.mark.parametrize(
    "code",
    ["", "x", "0" * 26, "U" * 26, "０" * 26, "0" * 10_000, "'; DROP TABLE", "\x00", "\ud800", "%" * 26],
)
def test_other_codes_are_unknown(code: str) -> None:
    assert verify_by_code(code) == NOTHING


def test_a_letter_that_is_not_made_yet_is_unknown() -> None:
    assert verify_by_code(letter_of(file()).verify_code) == NOTHING


def test_a_replaced_letter_names_the_one_that_replaces_it() -> None:
    letter, content = _issued()
    decide(letter.case, "second", note="说明")
    new = letter_of(letter.case, "second")
    for verdict in (verify_by_code(letter.verify_code), verify_file(content)):
        assert (verdict.status, verdict.superseded_by) == ("superseded", new.number)
    produce_letters(100)
    assert verify_by_code(new.verify_code).status == "valid"


def test_a_voided_letter_says_so() -> None:
    letter, content = _issued()
    decide(letter.case, "void")
    assert verify_by_code(letter.verify_code).status == "voided"
    assert verify_file(content).status == "voided"


def test_the_verdict_holds_no_personal_data() -> None:
    letter, content = _issued(by="applicant2", record="DEMO-P-005")
    subject = letter.case.subject
    assert subject.is_person
    for verdict in (verify_by_code(letter.verify_code), verify_file(content)):
        told = str(asdict(verdict))
        for secret in (subject.name, subject.code, letter.case.number, "DEMO-P-005", letter.verify_code):
            assert secret not in told
        assert set(asdict(verdict)) == {
            "status", "number", "title", "agency", "issued_at", "sha256", "superseded_by",
        }  # fmt: skip


def test_a_changed_copy_is_tampered_with_and_names_the_letter() -> None:
    letter, content = _issued()
    changed = content[:5000] + bytes([content[5000] ^ 1]) + content[5001:]
    for forged in (changed, content + b"\n", content[:-1] + b" "):
        verdict = verify_file(forged)
        assert (verdict.status, verdict.number, verdict.sha256) == ("tampered", letter.number, "")


def test_no_changed_copy_is_ever_valid() -> None:
    _, content = _issued()
    draw = random.Random(1)
    for _ in range(300):
        place = draw.randrange(len(content))
        forged = content[:place] + bytes([content[place] ^ (1 << draw.randrange(8))]) + content[place + 1 :]
        try:
            assert verify_file(forged).status in ("tampered", "unknown")
        except LetterFileNotPdfError:
            assert place < 5
    for share in (0.001, 0.3, 0.9, 0.9999):
        assert verify_file(content[: int(len(content) * share)]).status in ("tampered", "unknown")


def test_a_registered_letter_whose_seal_does_not_hold_is_not_valid(settings: Any, tmp_path: Any) -> None:
    letter, content = _issued()
    # The authority has changed, or somebody put a row into the register.
    settings.PKI_DIR = tmp_path / "other"
    verdict = verify_file(content)
    assert (verdict.status, verdict.number) == ("tampered", letter.number)


def test_a_sealed_file_that_is_not_in_the_register_is_not_valid() -> None:
    letter, content = _issued()
    Letter.objects.filter(pk=letter.pk).update(sha256="0" * 64)
    assert verify_file(content).status == "tampered"


def test_a_foreign_file_is_unknown() -> None:
    assert verify_file(b"%PDF-1.7\n" + b"x" * 1000) == NOTHING
    assert verify_file(b"%PDF-1.7\n/verify/" + b"0" * 26) == NOTHING
    assert verify_file(b"%PDF-1.7\n" + b"/verify/0123456789ABCDEFGHJKMNPQRS " * 10_000) == NOTHING


def test_what_is_no_pdf_or_too_large_says_so() -> None:
    for content in (b"", b"PK\x03\x04", b"\xff\xd8\xff", b" %PDF-1.7"):
        with pytest.raises(LetterFileNotPdfError):
            verify_file(content)
    with pytest.raises(LetterFileTooLargeError, match="10 MB"):
        verify_file(b"%PDF-" + bytes(LARGEST_BYTES))
    assert verify_file(b"%PDF-" + bytes(LARGEST_BYTES - 5)) == NOTHING


def test_letters_are_read_by_those_who_see_the_case() -> None:
    letter, _ = _issued()
    for name in ("applicant1", "reviewer1", "supervisor1"):
        assert get_letter(account(name), letter.number) == letter
    for name in ("applicant2", "reviewer1-yiwu", "sysadmin1", "auditor1"):
        with pytest.raises(NotFoundError):
            get_letter(account(name), letter.number)
    with pytest.raises(NotFoundError):
        get_letter(account("reviewer1"), "没有〔2026〕1号")


def test_lists_the_letters_of_a_case_in_order(django_assert_num_queries: Any) -> None:
    letter, _ = _issued()
    decide(letter.case, "second", note="说明")
    with django_assert_num_queries(1):
        shown = [(each.kind, each.agency.region.name, each.case.number) for each in list_letters(letter.case)]
    assert [kind for kind, _, _ in shown] == ["reply", "second"]


def test_lists_failed_letters_page_by_page() -> None:
    cases = [file() for _ in range(3)]
    Letter.objects.filter(case__in=cases).update(status="failed", problem="缺字")
    first = list_failed_letters(account("supervisor1"), limit=2)
    rest = list_failed_letters(account("supervisor1"), limit=2, cursor=first.next or "")
    found = [*first.items, *rest.items]
    assert [letter.case for letter in found] == cases[::-1]
    assert rest.next is None
    assert list_failed_letters(account("supervisor1-yiwu")).items == []
