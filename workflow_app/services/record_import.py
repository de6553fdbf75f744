"""Take in records from a penalty or licence publication table (双公示): line by line, each with its own answer."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import ForbiddenError
from workflow_app.domain.periods import add_months
from workflow_app.models import Agency, CreditRecord, RecordChange, RecordImport, Subject, User
from workflow_app.models.people import AgencyKind, Role
from workflow_app.models.subjects import CodeKind
from workflow_app.selectors.access import Access
from workflow_app.services.apply_reminders import look_again
from workflow_app.services.record_import_file import ImportColumnsMissingError, Row, Table, read_table
from workflow_app.services.record_import_lines import (
    DOCUMENT,
    DOCUMENT_KIND,
    KINDS,
    Kind,
    Parsed,
    Problem,
    columns_of,
    parse_line,
    problem,
)
from workflow_app.services.record_values import as_text
from workflow_app.services.records import period_end

NEW, UNCHANGED, CHANGED, REFUSED = "new", "unchanged", "changed", "refused"
SUPPLIED = "数据来源单位更新"
# What a unit may supply anew; whether a record is published, disputed or repaired is decided in cases only.
_SUPPLIED = (
    "title",
    "facts",
    "basis",
    "content",
    "penalty_kinds",
    "amount_cents",
    "severity",
    "decision_on",
    "valid_until",
)
# From which dates the publication period of a known record is counted.
_STARTS = ("start_rule", "finding_on", "published_on")
_ADULT_MONTHS = 18 * 12
_LOCK = 20_150_331
_CHUNK = 5000

AGENCY_UNKNOWN = "没有代码为“{code}”的机关，请核对机关统一社会信用代码"
AGENCY_NOT_OWN = "该信息由“{agency}”提供，您只能导入本单位或者本辖区的信息"
LINE_REPEATED = "与第 {line} 行的文号相同而内容不同，同一文号只能有一条信息"
OTHER_SUBJECT = "文号“{number}”已用于另一信用主体，请核对文号和主体代码"
OTHER_CATEGORY = "文号“{number}”已用于另一类信息，请核对文号"
RECORD_DELETED = "文号“{number}”的信息已依决定删除，不能重新导入"
FIELD_DECIDED = "“{number}”的部分内容已依案件 {case} 的决定更正，导入的内容与决定不一致，未作改动"
NAME_DIFFERS = "主体名称与该代码已登记的名称不一致，已按登记名称导入，请核对是否更名"
PERSON_DIFFERS = "姓名与该证件号码已登记的姓名不一致，请核对"
PERIOD_CAPPED = "公示截止期超过最长公示期限，按 {day} 执行"


class ImportForbiddenError(ForbiddenError):
    """The account supplies records for no agency."""

    code = "import_forbidden"
    message = "您没有导入信用信息的权限：只有信源单位，以及信用管理机构的审核员和督办员可以导入。"


@dataclass(frozen=True)
class LineReport:
    """What became of one line: `line` counts from 1 with the header, `status` is new, unchanged, changed or refused.

    `problems` say why a line was refused; on one that was taken they are remarks.
    """

    line: int
    status: str
    number: str = ""
    problems: tuple[Problem, ...] = ()

    @property
    def code(self) -> str:
        """The code of the first problem, empty where there is none."""
        return self.problems[0].code if self.problems else ""

    @property
    def message(self) -> str:
        """All problems in Chinese, in one sentence."""
        return "；".join(each.text for each in self.problems) + "。" if self.problems else ""


@dataclass(frozen=True)
class ImportReport:
    """The answer to one file. `ignored_columns` are those this service does not know."""

    kind: str
    encoding: str
    sha256: str
    lines: list[LineReport]
    counts: dict[str, int]
    ignored_columns: list[str]


def import_records(*, user: User, content: bytes) -> ImportReport:
    """Take in the lines of a CSV file that are right; the others are refused one by one with what to mend.

    Source units import their own agency's records; reviewers and supervisors of a credit office those of their region
    and below. The same file twice changes nothing. Which kind of table it is follows from its columns.

    Raises `ImportForbiddenError`, `ImportTooLargeError`, `ImportEmptyError`, `ImportEncodingError`,
    `ImportColumnDoubledError`, `ImportColumnsMissingError`; then nothing was taken in.
    """
    now = clock.now()
    permitted = _Permitted(user, now)
    table = read_table(content)
    kind = _kind_of(table)
    with transaction.atomic():
        with connection.cursor() as cursor:
            # One import at a time: two files with the same new record would get into each other's way.
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        run = _Run(permitted, now)
        lines = run.take(kind, table)
        counts = Counter(line.status for line in lines)
        made = RecordImport.objects.create(
            by=user,
            at=now,
            kind=kind.category,
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
            encoding=table.encoding,
            new_count=counts[NEW],
            unchanged_count=counts[UNCHANGED],
            changed_count=counts[CHANGED],
            refused_count=counts[REFUSED],
        )
        run.write(made)
    known = {*columns_of(kind), *kind.optional, DOCUMENT_KIND, DOCUMENT}
    return ImportReport(
        kind=str(kind.category),
        encoding=table.encoding,
        sha256=made.sha256,
        lines=lines,
        counts={status: counts[status] for status in (NEW, UNCHANGED, CHANGED, REFUSED)},
        ignored_columns=[name for name in table.columns if name and name not in known],
    )


def _kind_of(table: Table) -> Kind:
    """The kind with most of its columns there; raises `ImportColumnsMissingError` naming what it lacks."""
    present = set(table.columns)
    missing = {kind: [name for name in columns_of(kind) if name not in present] for kind in KINDS}
    kind = min(KINDS, key=lambda each: len(missing[each]))
    if missing[kind]:
        raise ImportColumnsMissingError(columns="、".join(missing[kind]))
    return kind


class _Permitted:
    """The agencies whose records an account may import; raises `ImportForbiddenError` when there are none."""

    def __init__(self, user: User, now: datetime) -> None:
        access = Access(user, now)
        self._own = access.agencies(Role.SOURCE_UNIT)
        self._prefixes = tuple(
            grant.agency.region.prefix
            for grant in access.grants
            if grant.role in (Role.REVIEWER, Role.SUPERVISOR)
            and grant.agency.kind == AgencyKind.CREDIT_OFFICE
        )
        if not self._own and not self._prefixes:
            raise ImportForbiddenError

    def __contains__(self, agency: Agency) -> bool:
        return agency.pk in self._own or agency.region_id.startswith(self._prefixes)


@dataclass
class _Line:
    """A row on its way: what it says, or already its answer."""

    line: int
    number: str = ""
    parsed: Parsed | None = None
    problems: tuple[Problem, ...] = ()


class _Run:
    """One import: reads all rows, looks up what is known of them at once, then settles row after row."""

    def __init__(self, permitted: _Permitted, now: datetime) -> None:
        self.permitted = permitted
        self.now = now
        self.today = now.astimezone(CHINA).date()
        self.agencies = {agency.code: agency for agency in Agency.objects.all()}
        self.subjects: dict[tuple[str, str], Subject] = {}
        self.records: dict[tuple[int, str], CreditRecord] = {}
        self.decided: dict[tuple[int, str], str] = {}
        self.seen: dict[tuple[int, str], tuple[int, Parsed]] = {}
        self.new: list[CreditRecord] = []
        self.changes: list[RecordChange] = []

    def take(self, kind: Kind, table: Table) -> list[LineReport]:
        """The answer to every row; what has to be written is kept for `write`."""
        lines = [self._read(kind, table, row) for row in table.rows]
        right = [line.parsed for line in lines if line.parsed]
        self._look_up(right)
        return [self._answer(line) for line in lines]

    def _read(self, kind: Kind, table: Table, row: Row) -> _Line:
        cells = _by_column(table, row)
        if isinstance(cells, Problem):
            return _Line(row.line, problems=(cells,))
        number = "".join(char for char in cells[kind.number].strip()[:120] if char.isprintable())
        parsed, problems = parse_line(kind, cells, self.today)
        if parsed is None:
            return _Line(row.line, number, problems=tuple(problems))
        agency = self.agencies.get(parsed.agency_code)
        if agency is None:
            unknown = Problem("agency_unknown", AGENCY_UNKNOWN, {"code": parsed.agency_code})
            return _Line(row.line, number, problems=(unknown,))
        if agency not in self.permitted:
            foreign = Problem("agency_not_own", AGENCY_NOT_OWN, {"agency": agency.name})
            return _Line(row.line, number, problems=(foreign,))
        return _Line(row.line, number, parsed)

    def _look_up(self, parsed: list[Parsed]) -> None:
        for chunk in _chunks(sorted({each.subject["code"] for each in parsed})):
            for subject in Subject.objects.filter(code__in=chunk):
                self.subjects[subject.code_kind, subject.code] = subject
        agencies = {self.agencies[each.agency_code].pk for each in parsed}
        for chunk in _chunks(sorted({each.record["number"] for each in parsed})):
            known = CreditRecord.objects.select_for_update().filter(
                source_agency__in=agencies, number__in=chunk
            )
            for record in known.order_by("pk"):
                self.records[record.source_agency_id, record.number] = record
        for chunk in _chunks(sorted(record.pk for record in self.records.values())):
            rows = RecordChange.objects.filter(record__in=chunk, case__isnull=False).order_by("pk")
            for pk, name, case in rows.values_list("record_id", "field", "case__number"):
                self.decided[pk, name] = case

    def _answer(self, line: _Line) -> LineReport:
        if line.parsed is None:
            return LineReport(line.line, REFUSED, line.number, line.problems)
        status, problems = self._settle(line.line, line.parsed)
        return LineReport(line.line, status, line.number, problems)

    def _settle(self, line: int, parsed: Parsed) -> tuple[str, tuple[Problem, ...]]:
        agency = self.agencies[parsed.agency_code]
        key = (agency.pk, parsed.record["number"])
        if key in self.seen:
            first, earlier = self.seen[key]
            if earlier == parsed:
                return UNCHANGED, ()
            return REFUSED, (Problem("line_repeated", LINE_REPEATED, {"line": first}),)
        self.seen[key] = (line, parsed)
        subject = self.subjects.get((parsed.subject["code_kind"], parsed.subject["code"]))
        existing = self.records.get(key)
        if existing is not None and (refusal := _mismatch(existing, parsed, subject)):
            return REFUSED, (refusal,)
        remarks: list[Problem] = []
        if subject is not None and subject.name != parsed.subject["name"]:
            if subject.is_person:
                return REFUSED, (Problem("person_differs", PERSON_DIFFERS),)
            remarks.append(Problem("name_differs", NAME_DIFFERS))
        values, capped = self._lawful(parsed, existing)
        if capped is not None:
            remarks.append(Problem("period_capped", PERIOD_CAPPED, {"day": capped.isoformat()}))
        if existing is None:
            self._add(values, agency, parsed.subject)
            return NEW, tuple(remarks)
        return self._update(existing, values, tuple(remarks))

    def _lawful(self, parsed: Parsed, existing: CreditRecord | None) -> tuple[dict[str, Any], date | None]:
        """The values with the lawful end of publication; and that day if the file asked for a later one."""
        values = dict(parsed.record)
        if existing is not None and not parsed.names_severity:
            values["severity"] = existing.severity
        said = values["valid_until"]
        kept = {name: getattr(existing, name) for name in _STARTS} if existing else {}
        lawful = period_end(CreditRecord(**values, **kept))
        # 信用修复管理办法: at the longest period publication ends by itself.
        if lawful is None or (said is not None and said <= lawful):
            return values, None
        values["valid_until"] = lawful
        return values, lawful if said is not None else None

    def _add(self, values: dict[str, Any], agency: Agency, named: dict[str, str]) -> None:
        key = (named["code_kind"], named["code"])
        if key not in self.subjects:
            # A clerk may have entered it since it was looked for.
            self.subjects[key], _is_new = Subject.objects.get_or_create(
                code_kind=named["code_kind"], code=named["code"], defaults=named
            )
        until, subject = values["valid_until"], self.subjects[key]
        is_current = until is None or until >= self.today
        self.new.append(
            CreditRecord(
                **values,
                source_agency=agency,
                subject=subject,
                published_on=self.today,
                is_published=is_current and not _is_minor(subject, values["decision_on"]),
                created_at=self.now,
            )
        )

    def _update(
        self, existing: CreditRecord, values: dict[str, Any], remarks: tuple[Problem, ...]
    ) -> tuple[str, tuple[Problem, ...]]:
        rows = [
            RecordChange(
                record=existing,
                field=name,
                old=as_text(name, getattr(existing, name)),
                new=as_text(name, values[name]),
                reason=SUPPLIED,
                changed_at=self.now,
            )
            for name in _SUPPLIED
            if as_text(name, getattr(existing, name)) != as_text(name, values[name])
        ]
        if not rows:
            return UNCHANGED, remarks
        # What a case has decided is not undone by what its unit still has in its own tables.
        for row in rows:
            if case := self.decided.get((existing.pk, row.field)):
                params = {"number": existing.number, "case": case}
                return REFUSED, (Problem("field_decided", FIELD_DECIDED, params),)
        for row in rows:
            setattr(existing, row.field, values[row.field])
        existing.save(update_fields=[row.field for row in rows])
        self.changes += rows
        return CHANGED, remarks

    def write(self, made: RecordImport) -> None:
        """Write what was kept, in the name of the import."""
        CreditRecord.objects.bulk_create(self.new, batch_size=_CHUNK)
        for row in self.changes:
            row.supplied_by = made
        RecordChange.objects.bulk_create(self.changes, batch_size=_CHUNK)
        look_again({row.record_id for row in self.changes})


def _by_column(table: Table, row: Row) -> dict[str, str] | Problem:
    if row.cells is None:
        return problem("line_unreadable")
    cells = list(row.cells)
    # Spreadsheets leave out or add empty cells at the end of a line.
    while len(cells) > len(table.columns) and not cells[-1].strip():
        cells.pop()
    if len(cells) > len(table.columns):
        return problem("cell_count", found=len(row.cells), expected=len(table.columns))
    cells += [""] * (len(table.columns) - len(cells))
    return dict(zip(table.columns, cells, strict=True))


def _mismatch(existing: CreditRecord, parsed: Parsed, subject: Subject | None) -> Problem | None:
    """Why a record that is there cannot be the one of the line."""
    number = {"number": existing.number}
    if subject is None or existing.subject_id != subject.pk:
        return Problem("other_subject", OTHER_SUBJECT, number)
    if existing.category != parsed.record["category"]:
        return Problem("other_category", OTHER_CATEGORY, number)
    return Problem("record_deleted", RECORD_DELETED, number) if existing.is_deleted else None


def _is_minor(subject: Subject, decided: date) -> bool:
    """Whether a person was under eighteen: records of minors are not published (未成年人保护法第一百零三条)."""
    if subject.code_kind != CodeKind.ID_CARD:
        return False
    birthday = date(int(subject.code[6:10]), int(subject.code[10:12]), int(subject.code[12:14]))
    return decided < add_months(birthday, _ADULT_MONTHS)


def _chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
