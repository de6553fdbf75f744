"""The service as `manage.py serve` runs it, in process groups of the test's own, so that any of it can be killed."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.setup.support import PROJECT, wait_for
from tests.setup.test_serve import processes_of

WEB, WORKER = "web", "worker"
# As `manage.py serve` starts them.
COMMANDS = {
    WEB: "-m gunicorn workflow_app.wsgi --worker-class gthread --workers 2 --threads 4 --graceful-timeout 10 "
    "--log-level error --no-control-socket",
    WORKER: "-m django work",
}
READY_SECONDS = 60.0


class House:
    """Web server and worker. Whatever of them has ended is started again at once, until `close`."""

    def __init__(self, port: int, environment: dict[str, str], folder: Path) -> None:
        self.port = port
        self.base = f"http://127.0.0.1:{port}"
        self.starts = {WEB: 0, WORKER: 0}
        self.var, self.log = folder / "var", folder / "log"
        self._environment = os.environ | environment | {"PORT": str(port), "VAR_DIR": str(self.var)}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._closing = threading.Event()
        self._keeper = threading.Thread(target=self._keep_running)
        # Between a kill and the look at what it left, nothing is started.
        self.lock = threading.Lock()

    def open(self) -> None:
        """Start everything and wait until it answers."""
        self.var.mkdir(mode=0o700)
        self._keeper.start()
        wait_for(lambda: answers(self.base), f"the service answers; {self.log}", READY_SECONDS)

    def close(self) -> None:
        """End everything, however it is."""
        self._closing.set()
        if self._keeper.ident is not None:
            self._keeper.join()
        for pid in self.members():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for process in self._running.values():
            process.wait()
        wait_for(lambda: not self.members(), "no process is left")

    def pid(self, part: str) -> int | None:
        """The first process of the web server or the worker, if it runs."""
        process = self._running.get(part)
        return process.pid if process is not None and process.poll() is None else None

    def members(self) -> dict[int, str]:
        """Every process of this service → its command line, also those whose parents are gone."""
        return processes_of(self.var)

    def _keep_running(self) -> None:
        while not self._closing.is_set():
            with self.lock:
                for part in (WEB, WORKER):
                    if self.pid(part) is None:
                        self._start(part)
            time.sleep(0.02)

    def _start(self, part: str) -> None:
        before = self._running.get(part)
        if before is not None and part == WEB:
            # Its port has to be free. A worker that has lost its ticker ends by itself, meanwhile the next one works.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(before.pid, signal.SIGKILL)
        command = [sys.executable, *COMMANDS[part].split()]
        command += ["--bind", f"127.0.0.1:{self.port}"] if part == WEB else []
        with self.log.open("ab") as output:
            self._running[part] = subprocess.Popen(
                command,
                cwd=PROJECT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.starts[part] += 1


def answers(base: str) -> bool:
    """Whether the API and its database speak."""
    try:
        with urllib.request.urlopen(f"{base}/api/v1/verify/0000", timeout=5) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as error:
        with error:
            return error.code < 500
    except OSError:
        return False


def children_of(pid: int) -> list[int]:
    """The live children of a process, oldest first."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            # After the name in brackets, which may hold anything: state, parent.
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            if int(parent) == pid and state != "Z":
                found.append(int(folder.name))
    return sorted(found)
