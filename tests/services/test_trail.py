"""The trail: every act in it, chained, and nothing in it ever changed."""

import hashlib
import json
from datetime import UTC

import pytest
from django.db import DatabaseError, connection, transaction

from tests.services.world import account, do, file, kinds, task
from workflow_app.models import Case, Event
from workflow_app.services.tasks import claim_task
from workflow_app.services.trail import event_hash

pytestmark = pytest.mark.usefixtures("acts")


def chain(case: Case) -> bytes:
    """The head of the chain, computed anew from the rows as anybody could with a copy of the table."""
    head = b""
    for number, event in enumerate(Event.objects.filter(case=case).order_by("sequence"), start=1):
        assert event.sequence == number
        moment = event.at.astimezone(UTC).isoformat(timespec="microseconds")
        body = json.dumps(
            [event.sequence, event.kind, event.actor_id, moment, event.data],
            ensure_ascii=False,
            sort_keys=True,
            separators=(",", ":"),
        )
        head = hashlib.sha256(head + body.encode()).digest()
        assert bytes(event.hash) == head
    return head


def test_the_chain_holds_from_the_first_event_to_the_last(at):
    case = file()
    at.forward(hours=1)
    claim_task(task_id=task(case).pk, user=account("reviewer1"))
    do(case, "reviewer1", result="supplement", reason="含“引号”和 emoji 😀")
    at.forward(days=1)
    do(case, "applicant1", note="补正")
    do(case, "reviewer1", result="accept")
    do(case, "approver1", approval="grant")
    case.refresh_from_db()
    assert bytes(case.event_hash) == chain(case)
    assert case.event_count == len(kinds(case))


def test_one_case_does_not_hang_on_another():
    first, second = file(), file()
    do(first, "reviewer1", result="accept")
    assert chain(second) == bytes(Case.objects.get(pk=second.pk).event_hash)


def test_each_part_of_an_event_is_in_its_hash(at):
    from datetime import timedelta

    base = (b"0" * 32, 1, "task.claimed", 7, at.now, {"task": "x"})
    others = [
        (b"1" * 32, *base[1:]),
        (base[0], 2, *base[2:]),
        (*base[:2], "task.released", *base[3:]),
        (*base[:3], 8, *base[4:]),
        (*base[:4], at.now + timedelta(microseconds=1), base[5]),
        (*base[:5], {"task": "y"}),
    ]
    assert len({event_hash(*each) for each in [base, *others]}) == 7


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE workflow_app_event SET kind = 'x'",
        "UPDATE workflow_app_event SET kind = kind",
        "DELETE FROM workflow_app_event",
        "TRUNCATE workflow_app_event",
        "TRUNCATE workflow_app_event CASCADE",
        "TRUNCATE workflow_app_case CASCADE",
        "MERGE INTO workflow_app_event e USING workflow_app_case c ON e.case_id = c.id WHEN MATCHED THEN DELETE",
    ],
)
def test_the_database_refuses_change(statement):
    case = file()
    before = chain(case)
    with connection.cursor() as cursor:
        # As if the act had been committed: no check of a foreign key is still to come.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
            cursor.execute(statement)
    assert chain(case) == before


def test_neither_does_the_house_itself():
    event = Event.objects.filter(case=file()).first()
    for act in (event.delete, lambda: Event.objects.all().update(kind="x")):
        with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
            act()


def test_an_act_without_its_event_does_not_happen(monkeypatch):
    """The event is written in the transaction of the act: where it cannot be, the act is undone."""
    from workflow_app.services import transition

    case = file()

    def refuse(*args):
        raise RuntimeError("the trail cannot be written")

    monkeypatch.setattr(transition, "chain_events", refuse)
    with pytest.raises(RuntimeError):
        do(case, "reviewer1", result="accept")
    assert task(case).status == "open"
    assert Case.objects.get(pk=case.pk).lock_version == 1


def test_a_place_in_the_chain_is_taken_once():
    event = Event.objects.filter(case=file()).first()
    with pytest.raises(DatabaseError), transaction.atomic():
        Event.objects.create(
            case_id=event.case_id, sequence=event.sequence, kind="x", at=event.at, hash=b"0" * 32
        )
