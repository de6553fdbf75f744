"""Plain statements for the one write path, made from the models once and then only executed.

Building a query takes the ORM several times as long as PostgreSQL takes to answer it. On the path that every act of
every case goes through, the same few statements come again and again; here their text is kept.
Only for models without signals, with their own table, on the default database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.utils import CursorWrapper
from django.db.models import AutoField, BinaryField, Field, ForeignKey, JSONField, Model
from psycopg import Cursor
from psycopg.pq import Format

M = TypeVar("M", bound=Model)


class Write(NamedTuple):
    """A statement that adds or changes rows and is still to be sent. It returns keys, which `finish` is told."""

    text: str
    values: list[Any]
    finish: Callable[[list[Any]], None]


# From this number of rows on a statement takes an array for each column in place of a value for each field.
MANY = 10


def query(text: str, *values: Any) -> list[tuple[Any, ...]]:
    """The rows that a statement gives. It is written in code and never from outside; `values` fill its %s."""
    return _execute(text, values).fetchall()


def change(text: str, *values: Any) -> int:
    """Execute a statement, as `query` does, that gives no rows → how many it has written."""
    return _execute(text, values).rowcount


def read(model: type[M], condition: str, *values: Any) -> list[M]:
    """The rows that `condition` leaves, as objects. It is SQL after WHERE, written in code and never from outside;
    `values` fill its %s."""
    select, names = _selection(model)
    return [
        model.from_db(DEFAULT_DB_ALIAS, names, row) for row in query(f"{select} WHERE {condition}", *values)
    ]


@lru_cache
def _selection(model: type[Model]) -> tuple[str, list[str]]:
    fields = model._meta.concrete_fields
    columns = ", ".join(_quoted(field.column) for field in fields)
    text = f"SELECT {columns} FROM {_quoted(model._meta.db_table)}"  # noqa: S608 - names of our own models
    return text, [field.attname for field in fields]


def follow(row: Model, name: str) -> Any:
    """What a foreign key of the row names, fetched at most once; None where it names nothing."""
    field: Any = row._meta.get_field(name)
    key = getattr(row, field.attname)
    if key is not None and not field.is_cached(row):
        field.set_cached_value(row, read(field.related_model, "id = %s", key)[0])
    return getattr(row, name)


def follow_all(found: Sequence[Model], name: str) -> None:
    """`follow` for many rows of one model by one statement: what the foreign key names is there from then on."""
    if not found:
        return
    field: Any = found[0]._meta.get_field(name)
    keys = {key for row in found if (key := getattr(row, field.attname)) is not None}
    named = {row.pk: row for row in read(field.related_model, "id = ANY(%s)", list(keys))} if keys else {}
    for row in found:
        if (key := getattr(row, field.attname)) is not None:
            field.set_cached_value(row, named[key])


def write(*writes: Write | None) -> None:
    """Make the writes, of different tables, by one statement. None stands for nothing to write.

    They do not see each other, which is no matter between tables, and what a constraint forbids is raised as ever.
    """
    wanted = [each for each in writes if each is not None]
    keys: list[list[Any]] = [[] for _ in wanted]
    values = [value for each in wanted for value in each.values]
    for place, key in query(_together(tuple(each.text for each in wanted)), *values) if wanted else ():
        keys[place].append(key)
    for each, its_keys in zip(wanted, keys, strict=True):
        each.finish(its_keys)


@lru_cache(maxsize=256)
def _together(texts: tuple[str, ...]) -> str:
    if len(texts) == 1:
        # The place of the only write stands before its key.
        return texts[0].replace(" RETURNING ", " RETURNING 0, ")
    parts = ", ".join(f"w{place} (key) AS ({text})" for place, text in enumerate(texts))
    keys = " UNION ALL ".join(f"SELECT {place}, key FROM w{place}" for place in range(len(texts)))  # noqa: S608 - numbers
    return f"WITH {parts} {keys}"


def insert(rows: Sequence[Model]) -> None:
    """Add new rows of one model in one statement and give them their keys; nothing for an empty sequence."""
    write(adding(rows))


def adding(rows: Sequence[Model]) -> Write | None:
    """`insert` as a write: the rows have their keys when it is done."""
    if not rows:
        return None
    text, key, values = _inserted(rows)

    def finish(keys: list[Any]) -> None:
        for row, value in zip(rows, keys, strict=True):
            setattr(row, key, value)
            row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS

    return Write(text, values, finish)


def insert_missing(rows: Sequence[Model]) -> None:
    """As `insert`, but rows that a unique constraint forbids are left out, and none is given its key."""
    if rows:
        text, _, values = _inserted(rows)
        change(text.replace(" RETURNING ", " ON CONFLICT DO NOTHING RETURNING "), *values)


def _inserted(rows: Sequence[Model]) -> tuple[str, str, list[Any]]:
    """Statement, name of the key, and values by which rows of one model are added."""
    model = type(rows[0])
    if len(rows) < MANY:
        text, columns, key = _insertion(model, len(rows))
        return text, key, [_stored(column, row) for row in rows for column in columns]
    text, columns, key = _insertion_of_many(model)
    return text, key, [[_stored(column, row) for row in rows] for column in columns]


@lru_cache(maxsize=256)
def _insertion(model: type[Model], count: int) -> tuple[str, list[_Column], str]:
    key = model._meta.pk
    # A key that the database counts is left to it.
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, AutoField)]
    columns = ", ".join(_quoted(field.column) for field in fields)
    row = f"({', '.join(['%s'] * len(fields))})"
    text = (
        f"INSERT INTO {_quoted(model._meta.db_table)} ({columns}) "  # noqa: S608 - names of our own models
        f"VALUES {', '.join([row] * count)} RETURNING {_quoted(key.column)}"
    )
    return text, [_column(field) for field in fields], key.attname


@lru_cache(maxsize=256)
def _insertion_of_many(model: type[Model]) -> tuple[str, list[_Column], str]:
    """One text for any number of rows, with an array for each column: it need not be parsed anew each time."""
    key = model._meta.pk
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, AutoField)]
    columns = ", ".join(_quoted(field.column) for field in fields)
    text = (
        f"INSERT INTO {_quoted(model._meta.db_table)} ({columns}) "  # noqa: S608 - names of our own models
        f"SELECT {columns} FROM unnest({_arrays(fields)}) WITH ORDINALITY AS given({columns}, place) "
        f"ORDER BY place RETURNING {_quoted(key.column)}"
    )
    return text, [_column(field) for field in fields], key.attname


def _arrays(fields: Iterable[Any]) -> str:
    """Places for one array for each field. Lengths are left to the column, which refuses what is too long."""
    kinds = (
        field.rel_db_type(connection) if field.primary_key else field.db_type(connection) for field in fields
    )
    return ", ".join(f"%s::{kind.partition('(')[0]}[]" for kind in kinds)


def update(row: Model, names: Iterable[str]) -> None:
    """Write the named fields of one row that exists. Raises RuntimeError if it is gone."""
    write(changing(row, names))


def changing(row: Model, names: Iterable[str]) -> Write:
    """`update` as a write, with the values that the fields have now."""
    text, columns = _change(type(row), tuple(names))

    def finish(keys: list[Any]) -> None:
        if not keys:
            raise RuntimeError(f"{row._meta.label} {row.pk} is gone")

    return Write(text, [*(_stored(column, row) for column in columns), row.pk], finish)


@lru_cache(maxsize=256)
def _change(model: type[Model], names: tuple[str, ...]) -> tuple[str, list[_Column]]:
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    sets = ", ".join(f"{_quoted(field.column)} = %s" for field in fields)
    table, key = _quoted(model._meta.db_table), _quoted(str(model._meta.pk.column))
    text = f"UPDATE {table} SET {sets} WHERE {key} = %s RETURNING {key}"  # noqa: S608 - names of our own models
    return text, [_column(field) for field in fields]


def changing_all(found: Sequence[Model], names: Iterable[str]) -> Write | None:
    """`changing` for many rows of one model by one statement, whose text is the same however many they are."""
    if not found:
        return None
    text, columns = _change_all(type(found[0]), tuple(names))

    def finish(keys: list[Any]) -> None:
        if gone := {row.pk for row in found}.difference(keys):
            raise RuntimeError(f"{found[0]._meta.label} {sorted(gone)} are gone")

    arrays = [[_stored(column, row) for row in found] for column in columns]
    return Write(text, [[row.pk for row in found], *arrays], finish)


@lru_cache(maxsize=256)
def _change_all(model: type[Model], names: tuple[str, ...]) -> tuple[str, list[_Column]]:
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    table, key = _quoted(model._meta.db_table), model._meta.pk
    sets = ", ".join(f"{_quoted(field.column)} = given.{_quoted(field.column)}" for field in fields)
    given = ", ".join(_quoted(field.column) for field in (key, *fields))
    text = (
        f"UPDATE {table} AS kept SET {sets} FROM unnest({_arrays((key, *fields))}) "  # noqa: S608 - names of our own models
        f"AS given({given}) "
        f"WHERE kept.{_quoted(key.column)} = given.{_quoted(key.column)} RETURNING kept.{_quoted(key.column)}"
    )
    return text, [_column(field) for field in fields]


# The name of an attribute, and what makes its value one that the driver understands where it is not one already.
_Column = tuple[str, Callable[[Any], Any] | None]
_WRAPPED = (JSONField, BinaryField)


def _column(field: Field[Any, Any]) -> _Column:
    kind = field.target_field if isinstance(field, ForeignKey) else field
    wrap = (lambda value: field.get_db_prep_save(value, connection)) if isinstance(kind, _WRAPPED) else None
    return field.attname, wrap


def _stored(column: _Column, row: Model) -> Any:
    name, wrap = column
    value = getattr(row, name)
    return wrap(value) if wrap else value


def _execute(text: str, values: Sequence[Any]) -> CursorWrapper:
    """Have the server keep the plan of a statement that comes again and again on this connection, and answer in its
    own format, which needs no parsing.

    Django's own cursor writes the values into the text, so that each is parsed and planned anew. Errors and the log
    of statements are as ever.
    """
    database = connections[DEFAULT_DB_ALIAS]
    database.ensure_connection()
    plain: Any = Cursor(database.connection)
    plain.format = Format.BINARY
    cursor = database.make_debug_cursor(plain) if database.queries_logged else database.make_cursor(plain)
    cursor.execute(text, values)
    return cursor


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
