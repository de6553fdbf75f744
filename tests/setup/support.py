"""Runs pieces of Python in processes of their own: as somebody else, in closed folders, to be killed."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
IS_ROOT = os.geteuid() == 0

# Everything is loaded before the rights are given up: the interpreter may lie where only root can read.
BECOME_NOBODY = """
import os, pathlib, sys, psycopg, workflow_app.postgres.server
if os.geteuid() == 0:
    os.setgroups([]); os.setgid({gid}); os.setuid({uid})
"""


def python(script: str, *arguments: object, **environment: str) -> subprocess.Popen[str]:
    """Start a script with the project on its path; its output is collected together."""
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=PROJECT,
        env=os.environ | {"PYTHONPATH": str(PROJECT)} | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def output_of(process: subprocess.Popen[str], *, status: int = 0) -> str:
    """The output of a script that must end with `status` within two minutes."""
    with process:
        text, _ = process.communicate(timeout=120)
    assert process.returncode == status, text
    return text


@contextmanager
def ordinary_folder() -> Iterator[tuple[Path, str]]:
    """A folder of an ordinary user, and the lines by which a script becomes that user."""
    nobody = pwd.getpwnam("nobody")
    folder = Path(tempfile.mkdtemp(prefix="ordinary-"))
    if IS_ROOT:
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    try:
        yield folder, BECOME_NOBODY.format(uid=nobody.pw_uid, gid=nobody.pw_gid)
    finally:
        shutil.rmtree(folder)


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 20) -> None:
    """Return as soon as the condition holds; fail with `what` if it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"Not within {seconds} s: {what}"
        time.sleep(0.05)
