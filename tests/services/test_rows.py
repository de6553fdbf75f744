"""The hand-kept statements say what the ORM would say."""

from uuid import uuid4

import pytest
from django.db import DataError, IntegrityError, connection, transaction

from notifications.models import Message
from tests.services.world import account, do, file, file_all, task, the_clock
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


def test_many_rows_are_added_as_few_are():
    """Every kind of column, with what is absent, by arrays as by single values."""
    case = file()
    counts = (rows.MANY - 1, rows.MANY + 1)
    for model, some in (
        (
            Event,
            {
                "kind": "x",
                "actor_id": None,
                "at": case.filed_at,
                "data": {"a": [1, "二", None]},
                "hash": b"\0x",
            },
        ),
        (
            Message,
            {
                "recipient_id": case.applicant_id,
                "event": "x",
                "values": {"t": "“引号”"},
                "created_at": case.filed_at,
            },
        ),
    ):
        for start, count in zip((100, 200), counts, strict=True):
            names = ("sequence",) if model is Event else ("origin", "attempts")
            made = [model(case_id=case.pk, **dict.fromkeys(names, start + n), **some) for n in range(count)]
            made[0].__dict__.update(
                {"actor_id": case.applicant_id} if model is Event else {"held_until": case.filed_at}
            )
            rows.insert(made)
            assert [each.pk for each in made] == sorted(each.pk for each in made)
            for each in made:
                stored = model.objects.get(pk=each.pk)
                again = values(stored) | ({"origin": int(stored.origin)} if model is Message else {})
                assert again == values(each)


@pytest.mark.parametrize("count", [1, rows.MANY])
def test_what_is_too_long_is_refused_however_many(count):
    case = file()
    long = [Timer(case=case, engine_id=uuid4(), element="x" * 61, due_at=case.filed_at) for _ in range(count)]
    with pytest.raises(DataError), transaction.atomic():
        rows.insert(long)


@pytest.mark.parametrize("count", [2, rows.MANY])
def test_what_is_there_already_is_left_out_however_many(count):
    case = file()
    made = [
        Message(recipient_id=case.applicant_id, case=case, event="x", origin=str(n), created_at=case.filed_at)
        for n in range(count)
    ]
    rows.insert_missing(made[:1])
    rows.insert_missing(made)
    rows.insert_missing([])
    assert Message.objects.filter(case=case, event="x").count() == count


def test_changing_many_by_one_statement(django_assert_num_queries):
    cases = [file() for _ in range(3)]
    for number, case in enumerate(cases):
        case.outcome, case.event_hash, case.event_count = f"o{number}", bytes([number]) * 32, 50 + number
        case.closed_at, case.number = case.filed_at if number else None, "not this"
    with django_assert_num_queries(1):
        rows.write(rows.changing_all(cases, ("outcome", "event_hash", "event_count", "closed_at")), None)
    for case in cases:
        stored = Case.objects.get(pk=case.pk)
        assert (stored.outcome, stored.event_count, stored.closed_at) == (
            case.outcome,
            case.event_count,
            case.closed_at,
        )
        assert bytes(stored.event_hash) == case.event_hash
        assert stored.number != "not this"
    assert rows.changing_all([], ("outcome",)) is None


def test_changing_many_says_which_are_gone():
    case = file()
    rungs = list(the_clock(case).rungs.order_by("pk"))
    ClockRung.objects.filter(pk=rungs[1].pk).delete()
    with pytest.raises(RuntimeError, match=rf"\[{rungs[1].pk}\] are gone"), transaction.atomic():
        rows.write(rows.changing_all(rungs, ("fired_at",)))


def test_following_many_by_one_statement(django_assert_num_queries):
    file_all("applicant1", "DEMO-P-001", "DEMO-P-003")
    cases = rows.read(Case, "id > %s ORDER BY id", 0)
    Case.objects.filter(pk=cases[0].pk).update(record=None)
    cases[0].record_id = None
    with django_assert_num_queries(2):
        rows.follow_all(cases, "agency")
        rows.follow_all(cases, "record")
    with django_assert_num_queries(0):
        assert {case.agency.pk for case in cases} == {case.agency_id for case in cases}
        assert [case.record and case.record.pk for case in cases] == [case.record_id for case in cases]
        rows.follow_all([], "agency")


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
