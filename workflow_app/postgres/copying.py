"""Copies what a database holds into another one on the same server, while the first goes on serving.

Nothing but the server itself is needed: rows go from one connection to the other by COPY, all of them as they were at
one moment, and whoever writes meanwhile waits for nothing. The copy is for trying things out: see `structure`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import Connection, IsolationLevel, errors, sql

from .errors import SandboxError
from .structure import other_statements, stored_columns, table_statements, tables_of

# What psycopg.connect takes, without the name of the database.
Address = Mapping[str, Any]
# A server's names end here; longer ones would be cut.
LONGEST_NAME = 63

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


def unused_databases(address: Address, beside: str) -> list[str]:
    """The databases of the server to which nobody is connected."""
    with _connected(address, beside, autocommit=True) as server:
        rows = server.execute(
            "SELECT datname FROM pg_database WHERE NOT datistemplate AND NOT EXISTS "
            "(SELECT 1 FROM pg_stat_activity WHERE pg_stat_activity.datname = pg_database.datname)"
        )
        return [row[0] for row in rows]


def copy_database(address: Address, source: str, target: str, *, empty: Collection[str]) -> int:
    """Build in the empty database `target` what `source` holds at this moment → how many rows.

    The tables named in `empty` come without their rows.
    """
    with (
        _connected(address, source) as here,
        _connected(address, target) as there,
    ):
        here.isolation_level, here.read_only = IsolationLevel.REPEATABLE_READ, True
        _execute_all(there, table_statements(here))
        full = [table for table in tables_of(here) if table not in empty]
        total = sum(_copy_table(here, there, table) for table in full)
        _execute_all(there, other_statements(here))
        _count_on(there)
    with _connected(address, target, autocommit=True) as there:
        there.execute("ANALYZE")
    return total


def _execute_all(there: Connection[Any], statements: Iterable[str]) -> None:
    for statement in statements:
        # What the server itself says of its tables.
        there.execute(statement.encode())


def _count_on(there: Connection[Any]) -> None:
    """New rows get numbers after those that came."""
    for table, column in there.execute(_COUNTERS).fetchall():
        name = sql.Identifier(table)
        there.execute(
            sql.SQL(
                "SELECT setval(pg_get_serial_sequence({}, {}), coalesce(max({}), 1), count(*) > 0) FROM {}"
            ).format(name.as_string(there), column, sql.Identifier(column), name)
        )


def _copy_table(here: Connection[Any], there: Connection[Any], table: str) -> int:
    name = sql.Identifier(table)
    columns = sql.SQL(", ").join(map(sql.Identifier, stored_columns(here, table)))
    give = sql.SQL("COPY {} ({}) TO STDOUT (FORMAT BINARY)").format(name, columns)
    take = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(name, columns)
    receiver = there.cursor()
    with here.cursor().copy(give) as giving, receiver.copy(take) as taking:
        for piece in giving:
            taking.write(piece)
    return receiver.rowcount


@contextmanager
def _connected(address: Address, name: str, *, autocommit: bool = False) -> Iterator[Connection[Any]]:
    with psycopg.connect(**{**address, "dbname": name}, autocommit=autocommit) as connection:
        yield connection
