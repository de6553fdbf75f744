"""搁置: put a task aside until a day. Its clock goes on; the queue shows it again by itself."""

from datetime import date, datetime, time, timedelta

from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import ConflictError, CreditError, NotFoundError
from workflow_app.models import Task, User, rows
from workflow_app.selectors.access import APPLICANT
from workflow_app.services.tasks import absent_of, in_place_of, live_task_of, open_task

MOST_DAYS = 60
MOST_REASON = 200
_HOLD = ("held_until", "hold_reason")


class HoldUntilError(CreditError):
    """Not a day after today, or too far away."""

    code = "hold_until"
    message = "请填写明天起 {most} 天之内的日期。"
    status = 422


class HoldUnclaimedError(ConflictError):
    """Nobody holds the task, so nobody can put it aside."""

    code = "hold_unclaimed"
    message = "此待办还没有领取。请先领取，再搁置。"


class HoldReasonError(CreditError):
    """Whoever finds the task later has to know what it waits for."""

    code = "hold_reason_missing"
    message = "请写明搁置的原因，不超过 {most} 个字。"
    status = 422


def hold_task(*, task_id: int, user: User, until: date, reason: str) -> Task:
    """Put one's own task aside until the beginning of a day; the clock does not stop for it.

    An overdue task is shown again whatever was said. Raises `HoldUnclaimedError`, `HoldUntilError`, `HoldReasonError`,
    and as `claim_task`.
    """
    reason = " ".join(reason.replace("\0", "").split())
    if not reason or len(reason) > MOST_REASON:
        raise HoldReasonError(most=MOST_REASON)
    with open_task(task_id, user, None) as moving:
        task = live_task_of(moving, task_id, user)
        if task.role == APPLICANT:
            raise NotFoundError
        if task.assignee_id != user.pk:
            raise HoldUnclaimedError
        day = moving.now.astimezone(CHINA).date()
        if not day < until <= day + timedelta(days=MOST_DAYS):
            raise HoldUntilError(most=MOST_DAYS)
        task.held_until, task.hold_reason = datetime.combine(until, time(), CHINA), reason
        rows.update(task, _HOLD)
        absent = in_place_of(absent_of(task, user))
        moving.record_event("task.held", task=task.element, until=until.isoformat(), reason=reason, **absent)
    return task


def resume_task(*, task_id: int, user: User) -> Task:
    """Take one's own task up again before the day; raises as `hold_task`. One that is not held stays as it is."""
    with open_task(task_id, user, None) as moving:
        task = live_task_of(moving, task_id, user)
        if task.held_until is not None:
            task.held_until, task.hold_reason = None, ""
            rows.update(task, _HOLD)
            moving.record_event("task.resumed", task=task.element, **in_place_of(absent_of(task, user)))
    return task
