"""Ends processes of the service with SIGKILL, at moments and in an order that a seed decides."""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Self

from tests.kills.house import WEB, WORKER, House, children_of
from tests.kills.journal import Journal
from tests.setup.support import wait_for

# What is killed, and how often: twenty times in all.
WEB_PLAN = {"web worker": 5, "web server": 4}
WORKER_PLAN = {"ticker": 3, "cluster": 2, "sentinel": 2, "one of the sentinel's": 4}
# Seconds within which it happens once an act has begun: about as long as an act takes, and as a letter takes.
WITHIN_AN_ACT, WITHIN_A_LETTER = 0.1, 0.8
# A kill finds its victim as soon as it has been started again.
VICTIM_SECONDS = 30.0


class Killer:
    """Kills what the plan says, in the order of its seed, each within `seconds`."""

    def __init__(self, house: House, plan: dict[str, int], seconds: float, seed: int) -> None:
        self.killed: Counter[str] = Counter()
        self._house, self._seconds, self._chance = house, seconds, random.Random(seed)
        self._kinds = [kind for kind, times in plan.items() for _ in range(times)]
        self._chance.shuffle(self._kinds)

    def moments(self, acts: int, times: int) -> list[int]:
        """After how many of `acts` something is to be killed."""
        return sorted(self._chance.sample(range(1, acts), times))

    def kill_one(self) -> None:
        """Kill the next in the plan, if any is left, after a random moment."""
        if not self._kinds:
            return
        kind = self._kinds.pop()
        time.sleep(self._chance.uniform(0, self._seconds))
        wait_for(lambda: self._kill(kind), f"there is a {kind} to kill", VICTIM_SECONDS)
        self.killed[kind] += 1

    def kill_all(self) -> None:
        """What is left of the plan."""
        while self._kinds:
            self.kill_one()

    def _kill(self, kind: str) -> bool:
        with self._house.lock:
            victims = _VICTIMS[kind](self._house)
            if not victims:
                return False
            try:
                if kind == "web server":
                    os.killpg(victims[0], signal.SIGKILL)
                else:
                    os.kill(self._chance.choice(victims), signal.SIGKILL)
            except ProcessLookupError:
                return False
            return True


def _heads(house: House, part: str) -> list[int]:
    pid = house.pid(part)
    return [] if pid is None else [pid]


def _below(pids: list[int]) -> list[int]:
    return [child for pid in pids for child in children_of(pid)]


def _cluster(house: House) -> list[int]:
    return _below(_heads(house, WORKER))


_VICTIMS: dict[str, Callable[[House], list[int]]] = {
    "web worker": lambda house: _below(_heads(house, WEB)),
    "web server": lambda house: _heads(house, WEB),
    "ticker": lambda house: _heads(house, WORKER),
    "cluster": _cluster,
    "sentinel": lambda house: _below(_cluster(house)),
    # Its workers, its pusher and its monitor.
    "one of the sentinel's": lambda house: _below(_below(_cluster(house))),
}


class Follower:
    """Follows a journal in a thread of its own and does something each time that so many acts have begun.

    If that takes its time and acts go on meanwhile, the next thing is done when the next act begins.
    At the end it waits for what it is doing; what went wrong in it is in `problems`.
    """

    def __init__(self, journal: Journal, moments: list[int], do: Callable[[], None]) -> None:
        self._journal, self._moments, self._do = journal, moments, do
        self._ended = False
        self.problems: list[str] = []
        self._thread = threading.Thread(target=self._follow)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        with self._journal.begun:
            self._ended = True
            self._journal.begun.notify_all()
        self._thread.join()

    def _follow(self) -> None:
        try:
            begun = 0
            for moment in self._moments:
                self._wait_for(max(moment, begun + 1))
                if self._ended:
                    return
                self._do()
                begun = len(self._journal.acts)
        except (AssertionError, OSError) as failure:
            self.problems.append(f"a kill failed: {failure}")

    def _wait_for(self, moment: int) -> None:
        journal = self._journal
        with journal.begun:
            journal.begun.wait_for(lambda: len(journal.acts) >= moment or self._ended)
