"""Words of Chinese text for the search."""

from hypothesis import given
from hypothesis import strategies as st

from workflow_app.domain.shingles import LONGEST_WORD, MOST_PLACES, query_of, vector_of, words_of

CHINESE = st.text(st.sampled_from("市场监管食品经营许可证公示信用修复𠮷𪚥"), min_size=1, max_size=12)


def test_neighbours_make_words_and_latin_stays_together() -> None:
    assert list(words_of("市场监管A1，食")) == ["市场", "场监", "监管", "a1", "食"]
    assert list(words_of("ＸＹＣＮ－330700")) == ["xycn", "330700"]
    assert list(words_of("𠮷野家")) == ["𠮷野", "野家"]
    assert list(words_of("。，！ ")) == []


def test_a_vector_keeps_places_and_parts_texts() -> None:
    assert vector_of("食品食品", "食品") == "'食品':1,3,5 '品食':2"
    assert vector_of("", "。") == ""


def test_a_query_wants_all_parts_each_whole() -> None:
    assert query_of("食品 XYCN-3307") == "('食品') & 'xycn':* & '3307':*"
    assert query_of("食品安") == "('食品' <-> '品安')"
    assert query_of("食") == "'食':*"
    assert query_of("' | ! & <-> :* \\") == ""


@given(st.text(max_size=200))
def test_nothing_that_is_typed_can_be_more_than_words(text: str) -> None:
    for literal in (vector_of(text), query_of(text)):
        outside = "".join(part for at, part in enumerate(literal.split("'")) if at % 2 == 0)
        assert set(outside) <= set("0123456789:,*&<->() ")
        assert "\\" not in literal
    assert all(0 < len(word) <= LONGEST_WORD for word in words_of(text))


@given(CHINESE, CHINESE, CHINESE)
def test_what_stands_in_a_text_is_among_its_words(before: str, middle: str, after: str) -> None:
    words = list(words_of(before + middle + after))
    if len(middle) > 1:
        inner = list(words_of(middle))
        assert any(words[at : at + len(inner)] == inner for at in range(len(words)))


def test_a_long_text_ends_where_the_database_would() -> None:
    vector = vector_of("食品" * MOST_PLACES)
    assert str(MOST_PLACES + 1) not in vector.replace("'", ":").split(":")
    assert max(len(part.split(":")[1].split(",")) for part in vector.split(" ")) == 255
