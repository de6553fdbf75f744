"""One act on several tasks: each is an act of its own, and what one is refused does not touch the others."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from workflow_app.domain.errors import CreditError
from workflow_app.models import Task


@dataclass(frozen=True)
class Outcome:
    """What became of the act on one task; `problem` is why it was refused, None if it was done."""

    task_id: int
    problem: CreditError | None


def act_on_each(task_ids: Iterable[int], act: Callable[[int], object]) -> list[Outcome]:
    """Do `act` to each task once, in the order of their cases, so that two who act on many never wait for each other →
    what became of each, in the order in which they were named. Only expected refusals are caught."""
    asked = list(dict.fromkeys(task_ids))
    known = Task.objects.filter(pk__in=asked).order_by("case_id", "pk").values_list("pk", flat=True)
    done = {task_id: _act_on(task_id, act) for task_id in dict.fromkeys([*known, *asked])}
    return [Outcome(task_id, done[task_id]) for task_id in asked]


def _act_on(task_id: int, act: Callable[[int], object]) -> CreditError | None:
    try:
        act(task_id)
    except CreditError as refused:
        return refused
    return None
