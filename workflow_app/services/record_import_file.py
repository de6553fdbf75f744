"""From the bytes of a CSV file to rows of cells under known columns. Wrong lines are kept apart, never in the way."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workflow_app.domain.codes import half_width
from workflow_app.domain.errors import CreditError

MOST_BYTES = 10 * 1024 * 1024
MOST_LINES = 20_000
# A cell with line breaks spans several lines; more than these, and a quotation mark was forgotten.
_MOST_SPANNED = 50
_LINE_END = re.compile(r"\r\n|\n|\r")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
ENCODINGS = ("utf-8", "gb18030")


class ImportTooLargeError(CreditError):
    """The file is larger than `most` megabytes or has more than `lines` lines."""

    code = "import_too_large"
    message = "文件过大：一次最多导入 {megabytes} MB、{lines} 行，请分成几个文件导入。"
    status = 413


class ImportEmptyError(CreditError):
    """There is nothing in the file."""

    code = "import_empty"
    message = "文件是空的，请选择含有表头和数据的 CSV 文件。"
    status = 422


class ImportEncodingError(CreditError):
    """The bytes are no text in UTF-8 or GB18030."""

    code = "import_encoding"
    message = "无法识别文件的文字编码，请将文件另存为 UTF-8 或者 GB18030（GBK）编码的 CSV 后重新导入。"
    status = 422


class ImportColumnsMissingError(CreditError):
    """The header lacks columns; all of them are named."""

    code = "import_columns_missing"
    message = "文件缺少以下列：{columns}。请按照公示信息数据标准补齐表头后重新导入，没有任何数据被导入。"
    status = 422


class ImportColumnDoubledError(CreditError):
    """One column stands twice in the header."""

    code = "import_column_doubled"
    message = "表头中“{column}”出现了多次，请只保留一列后重新导入，没有任何数据被导入。"
    status = 422


@dataclass(frozen=True)
class Row:
    """One record of the file: the number of its first line, and its cells or None when it cannot be read."""

    line: int
    cells: list[str] | None


@dataclass(frozen=True)
class Table:
    """A file that could be read: its columns by normalised name, its rows, and the encoding found."""

    columns: list[str]
    rows: list[Row]
    encoding: str


def read_table(content: bytes) -> Table:
    """The table in a CSV file with comma and header, in UTF-8 (with or without BOM), GBK or GB18030.

    Raises `ImportTooLargeError`, `ImportEmptyError`, `ImportEncodingError`, `ImportColumnDoubledError`.
    """
    if len(content) > MOST_BYTES:
        raise _too_large()
    text, encoding = _decoded(content)
    lines = _LINE_END.split(text)
    first = next((index for index, line in enumerate(lines) if line.strip(" \t,\0")), None)
    if first is None:
        raise ImportEmptyError
    header, after = _logical(lines, first, None)
    columns = [normalised(cell) for cell in header or [""]]
    for name in columns:
        if name and columns.count(name) > 1:
            raise ImportColumnDoubledError(column=name)
    rows = []
    for row in _rows(lines, after, len(columns)):
        rows.append(row)
        if len(rows) > MOST_LINES:
            raise _too_large()
    return Table(columns, rows, encoding)


def _too_large() -> ImportTooLargeError:
    return ImportTooLargeError(megabytes=MOST_BYTES // 1024 // 1024, lines=MOST_LINES)


def _decoded(content: bytes) -> tuple[str, str]:
    if content.startswith(_UTF_16):
        raise ImportEncodingError
    bare = content.removeprefix(codecs.BOM_UTF8)
    # Text in GB18030 is hardly ever valid UTF-8, but nearly all UTF-8 is valid GB18030: so UTF-8 is tried first.
    for encoding in ENCODINGS:
        try:
            text = bare.decode(encoding)
            # GB18030 has codes for half characters, which no database takes.
            text.encode("utf-8")
        except UnicodeError:
            continue
        return text, encoding
    raise ImportEncodingError


def normalised(header: str) -> str:
    """A column's name without spaces, stars and numbers, with half-width brackets."""
    name = half_width(re.sub(r"[\s*\0]", "", header))
    # The standard calls it 行政相对人代码_1(统一社会信用代码).
    if name.startswith("行政相对人代码") and "统一社会信用代码" in name:
        return "统一社会信用代码"
    return name


def _rows(lines: Sequence[str], start: int, width: int) -> Iterator[Row]:
    index = start
    while index < len(lines):
        if not lines[index].strip():
            index += 1
            continue
        cells, after = _logical(lines, index, width)
        if cells is None or any(cell.strip() for cell in cells):
            yield Row(index + 1, cells)
        index = after


def _logical(lines: Sequence[str], index: int, width: int | None) -> tuple[list[str] | None, int]:
    """The cells that begin on a line and the line after them.

    A quoted cell may hold line breaks. When joining lines does not end in a row of the right width, a quotation mark
    is astray: only its own line is given up (None), and reading goes on with the next one.
    """
    after = index + 1
    is_open = lines[index].count('"') % 2 == 1
    while is_open and after < len(lines) and after - index < _MOST_SPANNED:
        is_open = lines[after].count('"') % 2 == 0
        after += 1
    cells = None if is_open else _cells("\n".join(lines[index:after]))
    if after > index + 1 and width is not None and _is_astray(cells, lines[index + 1 : after], width):
        return None, index + 1
    return cells, after


def _is_astray(cells: list[str] | None, joined: Sequence[str], width: int) -> bool:
    """Whether lines were joined wrongly: no row of the right width came out, or whole rows were swallowed."""
    if cells is None or len(cells) != width:
        return True
    return any(line.count('"') % 2 == 0 and len(_cells(line) or ()) == width for line in joined)


def _cells(text: str) -> list[str] | None:
    try:
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else ([] if not rows else None)
