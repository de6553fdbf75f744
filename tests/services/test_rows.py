"""The hand-kept statements say what the ORM would say."""

import pytest
from django.db import IntegrityError, transaction

from tests.services.world import account, do, file, task, the_clock
from workflow_app.models import Case, Clock, ClockRung, Event, Submission, Task, Timer, User, rows

pytestmark = pytest.mark.usefixtures("acts")

MODELS = (Case, Clock, ClockRung, Event, Submission, Task, Timer, User)


def values(row) -> dict:
    return {
        field.attname: bytes(value) if isinstance(value := getattr(row, field.attname), memoryview) else value
        for field in row._meta.concrete_fields
    }


@pytest.mark.parametrize("model", MODELS)
def test_reading(model):
    case = file()
    do(case, "reviewer1", result="supplement", reason="缺材料")
    ours = rows.read(model, "id > %s ORDER BY id", 0)
    theirs = list(model.objects.order_by("pk"))
    assert ours
    assert [values(row) for row in ours] == [values(row) for row in theirs]
    assert not any(row._state.adding for row in ours)


def test_adding_gives_keys_in_order():
    case = file()
    made = [
        Timer(
            case=case, engine_id=f"00000000-0000-0000-0000-00000000000{n}", element="x", due_at=case.filed_at
        )
        for n in range(3)
    ]
    rows.insert(made)
    assert [each.pk for each in made] == sorted(each.pk for each in made)
    for each in made:
        stored = Timer.objects.get(pk=each.pk)
        assert (str(stored.engine_id), stored.attempts, stored.problem) == (each.engine_id, 0, "")
        each.problem = "later"
        each.save()
    rows.insert([])


def test_a_rule_of_the_database_speaks_as_ever():
    case = file()
    twice = [Timer(case=case, engine_id=case.timers.get().engine_id, element="x", due_at=case.filed_at)]
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.insert(twice)


def test_changing_writes_what_is_named_and_nothing_else():
    case = file()
    row = task(case)
    row.title, row.element = "新标题", "other"
    rows.update(row, ("title",))
    stored = Task.objects.get(pk=row.pk)
    assert (stored.title, stored.element) == ("新标题", "task_check")
    row.assignee = account("reviewer1")
    rows.update(row, ("assignee",))
    assert Task.objects.get(pk=row.pk).assignee == account("reviewer1")


def test_what_is_gone_cannot_be_changed():
    rung = the_clock(file()).rungs.first()
    ClockRung.objects.all().delete()
    with pytest.raises(RuntimeError, match="is gone"):
        rows.update(rung, ("percent",))
