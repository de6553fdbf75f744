"""Cuts the big fonts down to what letters are made of, once in a process.

A CJK font has 65,000 glyphs. Every letter embeds the few it uses, but their tables keep a place for each of the others:
cut to the everyday characters first, a letter is a quarter as large and set in half the time. Rarer characters still
come from the whole font, which stands behind the cut one.
"""

import ctypes
from collections.abc import Mapping
from functools import cache

from .fonts import SUBSETTER_NAMES, FontFile, SubsetterMissingError, font_chain, installed_fonts

# GB/T 2312: the 6,763 characters and the punctuation of everyday writing; besides it Latin, digits and signs.
EVERYDAY = frozenset(
    {
        character
        for high in range(0xA1, 0xF8)
        for low in range(0xA1, 0xFF)
        for character in bytes([high, low]).decode("gb2312", "ignore")
    }
    | set(map(chr, range(0x20, 0x7F)))
    | set(map(chr, range(0xA0, 0x100)))
    | set("〔〕〖〗—…‘’“”·●○①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳㎡℃‰№→←↑↓√×÷≤≥≠±")
)
# Fontconfig's weights: the body is regular, the title semi-bold as far as the family has it.
WEIGHTS: Mapping[str, int] = {"text": 80, "title": 180, "heading": 80, "kai": 80}
# The same as the style sheet asks for them.
CSS_WEIGHTS: Mapping[str, int] = {"text": 400, "title": 600, "heading": 400, "kai": 400}
# HarfBuzz's number for the set of tables to leave out. Without substitutions no glyph drags its regional, vertical and
# old forms along; in horizontal simplified Chinese none of them is used.
_DROP_TABLES = 3
_LEFT_OUT = int.from_bytes(b"GSUB")


class FontUncutError(Exception):
    """The library could not cut this font; letters are set with the whole one, only slower."""


def family_name(use: str) -> str:
    """What the cut font of a use is called in the style sheet."""
    return f"letter {use}"


@cache
def cut_font(use: str) -> bytes:
    """The first font of the chain for "text", "title", "heading" or "kai", with the everyday characters only.

    Raises FontMissingError, SubsetterMissingError, FontUncutError.
    """
    return _cut(_face(use))


def _face(use: str) -> FontFile:
    family = font_chain(use)[0]
    return min(installed_fonts()[family], key=lambda face: abs(face.weight - WEIGHTS[use]))


@cache
def _cut(face: FontFile) -> bytes:
    harfbuzz, subsetter = _libraries()
    blob = harfbuzz.hb_blob_create_from_file(face.path.encode())
    whole = harfbuzz.hb_face_create(blob, face.number)
    plan = subsetter.hb_subset_input_create_or_fail()
    wanted = subsetter.hb_subset_input_unicode_set(plan)
    for character in EVERYDAY:
        harfbuzz.hb_set_add(wanted, ord(character))
    harfbuzz.hb_set_add(subsetter.hb_subset_input_set(plan, _DROP_TABLES), _LEFT_OUT)
    part = subsetter.hb_subset_or_fail(whole, plan)
    # Of a file that is no font it makes an empty one.
    if not part or not harfbuzz.hb_face_get_glyph_count(part):
        raise FontUncutError(face.path)
    content = harfbuzz.hb_face_reference_blob(part)
    length = ctypes.c_uint()
    start = harfbuzz.hb_blob_get_data(content, ctypes.byref(length))
    data = ctypes.string_at(start, length.value)
    harfbuzz.hb_blob_destroy(content)
    for cut in (part, whole):
        harfbuzz.hb_face_destroy(cut)
    subsetter.hb_subset_input_destroy(plan)
    harfbuzz.hb_blob_destroy(blob)
    return data


# Name → arguments and result; everything else is an opaque pointer.
_POINTER = ctypes.c_void_p
_HARFBUZZ = {
    "hb_blob_create_from_file": ([ctypes.c_char_p], _POINTER),
    "hb_blob_get_data": ([_POINTER, ctypes.POINTER(ctypes.c_uint)], _POINTER),
    "hb_blob_destroy": ([_POINTER], None),
    "hb_face_create": ([_POINTER, ctypes.c_uint], _POINTER),
    "hb_face_get_glyph_count": ([_POINTER], ctypes.c_uint),
    "hb_face_reference_blob": ([_POINTER], _POINTER),
    "hb_face_destroy": ([_POINTER], None),
    "hb_set_add": ([_POINTER, ctypes.c_uint32], None),
}
_SUBSETTER = {
    "hb_subset_input_create_or_fail": ([], _POINTER),
    "hb_subset_input_unicode_set": ([_POINTER], _POINTER),
    "hb_subset_input_set": ([_POINTER, ctypes.c_int], _POINTER),
    "hb_subset_input_destroy": ([_POINTER], None),
    "hb_subset_or_fail": ([_POINTER, _POINTER], _POINTER),
}


@cache
def _libraries() -> tuple[ctypes.CDLL, ctypes.CDLL]:
    subsetter = _load(SUBSETTER_NAMES)
    harfbuzz = _load(tuple(name.replace("-subset", "") for name in SUBSETTER_NAMES))
    for library, functions in ((harfbuzz, _HARFBUZZ), (subsetter, _SUBSETTER)):
        for name, (arguments, result) in functions.items():
            function = getattr(library, name)
            function.argtypes, function.restype = arguments, result
    return harfbuzz, subsetter


def _load(names: tuple[str, ...]) -> ctypes.CDLL:
    for name in names:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    raise SubsetterMissingError
