"""Starts and stops one PostgreSQL server on a private socket. No network port is opened.

A server lives no longer than the process that started it, however that process ends, unless it was started
`detached`. Data survive anything; a server killed in the middle of a write recovers at the next start.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import pq, sql

from . import places
from .account import Account, server_account
from .errors import ServerError

OWNER = "credit"
DATABASE = "credit"
SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# For databases that nobody will miss: nothing waits for the disk.
THROWAWAY_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
# Recovery after a crash replays up to max_wal_size and may take this long on a slow disk.
START_SECONDS = 120.0
STOP_SECONDS = 30.0

# Runs the server and ends it when standard input closes, that is, when the starting process is gone. What is
# named first is deleted at the end.
GUARD = """
exec 3<&0
debris=$1; shift
"$@" 3<&- </dev/null & server=$!
( read -r _ <&3; kill -INT "$server" ) & watcher=$!
wait "$server"; status=$?
kill "$watcher" 2>/dev/null; wait "$watcher" 2>/dev/null
[ -n "$debris" ] && rm -rf "$debris"
exit "$status"
"""
# Leaves the server to itself.
RELEASE = '"$@" </dev/null &'


class Server:
    """One PostgreSQL with its data in `data_dir` (made at the first start).

    `throwaway` trades safety for speed and deletes the data at `stop()`. `programs` names the
    folder of another installation's programs; `settings` are added to those of every server.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        throwaway: bool = False,
        programs: Path | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        # The last part may be a link (see places) and must stay one.
        self.data_dir = data_dir.parent.resolve() / data_dir.name
        self.throwaway = throwaway
        self._programs = programs
        self._settings = dict(settings or {})
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = DATABASE) -> str:
        """The address of a database on this server, whether it runs or not."""
        folder = quote(str(places.socket_folder(self.data_dir)))
        return f"postgresql://{OWNER}@/{quote(database)}?host={folder}&port={SETTINGS['port']}"

    def is_running(self) -> bool:
        """Whether a server listens on the socket, ready or not."""
        return self._ping() in (pq.Ping.OK, pq.Ping.REJECT)

    def programs(self) -> Path:
        """The folder with psql, pg_dump and pgbench of this server's version."""
        return self._programs or places.programs(server_account())

    def start(self, *, detached: bool = False) -> str:
        """Start the server unless it runs, make sure of the database `credit` → its address.

        Raises ServerError, with the end of the log, if it does not come up.
        """
        account = server_account()
        self.data_dir.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._one_at_a_time():
            home = places.prepare_home(self.data_dir, account)
            if self.is_running():
                self._wait_for_recovery()
            else:
                self._make_cluster(home, account)
                self._discard_stale_pid(home)
                self._launch(home, account, detached=detached)
            self._ensure_database()
        return self.url()

    @property
    def started_here(self) -> bool:
        """Whether this object started the server and would take it along when it ends."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Stop the server, if it runs, whoever started it; open transactions are rolled back."""
        pid = self._postmaster(self.data_dir)
        if pid is not None:
            self._end(pid)
        self._let_go()
        if self.throwaway:
            self.remove()

    def remove(self) -> None:
        """Delete the data for good. Raises ServerError while the server runs."""
        if self.is_running():
            raise ServerError(
                "数据库仍在运行，不能删除。\nThe server is running; stop it before deleting its data."
            )
        places.remove_home(self.data_dir)
        self._lock_path.unlink(missing_ok=True)

    @property
    def _lock_path(self) -> Path:
        return self.data_dir.with_name(f"{self.data_dir.name}.lock")

    @contextlib.contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        with self._lock_path.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _ping(self) -> pq.Ping:
        return pq.Ping(pq.PGconn.ping(self.url("postgres").encode()))

    def _make_cluster(self, home: Path, account: Account) -> None:
        """initdb, once, in a folder of another name, so that an interrupted one is not taken for whole."""
        data = home / "data"
        programs = self.programs()
        version = _major_version(programs)
        if data.is_dir():
            self._ensure_same_version(data, version)
            return
        draft = home / "data.new"
        account.run(["/bin/rm", "-rf", draft])
        # The built-in C.UTF-8 (since 17) orders text alike on every system, also after upgrades.
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        command: list[str | Path] = [
            programs / "initdb",
            "--pgdata",
            draft,
            "--username",
            OWNER,
            "--auth=trust",
            "--encoding=UTF8",
        ]
        command += locale if version >= 17 else ["--locale=C.UTF-8"]
        command += ["--no-sync"] if self.throwaway else []
        log = home / "initdb.log"
        with log.open("wb") as output:
            status = account.run(command, output)
        if status != 0:
            raise ServerError(f"数据库初始化失败。\nThe database could not be initialised.\n{_tail(log)}")
        draft.rename(data)

    @staticmethod
    def _ensure_same_version(data: Path, version: int) -> None:
        made_by = (data / "PG_VERSION").read_text(encoding="ascii").strip()
        if made_by != str(version):
            raise ServerError(
                f"{data} 由 PostgreSQL {made_by} 建立，现有版本为 {version}："
                f"请先用 {made_by} 导出再导入，或移走它。\n"
                f"{data} was made by PostgreSQL {made_by}, this is {version}: dump and restore it, "
                "or move it away."
            )

    def _discard_stale_pid(self, home: Path) -> None:
        """Remove the traces of a killed server when its number was given to another process since."""
        traces = [home / "data" / "postmaster.pid"]
        traces.append(places.socket_folder(self.data_dir) / f".s.PGSQL.{SETTINGS['port']}.lock")
        if traces[0].exists() and self._postmaster(self.data_dir) is None:
            for trace in traces:
                trace.unlink(missing_ok=True)

    @staticmethod
    def _postmaster(home: Path) -> int | None:
        """The number of the live server process of these data, or None."""
        data = home / "data"
        try:
            pid = int((data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
            os.kill(pid, 0)
        except (OSError, ValueError):
            return None
        working_folder = Path(f"/proc/{pid}/cwd")
        try:
            # The server works in its data folder. Without /proc the number alone must do.
            return pid if not Path("/proc/self").exists() or working_folder.samefile(data) else None
        except OSError:
            return None

    def _let_go(self) -> None:
        """Wait for the guard of a server that has ended, here or by itself."""
        if self._process is not None:
            if self._process.stdin:
                self._process.stdin.close()
            self._process.wait(timeout=STOP_SECONDS)
            self._process = None

    def _launch(self, home: Path, account: Account, *, detached: bool) -> None:
        self._let_go()
        log = home / "server.log"
        with contextlib.suppress(FileNotFoundError):
            log.replace(home / "server.log.1")
        settings = SETTINGS | {"unix_socket_directories": str(places.socket_folder(self.data_dir))}
        settings |= (THROWAWAY_SETTINGS if self.throwaway else {}) | self._settings
        guard = [GUARD, "postgres", home / "data" if self.throwaway else ""]
        command: list[str | Path] = ["/bin/sh", "-c", *([RELEASE, "postgres"] if detached else guard)]
        command += [self.programs() / "postgres", "-D", home / "data"]
        command += [f"--{name}={value}" for name, value in settings.items()]
        deadline = time.monotonic() + START_SECONDS
        while True:
            with log.open("ab") as output:
                stdin = subprocess.DEVNULL if detached else subprocess.PIPE
                process = account.popen(command, stdin=stdin, stdout=output, stderr=output)
            if detached:
                process.wait()
            if self._wait_until_ready(process, deadline, detached=detached):
                self._process = None if detached else process
                return
            if process.stdin:
                process.stdin.close()
            process.wait(timeout=STOP_SECONDS)
            # Children of a killed server may need a moment to notice and let go of the shared memory.
            if "pre-existing shared memory" not in _tail(log, 5) or time.monotonic() > deadline:
                raise ServerError(f"数据库没有启动。\nPostgreSQL did not start. {log}:\n{_tail(log)}")
            time.sleep(0.5)

    def _wait_until_ready(self, process: subprocess.Popen[bytes], deadline: float, *, detached: bool) -> bool:
        """True when connections are accepted; False when the server has ended or the time is over."""
        patience = time.monotonic() + 2
        while time.monotonic() < deadline:
            if self._ping() is pq.Ping.OK:
                return True
            if detached:
                # Not our child: it is gone if, after the moment it needs to write its number, there is none.
                if time.monotonic() > patience and self._postmaster(self.data_dir) is None:
                    return False
            elif process.poll() is not None:
                return False
            time.sleep(0.05)
        return False

    def _wait_for_recovery(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while self._ping() is pq.Ping.REJECT and time.monotonic() < deadline:
            time.sleep(0.05)

    def _ensure_database(self) -> None:
        known = "SELECT 1 FROM pg_database WHERE datname = %s"
        try:
            with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
                if connection.execute(known, [DATABASE]).fetchone() is None:
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        except psycopg.OperationalError as error:
            # Started and already gone again, or full: whoever looks after it comes back.
            raise ServerError(f"数据库没有应答。\nPostgreSQL does not answer: {error}") from error

    def _end(self, pid: int) -> None:
        """Fast shutdown (SIGINT); if that takes too long, an immediate one (SIGQUIT): costs a recovery."""
        for number in (signal.SIGINT, signal.SIGQUIT):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            deadline = time.monotonic() + STOP_SECONDS
            while time.monotonic() < deadline:
                if self._postmaster(self.data_dir) is None:
                    return
                time.sleep(0.05)
        raise ServerError(f"数据库（进程 {pid}）没有停止。\nPostgreSQL (process {pid}) did not stop.")


def _major_version(programs: Path) -> int:
    """18 for `postgres (PostgreSQL) 18.4`."""
    said = subprocess.run(  # noqa: S603 - a program of the chosen installation
        [programs / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout
    return int(said.split()[2].split(".")[0])


def _tail(log: Path, lines: int = 20) -> str:
    with contextlib.suppress(OSError):
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    return ""
