"""A copy of the database to try things out in: whatever this process does inside, the real one never hears of it."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import load_backend
from django_q.models import OrmQ, Schedule, Task

from workflow_app.domain.clock import system_time
from workflow_app.models import ApiToken, IdempotentRequest
from workflow_app.postgres import SandboxError
from workflow_app.postgres.copying import (
    LONGEST_NAME,
    copy_database,
    create_database,
    drop_database,
    unused_databases,
)

# What nobody needs in a copy: secrets of those who are signed in, the workers' queue, answers to the outside.
LEFT_OUT = (Session, ApiToken, IdempotentRequest, OrmQ, Task, Schedule)
# One that was left behind by a process that was killed is dropped by the next one after this time.
ABANDONED_AFTER = timedelta(days=1)

_MARK, _KEPT = "_sandbox_", "_sandbox_kept_"
_STAMP = "%Y%m%d%H%M%S%f"
# Settings of the connection that only Django understands.
_DJANGOS = ("cursor_factory", "context", "prepare_threshold")

Say = Callable[[str], None]


@contextmanager
def sandbox(say: Say, *, keep: bool = False) -> Iterator[str]:
    """Copy the database and work on the copy until the block ends → the name of the copy.

    The copy is as the database was at one moment; nobody who works on the real one waits. It is dropped at the end
    unless `keep`. Raises SandboxError.
    """
    _ensure_migrated()
    address, real = _address(), str(connection.settings_dict["NAME"])
    _drop_abandoned(address, real)
    name = _name_for(real, _KEPT if keep else _MARK)
    say(f"建立沙箱数据库 {name} / creating the sandbox")
    create_database(address, real, name)
    try:
        left_out = {model._meta.db_table for model in LEFT_OUT}
        count = copy_database(address, real, name, empty=left_out)
        say(f"已复制 {count} 行 / rows copied")
        with working_on(name):
            yield name
    finally:
        if not keep:
            drop_database(address, real, name)


@contextmanager
def working_on(name: str) -> Iterator[None]:
    """Let this thread's connection lead to another database on the same server, and back when the block ends."""
    real = connections[DEFAULT_DB_ALIAS]
    real.close()
    options = {key: value for key, value in real.settings_dict["OPTIONS"].items() if key != "pool"}
    settings = {**real.settings_dict, "NAME": name, "OPTIONS": options}
    other = load_backend(settings["ENGINE"]).DatabaseWrapper(settings, DEFAULT_DB_ALIAS)
    connections[DEFAULT_DB_ALIAS] = other
    try:
        yield
    finally:
        other.close()
        connections[DEFAULT_DB_ALIAS] = real


def _ensure_migrated() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise SandboxError(
            "数据库结构不是当前版本：请先运行 manage.py migrate。\n"
            "The database is not up to date: run manage.py migrate first."
        )


def _address() -> dict[str, Any]:
    params = connection.get_connection_params()
    return {key: value for key, value in params.items() if key not in _DJANGOS}


def _name_for(real: str, mark: str) -> str:
    end = f"{mark}{system_time():{_STAMP}}"
    return real[: LONGEST_NAME - len(end)] + end


def _drop_abandoned(address: dict[str, Any], real: str) -> None:
    start = _name_for(real, _MARK).rpartition(_MARK)[0] + _MARK
    for name in unused_databases(address, real):
        stamp = name.removeprefix(start)
        if name.startswith(start) and re.fullmatch(r"\d{20}", stamp):
            made_at = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
            if system_time() - made_at > ABANDONED_AFTER:
                drop_database(address, real, name)
