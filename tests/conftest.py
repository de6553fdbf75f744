"""One folder and one throw-away PostgreSQL for a whole run; each test process has its own database on it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from workflow_app.postgres import Server

DEBIAN_PROGRAMS = Path("/usr/lib/postgresql/15/bin")


def _starts_others(config: pytest.Config) -> bool:
    return bool(config.getoption("numprocesses", None))


def _is_first_process(config: pytest.Config) -> bool:
    return not hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, and say so in the summary, what needs Debian's PostgreSQL where that is not installed."""
    if not DEBIAN_PROGRAMS.is_dir():
        out = [item for item in items if "debian_postgres" in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in out]


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
