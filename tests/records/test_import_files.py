"""Files of publication tables: columns, encodings, sizes, quotation marks, and any bytes at all."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.records.steps import record
from tests.records.tables import (
    MARKET,
    PENALTY,
    csv_text,
    penalty,
    table,
)
from tests.records.taking import statuses, take
from workflow_app.demo.names import subject_code
from workflow_app.domain.errors import CreditError
from workflow_app.models import RecordImport
from workflow_app.services.record_import_file import MOST_BYTES, MOST_LINES, read_table

pytestmark = pytest.mark.django_db


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
