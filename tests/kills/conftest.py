"""A city with its service, its mailbox and its clock, all of them real."""

import os
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from pytest_django import DjangoDbBlocker

from tests.conftest import NOW
from tests.kills.house import House
from tests.kills.served import Served, service_settings
from tests.notifications.conftest import Postman, free_port
from workflow_app.domain import clock
from workflow_app.domain.clock import system_time
from workflow_app.models import ClockShift
from workflow_app.models.clock_shift import shifted_time


@pytest.fixture
def seed() -> int:
    """What decides when and whom it hits: KILL_SEED, or drawn anew; it is told when the test fails."""
    return int(os.environ.get("KILL_SEED") or random.randrange(10**6))


@pytest.fixture
def mailbox() -> Iterator[tuple[Postman, int]]:
    """A mail server and its port."""
    postman = Postman()
    controller = Controller(postman, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield postman, controller.port
    finally:
        controller.stop()


@pytest.fixture
def moving_clock(at: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test has the time of the service."""
    monkeypatch.setattr(clock, "_source", shifted_time)


@pytest.fixture
def house(
    committed_db: str, moving_clock: None, mailbox: tuple[Postman, int], tmp_path: Path
) -> Iterator[House]:
    """The service on a copy of the database, at the moment when the stories begin."""
    ClockShift.objects.create(pk=1, microseconds=(NOW - system_time()) // timedelta(microseconds=1))
    environment = service_settings(mailbox[1]) | {"DATABASE_URL": committed_db}
    found = House(free_port(), environment, tmp_path)
    try:
        yield found
    finally:
        found.close()


@pytest.fixture
def served(
    django_db_blocker: DjangoDbBlocker, moving_clock: None, mailbox: tuple[Postman, int], tmp_path: Path
) -> Iterator[Served]:
    """The whole service with a database server of its own, as `manage.py serve` runs it."""
    found = Served(free_port(), service_settings(mailbox[1]), tmp_path)
    found.prepare()
    with django_db_blocker.unblock(), found.as_database_of_the_test():
        try:
            yield found
        finally:
            found.close()
