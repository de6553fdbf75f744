"""Ends processes of the service with SIGKILL, at moments and in an order that a seed decides."""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable

from tests.kills.house import WEB, WORKER, House, children_of
from tests.kills.journal import Journal

# What is killed, and how often of twenty.
PLAN = {
    "web worker": 5,
    "web server": 4,
    "ticker": 3,
    "cluster": 2,
    "sentinel": 2,
    "one of the sentinel's": 4,
}
# Seconds within which it happens after an act has begun: about as long as an act takes, and as a letter takes.
WITHIN_AN_ACT, WITHIN_A_LETTER = 0.12, 0.8
# A kill finds its victim as soon as it has been started again.
VICTIM_SECONDS = 30.0


class Killer:
    """`by_acts` kills happen while the clients act, spread over the first `acts` of them; the rest when asked for."""

    def __init__(self, house: House, journal: Journal, seed: int, *, acts: int, by_acts: int) -> None:
        chance = random.Random(seed)
        kinds = [kind for kind, times in PLAN.items() for _ in range(times)]
        chance.shuffle(kinds)
        self.killed: Counter[str] = Counter()
        self._house, self._journal, self._chance = house, journal, chance
        self._kinds = kinds
        self._moments = sorted(chance.sample(range(1, acts), by_acts))
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow_the_acts)
        self._failure: Exception | None = None

    @property
    def kills(self) -> int:
        return self.killed.total()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Wait for the kills that belong to acts; raises what went wrong in them."""
        self._ended.set()
        with self._journal.begun:
            self._journal.begun.notify_all()
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def kill_one(self) -> None:
        """Kill the next in the plan, if any is left, after a random moment."""
        if not self._kinds:
            return
        kind = self._kinds.pop()
        time.sleep(self._chance.uniform(0, WITHIN_AN_ACT if "web" in kind else WITHIN_A_LETTER))
        deadline = time.monotonic() + VICTIM_SECONDS
        while not self._kill(kind):
            assert time.monotonic() < deadline, f"there is no {kind} to kill"
            time.sleep(0.02)
        self.killed[kind] += 1

    def kill_all(self) -> None:
        """What is left of the plan."""
        while self._kinds:
            self.kill_one()

    def _follow_the_acts(self) -> None:
        journal = self._journal
        try:
            for moment in self._moments:
                with journal.begun:
                    journal.begun.wait_for(
                        lambda moment=moment: len(journal.acts) >= moment or self._ended.is_set()
                    )
                self.kill_one()
        except Exception as error:
            self._failure = error

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
