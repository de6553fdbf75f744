"""A city with its service, its mailbox and its clock, all of them real."""

import os
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from tests.conftest import NOW
from tests.kills.city import City
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
def moving_clock(committed_db: str, at: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of the service: it stands where the stories begin and goes on from there."""
    ClockShift.objects.create(pk=1, microseconds=(NOW - system_time()) // timedelta(microseconds=1))
    monkeypatch.setattr(clock, "_source", shifted_time)


@pytest.fixture
def city(
    committed_db: str, moving_clock: None, mailbox: tuple[Postman, int], tmp_path: Path
) -> Iterator[City]:
    """The service on a database of its own."""
    found = City(committed_db, mailbox, tmp_path, free_port())
    try:
        yield found
    finally:
        found.close()
