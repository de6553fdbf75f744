"""Ten stories at once, while the service is killed under them: no acknowledged act is lost, nothing is doubled."""

import random
import time

import pytest

from tests.kills.checker import doubts
from tests.kills.city import City, ensure_nobody_is_left
from tests.kills.house import House
from tests.kills.killer import (
    WEB_PLAN,
    WITHIN_A_LETTER,
    WITHIN_AN_ACT,
    WORKER_PLAN,
    Follower,
    Killer,
)
from tests.kills.served import Served
from tests.kills.stories import Stage, acts_in, ten_stories, until_they_wait
from tests.notifications.conftest import Postman
from tests.setup.support import wait_for

pytestmark = pytest.mark.long

# Of the worker's eleven. The others come when the clock has moved: upon timers, warnings and what follows.
WORKER_KILLS_BY_ACTS = 7
DATABASE_KILLS = 3


@pytest.mark.timeout(300)
def test_web_server_and_worker_are_killed_twenty_times(
    house: House, mailbox: tuple[Postman, int], seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    begun, city, stories = time.monotonic(), City(house, mailbox[0]), ten_stories()
    city.open_to(stories)
    acts, web_seed, worker_seed = acts_in(stories), seed * 2, seed * 2 + 1
    web = Killer(house, WEB_PLAN, WITHIN_AN_ACT, web_seed)
    worker = Killer(house, WORKER_PLAN, WITHIN_A_LETTER, worker_seed)
    web_follower = Follower(city.journal, web.moments(acts, sum(WEB_PLAN.values())), web.kill_one)
    worker_follower = Follower(city.journal, worker.moments(acts, WORKER_KILLS_BY_ACTS), worker.kill_one)
    stage = Stage(stories, city.client, on_move=worker.kill_one)
    with web_follower, worker_follower:
        stage.play()
    web.kill_all()
    worker.kill_all()
    problems = city.come_to_rest()
    stage.compare()
    problems += [*web_follower.problems, *worker_follower.problems, *stage.problems]
    problems += doubts(city.journal, city.facts())
    house.close()
    ensure_nobody_is_left()
    killed = web.killed + worker.killed
    figures = {**city.journal.figures(), "kills": killed.total(), "starts": sum(house.starts.values())}
    tell(figures, begun, seed, capsys)
    assert not problems, city.told(problems, seed, figures)
    assert killed == WEB_PLAN | WORKER_PLAN


@pytest.mark.timeout(300)
def test_the_database_is_killed_three_times(
    served: Served, mailbox: tuple[Postman, int], seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    begun, city, chance = time.monotonic(), City(served, mailbox[0]), random.Random(seed)
    stories = [until_they_wait(story) for story in ten_stories()]
    city.open_to(stories)
    killed: list[float] = []

    def kill() -> None:
        time.sleep(chance.uniform(0, 0.3))
        wait_for(served.kill_database, "the database is back", 60)
        killed.append(time.monotonic())

    moments = sorted(chance.sample(range(1, acts_in(stories)), DATABASE_KILLS))
    stage = Stage(stories, city.client)
    with Follower(city.journal, moments, kill) as follower:
        stage.play()
    figures = {**city.journal.figures(), "kills": len(killed)}
    assert not follower.problems, city.told([*follower.problems, *stage.problems], seed, figures)
    wait_for(served.database_answers, "the database is back", 60)
    problems = city.come_to_rest()
    stage.compare()
    problems += [*stage.problems, *doubts(city.journal, city.facts())]
    tell(figures, begun, seed, capsys)
    assert not problems, city.told(problems, seed, figures)
    assert len(killed) == DATABASE_KILLS


def tell(figures: dict[str, int], begun: float, seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\nKILL_SEED={seed}: {figures}, {time.monotonic() - begun:.0f} s")
