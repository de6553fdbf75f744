"""Results and certificates; the certificate lets the case go on."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from notifications.models import Message
from tests.records.steps import account, events
from tests.training.world import AFTER, attend, book, fails, grade, live, session, waiting_case, waiting_cases
from workflow_app.demo.names import subject_code
from workflow_app.models import Course, Enrolment, InboxMessage
from workflow_app.models.training import EnrolmentStatus
from workflow_app.selectors.training import (
    minutes_present,
)
from workflow_app.services.cases import withdraw_case
from workflow_app.services.operations.eligibility import has_certificate
from workflow_app.services.training import check_in

pytestmark = pytest.mark.django_db


def test_who_was_there_and_passed_gets_a_certificate_and_the_case_goes_on(at):
    case, where = waiting_case(), session()
    row = book(case, where)
    attend(row, at)
    assert live(case) == []
    row = grade(where, {row.pk: 60})[row.pk]
    assert (row.status, row.score) == ("passed", 60)
    assert row.certificate_number == "XFPX-330700-2026-000001"
    assert row.certificate_valid_until == date(2027, 3, 5)
    assert live(case) == ["task_decide"]
    message = InboxMessage.objects.get(case=case)
    assert (message.name, message.key) == ("training.passed", row.certificate_number)
    assert message.delivered_at is not None
    assert has_certificate(case.subject_id, date(2027, 3, 5))
    assert not has_certificate(case.subject_id, date(2027, 3, 6))


@pytest.mark.parametrize(
    ("come", "go", "score", "status"),
    [
        ("2026-03-05 09:00", "2026-03-05 11:00", 60, "passed"),
        ("2026-03-05 09:00", "2026-03-05 10:59", 100, "failed"),
        ("2026-03-05 08:40", "2026-03-05 10:59", 100, "failed"),
        ("2026-03-05 09:31", "2026-03-05 11:30", 100, "failed"),
        ("2026-03-05 09:30", "2026-03-05 11:50", 100, "passed"),
        ("2026-03-05 09:00", "2026-03-05 11:30", 59, "failed"),
        ("2026-03-05 09:00", "2026-03-05 11:30", 0, "failed"),
    ],
)
def test_minutes_and_marks_decide(at, come, go, score, status):
    case, where = waiting_case(), session()
    row = book(case, where)
    attend(row, at, come, go)
    at(AFTER)
    row = grade(where, {row.pk: score})[row.pk]
    assert row.status == status
    assert bool(row.certificate_number) == (status == "passed")
    assert live(case) == (["task_decide"] if status == "passed" else [])


def test_a_course_without_a_test_needs_no_score(at):
    Course.objects.update(pass_mark=None)
    where = session()
    row = book(waiting_case(), where)
    attend(row, at)
    assert grade(where, {row.pk: None})[row.pk].status == "passed"


@pytest.mark.parametrize(
    ("score", "code"), [(None, "score_missing"), (-1, "score_invalid"), (101, "score_invalid")]
)
def test_scores_are_checked(at, score, code):
    where = session()
    row = book(waiting_case(), where)
    attend(row, at)
    fails(code, grade, where, {row.pk: score})


def test_results_come_after_the_end(at):
    where = session()
    row = book(waiting_case(), where)
    attend(row, at, go="2026-03-05 11:20")
    error = fails("session_running", grade, where, {row.pk: 90})
    assert "11:30" in str(error)


def test_who_is_still_checked_in_has_no_result(at):
    first, second = waiting_cases(2)
    where = session()
    rows = [book(case, where) for case in (first, second)]
    attend(rows[0], at)
    at("2026-03-05 11:00")
    check_in(session_id=where.pk, user=account("trainer1"), enrolment_id=rows[1].pk)
    at(AFTER)
    # All results are entered or none.
    error = fails("not_checked_out", grade, where, {rows[0].pk: 90, rows[1].pk: 90})
    assert second.number in str(error)
    assert {row.status for row in Enrolment.objects.filter(session=where)} == {"left", "present"}
    assert not InboxMessage.objects.exists()


def test_who_never_came_is_absent_and_may_book_again(at):
    first, second, third = waiting_cases(3)
    where = session(seats=2)
    rows = [book(case, where) for case in (first, second, third)]
    attend(rows[0], at)
    graded = grade(where, {rows[0].pk: 80})
    assert [graded[row.pk].status for row in rows] == ["passed", "absent", "cancelled"]
    assert book(second, session(place=1)).status == "enrolled"
    assert book(third, session(place=1)).status == "enrolled"


def test_who_failed_may_try_again_and_pass(at):
    case, where = waiting_case(), session()
    row = book(case, where)
    attend(row, at)
    grade(where, {row.pk: 10})
    again = book(case, session(place=1))
    attend(again, at, "2026-03-12 09:00", "2026-03-12 11:30")
    assert grade(session(place=1), {again.pk: 100})[again.pk].status == "passed"
    assert live(case) == ["task_decide"]


def test_the_same_results_twice_change_nothing_and_others_are_refused(at):
    where = session()
    rows = [book(case, where) for case in waiting_cases(2)]
    for row in rows:
        attend(row, at)
    first = {row.pk: row.certificate_number for row in grade(where, {row.pk: 80 for row in rows}).values()}
    at("2026-03-06 09:00")
    second = {row.pk: row.certificate_number for row in grade(where, {row.pk: 80 for row in rows}).values()}
    assert first == second
    assert InboxMessage.objects.count() == 2
    fails("result_fixed", grade, where, {rows[0].pk: 81})


def test_numbers_of_certificates_have_no_gaps(at):
    where = session()
    rows = [book(case, where) for case in waiting_cases(3)]
    for row in rows:
        attend(row, at)
    fails("score_invalid", grade, where, {rows[0].pk: 80, rows[1].pk: 999})
    numbers = [row.certificate_number for row in grade(where, {row.pk: 80 for row in rows}).values()]
    assert numbers == [f"XFPX-330700-2026-{n:06d}" for n in (1, 2, 3)]


def test_a_case_that_has_ended_keeps_its_persons_certificate(at):
    case, where = waiting_case(), session()
    row = book(case, where)
    attend(row, at)
    withdraw_case(number=case.number, user=case.applicant, reason="")
    assert grade(where, {row.pk: 80})[row.pk].status == "passed"
    assert not InboxMessage.objects.exists()


def test_a_certificate_spares_the_next_training(at):
    from tests.records.steps import file
    from workflow_app.services.transition import open_case

    case, where = waiting_case(), session()
    row = book(case, where)
    attend(row, at)
    grade(where, {row.pk: 80})
    second = file(number="DEMO-P-002", before=[("repair.assess", {})])
    with open_case(None, pk=second.pk) as moving:
        assert moving.facts["needs_training"] is False
    assert case.subject.code == subject_code("org2")


def test_the_database_wants_a_certificate_for_who_passed():
    row = book(waiting_case(), session())
    with pytest.raises(IntegrityError, match="passed_enrolment_has_certificate"), transaction.atomic():
        Enrolment.objects.filter(pk=row.pk).update(status=EnrolmentStatus.PASSED)


def test_who_has_not_left_was_not_there():
    assert minutes_present(book(waiting_case(), session())) == 0


def again() -> list[Message]:
    return list(Message.objects.filter(event="training_again").order_by("pk"))


def test_who_has_to_come_again_is_told_why(at):
    first, second, third, fourth = waiting_cases(4)
    where = session(seats=3)
    rows = [book(case, where) for case in (first, second, third, fourth)]
    attend(rows[0], at)
    attend(rows[1], at)
    grade(where, {rows[0].pk: 80, rows[1].pk: 10})
    reasons = {message.case_id: message.values["reason"] for message in again()}
    assert reasons == {second.pk: "failed", third.pk: "absent", fourth.pk: "unseated"}
    for case, kind in ((second, "failed"), (third, "absent"), (fourth, "unseated")):
        (event,) = events(case, f"training.{kind}")
        assert event.data == {"session": where.pk}
    # The same results once more tell nobody twice.
    grade(where, {rows[0].pk: 80, rows[1].pk: 10})
    assert len(again()) == 3


def test_who_took_the_case_back_is_not_asked_to_come(at):
    case, where = waiting_case(), session()
    book(case, where)
    withdraw_case(number=case.number, user=case.applicant, reason="不再申请")
    at(AFTER)
    grade(where, {})
    assert again() == []
