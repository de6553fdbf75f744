"""The service with everything around it that a story needs, and the look at what is left afterwards."""

from datetime import timedelta
from pathlib import Path
from typing import Protocol

from django.db import connection

from notifications.models import Delivery, DeliveryStatus
from notifications.outbox import LOST_AFTER
from tests.kills.facts import Facts, ask_again, let_verify, read_facts
from tests.kills.journal import Journal
from tests.notifications.conftest import Postman
from tests.setup.support import wait_for
from workflow_app.demo.client import Client
from workflow_app.demo.players import StoryFailedError
from workflow_app.demo.scenario import Scenario
from workflow_app.demo.show import wait_until
from workflow_app.domain import clock
from workflow_app.models import User
from workflow_app.services.clock_shift import move_clock
from workflow_app.services.ticking import is_idle
from workflow_app.services.tokens import issue_token

# The clock moves by months while the stories are played.
TOKEN_DAYS = 3650
ON_THE_WAY = (DeliveryStatus.WAITING, DeliveryStatus.SENDING)


class Service(Protocol):
    """Something that serves at `base`, keeps its data in `var` and writes to `log`."""

    base: str
    var: Path
    log: Path

    def open(self) -> None: ...
    def close(self) -> None: ...


class City:
    """One service; its clients write down what they do."""

    def __init__(self, house: Service, postman: Postman) -> None:
        self.house = house
        self.journal = Journal()
        self._postman = postman
        self._tokens: dict[str, str] = {}

    def open_to(self, stories: list[Scenario]) -> None:
        """Start the service, with a token for everybody who acts in the stories."""
        for name in {story.by for story in stories} | {step.by for story in stories for step in story.steps}:
            if name:
                user = User.objects.get(username=name)
                self._tokens[name] = issue_token(user=user, days=TOKEN_DAYS)
        connection.close()
        self.house.open()

    def client(self, story: str, name: str) -> Client:
        return self.journal.client(story, name, self.house.base, self._tokens[name])

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
        """What is left."""
        blobs = self.house.var / "blobs"
        again = ask_again(self.journal, self.house.base, self._tokens)
        mails = list(zip(self._postman.messages, self._postman.recipients, strict=True))
        found = read_facts(mails, blobs, clock.now())
        found.again = again
        let_verify(found.letters, blobs, self.house.base)
        found.orphans = _abandoned_transactions()
        return found

    def told(self, problems: list[str], seed: int, figures: dict[str, int]) -> str:
        """What somebody needs who wants to see it again."""
        log = self.house.log.read_text(encoding="utf-8", errors="replace")[-4000:]
        return "\n".join([f"KILL_SEED={seed} {figures}", *problems, "", log])


def _abandoned_transactions() -> list[str]:
    """Transactions that somebody began and nobody goes on with."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, state, query FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%%' "
            "AND state_change < now() - interval '5 seconds'"
        )
        return [" ".join(map(str, row)) for row in cursor.fetchall()]


def ensure_nobody_is_left() -> None:
    """After the service has ended: every session of its database has ended too, and with it every lock."""

    def others() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            return int(cursor.fetchone()[0])

    wait_for(lambda: not others(), "the database notices that everybody has gone")
