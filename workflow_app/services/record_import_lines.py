"""One row of a penalty or licence publication table (双公示) as values of a credit record, or what is wrong with it."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from workflow_app.domain.codes import check_id_card, check_uscc, half_width
from workflow_app.domain.errors import CreditError
from workflow_app.domain.money import parse_cents
from workflow_app.domain.periods import Severity, severity_of
from workflow_app.models.records import RecordCategory, RecordSeverity
from workflow_app.models.subjects import CodeKind, SubjectKind

_LONGEST_TEXT = 20_000
_DAY = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|年(\d{1,2})月(\d{1,2})日|(\d{2})(\d{2}))", re.A
)
_OTHER_DOCUMENT = re.compile(r"[A-Z0-9()/-]{5,40}")
_NO_END = ("", "长期", "长期有效", "无", "/")
_ORGANISATIONS = ("法人及非法人组织", "法人和非法人组织", "法人", "非法人组织", "个体工商户")
_ID_CARDS = ("", "身份证", "居民身份证")
# Classes by the kind of penalty where the file names none; which kinds make a class is assumed.
_MINOR_KINDS = frozenset({"警告", "通报批评"})
_SERIOUS_KINDS = ("责令停产停业", "责令关闭", "吊销", "限制从业", "限制开展生产经营活动")


@dataclass(frozen=True)
class Problem:
    """Why a line was refused, or a remark on one that was taken. `message` has named placeholders for `params`."""

    code: str
    message: str
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The Chinese sentence."""
        return self.message.format_map(self.params)


# Every sentence about a line; they are message ids of the catalogue.
MESSAGES = {
    "line_unreadable": "此行无法读取：引号不成对，或者单元格过长",
    "cell_count": "此行有 {found} 列，表头有 {expected} 列",
    "required": "“{column}”不能为空",
    "too_long": "“{column}”超过 {most} 字",
    "control_character": "“{column}”含有不可见的控制字符",
    "date_invalid": "“{column}”的日期“{value}”不存在或者格式不正确，应为 2026-03-15 的样式",
    "date_in_future": "“{column}”的日期 {value} 晚于今天",
    "date_order": "“{column}”的日期 {value} 早于决定日期",
    "amount_invalid": "“{column}”的金额“{value}”不正确，应为以万元为单位的非负数，最多六位小数",
    "subject_kind_unknown": "“行政相对人类别”为“{value}”，应为法人及非法人组织、个体工商户或者自然人",
    "document_invalid": "“证件号码”的格式不正确，请核对证件类型和号码",
    "severity_unknown": "“失信程度”为“{value}”，应为轻微、一般或者严重",
}


def problem(code: str, **params: Any) -> Problem:
    """The problem with its sentence."""
    return Problem(code, MESSAGES[code], params)


@dataclass(frozen=True)
class Kind:
    """One kind of table: the columns it must have, those it may have, and the columns of what both kinds have."""

    category: str
    number: str
    decided: str
    agency_code: str
    required: tuple[str, ...]
    optional: tuple[str, ...]


PENALTY = Kind(
    RecordCategory.PENALTY,
    number="行政处罚决定书文号",
    decided="处罚决定日期",
    agency_code="处罚机关统一社会信用代码",
    required=("违法事实", "处罚依据", "处罚类别", "处罚内容"),
    optional=(
        "违法行为类型",
        "罚款金额(万元)",
        "公示截止期",
        "处罚有效期",
        "处罚机关",
        "失信程度",
        "数据来源单位",
        "备注",
    ),
)
LICENCE = Kind(
    RecordCategory.LICENCE,
    number="行政许可决定文书号",
    decided="许可决定日期",
    agency_code="许可机关统一社会信用代码",
    required=("许可类别", "许可内容"),
    optional=(
        "行政许可决定文书名称",
        "许可证书名称",
        "许可编号",
        "有效期自",
        "有效期至",
        "许可机关",
        "数据来源单位",
        "备注",
    ),
)
KINDS = (PENALTY, LICENCE)
NAME, SUBJECT_KIND, USCC = "行政相对人名称", "行政相对人类别", "统一社会信用代码"
DOCUMENT_KIND, DOCUMENT = "证件类型", "证件号码"


def columns_of(kind: Kind) -> tuple[str, ...]:
    """Every column that a table of the kind must have."""
    return (NAME, SUBJECT_KIND, USCC, kind.number, *kind.required, kind.decided, kind.agency_code)


@dataclass(frozen=True)
class Parsed:
    """A line that is right in itself: the subject's and the record's values, and the supplying agency's code.

    `names_severity`: the file says the class itself; else it was concluded from the kinds of penalty.
    """

    subject: dict[str, str]
    agency_code: str
    record: dict[str, Any]
    names_severity: bool


class _Reader:
    """Reads one row's cells and collects every problem, so that a line is mended in one go."""

    def __init__(self, cells: Mapping[str, str], today: date) -> None:
        self.cells = cells
        self.today = today
        self.problems: list[Problem] = []

    def text(self, column: str, most: int = _LONGEST_TEXT, *, required: bool = False) -> str:
        value = self.cells.get(column, "").strip()
        if any(unicodedata.category(char) == "Cc" and char not in "\n\t" for char in value):
            self.problems.append(problem("control_character", column=column))
        elif len(value) > most:
            self.problems.append(problem("too_long", column=column, most=most))
        elif required and not value:
            self.problems.append(problem("required", column=column))
        else:
            return value
        return ""

    def day(self, column: str, *, required: bool = False, no_end: bool = False) -> date | None:
        value = half_width(self.text(column, 40, required=required))
        if not value or (no_end and value in _NO_END):
            return None
        # Databases write midnight behind a day.
        match = _DAY.fullmatch(re.sub(r"[ T]00:00(:00)?(\.0+)?$", "", value))
        try:
            if match is None:
                raise ValueError
            return date(*[int(part) for part in match.groups() if part])
        except ValueError:
            self.problems.append(problem("date_invalid", column=column, value=value))
            return None

    def decided(self, column: str) -> date:
        day = self.day(column, required=True)
        if day is not None and day > self.today:
            self.problems.append(problem("date_in_future", column=column, value=day.isoformat()))
        return day or self.today

    def until(self, column: str, decided: date) -> date | None:
        day = self.day(column, no_end=True)
        if day is not None and day < decided:
            self.problems.append(problem("date_order", column=column, value=day.isoformat()))
        return day

    def cents(self, column: str) -> int | None:
        value = self.text(column, 40)
        if not value:
            return None
        try:
            cents = parse_cents(value, wan=True)
        except CreditError:
            cents = -1
        if cents < 0:
            self.problems.append(problem("amount_invalid", column=column, value=value))
        return cents

    def code(self, column: str, check: Any) -> str:
        """A code by its check; what is wrong with it is said by the check's own error."""
        value = self.text(column, 60, required=True)
        if not value:
            return ""
        try:
            return str(check(value))
        except CreditError as wrong:
            self.problems.append(Problem(wrong.code, wrong.message, wrong.params))
            return ""

    def subject(self) -> dict[str, str]:
        name = self.text(NAME, 200, required=True)
        said = self.text(SUBJECT_KIND, 40, required=True)
        if said == "自然人":
            return {"kind": SubjectKind.PERSON, "name": name, **self._document()}
        if said and said not in _ORGANISATIONS:
            self.problems.append(problem("subject_kind_unknown", value=said))
        code = self.code(USCC, check_uscc)
        return {"kind": SubjectKind.ORGANISATION, "name": name, "code_kind": CodeKind.USCC, "code": code}

    def _document(self) -> dict[str, str]:
        if self.text(DOCUMENT_KIND, 40) in _ID_CARDS:
            code = self.code(DOCUMENT, lambda value: check_id_card(value, self.today))
            return {"code_kind": CodeKind.ID_CARD, "code": code}
        code = half_width(self.text(DOCUMENT, 60, required=True)).upper()
        if code and not _OTHER_DOCUMENT.fullmatch(code):
            self.problems.append(problem("document_invalid"))
        return {"code_kind": CodeKind.OTHER, "code": code}

    def severity(self, kinds: str) -> str:
        said = self.text("失信程度", 40)
        if not said:
            return severity_of_kinds(kinds)
        try:
            return severity_of(said).value
        except CreditError:
            self.problems.append(problem("severity_unknown", value=said))
            return RecordSeverity.GENERAL


def severity_of_kinds(kinds: str) -> str:
    """The class that the kinds of penalty speak for; of several kinds in one decision the gravest counts."""
    if any(kind in kinds for kind in _SERIOUS_KINDS):
        return Severity.SERIOUS.value
    named = {kind for kind in re.split(r"[、,，;；\s/]+", kinds) if kind}
    return Severity.MINOR.value if named and named <= _MINOR_KINDS else Severity.GENERAL.value


def parse_line(kind: Kind, cells: Mapping[str, str], today: date) -> tuple[Parsed | None, list[Problem]]:
    """The values of a row, or None and everything that is wrong with it."""
    reader = _Reader(cells, today)
    subject = reader.subject()
    agency_code = reader.code(kind.agency_code, check_uscc)
    record = _penalty(reader) if kind is PENALTY else _licence(reader)
    record["category"] = kind.category
    record["number"] = reader.text(kind.number, 120, required=True)
    if reader.problems:
        return None, reader.problems
    return Parsed(subject, agency_code, record, bool(cells.get("失信程度", "").strip())), []


def _penalty(reader: _Reader) -> dict[str, Any]:
    kinds = reader.text("处罚类别", 200, required=True)
    decided = reader.decided(PENALTY.decided)
    # 处罚有效期 says how long the penalty itself lasts; only its form is checked.
    reader.day("处罚有效期", no_end=True)
    return {
        "title": reader.text("违法行为类型", 300) or "行政处罚",
        "facts": reader.text("违法事实", required=True),
        "basis": reader.text("处罚依据", required=True),
        "content": reader.text("处罚内容", required=True),
        "penalty_kinds": kinds,
        "amount_cents": reader.cents("罚款金额(万元)"),
        "severity": reader.severity(kinds),
        "decision_on": decided,
        "valid_until": reader.until("公示截止期", decided),
    }


def _licence(reader: _Reader) -> dict[str, Any]:
    titles = [reader.text(column, 300) for column in ("许可证书名称", "行政许可决定文书名称")]
    decided = reader.decided(LICENCE.decided)
    reader.day("有效期自", no_end=True)
    return {
        "title": next((title for title in titles if title), "行政许可"),
        "facts": reader.text("许可编号", 200),
        "basis": reader.text("许可类别", 200, required=True),
        "content": reader.text("许可内容", required=True),
        "penalty_kinds": "",
        "amount_cents": None,
        "severity": RecordSeverity.NONE.value,
        "decision_on": decided,
        "valid_until": reader.until("有效期至", decided),
    }
