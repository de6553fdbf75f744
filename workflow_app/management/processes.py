"""Child processes of the long-running commands: restarted with growing pauses, stopped within bounds."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import FrameType

from django.conf import settings

LONGEST_PAUSE = 30.0
# A child that ran this long was sound: the next restart comes at once again.
SOUND_AFTER = 60.0
PR_SET_PDEATHSIG = 1
# proc(5): zombies and what is about to be one.
DEAD = "ZX"
# Loaded here: between fork and exec as little as possible may happen.
LIBC = ctypes.CDLL(None)


class StopRequest:
    """Becomes true at Ctrl-C, SIGTERM or when the terminal closes; the loops of the commands look at it."""

    def __init__(self) -> None:
        self._asked = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self._asked = True

    def __bool__(self) -> bool:
        return self._asked

    def wait(self, seconds: float) -> None:
        """Sleep, but not past a request to stop."""
        deadline = time.monotonic() + seconds
        while not self._asked and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))


class Child:
    """A program that is to run all the time. It has a process group of its own, out of reach of Ctrl-C."""

    def __init__(self, name: str, command: Sequence[str], environment: dict[str, str] | None = None) -> None:
        self.name = name
        self._command = command
        self._environment = environment or {}
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._restart_at: float | None = None
        self._pause = 0.0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - commands are written out by the callers
            self._command,
            cwd=settings.BASE_DIR,
            env=os.environ | {"DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE} | self._environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )
        self._started_at = time.monotonic()
        self._restart_at = None

    def look_after(self) -> float | None:
        """Restart the child if it has ended and its pause is over.

        → the pause in seconds when the end is noticed, None otherwise.
        """
        if self._process is None or self._process.poll() is None:
            return None
        now = time.monotonic()
        if self._restart_at is None:
            self._sweep()
            sound = now - self._started_at >= SOUND_AFTER
            self._pause = 0.5 if sound or not self._pause else min(self._pause * 2, LONGEST_PAUSE)
            self._restart_at = now + self._pause
            return self._pause
        if now >= self._restart_at:
            self.start()
        return None

    def members(self) -> frozenset[int]:
        """The live processes of the child's group, itself included; none where the system does not tell (no /proc)."""
        found = set()
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                # Behind the name in brackets, which may hold anything: state, parent, group.
                state, _, group = stat.read_text(errors="replace").rpartition(")")[2].split()[:3]
                if int(group) == self.pid and state not in DEAD:
                    found.add(int(stat.parent.name))
        return frozenset(found)

    def ask_to_stop(self) -> None:
        """SIGTERM, if it runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def end(self, seconds: float) -> bool:
        """Give it `seconds` to end, then kill it → whether it ended by itself. It is not restarted any more."""
        if self._process is None:
            return True
        try:
            self._process.wait(max(seconds, 0.1))
            in_time = True
        except subprocess.TimeoutExpired:
            in_time = False
        self._sweep()
        self._process.wait()
        self._process = None
        return in_time

    def _sweep(self) -> None:
        """Kill what is left of the child's process group: a killed cluster leaves workers that go on working."""
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


def stop_children(children: Iterable[Child], seconds: float = 15.0) -> list[str]:
    """SIGTERM to all; whoever is left after `seconds` is killed with all its descendants → their names."""
    children = list(children)
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + seconds
    return [child.name for child in children if not child.end(deadline - time.monotonic())]


def _end_with_parent() -> None:
    """Linux tells a child when its parent is gone; elsewhere a killed parent leaves orphans."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
