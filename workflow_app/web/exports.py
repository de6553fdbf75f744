"""Tables as files for a spreadsheet: CSV and XLSX from one description of their columns.

A spreadsheet runs what looks like a formula, whoever typed it. In CSV such a text gets an apostrophe before it; in XLSX
text is stored as text and can never become one. Numbers stay numbers, dates are dates in China time.
"""

import csv
import io
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any, Generic, Literal, TypeVar

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.http import content_disposition_header

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import CreditError

# Made while somebody waits for it: what takes longer than a few seconds is no page.
MOST_ROWS = 20_000
CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_CHUNK = 500
# Excel, LibreOffice and WPS begin a formula with these, also where they were typed full-width.
_FORMULA = frozenset("=+-@")
_CUT = frozenset("\t\r\n")
# Format characters (zero width, byte order) and separators are passed over by those who read the file.
_PASSED_OVER = frozenset({"Cf", "Zs", "Zl", "Zp", "Cc"})
_FORMATS = {
    "text": "@",
    "number": "0",
    "decimal": "0.0",
    "moment": "yyyy-mm-dd hh:mm",
    "day": "yyyy-mm-dd",
    "month": "yyyy-mm",
}

R = TypeVar("R")
Kind = Literal["text", "number", "decimal", "moment", "day", "month"]
Value = str | int | float | datetime | date | None


class ExportTooLargeError(CreditError):
    """More rows than one file may have."""

    code = "export_too_large"
    message = (
        "符合条件的超过 {most} 行，一次导出不了，没有生成文件。请按机关、流程或者状态缩小范围后分次导出。"
    )
    status = 422


@dataclass(frozen=True)
class Column(Generic[R]):
    """One column: its heading in the reader's language, what is in it, its width in characters."""

    title: str
    value: Callable[[R], Value]
    kind: Kind = "text"
    width: int = 16


@dataclass(frozen=True)
class Sheet(Generic[R]):
    """A table to be saved. `rows` is read once, a few at a time; `name` is the file's name without its ending."""

    name: str
    title: str
    columns: Sequence[Column[R]]
    rows: Iterable[R]


def neutral(text: str) -> str:
    """The text as CSV may hold it: with an apostrophe before what a spreadsheet would run.

    Spaces and invisible characters before the sign are passed over, and full-width signs count as the signs they are.
    """
    if text[:1] in _CUT:
        return f"'{text}"
    for character in text:
        if unicodedata.category(character) not in _PASSED_OVER:
            return f"'{text}" if unicodedata.normalize("NFKC", character)[:1] in _FORMULA else text
    return text


def csv_response(sheet: Sheet[Any]) -> HttpResponseBase:
    """The table as CSV by RFC 4180, in UTF-8 with the mark by which spreadsheets know it, sent while it is read."""
    response = StreamingHttpResponse(_csv_chunks(sheet), content_type=CSV_TYPE)
    return _as_download(response, f"{sheet.name}.csv")


def _csv_chunks(sheet: Sheet[Any]) -> Iterator[bytes]:
    # Sent after the page's language was put back: each piece is made in it again.
    language = translation.get_language() or "zh-hans"
    lines = _lines(sheet)
    return _encoded(lines, language)


def _encoded(lines: Iterator[list[Any]], language: str) -> Iterator[bytes]:
    mark = "\N{BYTE ORDER MARK}"
    while True:
        with translation.override(language):
            chunk = list(islice(lines, _CHUNK))
        if not chunk:
            return
        target = io.StringIO()
        csv.writer(target, lineterminator="\r\n").writerows(chunk)
        yield (mark + target.getvalue()).encode()
        mark = ""


def _lines(sheet: Sheet[Any]) -> Iterator[list[Any]]:
    yield [neutral(column.title) for column in sheet.columns]
    for row in sheet.rows:
        yield [_csv_cell(column.value(row), column.kind) for column in sheet.columns]


def _csv_cell(value: Value, kind: Kind) -> Any:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone(CHINA):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return f"{value:%Y-%m}" if kind == "month" else f"{value:%Y-%m-%d}"
    if isinstance(value, float):
        return f"{value:.1f}"
    return value if isinstance(value, int) else neutral(value)


def xlsx_response(sheet: Sheet[Any]) -> HttpResponseBase:
    """The table as an Excel workbook. Rows go to disk as they come; only the packed file is held."""
    target = io.BytesIO()
    _write_workbook(sheet, target)
    return _as_download(HttpResponse(target.getvalue(), content_type=XLSX_TYPE), f"{sheet.name}.xlsx")


def _write_workbook(sheet: Sheet[Any], target: Any) -> None:
    from xlsxwriter import Workbook

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = Workbook(target, options)
    book.set_properties({"title": sheet.title, "created": clock.now().astimezone(CHINA).replace(tzinfo=None)})
    page = book.add_worksheet()
    formats = {kind: book.add_format({"num_format": shape}) for kind, shape in _FORMATS.items()}
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "vcenter", "bg_color": "#E8EFF7"})
    for place, column in enumerate(sheet.columns):
        page.set_column(place, place, column.width)
    page.freeze_panes(1, 0)
    for place, column in enumerate(sheet.columns):
        page.write_string(0, place, column.title, head)
    for number, row in enumerate(sheet.rows, 1):
        for place, column in enumerate(sheet.columns):
            _write_cell(page, number, place, column.value(row), formats[column.kind])
    book.close()


def _write_cell(page: Any, row: int, place: int, value: Value, shape: Any) -> None:
    match value:
        case None | "":
            return
        case datetime():
            page.write_datetime(row, place, value.astimezone(CHINA).replace(tzinfo=None), shape)
        case date():
            page.write_datetime(row, place, value, shape)
        case str():
            page.write_string(row, place, value, shape)
        case _:
            page.write_number(row, place, value, shape)


def _as_download(response: HttpResponseBase, name: str) -> HttpResponseBase:
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


WRITERS: dict[str, Callable[[Sheet[Any]], HttpResponseBase]] = {"csv": csv_response, "xlsx": xlsx_response}
