"""Lines of publication tables: what is wrong is said, classes and periods follow from the kind of penalty."""

from datetime import date

import pytest

from tests.records.steps import record
from tests.records.tables import (
    LABOUR,
    LICENCE,
    MARKET,
    PENALTY,
    PERSON,
    TRANSPORT,
    YIWU_MARKET,
    penalty,
    table,
)
from tests.records.taking import refused, statuses, take
from workflow_app.demo.names import subject_code
from workflow_app.domain.codes import make_uscc
from workflow_app.models import CreditRecord, Subject
from workflow_app.services.record_import_lines import severity_of_kinds

pytestmark = pytest.mark.django_db


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
