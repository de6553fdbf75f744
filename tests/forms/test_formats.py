"""Formats: what is accepted, and in what writing it is stored."""

import pytest

from forms.formats import BOUNDED, CHECKS, MESSAGES, NORMALISERS
from forms.validator import FormInvalidError, validate
from tests.forms.samples import DOCUMENT, ID_CARD, USCC, make_form

GOOD = {
    "date": ["2026-03-15", "2024-02-29", "２０２６-03-15"],
    "uscc": [USCC, USCC.lower(), f" {USCC} ", "91110108551385082Q", "９１３５０１００Ｍ０００１００Ｙ４３"],
    "id-card": [ID_CARD, ID_CARD.lower(), "440524188001010014"],
    "subject-code": [USCC, ID_CARD],
    "region-code": ["330700", "330782", "330000"],
    "phone-cn": [
        "13800001234",
        "+8613800001234",
        "0579-12345678",
        "057912345678-123",
        "400-123-4567",
        "１３８００００１２３４",
    ],
    "email": ["name@example.com"],
    "document-id": [DOCUMENT, DOCUMENT.upper()],
    "uuid": [DOCUMENT],
}
BAD = {
    "date": [
        "2026-02-30",
        "2026-2-3",
        "20260315",
        "2026-13-01",
        "2023-02-29",
        "2026-W01-1",
        "0000-01-01",
        "明天",
    ],
    "uscc": ["91350100M000100Y44", USCC[:-1], f"{USCC}0", "O" * 18, ID_CARD],
    "id-card": ["110105194912310021", ID_CARD[:-1], "11010519491331002X", USCC],
    "subject-code": ["91350100M000100Y44", "110105194912310021", "12345"],
    "region-code": ["33070", "3307000", "000000", "ABCDEF"],
    "phone-cn": ["12800001234", "1380000123", "12345678", "138000012345", "电话"],
    "email": ["name", "name@", "@example.com", "a b@example.com"],
    "document-id": ["1", DOCUMENT[:-1], f"{{{DOCUMENT}}}", DOCUMENT.replace("-", ""), f"urn:uuid:{DOCUMENT}"],
    "uuid": ["x"],
}


def check(name: str, value: str) -> str:
    form = make_form({"field": {"title": "字段", "type": "string", "format": name, "maxLength": 300}})
    return validate(form, {"field": value})["field"]


def test_every_format_is_tested_and_explained() -> None:
    assert set(CHECKS) == set(GOOD) == set(BAD) == set(MESSAGES) == set(NORMALISERS)


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in GOOD.items() for value in values]
)
def test_good_values_are_accepted(name: str, value: str) -> None:
    check(name, value)


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in BAD.items() for value in values]
)
def test_bad_values_are_refused_with_the_format_s_own_sentence(name: str, value: str) -> None:
    with pytest.raises(FormInvalidError) as raised:
        check(name, value)
    (error,) = raised.value.errors
    assert (error["pointer"], error["code"], error["params"]["format"]) == ("/field", "format", name)
    assert error["message_id"] == MESSAGES[name]


@pytest.mark.parametrize("name", sorted(BOUNDED))
def test_bounded_formats_refuse_long_texts(name: str) -> None:
    longest = max(GOOD[name], key=len)
    assert not CHECKS[name](longest * 100)


@pytest.mark.parametrize(
    ("name", "typed", "stored"),
    [
        ("uscc", "９１３５０１００m000100y43", USCC),
        ("id-card", "11010519491231002x", ID_CARD),
        ("date", "２０２６-０３-１５", "2026-03-15"),
        ("phone-cn", "138 0000 1234", "13800001234"),
        ("document-id", DOCUMENT.upper(), DOCUMENT),
    ],
)
def test_one_writing_is_stored(name: str, typed: str, stored: str) -> None:
    assert check(name, typed) == stored


def test_values_in_lists_and_rows_are_normalised_too() -> None:
    form = make_form(
        {
            "papers": {
                "title": "材料",
                "type": "array",
                "maxItems": 2,
                "items": {"type": "string", "format": "document-id"},
            },
            "rows": {
                "title": "主体",
                "type": "array",
                "maxItems": 2,
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"code": {"title": "代码", "type": "string", "format": "uscc"}},
                },
            },
        }
    )
    data = {"papers": [DOCUMENT.upper()], "rows": [{"code": USCC.lower()}]}
    assert validate(form, data) == {"papers": [DOCUMENT], "rows": [{"code": USCC}]}
