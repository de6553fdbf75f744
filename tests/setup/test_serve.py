"""One command brings everything up, holds it up, and takes it all down again."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from workflow_app.postgres import Server

from .support import PROJECT, wait_for

pytestmark = pytest.mark.long


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def manage(*arguments: str, var: Path, **environment: str) -> subprocess.Popen[str]:
    """Start a management command with the development settings and `var` for its data."""
    settings = {
        "DJANGO_SETTINGS_MODULE": "workflow_app.settings.dev",
        "VAR_DIR": str(var),
        "DATABASE_URL": "",
    }
    with (var / "output").open("w") as output:
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=PROJECT,
            env=os.environ | settings | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )


def processes_of(var: Path) -> dict[int, str]:
    """Every process that was started with `var` for its data → its command line."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"VAR_DIR={var}\0".encode() in (folder / "environ").read_bytes():
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
    return found


def pids(var: Path, part: str) -> set[int]:
    return {pid for pid, command in processes_of(var).items() if part in command}


def oldest(var: Path, part: str) -> int:
    """The first of the processes of one kind: the one that started the others."""
    return min(pids(var, part))


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=15) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as error:
        # A page may redirect or refuse; what counts is that the service and its database speak.
        with error:
            return error.code < 500
    except OSError:
        return False


@contextmanager
def served(var: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The running service and its port."""
    port = free_port()
    with manage("serve", "--no-demo", var=var, PORT=str(port)) as service:
        try:
            wait_for(lambda: "ready" in (var / "output").read_text(), (var / "output").read_text(), 60)
            yield service, port
        finally:
            service.send_signal(signal.SIGINT)
            try:
                service.wait(60)
            finally:
                for pid in processes_of(var):
                    os.kill(pid, signal.SIGKILL)
                Server(var / "postgres").stop()
                Server(var / "postgres").remove()


def ensure_all_gone(var: Path) -> None:
    wait_for(lambda: not processes_of(var), "no process is left", 30)
    wait_for(lambda: not Server(var / "postgres").is_running(), "the database has stopped", 30)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_answers_and_leaves_no_process_behind(tmp_path: Path, number: signal.Signals) -> None:
    with served(tmp_path) as (service, port):
        assert answers(port)
        wait_for(lambda: len(pids(tmp_path, "qcluster")) > 2, "the worker works")
        service.send_signal(number)
        assert service.wait(60) == 0
        ensure_all_gone(tmp_path)
    output = (tmp_path / "output").read_text()
    assert f"http://127.0.0.1:{port}/" in output
    assert "Traceback" not in output


def test_whatever_is_killed_comes_back(tmp_path: Path) -> None:
    with served(tmp_path) as (_, port):
        wait_for(lambda: len(pids(tmp_path, "qcluster")) > 2, "the worker works")
        worker = oldest(tmp_path, "django work")
        database = tmp_path / "postgres" / "data" / "postmaster.pid"
        os.kill(int(database.read_text().splitlines()[0]), signal.SIGKILL)
        wait_for(lambda: answers(port), "pages after the database was killed", 60)
        web = oldest(tmp_path, "gunicorn")
        os.kill(web, signal.SIGKILL)
        wait_for(lambda: pids(tmp_path, "gunicorn") - {web} != set() and answers(port), "pages again", 60)
        # The worker has lived through the loss of its database.
        assert oldest(tmp_path, "django work") == worker
        cluster = pids(tmp_path, "qcluster")
        os.kill(min(cluster), signal.SIGKILL)
        wait_for(lambda: len(pids(tmp_path, "qcluster") - cluster) > 2, "a new cluster", 60)
        cluster = pids(tmp_path, "qcluster")
        os.kill(worker, signal.SIGKILL)
        wait_for(lambda: len(pids(tmp_path, "qcluster") - cluster) > 2, "a new worker", 60)
    ensure_all_gone(tmp_path)
    assert "ended unexpectedly, starts again in 0.5 s" in (tmp_path / "output").read_text()


def test_nothing_outlives_a_killed_command(tmp_path: Path) -> None:
    with served(tmp_path) as (service, _):
        service.kill()
        service.wait()
        ensure_all_gone(tmp_path)


def test_a_port_in_use_is_told_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with manage("serve", var=tmp_path, PORT=str(port)) as service:
            assert service.wait(60) == 1
    output = (tmp_path / "output").read_text()
    assert f"Port {port} is in use. Choose another: PORT={port + 1} make run" in output
    assert "Traceback" not in output
    assert not (tmp_path / "postgres").exists()


def test_an_impossible_address_is_told(tmp_path: Path) -> None:
    # 203.0.113.0/24 is reserved for documentation: no machine has such an address.
    with manage("serve", var=tmp_path, HOST="203.0.113.9", PORT=str(free_port())) as service:
        assert service.wait(60) == 1
    output = (tmp_path / "output").read_text()
    assert "Choose another: HOST=127.0.0.1" in output
    assert "Traceback" not in output


def test_a_database_that_does_not_answer_is_told(tmp_path: Path) -> None:
    url = f"postgresql://credit@/credit?host={tmp_path}"
    with manage("serve", var=tmp_path, PORT=str(free_port()), DATABASE_URL=url) as service:
        assert service.wait(60) == 1
    output = (tmp_path / "output").read_text()
    assert "unset it to use the embedded one" in output
    assert "Traceback" not in output
    assert not (tmp_path / "postgres").exists()


def test_the_embedded_server_by_hand(tmp_path: Path) -> None:
    def said(action: str, **environment: str) -> str:
        with manage("postgres", action, var=tmp_path, **environment) as command:
            command.wait(60)
        return (tmp_path / "output").read_text()

    assert "not running" in said("status")
    assert "postgresql://credit@/credit" in said("start")
    assert re.search(r"运行中 / running +postgresql://", said("status"))
    assert "stop it before deleting" in said("remove")
    assert said("stop") == ""
    assert "not running" in said("status")
    assert said("remove") == ""
    assert not (tmp_path / "postgres").exists()
    assert "DATABASE_URL names another server" in said("start", DATABASE_URL="postgresql://h/n")
