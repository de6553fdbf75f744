"""The pictures of a letter: the agency's round seal and the QR code, as SVG.

Glyphs of the seal are drawn as outlines, so that its text stands on an arc and never mixes into the text that a
reader copies or a machine extracts.
"""

import math
from base64 import b64encode
from contextlib import ExitStack
from functools import lru_cache
from io import BytesIO
from typing import Any

from .fonts import FontFile, GlyphMissingError, boldest, font_chain, glyph_names

RED = "#d7000f"
# State Council notice Guofa 1999-25: seals of departments of county level and above are round, 42 mm across, with a
# five-pointed star in the middle and the agency's name around it from left to right.
SEAL_DIAMETER_MM = 42.0
RIM_MM = 1.2
STAR_DIAMETER_MM = 14.0
NAME_HEIGHT_MM = 5.6
NAME_RADIUS_MM = 18.6
# The name takes at most this part of the circle and opens towards the bottom.
NAME_ARC_DEGREES = 250.0
NAME_STEP_DEGREES = 25.0


@lru_cache(maxsize=512)
def seal_svg(agency_name: str) -> str:
    """The round red seal of an agency; 1 unit = 1 mm.

    Every character of the name must have passed `fonts.ensure_glyphs`.
    """
    half = SEAL_DIAMETER_MM / 2
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{-half} {-half} {2 * half} {2 * half}" '
        f'width="{2 * half}mm" height="{2 * half}mm">'
        f'<circle r="{half - RIM_MM / 2}" fill="none" stroke="{RED}" stroke-width="{RIM_MM}"/>'
        f'<path fill="{RED}" d="{_star(STAR_DIAMETER_MM / 2)}"/>'
        f'<path fill="{RED}" d="{_name_on_arc(agency_name)}"/></svg>'
    )


def _star(radius: float) -> str:
    # The inner corners of a regular five-pointed star lie at cos 72° / cos 36° of its radius.
    inner = radius * math.cos(math.radians(72)) / math.cos(math.radians(36))
    corners = []
    for corner in range(10):
        angle = math.radians(36 * corner)
        reach = inner if corner % 2 else radius
        corners.append(f"{reach * math.sin(angle):.3f},{-reach * math.cos(angle):.3f}")
    return "M" + "L".join(corners) + "Z"


def _name_on_arc(name: str) -> str:
    """One path of all glyphs, feet towards the star."""
    from fontTools.pens.svgPathPen import SVGPathPen
    from fontTools.pens.transformPen import TransformPen

    step = min(NAME_STEP_DEGREES, NAME_ARC_DEGREES / max(len(name) - 1, 1))
    # A long name gets narrower characters, as engravers do.
    room_mm = math.radians(step) * (NAME_RADIUS_MM - NAME_HEIGHT_MM / 2)
    squeeze = min(1.0, 0.96 * room_mm / NAME_HEIGHT_MM)
    pen = SVGPathPen(None, ntos=lambda value: f"{value:.3f}".rstrip("0").rstrip("."))
    with ExitStack() as stack:
        glyph_of = _Outlines(stack)
        for place, character in enumerate(name):
            glyph, em = glyph_of(character)
            scale = NAME_HEIGHT_MM / em
            angle = math.radians(step * (place - (len(name) - 1) / 2))
            glyph.draw(TransformPen(pen, _placement(angle, scale * squeeze, scale, glyph.width)))
        return str(pen.getCommands())


class _Outlines:
    """Looks characters up in the fonts of titles; opens each font once, because that takes a quarter second."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._open: dict[FontFile, Any] = {}

    def __call__(self, character: str) -> tuple[Any, int]:
        """The outline of a character in the first font that has it, and the units of that font's em."""
        for family in font_chain("title"):
            face = boldest(family)
            if ord(character) in glyph_names(face):
                font = self._font(face)
                return font.getGlyphSet()[glyph_names(face)[ord(character)]], font["head"].unitsPerEm
        raise GlyphMissingError(
            character=character, code_point=f"U+{ord(character):04X}", field="agency_name"
        )

    def _font(self, face: FontFile) -> Any:
        from fontTools.ttLib import TTFont

        if face not in self._open:
            font = TTFont(face.path, fontNumber=face.number, lazy=True)
            self._open[face] = self._stack.enter_context(font)
        return self._open[face]


def _placement(angle: float, across: float, up: float, width: float) -> tuple[float, ...]:
    """Font units (y up) → millimetres (y down), centred on its place of the arc and turned with it."""
    sine, cosine = math.sin(angle), math.cos(angle)
    # 0.88 of the height is where the ideographic em box ends above the baseline.
    top = NAME_RADIUS_MM - 0.88 * NAME_HEIGHT_MM
    middle = width * across / 2
    return (
        across * cosine,
        across * sine,
        up * sine,
        -up * cosine,
        top * sine - middle * cosine,
        -top * cosine - middle * sine,
    )


@lru_cache(maxsize=256)
def qr_svg(url: str) -> str:
    """The QR code of an address, error correction M, without the quiet zone (the page leaves it free)."""
    import segno

    target = BytesIO()
    segno.make(url, error="m", micro=False).save(target, kind="svg", border=0, xmldecl=False, omitsize=True)
    return target.getvalue().decode()


def as_data_url(svg: str) -> str:
    """SVG → the data: address under which the page shows it."""
    return "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()
