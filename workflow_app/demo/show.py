"""Plays the stories of the demo against a running service: all at once, on one clock that only moves forward.

Each story goes on until it has to wait for a date. When all of them wait, the clock moves to the nearest date, stopping
on its way at every timer, as in life.
"""

import heapq
import math
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from shutil import which
from typing import Any
from urllib.parse import quote

from workflow_app.demo.client import Client, ProblemError
from workflow_app.demo.findings import about
from workflow_app.demo.players import LOOK_SECONDS, WORKER_SECONDS, Plot, StoryFailedError, play
from workflow_app.demo.scenario import Scenario, read_scenario
from workflow_app.domain import clock
from workflow_app.models import Case, ClockPause
from workflow_app.services.upcoming import next_timer_at

AFTER = timedelta(seconds=1)

# What `make demo` plays: process and scenario.
STORIES = (
    ("commitment", "granted_and_kept"),
    ("commitment", "found_untrue_and_revoked"),
    ("commitment", "deferred_papers_late"),
    ("objection", "corrected"),
    ("objection", "unverified"),
    ("objection", "extended"),
    ("repair", "general_two_papers"),
    ("repair", "serious_with_training"),
    ("repair", "too_early"),
    ("commitment", "two_reviewers_race"),
    ("commitment", "proposer_may_not_approve"),
)


@dataclass
class Ending:
    """How one story ended. `problems` is empty when it ended as told."""

    scenario: Scenario
    numbers: list[str] = field(default_factory=list)
    outcome: str = ""
    letters: list[Path] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class Show:
    """One performance. `client_of` gives each account's client, `say(story, words)` tells the audience."""

    def __init__(
        self, client_of: Callable[[str], Client], folder: Path, say: Callable[[str, str], None]
    ) -> None:
        self._client_of = client_of
        self._folder = folder
        self._say = say

    def play(self, scenarios: list[Scenario]) -> list[Ending]:
        """Play the stories → one ending each, follow-ups after their story."""
        self._endings: list[Ending] = []
        # Whoever is signed in may move the clock of a demo.
        self._mover = self._client_of(scenarios[0].by)
        self._waiting: list[tuple[datetime, int, Iterator[datetime], Plot, Ending]] = []
        for scenario in scenarios:
            self._begin(scenario)
        while self._waiting:
            moment, _, acts, plot, ending = heapq.heappop(self._waiting)
            self._move_to(moment)
            self._go_on(acts, plot, ending)
        return self._endings

    def _begin(self, scenario: Scenario) -> None:
        ending = Ending(scenario)
        self._endings.append(ending)
        plot = Plot(scenario, self._client_of, lambda words: self._say(scenario.title, words))
        self._go_on(play(plot), plot, ending)

    def _go_on(self, acts: Iterator[datetime], plot: Plot, ending: Ending) -> None:
        """Play until the story has to wait, has ended, or has failed: then the others go on without it."""
        try:
            moment = next(acts, None)
            if moment is not None:
                heapq.heappush(self._waiting, (moment, id(plot), acts, plot, ending))
                return
            self._conclude(plot, ending)
        except (StoryFailedError, ProblemError) as error:
            ending.problems.append(str(error))
            self._say(plot.scenario.title, f"失败 / failed: {error}")
            return
        for follow_up in plot.scenario.then:
            self._begin(follow_up)

    def _move_to(self, target: datetime) -> None:
        """Move the clock there, letting the worker finish what falls due on the way."""
        while True:
            now = clock.now()
            due = next_timer_at(now, target)
            stop = target if due is None else min(due + AFTER, target)
            if stop > now:
                self._mover.post("/clock/advance", {"seconds": math.ceil((stop - now).total_seconds())})
            self._let_work()
            if stop >= target:
                return

    def _let_work(self) -> None:
        """Wait until the worker has done what is due."""
        wait_until(lambda: not self._mover.get("/clock")["due"], "the worker does not finish what is due")

    def _conclude(self, plot: Plot, ending: Ending) -> None:
        ending.numbers = plot.numbers
        if not plot.numbers:
            ending.outcome = plot.scenario.expect.get("refused", "")
            return
        number, expect = plot.numbers[0], _exact(plot)
        if "status" in expect:
            wait_until(
                lambda: Case.objects.get(number=number).status == expect["status"],
                f"{number} does not become {expect['status']}",
            )
        self._let_work()
        case = Case.objects.get(number=number)
        ending.outcome = case.outcome or case.status
        ending.problems += about(case, expect)
        ending.letters = list(self._fetch_letters(plot, number, ending))
        self._say(plot.scenario.title, f"结局 / ends: {ending.outcome}")

    def _fetch_letters(self, plot: Plot, number: str, ending: Ending) -> Iterator[Path]:
        """Download the case's letters, and let the public verification and pdfsig look at each."""
        client = plot.client(plot.scenario.by)
        folder = self._folder / f"{plot.scenario.slug}-{Path(plot.scenario.path).stem.split(' ')[0]}"
        folder.mkdir(parents=True, exist_ok=True)
        for place, letter in enumerate(client.get(f"/cases/{number}")["letters"], 1):
            pdf = client.download(letter["pdf"].removeprefix("/api/v1"))
            path = folder / f"{number}-{place}-{letter['kind']}.pdf"
            path.write_bytes(pdf)
            record = client.get(f"/letters/{quote(letter['number'])}")
            ending.problems += _doubts(client, record, pdf, path)
            yield path


def load_stories(root: Path) -> list[Scenario]:
    """The stories of STORIES from the project below `root`."""
    return [
        read_scenario(root / "bpmn" / slug / "scenarios" / f"{name}.yaml", root) for slug, name in STORIES
    ]


def wait_until(is_so: Callable[[], bool], complaint: str) -> None:
    """Look again and again until it is so; raises StoryFailedError when it takes too long."""
    deadline = time.monotonic() + WORKER_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise StoryFailedError(complaint)
        time.sleep(LOOK_SECONDS)


def _exact(plot: Plot) -> dict[str, Any]:
    """What the story expects. Due dates of clocks that stood still are left out: real people come a little later."""
    expect = dict(plot.scenario.expect)
    paused = set(
        ClockPause.objects.filter(clock__case__number__in=plot.numbers).values_list("clock__name", flat=True)
    )
    clocks = {name: due for name, due in expect.get("clocks", {}).items() if name not in paused}
    trained = any(step.kind == "message" for step in plot.scenario.steps)
    return {**expect, "clocks": {} if trained else clocks}


def _doubts(client: Client, record: dict[str, Any], pdf: bytes, path: Path) -> Iterator[str]:
    """Whatever speaks against a letter."""
    for how, verdict in (
        ("code", client.get(f"/verify/{record['verify_code']}")),
        ("file", client.verify(pdf)),
    ):
        if verdict["status"] != ("valid" if record["status"] == "issued" else record["status"]):
            yield f"letter {record['number']} is {verdict['status']} by {how}"
    program = which("pdfsig")
    if program:
        command = [program, str(path)]
        said = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a file of ours
        if "Signature is Valid" not in said.stdout or "Total document signed" not in said.stdout:
            yield f"pdfsig does not accept {path.name}"
