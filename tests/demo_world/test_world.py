"""The demo world: whole, plausible, loaded once."""

from collections import Counter
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from workflow_app.demo.load import is_loaded, load_world
from workflow_app.demo.names import agency_code, licence_number, penalty_number, subject_code
from workflow_app.domain.clock import CHINA
from workflow_app.domain.codes import check_id_card, check_region_code, check_uscc
from workflow_app.domain.periods import Severity, publication_ends_on, repair_eligible_from
from workflow_app.models import (
    Agency,
    Course,
    CreditRecord,
    Mandate,
    Matter,
    MatterText,
    Region,
    RoleGrant,
    Subject,
    SubjectAccount,
    TrainingSession,
    User,
)
from workflow_app.models.people import AgencyKind, Role
from workflow_app.models.records import RecordCategory, RecordSeverity
from workflow_app.models.subjects import CodeKind
from workflow_app.models.training import Enrolment

pytestmark = pytest.mark.django_db
ANCHOR = date(2026, 3, 2)
COUNTIES = {
    "330702": "婺城区",
    "330703": "金东区",
    "330723": "武义县",
    "330726": "浦江县",
    "330727": "磐安县",
    "330781": "兰溪市",
    "330782": "义乌市",
    "330783": "东阳市",
    "330784": "永康市",
}
LOADED = (
    Region,
    Agency,
    User,
    RoleGrant,
    SubjectAccount,
    Mandate,
    Subject,
    Matter,
    MatterText,
    CreditRecord,
    Course,
    TrainingSession,
)


@pytest.fixture(autouse=True)
def _world():
    load_world(ANCHOR)


def record(number):
    return CreditRecord.objects.select_related("subject", "source_agency").get(number=number)


def test_the_city_and_its_nine_counties_have_their_codes():
    assert dict(Region.objects.filter(parent="330700").values_list("code", "name")) == COUNTIES
    assert Region.objects.get(code="330700").parent_id == "330000"
    for code in Region.objects.values_list("code", flat=True):
        assert check_region_code(code) == code


def test_every_region_below_the_province_has_one_credit_office_and_market_supervision():
    for region in ("330700", *COUNTIES):
        offices = Agency.objects.filter(region=region, kind=AgencyKind.CREDIT_OFFICE)
        assert offices.count() == 1
        assert Agency.objects.filter(region=region, name__contains="市场监督管理局").count() == 1


def test_agencies_have_valid_codes_and_different_short_names():
    agencies = list(Agency.objects.all())
    for agency in agencies:
        assert check_uscc(agency.code) == agency.code
        assert agency.code[2:8] == agency.region_id
    assert len({agency.short_name for agency in agencies}) == len(agencies)
    assert {"金信用", "金市监", "金交", "金文旅", "金农", "金人社"} <= {a.short_name for a in agencies}


def test_200_records_with_valid_codes():
    assert CreditRecord.objects.count() == 200
    for found in CreditRecord.objects.select_related("subject"):
        subject = found.subject
        if subject.code_kind == CodeKind.USCC:
            assert check_uscc(subject.code) == subject.code
        elif subject.code_kind == CodeKind.ID_CARD:
            assert check_id_card(subject.code, ANCHOR) == subject.code


def test_records_are_varied():
    rows = list(CreditRecord.objects.select_related("source_agency"))
    assert {row.category for row in rows} == set(RecordCategory.values)
    assert {row.severity for row in rows} == set(RecordSeverity.values)
    assert len({row.source_agency.region_id for row in rows}) == 10
    assert len({row.source_agency_id for row in rows}) >= 15
    assert Counter(row.start_rule for row in rows).keys() == {"finding", "decision", "publication"}
    assert any(row.repaired_at for row in rows)
    assert any(not row.is_published for row in rows)


def test_records_keep_to_the_rules_of_their_class():
    for row in CreditRecord.objects.all():
        assert row.title
        assert row.content
        assert row.decision_on <= ANCHOR
        assert row.published_on <= ANCHOR
        if row.category in (RecordCategory.PENALTY, RecordCategory.BREACH):
            assert row.facts
            assert row.basis
            assert row.valid_until == publication_ends_on(Severity(row.severity), row.period_starts_on)
        is_over = row.valid_until is not None and row.valid_until < ANCHOR
        assert row.is_published == (row.repaired_at is None and not is_over)


def test_everything_says_that_it_is_made_up():
    for name in (
        *Subject.objects.values_list("name", flat=True),
        *Agency.objects.values_list("name", flat=True),
        *User.objects.exclude(display_name="").values_list("display_name", flat=True),
        *Matter.objects.values_list("title", flat=True),
        *TrainingSession.objects.values_list("place", flat=True),
    ):
        assert "（演示）" in name


def test_the_records_that_stories_tell_of():
    p = {number: record(penalty_number(number)) for number in range(1, 9)}
    whose = {n: found.subject.code for n, found in p.items()}
    assert whose == {
        1: subject_code("org1"),
        2: subject_code("org2"),
        3: subject_code("org1"),
        4: subject_code("org1"),
        5: subject_code("person1"),
        6: subject_code("org3"),
        7: subject_code("org4"),
        8: subject_code("org5"),
    }
    assert {n: found.severity for n, found in p.items()} == {
        1: "general",
        2: "serious",
        3: "general",
        4: "general",
        5: "general",
        6: "general",
        7: "minor",
        8: "serious",
    }
    assert {found.source_agency.short_name for found in p.values()} == {"金市监"}
    assert p[1].decision_on == ANCHOR - timedelta(days=300)
    assert p[2].decision_on == ANCHOR - timedelta(days=500)
    assert p[3].decision_on == ANCHOR - timedelta(days=30)
    assert p[4].amount_cents == 50_000_00
    assert all(found.is_published and not found.repaired_at for found in p.values())
    assert repair_eligible_from(Severity.GENERAL, p[1].period_starts_on) <= ANCHOR
    assert repair_eligible_from(Severity.SERIOUS, p[2].period_starts_on) <= ANCHOR
    assert repair_eligible_from(Severity.GENERAL, p[3].period_starts_on) > ANCHOR
    licence = record(licence_number(1))
    assert licence.category == RecordCategory.LICENCE
    assert licence.subject.code == subject_code("org1")


@pytest.mark.parametrize("key", ["org6", "org7", "org8", "org9"])
def test_subjects_of_commitment_stories_are_clean(key):
    assert not CreditRecord.objects.filter(subject__code=subject_code(key)).exists()
    assert not Subject.objects.get(code=subject_code(key)).is_listed


def test_listed_subjects_are_those_with_a_list_entry():
    listed = set(Subject.objects.filter(is_listed=True).values_list("pk", flat=True))
    entries = CreditRecord.objects.filter(category=RecordCategory.LIST_ENTRY)
    assert listed
    assert listed == set(entries.values_list("subject_id", flat=True))


def roles(username):
    return {
        (grant.role, grant.agency.short_name)
        for grant in RoleGrant.objects.filter(user__username=username).select_related("agency")
    }


CITY = {"金信用", "金市监", "金交", "金文旅", "金农", "金人社"}


@pytest.mark.parametrize(
    ("username", "expected"),
    [
        ("applicant1", set()),
        ("clerk1", {(Role.CLERK, "金信用")}),
        ("reviewer1", {(Role.REVIEWER, name) for name in CITY}),
        ("reviewer2", {(Role.REVIEWER, name) for name in CITY}),
        ("approver1", {(Role.APPROVER, name) for name in CITY}),
        ("source1", {(Role.SOURCE_UNIT, "金市监"), (Role.SOURCE_UNIT, "金交")}),
        ("trainer1", {(Role.TRAINER, "金信用")}),
        ("supervisor1", {(Role.SUPERVISOR, "金信用")}),
        ("sysadmin1", {(Role.SYSTEM_ADMIN, "金信用")}),
        ("secadmin1", {(Role.SECURITY_ADMIN, "金信用")}),
        ("auditor1", {(Role.AUDIT_ADMIN, "金信用")}),
        ("reviewer1-yiwu", {(Role.REVIEWER, "义信用")}),
        ("approver1-yiwu", {(Role.APPROVER, "义信用")}),
        ("supervisor1-yiwu", {(Role.SUPERVISOR, "义信用")}),
    ],
)
def test_accounts_have_their_roles_and_passwords(username, expected):
    user = User.objects.get(username=username)
    assert user.check_password(f"demo-{username}")
    assert user.email == f"{username}@demo.invalid"
    assert not user.is_staff
    assert not user.is_superuser
    assert roles(username) == expected


def test_no_account_both_handles_cases_and_administers():
    administrators = {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN}
    for user in User.objects.all():
        held = {role for role, _ in roles(user.username)}
        assert not held & administrators or len(held) == 1


def test_who_stands_for_whom():
    def represented(username):
        return set(
            SubjectAccount.objects.filter(user__username=username).values_list("subject__code", flat=True)
        )

    assert represented("applicant1") == {subject_code("org1")}
    assert represented("applicant2") == {subject_code("person1")}
    mandates = Mandate.objects.filter(agent__username="agent1").select_related("subject")
    assert {m.subject.code for m in mandates} == {subject_code(f"org{n}") for n in range(2, 10)}
    assert {m.valid_until for m in mandates} == {ANCHOR + timedelta(days=730)}


def test_ten_matters_with_texts_in_force():
    matters = {m.code: m for m in Matter.objects.all()}
    assert len(matters) == 10
    for matter in matters.values():
        text = matter.texts.get(version=1)
        assert text.valid_from == ANCHOR - timedelta(days=365)
        assert all((text.legal_basis, text.conditions, text.content, text.consequences, text.checking))
        assert "《" in text.legal_basis
    assert matters["FOOD-01"].is_public
    assert not matters["FOOD-01"].is_auto_accepted
    assert (matters["TRANSPORT-01"].is_auto_accepted, matters["TRANSPORT-01"].check_days) == (True, 20)
    assert (matters["PROOF-01"].commitment_type, matters["PROOF-01"].is_auto_accepted) == ("proof", True)
    assert matters["DEFERRED-01"].commitment_type == "deferred"
    assert matters["DEFERRED-01"].texts.get().deferrable_papers
    assert [code for code, matter in matters.items() if not matter.is_suitable] == ["SAFETY-01"]
    assert {m.commitment_type for m in matters.values()} == {
        "approval",
        "proof",
        "deferred",
        "public",
        "industry",
    }


def test_training_sessions_lie_ahead():
    course = Course.objects.get(code="CREDIT-REPAIR")
    starts = [f"{s.starts_at.astimezone(CHINA):%Y-%m-%d}" for s in course.sessions.order_by("starts_at")]
    assert starts == ["2026-03-05", "2026-03-12", "2026-03-26"]
    for session in course.sessions.all():
        minutes = (session.ends_at - session.starts_at).total_seconds() / 60
        assert minutes == 150
        assert course.minimum_minutes <= minutes


def snapshot():
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in LOADED}


@pytest.mark.parametrize("anchor", [ANCHOR, date(2027, 1, 1)])
def test_loading_again_changes_nothing(anchor):
    before = snapshot()
    assert not load_world(anchor)
    assert snapshot() == before


def test_what_people_did_meanwhile_stays():
    CreditRecord.objects.filter(number="DEMO-P-001").update(is_published=False)
    load_world(ANCHOR)
    assert not record("DEMO-P-001").is_published


def forget_the_world():
    """Take the world out again, so that a test sees it being loaded."""
    for model in (Enrolment, TrainingSession, Course, CreditRecord, MatterText, Matter, Mandate):
        model.objects.all().delete()
    for model in (SubjectAccount, Subject, RoleGrant, User, Agency):
        model.objects.all().delete()
    Region.objects.filter(parent__parent__isnull=False).delete()
    Region.objects.filter(parent__isnull=False).delete()
    Region.objects.all().delete()


def test_loading_is_whole_or_nothing(monkeypatch):
    forget_the_world()
    assert not is_loaded()
    monkeypatch.setattr("workflow_app.demo.load._load_training", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        load_world(ANCHOR)
    assert not is_loaded()
    assert not Subject.objects.exists()


def test_days_follow_the_anchor():
    forget_the_world()
    assert load_world(date(2026, 11, 24))
    assert record("DEMO-P-003").decision_on == date(2026, 10, 25)


def test_loading_takes_few_queries(django_assert_max_num_queries):
    forget_the_world()
    with django_assert_max_num_queries(60):
        assert load_world(ANCHOR)


def test_the_command_refuses_where_the_clock_cannot_be_moved(settings):
    settings.MOVABLE_CLOCK = False
    forget_the_world()
    with pytest.raises(CommandError, match="生产环境"):
        call_command("load_demo")
    assert not is_loaded()


def test_the_command_loads_once_and_says_so():
    forget_the_world()
    out = StringIO()
    call_command("load_demo", stdout=out)
    assert "已装入" in out.getvalue()
    assert CreditRecord.objects.count() == 200
    out = StringIO()
    call_command("load_demo", stdout=out)
    assert "未作改动" in out.getvalue()
    assert CreditRecord.objects.count() == 200


@pytest.mark.parametrize("key", ["", "org", "org0", "org01", "person", "company1", "org12345", "org1\n"])
def test_unknown_names_have_no_code(key):
    with pytest.raises(KeyError):
        subject_code(key)


def test_names_have_different_valid_codes():
    codes = [subject_code(f"org{n}") for n in range(1, 200)] + [subject_code("coop1")]
    persons = [subject_code(f"person{n}") for n in range(1, 200)]
    assert all(check_uscc(code) == code for code in codes)
    assert all(check_id_card(code, ANCHOR) == code for code in persons)
    assert len({*codes, *persons}) == len(codes) + len(persons)
    assert subject_code("person1").startswith("33070119900101123")
    assert subject_code("coop1").startswith("N2")
    assert check_uscc(agency_code("330700", 1))


def test_the_lock_is_held_while_loading():
    forget_the_world()
    load_world(ANCHOR)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted")
        # Held until the test's own transaction ends: a second loader would wait for it.
        assert cursor.fetchone()[0] >= 1
