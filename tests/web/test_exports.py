"""Tables as files: what a spreadsheet must never run, what stays a number or a date, and who gets which rows."""

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.utils import translation
from lxml import etree

from tests.web.browser import Browser
from tests.web.stories import file_objection, live_task
from workflow_app.domain.masking import mask_id_number, mask_name
from workflow_app.models import Case, Subject
from workflow_app.web import exports
from workflow_app.web.control import exports as control_exports
from workflow_app.web.exports import Column, Sheet, csv_response, neutral, xlsx_response

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
# What spreadsheets take for a formula: the signs, after what they pass over, and in the width of Chinese type.
HOSTILE = (
    "=cmd|' /C calc'!A0",
    "=1+1",
    "+1",
    "-1+1",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\u3000=1+1",
    "\xa0+1",
    "\ufeff=1",
    "\u200b@a",
    "\x00=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠a",
    " ＝1",
    "﹢1",
    "﹦1",
    "﹣1",
    "﹫a",
    '=HYPERLINK("https://evil.invalid","x")',
    "=1\n=2",
    '","=1',
)
HARMLESS = ("", "王一", "A=1", "1-2", "'x", "a\tb", "x\n=1", "3", "（演示）", '"=1"', ",=1", "—", "·", "*")


def _sheet(rows: list[Any], kind: Any = "text") -> Sheet[Any]:
    return Sheet("表", "标题", [Column("列", lambda row: row, kind)], rows)


def _csv(sheet: Sheet[Any]) -> list[list[str]]:
    content = b"".join(csv_response(sheet))
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\xef\xbb\xbf") == 1 + sum(str(row).count("\ufeff") for row in sheet.rows)
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def _xlsx(sheet: Sheet[Any]) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(xlsx_response(sheet))))


def _cells(book: zipfile.ZipFile) -> list[etree._Element]:
    page = etree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    return list(page.iter(f"{MAIN}c"))


def _written(cell: etree._Element) -> str:
    return "".join(cell.itertext())


# -- what a spreadsheet would run --------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_what_looks_like_a_formula_is_text_in_csv(number: int) -> None:
    text = HOSTILE[number]
    if text.startswith('"'):
        assert neutral(text) == text
    else:
        assert neutral(text) == f"'{text}"
    assert _csv(_sheet([text]))[1] == [neutral(text)]


@pytest.mark.parametrize("number", range(len(HARMLESS)))
def test_what_does_not_is_left_as_it_is(number: int) -> None:
    assert neutral(HARMLESS[number]) == HARMLESS[number]


def test_a_field_never_opens_another_one() -> None:
    hostile = ['a","=1+1', 'a\r\n=1+1,"', "a;=1"]
    lines = _csv(_sheet(hostile))
    assert [len(line) for line in lines] == [1] * 4
    assert [line[0] for line in lines[1:]] == hostile


def test_headings_are_neutral_too() -> None:
    sheet = Sheet("表", "标题", [Column("=1+1", lambda row: row)], [])
    assert _csv(sheet) == [["'=1+1"]]


def test_a_workbook_holds_no_formula_and_no_link() -> None:
    book = _xlsx(
        _sheet([*HOSTILE, "https://evil.invalid/", "mailto:a@b", "internal:Sheet2!A1", "12", "{=1}"])
    )
    page = etree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    assert list(page.iter(f"{MAIN}f")) == []
    assert list(page.iter(f"{MAIN}hyperlink")) == []
    assert {cell.get("t") for cell in _cells(book)} <= {"inlineStr", "s"}
    assert not [name for name in book.namelist() if "externalLink" in name or "vba" in name.lower()]


def test_texts_reach_the_workbook_unchanged() -> None:
    texts = [text for text in (*HOSTILE, *HARMLESS) if text and "\x00" not in text and "\r" not in text]
    found = [_written(cell) for cell in _cells(_xlsx(_sheet(texts)))[1:]]
    assert found == texts


# -- kinds ---------------------------------------------------------------------------------------------------------

MOMENT = datetime(2026, 3, 1, 16, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("number", 12, "12"),
        ("number", -5, "-5"),
        ("decimal", 3.14159, "3.1"),
        ("decimal", -0.25, "-0.2"),
        ("moment", MOMENT, "2026-03-02 00:30"),
        ("day", date(2026, 3, 2), "2026-03-02"),
        ("month", date(2026, 3, 1), "2026-03"),
        ("text", None, ""),
    ],
    ids=["number", "negative", "decimal", "negative-decimal", "moment", "day", "month", "none"],
)
def test_numbers_stay_numbers_and_moments_are_chinas(kind: str, value: Any, shown: str) -> None:
    assert _csv(_sheet([value], kind))[1] == ([shown] if shown else [""])


def test_dates_are_dates_in_the_workbook() -> None:
    columns = [
        Column("时刻", lambda row: MOMENT, "moment", 18),
        Column("日", lambda row: date(2026, 3, 2), "day"),
        Column("数", lambda row: 7, "number", 9),
        Column("空", lambda row: None),
    ]
    book = _xlsx(Sheet("表", "标题", columns, [1]))
    moment, day, number, *rest = _cells(book)[4:]
    assert rest == []
    # 1899-12-30 is day 0; half an hour is 1/48.
    assert float(_written(moment)) == pytest.approx(46083 + 1 / 48, abs=1e-9)
    assert _written(day) == "46083"
    assert (_written(number), number.get("t")) == ("7", None)
    styles = etree.fromstring(book.read("xl/styles.xml"))
    shapes = {each.get("formatCode") for each in styles.iter(f"{MAIN}numFmt")}
    assert {"yyyy-mm-dd hh:mm", "yyyy-mm-dd"} <= shapes


def test_the_head_stays_in_sight_and_columns_are_wide_enough() -> None:
    book = _xlsx(Sheet("表", "标题", [Column("甲", str, width=30), Column("乙", str, width=9)], [1]))
    page = etree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    (pane,) = page.iter(f"{MAIN}pane")
    assert (pane.get("ySplit"), pane.get("state")) == ("1", "frozen")
    assert [round(float(each.get("width"))) for each in page.iter(f"{MAIN}col")] == [31, 10]


def test_the_workbook_says_when_it_was_made_by_the_services_clock(at) -> None:
    at("2026-03-02 10:00")
    core = _xlsx(_sheet([])).read("docProps/core.xml").decode()
    assert "2026-03-02T10:00:00Z" in core
    assert "标题" in core


def test_an_empty_table_has_its_head() -> None:
    assert _csv(_sheet([])) == [["列"]]
    assert [_written(cell) for cell in _cells(_xlsx(_sheet([])))] == ["列"]


def test_csv_ends_its_lines_as_the_standard_says() -> None:
    content = b"".join(csv_response(_sheet(["甲", "乙"])))
    assert content.decode("utf-8-sig") == "列\r\n甲\r\n乙\r\n"


def test_csv_is_sent_piece_by_piece_in_the_language_it_was_asked_in() -> None:
    read: list[int] = []

    def rows():
        for number in range(3 * exports._CHUNK):
            read.append(number)
            yield number

    sheet = Sheet("表", "标题", [Column("语言", lambda row: translation.get_language())], rows())
    with translation.override("en"):
        response = csv_response(sheet)
    pieces = iter(response)
    assert read == []
    first = next(pieces)
    assert len(read) < 2 * exports._CHUNK
    rest = b"".join(pieces)
    assert set((first + rest).decode("utf-8-sig").split("\r\n")) == {"语言", "en", ""}
    assert translation.get_language() == "zh-hans"


# -- the supervisor's tables ---------------------------------------------------------------------------------------


@pytest.fixture
def objection(db: None) -> Case:
    return file_objection(Browser("applicant1"))


def _get(username: str, query: str = "", ending: str = "csv", language: str = "zh-hans") -> Any:
    return Browser(username, language=language).client.get(f"/control/export.{ending}?{query}")


def _lines(response: Any) -> list[dict[str, str]]:
    assert response.status_code == 200
    content = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content, newline="")))


@pytest.mark.django_db
def test_the_list_holds_what_the_page_shows(objection: Case, at) -> None:
    lines = _lines(_get("supervisor1"))
    clocks = objection.clocks.filter(status="running", is_applicants=False)
    assert sorted(line["到期"] for line in lines) == sorted(
        f"{clock.due_at.astimezone():%Y-%m-%d %H:%M}" for clock in clocks
    )
    assert {line["案件编号"] for line in lines} == {objection.number}
    assert lines[0]["信用主体"] == objection.subject.name
    assert lines[0]["步骤"] == live_task(objection).title


@pytest.mark.django_db
def test_filters_are_those_of_the_page(objection: Case, at) -> None:
    assert _lines(_get("supervisor1", "state=overdue")) == []
    assert _lines(_get("supervisor1", "process=repair")) == []
    assert _lines(_get("supervisor1", f"q={objection.number}")) != []
    assert _lines(_get("supervisor1", "q=XYYY-000000-20260302-000000")) == []
    at(live_task(objection).due_at)
    at.forward(minutes=1)
    assert {line["案件编号"] for line in _lines(_get("supervisor1", "state=overdue"))} == {objection.number}


@pytest.mark.django_db
def test_rows_of_other_regions_are_not_in_it(objection: Case) -> None:
    for what in ("clocks", "board", "load"):
        assert _lines(_get("supervisor1-yiwu", f"what={what}")) == []
    assert objection.agency.name in {line["机关"] for line in _lines(_get("supervisor1"))}


@pytest.mark.django_db
def test_natural_persons_are_masked(objection: Case) -> None:
    person = Subject.objects.filter(kind="person", code_kind="id_card")[0]
    Case.objects.filter(pk=objection.pk).update(subject=person)
    (line, *_) = _lines(_get("supervisor1"))
    assert (line["信用主体"], line["主体代码"]) == (mask_name(person.name), mask_id_number(person.code))
    book = _get("supervisor1", ending="xlsx").content
    page = zipfile.ZipFile(io.BytesIO(book)).read("xl/worksheets/sheet1.xml").decode()
    assert person.name not in page
    assert person.code not in page


@pytest.mark.django_db
def test_a_name_that_is_a_formula_arrives_as_text(objection: Case) -> None:
    name = '=HYPERLINK("https://evil.invalid","点这里")'
    Subject.objects.filter(pk=objection.subject_id).update(name=name)
    assert _lines(_get("supervisor1"))[0]["信用主体"] == f"'{name}"
    book = zipfile.ZipFile(io.BytesIO(_get("supervisor1", ending="xlsx").content))
    assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    assert name in [_written(cell) for cell in _cells(book)]


@pytest.mark.django_db
def test_too_many_rows_are_refused_with_what_to_do(objection: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    running = objection.clocks.filter(status="running", is_applicants=False).count()
    for ending in ("csv", "xlsx"):
        monkeypatch.setattr(control_exports, "MOST_ROWS", running)
        assert _get("supervisor1", ending=ending).status_code == 200
        monkeypatch.setattr(control_exports, "MOST_ROWS", running - 1)
        response = _get("supervisor1", ending=ending)
        assert response.status_code == 422
        assert f"超过 {running - 1} 行" in response.content.decode()


@pytest.mark.django_db
def test_a_long_list_is_whole_and_each_row_comes_once(
    objection: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = {objection.number} | {file_objection(Browser("applicant1")).number for _ in range(2)}
    whole = _lines(_get("supervisor1"))
    monkeypatch.setattr(control_exports, "MOST", 1)
    assert _lines(_get("supervisor1")) == whole
    assert {line["案件编号"] for line in whole} == cases


@pytest.mark.django_db
def test_figures_as_files(objection: Case) -> None:
    tables = {
        "board": "地区",
        "board&by=agency": "机关",
        "board&by=process": "业务",
        "board&by=officer": "经办人",
        "load": "经办人",
        "trend": "月份",
    }
    for what, first in tables.items():
        content = b"".join(_get("supervisor1", f"what={what}").streaming_content).decode("utf-8-sig")
        assert content.startswith(f"{first},")
        book = zipfile.ZipFile(io.BytesIO(_get("supervisor1", f"what={what}", "xlsx").content))
        assert _written(_cells(book)[0]) == first
    (line,) = _lines(_get("supervisor1", "what=board&by=agency"))
    assert (line["机关"], line["已超期"]) == (objection.agency.name, "0")


@pytest.mark.django_db
def test_the_months_of_a_trend(objection: Case) -> None:
    lines = _lines(_get("supervisor1", "what=trend&measure=objection.handle&since=2025-11&until=2026-02"))
    assert [line["月份"] for line in lines] == ["2025-11", "2025-12", "2026-01", "2026-02"]
    assert {line["平均（工作日）"] for line in lines} == {""}


@pytest.mark.django_db
def test_another_table_is_not_found(db: None) -> None:
    for query in ("what=cases", "what=", "what=__class__"):
        assert _get("supervisor1", query).status_code == 404


@pytest.mark.django_db
def test_files_are_saved_and_never_shown(db: None) -> None:
    for ending in ("csv", "xlsx"):
        response = _get("supervisor1", ending=ending)
        assert response.headers["Content-Disposition"].startswith("attachment; filename")
        assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.django_db
def test_only_supervisors(db: None) -> None:
    for username in ("applicant1", "reviewer1", "auditor1", ""):
        response = Browser(username).client.get("/control/export.csv")
        assert response.status_code == (403 if username else 302)
