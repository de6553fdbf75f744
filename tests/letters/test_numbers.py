"""Numbers, codes and what replaces what."""

import re
from typing import Any

import pytest

from tests.letters.world import account, decide, file, letter_of
from workflow_app.models import Letter
from workflow_app.models.letters import LetterStatus
from workflow_app.services.errors import CaseStuckError
from workflow_app.services.letters import (
    CODE_ALPHABET,
    LetterTextMissingError,
    create_letter,
    produce_letters,
)
from workflow_app.services.transition import open_case

pytestmark = pytest.mark.usefixtures("lettering")


def test_numbers_run_by_agency_word_and_year(at: Any) -> None:
    one, two = file(), file()
    short = one.agency.short_name
    assert letter_of(one).number == f"{short}测复〔2026〕1号"
    assert letter_of(two).number == f"{short}测复〔2026〕2号"
    decide(one, "statement")
    assert letter_of(one, "statement").number == f"{short}测承〔2026〕1号"
    at("2027-01-04 09:00")
    assert letter_of(file()).number == f"{short}测复〔2027〕1号"


def test_the_year_is_that_of_china(at: Any) -> None:
    at("2026-12-31 23:59")
    assert "〔2026〕" in letter_of(file()).number
    at("2027-01-01 00:00")
    assert "〔2027〕" in letter_of(file()).number


def test_each_letter_has_a_code_that_nobody_guesses() -> None:
    codes = {letter_of(file()).verify_code for _ in range(5)}
    assert len(codes) == 5
    for code in codes:
        assert re.fullmatch(f"[{CODE_ALPHABET}]{{26}}", code)


def test_the_same_step_played_again_is_the_same_letter() -> None:
    case = file()
    with open_case(account("reviewer1"), pk=case.pk) as moving:
        one = create_letter(moving, "statement")
        moving._step = 0
        again = create_letter(moving, "statement")
        third = create_letter(moving, "statement")
    assert one.pk == again.pk != third.pk


def test_a_kind_the_process_does_not_have_is_refused() -> None:
    case = file()
    # The details are for the log, not for whoever happened to act.
    with pytest.raises(CaseStuckError) as caught, open_case(None, pk=case.pk) as moving:
        create_letter(moving, "unknown")
    assert isinstance(caught.value.__cause__, LetterTextMissingError)


def test_the_trail_tells_of_numbers_replacements_and_voiding() -> None:
    case = file()
    produce_letters()
    decide(case, "second", note="说明")
    decide(case, "void")
    told = [
        (event.kind, event.data.get("letter"))
        for event in case.events.order_by("sequence")
        if event.kind.startswith("letter.")
    ]
    old, new = letter_of(case).number, letter_of(case, "second").number
    assert told == [
        ("letter.numbered", old),
        ("letter.issued", old),
        ("letter.numbered", new),
        ("letter.superseded", old),
        ("letter.voided", old),
    ]


def test_a_new_letter_of_the_same_kind_replaces_nothing_by_itself() -> None:
    case = file()
    decide(case, "again", note="再次")
    produce_letters()
    assert set(Letter.objects.filter(case=case).values_list("status", flat=True)) == {LetterStatus.ISSUED}


def test_voiding_twice_changes_nothing() -> None:
    case = file()
    decide(case, "void")
    decide(case, "void")
    assert [event.kind for event in case.events.all()].count("letter.voided") == 1


def test_what_voids_a_letter_is_the_reason_of_the_diagram() -> None:
    case = file()
    produce_letters()
    decide(case, "void")
    letter = letter_of(case)
    assert (letter.status, letter.status_reason) == (LetterStatus.VOIDED, "内容有误")
    assert letter.sha256


def test_an_act_that_is_undone_makes_no_letter() -> None:
    case = file()
    with pytest.raises(ZeroDivisionError):
        _issue_and_fail(case.pk)
    assert not Letter.objects.filter(kind="statement").exists()


def _issue_and_fail(pk: int) -> None:
    with open_case(None, pk=pk) as moving:
        create_letter(moving, "statement")
        raise ZeroDivisionError
