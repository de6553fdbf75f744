"""What a decision does to a record: every result, every field, and nothing without the case that allows it."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from tests.records.steps import changes, decide, events, file, record, run
from workflow_app.domain.errors import CreditError
from workflow_app.models import CreditRecord, RecordChange
from workflow_app.models.records import RecordSeverity

pytestmark = pytest.mark.django_db
RESULT = ("record.apply_result", {"form": "decide"})
TODAY = date(2026, 3, 2)


def apply(number="DEMO-P-004", **data):
    return run(RESULT, number=number, **{"reason": "核查属实", **data})


def refused(number="DEMO-P-004", **data):
    """The error, after checking that nothing at all has changed."""
    before = CreditRecord.objects.filter(number=number).values().get()
    case = file(RESULT, number=number)
    with pytest.raises(CreditError) as caught, transaction.atomic():
        decide(case, **{"reason": "核查属实", **data})
    assert CreditRecord.objects.filter(number=number).values().get() == before
    assert not RecordChange.objects.filter(case=case).exists()
    return caught.value


def test_a_wrong_amount_is_corrected_field_by_field():
    case = apply(result="correct", changes=[{"field": "amount_cents", "new": "5000.00"}])
    found = record("DEMO-P-004")
    assert found.amount_cents == 5000_00
    assert changes(found) == [("amount_cents", "50000.00", "5000.00")]
    row = found.changes.get()
    assert (row.case, row.reason, row.supplied_by) == (case, "核查属实", None)
    (event,) = events(case, "record.result_applied")
    assert event.data == {"record": found.pk, "result": "correct", "fields": ["amount_cents"]}


@pytest.mark.parametrize(
    ("field", "new", "stored"),
    [
        ("amount", "￥5,000", 5000_00),
        ("amount_cents", "５０００元", 5000_00),
        ("amount_cents", "", None),
        ("title", " 新的名称 ", "新的名称"),
        ("facts", "第一行\n第二行", "第一行\n第二行"),
        ("basis", "《中华人民共和国价格法》", "《中华人民共和国价格法》"),
        ("penalty_kinds", "警告", "警告"),
        ("finding_on", "2025-10-01", date(2025, 10, 1)),
        ("published_on", "", None),
        ("valid_until", "2026-06-30", date(2026, 6, 30)),
        ("number", "DEMO-P-004-1", "DEMO-P-004-1"),
        ("start_rule", "publication", "publication"),
    ],
)
def test_every_field_is_read_as_what_it_is(field, new, stored):
    found = record("DEMO-P-004")
    apply(result="correct", changes=[{"field": field, "new": new}])
    found.refresh_from_db()
    assert getattr(found, "amount_cents" if field == "amount" else field) == stored


@pytest.mark.parametrize(
    ("field", "new", "code"),
    [
        ("subject", "1", "record_field_unknown"),
        ("is_deleted", "true", "record_field_unknown"),
        ("repaired_at", "2026-01-01", "record_field_unknown"),
        ("__class__", "x", "record_field_unknown"),
        ("", "x", "record_field_unknown"),
        ("amount_cents", "五千", "record_value_invalid"),
        ("amount_cents", "-1", "record_value_invalid"),
        ("amount_cents", "1.001", "record_value_invalid"),
        ("amount_cents", "999999999999999999999", "record_value_invalid"),
        ("decision_on", "2026-02-30", "record_value_invalid"),
        ("decision_on", "20260228", "record_value_invalid"),
        ("decision_on", "2026-W09", "record_value_invalid"),
        ("decision_on", "", "record_value_invalid"),
        ("title", "", "record_value_invalid"),
        ("title", "长" * 301, "record_value_invalid"),
        ("number", "号" * 121, "record_value_invalid"),
        ("severity", "grave", "record_value_invalid"),
        ("amount_cents", "50000.00", "record_unchanged"),
        ("amount_cents", "50,000", "record_unchanged"),
        ("title", "未按规定明码标价案", "record_unchanged"),
        ("number", "DEMO-P-001", "record_number_taken"),
        ("valid_until", "2020-01-01", "record_dates_invalid"),
    ],
)
def test_a_change_that_cannot_be_made_is_said_and_changes_nothing(field, new, code):
    error = refused(result="correct", changes=[{"field": field, "new": new}])
    assert error.code == code
    assert str(error)


def test_one_bad_change_stops_all_of_them():
    error = refused(
        result="correct",
        changes=[{"field": "amount_cents", "new": "5000"}, {"field": "decision_on", "new": "2026-02-30"}],
    )
    assert error.params["title"] == "决定日期"


def test_a_field_named_twice_is_refused():
    twice = [{"field": "amount", "new": "1"}, {"field": "amount_cents", "new": "2"}]
    assert refused(result="correct", changes=twice).code == "record_field_doubled"


@pytest.mark.parametrize("result", ["correct", "add"])
def test_a_correction_names_what_it_corrects(result):
    assert refused(result=result).code == "record_changes_missing"
    assert refused(result=result, changes=[]).code == "record_changes_missing"


@pytest.mark.parametrize("result", ["", "forgive", "Keep"])
def test_other_results_are_refused(result):
    assert refused(result=result).code == "record_result_unknown"


def test_a_result_is_needed():
    assert refused().code == "record_result_unknown"


def test_what_was_left_out_is_added():
    apply(number="DEMO-P-001", result="add", changes=[{"field": "finding_on", "new": "2025-04-20"}])
    assert changes(record("DEMO-P-001")) == [("finding_on", "", "2025-04-20")]


def test_nothing_is_added_where_something_stands():
    error = refused(result="add", changes=[{"field": "facts", "new": "别的事实"}])
    assert error.code == "record_field_filled"


def test_a_correction_of_the_decision_date_moves_the_end_of_publication():
    before = record("DEMO-P-004")
    apply(result="correct", changes=[{"field": "decision_on", "new": "2025-05-31"}])
    found = record("DEMO-P-004")
    assert found.valid_until == date(2026, 5, 31)
    assert changes(found) == [
        ("decision_on", before.decision_on.isoformat(), "2025-05-31"),
        ("valid_until", before.valid_until.isoformat(), "2026-05-31"),
    ]


def test_an_end_that_is_named_is_not_counted_anew():
    apply(
        result="correct",
        changes=[
            {"field": "decision_on", "new": "2025-06-01"},
            {"field": "valid_until", "new": "2026-04-01"},
        ],
    )
    assert record("DEMO-P-004").valid_until == date(2026, 4, 1)


def test_a_lower_class_ends_earlier():
    apply(number="DEMO-P-008", result="correct", changes=[{"field": "severity", "new": "general"}])
    found = record("DEMO-P-008")
    assert found.severity == RecordSeverity.GENERAL
    assert [field for field, _, _ in changes(found)] == ["severity", "valid_until"]


def test_a_factual_error_is_deleted_for_readers_and_kept_for_the_trail():
    apply(result="delete")
    found = record("DEMO-P-004")
    assert (found.is_deleted, found.is_published, found.is_shared) == (True, False, False)
    assert changes(found) == [
        ("is_deleted", "否", "是"),
        ("is_published", "是", "否"),
        ("is_shared", "是", "否"),
    ]


def test_publication_stops_and_the_record_stays():
    apply(result="stop_publication")
    found = record("DEMO-P-004")
    assert (found.is_deleted, found.is_published, found.is_shared) == (False, False, True)
    assert changes(found) == [("is_published", "是", "否")]


def test_keeping_changes_nothing_but_says_so():
    before = CreditRecord.objects.filter(number="DEMO-P-004").values().get()
    case = apply(result="keep", reason="核查无误")
    assert CreditRecord.objects.filter(number="DEMO-P-004").values().get() == before
    assert [event.data["fields"] for event in events(case, "record.result_applied")] == [[]]


def test_a_list_entry_is_taken_off_with_its_subject():
    entry = record("DEMO-S-001")
    assert entry.subject.is_listed
    apply(number="DEMO-S-001", result="delist")
    entry.refresh_from_db()
    assert (entry.is_published, entry.is_shared, entry.valid_until) == (False, False, TODAY)
    entry.subject.refresh_from_db()
    assert not entry.subject.is_listed


def test_a_subject_with_another_entry_stays_listed():
    entry = record("DEMO-S-001")
    other = CreditRecord.objects.get(pk=entry.pk)
    other.pk, other.number = None, "DEMO-S-901"
    other.save()
    apply(number="DEMO-S-001", result="delist")
    entry.subject.refresh_from_db()
    assert entry.subject.is_listed


def test_deleting_the_last_entry_also_ends_the_listing():
    apply(number="DEMO-S-001", result="delete")
    assert not record("DEMO-S-001").subject.is_listed


def test_a_penalty_is_on_no_list():
    assert refused(result="delist").code == "record_not_listed"


def test_a_deleted_record_cannot_be_decided_about_again():
    first, second = file(RESULT, number="DEMO-P-004"), file(RESULT, number="DEMO-P-004")
    decide(first, result="delete", reason="属实")
    with pytest.raises(CreditError) as caught, transaction.atomic():
        decide(second, result="keep", reason="无误")
    assert caught.value.code == "record_missing"


def test_a_case_without_a_record_has_no_result():
    case = file(RESULT, subject="org6")
    with pytest.raises(CreditError) as caught, transaction.atomic():
        decide(case, result="keep", reason="无误")
    assert caught.value.code == "record_missing"


def test_the_database_refuses_a_change_that_nothing_allows():
    with pytest.raises(IntegrityError, match="record_change_names_what_allows_it"), transaction.atomic():
        RecordChange.objects.create(
            record=record("DEMO-P-004"),
            field="title",
            old="a",
            new="b",
            reason="",
            changed_at="2026-03-02T00:00Z",
        )


def test_publication_is_stopped_for_a_reason_and_once():
    step = ("record.stop_publication", {"reason": "信源单位未在规定期限内核实"})
    case = run(step, step, number="DEMO-P-005")
    found = record("DEMO-P-005")
    assert not found.is_published
    assert found.changes.get().reason == "信源单位未在规定期限内核实"
    assert [event.data["changed"] for event in events(case, "record.publication_stopped")] == [True, False]


MARK, CLEAR = ("record.mark_disputed", {}), ("record.clear_dispute", {})


def test_the_mark_comes_and_goes():
    case = file(CLEAR, number="DEMO-P-004", before=[MARK])
    assert record("DEMO-P-004").is_disputed
    decide(case)
    assert not record("DEMO-P-004").is_disputed
    assert events(case, "record.disputed")
    assert events(case, "record.dispute_cleared")


def test_the_mark_stays_while_another_case_disputes_the_record():
    first = file(CLEAR, number="DEMO-P-004", before=[MARK])
    second = file(CLEAR, number="DEMO-P-004", before=[MARK])
    decide(first)
    assert record("DEMO-P-004").is_disputed
    decide(second)
    assert not record("DEMO-P-004").is_disputed


def test_the_mark_is_cleared_from_a_deleted_record():
    case = file(RESULT, CLEAR, number="DEMO-P-004", before=[MARK])
    decide(case, result="delete", reason="属实")
    assert not record("DEMO-P-004").is_disputed


REPAIR, REVOKE = ("record.repair", {}), ("record.revoke_repair", {})


def test_repair_stops_publication_and_sharing():
    case = run(REPAIR, number="DEMO-P-001")
    found = record("DEMO-P-001")
    assert (found.is_published, found.is_shared) == (False, False)
    assert found.repaired_at == case.closed_at
    assert {field for field, _, _ in changes(found)} == {"repaired_at", "is_published", "is_shared"}
    assert ("repaired_at", "", "2026-03-02 10:00:00+08:00") in changes(found)


def test_two_cases_repair_a_record_once():
    first, second = file(REPAIR, number="DEMO-P-001"), file(REPAIR, number="DEMO-P-001")
    decide(first)
    with pytest.raises(CreditError) as caught, transaction.atomic():
        decide(second)
    assert caught.value.code == "record_already_repaired"
    assert "2026-03-02" in str(caught.value)


def test_a_revoked_repair_restores_the_record_and_bars_the_next(at):
    run(REPAIR, number="DEMO-P-001")
    at("2026-06-30 10:00")
    run(REVOKE, number="DEMO-P-001")
    found = record("DEMO-P-001")
    assert found.repaired_at is None
    assert (found.is_published, found.is_shared) == (True, True)
    # The period starts anew and three years have to pass (both assumed).
    assert found.valid_until == date(2027, 6, 30)
    assert found.reapply_blocked_until == date(2029, 6, 30)


def test_what_was_never_repaired_cannot_be_revoked():
    case = file(REVOKE, number="DEMO-P-001")
    with pytest.raises(CreditError) as caught, transaction.atomic():
        decide(case)
    assert caught.value.code == "record_not_repaired"


BREACH = ("record.add_breach", {"form": "decide"})


def test_a_broken_commitment_becomes_a_record(at):
    case = run(BREACH, BREACH, matter="FOOD-01", reason="限期整改后仍不符合条件")
    made = CreditRecord.objects.get(subject=case.subject)
    assert made.category == "breach"
    assert made.source_agency == case.agency
    assert made.number.startswith(case.number)
    assert made.facts == "限期整改后仍不符合条件"
    assert "食品经营许可" in made.title
    assert "国办发〔2020〕42号" in made.basis
    assert (made.decision_on, made.valid_until) == (TODAY, date(2027, 3, 2))
    assert made.is_published
    assert [event.data["record"] for event in events(case, "record.breach_added")] == [made.pk]


def test_a_result_can_be_checked_before_anybody_decides():
    check = ("record.check_result", {"form": "decide"})
    case = file(check, number="DEMO-P-004")
    with pytest.raises(CreditError) as caught, transaction.atomic():
        decide(case, result="correct", changes=[{"field": "amount_cents", "new": "50000"}])
    assert caught.value.code == "record_unchanged"
    decide(case, result="correct", changes=[{"field": "amount_cents", "new": "5000"}])
    assert record("DEMO-P-004").amount_cents == 50_000_00
    assert not RecordChange.objects.exists()


def test_due_dates_of_the_three_start_rules_differ():
    found = record("DEMO-P-001")
    found.published_on = found.decision_on + timedelta(days=40)
    found.start_rule = "publication"
    assert found.period_starts_on == found.published_on
    found.start_rule = "finding"
    assert found.period_starts_on == found.decision_on


def test_a_mark_set_again_for_a_review_counts_for_others():
    first = file(CLEAR, number="DEMO-P-004", before=[MARK, CLEAR, MARK])
    second = file(CLEAR, number="DEMO-P-004", before=[MARK])
    decide(second)
    assert record("DEMO-P-004").is_disputed
    decide(first)
    assert not record("DEMO-P-004").is_disputed
