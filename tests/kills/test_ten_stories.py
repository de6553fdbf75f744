"""Ten stories at once, while web server and worker are killed twenty times."""

import time

import pytest

from tests.kills.checker import doubts
from tests.kills.city import City
from tests.kills.killer import PLAN, Killer
from tests.kills.stories import Stage, acts_in, ten_stories

# Of twenty. The others come when the clock has moved: timers, warnings, and what follows from them.
BY_ACTS = 16


@pytest.mark.timeout(300)
def test_nothing_acknowledged_is_lost_and_nothing_is_doubled(
    city: City, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    begun = time.monotonic()
    stories = ten_stories()
    city.open()
    killer = Killer(city.house, city.journal, seed, acts=acts_in(stories), by_acts=BY_ACTS)
    stage = Stage(stories, city.client, on_move=killer.kill_one)
    killer.start()
    stage.play()
    killer.stop()
    killer.kill_all()
    problems = city.come_to_rest()
    stage.compare()
    problems += [*stage.problems, *doubts(city.journal, city.facts())]
    figures = {**city.journal.figures(), "kills": killer.kills, "seconds": round(time.monotonic() - begun)}
    assert not problems, told(problems, seed, figures, city)
    assert killer.killed == PLAN, told([], seed, figures, city)
    with capsys.disabled():
        print(f"\nseed {seed}: {figures} {dict(killer.killed)} {city.house.starts}")


def told(problems: list[str], seed: int, figures: dict[str, int], city: City) -> str:
    """What somebody needs who wants to see it again."""
    log = city.log.read_text(encoding="utf-8", errors="replace")[-3000:]
    return "\n".join([f"KILL_SEED={seed} {figures}", *problems, "", log])
