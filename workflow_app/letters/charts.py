"""The charts of a bulletin as SVG: bars by agency, lines by month, drawn to be printed.

The drawing library styles for screens, with scripts and rules that a typesetter does not know. What it draws is kept,
what it says about looks is replaced, and nothing in the result depends on the moment or names another place.
"""

import sys
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from lxml import etree

from .fonts import ensure_glyphs, font_chain

# Distinct also on a copier that knows no colours: dark and pale bars, and lines that differ in their dashes.
BAR_COLOURS = ("#17497f", "#b4c3d4")
LINE_COLOURS = ("#17497f", "#b3541e", "#1c6642", "#6a4c93", "#8a6d1b", "#5a6570")
DASHES = ("none", "7 3", "2 2", "9 3 2 3", "1 3", "12 4")
# The 156 mm of the text area in units of a quarter millimetre.
WIDTH = 624
FONT_SIZE = 14
_BAR_HEIGHT = 13
# Legends side by side, and the height of a line of them: one and a half times that of the type.
_LEGENDS, _LEGEND_HEIGHT = 3, 21
_SVG = "{http://www.w3.org/2000/svg}"
_STYLE = """
text {{ font-family: {fonts}; font-size: {size}px; fill: #222; stroke: none }}
.background {{ fill: none }}
.axis .line {{ stroke: #555; stroke-width: 1; fill: none }}
.axis .guide {{ stroke: #ccc; stroke-width: 0.6; fill: none }}
.axis.y text {{ text-anchor: end }}
.axis.x text {{ text-anchor: middle }}
.horizontal .axis.y .guide, .vertical .axis.x .guide {{ stroke: none }}
.series .line {{ fill: none; stroke-width: 2 }}
.value {{ font-size: {small}px }}
{colours}
"""

Series = Mapping[str, Sequence[float | None]]


def bars_svg(labels: Sequence[str], series: Series) -> str:
    """Horizontal bars, one group a label in the order given from above, one bar a series; None draws no bar.

    Raises GlyphMissingError for a label that cannot be set.
    """
    rows = len(labels) * len(series)
    chart = _chart(
        _library().HorizontalBar,
        series,
        height=64 + rows * _BAR_HEIGHT + len(labels) * 6,
        print_values=True,
        print_values_position="top",
        margin_left=8 + _missing_width(labels),
        margin_right=36,
        range=(0, _reach(series)),
    )
    # The library stacks groups from below.
    chart.x_labels = list(reversed(labels))
    for title, values in series.items():
        chart.add(title, list(reversed(values)))
    drawn = _drawn(chart, [f".color-{n} {{ fill: {colour} }}" for n, colour in enumerate(BAR_COLOURS)])
    _write_beside(drawn)
    return _text(drawn)


def lines_svg(labels: Sequence[str], series: Series) -> str:
    """Lines over the labels, one a series; None leaves a gap. Raises GlyphMissingError."""
    chart = _chart(
        _library().Line,
        series,
        height=230,
        show_y_guides=True,
        margin_left=8,
        margin_right=16,
        range=(0, _reach(series)),
        dots_size=3,
    )
    chart.x_labels = list(labels)
    for title, values in series.items():
        chart.add(title, list(values), allow_interruptions=True)
    rules = []
    for number in range(len(series)):
        colour, dashes = (kinds[number % len(kinds)] for kinds in (LINE_COLOURS, DASHES))
        rules += [
            f".color-{number} {{ stroke: {colour}; fill: {colour} }}",
            f".serie-{number} .line, .dashed-{number} {{ stroke-dasharray: {dashes} }}",
            f".dashed-{number} {{ stroke-width: 2 }}",
        ]
    drawn = _drawn(chart, rules)
    _dash_legends(drawn)
    return _text(drawn)


def _chart(kind: Any, series: Series, *, height: int, **options: Any) -> Any:
    # Each legend has a sign before it and some room behind.
    longest = max(map(ems, series), default=0) * FONT_SIZE + 60
    lines = -(-len(series) // max(min(_LEGENDS, int(0.9 * WIDTH / longest)), 1))
    columns = -(-len(series) // lines)
    return kind(
        height=height + (lines - 1) * _LEGEND_HEIGHT,
        width=WIDTH,
        explicit_size=True,
        js=(),
        css=(),
        no_prefix=True,
        disable_xml_declaration=True,
        legend_at_bottom=True,
        legend_at_bottom_columns=columns,
        truncate_label=-1,
        truncate_legend=-1,
        margin_top=8,
        # The library leaves no room for a last line of legends that is not full.
        margin_bottom=4 + (lines - len(series) // columns) * _LEGEND_HEIGHT,
        spacing=6,
        print_zeroes=True,
        value_formatter=number,
        style=_style(),
        **options,
    )


def number(value: float) -> str:
    """A figure as charts show it: at most one decimal, none where it is whole."""
    return f"{value:.1f}".removesuffix(".0")


def _reach(series: Series) -> float:
    """The end of the axis: never zero, so that a chart of nothing but zeros has an axis too."""
    return max([value for values in series.values() for value in values if value is not None], default=0) or 1


def _missing_width(labels: Sequence[str]) -> float:
    """The room that the library, which counts letters as Latin ones, does not leave for Chinese labels."""
    reckoned = max((len(label) for label in labels), default=0) * 0.6
    needed = max((ems(label) for label in labels), default=0)
    return max(needed - reckoned, 0) * FONT_SIZE


def ems(text: str) -> float:
    """About how wide a text is set, in its own size: a Chinese character is as wide as it is high."""
    return sum(1 if unicodedata.east_asian_width(each) in "WFA" else 0.56 for each in text)


@cache
def _library() -> Any:
    """The drawing library, without the importer that it brings along: one of an old kind, for maps that nobody has
    installed, which warns whenever anything is imported after it."""
    import pygal

    sys.meta_path[:] = [each for each in sys.meta_path if type(each).__module__ != pygal.__name__]
    return pygal


def _style() -> Any:
    size = {f"{part}_font_size": FONT_SIZE for part in ("label", "major_label", "legend", "value")}
    return _library().style.Style(font_family="sans-serif", **size)


def _write_beside(drawn: Any) -> None:
    """Set the figures behind the ends of their bars: the library sets them over the ends."""
    bars = drawn.iterfind(f".//{_SVG}rect[@class='rect reactive tooltip-trigger']")
    for bar, text in zip(bars, drawn.iterfind(f".//{_SVG}text[@class='value']"), strict=True):
        # A bar of no length has none written on it.
        end = float(bar.get("x", 0)) + float(bar.get("width", 0))
        text.set("x", f"{end + 5:.1f}")
        text.set("text-anchor", "start")


def _dash_legends(drawn: Any) -> None:
    """Show each line in the legend as it is drawn: the library shows a square of its colour."""
    for number, legend in enumerate(drawn.iterfind(f".//{_SVG}g[@id]")):
        box = legend.find(f"{_SVG}rect")
        left, top, size = (float(box.get(name)) for name in ("x", "y", "height"))
        line = etree.SubElement(legend, f"{_SVG}path", {"class": f"color-{number} dashed-{number}"})
        line.set("d", f"M{left - size:.1f} {top + size / 2:.1f}h{2 * size:.1f}")
        legend.replace(box, line)


def _text(drawn: Any) -> str:
    return str(etree.tostring(drawn, encoding="unicode"))


def _drawn(chart: Any, colours: Sequence[str]) -> Any:
    """What was drawn, without scripts, comments, hidden boxes and the library's own style sheet."""
    root: Any = etree.fromstring(chart.render())
    for element in list(root.iter()):
        tag = element.tag if isinstance(element.tag, str) else ""
        is_hidden = "tooltip" in element.get("class", "").split() if tag else True
        if is_hidden or tag.removeprefix(_SVG) in ("script", "style", "title", "desc"):
            element.getparent().remove(element)
    ensure_glyphs({"chart": "".join(root.itertext())})
    fonts = ", ".join(f"'{family}'" for family in font_chain("heading"))
    style = etree.Element(f"{_SVG}style", type="text/css")
    style.text = _STYLE.format(fonts=fonts, size=FONT_SIZE, small=FONT_SIZE - 2, colours="\n".join(colours))
    root.insert(0, style)
    return root
