"""A character that cannot be printed is refused by name; nothing becomes an empty box."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_app.letters import fonts
from workflow_app.letters.fonts import (
    FontMissingError,
    GlyphMissingError,
    SubsetterMissingError,
    boldest,
    ensure_glyphs,
    ensure_subsetter,
    font_chain,
    glyph_names,
    installed_fonts,
    missing_characters,
)

# GB 2312 level 1 and 2: what every form and name of everyday use is made of.
GB_2312 = "".join(
    bytes([high, low]).decode("gb2312", "ignore") for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF)
)


def test_sets_all_everyday_characters_and_punctuation() -> None:
    assert len(GB_2312) == 6763
    assert (
        list(missing_characters(GB_2312 + "，。；：“”‘’（）〔〕《》、？！—…·○0123456789.,-ABCabc%㎡①②③\n\t"))
        == []
    )


def test_sets_rare_characters_of_names_that_the_fonts_have() -> None:
    assert list(missing_characters("㛃䶮𠅤𬭁喆堃")) in ([], ["𠅤"], ["𬭁"], ["𠅤", "𬭁"])
    assert list(missing_characters("䶮喆堃")) == []


@pytest.mark.parametrize(
    ("character", "point"),
    [
        ("\U0002a6d6", "U+2A6D6"),  # an ideograph beyond the fonts
        ("\U00031350", "U+31350"),  # an ideograph newer than this Python
        ("\ue000", "U+E000"),  # private: another on every machine
        ("\u202e", "U+202E"),  # turns the reading direction
        ("\u200b", "U+200B"),  # nothing to see
        ("\x00", "U+0000"),
        ("\U0001f600", "U+1F600"),  # a picture
        ("\ud800", "U+D800"),  # half a character
    ],
)
def test_names_the_character_and_the_field(character: str, point: str) -> None:
    with pytest.raises(GlyphMissingError) as caught:
        ensure_glyphs({"one": "张三", "subject.name": f"王{character}明"})
    assert caught.value.params["code_point"] == point
    assert caught.value.params["field"] == "subject.name"
    assert point in str(caught.value)
    str(caught.value).encode()


@given(st.text(alphabet=st.characters(exclude_characters="\t\n\r"), max_size=20))
def test_what_passes_has_a_glyph_in_some_font_of_the_chain(text: str) -> None:
    missing = set(missing_characters(text))
    repertoires = [glyph_names(boldest(family)) for family in font_chain("text")]
    for character in set(text) - missing:
        assert any(ord(character) in glyphs for glyphs in repertoires)


@pytest.mark.parametrize("use", ["text", "title", "heading", "kai"])
def test_every_use_ends_with_a_font_that_has_everything_common(use: str) -> None:
    assert fonts.FALLBACK in font_chain(use)


def test_says_which_font_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "installed_fonts", dict)
    with pytest.raises(FontMissingError, match="Noto"):
        font_chain("text")


def test_says_that_the_font_list_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(FontMissingError):
        installed_fonts.__wrapped__()


def test_says_that_the_subsetter_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    ensure_subsetter()
    monkeypatch.setattr(fonts, "SUBSETTER_NAMES", ("libno-such-library.so",))
    with pytest.raises(SubsetterMissingError, match="libharfbuzz-subset"):
        ensure_subsetter()
