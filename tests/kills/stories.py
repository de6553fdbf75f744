"""The ten stories, each told by a thread of its own; the clock moves when all of them wait for a date."""

import dataclasses
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connections

from tests.setup.support import PROJECT
from workflow_app.demo.client import Client, ProblemError
from workflow_app.demo.findings import about
from workflow_app.demo.players import Plot, StoryFailedError, play
from workflow_app.demo.scenario import Scenario, read_scenario
from workflow_app.demo.show import wait_until
from workflow_app.domain import clock
from workflow_app.models import Case, ClockPause
from workflow_app.services import sweeping
from workflow_app.services.clock_shift import move_clock
from workflow_app.services.ticking import is_idle

AFTER = timedelta(seconds=1)
# Process, scenario, and the subject it is told of, so that no two stories touch the same record or organisation.
TEN = (
    ("commitment", "granted_and_kept", "org6"),
    ("commitment", "proposer_may_not_approve", "org9"),
    ("commitment", "two_reviewers_race", "org7"),
    ("commitment", "withdrawn", "org8"),
    ("commitment", "not_accepted", "org3"),
    ("objection", "corrected", ""),
    ("objection", "unverified", ""),
    ("objection", "expired", "org4"),
    ("repair", "general_two_papers", ""),
    ("repair", "list_exit", "org10"),
)


def ten_stories() -> list[Scenario]:
    found = []
    for slug, name, subject in TEN:
        story = read_scenario(PROJECT / "bpmn" / slug / "scenarios" / f"{name}.yaml", PROJECT)
        found.append(dataclasses.replace(story, on_behalf_of=subject, then=()))
    return found


def until_they_wait(story: Scenario, **expect: Any) -> Scenario:
    """The story up to where it first waits for a date; `expect` is what it has come to there, if it waits."""
    kinds = [step.kind for step in story.steps]
    if not {"advance", "message"} & set(kinds):
        return story
    cut = min(place for place, kind in enumerate(kinds) if kind in ("advance", "message"))
    return dataclasses.replace(story, steps=story.steps[:cut], expect=expect)


def acts_in(stories: list[Scenario]) -> int:
    """How many acts the stories are at least: filings and steps."""
    return sum(1 + sum(step.kind not in ("advance", "message") for step in story.steps) for story in stories)


class Stage:
    """Plays stories at once. `client(story, name)` gives each story its own client of an account."""

    def __init__(
        self,
        stories: list[Scenario],
        client: Callable[[str, str], Client],
        on_move: Callable[[], None] = lambda: None,
    ) -> None:
        self.problems: list[str] = []
        self._clients: list[Client] = []
        self.plots = [self._plot(story, client) for story in stories]
        self._on_move = on_move
        self._changed = threading.Condition()
        self._playing = len(stories)
        # The moments for which stories wait, and whose they are.
        self._waiting: list[tuple[datetime, int]] = []
        self._given_up = False

    def _plot(self, story: Scenario, client: Callable[[str, str], Client]) -> Plot:
        clients: dict[str, Client] = {}

        def of(name: str) -> Client:
            if name not in clients:
                clients[name] = client(story.path, name)
                self._clients.append(clients[name])
            return clients[name]

        return Plot(story, of, lambda words: None)

    def play(self) -> None:
        """Play all stories to their ends; what went wrong is in `problems`."""
        tellers = [threading.Thread(target=self._tell, args=(plot,)) for plot in self.plots]
        for teller in tellers:
            teller.start()
        try:
            self._move_on()
        except StoryFailedError as failure:
            self.problems.append(str(failure))
        finally:
            with self._changed:
                self._given_up = True
                self._changed.notify_all()
            for teller in tellers:
                teller.join()
            for client in self._clients:
                client.close()

    def compare(self) -> None:
        """Hold each story to its ending."""
        for plot in self.plots:
            name = plot.scenario.path
            if not plot.numbers:
                self.problems.append(f"{name}: nothing was filed")
                continue
            found = about(Case.objects.get(number=plot.numbers[0]), _told(plot))
            self.problems += [f"{name}: {problem}" for problem in found]

    def _tell(self, plot: Plot) -> None:
        acts = play(plot)
        try:
            # The first moment is where the clock stands already.
            next(acts, None)
            for moment in acts:
                self._wait_for(moment)
        except (StoryFailedError, ProblemError) as error:
            self.problems.append(f"{plot.scenario.path}: {error}")
        except Exception as error:
            self.problems.append(f"{plot.scenario.path}: {error!r}")
        finally:
            connections.close_all()
            with self._changed:
                self._playing -= 1
                self._changed.notify_all()

    def _wait_for(self, moment: datetime) -> None:
        mine = (moment, threading.get_ident())
        with self._changed:
            self._waiting.append(mine)
            self._changed.notify_all()
            self._changed.wait_for(lambda: mine not in self._waiting or self._given_up)
            if self._given_up:
                raise StoryFailedError("the clock stands still")

    def _move_on(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: len(self._waiting) >= self._playing)
                if not self._playing:
                    return
                first = min(self._waiting)
            self._move_to(first[0])
            with self._changed:
                self._waiting.remove(first)
                self._changed.notify_all()

    def _move_to(self, target: datetime) -> None:
        """Move the clock there, stopping at every timer on the way, as in life."""
        while (now := clock.now()) < target:
            due = sweeping.due_timers(target).filter(due_at__gt=now).values_list("due_at", flat=True).first()
            move_clock((target if due is None else min(due + AFTER, target)) - now)
            self._on_move()
            wait_until(is_idle, "the worker does not finish what is due")


def _told(plot: Plot) -> dict[str, Any]:
    """What the story expects, without the dates of clocks that stood still: people come a little later."""
    paused = ClockPause.objects.filter(clock__case__number__in=plot.numbers)
    names = set(paused.values_list("clock__name", flat=True))
    expect = dict(plot.scenario.expect)
    clocks = {name: due for name, due in expect.get("clocks", {}).items() if name not in names}
    return {**expect, "clocks": clocks}
