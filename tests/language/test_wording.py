"""Sentences are filled in the reader's language: our own words are translated, what people typed never is."""

import pytest
from django.utils.translation import override

from bpmn.manifest import Text
from workflow_app.domain.counting import ExtensionCapError
from workflow_app.domain.deadlines import HOLIDAY
from workflow_app.models import Publication
from workflow_app.selectors.wording import say
from workflow_app.services.errors import FourEyesError, NotStarterError
from workflow_app.services.record_values import EDITABLE, RecordValueInvalidError
from workflow_app.services.training_errors import EnrolmentStateError
from workflow_app.web import tags
from workflow_app.web.public.content import content_rows


def test_our_own_words_are_translated() -> None:
    with override("en"):
        assert say(HOLIDAY, {"day_reason": "春节放假", "notice": "国办发明电〔2025〕7号"}) == (
            "Spring Festival holiday, not counted (国办发明电〔2025〕7号)"
        )
        assert say(EnrolmentStateError.message, {"status": "已签退"}) == (
            "The enrolment has the status “Checked out”, so this cannot be done."
        )
        cap = ExtensionCapError(total=25, cap=20, unit="working_day", unit_title="工作日")
        assert "more than the 20 allowed (working days)" in say(cap.message, cap.params)
    assert "单位：工作日" in say(cap.message, cap.params)


def test_what_was_typed_stays_as_it_is() -> None:
    with pytest.raises(RecordValueInvalidError) as caught:
        EDITABLE["decision_on"].parse("是")
    with override("en"):
        assert say(caught.value.message, caught.value.params) == (
            "The new “Date of the decision” cannot be “是”: it must be a date that exists, such as 2026-03-15."
        )


def test_things_with_an_english_name_are_called_by_it() -> None:
    with override("en"):
        assert "“Approve”" in say(FourEyesError.message, {"task": "审批", "task_en": "Approve"})
        assert "“审批”" in say(FourEyesError.message, {"task": "审批", "task_en": ""})
        assert "“审批”" in say(FourEyesError.message, {"task": "审批"})
    assert "“承诺”" in say(NotStarterError.message, {"process": "承诺", "process_en": "Commitment"})


def test_amounts_have_their_unit() -> None:
    cases = [(1, "working_day"), (5, "working_day"), (1, "calendar_day"), (3, "month")]
    assert [tags.units(*case) for case in cases] == ["1 个工作日", "5 个工作日", "1 天", "3 个月"]
    with override("en"):
        assert [tags.units(*case) for case in cases] == [
            "1 working day",
            "5 working days",
            "1 calendar day",
            "3 months",
        ]


def test_quotations_are_marked_on_english_pages_only() -> None:
    assert tags.typed("罚款<b>") == "罚款<b>"
    with override("en"):
        assert tags.typed("罚款<b>") == '<span lang="zh-Hans">罚款&lt;b&gt;</span>'
        assert tags.typed("plain <b>") == "plain <b>"


def test_publications_are_told_in_both_languages() -> None:
    content = {
        "subject": "某公司",
        "subject_kind": "自然人",
        "agency": "某局",
        "agency_en": "Some bureau",
        "title_en": "Commitment: 某公司",
    }
    row = Publication(title="信用承诺：某公司", content=content)
    assert (tags.publication_title(row), tags.agency_of(row)) == ("信用承诺：某公司", "某局")
    assert content_rows(content) == [("信用主体", "某公司"), ("主体类别", "自然人"), ("受理机关", "某局")]
    with override("en"):
        assert (tags.publication_title(row), tags.agency_of(row)) == ("Commitment: 某公司", "Some bureau")
        assert content_rows(content) == [
            ("Subject", "某公司"),
            ("Kind of subject", "Natural person"),
            ("Accepting agency", "Some bureau"),
        ]
        assert tags.text_of(Text("中", "English")) == "English"
