"""How children are looked after, and when the worker's watchdog barks."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from workflow_app.management.commands.work import LONGEST_GRACE, Watchdog
from workflow_app.management.processes import Child, stop_children

from .support import wait_for

STUBBORN = """
import pathlib, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
descendant = subprocess.Popen([sys.executable, "-c", "import signal, time; signal.pause()"])
pathlib.Path(sys.argv[1]).write_text(str(descendant.pid))
time.sleep(60)
"""


@pytest.fixture
def sleeper() -> Iterator[Child]:
    child = Child("sleeper", [sys.executable, "-c", "import time; time.sleep(60)"])
    child.start()
    yield child
    stop_children([child])


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def kill_and_notice(child: Child) -> float:
    """Kill the child → the pause that is announced."""
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    pauses: list[float] = []

    def noticed() -> bool:
        pause = child.look_after()
        pauses.extend([] if pause is None else [pause])
        return bool(pauses)

    wait_for(noticed, "the end is noticed")
    return pauses[0]


def test_a_running_child_is_left_alone(sleeper: Child) -> None:
    before = sleeper.pid
    assert sleeper.look_after() is None
    assert sleeper.pid == before


def test_a_dead_child_comes_back_after_growing_pauses(sleeper: Child) -> None:
    pauses = []
    for _ in range(3):
        before = sleeper.pid
        pauses.append(kill_and_notice(sleeper))
        noticed_at = time.monotonic()
        assert sleeper.look_after() is None
        assert sleeper.pid == before

        def is_back(before: int | None = before) -> bool:
            return sleeper.look_after() is None and sleeper.pid != before

        wait_for(is_back, "the child is back")
        assert time.monotonic() - noticed_at >= pauses[-1]
    assert pauses == [0.5, 1.0, 2.0]


def test_who_does_not_stop_in_time_is_killed_with_its_descendants(tmp_path: Path) -> None:
    note = tmp_path / "descendant"
    child = Child("stubborn", [sys.executable, "-c", STUBBORN, str(note)])
    child.start()
    wait_for(lambda: note.exists() and note.read_text() != "", "the descendant runs")
    assert is_alive(int(note.read_text()))
    assert stop_children([child], seconds=0.3) == ["stubborn"]
    wait_for(lambda: not is_alive(int(note.read_text())), "the descendant is gone")


def test_who_stops_in_time_is_not_reported(sleeper: Child) -> None:
    assert stop_children([sleeper]) == []
    assert sleeper.pid is None
    assert sleeper.look_after() is None


def test_the_watchdog_is_quiet_while_things_get_done() -> None:
    watchdog = Watchdog()
    assert not any(watchdog.wants_restart(60.0, float(now)) for now in range(1000))


def test_the_watchdog_gives_each_restart_twice_the_time() -> None:
    watchdog = Watchdog()
    barks = [now for now in range(3000) if watchdog.wants_restart(61.0, float(now))]
    assert barks == [0, 60, 180, 420, 900, 1500, 2100, 2700]
    assert barks[-1] - barks[-2] == LONGEST_GRACE


def test_the_watchdog_forgets_after_progress() -> None:
    watchdog = Watchdog()
    assert watchdog.wants_restart(61.0, 0.0)
    assert watchdog.wants_restart(61.0, 60.0)
    assert not watchdog.wants_restart(0.0, 90.0)
    assert watchdog.wants_restart(61.0, 200.0)
    assert watchdog.wants_restart(61.0, 260.0)


def test_the_watchdog_has_less_patience_after_a_loss() -> None:
    watchdog = Watchdog()
    watchdog.see(frozenset({1, 2, 3}), 0.0)
    assert not watchdog.wants_restart(30.0, 0.0)
    watchdog.see(frozenset({1, 2, 4}), 2.0)
    assert not watchdog.wants_restart(5.0, 2.0)
    assert watchdog.wants_restart(5.1, 3.0)
    # Once for a loss; what stands still after that is a matter of the ordinary patience.
    assert not watchdog.wants_restart(5.1, 4.0)
    assert watchdog.wants_restart(61.0, 5.0)


def test_the_watchdog_takes_growth_for_no_loss_and_forgets_an_old_one() -> None:
    watchdog = Watchdog()
    watchdog.see(frozenset({1}), 0.0)
    watchdog.see(frozenset({1, 2}), 2.0)
    assert not watchdog.wants_restart(30.0, 2.0)
    watchdog.see(frozenset({1}), 4.0)
    assert not watchdog.wants_restart(30.0, 64.0)


def test_the_watchdog_takes_a_helper_that_has_ended_for_no_loss() -> None:
    """A job may call another program; between two looks it has come, and at the next it is gone."""
    watchdog = Watchdog()
    watchdog.see(frozenset({1}), 0.0)
    watchdog.see(frozenset({1, 2}), 10.0)
    watchdog.see(frozenset({1}), 11.9)
    assert not watchdog.wants_restart(30.0, 12.0)


def test_the_watchdog_starts_afresh_with_a_new_cluster() -> None:
    watchdog = Watchdog()
    watchdog.see(frozenset({1, 2}), 0.0)
    watchdog.see(frozenset({1}), 10.0)
    watchdog.begin(11.0)
    watchdog.see(frozenset({7, 8}), 12.0)
    assert not watchdog.wants_restart(20.0, 32.0)


def test_the_watchdog_lets_a_new_cluster_begin() -> None:
    """Whatever it sees: one that is started anew over and over would never make its first letter."""
    watchdog = Watchdog()
    watchdog.begin(100.0)
    watchdog.see(frozenset({1, 2}), 101.0)
    watchdog.see(frozenset({1}), 104.0)
    assert not any(watchdog.wants_restart(300.0, float(now)) for now in range(104, 120))
    assert watchdog.wants_restart(300.0, 120.0)


def test_the_watchdog_trusts_a_new_cluster_less() -> None:
    watchdog = Watchdog()
    watchdog.begin(100.0)
    assert not watchdog.wants_restart(20.0, 130.0)
    assert watchdog.wants_restart(20.1, 130.0)
    # The one that it starts then gets its full time.
    watchdog.begin(130.0)
    assert not watchdog.wants_restart(40.0, 170.0)
    assert watchdog.wants_restart(60.1, 190.0)
    assert not watchdog.wants_restart(60.0, 400.0)


def test_the_members_of_a_child_are_its_live_processes(tmp_path: Path) -> None:
    note = tmp_path / "descendant"
    child = Child("stubborn", [sys.executable, "-c", STUBBORN, str(note)])
    assert child.members() == frozenset()
    child.start()
    try:
        wait_for(lambda: note.exists() and note.read_text() != "", "the descendant runs")
        descendant = int(note.read_text())
        assert child.members() == {child.pid, descendant}
        os.kill(descendant, signal.SIGKILL)
        # Nobody has waited for it: what is left of it is no member.
        wait_for(lambda: child.members() == {child.pid}, "the descendant is no member")
    finally:
        stop_children([child], seconds=0.1)
