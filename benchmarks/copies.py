"""Copies of open cases made by SQL: as many as a large city has, in a minute or so."""

from django.db import connection
from django.db.models import Max, Model

from workflow_app.models import Case, Clock, ClockRung, Task, Timer

# When what is copied falls due: some time in the two months from tomorrow.
LATER = "now() + interval '1 day' + random() * interval '60 days'"


def copy_open(case: Case, count: int) -> None:
    """Add `count` copies of an open case with its running clocks, their rungs, its timers and tasks, all due at
    different times later on.

    The keys of copies are counted on from the highest, so that what belongs together is known without looking; foreign
    keys and indexes are kept as ever. A copy has no trail and its state is sealed for another case: it can fall due,
    but not move.
    """
    first = {model: _highest(model) for model in (Case, Clock)}
    number = "'COPY-' || kept.id || '-' || n"
    copy = f"{first[Case]} + n"
    _copy(Case, f"kept.id = {case.pk}", count, id=copy, number=number)
    for place, running in enumerate(Clock.objects.filter(case=case, status="running").order_by("pk")):
        its = f"{first[Clock] + place * count} + n"
        _copy(Clock, f"kept.id = {running.pk}", count, id=its, case_id=copy, due_at=LATER)
        _copy(ClockRung, f"kept.clock_id = {running.pk}", count, clock_id=its, due_at=LATER)
    own = {"case_id": copy, "engine_id": "gen_random_uuid()", "due_at": LATER}
    _copy(Timer, f"kept.case_id = {case.pk}", count, **own)
    _copy(Task, f"kept.case_id = {case.pk}", count, **own)
    for model in first:
        execute(f"SELECT setval(pg_get_serial_sequence('{model._meta.db_table}', 'id'), {_highest(model)})")
    # Who believes the tables to be empty still plans to look through them once for each row.
    execute("ANALYZE")


def _copy(model: type[Model], which: str, count: int, **replaced: str) -> None:
    names = [field.column for field in model._meta.concrete_fields]
    columns = [name for name in names if name != "id" or "id" in replaced]
    given = ", ".join(replaced.get(name, f"kept.{name}") for name in columns)
    table = model._meta.db_table
    execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {given} "
        f"FROM {table} AS kept CROSS JOIN generate_series(1, {count}) AS n WHERE {which} ORDER BY n"
    )


def _highest(model: type[Model]) -> int:
    return int(model._default_manager.aggregate(highest=Max("pk"))["highest"] or 0)


def execute(statement: str) -> None:
    """One statement that gives no rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
