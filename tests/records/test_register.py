"""The register of commitments, what is published, and who is told."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.records.steps import decide, events, file, record, run
from workflow_app.demo.names import subject_code
from workflow_app.domain.errors import CreditError
from workflow_app.models import (
    Commitment,
    CreditRecord,
    EffectReceipt,
    Matter,
    MatterText,
    Publication,
    Subject,
)
from workflow_app.selectors.matters import get_matter, list_matters
from workflow_app.selectors.publications import list_published
from workflow_app.services.operations.publications import masked_text

pytestmark = pytest.mark.django_db
REGISTER = ("commitment.register", {})
TODAY = date(2026, 3, 2)


def perform(status):
    return ("commitment.perform", {"status": status})


def start(kind="commitment"):
    return ("publication.start", {"kind": kind})


def test_a_commitment_is_registered_with_the_texts_told():
    case = run(REGISTER, REGISTER, matter="TRANSPORT-01")
    made = Commitment.objects.get(case=case)
    text = MatterText.objects.get(matter__code="TRANSPORT-01")
    assert (made.content, made.liability) == (text.content, text.consequences)
    assert (made.made_on, made.valid_until) == (TODAY, date(2027, 3, 2))
    assert (made.is_public, made.performance) == (True, "running")
    assert made.code == "CN330700202600000001"
    assert len(events(case, "commitment.registered")) == 1


def test_codes_run_without_gaps_even_when_one_is_taken_back():
    with pytest.raises(CreditError):
        run(REGISTER, perform("forgotten"), matter="TRANSPORT-01")
    codes = [Commitment.objects.get(case=run(REGISTER, matter="FOOD-01")).code for _ in range(2)]
    assert [code[-2:] for code in codes] == ["01", "02"]


def test_the_texts_stay_when_the_matter_gets_new_ones():
    case = file(REGISTER, matter="FOOD-01")
    matter = Matter.objects.get(code="FOOD-01")
    MatterText.objects.create(
        matter=matter,
        version=2,
        valid_from=TODAY,
        legal_basis="新",
        conditions="新",
        content="新的内容",
        consequences="新",
        checking="新",
    )
    decide(case)
    assert Commitment.objects.get(case=case).content != "新的内容"
    assert get_matter("FOOD-01").text.version == 2


def test_a_repair_commitment_has_its_own_text():
    case = run(REGISTER, number="DEMO-P-001")
    made = Commitment.objects.get(case=case)
    assert "纠正失信行为" in made.content
    assert not made.is_public


@pytest.mark.parametrize("status", ["fulfilled", "partly", "unmet"])
def test_how_it_was_kept_is_written_down_with_its_basis(status):
    case = run(REGISTER, perform(status), matter="FOOD-01", reason="现场核查")
    made = Commitment.objects.get(case=case)
    assert (made.performance, made.performance_on, made.performance_basis) == (status, TODAY, "现场核查")
    assert events(case, "commitment.performed")[0].data == {"code": made.code, "performance": status}


@pytest.mark.parametrize("status", ["", "running", "kept"])
def test_other_ways_of_keeping_are_refused(status):
    with pytest.raises(CreditError) as caught:
        run(REGISTER, perform(status), matter="FOOD-01")
    assert caught.value.code == "performance_unknown"


def test_nothing_registered_nothing_kept():
    with pytest.raises(CreditError) as caught:
        run(perform("fulfilled"), matter="FOOD-01")
    assert caught.value.code == "commitment_missing"


def test_the_letter_is_published_for_the_matters_time():
    case = run(REGISTER, start(), start(), matter="FOOD-01")
    made = Publication.objects.get(case=case)
    assert (made.starts_on, made.ends_on, made.stopped_at) == (TODAY, date(2027, 3, 2), None)
    assert made.content["subject"] == case.subject.name
    assert made.content["subject_code"] == case.subject.code
    assert made.content["matter_code"] == "FOOD-01"
    assert made.content["commitment_code"] == Commitment.objects.get(case=case).code
    assert "信用承诺" in made.title
    assert len(events(case, "publication.started")) == 1


def test_natural_persons_are_masked_everywhere():
    case = file(REGISTER, ("record.add_breach", {"form": "decide"}), start("breach"), number="DEMO-P-005")
    person = case.subject
    decide(case, reason=f"{person.name}（{person.code}）未履行承诺")
    made = Publication.objects.get(case=case)
    shown = f"{made.title} {made.content}"
    assert person.code not in shown
    assert person.name not in shown
    assert made.content["subject"] == "张**"
    assert made.content["subject_code"].startswith("330***")
    assert made.content["breach_facts"].startswith("张**（330***")


@given(
    before=st.text(max_size=30),
    after=st.text(max_size=30),
    name=st.text("张王李欧阳明示例", min_size=2, max_size=5),
)
def test_no_text_gives_a_person_away(before, after, name):
    person = Subject(kind="person", code_kind="id_card", code=subject_code("person1"), name=name)
    shown = masked_text(f"{before}{name}{person.code}{after}", person)
    assert person.code not in shown
    assert name not in shown


@given(text=st.text(max_size=60))
def test_texts_about_organisations_stay_as_they_are(text):
    subject = Subject(kind="organisation", code=subject_code("org1"), name="示例")
    assert masked_text(text, subject) == text


def test_a_breach_is_published_as_long_as_its_record():
    case = run(
        ("record.add_breach", {"form": "decide"}), start("breach"), matter="FOOD-01", reason="逾期未整改"
    )
    made = Publication.objects.get(case=case)
    assert made.ends_on == CreditRecord.objects.get(subject=case.subject).valid_until
    assert made.content["breach_facts"] == "逾期未整改"


def test_a_letter_of_the_process_gives_the_title():
    case = run(start("reply"), matter="FOOD-01")
    assert Publication.objects.get(case=case).title.startswith("答复书：")


def test_publication_stops_and_may_start_anew(at):
    stop = ("publication.stop", {"kind": "commitment", "reason": "撤销决定"})
    case = run(start(), stop, stop, matter="FOOD-01")
    made = Publication.objects.get(case=case)
    assert made.stopped_at == case.closed_at
    assert len(events(case, "publication.stopped")) == 1
    again = run(start(), stop, start(), matter="FOOD-01")
    assert Publication.objects.get(case=again).stopped_at is None


def published(*args, **kwargs):
    return [each.content["matter_code"] for each in list_published(*args, **kwargs).items]


def test_the_public_reads_what_is_live_only(at):
    run(start(), matter="FOOD-01")
    run(start(), ("publication.stop", {"kind": "commitment", "reason": "x"}), matter="HR-01")
    assert published() == ["FOOD-01"]
    at("2027-03-02 23:00")
    assert published() == ["FOOD-01"]
    at("2027-03-03 00:00")
    assert published() == []


def test_publications_are_searched_and_paged():
    for matter in ("FOOD-01", "HR-01", "FOOD-01"):
        run(start(), matter=matter)
    assert published("人力资源服务") == ["HR-01"]
    assert published(subject_code("org6")) == ["FOOD-01", "HR-01", "FOOD-01"]
    assert published(kind="breach") == []
    assert published("\0 没有这样的") == []
    first = list_published(limit=2)
    second = list_published(cursor=first.next, limit=2)
    assert (len(first.items), len(second.items), second.next) == (2, 1, None)
    assert not {each.pk for each in first.items} & {each.pk for each in second.items}


def test_no_search_finds_a_masked_person():
    case = run(REGISTER, start(), number="DEMO-P-005")
    person = case.subject
    assert list_published("张**").items
    assert not list_published(person.name).items
    assert not list_published(person.code).items


def test_everybody_concerned_is_told_once():
    step = ("effect.announce", {"effect": "repair"})
    case = run(step, step, number="DEMO-P-001")
    told = list(EffectReceipt.objects.filter(case=case).order_by("id").values_list("recipient", flat=True))
    assert told == [
        "“信用中国”网站",
        "浙江省公共信用信息平台",
        "金华市公共信用信息平台",
        "国家企业信用信息公示系统",
        record("DEMO-P-001").source_agency.name,
    ]
    assert events(case, "effect.announced")[0].data["recipients"] == told
    assert all(each.acknowledged_at is None for each in EffectReceipt.objects.filter(case=case))


def test_the_register_of_enterprises_is_not_told_of_persons():
    case = run(("effect.announce", {"effect": "repair"}), number="DEMO-P-005")
    assert not EffectReceipt.objects.filter(case=case, recipient="国家企业信用信息公示系统").exists()


def test_the_catalogue_shows_open_matters_with_a_text_in_force(at):
    assert [each.matter.code for each in list_matters()] == sorted(
        Matter.objects.values_list("code", flat=True)
    )
    assert {each.matter.code for each in list_matters(commitment_type="proof")} == {"PROOF-01", "PROOF-02"}
    assert list_matters(region="330782") == []
    Matter.objects.filter(code="FOOD-01").update(is_open=False)
    MatterText.objects.filter(matter__code="HR-01").update(valid_until=date(2026, 3, 1))
    assert {"FOOD-01", "HR-01"}.isdisjoint(each.matter.code for each in list_matters())
    for code in ("FOOD-01", "HR-01", "NOTHING"):
        with pytest.raises(CreditError):
            get_matter(code)


def test_the_catalogue_costs_two_queries(django_assert_num_queries):
    with django_assert_num_queries(2):
        [each.matter.agency.region.name for each in list_matters()]
