"""`manage.py demo`: starts a service of its own with a fresh demo world and plays the stories through HTTP.

Results: `var/demo/letters/` with the signed PDFs, `var/demo/summary.md`. Fails if any story does not end as told.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from workflow_app.demo.client import Client
from workflow_app.demo.load import load_world
from workflow_app.demo.show import Ending, Show, load_stories
from workflow_app.domain.clock import CHINA, system_time
from workflow_app.management.commands.serve import READY_SECONDS, answers
from workflow_app.management.processes import Child, stop_children
from workflow_app.models import ClockShift, User
from workflow_app.postgres import Server
from workflow_app.services.calendar import seed_calendar
from workflow_app.services.definitions import deploy_all
from workflow_app.services.tokens import issue_token

# The day on which the stories begin; the world is loaded as it looks then.
BEGINNING = datetime(2026, 3, 2, 9, 0, tzinfo=CHINA)
# The clock moves by months while the stories are played.
TOKEN_DAYS = 3650
INSIDE = "--inside"


class Command(BaseCommand):
    help = "演完全部故事并核对结局 / play every story through HTTP and check how it ends"
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(INSIDE, action="store_true", help="used by the command itself")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises SystemExit 1 if any story does not end as told."""
        folder = settings.BASE_DIR / "var" / "demo"
        if options["inside"]:
            self._perform(folder)
            return
        # Settings name the database when they are read, so the demo runs in a process with settings of its own.
        environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"} | {
            "VAR_DIR": str(folder / "service"),
            "DJANGO_SETTINGS_MODULE": "workflow_app.settings.dev",
            "PORT": str(free_port()),
            # Refusals belong to the stories.
            "LOG_LEVEL": "ERROR",
        }
        done = subprocess.run(  # noqa: S603 - this command
            [sys.executable, "manage.py", "demo", INSIDE], cwd=settings.BASE_DIR, env=environment, check=False
        )
        if done.returncode:
            raise SystemExit(done.returncode)

    def _perform(self, folder: Path) -> None:
        server = Server(settings.POSTGRES_DIR)
        server.remove()
        for old in ("letters", "summary.md", "service/blobs", "service/mail"):
            path = folder / old
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        self._say("", "启动数据库，装入演示数据 / database and demo world")
        server.start()
        service: list[Child] = []
        try:
            prepare_world()
            service.append(start_service())
            self._say("", f"服务已就绪，开始演出 / the service is up at {base_address()}")
            endings = Show(client_of, folder / "letters", self._say).play(load_stories(settings.BASE_DIR))
        finally:
            stop_children(service)
            connection.close()
            server.stop()
        self._sum_up(endings, folder / "summary.md")

    def _say(self, story: str, words: str) -> None:
        self.stdout.write(f"· {f'[{story}] ' if story else ''}{words}")
        self.stdout.flush()

    def _sum_up(self, endings: list[Ending], path: Path) -> None:
        text = summary(endings)
        path.write_text(text, encoding="utf-8")
        self.stdout.write(f"\n{text}")
        failed = [ending for ending in endings if ending.problems]
        for ending in failed:
            for problem in ending.problems:
                self.stderr.write(f"! {ending.scenario.title}: {problem}")
        if failed:
            raise CommandError(f"{len(failed)} 个故事没有按预期结束 / stories did not end as told")


def prepare_world() -> None:
    """The fresh database: structure, calendar, processes, and the world as it looks when the stories begin."""
    call_command("migrate", interactive=False, verbosity=0)
    shift = BEGINNING - system_time()
    ClockShift.objects.update_or_create(
        pk=1, defaults={"microseconds": int(shift.total_seconds() * 1_000_000)}
    )
    seed_calendar()
    deploy_all()
    load_world(anchor=BEGINNING.date())


def start_service() -> Child:
    """Web server and worker, answering. Raises CommandError when they do not come up."""
    service = Child(
        "service",
        [sys.executable, "manage.py", "serve", "--no-demo", "--quiet", "--port", str(settings.PORT)],
    )
    service.start()
    deadline = time.monotonic() + READY_SECONDS
    while not answers("127.0.0.1", settings.PORT):
        if time.monotonic() > deadline:
            stop_children([service])
            raise CommandError("服务没有应答 / the service does not answer")
        time.sleep(0.2)
    return service


def base_address() -> str:
    return f"http://127.0.0.1:{settings.PORT}"


@cache
def client_of(username: str) -> Client:
    """The client of an account of the demo world."""
    user = User.objects.get(username=username)
    return Client(base_address(), issue_token(user=user, days=TOKEN_DAYS, label="demo"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def summary(endings: list[Ending]) -> str:
    """The endings as a Markdown table."""
    rows = [
        "| 故事 / story | 案号 / case | 结局 / outcome | 文书 / letters | 结果 / result |",
        "|---|---|---|---|---|",
    ]
    for ending in endings:
        result = "符合 / as told" if not ending.problems else "不符 / NOT as told"
        rows.append(
            f"| {ending.scenario.title} | {', '.join(ending.numbers) or '—'} | {ending.outcome} "
            f"| {len(ending.letters)} | {result} |"
        )
    letters = sum(len(ending.letters) for ending in endings)
    told = sum(not ending.problems for ending in endings)
    rows.append(f"\n{told} / {len(endings)} 个故事按预期结束，{letters} 份文书核验有效 / letters verified.\n")
    return "\n".join(rows)
