"""What has ended enters the figures of its month once, whoever counts it and in whatever portions."""


import pytest

from tests.figures.world import (
    APRIL,
    MARCH,
    expected_figures,
    live_two_months,
    play_stories,
    told_figures,
)
from workflow_app.models import Case, Clock, Figure, Task
from workflow_app.services.figures import BATCH, count_figures


def count_all(limit: int = BATCH) -> int:
    total = 0
    while done := count_figures(limit):
        total += done
    return total


def uncount() -> None:
    """As before anything was counted."""
    Figure.objects.all().delete()
    for model in (Clock, Task, Case):
        model.objects.update(is_counted=False)


def uncounted() -> int:
    return (
        Clock.objects.filter(status="stopped", is_counted=False).count()
        + Task.objects.filter(status="done", is_counted=False).count()
        + Case.objects.filter(answered_at__isnull=False, is_counted=False).count()
    )


@pytest.mark.usefixtures("acts")
def test_every_figure_comes_out_the_same_by_another_way(at):
    live_two_months(at)
    play_stories(at)
    # A story may withdraw a case in the very moment in which an act stopped a clock; the figures went on between them.
    uncount()
    count_all()
    told, expected = told_figures(), expected_figures()
    assert told == expected
    assert uncounted() == 0
    assert {key[1] for key in told} == {"clock", "task", "officer", "case"}
    assert {key[2] for key in told} == {"acts", "objection", "repair"}
    assert {MARCH, APRIL} <= {key[0] for key in told}
    assert sum(late for _, late, *_ in told.values()) > 4
    assert any(net < gross for _, _, net, gross, *_ in told.values())
