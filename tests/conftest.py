"""One folder and one throw-away PostgreSQL for a whole run; each test process has its own database on it.

That database holds the working-day calendar, the processes of this repository and the demo world, loaded once. Time
stands still at the moment `at` says.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections
from django.test.utils import setup_databases, teardown_databases
from django.utils import translation
from psycopg import sql
from pytest_django import DjangoDbBlocker

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.postgres import Server

ANCHOR = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=CHINA)
DEBIAN_PROGRAMS = Path("/usr/lib/postgresql/15/bin")


def _starts_others(config: pytest.Config) -> bool:
    return bool(config.getoption("numprocesses", None))


def _is_first_process(config: pytest.Config) -> bool:
    return not hasattr(config, "workerinput")


def _compile_messages() -> None:
    """English is what the catalogue says now, not what it said when it was last compiled."""
    for source in settings.LOCALE_PATHS[0].glob("*/LC_MESSAGES/*.po"):
        compiled = source.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime <= source.stat().st_mtime:
            # Renamed when whole: others may be reading it.
            made = compiled.with_suffix(f".{os.getpid()}")
            subprocess.run(["msgfmt", "--check-format", "-o", made, source], check=True)
            made.replace(compiled)


def pytest_configure(config: pytest.Config) -> None:
    if _is_first_process(config):
        _compile_messages()
    for folder in (settings.TEST_RUN_DIR, settings.VAR_DIR):
        folder.mkdir(mode=0o700, exist_ok=True)
    # Test processes share the server of the process that started them. A single process starts it at the
    # first test that asks for a database.
    if _is_first_process(config) and _starts_others(config) and settings.TEST_SERVER:
        settings.TEST_SERVER.start()


def pytest_unconfigure(config: pytest.Config) -> None:
    if _is_first_process(config):
        if settings.TEST_SERVER:
            settings.TEST_SERVER.stop()
        shutil.rmtree(settings.TEST_RUN_DIR, ignore_errors=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, and say so in the summary, what needs Debian's PostgreSQL where that is not installed. What takes long
    comes first: begun last, it would leave the other processes with nothing to do."""
    if not DEBIAN_PROGRAMS.is_dir():
        out = [item for item in items if "debian_postgres" in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in out]
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    if settings.TEST_SERVER:
        settings.TEST_SERVER.start()


@pytest.fixture(scope="session")
def debian_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an empty database on Debian's PostgreSQL 15, the oldest supported version."""
    server = Server(tmp_path_factory.mktemp("debian") / "postgres", throwaway=True, programs=DEBIAN_PROGRAMS)
    try:
        yield server.start()
    finally:
        server.stop()


class FrozenClock:
    """The service's time in a test: it moves when the test says so."""

    def __init__(self, moment: datetime) -> None:
        self.now = moment.astimezone(UTC)

    def __call__(self, moment: datetime | str) -> datetime:
        """Stand at this moment; a text such as `2026-03-02 10:00` is local time in China → the moment in UTC."""
        if isinstance(moment, str):
            moment = datetime.fromisoformat(moment)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=CHINA)
        self.now = moment.astimezone(UTC)
        return self.now

    def forward(self, **span: float) -> datetime:
        """Move on by a span such as days=3 → the moment in UTC."""
        return self(self.now + timedelta(**span))


@pytest.fixture(autouse=True)
def at(monkeypatch: pytest.MonkeyPatch) -> FrozenClock:
    """The clock of every test: it stands at 2026-03-02 10:00 in China until `at(moment)` moves it."""
    frozen = FrozenClock(NOW)
    monkeypatch.setattr(clock, "_source", lambda: frozen.now)
    return frozen


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    """Every test begins in Chinese: a request leaves its language behind in the thread."""
    translation.deactivate()
    yield
    translation.deactivate()


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """The migrated database with all that every installation has, and the demo world."""
    # pytest-django's own would leave it out in a run whose tests all have a copy.
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, aliases={"default"})
        _fill()
    yield
    with django_db_blocker.unblock():
        teardown_databases(made, verbosity=0)


def _fill() -> None:
    from workflow_app.demo.load import load_world
    from workflow_app.services.calendar import seed_calendar
    from workflow_app.services.definitions import deploy_all

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "_source", lambda: NOW)
        seed_calendar()
        load_world(anchor=ANCHOR)
        deploy_all()


_clones = count(1)


@pytest.fixture
def committed_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A copy of the database of its own, for tests with several connections, threads or processes → its address.

    What they commit is dropped with it. Threads must close their own connections.
    """
    with django_db_blocker.unblock(), copied_database() as address:
        yield address


@contextmanager
def copied_database() -> Iterator[str]:
    """Work on a copy of the tests' database → its address."""
    template = settings.DATABASES["default"]["NAME"]
    clone = f"{template}_{next(_clones)}"
    # A database that anybody is connected to cannot be copied.
    connection.close()
    _execute("CREATE DATABASE {} TEMPLATE {}", clone, template)
    _use_database(clone)
    try:
        yield _address(clone)
    finally:
        connections.close_all()
        _use_database(template)
        _execute("DROP DATABASE {} WITH (FORCE)", clone)


def _use_database(name: str) -> None:
    from workflow_app.services.definitions import bundle_of

    # A copy counts its ids on from the same number: one id may be another definition there.
    bundle_of.cache_clear()
    connections.settings["default"]["NAME"] = name
    connection.settings_dict["NAME"] = name


def _execute(statement: str, *names: str) -> None:
    with psycopg.connect(_address("postgres"), autocommit=True) as outside:
        outside.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _address(database: str) -> str:
    if settings.TEST_SERVER:
        return settings.TEST_SERVER.url(database)
    head, _, tail = settings.DATABASE_URL.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{database}" + (f"?{tail}" if tail else "")


@pytest.fixture
def acts(db: None) -> None:
    """The small process `acts` of tests/services/world.py is in force."""
    from tests.services.world import deploy_acts

    deploy_acts()


@pytest.fixture
def committed_acts(committed_db: str) -> str:
    """The same in a committed copy of the database → its address."""
    from tests.services.world import deploy_acts

    deploy_acts()
    return committed_db
