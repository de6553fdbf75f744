"""The database stops in the middle of a request: a clear answer, nothing half done, and work goes on afterwards."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import psycopg
import pytest

from tests.setup.support import PROJECT, wait_for
from workflow_app.postgres import Server

from .conftest import PDF, multipart


class Service(NamedTuple):
    """A web server as it runs in earnest, on a database of its own that can be stopped."""

    address: str
    database: Server
    token: str

    def upload(self, key: str) -> httpx.Response:
        content, content_type = multipart("a.pdf", PDF, kind="paper")
        headers = {"Content-Type": content_type, "Idempotency-Key": key, "Accept-Language": "zh-Hans"}
        return httpx.post(
            f"{self.address}/documents", content=content, headers=headers | self.authorization, timeout=60
        )

    def me(self) -> httpx.Response:
        return httpx.get(f"{self.address}/me", headers=self.authorization, timeout=60)

    @property
    def authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def ask(self, question: str) -> Any:
        with psycopg.connect(self.database.url(), autocommit=True) as connection:
            row = connection.execute(question).fetchone()
        return row[0] if row else None


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    database = Server(tmp_path / "postgres")
    database.start()
    environment = os.environ | {
        "DATABASE_URL": database.url(),
        "DJANGO_SETTINGS_MODULE": "workflow_app.settings.dev",
        "VAR_DIR": str(tmp_path / "var"),
        "DJANGO_SUPERUSER_PASSWORD": "x",
        "PYTHONPATH": str(PROJECT),
    }

    def manage(*arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=PROJECT, env=environment, check=True, capture_output=True, text=True, timeout=120
        ).stdout

    manage("migrate", "--verbosity=0")
    manage("createsuperuser", "--noinput", "--username=someone", "--email=someone@demo.invalid")
    token = manage("issue_token", "someone").strip()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["gunicorn", "workflow_app.wsgi", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread"]
    command += ["--threads", "4", "--no-control-socket", "--log-level", "warning"]
    web = subprocess.Popen(
        [sys.executable, "-m", *command], cwd=PROJECT, env=environment, stderr=subprocess.DEVNULL
    )
    found = Service(f"http://127.0.0.1:{port}/api/v1", database, token)
    try:
        wait_for(lambda: _answers(found), "the web server does not answer", 60)
        yield found
    finally:
        web.terminate()
        web.wait(timeout=30)
        database.stop()
        database.remove()


def _answers(service: Service) -> bool:
    try:
        return service.me().status_code == 200
    except httpx.TransportError:
        return False


def _refused_clearly(response: httpx.Response) -> None:
    assert response.status_code == 503
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Retry-After"] == "5"
    problem = response.json()
    assert problem["code"] == "database_unavailable"
    assert problem["detail"].startswith("系统暂时无法处理请求，请稍后重试")
    assert "Traceback" not in response.text


def test_a_request_that_the_database_left_halfway(service: Service) -> None:
    answers: list[httpx.Response] = []
    # The upload has begun its transaction and waits for this lock when the server goes.
    holder = psycopg.connect(service.database.url())
    holder.execute("LOCK TABLE workflow_app_document IN ACCESS EXCLUSIVE MODE")
    upload = threading.Thread(target=lambda: answers.append(service.upload("k1")))
    upload.start()
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    wait_for(lambda: service.ask(waiting) > 0, "the upload does not wait")
    service.database.stop()
    upload.join(timeout=60)
    holder.close()
    _refused_clearly(answers[0])
    # While it is away everybody is told so.
    _refused_clearly(service.me())
    _refused_clearly(service.upload("k1"))
    service.database.start()
    assert service.ask("SELECT count(*) FROM workflow_app_document") == 0
    wait_for(lambda: service.me().status_code == 200, "the service does not come back")
    first, again = service.upload("k1"), service.upload("k1")
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert service.ask("SELECT count(*) FROM workflow_app_document") == 1
