"""The paper: what it says, what it is to machines, what it refuses, and that nobody waits long for it."""

import importlib
import io
import re
import sys
from datetime import datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from lxml import etree

from tests.bulletin.world import shell, text_of
from workflow_app.domain.clock import CHINA
from workflow_app.letters import bulletin, charts, typesetting
from workflow_app.letters.bulletin import Chart, Heading, Paper, Paragraph, Section, Table, render_bulletin
from workflow_app.letters.charts import bars_svg, lines_svg
from workflow_app.letters.fonts import GlyphMissingError
from workflow_app.letters.typesetting import LetterResourceError, TypesettingBusyError, typeset

SVG = "{http://www.w3.org/2000/svg}"
AGENCIES = (
    "金华市公共信用管理办公室（演示）",
    "义乌市公共信用管理办公室（演示）",
    "磐安县公共信用管理办公室（演示）",
)
BARS = Chart("bars", "各机关平均用时", AGENCIES, {"本期": (3.25, 0, 12), "上期": (None, 4.5, 1)}, "金华 3.2")
LINES = Chart("lines", "近3个月", ("25-12", "26-01", "26-02"), {"信用异议": (3, None, 2.5)}, "三个月")
TABLE = Table(
    "各机关办理情况",
    ("机关", "本期", "上期"),
    [[name, "12", "9"] for name in AGENCIES] + [["合计", "36", "27"]],
    groups=(("", 1), ("收件", 2)),
    widths=(50, 25, 25),
    strong=frozenset({3}),
)


PARTS = (Paragraph("共收件36件。"), TABLE, Heading("（一）图"), BARS, LINES)


def _paper(*parts: Any, **changes: Any) -> Paper:
    values = {
        "language": "zh-CN",
        "agency": "金华市公共信用管理办公室（演示）",
        "title_lines": ("关于2026年1月至2月", "公共信用业务办理情况的通报"),
        "period": "统计期间：2026年1月1日至2026年2月28日",
        "to": "各有关部门：",
        "opening": "现将办理情况通报如下。",
        "sections": [
            Section(
                "一、总体情况", parts or (Paragraph("共收件36件。"), TABLE, Heading("（一）图"), BARS, LINES)
            )
        ],
        "closing": "特此通报。",
        "signed": "2026年3月2日",
        "created": datetime(2026, 3, 2, 10, tzinfo=CHINA),
        **changes,
    }
    return Paper(**values)


@cache
def _made() -> bytes:
    return render_bulletin(_paper())


def _open(pdf: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(pdf))


def test_says_everything_that_stands_in_it(tmp_path: Path) -> None:
    text = text_of(_made(), tmp_path)
    for words in (
        "关于2026年1月至2月公共信用业务办理情况的通报",
        "统计期间：2026年1月1日至2026年2月28日",
        "各有关部门：",
        "现将办理情况通报如下。",
        "一、总体情况",
        "共收件36件。",
        "各机关办理情况",
        "合计3627",
        "（一）图",
        "特此通报。",
        "2026年3月2日",
        "—1—",
    ):
        assert words in text
    assert text.count(AGENCIES[0]) == 4
    # The charts are text too, as sharp as the rest.
    for words in ("本期", "上期", "3.2", "4.5", "12", "25-12", "信用异议", AGENCIES[2]):
        assert words in text.partition("（一）图")[2]


def test_is_tagged_and_names_itself_its_language_and_its_maker() -> None:
    with _open(_made()) as pdf:
        metadata = pdf.open_metadata()
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "U")
        assert metadata["dc:title"] == "关于2026年1月至2月公共信用业务办理情况的通报"
        assert metadata["dc:creator"] == ["金华市公共信用管理办公室（演示）"]
        assert metadata["xmp:CreateDate"].startswith("2026-03-02T")
        assert str(pdf.Root.Lang) == "zh-CN"
        assert pdf.Root.MarkInfo.Marked
        kinds = [str(kind) for kind in _kinds(pdf.Root.StructTreeRoot)]
    assert {"/Table", "/TH", "/TD", "/Figure", "/H1", "/H2", "/H3"} <= set(kinds)
    assert kinds.count("/Figure") == 2


def _kinds(node: Any) -> list[Any]:
    found = [node.S] if "/S" in node else []
    children = node.get("/K", [])
    children = children if isinstance(children, pikepdf.Array) else [children]
    return found + [
        kind for child in children if isinstance(child, pikepdf.Dictionary) for kind in _kinds(child)
    ]


def test_charts_tell_in_words_what_they_show() -> None:
    with _open(_made()) as pdf:
        texts = [str(each.Alt) for each in _figures(pdf.Root.StructTreeRoot)]
    assert texts == ["金华 3.2", "三个月"]


def _figures(node: Any) -> list[Any]:
    children = node.get("/K", [])
    children = children if isinstance(children, pikepdf.Array) else [children]
    below = [each for child in children if isinstance(child, pikepdf.Dictionary) for each in _figures(child)]
    return below + ([node] if node.get("/S") == "/Figure" else [])


def test_charts_are_drawn_and_fonts_are_embedded(tmp_path: Path) -> None:
    path = tmp_path / "bulletin.pdf"
    path.write_bytes(_made())
    # A heading and its rule, no picture made of points.
    assert len(shell("pdfimages", "-list", path).splitlines()) == 2
    fonts = shell("pdffonts", path).splitlines()[2:]
    assert fonts
    assert all(line.split()[-5:-3] == ["yes", "yes"] for line in fonts)


def test_in_english_it_is_english(tmp_path: Path) -> None:
    pdf = render_bulletin(
        _paper(
            Paragraph("Cases received: 36."),
            language="en",
            agency="Jinhua Credit Office",
            title_lines=("Bulletin on Public Credit Cases", "in January and February 2026"),
            period="Period",
            to="To all departments:",
            opening="This bulletin reports.",
            closing="So reported.",
            signed="2 March 2026",
            sections=[Section("1. Overall", [Paragraph("Cases received: 36.")])],
        )
    )
    assert re.search("[一-鿿]", text_of(pdf, tmp_path)) is None
    with _open(pdf) as opened:
        assert str(opened.Root.Lang) == "en"
        assert (
            opened.open_metadata()["dc:title"]
            == "Bulletin on Public Credit Cases in January and February 2026"
        )


def test_the_same_paper_is_the_same_file() -> None:
    assert render_bulletin(_paper()) == _made()


def test_a_long_table_repeats_its_head(tmp_path: Path) -> None:
    rows = [[f"机关{number}", "1", "2"] for number in range(120)]
    long = Table("很长", TABLE.head, rows, groups=TABLE.groups, widths=TABLE.widths)
    text = text_of(render_bulletin(_paper(long)), tmp_path)
    pages = int(re.search(r"Pages:\s+(\d+)", shell("pdfinfo", tmp_path / "bulletin.pdf"))[1])
    assert pages > 2
    assert text.count("机关本期上期") == pages
    assert all(f"机关{number}12" in text for number in range(120))


def test_what_people_typed_is_never_markup(tmp_path: Path) -> None:
    hostile = "<b>甲</b>{{ paper }}{% now %}&amp;"
    table = Table("表", ("机关",), [[hostile]])
    chart = Chart("bars", hostile, (hostile,), {hostile: (1.0,)}, hostile)
    text = text_of(render_bulletin(_paper(Paragraph(hostile), table, chart)), tmp_path)
    assert text.count("".join(hostile.split())) == 5


# -- what it refuses ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place",
    ["paragraph", "heading", "cell", "head", "group", "caption", "label", "series", "closing", "agency"],
)
def test_a_character_that_no_font_has_is_named(place: str) -> None:
    rare = "甲\U0002a6d6"
    changes: dict[str, Any] = {place: rare} if place in ("closing", "agency") else {}
    part = {
        "paragraph": Paragraph(rare),
        "heading": Heading(rare),
        "cell": Table("表", ("机关",), [[rare]]),
        "head": Table("表", (rare,), [["甲"]]),
        "group": Table("表", ("机关",), [["甲"]], groups=((rare, 1),)),
        "caption": Table(rare, ("机关",), [["甲"]]),
        "label": Chart("bars", "图", (rare,), {"本期": (1.0,)}, ""),
        "series": Chart("lines", "图", ("甲",), {rare: (1.0,)}, ""),
    }.get(place, Paragraph("甲"))
    with pytest.raises(GlyphMissingError) as missing:
        render_bulletin(_paper(part, **changes))
    assert missing.value.params["code_point"] == "U+2A6D6"


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "http://127.0.0.1:9/x.png", "data:image/svg+xml;base64,PHN2Zy8+"],
    ids=["file", "network", "data"],
)
def test_nothing_but_its_own_charts_is_loaded(url: str) -> None:
    page = f'<html lang="en"><img src="{url}" alt="x">'
    with pytest.raises(LetterResourceError):
        typeset(page, pictures=frozenset({"data:image/svg+xml;base64,AAAA"}), styles=("letter", "bulletin"))


def test_who_would_wait_too_long_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulletin, "PATIENCE", 0.01)
    with typesetting._rendering, pytest.raises(TypesettingBusyError):
        render_bulletin(_paper())
    # The lock is free again for the next.
    assert render_bulletin(_paper()) == _made()


# -- charts ---------------------------------------------------------------------------------------------------------


def _svg(text: str) -> etree._Element:
    return etree.fromstring(text.encode())


def test_charts_hold_neither_scripts_nor_times_nor_other_places() -> None:
    for drawn in (bars_svg(AGENCIES, BARS.series), lines_svg(LINES.labels, LINES.series)):
        root = _svg(drawn)
        names = {each.tag for each in root.iter() if isinstance(each.tag, str)}
        assert names <= {
            f"{SVG}{name}" for name in ("svg", "g", "defs", "style", "rect", "path", "circle", "text", "line")
        }
        assert not list(root.iter(etree.Comment))
        for word in ("http:", "https:", "href", "url(", "javascript", "2026", "Kozea"):
            assert word not in drawn.replace("http://www.w3.org/2000/svg", "").replace(
                "http://www.w3.org/1999/xlink", ""
            )


def test_bars_stand_in_the_order_given_and_are_as_long_as_their_values() -> None:
    root = _svg(bars_svg(("甲", "乙"), {"本期": (4, 2), "上期": (1, None)}))
    bars = {
        (series, float(bar.get("y"))): float(bar.get("width"))
        for series in (0, 1)
        for bar in root.iterfind(f".//{SVG}g[@class='series serie-{series} color-{series}']//{SVG}rect")
    }
    now = [bars[key] for key in sorted(bars) if key[0] == 0]
    before = [bars[key] for key in sorted(bars) if key[0] == 1]
    assert now[0] == pytest.approx(2 * now[1])
    assert before == [pytest.approx(now[0] / 4)]
    # The present one stands over the past one.
    assert min(y for series, y in bars if series == 0) < min(y for series, y in bars if series == 1)
    labels = {
        text.text: float(text.get("y")) for text in root.iter(f"{SVG}text") if text.text in ("甲", "乙")
    }
    assert labels["甲"] < labels["乙"]
    values = sorted(text.text for text in root.iterfind(f".//{SVG}text[@class='value']"))
    assert values == ["1", "2", "4"]


def test_lines_have_gaps_where_there_is_nothing() -> None:
    root = _svg(lines_svg(("1", "2", "3", "4", "5"), {"甲": (1, 2, None, 2, 1)}))
    paths = root.findall(f".//{SVG}path[@class='line reactive nofill']")
    assert sum(path.get("d").count("M") for path in paths) == 2
    assert len(root.findall(f".//{SVG}circle")) == 4


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7])
def test_every_legend_is_on_the_picture_and_none_over_another(count: int) -> None:
    series = {f"很长的业务名称第{number}号": (1.0, 2.0) for number in range(count)}
    root = _svg(lines_svg(("1", "2"), series))
    height = float(root.get("height"))
    (legends,) = root.iterfind(f".//{SVG}g[@class='legends']")
    top = float(re.search(r", ?([\d.]+)\)", legends.get("transform"))[1])
    places = [(float(text.get("x")), float(text.get("y"))) for text in legends.iter(f"{SVG}text")]
    assert len(set(places)) == count
    assert all(top + y < height for _, y in places)
    width = charts.ems("很长的业务名称第0号") * charts.FONT_SIZE
    for line in {y for _, y in places}:
        starts = sorted(x for x, y in places if y == line)
        assert all(later - earlier > width for earlier, later in pairwise(starts))


def test_the_drawing_library_leaves_no_importer_behind() -> None:
    bars_svg(("甲",), {"本期": (1,)})
    assert not [each for each in sys.meta_path if type(each).__module__ == "pygal"]
    # With it, importing what does not exist would warn: warnings are errors here.
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("no_such_module")


def test_zeros_and_single_months_can_be_drawn() -> None:
    assert bars_svg(("甲",), {"本期": (0,)})
    assert lines_svg(("1",), {"甲": (0,)})
    assert lines_svg(("1", "2"), {"甲": (None, 3)})


def test_figures_are_short() -> None:
    assert [charts.number(value) for value in (3.0, 3.25, 0, 10.04, 12)] == ["3", "3.2", "0", "10", "12"]
