"""What a letter says is frozen with the decision, in the words in which people read it, and no more than that."""

import hashlib
import io
import json
from datetime import date
from typing import Any

import pytest

from forms.fields import fields_of
from forms.loader import Form
from tests.letters.world import REPLY, account, decide, file, letter_of
from workflow_app.domain.masking import mask_id_number
from workflow_app.letters.page import render_letter
from workflow_app.models import (
    Case,
    Commitment,
    CreditRecord,
    Matter,
    MatterText,
    RecordChange,
    Subject,
    TrainingSession,
)
from workflow_app.services.documents import store_document
from workflow_app.services.letter_values import _fact, _shown, day_of, letter_values
from workflow_app.services.transition import open_case

pytestmark = pytest.mark.usefixtures("lettering")


def _text(case: Case, kind: str = "reply") -> dict[str, Any]:
    return dict(letter_of(case, kind).record["text"])


def _values(case: Case, template: str, by: str | None = "reviewer1") -> dict[str, Any]:
    """The values a template would be given now; nothing is written."""
    with open_case(account(by) if by else None, pk=case.pk) as moving:
        return letter_values(moving, template, "reply")


def test_holds_the_case_in_words() -> None:
    case = file(ground="error", urgent=True, changes=[{"new": "5000.00"}], secret="仅供内部")
    record = letter_of(case).record
    subject = Subject.objects.get(pk=case.subject_id)
    assert record["format"] == "letter/1"
    assert record["issued_on"] == "2026-03-02"
    assert record["definition"]["content_hash"] == case.definition.content_hash
    text = record["text"]
    assert text["case"] == {
        "number": case.number,
        "process_title": "文书测试",
        "filed_on": "2026年3月2日",
        "channel": "网上",
    }
    assert text["subject"] == {
        "name": subject.name,
        "code": subject.code,
        "code_title": "统一社会信用代码",
        "kind": "organisation",
        "is_person": False,
        "you": "你单位",
    }
    assert text["agency"]["name"] == case.agency.name
    assert text["record"]["number"] == "DEMO-P-001"
    assert text["clocks"]["handle"]["due_on"] == "2026年3月9日"
    assert text["clocks"]["handle"]["unit"] == "个工作日"
    assert text["decision"] == {"by": "申请人", "on": "2026年3月2日"}
    assert text["forms"]["start"] == {"ground": "信息有误", "urgent": True, "changes": [{"new": "5000.00"}]}
    assert text["codes"]["start"] == {"ground": "error"}


def test_a_date_in_a_year_without_notice_says_so(at: Any) -> None:
    at("2026-12-28 10:00")
    clocks = letter_of(file()).record["text"]["clocks"]
    assert clocks["handle"]["due_on"] == "2027年1月4日（暂定，以国家放假安排为准）"


def test_keeps_only_what_the_text_names() -> None:
    case = file(secret="仅供内部", phone="13800001234")
    assert "仅供内部" not in json.dumps(letter_of(case).record, ensure_ascii=False)
    assert "13800001234" not in json.dumps(letter_of(case).record)
    assert "applicant" not in _text(case)
    assert "facts" not in _text(case)


def test_a_persons_code_is_masked() -> None:
    case = file("applicant2", "DEMO-P-005")
    subject = case.subject
    assert subject.is_person
    shown = _text(case)["subject"]
    assert shown["code"] == mask_id_number(subject.code) != subject.code
    assert (shown["you"], shown["code_title"]) == ("你", "公民身份号码")
    assert subject.code not in json.dumps(letter_of(case).record)


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("fine", 500000, "5,000.00 元"),
        ("on", "2026-03-15", "2026年3月15日"),
        ("phone", "13800001234", "138****1234"),
        ("kinds", ["a", "b"], "甲、乙"),
        ("urgent", False, False),
        ("urgent", True, True),
        ("ground", "old", "已经过期"),
        (
            "changes",
            [{"new": "甲", "on": "2026-03-15", "sure": False}],
            [{"new": "甲", "on": "2026年3月15日", "sure": False}],
        ),
    ],
)
def test_form_values_for_reading_and_for_comparing(field: str, value: Any, shown: Any) -> None:
    case = file(**{field: value})
    values = _values(case, f"{{{{ forms.start.{field} }}}}{{% if codes.start.{field} %}}{{% endif %}}")
    assert values["forms"] == {"start": {field: shown}}
    assert values["codes"] == {"start": {field: value}}


def test_papers_by_name_and_records_by_number() -> None:
    pdf = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
    paper = store_document(
        user=account("applicant1"), kind="proof", name="营业执照.pdf", content=io.BytesIO(pdf)
    )
    case = file(papers=[str(paper.pk)])
    values = _values(case, "{{ forms.start.papers }}{{ forms.start.record }}")
    assert values["forms"]["start"] == {"papers": "营业执照.pdf", "record": "DEMO-P-001"}


def test_the_latest_submission_of_a_form_counts() -> None:
    case = file()
    decide(case, "again", note="第一次")
    decide(case, "again", note="第二次")
    assert _text(case)["forms"]["decide"] == {"note": "第二次"}


def test_evidence_of_the_signature() -> None:
    case = file()
    decide(case, "statement")
    start = _text(case, "statement")["forms"]["start"]
    submitted = case.submissions.get(form="start")
    assert start["submitted_by"] == str(account("applicant1"))
    assert start["submitted_at"] == "2026年3月2日10时00分"
    content = json.dumps(submitted.data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert start["digest"] == hashlib.sha256(content.encode()).hexdigest()


def test_a_form_that_was_not_handed_in_is_absent() -> None:
    values = _values(file(), "{% if forms.decide.submitted_on %}{{ forms.decide.note }}{% endif %}")
    assert "forms" not in values


def test_earlier_letters_by_kind_unless_voided() -> None:
    case = file()
    decide(case, "second", note="说明")
    assert _text(case, "second")["letters"]["reply"]["number"] == letter_of(case).number
    other = file()
    decide(other, "void")
    assert "letters" not in _values(other, "{{ letters.reply.number }}")


def test_changes_and_the_record_as_it_stands_now() -> None:
    case = file(record="DEMO-P-004")
    record = CreditRecord.objects.get(number="DEMO-P-004")
    RecordChange.objects.create(
        record=record, case=case, field="amount_cents", old="50000.00", new="5000.00", reason="录入错误",
        changed_at=case.filed_at,
    )  # fmt: skip
    CreditRecord.objects.filter(pk=record.pk).update(amount_cents=500000)
    values = _values(case, REPLY)
    assert values["changes"] == [
        {"field": "罚款金额（元）", "old": "50000.00", "new": "5000.00", "reason": "录入错误"}
    ]
    assert values["record"]["amount"] == "5,000.00 元"
    assert values["record"]["source"] == record.source_agency.name


def test_the_commitment_once_registered() -> None:
    case = file()
    assert "commitment" not in _values(case, "")
    Commitment.objects.create(
        case=case, code="C-1", content="内容", liability="责任", made_on=date(2026, 3, 2),
        valid_until=date(2027, 3, 2),
    )  # fmt: skip
    shown = _values(case, "")["commitment"]
    assert shown == {
        "code": "C-1",
        "content": "内容",
        "liability": "责任",
        "made_on": "2026年3月2日",
        "valid_until": "2027年3月2日",
        "performance": "履行中",
    }


def test_facts_that_are_named_with_dates_in_chinese() -> None:
    case = file()
    with open_case(None, pk=case.pk) as moving:
        values = letter_values(moving, "{{ facts.handle_due }}{{ facts.channel }}", "reply")
    assert values["facts"] == {"handle_due": "2026年3月9日", "channel": "online"}


@pytest.mark.parametrize("value", ["20260302", "abc", "2026-13-40", "", 5, True])
def test_what_only_looks_like_a_date_stays(value: Any) -> None:
    assert _fact(value) == value


@pytest.mark.parametrize(
    ("widget", "value", "shown"),
    [
        ("matter", "FOOD-01", None),
        ("matter", "GONE-01", "GONE-01"),
        ("session", "0", "0"),
        ("record", "x", "x"),
    ],
)
def test_ids_that_only_the_server_knows_by_their_names(widget: str, value: str, shown: str | None) -> None:
    form = Form("f", {"properties": {"it": {"title": "它", "type": "string", "maxLength": 40}}},
                {"order": ["it"], "fields": {"it": {"widget": widget}}}, {})  # fmt: skip
    (field,) = fields_of(form)
    assert _shown(form, field, value) == (shown or Matter.objects.get(code=value).title)


def test_a_session_by_course_and_day() -> None:
    session = TrainingSession.objects.select_related("course").first()
    assert session is not None
    form = Form("f", {"properties": {"it": {"title": "它", "type": "string", "maxLength": 40}}},
                {"order": ["it"], "fields": {"it": {"widget": "session"}}}, {})  # fmt: skip
    (field,) = fields_of(form)
    assert _shown(form, field, str(session.pk)) == f"{session.course.title}（{day_of(session.starts_at)}）"


def test_the_matter_in_the_version_that_was_told() -> None:
    case = file()
    text = MatterText.objects.select_related("matter").get(matter__code="FOOD-01")
    with open_case(None, pk=case.pk) as moving:
        moving.case.matter_text = text
        shown = letter_values(moving, "", "reply")["matter"]
    assert (shown["code"], shown["title"]) == ("FOOD-01", text.matter.title)
    assert (shown["version"], shown["conditions"]) == (text.version, text.conditions)
    assert shown["is_public"] is True


def test_who_decided_by_role_and_never_by_name() -> None:
    case = file()
    decide(case, "again", note="说明")
    text = _text(case)
    assert text["decision"]["by"] == "受理审核员"
    assert str(account("reviewer1")) not in json.dumps(text, ensure_ascii=False)
    assert _values(case, "", by=None)["decision"]["by"] == "系统"


def test_names_outside_of_tags_are_just_words() -> None:
    case = file(secret="仅供内部")
    assert "forms" not in _values(case, "forms.start.secret 是内部意见")


def test_applicant_where_named() -> None:
    assert _values(file(), "{{ applicant.name }}")["applicant"] == {"name": str(account("applicant1"))}


def test_the_letter_says_the_same_whenever_it_is_set(at: Any) -> None:
    case = file()
    letter = letter_of(case)
    first = render_letter(REPLY, letter.record).pdf
    CreditRecord.objects.filter(number="DEMO-P-001").update(title="别的名称")
    Subject.objects.filter(pk=case.subject_id).update(name="别的单位")
    at.forward(days=400)
    letter.refresh_from_db()
    assert render_letter(REPLY, letter.record).pdf == first


def test_the_day_is_that_of_china(at: Any) -> None:
    assert day_of(at("2026-03-02 23:59")) == "2026年3月2日"
    assert day_of(at("2026-03-03 00:00")) == "2026年3月3日"


def test_every_value_can_be_embedded() -> None:
    case = file(changes=[{"new": "“引号”<&>"}], ground="old")
    assert json.loads(json.dumps(letter_of(case).record)) == letter_of(case).record
