"""`manage.py serve`: the whole service on one machine, from database to worker, until Ctrl-C."""

import contextlib
import errno
import hashlib
import http.client
import socket
import sys
import time
from io import StringIO
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connection

from workflow_app.management.processes import Child, StopRequest, stop_children
from workflow_app.management.welcome import welcome
from workflow_app.postgres import Server, ServerError

OLDEST_POSTGRES = 15
READY_SECONDS = 60.0
# A second viewer of the API's description, which nobody is shown.
UNUSED_STATIC = ["redoc*"]
EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - recognised here, not bound


class Command(BaseCommand):
    help = "启动整个服务：数据库、网站、后台任务 / the whole service: database, web server, worker"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=settings.PORT, help="default: PORT, or 8000")
        parser.add_argument("--no-demo", action="store_true", help="do not load the demo world")
        parser.add_argument("--quiet", action="store_true", help="no accounts and hints")

    def handle(self, *args: Any, **options: Any) -> None:
        port = options["port"]
        ensure_port_is_free(settings.HOST, port)
        server = None if settings.DATABASE_URL else Server(settings.POSTGRES_DIR)
        children: list[Child] = []
        try:
            self._start_database(server)
            self._prepare(demo=not options["no_demo"])
            # Until here Ctrl-C simply interrupts; from here there are children to end in order.
            stop = StopRequest()
            children += self._start_children(port)
            if not stop:
                self._greet(children, stop, port, demo=not options["no_demo"], quiet=options["quiet"])
            while not stop:
                self._look_after(children, server)
                stop.wait(0.5)
        except KeyboardInterrupt:
            pass
        finally:
            self._stop(children, server)

    def _say(self, chinese: str, english: str) -> None:
        self.stdout.write(f"· {chinese} / {english}")
        self.stdout.flush()

    def _start_database(self, server: Server | None) -> None:
        if server is not None:
            self._say("启动内置 PostgreSQL", "starting the embedded PostgreSQL")
            try:
                server.start()
            except ServerError as error:
                raise CommandError(str(error)) from error
        try:
            with connection.cursor() as cursor:
                cursor.execute("SHOW server_version_num")
                version = int(cursor.fetchone()[0]) // 10000
        except OperationalError as error:
            raise CommandError(
                "无法连接 DATABASE_URL 指定的数据库；去掉该变量即使用内置数据库。\n"
                "The server that DATABASE_URL names cannot be reached; unset it to use the embedded one.\n"
                f"{error}"
            ) from error
        if version < OLDEST_POSTGRES:
            raise CommandError(
                f"需要 PostgreSQL {OLDEST_POSTGRES} 或更新版本，现为 {version}。\n"
                f"PostgreSQL {OLDEST_POSTGRES} or newer is needed, this is {version}."
            )

    def _prepare(self, *, demo: bool) -> None:
        self._say("更新数据库结构", "migrating")
        call_command("migrate", interactive=False, verbosity=0)
        collect_static()
        if demo and "load_demo" in get_commands():
            self._say("装入演示数据（仅首次）", "loading the demo world (first time only)")
            call_command("load_demo", stdout=self.stdout)
        else:
            self._say("部署流程，补全工作日历", "deploying processes, completing the calendar")
            call_command("seed_calendar", stdout=StringIO())
            call_command("deploy_processes", stdout=StringIO())
        connection.close()

    def _start_children(self, port: int) -> list[Child]:
        host = f"[{settings.HOST}]" if ":" in settings.HOST else settings.HOST
        web = [sys.executable, "-m", "gunicorn", "workflow_app.wsgi", "--bind", f"{host}:{port}"]
        web += ["--worker-class", "gthread", "--workers", "2", "--threads", "4"]
        web += ["--graceful-timeout", "10", "--log-level", "warning", "--no-control-socket"]
        children = [
            Child("网站 / web server", web, {"PORT": str(port)}),
            Child("后台任务 / worker", [sys.executable, "-m", "django", "work"], {"PORT": str(port)}),
        ]
        for child in children:
            child.start()
        return children

    def _greet(self, children: list[Child], stop: StopRequest, port: int, *, demo: bool, quiet: bool) -> None:
        host = "127.0.0.1" if settings.HOST in EVERYWHERE else settings.HOST
        deadline = time.monotonic() + READY_SECONDS
        while not stop and not answers(host, port):
            if time.monotonic() > deadline:
                raise CommandError(
                    "网站没有应答，见上面的日志。\nThe web server does not answer; see the log above."
                )
            self._look_after(children, None)
            stop.wait(0.1)
        if not stop:
            address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
            self.stdout.write(f"{address}" if quiet else welcome(address, demo=demo))
            self.stdout.flush()

    def _look_after(self, children: list[Child], server: Server | None) -> None:
        if server is not None and not server.is_running():
            self._say("数据库已停止，重新启动", "the database has stopped and is started again")
            # The next round tries again.
            with contextlib.suppress(ServerError):
                server.start()
        for child in children:
            pause = child.look_after()
            if pause is not None:
                self._say(
                    f"{child.name} 意外结束，{pause:g} 秒后重启",
                    f"ended unexpectedly, starts again in {pause:g} s",
                )

    def _stop(self, children: list[Child], server: Server | None) -> None:
        if children:
            self._say("正在停止", "stopping")
        for name in stop_children(children):
            self._say(f"{name} 未及时停止，已强制结束", "did not stop in time and was killed")
        connection.close()
        if server is not None and server.started_here:
            server.stop()


def ensure_port_is_free(host: str, port: int) -> None:
    """Raises CommandError, with the way out, if nothing can listen on this address and port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As the web server does: connections of the last run that are still closing are no hindrance.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            if getattr(error, "errno", None) == errno.EADDRINUSE:
                raise CommandError(
                    f"端口 {port} 已被占用，请换一个：PORT={port + 1} make run\n"
                    f"Port {port} is in use. Choose another: PORT={port + 1} make run"
                ) from error
            raise CommandError(
                f"无法在 {host}:{port} 上监听，请另选：HOST=127.0.0.1 PORT=8000 make run\n"
                f"Cannot listen on {host}:{port}. Choose another: HOST=127.0.0.1 PORT=8000 make run\n"
                f"{error}"
            ) from error


def answers(host: str, port: int) -> bool:
    """Whether the front page answers, with whatever but a server error."""
    caller = http.client.HTTPConnection(host, port, timeout=10)
    try:
        caller.request("GET", "/")
        return caller.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        caller.close()


def collect_static() -> None:
    """Collect and compress the static files, if any has changed since the last time."""
    stamp = settings.STATIC_ROOT / ".collected"
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            state = (path, storage.size(path), storage.get_modified_time(path).timestamp())
            digest.update(repr(state).encode())
    if stamp.exists() and stamp.read_text(encoding="ascii") == digest.hexdigest():
        return
    call_command("collectstatic", interactive=False, clear=True, verbosity=0, ignore_patterns=UNUSED_STATIC)
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    stamp.write_text(digest.hexdigest(), encoding="ascii")
