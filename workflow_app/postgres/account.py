"""Under which system account the server runs.

PostgreSQL refuses to run as root. An ordinary user runs it as themselves; root hands it to an account of its
own, which can reach neither the project nor anything else of root's.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from .errors import ServerError

SERVICE_ACCOUNT = "credit-postgres"
NEW_ACCOUNT = (
    "--system",
    "--user-group",
    "--no-create-home",
    "--home-dir=/nonexistent",
    "--shell=/usr/sbin/nologin",
)
ADMINISTRATION_PATH = "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin"


@dataclass(frozen=True)
class Account:
    """A system account; `switch`: the caller is root, and programs must be started as somebody else."""

    uid: int
    gid: int
    switch: bool

    def popen(self, command: Sequence[str | Path], **options: Any) -> subprocess.Popen[bytes]:
        """Start a program as this account, in a neutral folder and environment, cut off from the terminal."""
        as_whom: dict[str, Any] = (
            {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}
        )
        return subprocess.Popen(  # noqa: S603 - the command is put together in this package alone
            [str(part) for part in command],
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            umask=0o077,
            start_new_session=True,
            **as_whom,
            **options,
        )

    def run(self, command: Sequence[str | Path], output: IO[bytes] | int = subprocess.DEVNULL) -> int:
        """Run a program to its end as this account → its exit status; OSError if it cannot be executed."""
        with self.popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output) as process:
            return process.wait()

    def own(self, folder: Path) -> None:
        """Create a folder that only this account (and root) can enter. An existing one is left as it is."""
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            return
        if self.switch:
            os.chown(folder, self.uid, self.gid)


def server_account() -> Account:
    """The account for the server; as root, `credit-postgres` is created the first time."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), switch=False)
    entry = _entry(SERVICE_ACCOUNT) or _create_service_account()
    return Account(entry.pw_uid, entry.pw_gid, switch=True)


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _create_service_account() -> pwd.struct_passwd:
    useradd = shutil.which("useradd", path=ADMINISTRATION_PATH)
    if useradd is None:
        # Small systems have no useradd; `nobody` exists nearly everywhere and owns nothing.
        if nobody := _entry("nobody"):
            return nobody
        raise ServerError(
            "PostgreSQL 不能以 root 运行，且本机没有 useradd：请先建立系统账户 credit-postgres，"
            "或改用普通用户运行。\n"
            "PostgreSQL refuses to run as root and there is no useradd: create a system account "
            "credit-postgres, or run as an ordinary user."
        )
    made = subprocess.run(  # noqa: S603 - fixed arguments
        [useradd, *NEW_ACCOUNT, SERVICE_ACCOUNT],
        capture_output=True,
        text=True,
        check=False,
    )
    # Asked again whatever useradd said: another process may have been faster.
    if entry := _entry(SERVICE_ACCOUNT):
        return entry
    raise ServerError(
        f"无法建立系统账户 {SERVICE_ACCOUNT}。请手工建立，或改用普通用户运行。\n"
        f"The system account {SERVICE_ACCOUNT} could not be created: create it by hand, "
        "or run as an ordinary user.\n"
        f"{made.stderr.strip()}"
    )
