"""At the counter: subjects are entered from their documents, and nothing is filed that was not signed on paper."""

from io import BytesIO
from typing import Any

import pytest

from tests.services.world import SLUG, account, do, record
from tests.web.browser import PAPER
from workflow_app.demo.names import subject_code
from workflow_app.domain import clock
from workflow_app.domain.codes import IdCardInvalidError, UsccInvalidError, make_id_card, make_uscc
from workflow_app.domain.errors import CreditError, ForbiddenError, NotFoundError
from workflow_app.models import CounterVisit, Document, Draft, Subject
from workflow_app.selectors.access import Access
from workflow_app.selectors.counter import (
    list_expected,
    list_filings,
    list_unfinished,
    papers_of,
    visit_of_case,
)
from workflow_app.selectors.subjects import find_subject
from workflow_app.services import counter, subjects
from workflow_app.services.counter import (
    AUTHORISATION,
    IDENTITY,
    MOST_PAPERS,
    SHEET,
    Visitor,
    VisitorInvalidError,
    add_paper,
    change_visitor,
    digest_of,
    open_visit,
    remove_paper,
)
from workflow_app.services.drafts import discard_draft, save_draft, submit_draft
from workflow_app.services.errors import DraftSubmittedError, ProcessUnknownError

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("acts")]

FIRM = make_uscc("91330700MAC0UNTE0"[:17])
PERSON = make_id_card("33070119920203124")
HOLDER = "11010519491231002X"


def subject(key: str = "org1") -> Subject:
    return Subject.objects.get(code=subject_code(key))


def visitor(relation: str = "representative", **changes: str) -> Visitor:
    return Visitor(**{"relation": relation, "name": "李四", "code": HOLDER, **changes})


def visit(key: str = "org1", who: Visitor | None = None) -> Draft:
    return open_visit(user=account("clerk1"), process=SLUG, subject=subject(key), visitor=who or visitor())


def fill(draft: Draft, number: str = "DEMO-P-001", **data: Any) -> None:
    save_draft(
        user=account("clerk1"),
        process=SLUG,
        data={"records": [str(record(number).pk)], **data},
        on_behalf_of=draft.on_behalf_of,
        draft_id=draft.pk,
    )


def printed_code(draft: Draft) -> str:
    """What a sheet printed now shows first."""
    return digest_of(Draft.objects.get(pk=draft.pk), CounterVisit.objects.get(draft=draft))[:4].upper()


def scan(
    draft: Draft, kind: str = SHEET, by: str = "clerk1", content: bytes = PAPER, code: str | None = None
) -> CounterVisit:
    """Take in a scan: of a sheet that was printed a moment ago, unless another `code` stands on it."""
    return add_paper(
        user=account(by),
        draft_id=draft.pk,
        kind=kind,
        name="扫描.pdf",
        content=BytesIO(content),
        sheet_code=printed_code(draft) if code is None else code,
    )


def refusal(act: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(CreditError) as refused:
        act(*args, **kwargs)
    return refused.value.code


@pytest.mark.parametrize(
    ("kind", "code", "stored", "is_person"),
    [
        ("uscc", f" {FIRM.lower()} ", FIRM, False),
        ("id_card", PERSON, PERSON, True),
        ("other", "ｅ12345678", "E12345678", True),
    ],
)
def test_a_subject_is_entered_from_its_document(kind: str, code: str, stored: str, is_person: bool) -> None:
    made = subjects.register_subject(user=account("clerk1"), code_kind=kind, code=code, name="  某某  某 ")
    assert (made.code, made.name, made.is_person) == (stored, "某某 某", is_person)
    assert find_subject(Access(account("clerk1"), clock.now()), code) == made
    again = {"user": account("clerk1"), "code_kind": kind, "code": code, "name": "另一个"}
    assert refusal(subjects.register_subject, **again) == "subject_exists"


def test_one_code_is_one_subject_whatever_kind_it_is_said_to_be() -> None:
    code = subject("org1").code
    again = {"user": account("clerk1"), "code_kind": "other", "code": code, "name": "冒名"}
    assert refusal(subjects.register_subject, **again) == "subject_exists"


@pytest.mark.parametrize(
    ("kind", "code", "name", "told"),
    [
        ("uscc", f"{FIRM[:-1]}{'1' if FIRM[-1] != '1' else '2'}", "甲", "uscc_invalid"),
        ("uscc", PERSON, "甲", "uscc_invalid"),
        ("id_card", f"{PERSON[:-1]}{'1' if PERSON[-1] != '1' else '2'}", "甲", "id_card_invalid"),
        ("other", "E1 3", "甲", "document_number_invalid"),
        ("other", "E" * 39, "甲", "document_number_invalid"),
        ("passport", "E12345678", "甲", "code_kind_invalid"),
        ("other", "E12345678", "  ", "subject_name_invalid"),
        ("other", "E12345678", "甲\u202e乙", "subject_name_invalid"),
        ("other", "E12345678", "甲" * 201, "subject_name_invalid"),
    ],
)
def test_what_is_no_document_is_refused(kind: str, code: str, name: str, told: str) -> None:
    before = Subject.objects.count()
    wrong = {"user": account("clerk1"), "code_kind": kind, "code": code, "name": name}
    assert refusal(subjects.register_subject, **wrong) == told
    assert Subject.objects.count() == before


@pytest.mark.parametrize("name", ["applicant1", "reviewer1", "sysadmin1"])
def test_only_clerks_enter_look_up_and_take_down(name: str) -> None:
    with pytest.raises(ForbiddenError):
        subjects.register_subject(user=account(name), code_kind="other", code="E12345678", name="甲")
    with pytest.raises(ForbiddenError):
        find_subject(Access(account(name), clock.now()), subject("org1").code)
    with pytest.raises(ForbiddenError):
        open_visit(user=account(name), process=SLUG, subject=subject(), visitor=visitor())


def test_looking_up_tells_a_slip_of_the_pen() -> None:
    access = Access(account("clerk1"), clock.now())
    assert find_subject(access, FIRM) is None
    with pytest.raises(UsccInvalidError):
        find_subject(access, "91330700MA2XH0006X")
    with pytest.raises(IdCardInvalidError):
        find_subject(access, f"{PERSON[:-1]}{'1' if PERSON[-1] != '1' else '2'}")


def test_the_person_themself_is_not_asked_again() -> None:
    draft = visit("person1", Visitor(relation="self", phone="13800000001"))
    made, person = draft.counter_visit, subject("person1")
    assert (made.name, made.code_kind, made.code, made.phone) == (
        person.name,
        person.code_kind,
        person.code,
        "13800000001",
    )
    assert (draft.on_behalf_of, draft.owner) == (person.code, account("clerk1"))


@pytest.mark.parametrize(
    ("key", "who", "fields"),
    [
        ("org1", visitor("self"), {"relation"}),
        ("person1", visitor("representative"), {"relation"}),
        ("org1", visitor("nobody"), {"relation"}),
        ("org1", visitor(name=" ", code="123"), {"name", "code"}),
        ("org1", visitor(code_kind="uscc", code=subject_code("org1")), {"code"}),
        ("person1", visitor("agent", name="甲" * 61, phone="12345"), {"name", "phone"}),
    ],
    ids=["no person", "no firm", "no relation", "all", "a firm's code", "too long"],
)
def test_what_is_wrong_with_the_visitor_is_told_field_by_field(
    key: str, who: Visitor, fields: set[str]
) -> None:
    with pytest.raises(VisitorInvalidError) as invalid:
        visit(key, who)
    assert set(invalid.value.problems) == fields
    assert invalid.value.params["count"] == len(fields)
    assert not CounterVisit.objects.exists()


def test_a_process_that_is_not_there_is_not_begun() -> None:
    with pytest.raises(ProcessUnknownError):
        open_visit(user=account("clerk1"), process="nothing", subject=subject(), visitor=visitor())


def test_what_is_signed_on_paper_is_filed_and_both_are_named() -> None:
    draft = visit()
    fill(draft)
    scan(draft)
    scan(draft, IDENTITY)
    (case,) = submit_draft(draft_id=draft.pk, user=account("clerk1"))
    assert (case.channel, case.filed_by, case.subject, case.applicant) == (
        "window",
        account("clerk1"),
        subject(),
        None,
    )
    assert set(case.documents.values_list("kind", flat=True)) == {SHEET, IDENTITY}
    filed = case.events.get(kind="case.filed")
    found = visit_of_case(case)
    assert found is not None
    assert (filed.actor, filed.data["visit"], found.name) == (account("clerk1"), found.pk, "李四")
    # The trail can never be changed, so it holds no name.
    assert "李四" not in str(filed.data)
    assert [each.case for each in list_filings(Access(account("clerk1"), clock.now()))] == [case]
    assert list_filings(Access(account("clerk1"), clock.now()))[0].visit == found
    assert list_unfinished(account("clerk1")) == []


def test_nothing_is_filed_that_was_not_signed() -> None:
    draft = visit()
    fill(draft)
    filing = {"draft_id": draft.pk, "user": account("clerk1")}
    assert refusal(submit_draft, **filing) == "sheet_missing"
    scan(draft, IDENTITY)
    assert refusal(submit_draft, **filing) == "sheet_missing"
    scan(draft)
    fill(draft, broken=True)
    assert refusal(submit_draft, **filing) == "sheet_outdated"
    # Signed anew, the first sheet is gone.
    first = papers_of(draft.counter_visit, SHEET)
    scan(draft)
    (second,) = papers_of(draft.counter_visit, SHEET)
    assert [second] != first
    assert not Document.objects.filter(pk=first[0].pk).exists()
    assert submit_draft(**filing)


def test_a_sheet_printed_before_a_change_is_not_taken_for_the_answers_after_it() -> None:
    draft = visit()
    fill(draft)
    before = printed_code(draft)
    fill(draft, broken=True)
    for code in (before, "", printed_code(draft)[:3]):
        assert refusal(scan, draft, code=code) == "sheet_differs"
    assert not draft.counter_visit.papers.exists()
    # Written as people write it: more of it, in groups, in small or full-width letters.
    small = printed_code(draft).lower()
    scan(draft, code=f" {small[:2]} {small[2:]} 0000")
    scan(draft, code=small.translate({ord(char): ord(char) + 0xFEE0 for char in small}))
    assert submit_draft(draft_id=draft.pk, user=account("clerk1"))


def test_another_visitor_signs_anew() -> None:
    draft = visit()
    fill(draft)
    scan(draft)
    changed = change_visitor(
        user=account("clerk1"), draft_id=draft.pk, subject=subject(), visitor=visitor("agent", name="王五")
    )
    assert (changed.name, changed.relation) == ("王五", "agent")
    filing = {"draft_id": draft.pk, "user": account("clerk1")}
    assert refusal(submit_draft, **filing) == "authorisation_missing"
    scan(draft, AUTHORISATION)
    assert refusal(submit_draft, **filing) == "sheet_missing"
    scan(draft)
    assert submit_draft(**filing)
    for act in (
        lambda: scan(draft),
        lambda: change_visitor(
            user=account("clerk1"), draft_id=draft.pk, subject=subject(), visitor=visitor()
        ),
    ):
        with pytest.raises(DraftSubmittedError):
            act()


def test_a_scan_taken_back_is_deleted_and_its_signature_with_it() -> None:
    draft = visit()
    fill(draft)
    made = scan(draft)
    (sheet,) = papers_of(made)
    remove_paper(user=account("clerk1"), draft_id=draft.pk, paper_id=sheet.pk)
    assert not Document.objects.filter(pk=sheet.pk).exists()
    made.refresh_from_db()
    assert made.signed_digest == ""
    with pytest.raises(NotFoundError):
        remove_paper(user=account("clerk1"), draft_id=draft.pk, paper_id=sheet.pk)


def test_scans_are_few_known_and_the_clerks_own(monkeypatch: pytest.MonkeyPatch) -> None:
    draft = visit()
    assert refusal(scan, draft, "photo_of_lunch") == "not_found"
    assert refusal(scan, draft, SHEET, "applicant1") == "not_found"
    assert refusal(scan, draft, SHEET, content=b"no paper") == "document_type_unknown"
    monkeypatch.setattr(counter, "MOST_PAPERS", 1)
    scan(draft, IDENTITY)
    assert refusal(scan, draft, IDENTITY) == "counter_papers_too_many"
    assert MOST_PAPERS == 10


def test_one_sitting_about_several_records_names_the_visitor_in_each_case() -> None:
    draft = visit()
    fill(draft, records=[str(record("DEMO-P-001").pk), str(record("DEMO-P-004").pk)])
    scan(draft)
    cases = submit_draft(draft_id=draft.pk, user=account("clerk1"))
    assert len(cases) == 2
    for case in cases:
        assert visit_of_case(case) == draft.counter_visit
        assert case.documents.get().kind == SHEET


def test_what_is_still_to_be_handed_in_is_listed_for_the_clerk() -> None:
    draft = visit()
    fill(draft)
    scan(draft)
    (case,) = submit_draft(draft_id=draft.pk, user=account("clerk1"))
    assert list_expected(Access(account("clerk1"), clock.now())) == []
    do(case, "reviewer1", result="supplement")
    (task,) = list_expected(Access(account("clerk1"), clock.now()))
    assert task.case == case


def test_a_draft_thrown_away_takes_its_visit_along() -> None:
    draft = visit()
    discard_draft(draft_id=draft.pk, user=account("clerk1"))
    assert not CounterVisit.objects.exists()
