"""The embedded server: starts anywhere, for anybody, after any end, and leaves the machine as it was."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from workflow_app.postgres import Server, ServerError, places
from workflow_app.settings.database import database_from_url

from .support import IS_ROOT, ordinary_folder, output_of, python, wait_for

START = """
import sys, time; from pathlib import Path; from workflow_app.postgres import Server
server = Server(Path(sys.argv[1])); server.start(detached="detached" in sys.argv)
print("started", flush=True)
"""


def ask(server: Server, statement: str) -> object:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        cursor = connection.execute(statement)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def postmaster(server: Server) -> int:
    return int((server.data_dir / "data" / "postmaster.pid").read_text().splitlines()[0])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server that is not started yet."""
    server = Server(tmp_path / "var" / "postgres")
    yield server
    server.stop()
    server.remove()


def test_an_address_is_known_before_anything_exists(tmp_path: Path) -> None:
    server = Server(tmp_path / "var" / "postgres")
    assert server.url().startswith("postgresql://credit@/credit?host=/")
    assert not server.is_running()
    assert list(tmp_path.iterdir()) == []


def test_the_database_is_there_and_keeps_its_data(server: Server) -> None:
    assert server.start() == server.url()
    ask(server, "CREATE TABLE kept AS SELECT '信用' AS word")
    server.stop()
    assert not server.is_running()
    server.start()
    assert ask(server, "SELECT word FROM kept") == "信用"


def test_settings_are_safe_and_alike_everywhere(server: Server) -> None:
    server.start()
    expected = {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "listen_addresses": "",
        "TimeZone": "UTC",
        "server_encoding": "UTF8",
        "data_checksums": "on",
    }
    assert {name: ask(server, f"SHOW {name}") for name in expected} == expected
    assert ask(server, "SELECT datlocale FROM pg_database WHERE datname = 'credit'") == "C.UTF-8"


def test_a_server_that_lets_nobody_in_is_told_as_such(server: Server) -> None:
    """As when it is killed again while it is being started: who looks after it tries again later."""
    server.start()
    with ExitStack() as crowd:
        for _ in range(int(str(ask(server, "SHOW max_connections")))):
            crowd.enter_context(psycopg.connect(server.url()))
        with pytest.raises(ServerError, match="too many clients"):
            server.start()
    server.start()
    assert ask(server, "SELECT 1") == 1


def test_a_pool_comes_back_with_its_server(server: Server) -> None:
    """Also after a while, when tries with growing pauses would be further apart than anybody waits."""
    server.start()
    pooling = database_from_url(server.url(), pool=True)["OPTIONS"]["pool"]
    door = places.socket_folder(server.data_dir) / ".s.PGSQL.5432"
    closed = door.with_name("closed")
    others = "FROM pg_stat_activity WHERE datname = 'credit' AND pid <> pg_backend_pid()"
    with ConnectionPool(server.url(), check=ConnectionPool.check_connection, **pooling) as pool:
        pool.wait()
        # Who is in is put out, and nobody comes in any more.
        ask(server, f"SELECT count(pg_terminate_backend(pid)) {others}")
        wait_for(lambda: ask(server, f"SELECT count(*) {others}") == 0, "everybody is out")
        door.rename(closed)
        back_at = time.monotonic() + 8
        while time.monotonic() < back_at:
            with suppress(psycopg.OperationalError), pool.connection(timeout=0.5):
                time.sleep(0.1)
        closed.rename(door)
        with pool.connection() as connection:
            connection.execute("SELECT 1")


def test_starting_twice_is_starting_once(server: Server) -> None:
    server.start()
    first = postmaster(server)
    Server(server.data_dir).start()
    assert postmaster(server) == first


def test_two_processes_may_start_it_at_once(server: Server) -> None:
    starts = [python(START, server.data_dir, "detached") for _ in range(2)]
    assert [output_of(start) for start in starts] == ["started\n", "started\n"]
    assert ask(server, "SELECT 1") == 1


def test_after_a_kill_it_starts_again_with_what_was_committed(server: Server) -> None:
    server.start()
    ask(server, "CREATE TABLE kept AS SELECT 7 AS figure")
    os.kill(postmaster(server), signal.SIGKILL)
    wait_for(lambda: not server.is_running(), "the killed server is gone")
    again = Server(server.data_dir)
    again.start()
    assert ask(again, "SELECT figure FROM kept") == 7
    again.stop()


def test_a_number_that_another_process_has_by_now_does_not_stop_it(server: Server) -> None:
    server.start()
    killed = postmaster(server)
    os.kill(killed, signal.SIGKILL)
    wait_for(lambda: not server.is_running(), "the killed server is gone")
    pid_file = server.data_dir / "data" / "postmaster.pid"
    content = pid_file.read_text()
    with subprocess.Popen(["sleep", "60"]) as other:
        # As after a restart of the machine: the number belongs to something else.
        pid_file.write_text(content.replace(str(killed), str(other.pid), 1))
        again = Server(server.data_dir)
        again.start()
        assert ask(again, "SELECT 1") == 1
        again.stop()
        assert other.poll() is None
        other.kill()


def test_it_ends_with_the_process_that_started_it(server: Server) -> None:
    with python(START + "time.sleep(60)", server.data_dir) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == "started\n"
        assert server.is_running()
        starter.kill()
    wait_for(lambda: not server.is_running(), "the server has followed its starter")


def test_detached_it_stays(server: Server) -> None:
    output_of(python(START, server.data_dir, "detached"))
    assert ask(server, "SELECT 1") == 1
    server.stop()
    assert not server.is_running()


def test_throwaway_leaves_nothing(tmp_path: Path) -> None:
    server = Server(tmp_path / "postgres", throwaway=True)
    server.start()
    assert ask(server, "SHOW fsync") == "off"
    home = server.data_dir.resolve()
    server.stop()
    assert not home.exists()
    assert not places.socket_folder(server.data_dir).exists()
    assert list(tmp_path.iterdir()) == []


def test_throwaway_data_go_also_when_the_starter_is_killed(tmp_path: Path) -> None:
    server = Server(tmp_path / "postgres")
    script = START.replace("sys.argv[1])", "sys.argv[1]), throwaway=True") + "time.sleep(60)"
    with python(script, server.data_dir) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == "started\n"
        starter.kill()
    wait_for(lambda: not (server.data_dir / "data").exists(), "the data are deleted")
    server.remove()


def test_data_of_a_running_server_are_not_deleted(server: Server) -> None:
    server.start()
    with pytest.raises(ServerError, match="stop it"):
        server.remove()
    assert ask(server, "SELECT 1") == 1


def test_a_failed_start_shows_the_log(server: Server) -> None:
    server.start()
    server.stop()
    with (server.data_dir / "data" / "postgresql.conf").open("a") as configuration:
        configuration.write("no_such_setting = 1\n")
    for detached in (False, True):
        with pytest.raises(ServerError, match="no_such_setting"):
            server.start(detached=detached)


def test_data_of_another_version_are_left_alone(server: Server) -> None:
    server.start()
    server.stop()
    (server.data_dir / "data" / "PG_VERSION").write_text("12\n")
    with pytest.raises(ServerError, match="made by PostgreSQL 12"):
        server.start()
    (server.data_dir / "data" / "PG_VERSION").write_text("18\n")


def test_a_socket_folder_that_others_can_enter_is_refused(server: Server) -> None:
    server.start()
    server.stop()
    folder = places.socket_folder(server.data_dir)
    folder.chmod(0o755)
    with pytest.raises(ServerError, match="0700"):
        server.start()
    assert folder.stat().st_mode & 0o777 == 0o755
    folder.chmod(0o700)


def test_an_ordinary_user_has_it_all_in_the_project() -> None:
    script = """
var = pathlib.Path(sys.argv[1]) / "var"
server = workflow_app.postgres.Server(var / "postgres", programs=pathlib.Path(sys.argv[2]))
server.start()
assert (var / "postgres" / "data" / "PG_VERSION").exists()
assert not (var / "postgres").is_symlink()
assert (var / "postgres" / "run" / ".s.PGSQL.5432").is_socket()
assert {path.stat().st_uid for path in var.rglob("*")} == {os.geteuid()}
print(os.geteuid(), psycopg.connect(server.url()).execute("SELECT 1").fetchone())
server.stop()
assert not server.is_running()
"""
    programs = Server(Path("unused")).programs()
    with ordinary_folder() as (folder, become):
        uid = folder.stat().st_uid
        assert output_of(python(become + script, folder, programs)).startswith(f"{uid} (1,)")
        assert uid != 0


def test_a_path_too_long_for_a_socket_gets_a_short_one() -> None:
    script = """
folder = pathlib.Path(sys.argv[1]) / ("long" * 30) / "空 格" / "postgres"
server = workflow_app.postgres.Server(folder, throwaway=True, programs=pathlib.Path(sys.argv[2]))
psycopg.connect(server.start()).close()
print("ok")
server.stop()
"""
    programs = Server(Path("unused")).programs()
    with ordinary_folder() as (folder, become):
        assert "ok" in output_of(python(become + script, folder, programs))


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """A folder that only its owner can enter, with more folders in it."""
    with tempfile.TemporaryDirectory(prefix="closed-") as name:
        folder = Path(name) / "inner" / "project"
        folder.mkdir(parents=True)
        yield folder


def modes(folder: Path) -> dict[Path, tuple[int, int, int]]:
    """Mode and owner of a folder and of everything above it."""
    states = {path: path.stat() for path in (folder, *folder.parents)}
    return {path: (state.st_mode, state.st_uid, state.st_gid) for path, state in states.items()}


def test_in_a_closed_folder_no_mode_is_changed(closed_folder: Path) -> None:
    programs = Server(Path("unused")).programs()
    before = modes(closed_folder) | modes(programs)
    server = Server(closed_folder / "var" / "postgres")
    server.start()
    assert ask(server, "SELECT 1") == 1
    assert ask(server, "SELECT current_user") == "credit"
    server.stop()
    assert modes(closed_folder) | modes(programs) == before
    # As root the server runs as somebody who cannot come here.
    assert (closed_folder / "var" / "postgres").is_symlink() == IS_ROOT
    server.remove()
    assert list((closed_folder / "var").iterdir()) == []


def test_programs_in_a_closed_folder_are_copied_for_the_server(closed_folder: Path) -> None:
    installed = Server(Path("unused")).programs().parents[1]
    for package in (installed, installed.with_name(f"{places.WHEEL}.libs")):
        (closed_folder / package.name).symlink_to(package)
    script = """
import sys; from pathlib import Path; from workflow_app.postgres import Server
server = Server(Path(sys.argv[1]) / "postgres", throwaway=True)
print(server.start(), server.programs()); server.stop()
"""
    output = output_of(python(script, closed_folder, PYTHONPATH=f"{closed_folder}:{os.getcwd()}"))
    place = places.SYSTEM_HOME if IS_ROOT else closed_folder
    assert output.split()[-1].startswith(f"{place}/")


def test_a_copied_project_gets_data_of_its_own_and_a_moved_one_keeps_them(tmp_path: Path) -> None:
    first = Server(tmp_path / "first" / "postgres")
    first.start()
    ask(first, "CREATE TABLE kept AS SELECT 7 AS figure")
    first.stop()
    subprocess.run(["cp", "-a", tmp_path / "first", tmp_path / "copy"], check=True)
    copy = Server(tmp_path / "copy" / "postgres")
    copy.start()
    first.start()
    assert ask(first, "SELECT figure FROM kept") == 7
    assert copy.data_dir.resolve() != first.data_dir.resolve()
    copy.stop()
    first.stop()
    (tmp_path / "first").rename(tmp_path / "moved")
    moved = Server(tmp_path / "moved" / "postgres")
    moved.start()
    assert ask(moved, "SELECT figure FROM kept") == 7
    for server in (copy, moved):
        server.stop()
        server.remove()
    shutil.rmtree(places.socket_folder(first.data_dir), ignore_errors=True)


def test_debian_15_serves_as_well(debian_postgres: str) -> None:
    with psycopg.connect(debian_postgres) as connection:
        assert connection.info.server_version // 10000 == 15
