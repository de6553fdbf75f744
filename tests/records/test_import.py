"""Importing publication tables: what is right gets in, what is wrong is said line by line, twice changes nothing."""

from datetime import date

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.records.steps import account, record, run
from tests.records.tables import (
    LABOUR,
    LICENCE,
    MARKET,
    PENALTY,
    PERSON,
    TRANSPORT,
    YIWU_MARKET,
    csv_text,
    penalty,
    table,
)
from workflow_app.demo.names import subject_code
from workflow_app.domain.codes import make_id_card, make_uscc
from workflow_app.domain.errors import CreditError
from workflow_app.models import CreditRecord, RecordChange, RecordImport, Subject
from workflow_app.services.record_import import import_records
from workflow_app.services.record_import_file import MOST_BYTES, MOST_LINES, read_table
from workflow_app.services.record_import_lines import severity_of_kinds

pytestmark = pytest.mark.django_db


def take(content, by="source1"):
    return import_records(user=account(by), content=content)


def statuses(report):
    return [line.status for line in report.lines]


def refused(row, by="source1"):
    """The one refused line, between two that get in."""
    report = take(table(penalty(901), row, penalty(902)), by)
    assert statuses(report) == ["new", "refused", "new"]
    line = report.lines[1]
    assert line.line == 3
    assert line.message.endswith("。")
    return line


def test_a_penalty_becomes_a_record():
    report = take(table(penalty()))
    assert (report.kind, report.encoding) == ("penalty", "utf-8")
    assert report.counts == {"new": 1, "unchanged": 0, "changed": 0, "refused": 0}
    made = record("金市监罚〔2026〕1号")
    assert made.subject.code == subject_code("org6")
    assert made.source_agency.code == MARKET
    assert (made.category, made.severity) == ("penalty", "general")
    assert made.title == "未按规定明码标价"
    assert made.amount_cents == 5000_00
    assert (made.decision_on, made.valid_until) == (date(2026, 2, 10), date(2027, 2, 10))
    assert (made.published_on, made.is_published, made.is_shared) == (date(2026, 3, 2), True, True)
    assert (report.lines[0].line, report.lines[0].number, report.lines[0].message) == (2, made.number, "")


def test_a_licence_becomes_a_record():
    report = take(table(LICENCE))
    made = record("金交许〔2026〕7号")
    assert report.kind == "licence"
    assert (made.category, made.severity, made.amount_cents) == ("licence", "none", None)
    assert (made.title, made.content, made.facts) == (
        "道路运输经营许可证",
        "道路普通货物运输",
        "330700000001",
    )
    assert (made.decision_on, made.valid_until) == (date(2026, 2, 11), date(2030, 2, 10))


def test_a_licence_without_end_is_valid_until_further_notice():
    take(table({**LICENCE, "有效期至": "长期"}))
    assert record("金交许〔2026〕7号").valid_until is None


def test_new_subjects_are_made():
    code = make_uscc("91330700MA2YW0001")
    take(table(penalty(统一社会信用代码=code.lower(), 行政相对人名称="金华市新样例有限公司（演示）")))
    made = Subject.objects.get(code=code)
    assert (made.name, made.kind, made.code_kind) == ("金华市新样例有限公司（演示）", "organisation", "uscc")


def test_persons_come_with_their_documents():
    foreign = {**PERSON, "行政相对人名称": "Anna Muster（演示）", "证件类型": "护照", "证件号码": "e12345678"}
    assert statuses(take(table(penalty(1, **PERSON), penalty(2, **foreign)))) == ["new", "new"]
    assert record("金市监罚〔2026〕1号").subject.code == subject_code("person1")
    made = record("金市监罚〔2026〕2号").subject
    assert (made.kind, made.code_kind, made.code) == ("person", "other", "E12345678")


def test_what_minors_did_is_not_published():
    code = make_id_card("33070120090101123")
    take(
        table(
            penalty(1, **{**PERSON, "证件号码": code, "行政相对人名称": "新示例（演示）"}),
            penalty(2, **PERSON),
        )
    )
    assert not record("金市监罚〔2026〕1号").is_published
    assert record("金市监罚〔2026〕2号").is_published


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_every_usual_encoding_gives_the_same(encoding):
    report = take(table(penalty(违法事实="“明码标价”——未标㎡价格"), encoding=encoding))
    assert statuses(report) == ["new"]
    assert report.encoding == ("utf-8" if encoding.startswith("utf") else "gb18030")
    assert record("金市监罚〔2026〕1号").facts == "“明码标价”——未标㎡价格"


def test_rare_characters_survive_gb18030():
    take(
        table(
            penalty(行政相对人名称="𠮷祥示例（演示）", 统一社会信用代码=make_uscc("91330700MA2YW0002")),
            encoding="gb18030",
        )
    )
    assert Subject.objects.filter(name="𠮷祥示例（演示）").exists()


@pytest.mark.parametrize("by", ["source1", "reviewer1", "supervisor1"])
def test_the_same_file_twice_changes_nothing(by):
    content = table(
        penalty(1), penalty(2, **PERSON), penalty(3, 统一社会信用代码=make_uscc("91330700MA2YW0003"))
    )
    take(content, by)
    before = list(CreditRecord.objects.order_by("pk").values()), list(Subject.objects.order_by("pk").values())
    report = take(content, by)
    assert statuses(report) == ["unchanged"] * 3
    after = list(CreditRecord.objects.order_by("pk").values()), list(Subject.objects.order_by("pk").values())
    assert after == before
    assert not RecordChange.objects.exists()


def test_the_same_file_tomorrow_changes_nothing(at):
    take(table(penalty()))
    at("2026-03-20 09:00")
    assert statuses(take(table(penalty()))) == ["unchanged"]


def test_what_the_unit_supplies_anew_is_changed_and_remembered():
    take(table(penalty()))
    report = take(table(penalty(万元="0.05", 处罚内容="罚款人民币伍佰元整")))
    assert statuses(report) == ["changed"]
    made = record("金市监罚〔2026〕1号")
    assert made.amount_cents == 500_00
    rows = list(made.changes.order_by("id"))
    assert [(row.field, row.old, row.new) for row in rows] == [
        ("content", "罚款人民币伍仟元整", "罚款人民币伍佰元整"),
        ("amount_cents", "5000.00", "500.00"),
    ]
    assert all(row.case is None and row.supplied_by.changed_count == 1 for row in rows)


def test_every_import_is_written_down():
    content = table(penalty(1), penalty(2, 处罚决定日期="2026-02-30"))
    take(content)
    made = RecordImport.objects.get()
    assert (made.by.username, made.kind, made.size, made.encoding) == (
        "source1",
        "penalty",
        len(content),
        "utf-8",
    )
    assert (made.new_count, made.unchanged_count, made.changed_count, made.refused_count) == (1, 0, 0, 1)
    assert len(made.sha256) == 64


def test_a_decision_is_not_undone_by_an_import():
    take(table(penalty()))
    correct = ("record.apply_result", {"form": "decide"})
    case = run(
        correct,
        number="金市监罚〔2026〕1号",
        result="correct",
        reason="金额有误",
        changes=[{"field": "amount_cents", "new": "500"}],
    )
    line = take(table(penalty())).lines[0]
    assert (line.status, line.code) == ("refused", "field_decided")
    assert case.number in line.message
    assert record("金市监罚〔2026〕1号").amount_cents == 500_00
    assert statuses(take(table(penalty(万元="0.05")))) == ["unchanged"]


def test_a_deleted_record_does_not_come_back():
    take(table(penalty()))
    run(
        ("record.apply_result", {"form": "decide"}),
        number="金市监罚〔2026〕1号",
        result="delete",
        reason="有误",
    )
    assert take(table(penalty())).lines[0].code == "record_deleted"
    assert record("金市监罚〔2026〕1号").is_deleted


def test_an_import_leaves_repair_and_publication_alone():
    take(table(penalty()))
    run(("record.repair", {}), number="金市监罚〔2026〕1号")
    assert statuses(take(table(penalty(万元="0.6")))) == ["changed"]
    made = record("金市监罚〔2026〕1号")
    assert made.repaired_at is not None
    assert not made.is_published


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"统一社会信用代码": "91330700MA2XH00000"}, "uscc_invalid"),
        ({"统一社会信用代码": "9133"}, "uscc_invalid"),
        ({"统一社会信用代码": ""}, "required"),
        ({**PERSON, "证件号码": "330701199001011231"}, "id_card_invalid"),
        ({**PERSON, "证件号码": ""}, "required"),
        ({**PERSON, "证件类型": "护照", "证件号码": "?!"}, "document_invalid"),
        ({**PERSON, "行政相对人名称": "李四（演示）"}, "person_differs"),
        ({"行政相对人名称": ""}, "required"),
        ({"行政相对人名称": "长" * 201}, "too_long"),
        ({"行政相对人类别": "外星人"}, "subject_kind_unknown"),
        ({"行政相对人类别": ""}, "required"),
        ({"行政处罚决定书文号": ""}, "required"),
        ({"行政处罚决定书文号": "号" * 121}, "too_long"),
        ({"违法行为类型": "型" * 301}, "too_long"),
        ({"违法事实": "事" * 20_001}, "too_long"),
        ({"违法事实": "有\0空字符"}, "control_character"),
        ({"违法事实": "有\x07响铃"}, "control_character"),
        ({"处罚依据": " "}, "required"),
        ({"处罚决定日期": "2026-02-30"}, "date_invalid"),
        ({"处罚决定日期": "二月十日"}, "date_invalid"),
        ({"处罚决定日期": "10/02/2026"}, "date_invalid"),
        ({"处罚决定日期": "2026-03-03"}, "date_in_future"),
        ({"处罚决定日期": ""}, "required"),
        ({"公示截止期": "2026-02-09"}, "date_order"),
        ({"处罚有效期": "2026-13-01"}, "date_invalid"),
        ({"罚款金额（万元）": "五千"}, "amount_invalid"),
        ({"罚款金额（万元）": "-0.5"}, "amount_invalid"),
        ({"罚款金额（万元）": "0.0000001"}, "amount_invalid"),
        ({"罚款金额（万元）": "1e3"}, "amount_invalid"),
        ({"处罚机关统一社会信用代码": make_uscc("11330700MB1XY9999")}, "agency_unknown"),
        ({"处罚机关统一社会信用代码": "11330700MB1XY99990"}, "uscc_invalid"),
        ({"处罚机关统一社会信用代码": LABOUR}, "agency_not_own"),
        ({"处罚机关统一社会信用代码": YIWU_MARKET}, "agency_not_own"),
    ],
)
def test_a_wrong_line_is_refused_and_the_others_get_in(cells, code):
    line = refused(penalty(**cells))
    assert line.code == code


def test_all_that_is_wrong_with_a_line_is_said_at_once():
    line = refused(penalty(统一社会信用代码="X", 处罚决定日期="2026-02-30", 万元="?", 处罚内容=""))
    assert {problem.code for problem in line.problems} == {
        "uscc_invalid",
        "date_invalid",
        "amount_invalid",
        "required",
    }
    assert line.message.count("；") == 3


def test_a_refused_line_does_not_give_a_person_away():
    line = refused(penalty(**{**PERSON, "行政相对人名称": "李四（演示）"}))
    assert "张示例" not in line.message


def test_the_class_may_be_named():
    take(
        table(
            *[penalty(n, 失信程度=name) for n, name in enumerate(["轻微", "一般", "较重", "严重失信", ""], 1)]
        )
    )
    found = [record(f"金市监罚〔2026〕{n}号").severity for n in range(1, 6)]
    assert found == ["minor", "general", "general", "serious", "general"]
    assert refused(penalty(9, 失信程度="非常严重")).code == "severity_unknown"


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ("警告", "minor"),
        ("警告、通报批评", "minor"),
        ("罚款", "general"),
        ("警告，罚款", "general"),
        ("没收违法所得", "general"),
        ("罚款；责令停产停业", "serious"),
        ("暂扣许可证件、吊销许可证件", "serious"),
        ("", "general"),
    ],
)
def test_the_gravest_kind_makes_the_class(kinds, expected):
    assert severity_of_kinds(kinds) == expected


def test_publication_never_lasts_longer_than_the_law_allows():
    report = take(
        table(
            penalty(1, 公示截止期="2030-01-01"),
            penalty(2, 公示截止期=""),
            penalty(3, 公示截止期="2026-06-01"),
        )
    )
    assert [line.code for line in report.lines] == ["period_capped", "", ""]
    assert "2027-02-10" in report.lines[0].message
    ends = [record(f"金市监罚〔2026〕{n}号").valid_until for n in (1, 2, 3)]
    assert ends == [date(2027, 2, 10), date(2027, 2, 10), date(2026, 6, 1)]
    # The remark comes again, the record does not change.
    assert statuses(take(table(penalty(1, 公示截止期="2030-01-01")))) == ["unchanged"]


def test_what_is_over_is_taken_in_unpublished():
    take(table(penalty(处罚决定日期="2024-02-10", 公示截止期="2025-02-10")))
    assert not record("金市监罚〔2026〕1号").is_published


@pytest.mark.parametrize(
    "written",
    ["2026-02-10", "2026/2/10", "20260210", "2026年2月10日", "2026-02-10 00:00:00", "２０２６-02-10"],
)
def test_days_are_read_as_people_write_them(written):
    take(table(penalty(处罚决定日期=written)))
    assert record("金市监罚〔2026〕1号").decision_on == date(2026, 2, 10)


def test_another_name_for_a_known_code_is_remarked():
    line = take(table(penalty(行政相对人名称="改了名的公司"))).lines[0]
    assert (line.status, line.code) == ("new", "name_differs")
    assert Subject.objects.get(code=subject_code("org6")).name == PENALTY["行政相对人名称"]


def test_one_number_twice_in_a_file():
    report = take(table(penalty(1), penalty(1), penalty(1, 处罚内容="别的内容")))
    assert statuses(report) == ["new", "unchanged", "refused"]
    assert (report.lines[2].code, report.lines[2].problems[0].params) == ("line_repeated", {"line": 2})


def test_a_number_of_another_subject_or_kind():
    take(table(penalty(1)))
    assert refused(penalty(1, 统一社会信用代码=subject_code("org7"))).code == "other_subject"
    unknown = make_uscc("91330700MA2YW0009")
    assert take(table(penalty(1, 统一社会信用代码=unknown))).lines[0].code == "other_subject"
    assert not Subject.objects.filter(code=unknown).exists()
    row = {**LICENCE, "行政许可决定文书号": "金市监罚〔2026〕1号", "许可机关统一社会信用代码": MARKET}
    assert take(table(row)).lines[0].code == "other_category"


def test_two_units_may_have_the_same_number():
    take(table(penalty(1)))
    take(table(penalty(1, 处罚机关统一社会信用代码=TRANSPORT)))
    assert CreditRecord.objects.filter(number="金市监罚〔2026〕1号").count() == 2


@pytest.mark.parametrize(
    ("by", "agency", "status"),
    [
        ("source1", MARKET, "new"),
        ("source1", TRANSPORT, "new"),
        ("source1", LABOUR, "refused"),
        ("source1", YIWU_MARKET, "refused"),
        ("reviewer1", LABOUR, "new"),
        ("reviewer1", YIWU_MARKET, "new"),
        ("supervisor1", YIWU_MARKET, "new"),
        ("reviewer1-yiwu", YIWU_MARKET, "new"),
        ("reviewer1-yiwu", MARKET, "refused"),
        ("supervisor1-yiwu", MARKET, "refused"),
    ],
)
def test_a_unit_imports_its_own_and_a_credit_office_its_region(by, agency, status):
    assert statuses(take(table(penalty(处罚机关统一社会信用代码=agency)), by)) == [status]


@pytest.mark.parametrize(
    "by", ["applicant1", "agent1", "clerk1", "approver1", "trainer1", "sysadmin1", "secadmin1", "auditor1"]
)
def test_others_import_nothing(by):
    with pytest.raises(CreditError) as caught:
        take(table(penalty()), by)
    assert caught.value.code == "import_forbidden"


def test_missing_columns_are_named_all_at_once():
    columns = [name for name in PENALTY if name not in ("违法事实", "处罚决定日期")]
    with pytest.raises(CreditError) as caught:
        take(csv_text([penalty()], columns).encode())
    assert caught.value.code == "import_columns_missing"
    assert caught.value.params == {"columns": "违法事实、处罚决定日期"}
    assert not RecordImport.objects.exists()


def test_columns_are_known_under_the_names_of_the_standard():
    text = (
        table()
        .decode("utf-8-sig")
        .replace("统一社会信用代码,证件类型", " 行政相对人代码_1（统一社会信用代码）,证件类型", 1)
    )
    assert statuses(take(text.replace("违法事实", "*违法事实 ", 1).encode())) == ["new"]


def test_columns_that_are_not_known_are_said():
    report = take(table({**penalty(), "天气": "晴", "备注": "无"}))
    assert report.ignored_columns == ["天气"]


def test_a_doubled_column_is_refused():
    with pytest.raises(CreditError) as caught:
        take(table().replace("备注".encode(), b"").replace("处罚机关,".encode(), "处罚内容,".encode(), 1))
    assert (caught.value.code, caught.value.params) == ("import_column_doubled", {"column": "处罚内容"})


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\r\n\r\n", b" , ,\n", b"\0"])
def test_an_empty_file_is_said(content):
    with pytest.raises(CreditError) as caught:
        take(content)
    assert caught.value.code == "import_empty"


@pytest.mark.parametrize("content", ["表头".encode("utf-16"), b"\xff\xff\xff", b"\x81"])
def test_other_encodings_are_refused(content):
    with pytest.raises(CreditError) as caught:
        take(content)
    assert caught.value.code == "import_encoding"


def test_a_table_of_something_else_is_refused():
    with pytest.raises(CreditError) as caught:
        take("姓名,年龄\n张三,30\n".encode())
    assert caught.value.code == "import_columns_missing"


def test_a_header_alone_imports_nothing():
    assert take(csv_text([penalty()]).splitlines()[0].encode()).lines == []


@pytest.mark.parametrize("size", [MOST_BYTES, MOST_BYTES + 1])
def test_the_size_is_bounded(size):
    content = table().ljust(size, b" ")
    if size > MOST_BYTES:
        with pytest.raises(CreditError) as caught:
            take(content)
        assert caught.value.code == "import_too_large"
    else:
        assert statuses(take(content)) == ["new"]


def test_the_number_of_lines_is_bounded():
    lines = csv_text([penalty()]).splitlines()
    short = "\n".join([lines[0], *["x"] * MOST_LINES]).encode()
    assert len(read_table(short).rows) == MOST_LINES
    with pytest.raises(CreditError) as caught:
        read_table(short + b"\nx")
    assert caught.value.code == "import_too_large"


def test_cells_may_hold_commas_quotes_and_line_breaks():
    take(table(penalty(违法事实='他说"明天,\n再来"')))
    assert record("金市监罚〔2026〕1号").facts == '他说"明天,\n再来"'


def test_an_astray_quotation_mark_costs_its_own_line_only():
    lines = csv_text([penalty(n) for n in range(1, 8)]).splitlines()
    lines[2] = lines[2].replace("销售的商品", '"销售的商品')
    lines[5] = lines[5].replace("销售的商品", '销售"的商品')
    report = take("\r\n".join(lines).encode())
    assert [line.line for line in report.lines] == [2, 3, 4, 5, 6, 7, 8]
    assert statuses(report)[1] == "refused"
    assert statuses(report).count("new") >= 5
    assert statuses(report)[2:4] == ["new", "new"]


def test_short_lines_and_trailing_commas():
    header, line = csv_text([penalty()]).splitlines()
    short = line.rsplit(",", 3)[0]
    report = take(f"{header}\n{line},,,\n{short}\n{line},多余\n".encode())
    assert [each.code for each in report.lines] == ["", "required", "cell_count"]
    assert report.lines[2].problems[0].params == {"found": 19, "expected": 18}


def test_lines_are_numbered_as_in_the_file():
    header, first, second = csv_text([penalty(1, 违法事实="一\n二\n三"), penalty(2)]).split("\r\n")[:3]
    report = take(f"\n{header}\r\n{first}\r\n\r\n{second}".encode())
    assert [line.line for line in report.lines] == [3, 7]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_line_end_is_understood(ending):
    lines = csv_text([penalty(1), penalty(2)]).splitlines()
    assert statuses(take(ending.join(lines).encode())) == ["new", "new"]


def test_a_large_file_is_quick(django_assert_max_num_queries):
    rows = [penalty(n) for n in range(3000)]
    content = table(*rows)
    with django_assert_max_num_queries(30):
        assert take(content).counts["new"] == 3000
    with django_assert_max_num_queries(30):
        assert take(content).counts["unchanged"] == 3000


HEADER = csv_text([penalty()]).splitlines()[0].encode()
LINE = csv_text([penalty()]).splitlines()[1].encode()
CELLS = st.text(st.characters(codec="utf-8"), max_size=30) | st.sampled_from(
    [
        "2026-02-30",
        subject_code("org6"),
        MARKET,
        "自然人",
        "0.5",
        "\0",
        '"',
        "2026-02-10",
        "99999999999999999999",
    ]
)
QUICK = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def answers(content):
    """Whatever the bytes: a report that accounts for every line, or an error with a sentence."""
    try:
        report = take(content)
    except CreditError as error:
        said = (error.code, str(error))
        assert all(said)
        return None
    assert sum(report.counts.values()) == len(report.lines)
    assert all(line.message or line.status != "refused" for line in report.lines)
    return report


@QUICK
@given(st.binary(max_size=400))
@example(b'"')
@example(b"\xef\xbb\xbf\xef\xbb\xbf")
@example(b"\x84\x31\xa4\x37")
def test_any_bytes_give_a_report_or_a_sentence(content):
    answers(content)


@QUICK
@given(st.binary(max_size=300), st.binary(max_size=300))
def test_any_bytes_below_a_right_header(before, after):
    answers(HEADER + b"\n" + before + b"\n" + LINE + b"\n" + after)


@QUICK
@given(st.lists(st.lists(CELLS, min_size=18, max_size=18), max_size=4))
def test_any_cells_never_stop_the_right_line(rows):
    out = [dict(zip(PENALTY, cells, strict=True)) for cells in rows]
    report = answers(csv_text([*out, penalty(777)]).encode())
    assert report.lines[-1].status in ("new", "unchanged")


@QUICK
@given(st.integers(0, len(LINE) - 1), st.integers(0, 255))
def test_any_broken_byte_in_a_line(place, byte):
    broken = LINE[:place] + bytes([byte]) + LINE[place + 1 :]
    answers(HEADER + b"\r\n" + broken + b"\r\n")


def test_reading_is_the_inverse_of_writing():
    content = table(penalty(违法事实='a,"b"\nc'))
    assert read_table(content).rows[0].cells == list(penalty(违法事实='a,"b"\nc').values())
