"""Cut fonts hold everyday writing; what they lack comes from the whole font."""

import io
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from tests.letters.world import TEXT, sealed, shell, text_of, words
from workflow_app.letters import cutting, typesetting
from workflow_app.letters.cutting import EVERYDAY, FontUncutError, cut_font, family_name
from workflow_app.letters.fonts import CHAINS, FontFile, SubsetterMissingError
from workflow_app.letters.page import render_letter


@pytest.mark.parametrize("use", sorted(CHAINS))
def test_a_cut_font_has_the_everyday_characters_and_little_else(use: str) -> None:
    with TTFont(io.BytesIO(cut_font(use))) as font:
        glyphs = font.getBestCmap()
        assert set(map(chr, glyphs)) <= EVERYDAY
        assert {ord(character) for character in "中国字，。〔2026〕ABCabc"} <= set(glyphs)
        assert len(font.getGlyphOrder()) < 8000


def test_a_letter_is_small(tmp_path: Path) -> None:
    # With the whole fonts it has 390 kB.
    assert len(sealed()) < 180_000


def test_rare_characters_come_from_the_whole_font(tmp_path: Path) -> None:
    rare = "䶮喆堃㛃"
    assert not set(rare) <= EVERYDAY
    path = tmp_path / "letter.pdf"
    path.write_bytes(render_letter(TEXT, words(extra=rare)).pdf)
    assert rare in text_of(path.read_bytes(), tmp_path)
    fonts = shell("pdffonts", path)
    assert family_name("text").replace(" ", "-") in fonts
    assert "Noto" in fonts


def test_a_font_that_cannot_be_cut_is_used_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(use: str) -> bytes:
        raise FontUncutError(use)

    monkeypatch.setattr(typesetting, "cut_font", refuse)
    for function in (typesetting._font_configuration, typesetting._stylesheet):
        function.cache_clear()
    try:
        pdf = render_letter(TEXT, words()).pdf
    finally:
        for function in (typesetting._font_configuration, typesetting._stylesheet):
            function.cache_clear()
    assert "准予修复" in text_of(pdf, tmp_path)
    assert "letter-text" not in shell("pdffonts", tmp_path / "letter.pdf")


def test_a_file_that_is_no_font_is_not_cut(tmp_path: Path) -> None:
    path = tmp_path / "broken.ttf"
    path.write_bytes(b"no font")
    with pytest.raises(FontUncutError):
        cutting._cut(FontFile(str(path), 0, 80))


def test_says_that_the_library_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SubsetterMissingError):
        cutting._load(("libno-such-library.so",))
