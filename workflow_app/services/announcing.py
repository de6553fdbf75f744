"""What a transition tells people, put together when the process has come to rest."""

from __future__ import annotations

from typing import Any

from workflow_app.domain.clock import CHINA
from workflow_app.models import Clock, Letter, Submission, Task, User
from workflow_app.models.clocks import ClockStatus
from workflow_app.models.letters import LetterStatus
from workflow_app.selectors.access import APPLICANT, applicants_of, staff_of
from workflow_app.services.notices import notify
from workflow_app.services.transition import Transition

# Told by every process without a step in its diagram: the case was taken in, the applicant owes something, it was
# withdrawn. Where the diagram announces the same event in the same transition, it is told once.
RECEIVED, TASK_WAITING, WITHDRAWN = "received", "task_waiting", "withdrawn"
REASON = "reason"


def announce_all(moving: Transition, fresh: list[Task]) -> None:
    """Write the messages of this transition; `fresh` are the tasks it has created."""
    kinds = {happening.kind for happening in moving.happenings}
    standard = [
        (RECEIVED, "case.filed" in kinds),
        (TASK_WAITING, any(task.role == APPLICANT for task in fresh)),
        (WITHDRAWN, "case.withdrawn" in kinds),
    ]
    told = dict.fromkeys((event, APPLICANT) for event, happened in standard if happened)
    for event, audience in told | moving.announcements:
        if event in moving.manifest.notifications:
            notify(moving, event, _audience(moving, audience), **_values(moving, audience, fresh))


def _audience(moving: Transition, audience: str) -> list[User]:
    return applicants_of(moving.case) if audience == APPLICANT else staff_of(moving.case, audience)


def _values(moving: Transition, audience: str, fresh: list[Task]) -> dict[str, Any]:
    """What the text may speak of: the reader's task, its clock, the latest letter, the reason last given."""
    values: dict[str, Any] = {}
    tasks = fresh or [task for task in moving.live.values() if task.done_at is None]
    task = next((task for task in tasks if task.role == audience), tasks[-1] if tasks else None)
    if task is not None:
        values["task"] = {"title": {"zh": task.title, "en": task.title_en}}
    if clock := _clock(moving, task):
        title = {each.name: each.title for each in moving.manifest.clocks}.get(clock.name)
        values["clock"] = {
            "title": {"zh": title.zh if title else clock.name, "en": title.en if title else clock.name},
            "due": f"{clock.due_at.astimezone(CHINA):%Y-%m-%d %H:%M}",
        }
    letter = (
        Letter.objects.filter(case_id=moving.case.pk)
        .exclude(status=LetterStatus.VOIDED)
        .order_by("-id")
        .first()
    )
    if letter is not None:
        values["letter"] = {"number": letter.number, "title": letter.title}
    if reason := _reason(moving):
        values["reason"] = reason
    return values


def _clock(moving: Transition, task: Task | None) -> Clock | None:
    running = list(
        Clock.objects.filter(case_id=moving.case.pk).exclude(status=ClockStatus.STOPPED).order_by("id")
    )
    named = [clock for clock in running if task is not None and clock.name == task.clock]
    return next(reversed(named or running), None)


def _reason(moving: Transition) -> str:
    for happening in reversed(moving.happenings):
        if happening.kind == "case.withdrawn":
            return str(happening.data[REASON])
    latest = Submission.objects.filter(case_id=moving.case.pk, data__has_key=REASON).order_by("-id").first()
    return str(latest.data[REASON]) if latest else ""
