"""Many people, few seats: real threads with connections of their own."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection

from tests.records.steps import account
from tests.training.world import book, grade, session, waiting_cases
from workflow_app.models import Enrolment
from workflow_app.services.training import cancel_enrolment, check_in, check_out


def at_once(acts):
    """Run the acts at the same moment, each on its own connection → their results in order."""
    gate = Barrier(len(acts))

    def play(act):
        try:
            gate.wait(timeout=30)
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(play, act) for act in acts]]


def test_the_last_seat_goes_to_one(committed_db):
    cases = waiting_cases(6)
    where = session(seats=1)
    rows = at_once([lambda case=case: book(case, where) for case in cases])
    assert sorted(row.status for row in rows) == ["enrolled"] + ["waiting"] * 5


def test_seats_are_never_given_twice_while_people_come_and_go(committed_db):
    cases = waiting_cases(6)
    where = session(seats=2)
    for case in cases[:4]:
        book(case, where)
    acts = [
        *[
            lambda case=case: cancel_enrolment(
                session_id=where.pk, case_number=case.number, user=case.applicant
            )
            for case in cases[:2]
        ],
        *[lambda case=case: book(case, where) for case in cases[4:]],
    ]
    at_once(acts)
    states = dict(Enrolment.objects.filter(session=where).values_list("case__number", "status"))
    assert sorted(states.values()) == ["cancelled", "cancelled", "enrolled", "enrolled", "waiting", "waiting"]
    # Those who waited longest have moved up.
    assert {states[case.number] for case in cases[2:4]} == {"enrolled"}


def test_two_bookings_of_one_case_give_one(committed_db):
    (case,) = waiting_cases(1)
    where = session()
    rows = at_once([lambda: book(case, where)] * 4)
    assert len({row.pk for row in rows}) == 1
    assert case.events.filter(kind="training.enrolled").count() == 1


def test_results_entered_twice_at_once_give_one_certificate(committed_db, at):
    (case,) = waiting_cases(1)
    where = session()
    row = book(case, where)
    at("2026-03-05 09:00")
    check_in(session_id=where.pk, user=account("trainer1"), enrolment_id=row.pk)
    at("2026-03-05 11:30")
    check_out(session_id=where.pk, user=account("trainer1"), enrolment_id=row.pk)
    results = at_once([lambda: grade(where, {row.pk: 80})] * 3)
    assert {each[row.pk].certificate_number for each in results} == {"XFPX-330700-2026-000001"}
    assert case.inbox.count() == 1
