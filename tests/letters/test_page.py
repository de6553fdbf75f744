"""The page: what it says, what it looks like to machines, and what it refuses to load."""

import io
import json
import re
import socket
import sys
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.conf import settings
from django.template import TemplateSyntaxError

from tests.letters.world import AGENCY, CODE, STATEMENT, TEXT, shell, text_of, words
from workflow_app.letters.fonts import GlyphMissingError
from workflow_app.letters.page import (
    BASE_VERSION,
    chinese_date,
    readable_code,
    record_json,
    render_letter,
    verification_url,
)
from workflow_app.letters.sealing import Place
from workflow_app.letters.templating import LetterFieldMissingError
from workflow_app.letters.typesetting import LetterRenderingError, LetterResourceError


def _render(text: str = TEXT, **values: Any) -> bytes:
    return render_letter(text, words(**values)).pdf


def _open(pdf: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(pdf))


def _body(html: str) -> str:
    return f'{{% extends "letters/base.html" %}}{{% block body %}}{html}{{% endblock %}}'


def test_says_exactly_what_the_record_says(tmp_path: Path) -> None:
    text = text_of(_render(extra="（附件2份）"), tmp_path)
    for words_ in (
        AGENCY,
        "金信用修〔2026〕12号",
        "信用修复决定书",
        "星河食品有限公司：",
        "你单位的申请收悉，金额为5,000.00元。（附件2份）",
        "一、决定",
        "（一）内容",
        "1.准予修复。",
        "2026年3月2日",
        "—1—",
        readable_code(CODE).replace(" ", ""),
    ):
        assert words_ in text
    # The seal's name is drawn, not written: it is in nobody's way.
    assert text.count(AGENCY) == 2


def test_every_character_of_gb_2312_can_be_read_back(tmp_path: Path) -> None:
    common = "".join(
        bytes([high, low]).decode("gb2312", "ignore")
        for high in range(0xB0, 0xF8)
        for low in range(0xA1, 0xFF)
    )
    # The number of a page and the foot stand between the lines.
    found = text_of(_render(_body(f"<p>{common}</p>")), tmp_path)
    assert set(common) <= set(found)


def test_claims_pdf_a_3u_and_is_tagged_in_chinese() -> None:
    with _open(_render()) as pdf:
        metadata = pdf.open_metadata()
        assert metadata["pdfaid:part"] == "3"
        assert metadata["pdfaid:conformance"] == "U"
        assert metadata["dc:title"] == "信用修复决定书"
        assert AGENCY in str(metadata["dc:creator"])
        assert pdf.Root.Lang == "zh-CN"
        assert pdf.Root.MarkInfo.Marked is True
        assert pdf.Root.ViewerPreferences.DisplayDocTitle is True
        assert pdf.Root.OutputIntents[0].S == "/GTS_PDFA1"
        tags = set(re.findall(r"/S /?(\w+)", _structure(pdf)))
        assert {"Document", "P", "Table", "TR", "TH", "TD", "Figure"} <= tags
        assert {"H1", "H2", "H3"} <= tags


def _structure(pdf: pikepdf.Pdf) -> str:
    return "\n".join(
        f"/S {obj.S}" for obj in pdf.objects if isinstance(obj, pikepdf.Dictionary) and "/S" in obj
    ).replace("/S /", "/S ")


def test_pictures_say_in_words_what_they_show() -> None:
    with _open(_render()) as pdf:
        alternatives = {
            str(obj.Alt) for obj in pdf.objects if isinstance(obj, pikepdf.Dictionary) and "/Alt" in obj
        }
    assert f"{AGENCY}印章" in alternatives
    assert f"http://127.0.0.1:8000/verify/{CODE}" in alternatives


def test_all_fonts_are_embedded_as_subsets_and_map_back_to_text(tmp_path: Path) -> None:
    path = tmp_path / "letter.pdf"
    path.write_bytes(_render())
    lines = shell("pdffonts", path).splitlines()[2:]
    assert lines
    for line in lines:
        embedded, subset, unicode_map = line.split()[-5:-2]
        assert (embedded, subset, unicode_map) == ("yes", "yes", "yes")


def test_embeds_the_record_and_says_what_it_is() -> None:
    record = words()
    with _open(render_letter(TEXT, record).pdf) as pdf:
        embedded = pdf.attachments["record.json"].get_file()
        content = embedded.read_bytes()
        assert list(pdf.attachments) == ["record.json"]
        assert str(pdf.Root.AF[0].AFRelationship) == "/Data"
        assert str(pdf.Root.AF[0].EF.F.Subtype) == "/application/json"
    assert json.loads(content) == {**record, "base_version": BASE_VERSION}
    assert content == record_json(record)


def test_the_record_is_canonical_and_holds_only_json() -> None:
    assert record_json({"b": 1, "a": "中"}) == '{"a":"中","b":1,"base_version":"1"}'.encode()
    with pytest.raises(ValueError, match="JSON"):
        record_json({"a": float("nan")})
    with pytest.raises(TypeError):
        record_json({"a": date(2026, 3, 2)})


def test_the_same_record_gives_the_same_bytes() -> None:
    assert _render() == _render()


def test_is_dated_by_the_letter_and_not_by_the_machine() -> None:
    with _open(_render()) as pdf:
        metadata = pdf.open_metadata()
        created = datetime.fromisoformat(str(metadata["xmp:CreateDate"]))
    assert created.astimezone(UTC) == datetime(2026, 3, 1, 16, tzinfo=UTC)


def test_the_place_of_the_seal_is_where_its_picture_is_drawn() -> None:
    made = render_letter(TEXT, words())
    left, bottom, right, top = made.seal.box
    assert made.seal.page == 0
    assert right - left == pytest.approx(119.06, abs=0.05)  # 42 mm
    assert top - bottom == pytest.approx(119.06, abs=0.05)
    # Its middle lies between the agency's name and the date, right of the middle of the page.
    assert 250 < (left + right) / 2 < 450
    assert isinstance(made.seal, Place)


@pytest.mark.parametrize("paragraphs", [8, 12, 14, 15, 16, 17, 18, 30, 60])
def test_the_signature_never_stands_alone_on_a_page(paragraphs: int, tmp_path: Path) -> None:
    made = render_letter(_body("<p>准予修复并停止公示该条行政处罚信息。</p>" * paragraphs), words())
    path = tmp_path / "letter.pdf"
    path.write_bytes(made.pdf)
    page = str(made.seal.page + 1)
    text = "".join(shell("pdftotext", "-f", page, "-l", page, path, "-").split())
    assert "准予修复" in text
    assert "2026年3月2日" in text


def test_a_full_line_has_28_characters_and_a_full_page_22_lines(tmp_path: Path) -> None:
    path = tmp_path / "letter.pdf"
    path.write_bytes(_render(_body(f"<p>{'字' * 26 + '国' * 28 * 60}</p>")))
    lines = [
        line.strip() for line in shell("pdftotext", "-f", "2", "-l", "2", "-layout", path, "-").splitlines()
    ]
    body = [line for line in lines if set(line) == {"国"}]
    assert {len(line) for line in body} == {28}
    assert len(body) == 22


def test_a_statement_names_who_promises_and_how_it_was_signed(tmp_path: Path) -> None:
    forms = {"start": {"submitted_by": "甲", "submitted_at": "2026年3月2日10时00分", "digest": "0f" * 32}}
    made = render_letter(STATEMENT, words(forms=forms))
    text = text_of(made.pdf, tmp_path)
    assert "承诺人：星河食品有限公司" in text
    assert "账号甲，2026年3月2日10时00分，摘要" + "0f" * 32 in text
    assert f"受理单位：{AGENCY}" in text
    assert "编号：金信用修〔2026〕12号" in text


_opened: set[str] = set()


@cache
def _watch() -> None:
    def note(event: str, args: tuple[Any, ...]) -> None:
        if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
            _opened.add(event)
        elif event == "open" and args[0] == "/etc/passwd":
            _opened.add(args[0])

    sys.addaudithook(note)


@pytest.fixture
def doors() -> set[str]:
    """What the interpreter has opened since: connections of any kind, and the file that the texts ask for."""
    # Fonts are looked for before, which starts a program.
    _render()
    _watch()
    _opened.clear()
    return _opened


@pytest.mark.parametrize(
    "html",
    [
        '<img src="file:///etc/passwd" alt="x">',
        '<img src="http://127.0.0.1:1/x.png" alt="x">',
        '<img src="https://example.invalid/x.png" alt="x">',
        '<img src="ftp://127.0.0.1/x" alt="x">',
        '<img src="/etc/passwd" alt="x">',
        '<img src="data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22/%3E" alt="x">',
        '<p style="background: url(file:///etc/passwd)">甲</p>',
        '<ul><li style="display: list-item; list-style-image: url(http://127.0.0.1:1/)">甲</li></ul>',
        '<object data="file:///etc/passwd"></object>',
        '<embed src="file:///etc/passwd">',
        '<style>@import url("file:///etc/passwd");</style><p>甲</p>',
        '<style>@font-face { font-family: x; src: url("file:///etc/passwd") } p { font-family: x }</style><p>甲</p>',
        '<link rel="attachment" href="file:///etc/passwd">',
        '<a rel="attachment" href="file:///etc/passwd">甲</a>',
        '<img src="//127.0.0.1:1/x.png" alt="x">',
        '<img src="FILE:///etc/passwd" alt="x">',
        '<img src="gopher://127.0.0.1:1/x" alt="x">',
        '<img src="jar:file:///etc/passwd!/x" alt="x">',
        '<img src="\\\\127.0.0.1\\x.png" alt="x">',
        '<p style="border: 1px solid; border-image: url(http://127.0.0.1:1/x) 1">甲</p>',
        "<style>p::before { content: url(http://127.0.0.1:1/x) }</style><p>甲</p>",
        '<link rel="stylesheet" href="http://127.0.0.1:1/x.css">',
        '<svg width="9" height="9"><image href="http://127.0.0.1:1/x" width="9" height="9"/></svg>',
    ],
)
def test_nothing_from_outside_gets_in(html: str, doors: set[str]) -> None:
    with pytest.raises((LetterResourceError, LetterRenderingError)) as caught:
        _render(_body(html))
    assert "root:" not in str(caught.value)
    assert doors == set()


def test_a_drawing_uses_only_itself(doors: set[str]) -> None:
    _render(_body('<svg width="9" height="9"><use href="file:///etc/passwd#x"/></svg>'))
    assert doors == set()


def test_the_doors_are_watched(doors: set[str]) -> None:
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", 1), timeout=5)
    Path("/etc/passwd").read_bytes()
    assert doors == {"socket.getaddrinfo", "socket.connect", "/etc/passwd"}


def test_what_people_typed_is_never_markup(tmp_path: Path) -> None:
    hostile = '<img src="file:///etc/passwd"><script>alert(1)</script>{{ letter.number }}{% include "x" %}'
    text = text_of(_render(_body("<p>{{ extra }}</p>"), extra=hostile), tmp_path)
    assert "".join(hostile.split()) in text


def test_names_the_value_that_is_missing() -> None:
    with pytest.raises(LetterFieldMissingError, match=r"forms\.propose\.reason"):
        _render(_body("<p>{{ forms.propose.reason }}</p>"))


def test_names_the_value_that_cannot_be_printed() -> None:
    with pytest.raises(GlyphMissingError) as caught:
        _render(_body("<p>{{ extra.0.name }}</p>"), extra=[{"name": "王\U0002a6d6"}])
    assert caught.value.params == {
        "field": "extra.0.name",
        "character": "\U0002a6d6",
        "code_point": "U+2A6D6",
    }


@pytest.mark.parametrize("place", ["number", "title"])
def test_checks_number_and_title_too(place: str) -> None:
    with pytest.raises(GlyphMissingError) as caught:
        render_letter(TEXT, words() | {place: "\U0002a6d6"})
    assert caught.value.params["field"] == place


def test_a_text_that_is_no_template_is_refused() -> None:
    with pytest.raises(TemplateSyntaxError):
        _render("{% extends 'letters/base.html' %}{% nonsense %}")


def test_a_page_without_a_seal_is_no_letter() -> None:
    with pytest.raises(LetterRenderingError, match="印章"):
        _render('{% extends "letters/base.html" %}{% block foot %}{% endblock %}')


def test_a_text_cannot_take_the_pages_own_place(tmp_path: Path) -> None:
    text = text_of(_render(letter={"number": "假〔2026〕1号"}), tmp_path)
    assert "假" not in text
    assert "金信用修〔2026〕12号" in text


@pytest.mark.parametrize(
    "name",
    [
        "义乌市信用办",
        "金华市发展和改革委员会",
        "金华市婺城区市场监督管理局综合行政执法大队食品药品监督管理分局（演示）",
    ],
)
def test_the_agencys_name_fits_one_line(name: str, tmp_path: Path) -> None:
    record = words() | {"agency": {"name": name, "code": "X"}}
    path = tmp_path / "letter.pdf"
    path.write_bytes(render_letter(TEXT, record).pdf)
    assert name in shell("pdftotext", "-layout", path, "-")


def test_writes_dates_and_codes_as_people_do() -> None:
    assert chinese_date(date(2026, 3, 2)) == "2026年3月2日"
    assert readable_code("ABCDEFGHJ") == "ABCD EFGH J"
    assert verification_url("X") == f"{settings.PUBLIC_URL}/verify/X"
