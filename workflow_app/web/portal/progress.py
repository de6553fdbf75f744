"""How a case stands, in one sentence, and what may come next."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from workflow_app.engine.diagram import Diagram
from workflow_app.models import Case, Clock, Enrolment, Task
from workflow_app.models.clocks import ClockStatus
from workflow_app.models.tasks import TaskStatus
from workflow_app.models.training import EnrolmentStatus
from workflow_app.selectors.access import APPLICANT
from workflow_app.web.diagram import called
from workflow_app.web.moments import day, when
from workflow_app.web.tags import role_title, title_of

# The message by which a case learns that the training was passed.
TRAINING = "training.passed"
MOST_NEXT = 4


@dataclass(frozen=True)
class Step:
    """One step that may come: what it is called and who does it."""

    title: str
    who: str


def next_steps(diagram: Diagram, active: Iterable[str]) -> list[Step]:
    """The human steps that may follow where the case stands, nearest first, at most four."""
    here = set(active)
    seen, waiting = set(here), deque(sorted(here))
    found: list[Step] = []
    while waiting and len(found) < MOST_NEXT:
        for flow in diagram.outgoing(waiting.popleft()):
            node = diagram.nodes[flow.target]
            if node.id in seen:
                continue
            seen.add(node.id)
            if node.kind == "userTask":
                found.append(Step(called(diagram, node), role_title(node.lane)))
            else:
                waiting.append(node.id)
    return found[:MOST_NEXT]


def sentence_of(
    case: Case, tasks: Sequence[Task], outcome: str, *, is_own: bool, waits: str, training: str
) -> str:
    """How the case stands, for its reader. `outcome` is how it ended, `waits` the name of an event that it waits for,
    `training` what is to be said of a training that it waits for; each empty where there is none."""
    if case.is_finished:
        return _ended(case, outcome)
    if training:
        return training
    mine = [task for task in tasks if task.role == APPLICANT]
    if mine:
        return _owed(mine[0], is_own)
    if tasks:
        return _with_office(tasks[0])
    if waits:
        return gettext("现在没有需要办理的步骤，等待：{event}。").format(event=waits)
    return gettext("系统正在处理，或者等待约定的日期。")


def _ended(case: Case, outcome: str) -> str:
    if case.status == "withdrawn":
        return gettext("此案件已于 {day} 撤回。").format(day=day(case.closed_at))
    return gettext("此案件已于 {day} 办结：{outcome}。").format(day=day(case.closed_at), outcome=outcome)


def _owed(task: Task, is_own: bool) -> str:
    title, due = title_of(task), day(task.due_at)
    if not is_own:
        return gettext("现在等申请人办理：{title}。").format(title=title)
    if not due:
        return gettext("现在等您办理：{title}。").format(title=title)
    return gettext("现在等您办理：{title}，请不要晚于 {due}。").format(title=title, due=due)


def _with_office(task: Task) -> str:
    agency, title = title_of(task.agency), title_of(task)
    if task.status == TaskStatus.CLAIMED:
        return gettext("{agency}正在办理：{title}。").format(agency=agency, title=title)
    return gettext("{agency}已经收到，尚未开始办理：{title}。").format(agency=agency, title=title)


def training_task(diagram: Diagram, tasks: Iterable[Task]) -> Task | None:
    """The task that is done by passing a training, or by what stands in for one."""
    hosts = {node.attached_to for node in diagram.nodes.values() if node.message == TRAINING}
    return next((task for task in tasks if task.element in hosts), None)


def about_training(enrolments: Sequence[Enrolment], due: str, *, is_own: bool) -> str:
    """What a case that waits for the training has to say of it: where its booking stands, and until when (`due`)."""
    if not is_own:
        return gettext("现在等申请人参加信用修复培训，期间办理期限暂停。")
    booked = next(
        (each for each in enrolments if each.status in (EnrolmentStatus.ENROLLED, EnrolmentStatus.WAITING)),
        None,
    )
    if booked is None:
        if any(each.status in (EnrolmentStatus.PRESENT, EnrolmentStatus.LEFT) for each in enrolments):
            return gettext("您已参加信用修复培训，等待培训机构登记结果，期间办理期限暂停。")
        if due:
            return gettext("现在等您预约并参加信用修复培训，请不要晚于 {due}；期间办理期限暂停。").format(
                due=due
            )
        return gettext("现在等您预约并参加信用修复培训，期间办理期限暂停。")
    told = {"moment": when(booked.session.starts_at), "place": booked.session.place}
    if booked.status == EnrolmentStatus.WAITING:
        return gettext("您正在候补 {moment} 的信用修复培训，有名额时会通知您。").format_map(told)
    return gettext("您已预约 {moment} 的信用修复培训，地点：{place}。").format_map(told)


def main_clock(clocks: Sequence[Clock], answered_by: str) -> Clock | None:
    """The clock that its reader waits for: of those that run the one that answers the applicant, else the soonest; of
    those that stand still alike. None once all have stopped."""
    live = [each for each in clocks if each.status != ClockStatus.STOPPED]
    running = [each for each in live if each.status == ClockStatus.RUNNING] or live
    named = next((each for each in running if each.name == answered_by), None)
    return named or min(running, key=lambda each: each.due_at, default=None)


def awaited(diagram: Diagram, active: Iterable[Any]) -> str:
    """The name of the event a case waits for between steps: the end of a publication, a date agreed on."""
    names = [
        called(diagram, node)
        for node in (diagram.nodes[each] for each in sorted(active))
        if node.kind == "intermediateCatchEvent" and node.name and node.message != TRAINING
    ]
    return names[0] if names else ""
