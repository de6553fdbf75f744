"""The hand-kept statements say what the ORM would say."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

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


def test_what_is_known_already_is_left_out():
    case = file()
    (known,) = case.timers.all()
    new = Timer(case=case, engine_id=uuid4(), element="x", due_at=case.filed_at)
    rows.insert_missing([Timer(case=case, engine_id=known.engine_id, element="x", due_at=case.filed_at), new])
    assert set(case.timers.values_list("engine_id", flat=True)) == {known.engine_id, new.engine_id}
    assert Timer.objects.get(pk=known.pk).element == known.element
    rows.insert_missing([])


def test_a_key_is_followed_once(django_assert_num_queries):
    case = Case.objects.get(pk=file().pk)
    with django_assert_num_queries(1):
        assert rows.follow(case, "agency") == rows.follow(case, "agency") == case.agency
    with django_assert_num_queries(0):
        assert rows.follow(case, "matter_text") is None


def test_the_server_keeps_the_plan_of_what_comes_again():
    text = "SELECT id FROM workflow_app_case WHERE number = %s"
    for _ in range(8):
        assert rows.query(text, "nobody") == []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement = %s", [text.replace("%s", "$1")]
        )
        assert cursor.fetchone() == (1,)


def test_a_change_tells_how_many_rows_it_wrote():
    case = file()
    assert rows.change("UPDATE workflow_app_task SET title = %s WHERE case_id = %s", "新标题", case.pk) == 1
    assert task(case).title == "新标题"


class TestSeveralWrites:
    def made(self, case, **differing):
        event = {
            "case_id": case.pk,
            "sequence": 900,
            "kind": "x",
            "at": case.filed_at,
            "data": {},
            "hash": b"0",
        }
        timer = Timer(case=case, engine_id=uuid4(), element="x", due_at=case.filed_at)
        return [Event(**event | differing), Event(**event | {"sequence": 901})], timer

    def test_one_statement_makes_them_all(self, django_assert_num_queries):
        case = file()
        events, timer = self.made(case)
        case.outcome = "x"
        with django_assert_num_queries(1):
            rows.write(rows.adding(events), None, rows.adding([timer]), rows.changing(case, ("outcome",)))
        assert [Event.objects.get(pk=event.pk).sequence for event in events] == [900, 901]
        assert Timer.objects.get(pk=timer.pk).engine_id == timer.engine_id
        assert Case.objects.get(pk=case.pk).outcome == "x"
        rows.write(None)

    def test_what_a_constraint_forbids_undoes_them_all(self):
        case = file()
        events, timer = self.made(case, sequence=1)
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.write(rows.adding([timer]), rows.adding(events))
        assert not Timer.objects.filter(engine_id=timer.engine_id).exists()

    def test_one_that_finds_its_row_gone_says_so(self):
        case = file()
        _, timer = self.made(case)
        rung = the_clock(case).rungs.first()
        ClockRung.objects.all().delete()
        with pytest.raises(RuntimeError, match="is gone"), transaction.atomic():
            rows.write(rows.adding([timer]), rows.changing(rung, ("percent",)))
        assert not Timer.objects.filter(engine_id=timer.engine_id).exists()
