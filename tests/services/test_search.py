"""Cases are found by name, code, number and what was written, in Chinese, by those who may see them."""

import pytest

from tests.services.world import account, file
from workflow_app.models import Case, CaseWords, Submission
from workflow_app.selectors import search
from workflow_app.selectors.cases import list_cases
from workflow_app.selectors.tasks import list_tasks
from workflow_app.services.indexing import index_cases, oldest_unindexed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("acts")]


def found(q: str, user: str = "reviewer1") -> list[str]:
    return [case.number for case in list_cases(account(user), q=q).items]


@pytest.fixture
def case() -> Case:
    case = file()
    Submission.objects.filter(case=case).update(data={"reason": "罚款金额应为五千元，附缴款凭证𠮷"})
    while index_cases():
        pass
    return case


def test_what_was_filed_is_found_by_everything_that_is_known_of_it(case: Case) -> None:
    record = case.record
    assert record is not None
    for q in (
        case.number, case.number[:12], case.number[-6:], case.subject.name[2:6], case.subject.code,
        case.subject.code[:8], record.number, record.title[1:4], "五千元", "缴款凭证", "凭证𠮷", "五千元 缴款",
    ):  # fmt: skip
        assert found(q) == [case.number], q


def test_characters_that_do_not_stand_together_are_not_found(case: Case) -> None:
    for q in ("五千罚款", "款罚", "不存在的字", "zzz", case.number + "9"):
        assert found(q) == [], q


def test_what_pages_mask_cannot_be_guessed_digit_by_digit() -> None:
    """A beginning finds the rest one digit at a time; a person's numbers are found whole or not at all."""
    case = file("applicant2", "DEMO-P-005")
    code, phone, other = case.subject.code, "13800000001", "330702199001011234"
    assert case.subject.is_person
    Submission.objects.filter(case=case).update(
        data={"reason": f"电话{phone}，身份证{other}", "phone": phone}
    )
    index_cases()
    assert found("身份证") == [case.number]
    assert found(code) == [case.number]
    for q in (code[:8], code[:17], phone, phone[:4], other, other[:10]):
        assert found(q) == [], q


def test_signs_and_wild_cards_are_only_text(case: Case) -> None:
    for q in ("%", "_", "\\", "'", "' | '", "五千元' & '", "!五千", ":*", "\0", "((((", "𠮷" * 200):
        assert found(q) in ([], [case.number]), q
    assert found("%") == []


def test_the_search_shows_nobody_more_than_they_may_see(case: Case) -> None:
    assert found("五千元", "applicant1") == [case.number]
    for stranger in ("applicant2", "reviewer1-yiwu", "auditor1", "sysadmin1"):
        assert found("五千元", stranger) == []
        assert found(case.subject.code, stranger) == []
    assert [task.case_id for task in list_tasks(account("reviewer1"), queue="group", q="五千元").items] == [
        case.pk
    ]
    assert list_tasks(account("reviewer1-yiwu"), queue="group", q="五千元").items == []


def test_numbers_and_codes_are_found_before_the_index_knows_them() -> None:
    case = file()
    assert found(case.number) == [case.number]
    assert found(case.subject.code) == [case.number]
    assert found(case.subject.name[2:6]) == []
    index_cases()
    assert found(case.subject.name[2:6]) == [case.number]


def test_indexing_again_changes_nothing_and_new_words_come_in(case: Case) -> None:
    assert oldest_unindexed() is None
    assert index_cases() == 0
    before = CaseWords.objects.get(case=case).words
    first = case.submissions.first()
    assert first is not None
    Submission.objects.create(
        case=case, form="supplement", data={"note": "补充说明"}, by=first.by, at=first.at
    )
    assert index_cases() == 1
    assert CaseWords.objects.get(case=case).words != before
    assert found("补充说明") == found("五千元") == [case.number]


def test_many_are_indexed_in_small_parts() -> None:
    cases = [file(), file("applicant1", "DEMO-P-003")]
    assert index_cases(1) == 1
    assert CaseWords.objects.count() == 1
    assert index_cases(1) == 1
    assert {words.case_id for words in CaseWords.objects.all()} == {case.pk for case in cases}


def test_what_very_many_cases_say_is_found_as_what_few_say(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = file("applicant1", "DEMO-P-003")
    index_cases()
    numbers = [other.number, case.number]
    assert found(case.subject.name[2:6]) == numbers
    monkeypatch.setattr(search, "MOST_NAMED", 1)
    assert found(case.subject.name[2:6]) == numbers
    assert found("五千元") == [case.number]
    assert found(case.subject.name[2:6], "applicant2") == []
    queue = list_tasks(account("reviewer1"), queue="group", q=case.subject.name[2:6]).items
    assert {task.case_id for task in queue} == {case.pk, other.pk}
