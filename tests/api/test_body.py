"""The one place that reads JSON bodies: what passes is exactly what every other program would read."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_app.api.body import MAX_DEPTH, MAX_NUMBER, parse_json
from workflow_app.api.failures import (
    JsonEncodingError,
    JsonInvalidError,
    JsonNumberError,
    JsonRepeatedKeyError,
    JsonTooDeepError,
    TextInvalidError,
)
from workflow_app.domain.errors import CreditError

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
NUMBERS = st.integers(-MAX_NUMBER, MAX_NUMBER) | st.floats(-1e15, 1e15)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.booleans())
def test_every_clean_value_comes_back_as_it_was(value: object, ascii_only: bool) -> None:
    assert parse_json(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_any_bytes_are_a_value_or_an_error_with_a_sentence(content: bytes) -> None:
    error = refusal(content)
    assert error is None or (400 <= error.status < 500 and str(error))


def refusal(content: bytes) -> CreditError | None:
    try:
        parse_json(content)
    except CreditError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", JsonInvalidError),
        (b"{", JsonInvalidError),
        (b"{}{}", JsonInvalidError),
        (b"{'a': 1}", JsonInvalidError),
        (b'{"a": 1,}', JsonInvalidError),
        (b"// comment\n{}", JsonInvalidError),
        (b"\xef\xbb\xbf{}", JsonInvalidError),
        (b'{"a": "\xff"}', JsonEncodingError),
        ("{}".encode("utf-16"), JsonEncodingError),
        ('{"名": "信用"}'.encode("gbk"), JsonEncodingError),
        (b'{"a": NaN}', JsonNumberError),
        (b'{"a": Infinity}', JsonNumberError),
        (b'{"a": -Infinity}', JsonNumberError),
        (b'{"a": 1e999}', JsonNumberError),
        (b'{"a": 9007199254740992}', JsonNumberError),
        (b'{"a": -9007199254740992}', JsonNumberError),
        (b'{"a": ' + b"9" * 5000 + b"}", JsonNumberError),
        (b'{"a": 1, "a": 2}', JsonRepeatedKeyError),
        (b'{"b": [{"a": 1, "\\u0061": 2}]}', JsonRepeatedKeyError),
        (b'{"a": "\\u0000"}', TextInvalidError),
        (b'{"a\\u0000": 1}', TextInvalidError),
        (b'{"a": "\\ud800"}', TextInvalidError),
        (b'["\\udfff\\ud800"]', TextInvalidError),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), JsonTooDeepError),
        (b"[" * 100_000, JsonTooDeepError),
        (b'{"a":' * 100_000, JsonTooDeepError),
        # Took minutes before a text without an end counted as one.
        (b'"' + b'\\"' * 500_000, JsonInvalidError),
    ],
)
def test_what_is_refused(content: bytes, error: type[CreditError]) -> None:
    with pytest.raises(error):
        parse_json(content)


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"9007199254740991", MAX_NUMBER),
        (b"-9007199254740991", -MAX_NUMBER),
        (b'"\\ud83d\\ude00"', "😀"),
        ('"𠮷"'.encode(), "𠮷"),
        (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, None),
        (b'"' + b"[" * 1000 + b'"', "[" * 1000),
        (b'"\\"[[[["', '"[[[['),
        (b" \r\n\t{} ", {}),
        (b"-0.0", 0.0),
    ],
)
def test_what_passes(content: bytes, value: object) -> None:
    found = parse_json(content)
    if value is not None:
        assert found == value
    assert not (isinstance(found, float) and math.isnan(found))


def test_errors_say_where() -> None:
    with pytest.raises(JsonInvalidError) as broken:
        parse_json(b'{"a": 1\n "b": 2}')
    assert broken.value.params == {"line": 2, "column": 2}
    with pytest.raises(JsonRepeatedKeyError) as repeated:
        parse_json(b'{"' + b"x" * 500 + b'": 1, "' + b"x" * 500 + b'": 1}')
    assert len(repeated.value.params["key"]) <= 40
