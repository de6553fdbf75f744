"""Which fonts letters are set in, and whether they can set what a letter says.

A character that no font has would be printed as an empty box: in a name that is a wrong letter. So characters are
looked up in the fonts' own tables before anything is rendered.
"""

import ctypes
import subprocess
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from shutil import which

from workflow_app.domain.errors import CreditError

# GB/T 9704-2012, 5.2.2 and 7: body in FangSong, title and the agency's name in XiaoBiaoSong, first-level headings
# in HeiTi, second-level headings in KaiTi. The free families at the end stand in where the licensed ones are not
# installed.
FALLBACK = "Noto Serif CJK SC"
# Families that hold the rare characters of names (GB 18030-2022, level 3); used after the others, where installed.
SUPPLEMENTS = ("SimSun-ExtB", "SimSun-ExtG", "Plangothic P1", "Plangothic P2")
CHAINS: Mapping[str, tuple[str, ...]] = {
    "text": ("仿宋_GB2312", "FangSong_GB2312", "仿宋", "FangSong", FALLBACK),
    "title": ("方正小标宋_GBK", "方正小标宋简体", "FZXiaoBiaoSong-B05S", FALLBACK),
    "kai": ("楷体_GB2312", "KaiTi_GB2312", "楷体", "KaiTi", FALLBACK),
    "heading": ("黑体", "SimHei", "Noto Sans CJK SC", FALLBACK),
}
SUBSETTER_NAMES = ("libharfbuzz-subset.so.0", "libharfbuzz-subset.0.dylib", "libharfbuzz-subset-0.dll")
# The planes that Unicode keeps for ideographs.
IDEOGRAPHIC_PLANES = range(0x20000, 0x40000)
# Line ends and tabs lay text out; they need no glyph.
LAYOUT_CHARACTERS = frozenset("\t\n\r")


class GlyphMissingError(CreditError):
    """A text holds a character that no font of the chain can set."""

    code = "glyph_missing"
    message = (
        "“{field}”中的字符“{character}”（{code_point}）在文书字体中没有字形，无法印制。"
        "请核对该字；确为生僻字的，请联系系统管理员安装生僻字字体（如 SimSun-ExtB、遍黑体 Plangothic）后重试。"
    )
    status = 422


class FontMissingError(CreditError):
    """None of the families of a chain is installed."""

    code = "font_missing"
    message = "没有安装文书字体“{family}”，无法印制文书。请安装软件包 fonts-noto-cjk 后重试。"
    status = 500


class SubsetterMissingError(CreditError):
    """Without the library each page would take ten seconds."""

    code = "subsetter_missing"
    message = "没有安装程序库 libharfbuzz-subset，无法印制文书。请安装软件包 libharfbuzz-subset0 后重试。"
    status = 500


@dataclass(frozen=True)
class FontFile:
    """One face: the file, its number inside a collection (.ttc), its weight as fontconfig counts (80 = regular)."""

    path: str
    number: int
    weight: int


@cache
def installed_fonts() -> Mapping[str, tuple[FontFile, ...]]:
    """Every upright family that fontconfig knows, under each of its names."""
    program = which("fc-list")
    if program is None:
        raise FontMissingError(family=FALLBACK)
    listing = subprocess.run(  # noqa: S603 - a fixed command
        [program, "--format", "%{family}\t%{index}\t%{weight}\t%{file}\n", ":slant=0"],
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
    ).stdout
    found: dict[str, list[FontFile]] = {}
    for line in listing.splitlines():
        families, index, weight, path = line.split("\t", 3)
        # The upper half of the index names an instance of a variable font, the lower half the face. A variable
        # font without an instance shows its weights as a range.
        face = FontFile(path, int(index) & 0xFFFF, int(weight.strip("[]").split()[0]))
        for family in families.split(","):
            found.setdefault(family.strip(), []).append(face)
    return {family: tuple(faces) for family, faces in found.items()}


def font_chain(use: str) -> tuple[str, ...]:
    """The installed families for "text", "title", "heading" or "kai", best first.

    Raises FontMissingError when none is installed.
    """
    families = _installed(CHAINS[use])
    if not families:
        raise FontMissingError(family=CHAINS[use][-1])
    return families + _installed(SUPPLEMENTS)


def _installed(families: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(family for family in families if family in installed_fonts())


def boldest(family: str) -> FontFile:
    """The face of a family that stands for it in the seal: the nearest to bold (fontconfig's 200)."""
    return min(installed_fonts()[family], key=lambda face: abs(face.weight - 200))


@cache
def glyph_names(face: FontFile) -> Mapping[int, str]:
    """Code point → glyph name, for every character of a face."""
    from fontTools.ttLib import TTFont

    with TTFont(face.path, fontNumber=face.number, lazy=True) as font:
        return {point: glyph for point, glyph in font.getBestCmap().items() if glyph != ".notdef"}


@cache
def _printable() -> tuple[Mapping[int, str], ...]:
    # The weights of one family share one repertoire, so one face answers for all.
    return tuple(glyph_names(boldest(family)) for family in font_chain("text"))


def _needs_refusal(character: str) -> bool:
    # Format characters (zero width, direction marks) have no shape of their own but change what is read; private
    # and unassigned ones mean nothing outside the machine they come from.
    if ord(character) in IDEOGRAPHIC_PLANES:
        # New ideographs of names come faster than new versions of Python know them: the fonts decide.
        return False
    return unicodedata.category(character) in {"Cc", "Cf", "Cn", "Co", "Cs"}


def missing_characters(text: str) -> Iterable[str]:
    """The characters of `text` that cannot be set, in order, each once."""
    for character in dict.fromkeys(text):
        if character in LAYOUT_CHARACTERS:
            continue
        if _needs_refusal(character) or not any(ord(character) in glyphs for glyphs in _printable()):
            yield character


def ensure_glyphs(texts: Mapping[str, str]) -> None:
    """Check that every character of every text can be printed; the keys name the fields for people.

    Raises GlyphMissingError for the first that cannot, FontMissingError when no font is installed.
    """
    for field, text in texts.items():
        for character in missing_characters(text):
            raise GlyphMissingError(
                character=_shown(character), code_point=f"U+{ord(character):04X}", field=field
            )


def _shown(character: str) -> str:
    # A lone surrogate cannot be sent to anybody, and a direction mark would turn the message around.
    return "\N{REPLACEMENT CHARACTER}" if _needs_refusal(character) else character


def ensure_subsetter() -> None:
    """Check that fonts can be cut down to the characters used; raises SubsetterMissingError."""
    for name in SUBSETTER_NAMES:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return
    raise SubsetterMissingError
