"""`manage.py postgres start|stop|status|shell|remove`: the embedded server by hand."""

import subprocess
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from workflow_app.postgres import Server, ServerError


class Command(BaseCommand):
    help = "内置 PostgreSQL：启动、停止、状态、命令行、删除数据 / the embedded PostgreSQL"
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["start", "stop", "status", "shell", "remove"])

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.DATABASE_URL:
            raise CommandError(
                "当前使用 DATABASE_URL 指定的数据库，不使用内置数据库。\n"
                "DATABASE_URL names another server; the embedded one is not used."
            )
        server = Server(settings.POSTGRES_DIR)
        try:
            getattr(self, f"_{options['action']}")(server)
        except ServerError as error:
            raise CommandError(str(error)) from error

    def _start(self, server: Server) -> None:
        """Start it to stay, until `stop`."""
        self.stdout.write(server.start(detached=True))

    def _stop(self, server: Server) -> None:
        server.stop()

    def _status(self, server: Server) -> None:
        said = "运行中 / running" if server.is_running() else "未运行 / not running"
        self.stdout.write(f"{said}  {server.url()}")

    def _shell(self, server: Server) -> None:
        if not server.is_running():
            raise ServerError(
                "数据库未运行：先运行 manage.py postgres start。\nNot running: manage.py postgres start."
            )
        subprocess.run([server.programs() / "psql", server.url()], check=False)  # noqa: S603 - our own program

    def _remove(self, server: Server) -> None:
        server.remove()
