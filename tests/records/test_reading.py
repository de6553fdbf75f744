"""What each account may read of records, subjects and choices, and that persons stay masked."""

from datetime import date

import pytest
from django.utils import translation

from tests.records.steps import account, bundle_of_steps, record, run
from workflow_app.demo.names import subject_code
from workflow_app.domain.errors import CreditError
from workflow_app.engine.bundles import Bundle
from workflow_app.models import CreditRecord, Mandate, Subject, SubjectAccount
from workflow_app.selectors.choices import choices_for
from workflow_app.selectors.records import (
    as_text,
    get_record,
    list_changes,
    list_records,
    shown_change,
    shown_identity,
)
from workflow_app.selectors.subjects import list_subjects

pytestmark = pytest.mark.django_db


def seen(name, **filters):
    found, cursor = [], ""
    while True:
        page = list_records(account(name), cursor=cursor, limit=50, **filters)
        found += page.items
        if page.next is None:
            return found
        cursor = page.next


def numbers(name, **filters):
    return {shown.record.number for shown in seen(name, **filters)}


def test_people_see_the_records_of_those_they_stand_for():
    assert numbers("applicant1") == {"DEMO-P-001", "DEMO-P-003", "DEMO-P-004", "DEMO-L-001"}
    assert numbers("applicant2") == {"DEMO-P-005"}
    assert numbers("agent1") == {
        "DEMO-P-002",
        "DEMO-P-006",
        "DEMO-P-007",
        "DEMO-P-008",
        "DEMO-P-063",
    }


def test_a_mandate_that_has_ended_shows_nothing():
    Mandate.objects.update(valid_until=date(2026, 3, 1))
    assert numbers("agent1") == set()


def test_a_source_unit_sees_what_it_supplied():
    sources = {shown.record.source_agency.short_name for shown in seen("source1")}
    assert sources == {"金市监", "金交"}


def test_a_city_sees_its_counties_and_a_county_itself():
    assert len(seen("reviewer1")) == 200
    assert len(seen("supervisor1")) == 200
    assert {shown.record.source_agency.region_id for shown in seen("reviewer1-yiwu")} == {"330782"}


@pytest.mark.parametrize("name", ["sysadmin1", "secadmin1", "auditor1"])
def test_administrators_see_no_records(name):
    assert numbers(name) == set()


def test_deleted_records_are_gone_for_everybody():
    CreditRecord.objects.filter(number="DEMO-P-004").update(is_deleted=True)
    assert "DEMO-P-004" not in numbers("applicant1") | numbers("reviewer1")


def test_records_of_one_subject():
    assert numbers("reviewer1", subject=subject_code("org2")) == {"DEMO-P-002"}
    assert numbers("applicant1", subject=subject_code("org2")) == set()
    assert numbers("reviewer1", subject=" \0nothing ") == set()


@pytest.mark.parametrize("name", ["reviewer1", "approver1", "supervisor1", "clerk1", "source1", "trainer1"])
def test_no_staff_member_reads_a_persons_name_or_number(name):
    for shown in seen(name):
        subject = shown.record.subject
        if subject.is_person:
            assert subject.name not in shown.subject_name
            assert subject.code not in shown.subject_code
            assert "*" in shown.subject_name
        else:
            assert (shown.subject_name, shown.subject_code) == (subject.name, subject.code)


def test_people_read_themselves_unmasked():
    (shown,) = seen("applicant2")
    assert shown.subject_code == subject_code("person1")
    assert shown.subject_name == "张示例（演示）"


def test_one_record_is_seen_or_does_not_exist():
    assert get_record(account("applicant1"), record("DEMO-P-001").pk).eligible_from == date(2025, 8, 7)
    assert get_record(account("applicant1"), record("DEMO-L-001").pk).eligible_from is None
    for pk in (record("DEMO-P-002").pk, 10**9):
        with pytest.raises(CreditError) as caught:
            get_record(account("applicant1"), pk)
        assert caught.value.code == "not_found"


@pytest.mark.parametrize(("limit", "code"), [(0, "limit_invalid"), (201, "limit_invalid")])
def test_pages_have_a_size(limit, code):
    with pytest.raises(CreditError) as caught:
        list_records(account("reviewer1"), limit=limit)
    assert caught.value.code == code


def test_a_made_up_cursor_is_refused():
    with pytest.raises(CreditError) as caught:
        list_records(account("reviewer1"), cursor="x")
    assert caught.value.code == "cursor_invalid"


def test_lists_cost_few_queries(django_assert_max_num_queries):
    user = account("reviewer1")
    with django_assert_max_num_queries(6):
        [shown.record.source_agency.region.name for shown in list_records(user, limit=200).items]


def test_changes_read_as_people_write():
    change = [{"field": "severity", "new": "minor"}, {"field": "amount_cents", "new": "5000"}]
    case = run(
        ("record.apply_result", {"form": "decide"}), number="DEMO-P-004", result="correct", changes=change
    )
    rows = list_changes(record("DEMO-P-004"))
    assert {row.case for row in rows} == {case}
    shown = {(row.field, row.old, row.new) for row in map(shown_change, rows)}
    assert ("失信程度", "一般", "轻微") in shown
    assert ("罚款金额（元）", "50000.00", "5000.00") in shown


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("amount_cents", 5, "0.05"),
        ("amount_cents", 123456, "1234.56"),
        ("decision_on", date(2026, 3, 2), "2026-03-02"),
        ("is_published", True, "是"),
        ("is_published", False, "否"),
        ("valid_until", None, ""),
        ("title", "x", "x"),
    ],
)
def test_values_as_text(name, value, text):
    assert as_text(name, value) == text


def test_every_person_is_masked():
    for person in Subject.objects.filter(kind="person"):
        name, code = shown_identity(person)
        assert person.name not in name
        assert person.code not in code
        assert len(name.rstrip("*")) <= 2


def test_whom_an_account_stands_for():
    (own,) = list_subjects(account("applicant1"))
    assert (own.subject.code, own.until) == (subject_code("org1"), "")
    mandated = list_subjects(account("agent1"))
    assert {each.subject.code for each in mandated} == {subject_code(f"org{n}") for n in range(2, 10)}
    assert {each.until for each in mandated} == {"2028-03-01"}
    assert list_subjects(account("reviewer1")) == []


def test_ones_own_comes_before_mandates_and_the_longest_mandate_counts():
    agent = account("agent1")
    SubjectAccount.objects.create(user=agent, subject=Subject.objects.get(code=subject_code("org9")))
    org2 = Subject.objects.get(code=subject_code("org2"))
    Mandate.objects.create(
        agent=agent, subject=org2, valid_from=date(2026, 1, 1), valid_until=date(2030, 1, 1)
    )
    found = list_subjects(agent)
    assert (found[0].subject.code, found[0].until) == (subject_code("org9"), "")
    assert {each.subject.code: each.until for each in found}[subject_code("org2")] == "2030-01-01"


def bundle_with(*widgets):
    made = bundle_of_steps([], "record", "steps")
    fields = ", ".join(f'"f{n}": {{"widget": "{name}"}}' for n, name in enumerate(widgets))
    files = {**made.files, "forms/steps/start.ui.json": f'{{"order": [], "fields": {{{fields}}}}}'}
    return Bundle(made.slug, made.version, made.content_hash, files, made.manifest)


def options(name, widget, **kwargs):
    return choices_for(account(name), bundle_with(widget), **kwargs)[widget]


def test_only_what_the_forms_ask_for_is_offered(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert choices_for(account("applicant1"), bundle_with()) == {
            "record": [],
            "matter": [],
            "session": [],
        }


def test_records_to_choose_from_say_what_they_are():
    offered = dict(options("applicant1", "record"))
    assert set(offered) == {
        str(record(n).pk) for n in ("DEMO-P-001", "DEMO-P-003", "DEMO-P-004", "DEMO-L-001")
    }
    assert "2026-05-01起可申请修复" in offered[str(record("DEMO-P-003").pk)]
    assert "可申请" not in offered[str(record("DEMO-P-001").pk)]
    CreditRecord.objects.filter(number="DEMO-P-001").update(repaired_at="2026-03-01T00:00Z", is_disputed=True)
    label = dict(options("applicant1", "record"))[str(record("DEMO-P-001").pk)]
    assert "已修复" in label
    assert "异议中" in label


def test_an_agent_chooses_for_one_subject_or_sees_each_named():
    everything = options("agent1", "record")
    assert len(everything) == 5
    assert all("金华市示例" in label for _, label in everything)
    only = options("agent1", "record", on_behalf_of=subject_code("org2"))
    assert [value for value, _ in only] == [str(record("DEMO-P-002").pk)]
    assert "金华市示例" not in only[0][1]
    assert options("applicant1", "record", on_behalf_of=subject_code("org2")) == []


def test_a_clerk_chooses_for_who_stands_at_the_counter():
    offered = options("clerk1", "record", on_behalf_of=subject_code("person1"))
    assert [value for value, _ in offered] == [str(record("DEMO-P-005").pk)]
    assert options("clerk1", "record") == []


def test_matters_in_the_readers_language():
    offered = dict(options("applicant1", "matter"))
    assert len(offered) == 10
    assert "道路普通货物运输" in offered["TRANSPORT-01"]
    with translation.override("en"):
        assert "Road freight" in dict(options("applicant1", "matter"))["TRANSPORT-01"]


def test_sessions_that_have_not_begun(at):
    labels = [label for _, label in options("applicant1", "session")]
    assert len(labels) == 3
    assert "2026-03-05 09:00–11:30" in labels[0]
    assert "余 40 席" in labels[0]
    at("2026-03-05 09:00")
    assert len(options("applicant1", "session")) == 2
