"""What pages say about time, people and events."""

import pytest
from django.utils.translation import override

from tests.web.browser import Browser
from tests.web.stories import begin, do_task, file_objection, fill_steps, live_task, objection_answers, sign
from workflow_app.demo.names import subject_code
from workflow_app.models import Case, CreditRecord, Subject, User
from workflow_app.selectors.clocks import Countdown
from workflow_app.web import tags
from workflow_app.web.words import SENTENCES


def test_working_days_left() -> None:
    assert tags.left_words(Countdown(3600, 1, False)) == "剩余 1 个工作日"
    assert tags.left_words(Countdown(-3600, -2, True)) == "已超期 2 个工作日"
    assert tags.working_hours(3 * 3600 + 300) == "3 小时 5 分（办公时间）"


@pytest.mark.django_db
def test_persons_are_masked_and_organisations_are_not() -> None:
    person = Subject.objects.get(code=subject_code("person1"))
    company = Subject.objects.get(code=subject_code("org1"))
    assert "*" in tags.masked_name(person)
    assert tags.masked_code(person).count("*") > 8
    assert (tags.masked_name(company), tags.masked_code(company)) == (company.name, company.code)


def test_sizes_and_sums() -> None:
    assert [tags.kilobytes(size) for size in (10, 4096, 3 * 1024 * 1024)] == ["1 KB", "4 KB", "3.0 MB"]
    assert tags.yuan(500000) == "5,000.00 元"
    assert tags.role_title("reviewer") == "受理审核员"


@pytest.mark.django_db
def test_applicants_read_what_was_done_and_no_officers_name() -> None:
    case = file_objection(Browser("applicant1"))
    task = live_task(case)
    Browser("reviewer1").get(f"/tasks/{task.pk}").send("/claim").send("/release")
    do_task("reviewer2", live_task(case), acceptance="accept")
    own = Browser("applicant1").get(f"/cases/{case.number}").text
    office = Browser("reviewer1").get(f"/cases/{case.number}").text
    assert "完成“审查异议申请材料”" in own
    assert "已标注“异议中”" in own
    assert "审核员二" not in own
    assert "退回待领取" not in own
    assert "审核员二（演示）" in office
    assert "“审查异议申请材料”退回待领取" in office


@pytest.mark.django_db
def test_a_person_is_named_in_full_only_to_themselves() -> None:
    record = str(CreditRecord.objects.get(number="DEMO-P-005").pk)
    browser = begin(Browser("applicant2"), "objection")
    answers = objection_answers(
        record=record, ground="expired", **{"changes-0-field": "", "changes-0-new": ""}
    )
    sign(fill_steps(browser, **answers))
    case = Case.objects.get()
    task = live_task(case)
    own = browser.get(f"/cases/{case.number}").text
    assert case.subject.code in own
    assert "13800000001" in own
    for username, url in (
        ("reviewer1", f"/tasks/{task.pk}"),
        ("reviewer1", f"/cases/{case.number}"),
        ("reviewer1", "/desk"),
        ("supervisor1", "/cases"),
    ):
        seen = Browser(username).get(url).text
        assert case.subject.code not in seen
        assert case.subject.name not in seen
        assert "13800000001" not in seen


def test_every_sentence_can_be_filled() -> None:
    for sentence in SENTENCES.values():
        fields = (
            "outcome",
            "task",
            "clock",
            "due",
            "reason",
            "letter",
            "by",
            "number",
            "code",
            "ends",
            "timer",
            "capacity",
            "agency",
            "until",
        )
        assert sentence.format_map(dict.fromkeys(fields, "x"))


@pytest.mark.django_db
def test_names_of_accounts_follow_the_language() -> None:
    user = User.objects.get(username="reviewer1")
    assert tags.person(user) == "审核员一（演示）"
    with override("en"):
        assert tags.person(user) == "Demo Reviewer 1"
    assert tags.person(None) == ""
