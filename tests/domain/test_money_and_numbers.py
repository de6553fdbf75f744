"""Amounts of money and the numbers of cases and letters."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_app.domain.codes import RegionCodeInvalidError
from workflow_app.domain.money import MoneyInvalidError, format_cents, parse_cents
from workflow_app.domain.numbers import case_number, is_case_number, letter_number


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("0", 0),
        ("1234", 123400),
        ("1,234.5", 123450),
        ("1234.56元", 123456),
        ("￥1,234,567.89", 123456789),
        ("¥ 12", 1200),
        ("１２３４．５０元", 123450),
        (" 0.01 ", 1),
        ("1.500", 150),
        ("-3.2", -320),
        ("999,999,999,999.99", 99999999999999),
    ],
)
def test_parse_yuan(text, cents):
    assert parse_cents(text) == cents


@pytest.mark.parametrize(
    ("text", "cents"),
    [("1", 1_000_000), ("0.000001", 1), ("2.35万元", 2_350_000), ("0.5", 500_000), ("1.2000000", 1_200_000)],
)
def test_parse_ten_thousands_of_yuan(text, cents):
    assert parse_cents(text, wan=True) == cents


@pytest.mark.parametrize(
    "text",
    [
        "",
        "元",
        ".5",
        "1.",
        "1.005",
        "12,34",
        "1,2345",
        "1e5",
        "1 000",
        "+5",
        "--5",
        "NaN",
        "五百",
        "²",
        "٣",
        "1" * 13,
        "1" * 5000,
        "1万元",
    ],
)
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(MoneyInvalidError) as caught:
        parse_cents(text)
    assert caught.value.code == "money_invalid"
    assert caught.value.params == {"text": text}


def test_parts_of_a_cent_are_refused_in_ten_thousands_too():
    with pytest.raises(MoneyInvalidError):
        parse_cents("0.0000001", wan=True)


@pytest.mark.parametrize(
    ("cents", "text"), [(0, "0.00"), (5, "0.05"), (123450, "1,234.50"), (-5, "-0.05"), (-123400, "-1,234.00")]
)
def test_format(cents, text):
    assert format_cents(cents) == text


@given(cents=st.integers(-(10**14) + 1, 10**14 - 1))
def test_what_is_formatted_is_parsed_to_the_same(cents):
    assert parse_cents(format_cents(cents)) == cents


def test_case_numbers():
    assert case_number("XYCN", "330700", date(2026, 11, 22), 123) == "XYCN-330700-20261122-000123"
    assert case_number("XYYY", "330782", date(2026, 1, 4), 1_000_000) == "XYYY-330782-20260104-1000000"


@given(st.integers(1, 9_999_999_999))
def test_case_numbers_are_known_by_their_shape(n):
    assert is_case_number(case_number("XYCN", "330700", date(2026, 11, 22), n))


@pytest.mark.parametrize(
    "text", ["", "XYCN", "xycn-330700-20261122-000123", "XYCN-330700-20261122-00012", "XYCN-330700-20261122-00012３",
             "XYCN-330700-20261122-000123\n", "\0", "\ud800", "X" * 5000]
)  # fmt: skip
def test_other_texts_are_no_case_numbers(text):
    assert not is_case_number(text)


@pytest.mark.parametrize("prefix", ["", "X", "xycn", "XYCN1", "ABCDEFGHI", "信用"])
def test_case_numbers_begin_with_capitals(prefix):
    with pytest.raises(ValueError, match="prefix"):
        case_number(prefix, "330700", date(2026, 11, 22), 1)


def test_case_numbers_need_a_region_and_count_from_one():
    with pytest.raises(RegionCodeInvalidError):
        case_number("XYCN", "3307", date(2026, 11, 22), 1)
    with pytest.raises(ValueError, match="at least 1"):
        case_number("XYCN", "330700", date(2026, 11, 22), 0)


def test_letter_numbers():
    assert letter_number("金信用", "承", 2026, 123) == "金信用承〔2026〕123号"
    with pytest.raises(ValueError, match="at least 1"):
        letter_number("金信用", "承", 2026, 0)
