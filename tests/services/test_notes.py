"""What is said in a case besides the forms: who reads it, who hears of it, and what the trail keeps."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.models import Message
from tests.conftest import FrozenClock
from tests.web.browser import Browser
from tests.web.stories import do_task, file_objection, live_task
from workflow_app.domain.errors import ForbiddenError, NotFoundError
from workflow_app.models import Case, Note, RoleGrant, SubjectAccount, User
from workflow_app.selectors.notes import list_notes, mentionable, named_in
from workflow_app.services.notes import (
    LONGEST,
    MOST_NOTES,
    MentionUnfitError,
    NoteEmptyError,
    NoteTooLongError,
    NoteTooManyError,
    add_note,
    seal,
)
from workflow_app.services.tasks import claim_task
from workflow_app.services.ticking import run_due

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(db: None, at: FrozenClock) -> Case:
    """An objection whose first task nobody has claimed."""
    return file_objection(Browser("applicant1"))


def user(name: str) -> User:
    return User.objects.get(username=name)


def say(case: Case, name: str, text: str = "请补充说明。", audience: str = "everybody", **more: Any) -> Note:
    return add_note(number=case.number, user=user(name), text=text, audience=audience, **more)


def told(event: str) -> set[str]:
    found = Message.objects.filter(event=event)
    return {message.recipient.username for message in found.select_related("recipient")}


def texts(case: Case, name: str) -> list[str]:
    return [note.text for note in list_notes(user(name), case)]


def test_notes_of_the_office_are_read_by_its_officers_only(case: Case) -> None:
    say(case, "reviewer1", "材料像是复印件。", "office")
    say(case, "reviewer1", "请说明缴款日期。")
    say(case, "applicant1", "三月一日。")
    assert texts(case, "reviewer1") == ["材料像是复印件。", "请说明缴款日期。", "三月一日。"]
    assert texts(case, "supervisor1") == texts(case, "reviewer1")
    assert texts(case, "applicant1") == ["请说明缴款日期。", "三月一日。"]
    assert [note.by_office for note in list_notes(user("applicant1"), case)] == [True, False]


def test_an_officer_who_acts_for_the_subject_is_its_side(case: Case) -> None:
    say(case, "reviewer1", "内部意见。", "office")
    SubjectAccount.objects.create(subject=case.subject, user=user("reviewer1"))
    assert texts(case, "reviewer1") == []
    assert user("reviewer1") not in mentionable(case)
    with pytest.raises(ForbiddenError):
        say(case, "reviewer1", "再说一句。", "office")


@pytest.mark.parametrize("name", ["applicant2", "auditor1", "clerk1"])
def test_who_does_not_see_the_case_says_nothing_in_it(case: Case, name: str) -> None:
    with pytest.raises(NotFoundError):
        say(case, name)


def test_the_applicant_writes_no_note_of_the_office_and_mentions_nobody(case: Case) -> None:
    with pytest.raises(ForbiddenError):
        say(case, "applicant1", audience="office")
    with pytest.raises(ForbiddenError):
        say(case, "applicant1", mentioned=[user("reviewer1")])
    assert not Note.objects.exists()


def test_each_side_hears_what_the_other_says_and_never_itself(case: Case) -> None:
    say(case, "applicant1")
    assert told("note_added") >= {"reviewer1"}
    assert "applicant1" not in told("note_added")
    Message.objects.filter(event="note_added").delete()
    claim_task(task_id=live_task(case).pk, user=user("reviewer1"))
    say(case, "applicant1", "再补充一点。")
    assert told("note_added") == {"reviewer1"}
    Message.objects.filter(event="note_added").delete()
    say(case, "reviewer1")
    assert told("note_added") == {"applicant1"}


def test_after_the_office_has_done_its_part_the_last_officer_hears(case: Case) -> None:
    do_task("reviewer1", live_task(case), acceptance="supplement", missing__0__paper="缴款凭证")
    say(case, "applicant1")
    assert told("note_added") == {"reviewer1"}


def test_a_note_of_the_office_is_for_who_is_mentioned_and_who_has_the_case_in_hand(case: Case) -> None:
    say(case, "supervisor1", "请留意。", "office")
    assert told("note_added") == set()
    claim_task(task_id=live_task(case).pk, user=user("reviewer1"))
    say(case, "supervisor1", "请留意。", "office", mentioned=[user("supervisor1")])
    assert (told("mentioned"), told("note_added")) == (set(), {"reviewer1"})
    say(case, "supervisor1", "请看。", "office", mentioned=[user("reviewer1")])
    assert told("mentioned") == {"reviewer1"}
    assert Message.objects.filter(event="note_added").count() == 1


def test_only_officers_who_see_the_case_can_be_mentioned(case: Case) -> None:
    assert user("reviewer1") in mentionable(case)
    for name in ("applicant1", "auditor1", "sysadmin1"):
        with pytest.raises(MentionUnfitError):
            say(case, "reviewer1", audience="office", mentioned=[user(name)])
    RoleGrant.objects.filter(user=user("approver1")).update(
        valid_until=case.filed_at.date() - timedelta(days=1)
    )
    RoleGrant.objects.filter(user=user("approver1")).update(
        valid_from=case.filed_at.date() - timedelta(days=9)
    )
    assert user("approver1") not in mentionable(case)


def test_messages_name_no_officer_to_the_applicant_and_carry_no_text(case: Case) -> None:
    say(case, "reviewer1", "贵公司的缴款凭证看不清楚。")
    run_due()
    message = Message.objects.get(event="note_added")
    assert message.problem == ""
    assert "办理机关" in message.body
    assert user("reviewer1").display_name not in message.body
    assert "缴款凭证" not in message.subject + message.body
    say(case, "reviewer1", "请看。", "office", mentioned=[user("supervisor1")])
    run_due()
    assert str(user("reviewer1")) in Message.objects.get(event="mentioned").body


def test_the_trail_keeps_a_seal_and_not_the_text(case: Case) -> None:
    version = case.lock_version
    note = say(case, "reviewer1", "同意。", "office")
    other = say(case, "reviewer1", "同意。", "office")
    case.refresh_from_db()
    assert case.lock_version == version
    event = case.events.filter(kind="note.written").first()
    assert event is not None
    assert event.data == {"note": note.pk, "seal": seal(note), "mentioned": []}
    assert event.actor == user("reviewer1")
    assert seal(note) != seal(other)
    note.text = "不同意。"
    assert seal(note) != event.data["seal"]
    say(case, "reviewer1")
    say(case, "applicant1")
    kinds = list(case.events.order_by("-sequence").values_list("kind", flat=True)[:2])
    assert kinds == ["note.sent_by_applicant", "note.sent_by_office"]


@pytest.mark.parametrize("text", ["", "  \r\n ", "\0\x07", "\ud800"])
def test_nothing_is_no_note(case: Case, text: str) -> None:
    with pytest.raises(NoteEmptyError):
        say(case, "reviewer1", text)


def test_lines_are_kept_and_counted_as_people_count_them(case: Case) -> None:
    note = say(case, "reviewer1", f"一\r\n二\0{'三' * (LONGEST - 3)}")
    assert note.text == f"一\n二{'三' * (LONGEST - 3)}"
    with pytest.raises(NoteTooLongError):
        say(case, "reviewer1", "三" * (LONGEST + 1))


def test_nobody_floods_a_case(case: Case, at: FrozenClock) -> None:
    for _ in range(MOST_NOTES):
        say(case, "applicant1")
    with pytest.raises(NoteTooManyError):
        say(case, "applicant1")
    say(case, "reviewer1")
    at(at.now + timedelta(hours=1))
    say(case, "applicant1")


def test_who_is_named_in_a_text() -> None:
    wang, wang_long, li = (
        User(pk=1, username="wang", display_name="王一"),
        User(pk=2, username="wang2", display_name="王一一"),
        User(pk=3, username="li", display_name=""),
    )
    everybody = [wang, wang_long, li]
    assert named_in("请@王一一看一下", everybody) == [wang_long]
    assert named_in("请@王一、@li 看一下", everybody) == [wang, li]
    assert named_in("王一 wang@example.org", everybody) == []


@given(st.text(max_size=40))
def test_whatever_is_typed_names_only_who_may_be_named(text: str) -> None:
    known = [User(pk=1, username="a", display_name="甲")]
    assert set(named_in(text, known)) <= set(known)
