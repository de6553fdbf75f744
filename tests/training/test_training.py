"""Seats, the waiting list, attendance, and who reads what."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from tests.records.steps import account, events
from tests.training.world import AFTER, attend, book, fails, grade, session, waiting_case, waiting_cases
from workflow_app.models import Mandate
from workflow_app.selectors.training import (
    get_session,
    list_enrolments,
    list_own_enrolments,
    list_sessions,
    minutes_present,
)
from workflow_app.services.cases import withdraw_case
from workflow_app.services.training import attendance_code, cancel_enrolment, check_in, check_out

pytestmark = pytest.mark.django_db


def test_a_seat_is_booked_and_written_into_the_trail():
    case, where = waiting_case(), session()
    made = book(case, where)
    assert (made.status, made.subject, made.user) == ("enrolled", case.subject, account("agent1"))
    (event,) = events(case, "training.enrolled")
    assert event.data == {"session": where.pk, "status": "enrolled"}
    assert get_session(where.pk).seats_left == 39


def test_booking_twice_is_booking_once():
    case, where = waiting_case(), session()
    assert book(case, where) == book(case, where)
    assert len(events(case, "training.enrolled")) == 1


def test_one_case_has_one_enrolment_under_way():
    case = waiting_case()
    book(case, session())
    error = fails("already_enrolled", book, case, session(place=1))
    assert "2026-03-05" in str(error)


def test_the_database_holds_that_too():
    case = waiting_case()
    made = book(case, session())
    made.pk, made.session = None, session(place=1)
    with pytest.raises(IntegrityError, match="one_enrolment_under_way_per_case"), transaction.atomic():
        made.save(force_insert=True)


def test_when_it_is_full_one_waits_and_moves_up():
    first, second, third = waiting_cases(3)
    where = session(seats=1)
    assert [book(case, where).status for case in (first, second, third)] == ["enrolled", "waiting", "waiting"]
    info = get_session(where.pk)
    assert (info.seats_left, info.waiting) == (0, 2)
    cancel_enrolment(session_id=where.pk, case_number=first.number, user=first.applicant)
    states = {e.case_id: e.status for e in where.enrolments.all()}
    assert states == {first.pk: "cancelled", second.pk: "enrolled", third.pk: "waiting"}
    assert events(second, "training.promoted")
    assert events(first, "training.cancelled")
    assert not events(third, "training.promoted")


def test_who_leaves_the_waiting_list_frees_no_seat():
    first, second, third = waiting_cases(3)
    where = session(seats=1)
    for case in (first, second, third):
        book(case, where)
    cancel_enrolment(session_id=where.pk, case_number=second.number, user=second.applicant)
    states = {e.case_id: e.status for e in where.enrolments.all()}
    assert states == {first.pk: "enrolled", second.pk: "cancelled", third.pk: "waiting"}


def test_who_cancelled_may_book_again_behind_the_others():
    first, second = waiting_cases(2)
    where = session(seats=1)
    book(first, where)
    book(second, where)
    cancel_enrolment(session_id=where.pk, case_number=first.number, user=first.applicant)
    assert book(first, where).status == "waiting"
    cancel_enrolment(session_id=where.pk, case_number=first.number, user=first.applicant)
    cancelled = cancel_enrolment(session_id=where.pk, case_number=first.number, user=first.applicant)
    assert cancelled.status == "cancelled"
    assert len(events(first, "training.cancelled")) == 2


def test_only_who_stands_for_the_subject_books():
    case, where = waiting_case(), session()
    for name in ("applicant1", "applicant2", "reviewer1", "trainer1", "supervisor1"):
        fails("not_found", book, case, where, name)
    fails("not_found", cancel_enrolment, session_id=where.pk, case_number=case.number, user=account("agent1"))
    Mandate.objects.filter(subject=case.subject).update(valid_until=date(2026, 3, 1))
    fails("not_found", book, case, where, "agent1")


def test_there_must_be_such_a_session_and_such_a_case():
    from workflow_app.services.training import enrol

    case, where = waiting_case(), session()
    fails("not_found", enrol, session_id=10**9, case_number=case.number, user=account("agent1"))
    fails("not_found", enrol, session_id=where.pk, case_number="XYXF-1", user=account("agent1"))


def test_only_a_case_that_waits_for_training_books(at):
    case, where = waiting_case(), session()
    row = book(case, where)
    attend(row, at)
    grade(where, {row.pk: 90})
    fails("not_waiting_for_training", book, case, session(place=1))


def test_a_withdrawn_case_books_nothing():
    case, where = waiting_case(), session()
    withdraw_case(number=case.number, user=case.applicant, reason="")
    fails("not_waiting_for_training", book, case, where)


def test_once_it_has_begun_nobody_comes_or_goes(at):
    first, second = waiting_cases(2)
    where = session()
    book(first, where)
    at("2026-03-05 09:00")
    fails("session_over", book, second, where)
    fails(
        "session_over", cancel_enrolment, session_id=where.pk, case_number=first.number, user=first.applicant
    )


def test_the_trainer_checks_in_and_out(at):
    row = book(waiting_case(), session())
    attend(row, at, "2026-03-05 08:45", "2026-03-05 11:20")
    row.refresh_from_db()
    assert (row.status, minutes_present(row)) == ("left", 140)


def test_the_person_checks_in_and_out_with_the_codes_of_the_room(at):
    case, where = waiting_case(), session()
    book(case, where)
    come, go = attendance_code(where, "in"), attendance_code(where, "out")
    at("2026-03-05 09:00")
    who = {"session_id": where.pk, "user": case.applicant}
    for wrong in ("", "00000000", go, attendance_code(session(place=1), "in")):
        fails("attendance_code_wrong", check_in, **who, code=wrong)
    assert check_in(**who, code=f" {come.lower()} ").status == "present"
    assert check_in(**who, code=come).status == "present"
    fails("attendance_code_wrong", check_out, **who, code=come)
    at("2026-03-05 11:30")
    assert check_out(**who, code=go).status == "left"
    assert check_out(**who, code=go).checked_out_at == check_out(**who, code=go).checked_out_at


def test_codes_are_long_and_differ():
    codes = [attendance_code(session(place=n), act) for n in range(3) for act in ("in", "out")]
    assert len(set(codes)) == 6
    assert all(len(code) == 8 for code in codes)


def test_an_agent_of_several_says_which(at):
    first, second = waiting_case("DEMO-P-002"), waiting_case("DEMO-P-006")
    where = session()
    book(first, where)
    book(second, where)
    at("2026-03-05 09:00")
    who = {"session_id": where.pk, "user": account("agent1"), "code": attendance_code(where, "in")}
    fails("enrolment_ambiguous", check_in, **who)
    assert check_in(**who, case_number=second.number).case == second
    fails("not_found", check_in, **who, case_number="XYXF-1")


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-03-05 08:29", False),
        ("2026-03-05 08:30", True),
        ("2026-03-05 11:30", True),
        ("2026-03-05 11:31", False),
    ],
)
def test_checking_in_is_open_around_the_session(at, moment, is_open):
    row = book(waiting_case(), session())
    at(moment)
    who = {"session_id": row.session_id, "user": account("trainer1"), "enrolment_id": row.pk}
    if is_open:
        assert check_in(**who).status == "present"
    else:
        error = fails("attendance_closed", check_in, **who)
        assert "08:30" in str(error)


def test_people_check_out_half_an_hour_after_the_end_trainers_until_the_results(at):
    case, where = waiting_case(), session()
    row = book(case, where)
    at("2026-03-05 09:00")
    check_in(session_id=where.pk, user=account("trainer1"), enrolment_id=row.pk)
    at("2026-03-05 12:01")
    code = attendance_code(where, "out")
    fails("attendance_closed", check_out, session_id=where.pk, user=case.applicant, code=code)
    at("2026-03-06 09:00")
    row = check_out(session_id=where.pk, user=account("trainer1"), enrolment_id=row.pk)
    # What counts is the time within the session.
    assert minutes_present(row) == 150


def test_nobody_checks_out_who_never_came(at):
    row = book(waiting_case(), session())
    at("2026-03-05 11:30")
    fails(
        "enrolment_state", check_out, session_id=row.session_id, user=account("trainer1"), enrolment_id=row.pk
    )


def test_who_waits_for_a_seat_is_not_checked_in(at):
    first, second = waiting_cases(2)
    where = session(seats=1)
    book(first, where)
    row = book(second, where)
    at("2026-03-05 09:00")
    fails("enrolment_state", check_in, session_id=where.pk, user=account("trainer1"), enrolment_id=row.pk)


@pytest.mark.parametrize("name", ["agent1", "reviewer1", "supervisor1", "approver1-yiwu", "sysadmin1"])
def test_only_trainers_of_the_agency_act_for_others(at, name):
    row = book(waiting_case(), session())
    at("2026-03-05 09:00")
    who = {"session_id": row.session_id, "user": account(name)}
    fails("forbidden", check_in, **who, enrolment_id=row.pk)
    fails("forbidden", check_out, **who, enrolment_id=row.pk)
    at(AFTER)
    fails("forbidden", grade, row.session, {row.pk: 80}, name)
    fails("not_found", list_enrolments, account(name), row.session_id)


def test_an_enrolment_of_another_session_is_not_found(at):
    row = book(waiting_case(), session(place=1))
    at("2026-03-05 09:00")
    fails("not_found", check_in, session_id=session().pk, user=account("trainer1"), enrolment_id=row.pk)
    at(AFTER)
    fails("not_found", grade, session(), {row.pk: 80})


def test_sessions_are_listed_soonest_first_until_they_end(at):
    days = [f"{info.session.starts_at:%m-%d}" for info in list_sessions()]
    assert days == ["03-05", "03-12", "03-26"]
    at("2026-03-05 11:29")
    assert len(list_sessions()) == 3
    at("2026-03-05 11:30")
    assert len(list_sessions()) == 2
    assert [f"{info.session.starts_at:%m-%d}" for info in list_sessions(include_past=True)] == days[::-1]
    fails("not_found", get_session, 10**9)


def test_lists_cost_few_queries(django_assert_num_queries):
    for case in waiting_cases(3):
        book(case, session())
    with django_assert_num_queries(1):
        [info.session.course.title + info.session.agency.region.name for info in list_sessions()]
    trainer, where = account("trainer1"), session()
    with django_assert_num_queries(3):
        [row.subject_name + row.enrolment.case.number for row in list_enrolments(trainer, where.pk)]


def test_trainers_see_persons_masked_and_people_their_own():
    case, where = waiting_case("DEMO-P-005"), session()
    book(case, where)
    (row,) = list_enrolments(account("trainer1"), where.pk)
    assert row.subject_name == "张**"
    assert "***" in row.subject_code
    assert [mine.case for mine in list_own_enrolments(account("applicant2"))] == [case]
    assert list_own_enrolments(account("applicant1")) == []
