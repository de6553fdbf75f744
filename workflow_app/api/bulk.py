"""One act on several tasks. Each is an act of its own; what one is refused does not touch the others."""

from collections.abc import Callable

from workflow_app.api.errors import problem_of
from workflow_app.api.schemas.tasks import BulkIn, BulkOut, BulkResult, TaskRow
from workflow_app.domain import clock
from workflow_app.domain.errors import CreditError
from workflow_app.models import User
from workflow_app.selectors.calendar import get_calendar
from workflow_app.selectors.people import get_colleague
from workflow_app.selectors.tasks import get_task
from workflow_app.services.bulk import Outcome, act_on_each
from workflow_app.services.tasks import assign_task, claim_task, complete_task, release_task


def act_on_all(user: User, body: BulkIn) -> BulkOut:
    """Do it to each task once, and say of each how it stands afterwards, in the order of the request.

    The tasks are taken in the order of their cases, so that two such requests never wait for each other.
    """
    return BulkOut(items=[_result(user, each) for each in act_on_each(body.ids, _act(user, body))])


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


def _result(user: User, outcome: Outcome) -> BulkResult:
    problem = problem_of(outcome.problem) if outcome.problem else None
    return BulkResult(
        id=outcome.task_id, ok=problem is None, task=_now(user, outcome.task_id), problem=problem
    )


def _now(user: User, task_id: int) -> TaskRow | None:
    try:
        return TaskRow.of(get_task(user, task_id), clock.now(), get_calendar(""))
    except CreditError:
        return None
