"""Data made to break things: refused clearly, and never anything but `FormInvalidError`."""

import json
import math
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms.hostile import MAX_DEPTH, MAX_ENTRIES, MAX_NUMBER, MAX_TEXT
from forms.problems import Problem
from forms.validator import FormInvalidError, localise, validate
from tests.forms.samples import CHANGES, EVERYTHING, make_form, text

# A schema that would let everything pass, so that only the guards refuse.
OPEN = make_form({"f": {"title": "字段"}}, additionalProperties=True)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


HOSTILE: list[tuple[Any, str, str, str]] = [
    ({"typename": "UUID"}, "/typename", "forbidden_key", "字段名“typename”不允许使用，请删除后重新提交。"),
    (
        {"f": [{"a": {"typename": 1}}]},
        "/f/0/a/typename",
        "forbidden_key",
        "字段名“typename”不允许使用，请删除后重新提交。",
    ),
    (
        {"__builtins__": 1},
        "/__builtins__",
        "forbidden_key",
        "字段名“__builtins__”不允许使用，请删除后重新提交。",
    ),
    ({"f": "a\x00b"}, "/f", "nul_character", "字段中含有不可见的空字符（NUL），请删除后重新填写。"),
    ({"a\x00": 1}, "/a\\x00", "nul_character", "a\\x00中含有不可见的空字符（NUL），请删除后重新填写。"),
    ({"f": "\ud800"}, "/f", "broken_character", "字段中含有不完整的字符，请删除后重新填写。"),
    ({"\udfff": 1}, "/\\udfff", "broken_character", "\\udfff中含有不完整的字符，请删除后重新填写。"),
    ({"f": "字" * (MAX_TEXT + 1)}, "/f", "text_too_long", "字段超过 20000 个字，请删减。"),
    ({"f": [0] * (MAX_ENTRIES + 1)}, "/f", "too_many_entries", "字段超过 200 项，请删减。"),
    ({"f": math.nan}, "/f", "bad_number", "字段中的数字无效或过大，请改正。"),
    ({"f": math.inf}, "/f", "bad_number", "字段中的数字无效或过大，请改正。"),
    ({"f": -math.inf}, "/f", "bad_number", "字段中的数字无效或过大，请改正。"),
    ({"f": 10**5000}, "/f", "bad_number", "字段中的数字无效或过大，请改正。"),
    ({"f": 1e300}, "/f", "bad_number", "字段中的数字无效或过大，请改正。"),
    ({"f": -MAX_NUMBER - 1}, "/f", "bad_number", "字段中的数字无效或过大，请改正。"),
    ({"f": b"bytes"}, "/f", "not_json", "字段的内容不是可以识别的类型，请重新填写。"),
    ({1: "x"}, "/1", "not_json", "1的内容不是可以识别的类型，请重新填写。"),
]


@pytest.mark.parametrize(("data", "pointer", "code", "chinese"), HOSTILE)
def test_refused_whatever_the_schema_says(data: Any, pointer: str, code: str, chinese: str) -> None:
    with pytest.raises(FormInvalidError) as raised:
        validate(OPEN, data)
    (error,) = localise(raised.value.errors, "zh-hans", OPEN)
    assert error == {"pointer": pointer, "code": code, "message": chinese}
    (english,) = localise(raised.value.errors, "en", OPEN)
    assert not any("\u4e00" <= char <= "\u9fff" for char in english["message"])
    # Half characters in a key must not come back in the answer: nothing could encode it.
    json.dumps(raised.value.errors, ensure_ascii=False).encode()


def test_as_much_as_is_allowed_passes() -> None:
    data = {
        "f": ["字" * MAX_TEXT, MAX_NUMBER, -MAX_NUMBER, nested(MAX_DEPTH - 2), [0] * MAX_ENTRIES, "𠮷", None]
    }
    assert validate(OPEN, data) == data


def test_one_level_more_is_too_deep() -> None:
    with pytest.raises(FormInvalidError) as raised:
        validate(OPEN, {"f": nested(MAX_DEPTH)})
    (error,) = raised.value.errors
    assert error["code"] == "too_deep"


def test_a_thousand_levels_cost_no_recursion() -> None:
    with pytest.raises(FormInvalidError):
        validate(OPEN, {"f": nested(100_000)})


def test_a_long_key_comes_back_shortened() -> None:
    with pytest.raises(FormInvalidError) as raised:
        validate(EVERYTHING, {"k" * 5000: 1, "name": "甲", "agree": True})
    assert len(raised.value.errors[0]["pointer"]) == 65


@pytest.mark.parametrize(
    "data", [{"changes": {"x": {"typename": 1}}}, {"changes": {"٣": 1}}, {"changes": {"0": {"new": 1}}}]
)
def test_an_object_in_place_of_rows_is_an_error_like_any_other(data: Any) -> None:
    with pytest.raises(FormInvalidError) as raised:
        validate(EVERYTHING, data)
    assert localise(raised.value.errors, "en", EVERYTHING)


@pytest.mark.parametrize(
    "data",
    [
        {"f": [[{"k": number} for number in range(MAX_ENTRIES)] for _ in range(MAX_ENTRIES)]},
        {"changes": [{f"k{key}": key for key in range(MAX_ENTRIES)} for _ in range(MAX_ENTRIES)]},
        {"f": "a" * 1_000_000},
    ],
    ids=["lists", "unknown keys", "text"],
)
def test_a_megabyte_of_nonsense_is_refused_quickly(data: Any) -> None:
    started = time.process_time()
    with pytest.raises(FormInvalidError):
        validate(EVERYTHING, data)
    assert time.process_time() - started < 3


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(categories=None), max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([*EVERYTHING.schema["properties"], "field", "old", "new", "typename", "__x", "0"])
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)
OF_THE_FORM = st.fixed_dictionaries({}, optional=dict.fromkeys(EVERYTHING.schema["properties"], JSON))


@given(data=JSON | OF_THE_FORM)
@settings(max_examples=400, deadline=None)
def test_arbitrary_json_raises_nothing_else(data: Any) -> None:
    errors: list[Problem] = []
    cleaned: dict[str, Any] = {}
    try:
        cleaned = validate(EVERYTHING, data)
    except FormInvalidError as error:
        errors = error.errors
        json.dumps(errors, ensure_ascii=False).encode()
    for language in ("zh-hans", "en"):
        assert all(each["message"] for each in localise(errors, language, EVERYTHING))
    assert errors or validate(EVERYTHING, cleaned) == cleaned


@given(value=st.text(max_size=20) | st.integers() | st.lists(st.text(max_size=3), max_size=3))
@settings(max_examples=100, deadline=None)
def test_what_passes_passes_again_unchanged(value: Any) -> None:
    form = make_form({"f": text("字段", maxLength=50), "g": CHANGES})
    try:
        cleaned = validate(form, {"f": value})
    except FormInvalidError:
        return
    assert validate(form, cleaned) == cleaned
