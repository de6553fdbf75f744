"""Away with a substitute: who may do what, both names in the trail, and four eyes whichever way a task is reached."""

from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.services.world import account, do, file, task
from workflow_app.domain.errors import NotFoundError
from workflow_app.models import Absence, Case, RoleGrant
from workflow_app.selectors.absences import list_absences, list_substitutions, possible_substitutes
from workflow_app.selectors.tasks import list_tasks
from workflow_app.services.absences import (
    AbsenceDatesError,
    AbsenceOverlapsError,
    SubstituteAwayError,
    SubstituteUnfitError,
    end_absence,
    record_absence,
)
from workflow_app.services.announcing import holders_of
from workflow_app.services.errors import FourEyesError, TaskTakenError
from workflow_app.services.holding import hold_task, resume_task
from workflow_app.services.tasks import assign_task, claim_task, complete_task, release_task

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("acts")]
DAY = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def _monday(at) -> None:
    at("2026-03-02 10:00")


def away(who: str = "reviewer1", substitute: str = "reviewer2", first: int = 0, last: int = 4) -> Absence:
    return record_absence(
        user=account(who),
        substitute=account(substitute),
        first_on=DAY + timedelta(days=first),
        last_on=DAY + timedelta(days=last),
        reason="培训",
    )


def held(by: str = "reviewer1") -> Case:
    case = file()
    claim_task(task_id=task(case).pk, user=account(by))
    return case


def test_a_substitute_takes_what_the_absent_one_holds_and_both_are_named() -> None:
    case = held()
    with pytest.raises(TaskTakenError):
        claim_task(task_id=task(case).pk, user=account("reviewer2"))
    away()
    assert task(case) in list_tasks(account("reviewer2"), queue="mine").items
    done = do(case, "reviewer2", result="ok")
    assert (done.done_by, done.done_for) == (account("reviewer2"), account("reviewer1"))
    event = case.events.get(kind="task.completed")
    assert (event.actor, event.data["in_place_of"]) == (account("reviewer2"), account("reviewer1").pk)


def test_claiming_in_the_place_of_the_absent_one_is_kept_until_it_is_done() -> None:
    case = held()
    absence = away()
    claim_task(task_id=task(case).pk, user=account("reviewer2"))
    end_absence(user=account("reviewer1"), absence_id=absence.pk)
    assert do(case, "reviewer2", result="ok").done_for == account("reviewer1")


def test_nobody_acts_for_somebody_who_acts_for_another() -> None:
    _everybody_may_do_everything()
    case = held()
    away()
    claim_task(task_id=task(case).pk, user=account("reviewer2"))
    away("reviewer2", "approver2", first=0, last=0)
    with pytest.raises(TaskTakenError):
        claim_task(task_id=task(case).pk, user=account("approver2"))
    # What one may not take is not in one's list either.
    assert list_tasks(account("approver2"), queue="mine").items == []


def test_whatever_a_substitute_does_with_it_the_trail_names_both() -> None:
    case = held()
    hold_task(
        task_id=task(case).pk, user=account("reviewer1"), until=DAY + timedelta(days=2), reason="等回函"
    )
    away()
    resume_task(task_id=task(case).pk, user=account("reviewer2"))
    release_task(task_id=task(case).pk, user=account("reviewer2"))
    for kind in ("task.resumed", "task.released"):
        event = case.events.get(kind=kind)
        assert (event.actor, event.data.get("in_place_of")) == (
            account("reviewer2"),
            account("reviewer1").pk,
        )


def test_releasing_or_handing_over_ends_acting_for_another() -> None:
    case = held()
    away()
    claim_task(task_id=task(case).pk, user=account("reviewer2"))
    release_task(task_id=task(case).pk, user=account("reviewer2"))
    assert task(case).done_for is None
    claim_task(task_id=task(case).pk, user=account("reviewer2"))
    assign_task(task_id=task(case).pk, by=account("supervisor1"), to=account("reviewer1"))
    assert task(case).done_for is None


@pytest.mark.parametrize("days", [(1, 4), (-4, -1)])
def test_only_on_the_days_of_the_absence(days: tuple[int, int]) -> None:
    case = held()
    first, last = (DAY + timedelta(days=each) for each in days)
    Absence.objects.create(
        user=account("reviewer1"),
        substitute=account("reviewer2"),
        first_on=first,
        last_on=last,
        created_at=case.filed_at,
    )
    assert task(case) not in list_tasks(account("reviewer2"), queue="mine").items
    with pytest.raises(TaskTakenError):
        claim_task(task_id=task(case).pk, user=account("reviewer2"))


def test_who_lost_the_role_is_no_substitute_any_more() -> None:
    case = held()
    away()
    RoleGrant.objects.filter(user=account("reviewer2")).update(valid_until=DAY - timedelta(days=1))
    assert list_tasks(account("reviewer2"), queue="mine").items == []
    with pytest.raises(NotFoundError):
        claim_task(task_id=task(case).pk, user=account("reviewer2"))


def test_messages_go_to_the_substitute_too() -> None:
    case = held()
    assert holders_of(task(case), case) == [account("reviewer1")]
    away()
    assert holders_of(task(case), case) == [account("reviewer1"), account("reviewer2")]


def test_absences_are_checked() -> None:
    with pytest.raises(AbsenceDatesError):
        away(first=3, last=2)
    with pytest.raises(AbsenceDatesError):
        away(first=-9, last=-1)
    with pytest.raises(AbsenceDatesError):
        away(last=180)
    for unfit in ("reviewer1", "approver1", "reviewer1-yiwu", "applicant1", "auditor1"):
        with pytest.raises(SubstituteUnfitError):
            away(substitute=unfit)
    away()
    with pytest.raises(AbsenceOverlapsError):
        away(first=4, last=9)
    with pytest.raises(SubstituteAwayError):
        away("reviewer2", "reviewer1", first=2, last=3)
    away("reviewer2", "reviewer1", first=5, last=6)


def test_both_sides_see_it_and_it_can_be_ended_by_its_owner_only() -> None:
    absence = away()
    assert list_absences(account("reviewer1")) == [absence]
    assert list_substitutions(account("reviewer2")) == [absence]
    assert account("reviewer2") in possible_substitutes(account("reviewer1"))
    with pytest.raises(NotFoundError):
        end_absence(user=account("reviewer2"), absence_id=absence.pk)
    ended = end_absence(user=account("reviewer1"), absence_id=absence.pk)
    assert end_absence(user=account("reviewer1"), absence_id=absence.pk).cancelled_at == ended.cancelled_at
    assert list_absences(account("reviewer1")) == list_substitutions(account("reviewer2")) == []
    away()


# Everybody holds both roles here, so that nothing but four eyes stands in the way.
PEOPLE = ("reviewer1", "reviewer2", "approver2")


def _everybody_may_do_everything() -> None:
    agency = RoleGrant.objects.filter(user=account("reviewer1")).first().agency
    for name, role in product(PEOPLE, ("reviewer", "approver")):
        RoleGrant.objects.get_or_create(
            user=account(name), role=role, agency=agency, defaults={"valid_from": DAY - timedelta(days=1)}
        )


def _act_as(case: Case, who: str, place_of: str | None, **answers: str) -> set[int]:
    """Do the live task: alone, or out of the hands of somebody who is away today → whom it counts for."""
    live = task(case)
    if place_of and place_of != who:
        claim_task(task_id=live.pk, user=account(place_of))
        absence = Absence.objects.create(
            user=account(place_of),
            substitute=account(who),
            first_on=DAY,
            last_on=DAY,
            created_at=case.filed_at,
        )
    else:
        absence = None
    try:
        done = complete_task(task_id=live.pk, user=account(who), data=answers)
    finally:
        if absence:
            absence.delete()
    return {key for key in (done.done_by_id, done.done_for_id) if key}


@settings(max_examples=12, deadline=None)
@given(st.tuples(*[st.sampled_from(PEOPLE), st.sampled_from((None, *PEOPLE))] * 2))
def test_no_path_lets_one_person_be_on_both_sides(acts) -> None:
    """Whoever proposes, themself or by a substitute or as one, is never on the side that approves."""
    _everybody_may_do_everything()
    proposer, for_first, approver, for_second = acts
    case = file()
    try:
        first = _act_as(case, proposer, for_first, result="ok")
        second = _act_as(case, approver, for_second, approval="yes")
    except FourEyesError:
        sides = [{proposer, for_first} - {None}, {approver, for_second} - {None}]
        assert sides[0] & sides[1]
    else:
        assert not first & second
    finally:
        case.refresh_from_db()
