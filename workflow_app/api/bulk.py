"""One act on several tasks. Each is an act of its own; what one is refused does not touch the others."""

from collections.abc import Callable

from workflow_app.api.errors import problem_of
from workflow_app.api.schemas.tasks import BulkIn, BulkOut, BulkResult, TaskRow
from workflow_app.domain import clock
from workflow_app.domain.errors import CreditError
from workflow_app.models import Task, User
from workflow_app.selectors.calendar import get_calendar
from workflow_app.selectors.people import get_colleague
from workflow_app.selectors.tasks import get_task
from workflow_app.services.tasks import assign_task, claim_task, complete_task, release_task


def act_on_all(user: User, body: BulkIn) -> BulkOut:
    """Do it to each task once, and say of each how it stands afterwards, in the order of the request.

    The tasks are taken in the order of their cases, so that two such requests never wait for each other.
    """
    act = _act(user, body)
    known = Task.objects.filter(pk__in=body.ids).order_by("case_id", "pk").values_list("pk", flat=True)
    results = {task_id: _result(user, task_id, act) for task_id in dict.fromkeys([*known, *body.ids])}
    return BulkOut(items=[results[task_id] for task_id in dict.fromkeys(body.ids)])


def _act(user: User, body: BulkIn) -> Callable[[int], object]:
    match body.action:
        case "claim":
            return lambda task_id: claim_task(task_id=task_id, user=user)
        case "release":
            return lambda task_id: release_task(task_id=task_id, user=user)
        case "assign":
            to = get_colleague(body.username)
            return lambda task_id: assign_task(task_id=task_id, by=user, to=to)
        case "complete":
            return lambda task_id: complete_task(task_id=task_id, user=user, data=body.data)


def _result(user: User, task_id: int, act: Callable[[int], object]) -> BulkResult:
    problem = None
    try:
        act(task_id)
    except CreditError as refused:
        problem = problem_of(refused)
    return BulkResult(id=task_id, ok=problem is None, task=_now(user, task_id), problem=problem)


def _now(user: User, task_id: int) -> TaskRow | None:
    try:
        return TaskRow.of(get_task(user, task_id), clock.now(), get_calendar(""))
    except CreditError:
        return None
