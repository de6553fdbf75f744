"""Copies what a database holds into another one on the same server, while the first goes on serving.

Nothing but the server itself is needed: rows go from one connection to the other by COPY, all of them as they were at
one moment, and whoever writes meanwhile waits for nothing. The copy is for trying things out: it has no foreign keys.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import Connection, IsolationLevel, errors, sql

from .errors import SandboxError

# What psycopg.connect takes, without the name of the database.
Address = Mapping[str, Any]
# A server's names end here; longer ones would be cut.
LONGEST_NAME = 63

_TABLES = """
SELECT relname FROM pg_class
WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace ORDER BY relname
"""
_COLUMNS = """
SELECT attname FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
"""
_FOREIGN_KEYS = """
SELECT relname, conname FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
"""
_COUNTERS = """
SELECT table_name, column_name FROM information_schema.columns
WHERE is_identity = 'YES' AND table_schema = current_schema()
"""


def create_database(address: Address, beside: str, name: str) -> None:
    """Create the empty database `name` with the text ordering of `beside`. Raises SandboxError."""
    with _connected(address, beside, autocommit=True) as server:
        found = server.execute(
            "SELECT pg_encoding_to_char(encoding), datcollate, datctype FROM pg_database "
            "WHERE datname = current_database()"
        ).fetchone()
        assert found is not None
        encoding, collate, ctype = map(sql.Literal, found)
        statement = sql.SQL(
            "CREATE DATABASE {} TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}"
        ).format(sql.Identifier(name), encoding, collate, ctype)
        try:
            server.execute(statement)
        except errors.InsufficientPrivilege as error:
            user = server.info.user
            raise SandboxError(
                f"数据库账户 {user} 不能建立数据库，无法推演：请由数据库管理员执行 ALTER ROLE {user} CREATEDB。\n"
                f"The account {user} may not create databases: have an administrator run "
                f"ALTER ROLE {user} CREATEDB."
            ) from error
        # Nobody will miss it: nothing waits for the disk.
        server.execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(sql.Identifier(name)))


def drop_database(address: Address, beside: str, name: str) -> None:
    """Delete a database for good, whoever is connected to it."""
    with _connected(address, beside, autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def unused_databases(address: Address, beside: str, pattern: str) -> list[str]:
    """The databases whose names match a LIKE pattern and to which nobody is connected."""
    with _connected(address, beside, autocommit=True) as server:
        rows = server.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s AND NOT EXISTS "
            "(SELECT 1 FROM pg_stat_activity WHERE pg_stat_activity.datname = pg_database.datname)",
            [pattern],
        )
        return [row[0] for row in rows]


def copy_rows(
    address: Address,
    source: str,
    target: str,
    *,
    without: Collection[str],
    on_table: Callable[[str], None] = lambda table: None,
) -> int:
    """Copy the rows of all tables but those in `without`, as they are at one moment → how many.

    Both databases have the same tables. What the target held is replaced.
    """
    with (
        _connected(address, source) as here,
        _connected(address, target) as there,
    ):
        here.isolation_level, here.read_only = IsolationLevel.REPEATABLE_READ, True
        _free(there)
        tables = [table for table in _names(there, _TABLES) if table not in without]
        there.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(map(sql.Identifier, tables))))
        total = 0
        for table in tables:
            on_table(table)
            total += _copy_table(here, there, table)
        _guard_again(there, tables)
    with _connected(address, target, autocommit=True) as there:
        there.execute("ANALYZE")
    return total


def _free(there: Connection[Any]) -> None:
    """Take away what would look at every row on its way: foreign keys for good, triggers until all is there."""
    for table, key in there.execute(_FOREIGN_KEYS).fetchall():
        _alter(there, "ALTER TABLE {} DROP CONSTRAINT {}", table, key)
    for table in _names(there, _TABLES):
        _alter(there, "ALTER TABLE {} DISABLE TRIGGER USER", table)


def _guard_again(there: Connection[Any], tables: Collection[str]) -> None:
    """Triggers work again, and new rows get numbers after those that came."""
    for table in _names(there, _TABLES):
        _alter(there, "ALTER TABLE {} ENABLE TRIGGER USER", table)
    for table, column in there.execute(_COUNTERS).fetchall():
        if table in tables:
            there.execute(
                sql.SQL(
                    "SELECT setval(pg_get_serial_sequence({}, {}), coalesce(max({column}), 1), count(*) > 0) "
                    "FROM {table}"
                ).format(
                    sql.Literal(sql.Identifier(table).as_string(there)),
                    sql.Literal(column),
                    column=sql.Identifier(column),
                    table=sql.Identifier(table),
                )
            )


def _copy_table(here: Connection[Any], there: Connection[Any], table: str) -> int:
    name = sql.Identifier(table)
    columns = sql.SQL(", ").join(
        sql.Identifier(row[0]) for row in there.execute(_COLUMNS, [name.as_string(there)])
    )
    give = sql.SQL("COPY {} ({}) TO STDOUT (FORMAT BINARY)").format(name, columns)
    take = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(name, columns)
    receiver = there.cursor()
    with here.cursor().copy(give) as giving, receiver.copy(take) as taking:
        for piece in giving:
            taking.write(piece)
    return receiver.rowcount


def _names(connection: Connection[Any], question: LiteralString) -> list[str]:
    return [row[0] for row in connection.execute(question)]


def _alter(connection: Connection[Any], statement: LiteralString, *names: str) -> None:
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@contextmanager
def _connected(address: Address, name: str, *, autocommit: bool = False) -> Iterator[Connection[Any]]:
    with psycopg.connect(**{**address, "dbname": name}, autocommit=autocommit) as connection:
        yield connection
