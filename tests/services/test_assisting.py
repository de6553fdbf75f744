"""协查: who may ask whom, what the unit sees, when it is due, and that the case goes on meanwhile."""

import io
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from notifications.models import Message
from tests.conftest import FrozenClock
from tests.web.browser import PAPER, Browser
from tests.web.stories import do_task, file_objection, live_task
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import ForbiddenError, NotFoundError
from workflow_app.models import Agency, Assistance, Case, Document, RoleGrant, User
from workflow_app.models.people import Role
from workflow_app.selectors.assistances import (
    assistable,
    get_assistance,
    list_answered,
    list_of_case,
    list_open,
)
from workflow_app.selectors.documents import get_document, list_documents
from workflow_app.services.assisting import (
    LONGEST_QUESTION,
    AssistanceAnsweredError,
    AssistanceCancelledError,
    AssistanceOpenError,
    AssistanceTextError,
    AssistanceUnheardError,
    answer_assistance,
    ask_assistance,
    cancel_assistance,
    remind_due,
)
from workflow_app.services.cases import withdraw_case
from workflow_app.services.documents import store_document
from workflow_app.services.errors import CaseFinishedError, DocumentUnknownError
from workflow_app.services.tasks import claim_task
from workflow_app.services.ticking import run_due, tick

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(db: None, at: FrozenClock) -> Case:
    return file_objection(Browser("applicant1"))


def user(name: str) -> User:
    return User.objects.get(username=name)


def unit(case: Case) -> Agency:
    return assistable(case)[0]


def officer(case: Case) -> User:
    """Somebody who answers for the unit and is nothing else to the case."""
    return User.objects.filter(grants__role=Role.SOURCE_UNIT, grants__agency=unit(case)).order_by("pk")[0]


def ask(case: Case, name: str = "reviewer1", **more: Any) -> Assistance:
    asked = {"agency": unit(case), "question": "请核对原始文书是否如此。", **more}
    return ask_assistance(number=case.number, user=user(name), **asked)


def told(event: str) -> list[str]:
    return sorted(message.recipient.username for message in Message.objects.filter(event=event))


def uploaded(who: User) -> Document:
    return store_document(user=who, kind="paper", name="文书.pdf", content=io.BytesIO(PAPER))


def test_the_unit_that_supplied_the_record_comes_first(case: Case) -> None:
    assert case.record is not None
    assert unit(case) == case.record.source_agency
    assert case.agency not in assistable(case)
    RoleGrant.objects.filter(role=Role.SOURCE_UNIT, agency=unit(case)).delete()
    assert case.record.source_agency not in assistable(case)


def test_the_unit_sees_question_record_and_chosen_papers_and_never_the_case(case: Case) -> None:
    paper = case.documents.get()
    who = officer(case)
    bare = ask(case)
    with pytest.raises(NotFoundError):
        get_document(who, paper.pk)
    cancel_assistance(assistance_id=bare.pk, user=user("reviewer1"))
    found = ask(case, documents=[paper.pk])
    assert [each.pk for each in list_open(who)] == [found.pk]
    assert get_document(who, paper.pk) == paper
    page = Browser(who.username)
    assert page.get(f"/desk/assistance/{found.pk}").status == 200
    assert case.number not in page.text
    assert "请核对原始文书是否如此。" in page.text
    assert case.record is not None
    assert case.record.number in page.text
    for address in (f"/cases/{case.number}", f"/tasks/{live_task(case).pk}", f"/cases/{case.number}/notes"):
        assert page.client.get(address).status_code == 404
    assert page.client.get(f"/documents/{paper.pk}/pages/1.png").status_code == 200


@pytest.mark.parametrize("name", ["applicant1", "supervisor1"])
def test_only_officers_who_work_on_the_case_ask(case: Case, name: str) -> None:
    with pytest.raises(ForbiddenError):
        ask(case, name)
    with pytest.raises(NotFoundError):
        ask(case, "applicant2")


def test_due_by_the_rule_the_case_was_filed_under_else_within_three_working_days(
    case: Case, at: FrozenClock
) -> None:
    # Monday 2 March 2026.
    assert f"{ask(case).due_at.astimezone(CHINA):%m-%d %H:%M}" == "03-05 17:30"
    Assistance.objects.all().delete()
    case.rules["assist"]["amount"] = 1
    case.save(update_fields=["rules"])
    assert f"{ask(case).due_at.astimezone(CHINA):%m-%d}" == "03-03"
    Assistance.objects.all().delete()
    del case.rules["assist"]
    case.save(update_fields=["rules"])
    assert f"{ask(case).due_at.astimezone(CHINA):%m-%d}" == "03-05"


def test_the_case_goes_on_and_its_trail_says_who_was_asked(case: Case) -> None:
    before = case.lock_version
    found = ask(case)
    answer_assistance(assistance_id=found.pk, user=officer(case), answer="与原始文书一致。")
    case.refresh_from_db()
    assert case.lock_version == before
    kinds = list(case.events.order_by("sequence").values_list("kind", flat=True))[-2:]
    assert kinds == ["assistance.asked", "assistance.answered"]
    event = case.events.get(kind="assistance.asked")
    assert event.data["agency"] == unit(case).name
    assert "核对" not in str(event.data)
    own = Browser("applicant1").get(f"/cases/{case.number}").text
    assert "协查" not in own


def test_the_answer_and_its_papers_are_for_the_office_only(case: Case) -> None:
    who = officer(case)
    paper = uploaded(who)
    found = ask(case)
    answer_assistance(assistance_id=found.pk, user=who, answer="不一致。", documents=[paper.pk])
    assert get_document(user("reviewer1"), paper.pk) == paper
    assert get_document(who, paper.pk) == paper
    with pytest.raises(NotFoundError):
        get_document(user("applicant1"), paper.pk)
    assert paper not in list_documents(case)
    assert [each.answer for each in list_of_case(user("reviewer1"), case)] == ["不一致。"]
    assert list_of_case(user("applicant1"), case) == []
    assert (list_open(who), [each.pk for each in list_answered(who)]) == ([], [found.pk])


def test_one_answer_is_enough(case: Case) -> None:
    found = ask(case)
    answer_assistance(assistance_id=found.pk, user=officer(case), answer="一致。")
    with pytest.raises(AssistanceAnsweredError) as refused:
        answer_assistance(assistance_id=found.pk, user=officer(case), answer="又一致。")
    assert refused.value.params["who"] == str(officer(case))
    with pytest.raises(AssistanceAnsweredError):
        cancel_assistance(assistance_id=found.pk, user=user("reviewer1"))


def test_who_may_answer_and_take_back(case: Case) -> None:
    found = ask(case)
    with pytest.raises(ForbiddenError):
        answer_assistance(assistance_id=found.pk, user=user("reviewer1"), answer="一致。")
    with pytest.raises(NotFoundError):
        answer_assistance(assistance_id=found.pk, user=user("applicant1"), answer="一致。")
    with pytest.raises(ForbiddenError):
        cancel_assistance(assistance_id=found.pk, user=officer(case))
    with pytest.raises(NotFoundError):
        get_assistance(user("applicant1"), found.pk)
    cancel_assistance(assistance_id=found.pk, user=user("reviewer1"))
    with pytest.raises(AssistanceCancelledError):
        answer_assistance(assistance_id=found.pk, user=officer(case), answer="一致。")


def test_what_is_refused(case: Case) -> None:
    for words in ("", " \n", "问" * (LONGEST_QUESTION + 1)):
        with pytest.raises(AssistanceTextError):
            ask(case, question=words)
    with pytest.raises(AssistanceUnheardError):
        ask(case, agency=case.agency)
    with pytest.raises(DocumentUnknownError):
        ask(case, documents=[uuid4()])
    with pytest.raises(DocumentUnknownError):
        ask(case, documents=[uploaded(user("reviewer1")).pk])
    ask(case)
    with pytest.raises(AssistanceOpenError):
        ask(case)


def test_an_answer_takes_only_ones_own_papers(case: Case) -> None:
    found = ask(case)
    with pytest.raises(DocumentUnknownError):
        answer_assistance(
            assistance_id=found.pk, user=officer(case), answer="一致。", documents=[case.documents.get().pk]
        )
    found.refresh_from_db()
    assert found.answered_at is None


def test_when_the_case_ends_nobody_has_to_answer(case: Case) -> None:
    found = ask(case)
    withdraw_case(number=case.number, user=user("applicant1"), reason="自行解决")
    found.refresh_from_db()
    assert found.cancelled_at is not None
    assert list_open(officer(case)) == []
    with pytest.raises(CaseFinishedError):
        ask(case)


def test_people_are_told_and_led_to_the_request(case: Case) -> None:
    claim_task(task_id=live_task(case).pk, user=user("reviewer1"))
    found = ask(case)
    run_due()
    message = Message.objects.filter(event="assistance_asked", recipient=officer(case)).get()
    assert message.problem == ""
    assert f"/desk/assistance/{found.pk}" in message.body
    assert case.number not in message.subject + message.body
    answer_assistance(assistance_id=found.pk, user=officer(case), answer="一致。")
    run_due()
    assert told("assistance_answered") == ["reviewer1"]
    assert case.number in Message.objects.get(event="assistance_answered").body


def test_the_unit_is_reminded_once_before_and_once_after_with_who_asked(case: Case, at: FrozenClock) -> None:
    found = ask(case)
    assert remind_due(10) == 0
    at(found.asked_at + (found.due_at - found.asked_at) / 2)
    tick()
    assert (remind_due(10), remind_due(10)) == (1, 0)
    run_due()
    soon = Message.objects.filter(event="assistance_due")
    assert "reviewer1" not in told("assistance_due")
    assert all("逾期" not in message.body for message in soon)
    at(found.due_at + timedelta(minutes=1))
    run_due()
    assert "reviewer1" in told("assistance_due")
    late = soon.filter(recipient=officer(case)).order_by("-pk")[0]
    assert "逾期" in late.body
    # At night the office is closed: what time causes does not ring.
    assert late.held_until is not None
    at(found.due_at + timedelta(days=9))
    assert remind_due(10) == 0
    assert case.events.filter(kind="assistance.reminded").count() == 2


def test_whoever_has_answered_is_left_in_peace(case: Case, at: FrozenClock) -> None:
    found = ask(case)
    answer_assistance(assistance_id=found.pk, user=officer(case), answer="一致。")
    at(found.due_at + timedelta(days=1))
    assert remind_due(10) == 0


def test_a_request_by_pages_from_question_to_answer(case: Case) -> None:
    do_task("reviewer1", live_task(case), acceptance="accept")
    desk = Browser("reviewer1")
    desk.get(f"/cases/{case.number}/assistance")
    desk.send(button="", question="", agency=str(unit(case).pk))
    assert desk.status == 422
    desk.send(button="", question="罚款是否缴清？", agency=str(unit(case).pk))
    found = Assistance.objects.get()
    assert "罚款是否缴清？" in Browser("reviewer1").get(f"/desk/assistance/{found.pk}").text
    asked = Browser(officer(case).username).get("/desk/assistance")
    assert "罚款是否缴清？" in asked.text
    asked.get(asked.links(f"/desk/assistance/{found.pk}")[0])
    asked.send(button="", answer="已缴清。")
    assert asked.status == 200
    found.refresh_from_db()
    assert found.answer == "已缴清。"
    assert "已缴清。" in Browser("reviewer1").get(f"/desk/assistance/{found.pk}").text
