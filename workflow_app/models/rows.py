"""Plain statements for the one write path, made from the models once and then only executed.

Building a query takes the ORM several times as long as PostgreSQL takes to answer it. On the path that every act of
every case goes through, the same few statements come again and again; here their text is kept.
Only for models without signals, with their own table, on the default database.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import AutoField, Field, Model

M = TypeVar("M", bound=Model)


def read(model: type[M], condition: str, *values: Any) -> list[M]:
    """The rows that `condition` leaves, as objects. It is SQL after WHERE, written in code and never from outside;
    `values` fill its %s."""
    select, names, converters = _selection(model)
    with connection.cursor() as cursor:
        cursor.execute(f"{select} WHERE {condition}", values)
        found = cursor.fetchall()
    for place, field in converters:
        found = [
            (*row[:place], field.from_db_value(row[place], None, connection), *row[place + 1 :])
            for row in found
        ]
    return [model.from_db(connection.alias, names, row) for row in found]


@lru_cache
def _selection(model: type[Model]) -> tuple[str, list[str], list[tuple[int, Any]]]:
    fields = model._meta.concrete_fields
    columns = ", ".join(_quoted(field.column) for field in fields)
    converters = [(place, field) for place, field in enumerate(fields) if hasattr(field, "from_db_value")]
    text = f"SELECT {columns} FROM {_quoted(model._meta.db_table)}"  # noqa: S608 - names of our own models
    return text, [field.attname for field in fields], converters


def insert(rows: Sequence[Model]) -> None:
    """Add new rows of one model in one statement and give them their keys; nothing for an empty sequence."""
    if not rows:
        return
    text, fields, key = _insertion(type(rows[0]), len(rows))
    values = [_stored(field, row) for row in rows for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        keys = cursor.fetchall()
    for row, (value,) in zip(rows, keys, strict=True):
        setattr(row, key, value)
        row._state.adding, row._state.db = False, connection.alias


@lru_cache(maxsize=256)
def _insertion(model: type[Model], count: int) -> tuple[str, list[Any], str]:
    key = model._meta.pk
    # A key that the database counts is left to it.
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, AutoField)]
    columns = ", ".join(_quoted(field.column) for field in fields)
    row = f"({', '.join(['%s'] * len(fields))})"
    text = (
        f"INSERT INTO {_quoted(model._meta.db_table)} ({columns}) "  # noqa: S608 - names of our own models
        f"VALUES {', '.join([row] * count)} RETURNING {_quoted(key.column)}"
    )
    return text, fields, key.attname


def update(row: Model, names: Iterable[str]) -> None:
    """Write the named fields of one row that exists. Raises RuntimeError if it is gone."""
    text, fields = _change(type(row), tuple(names))
    values = [_stored(field, row) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(text, [*values, row.pk])
        if cursor.rowcount != 1:
            raise RuntimeError(f"{row._meta.label} {row.pk} is gone")


@lru_cache(maxsize=256)
def _change(model: type[Model], names: tuple[str, ...]) -> tuple[str, list[Any]]:
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    sets = ", ".join(f"{_quoted(field.column)} = %s" for field in fields)
    table, key = _quoted(model._meta.db_table), _quoted(str(model._meta.pk.column))
    return f"UPDATE {table} SET {sets} WHERE {key} = %s", fields  # noqa: S608 - names of our own models


def _stored(field: Field[Any, Any], row: Model) -> Any:
    return field.get_db_prep_save(getattr(row, field.attname), connection)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
