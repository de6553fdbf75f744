"""The service with everything around it that a story needs, and the look at what is left afterwards."""

import threading
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection

from notifications.models import Delivery, DeliveryStatus
from notifications.outbox import LOST_AFTER
from tests.kills.facts import Facts, ask_again, let_verify, read_facts
from tests.kills.house import House
from tests.kills.journal import Journal
from tests.notifications.conftest import Postman
from tests.setup.support import wait_for
from workflow_app.demo.client import Client
from workflow_app.demo.players import StoryFailedError
from workflow_app.demo.show import wait_until
from workflow_app.domain import clock
from workflow_app.models import User
from workflow_app.services.clock_shift import move_clock
from workflow_app.services.ticking import is_idle
from workflow_app.services.tokens import issue_token

TOKEN_DAYS = 3650
ON_THE_WAY = (DeliveryStatus.WAITING, DeliveryStatus.SENDING)


class City:
    """One service; its clients write down what they do."""

    def __init__(self, database: str, mailbox: tuple[Postman, int], folder: Path, port: int) -> None:
        self.journal = Journal()
        self.log = folder / "log"
        self.var = folder / "var"
        self._postman, mail_port = mailbox
        self._tokens: dict[str, str] = {}
        self._drawing = threading.Lock()
        self.house = House(port, service_settings(self.var, mail_port) | {"DATABASE_URL": database}, self.log)

    def open(self) -> None:
        self.var.mkdir(mode=0o700)
        self.house.open()

    def close(self) -> None:
        self.house.close()

    def client(self, story: str, name: str) -> Client:
        return self.journal.client(story, name, self.house.base, self.token(name))

    def token(self, name: str) -> str:
        with self._drawing:
            if name not in self._tokens:
                user = User.objects.get(username=name)
                self._tokens[name] = issue_token(user=user, days=TOKEN_DAYS)
            return self._tokens[name]

    def come_to_rest(self) -> list[str]:
        """Let the worker finish, also with what was cut off on its way → what it does not finish."""
        try:
            wait_until(is_idle, "the worker does not finish what is due")
            move_clock(LOST_AFTER + timedelta(minutes=1))
            wait_until(
                lambda: is_idle() and not Delivery.objects.filter(status__in=ON_THE_WAY).exists(),
                "e-mails stay on their way",
            )
        except StoryFailedError as failure:
            return [str(failure)]
        return []

    def facts(self) -> Facts:
        """What is left; ends the service."""
        blobs = self.var / "blobs"
        again = ask_again(self.journal, self.house.base, self.token)
        found = read_facts(
            list(zip(self._postman.messages, self._postman.recipients, strict=True)), blobs, clock.now()
        )
        found.again = again
        let_verify(found.letters, blobs, self.house.base)
        found.orphans = _waiting_sessions()
        self.house.close()
        wait_for(lambda: not _other_sessions(), "the database notices that everybody has gone")
        return found


def service_settings(var: Path, mail_port: int) -> dict[str, str]:
    """The environment of a service with data in `var` that sends its mail to this port."""
    return {
        "DJANGO_SETTINGS_MODULE": "workflow_app.settings.dev",
        "VAR_DIR": str(var),
        "SECRET_KEY": settings.SECRET_KEY,
        "STATE_KEY": settings.STATE_KEY,
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(mail_port),
        "DEFAULT_FROM_EMAIL": "信用服务 <credit@city.invalid>",
        "LOG_LEVEL": "WARNING",
    }


def _waiting_sessions() -> list[str]:
    """Transactions that somebody began and nobody goes on with."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, state, query FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%%' "
            "AND state_change < now() - interval '5 seconds'"
        )
        return [" ".join(map(str, row)) for row in cursor.fetchall()]


def _other_sessions() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, state, query FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return [" ".join(map(str, row)) for row in cursor.fetchall()]
