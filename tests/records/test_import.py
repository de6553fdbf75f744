"""Importing publication tables: what becomes of the register, who may, and twice changes nothing."""

from datetime import date

import pytest

from tests.records.steps import account, record, run
from tests.records.tables import (
    LABOUR,
    LICENCE,
    MARKET,
    PERSON,
    TRANSPORT,
    YIWU_MARKET,
    penalty,
    table,
)
from tests.records.taking import statuses, take
from workflow_app.demo.names import subject_code
from workflow_app.domain.codes import make_id_card, make_uscc
from workflow_app.domain.errors import CreditError
from workflow_app.models import ApplyReminder, CreditRecord, RecordChange, RecordImport, Subject

pytestmark = pytest.mark.django_db


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


def test_what_is_supplied_anew_has_its_reminders_settled_anew(at):
    """What an import changes may move the day that somebody waits for."""
    take(table(penalty()))
    waits = [
        ApplyReminder.objects.create(
            user=account("applicant1"), record=record(number), remind_on=date(2026, 6, 1)
        )
        for number in ("金市监罚〔2026〕1号", "DEMO-P-003")
    ]
    take(table(penalty(万元="0.05", 处罚内容="罚款人民币伍佰元整")))
    for each in waits:
        each.refresh_from_db()
    assert [each.remind_on for each in waits] == [at.now.date(), date(2026, 6, 1)]


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
