"""Who may make a commitment, who may ask for repair, and which records decided."""

from datetime import date

import pytest

from tests.records.steps import decide, events, file, record, run
from workflow_app.demo.names import subject_code
from workflow_app.models import CreditRecord, Matter, Subject
from workflow_app.models.records import RecordCategory, RecordSeverity
from workflow_app.services.training_rules import TrainingRule, training_rule

pytestmark = pytest.mark.django_db
COMMITMENT, REPAIR = ("commitment.assess", {}), ("repair.assess", {})


def facts_of(case):
    """What the process knows: read back through the write path."""
    from workflow_app.services.transition import open_case

    with open_case(None, pk=case.pk) as moving:
        return dict(moving.facts)


def assess(matter="FOOD-01", subject="org6"):
    case = file(matter=matter, subject=subject, before=[COMMITMENT])
    return case, facts_of(case)


def test_a_clean_subject_may_commit():
    case, facts = assess()
    assert {name: facts[name] for name in facts if name != "channel"} == {
        "commitment_type": "approval",
        "is_suitable": True,
        "is_auto_accepted": False,
        "is_public": True,
        "has_serious_record": False,
        "has_breach": False,
        "check_days": None,
        "deciding_records": "",
    }
    (event,) = events(case, "eligibility.assessed")
    assert event.data == {"matter": "FOOD-01", "is_listed": False, "records": []}


@pytest.mark.parametrize(
    ("matter", "expected"),
    [
        ("TRANSPORT-01", ("approval", True, True, True, 20)),
        ("PROOF-01", ("proof", True, True, False, None)),
        ("DEFERRED-01", ("deferred", True, False, False, None)),
        ("PUBLIC-01", ("public", True, True, True, None)),
        ("INDUSTRY-01", ("industry", True, True, True, None)),
        ("SAFETY-01", ("approval", False, False, False, None)),
    ],
)
def test_the_matter_says_how_it_is_handled(matter, expected):
    _, facts = assess(matter)
    names = ("commitment_type", "is_suitable", "is_auto_accepted", "is_public", "check_days")
    assert tuple(facts[name] for name in names) == expected


def test_a_serious_record_bars_and_is_named():
    case, facts = assess(subject="org5")
    assert (facts["has_serious_record"], facts["has_breach"]) == (True, False)
    (event,) = events(case, "eligibility.assessed")
    assert [each["number"] for each in event.data["records"]] == ["DEMO-P-008"]
    assert event.data["records"][0]["severity"] == "serious"
    assert facts["deciding_records"].endswith("（DEMO-P-008）")


def test_many_deciding_records_are_counted_where_they_do_not_fit():
    for n in range(6):
        add(number=f"TEST-{n}", title="很长的标题" * 25)
    _, facts = assess()
    assert len(facts["deciding_records"]) <= 500
    assert facts["deciding_records"].startswith("很长的标题")
    assert facts["deciding_records"].endswith("；等共6条")


@pytest.mark.parametrize("subject", ["org3", "org4"])
def test_lesser_records_do_not_bar(subject):
    case, facts = assess(subject=subject)
    assert (facts["has_serious_record"], facts["has_breach"]) == (False, False)
    assert events(case, "eligibility.assessed")[0].data["records"] == []


def add(subject="org6", **values):
    return CreditRecord.objects.create(
        **{
            "subject": Subject.objects.get(code=subject_code(subject)),
            "source_agency": record("DEMO-P-001").source_agency,
            "category": RecordCategory.PENALTY,
            "severity": RecordSeverity.SERIOUS,
            "number": "TEST-1",
            "title": "示例",
            "decision_on": date(2026, 1, 5),
            "valid_until": date(2026, 3, 2),
            "created_at": "2026-01-05T00:00Z",
            **values,
        }
    )


def test_an_earlier_breach_bars():
    add(category=RecordCategory.BREACH, severity=RecordSeverity.GENERAL)
    case, facts = assess()
    assert (facts["has_serious_record"], facts["has_breach"]) == (False, True)
    assert events(case, "eligibility.assessed")[0].data["records"][0]["category"] == "breach"


@pytest.mark.parametrize(
    "values",
    [
        {"valid_until": date(2026, 3, 1)},
        {"repaired_at": "2026-02-01T00:00Z"},
        {"is_deleted": True},
        {"is_published": False},
    ],
)
@pytest.mark.parametrize("category", [RecordCategory.PENALTY, RecordCategory.BREACH])
def test_what_is_over_repaired_deleted_or_unpublished_is_not_held_against_anybody(values, category):
    add(category=category, **values)
    _, facts = assess()
    assert (facts["has_serious_record"], facts["has_breach"]) == (False, False)


@pytest.mark.parametrize("until", [date(2026, 3, 2), None])
def test_the_last_day_still_counts(until):
    add(valid_until=until)
    assert assess()[1]["has_serious_record"]


def test_a_listed_subject_counts_as_serious_even_without_the_entry():
    Subject.objects.filter(code=subject_code("org6")).update(is_listed=True)
    case, facts = assess()
    assert facts["has_serious_record"]
    assert events(case, "eligibility.assessed")[0].data["is_listed"]


def test_records_of_others_do_not_matter():
    add(subject="org7")
    assert not assess()[1]["has_serious_record"]


def test_a_case_without_a_matter_is_a_repair_commitment():
    _, facts = assess(matter="")
    assert (facts["commitment_type"], facts["is_suitable"], facts["is_auto_accepted"]) == (
        "repair",
        True,
        False,
    )


def assess_repair(number):
    case = file(number=number, before=[REPAIR])
    return case, facts_of(case)


def test_a_general_record_may_be_repaired_after_three_months():
    case, facts = assess_repair("DEMO-P-001")
    assert {name: facts[name] for name in facts if name != "channel"} == {
        "severity": "general",
        "category": "penalty",
        "is_listed": False,
        "is_person": False,
        "is_repaired": False,
        "is_period_over": True,
        "eligible_from": "2025-08-07",
        "is_blocked": False,
        "needs_training": False,
        "may_bring_hours": False,
    }
    (event,) = events(case, "eligibility.assessed")
    assert event.data["starts_on"] == "2025-05-06"
    assert event.data["start_rule"] == "decision"
    assert event.data["eligible_from"] == "2025-08-07"


def test_too_early_says_from_which_day():
    _, facts = assess_repair("DEMO-P-003")
    assert record("DEMO-P-003").decision_on == date(2026, 1, 31)
    # Three months from 31 January end on 30 April (民法典第二百零二条); the day after opens the way.
    assert (facts["is_period_over"], facts["eligible_from"]) == (False, "2026-05-01")


@pytest.mark.parametrize(("day", "is_over"), [("2026-04-30 23:59", False), ("2026-05-01 00:00", True)])
def test_the_way_opens_at_midnight_in_china(at, day, is_over):
    at(day)
    assert assess_repair("DEMO-P-003")[1]["is_period_over"] is is_over


def test_a_serious_record_needs_training():
    case, facts = assess_repair("DEMO-P-002")
    assert (facts["severity"], facts["is_period_over"], facts["needs_training"]) == ("serious", True, True)
    assert events(case, "eligibility.assessed")[0].data["training_basis"]


def test_a_minor_record_waits_for_nothing():
    _, facts = assess_repair("DEMO-P-007")
    assert (facts["severity"], facts["is_period_over"], facts["eligible_from"]) == ("minor", True, "")


def test_a_licence_has_no_class():
    _, facts = assess_repair("DEMO-L-001")
    assert (facts["severity"], facts["category"], facts["eligible_from"]) == ("none", "licence", "")


def test_a_listed_subject_needs_training_for_any_record():
    Subject.objects.filter(code=subject_code("org1")).update(is_listed=True)
    _, facts = assess_repair("DEMO-P-001")
    assert (facts["is_listed"], facts["needs_training"]) == (True, True)


def test_persons_may_bring_hours_instead():
    CreditRecord.objects.filter(number="DEMO-P-005").update(severity="serious")
    _, facts = assess_repair("DEMO-P-005")
    assert (facts["is_person"], facts["needs_training"], facts["may_bring_hours"]) == (True, True, True)


def test_the_period_starts_where_the_rule_says():
    CreditRecord.objects.filter(number="DEMO-P-003").update(
        start_rule="publication", published_on=date(2026, 2, 10)
    )
    assert assess_repair("DEMO-P-003")[1]["eligible_from"] == "2026-05-11"


@pytest.mark.parametrize(
    ("until", "is_blocked", "first"),
    [
        (date(2026, 3, 1), False, "2025-08-07"),
        (date(2026, 3, 2), True, "2026-03-03"),
        (date(2029, 3, 2), True, "2029-03-03"),
    ],
)
def test_after_a_revoked_repair_the_bar_counts(until, is_blocked, first):
    CreditRecord.objects.filter(number="DEMO-P-001").update(reapply_blocked_until=until)
    _, facts = assess_repair("DEMO-P-001")
    assert (facts["is_blocked"], facts["eligible_from"]) == (is_blocked, first)


def test_a_repaired_record_says_so():
    run(("record.repair", {}), number="DEMO-P-001")
    assert assess_repair("DEMO-P-001")[1]["is_repaired"]


def test_assessing_for_repair_without_a_record_is_an_error():
    from workflow_app.services.records import RecordMissingError

    with pytest.raises(RecordMissingError):
        file(subject="org6", before=[REPAIR])


def rule(jurisdiction="", valid_from=date(2020, 1, 1), severities=("serious",), for_listed=True):
    return TrainingRule(jurisdiction, valid_from, frozenset(severities), for_listed, True, "示例")


def test_the_nearest_place_and_the_latest_day_decide_about_training():
    rules = (
        rule(),
        rule("330700", severities=("general", "serious")),
        rule("330700", date(2026, 4, 1), severities=()),
        rule("330782", severities=()),
    )
    assert training_rule("330700", date(2026, 3, 31), rules).asks("general", is_listed=False)
    assert not training_rule("330700", date(2026, 4, 1), rules).asks("general", is_listed=False)
    assert training_rule("330702", date(2026, 3, 31), rules).asks("general", is_listed=False)
    assert not training_rule("330782", date(2026, 3, 31), rules).asks("serious", is_listed=False)
    assert training_rule("330782", date(2026, 3, 31), rules).asks("serious", is_listed=True)
    assert not training_rule("110000", date(2026, 3, 31), rules).asks("general", is_listed=False)
    assert training_rule("330700", date(2019, 12, 31), rules) is None


def test_decided_cases_leave_the_assessment_in_the_trail():
    case = decide(file(matter="PROOF-01", subject="org6", before=[COMMITMENT]))
    assert events(case, "eligibility.assessed")
    assert Matter.objects.get(code="PROOF-01").commitment_type == "proof"
