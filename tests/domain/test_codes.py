"""Codes of organisations, persons and regions with their traps."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_app.domain import clock
from workflow_app.domain.codes import (
    IdCardInvalidError,
    RegionCodeInvalidError,
    UsccInvalidError,
    check_id_card,
    check_region_code,
    check_subject_code,
    check_uscc,
    half_width,
    is_id_card,
    is_uscc,
    make_id_card,
    make_uscc,
    region_prefixes,
)
from workflow_app.domain.errors import CreditError

TODAY = date(2026, 11, 24)
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
usccs = st.text(ALPHABET, min_size=17, max_size=17).map(make_uscc)


def as_full_width(text):
    return "".join(chr(ord(char) + 0xFEE0) for char in text)


@pytest.mark.parametrize("code", ["91350100M000100Y43", "91110108551385082Q"])
def test_valid_organisation_codes(code):
    assert check_uscc(code) == code
    assert is_uscc(code)
    assert make_uscc(code[:17]) == code


def test_codes_of_rural_co_operatives_begin_with_a_letter():
    code = make_uscc("N2330782MF0000001")
    assert code.startswith("N2")
    assert check_uscc(code) == code


@pytest.mark.parametrize(
    "typed",
    ["  91350100m000100y43\n", as_full_width("91350100M000100Y43"), "\u300091350100M000100Y43\u3000"],
)
def test_what_people_type_is_normalised(typed):
    assert check_uscc(typed) == "91350100M000100Y43"


@pytest.mark.parametrize(
    ("code", "reason", "said"),
    [
        ("", "length", "18 位"),
        ("91350100M000100Y4", "length", "18 位"),
        ("91350100M000100Y433", "length", "18 位"),
        ("9135 0100M000100Y43", "length", "18 位"),
        ("9135010OM000100Y43", "alphabet", "不使用 I、O、S、V、Z"),
        ("91350100-000100Y43", "alphabet", "不使用 I、O、S、V、Z"),
        (
            "9135010٠M000100Y43",
            "alphabet",
            "不使用 I、O、S、V、Z",
        ),  # an Arabic zero is a digit, but not one of these
        ("91350100M000100Y44", "check", "校验码"),
        ("91350100M001000Y43", "check", "校验码"),
    ],
)
def test_invalid_organisation_codes(code, reason, said):
    with pytest.raises(UsccInvalidError) as caught:
        check_uscc(code)
    assert caught.value.code == "uscc_invalid"
    assert caught.value.params == {"code": code, "reason": reason}
    assert said in str(caught.value)
    assert not is_uscc(code)


@given(code=usccs, place=st.integers(0, 17), char=st.sampled_from(ALPHABET))
def test_one_wrong_character_of_an_organisation_code_is_always_found(code, place, char):
    assert is_uscc(code)
    wrong = code[:place] + char + code[place + 1 :]
    assert is_uscc(wrong) is (wrong == code)


@given(code=usccs, place=st.integers(0, 15))
def test_two_swapped_characters_of_an_organisation_code_are_always_found(code, place):
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert is_uscc(swapped) is (swapped == code)


@pytest.mark.parametrize("body", ["", "9" * 16, "9" * 18, "O" * 17])
def test_only_seventeen_characters_can_be_completed(body):
    with pytest.raises(ValueError, match="17 characters"):
        make_uscc(body)


@pytest.mark.parametrize(
    "number",
    [
        "11010519491231002X",
        "440524188001010014",  # a region code that was withdrawn since: the number stays valid
    ],
)
def test_valid_identity_numbers(number):
    assert check_id_card(number, TODAY) == number
    assert is_id_card(number, TODAY)
    assert make_id_card(number[:17]) == number


@pytest.mark.parametrize("typed", ["11010519491231002x ", as_full_width("11010519491231002x")])
def test_identity_numbers_are_normalised(typed):
    assert check_id_card(typed, TODAY) == "11010519491231002X"


@pytest.mark.parametrize(
    ("number", "reason", "said"),
    [
        ("", "length", "18 位"),
        ("110105491231002", "length", "18 位"),  # the fifteen digits of before 1999
        ("1101051949123100XX", "alphabet", "前 17 位"),
        ("11010519491231002A", "alphabet", "前 17 位"),
        ("1101051949123100²X", "alphabet", "前 17 位"),
        (make_id_card("11010520260230002"), "birthday", "出生日期"),  # 30 February
        (make_id_card("11010520261125002"), "birthday", "出生日期"),  # tomorrow
        (make_id_card("11010500000101002"), "birthday", "出生日期"),
        ("110105194912310020", "check", "校验码"),
        ("11010519491231012X", "check", "校验码"),
    ],
)
def test_invalid_identity_numbers(number, reason, said):
    with pytest.raises(IdCardInvalidError) as caught:
        check_id_card(number, TODAY)
    assert caught.value.code == "id_card_invalid"
    assert caught.value.params == {"code": number, "reason": reason}
    assert said in str(caught.value)
    assert not is_id_card(number, TODAY)


def test_born_today_is_accepted():
    assert is_id_card(make_id_card("33070120261124001"), TODAY)


def test_without_a_day_the_clock_says_which_day_it_is_in_china():
    born_on_the_25th = make_id_card("33070120261125001")
    try:
        clock.set_source(lambda: datetime(2026, 11, 24, 15, 59, tzinfo=UTC))
        assert not is_id_card(born_on_the_25th)
        clock.set_source(lambda: datetime(2026, 11, 24, 16, 0, tzinfo=UTC))
        assert is_id_card(born_on_the_25th)
    finally:
        clock.set_source(clock.system_time)


@given(
    born=st.dates(date(1880, 1, 1), TODAY),
    region=st.integers(110000, 829999),
    serial=st.integers(0, 999),
    place=st.integers(0, 17),
    digit=st.sampled_from("0123456789"),
)
def test_one_wrong_digit_of_an_identity_number_is_always_found(born, region, serial, place, digit):
    number = make_id_card(f"{region}{born:%Y%m%d}{serial:03d}")
    assert is_id_card(number, TODAY)
    wrong = number[:place] + digit + number[place + 1 :]
    assert is_id_card(wrong, TODAY) is (wrong == number)


@pytest.mark.parametrize("body", ["", "1" * 16, "1" * 18, "1101051949123100X", "１" * 17])
def test_only_seventeen_digits_can_be_completed(body):
    with pytest.raises(ValueError, match="17 digits"):
        make_id_card(body)


@pytest.mark.parametrize("code", ["330000", "330700", "330782", "469005", "710000", "820000"])
def test_valid_region_codes(code):
    assert check_region_code(as_full_width(code)) == code


@pytest.mark.parametrize("code", ["", "33078", "3307820", "030700", "330082", "33O782", "33078²"])
def test_invalid_region_codes(code):
    with pytest.raises(RegionCodeInvalidError) as caught:
        check_region_code(code)
    assert caught.value.code == "region_code_invalid"
    assert caught.value.params == {"code": code}


@pytest.mark.parametrize(
    ("code", "chain"),
    [
        ("330782", ("330782", "330700", "330000", "")),
        ("330700", ("330700", "330000", "")),
        ("330000", ("330000", "")),
    ],
)
def test_a_region_is_followed_by_those_above_it(code, chain):
    assert region_prefixes(code) == chain


def test_regions_above_a_malformed_code_are_refused():
    with pytest.raises(RegionCodeInvalidError):
        region_prefixes("3307")


@given(text=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E)))
def test_full_width_characters_become_half_width(text):
    assert half_width(as_full_width(text)) == text
    assert half_width(text) == text


def test_chinese_text_is_left_alone():
    assert half_width("金华市，〔２０２６〕") == "金华市,〔2026〕"


@pytest.mark.parametrize("check", [is_uscc, lambda text: is_id_card(text, TODAY)])
@given(text=st.text())
def test_any_text_gets_an_answer(check, text):
    assert check(text) in (True, False)


ORGANISATION = make_uscc("91330700MA2XH0001")
DIGITS_ONLY = make_uscc("12330700123456789")
PERSON = make_id_card("33070119900101123")


@pytest.mark.parametrize("code", [ORGANISATION, DIGITS_ONLY, PERSON, "E12345678", "", "912345678901234"])
def test_the_code_of_any_kind_of_subject_is_normalised(code):
    assert check_subject_code(f" {as_full_width(code).lower()} ") == code


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (ORGANISATION[:-1] + ("0" if ORGANISATION[-1] != "0" else "1"), "uscc_invalid"),
        (DIGITS_ONLY[:-1] + ("0" if DIGITS_ONLY[-1] != "0" else "1"), "uscc_invalid"),
        (PERSON[:-1] + ("0" if PERSON[-1] != "0" else "1"), "id_card_invalid"),
        ("330701199002301234", "uscc_invalid"),
        ("91330700MA2XH000I9", "uscc_invalid"),
    ],
)
def test_a_slip_in_the_code_of_a_subject_is_named_by_its_kind(code, expected):
    with pytest.raises(CreditError) as caught:
        check_subject_code(code)
    assert caught.value.code == expected
