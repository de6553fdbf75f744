"""The whole service as `manage.py serve` runs it, with a PostgreSQL of its own that waits for the disk."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection, connections

from tests.kills.house import READY_SECONDS, answers
from tests.setup.support import PROJECT, output_of, python, wait_for
from tests.setup.test_serve import processes_of
from workflow_app.postgres import Server
from workflow_app.settings.database import database_from_url

WORLD = """
import django; django.setup()
from django.conf import settings
from django.db import connection
from workflow_app.management.commands.demo import prepare_world
from workflow_app.postgres import Server
server = Server(settings.POSTGRES_DIR)
server.start()
prepare_world()
connection.close()
server.stop()
"""


class Served:
    """One `manage.py serve` with its own world; the database can be killed."""

    def __init__(self, port: int, environment: dict[str, str], folder: Path) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.var, self.log = folder / "var", folder / "log"
        self.server = Server(self.var / "postgres")
        self._settings = environment | {"VAR_DIR": str(self.var), "PORT": str(port), "DATABASE_URL": ""}
        self._process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Make the world as it looks when the stories begin, and leave the database running for the test."""
        self.var.mkdir(mode=0o700)
        output_of(python(WORLD, **self._settings))
        self.server.start()

    def open(self) -> None:
        """Hand the database over to the service and wait until it answers."""
        self.server.stop()
        command = [sys.executable, "manage.py", "serve", "--no-demo", "--quiet"]
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                cwd=PROJECT,
                env=os.environ | self._settings,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        wait_for(lambda: answers(self.base), f"the service answers; {self.log}", READY_SECONDS)

    def close(self) -> None:
        """End everything, however it is."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(60)
        for pid in processes_of(self.var):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
        connections.close_all()
        self.server.stop()
        self.server.remove()

    def kill_database(self) -> bool:
        """SIGKILL to the server's first process → whether there was one that accepted connections."""
        if not self.database_answers():
            return False
        number = (self.server.data_dir / "data" / "postmaster.pid").read_text().split("\n", 1)[0]
        os.kill(int(number), signal.SIGKILL)
        return True

    def database_answers(self) -> bool:
        try:
            with psycopg.connect(self.server.url()):
                return True
        except psycopg.OperationalError:
            return False

    @contextlib.contextmanager
    def as_database_of_the_test(self) -> Iterator[None]:
        """Connections of this process go to the server of this service."""
        kept: dict[str, Any] = dict(connections.settings["default"])
        there = database_from_url(self.server.url())
        connections.close_all()
        for each in (connections.settings["default"], connection.settings_dict):
            each.update(there)
        try:
            yield
        finally:
            connections.close_all()
            for each in (connections.settings["default"], connection.settings_dict):
                each.update(kept)


def service_settings(mail_port: int) -> dict[str, str]:
    """The environment of a service that sends its mail to this port."""
    return {
        "DJANGO_SETTINGS_MODULE": "workflow_app.settings.dev",
        "SECRET_KEY": settings.SECRET_KEY,
        "STATE_KEY": settings.STATE_KEY,
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(mail_port),
        "DEFAULT_FROM_EMAIL": "信用服务 <credit@city.invalid>",
        "LOG_LEVEL": "WARNING",
    }
