"""What a transition tells people, put together when the process has come to rest."""

from __future__ import annotations

from typing import Any

from notifications.texts import CHINESE, ENGLISH, text_paths
from workflow_app.domain.clock import CHINA
from workflow_app.engine.bundles import Bundle
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
            notify(moving, event, _audience(moving, audience), **_values(moving, event, audience, fresh))


def _audience(moving: Transition, audience: str) -> list[User]:
    return applicants_of(moving.case) if audience == APPLICANT else staff_of(moving.case, audience)


def _values(moving: Transition, event: str, audience: str, fresh: list[Task]) -> dict[str, Any]:
    """What the texts speak of: the reader's task, its clock, the latest letter, the reason last given."""
    text = _texts(moving.bundle, event)
    task = _task(moving, audience, fresh)
    values: dict[str, Any] = {}
    if task is not None:
        values["task"] = {"title": {"zh": task.title, "en": task.title_en}}
    # Looked up only where a text asks: most ask for none of it.
    if "clock." in text and (clock := _clock(moving, task)):
        values["clock"] = clock_values(moving, clock)
    if "letter." in text and (letter := _letter(moving)):
        values["letter"] = {"number": letter.number, "title": letter.title}
    if REASON in text and (reason := _reason(moving)):
        values[REASON] = reason
    return values


def _texts(bundle: Bundle, event: str) -> str:
    paths = [path for language in (CHINESE, ENGLISH) for path in text_paths(bundle.slug, event, language)]
    return "\n".join(bundle.files.get(path, "") for path in paths)


def _task(moving: Transition, audience: str, fresh: list[Task]) -> Task | None:
    tasks = fresh or [task for task in moving.live.values() if task.done_at is None]
    return next((task for task in tasks if task.role == audience), tasks[-1] if tasks else None)


def clock_values(moving: Transition, clock: Clock) -> dict[str, Any]:
    """A clock as message texts know it: its title and when it is due, in local time."""
    title = next((each.title for each in moving.manifest.clocks if each.name == clock.name), None)
    return {
        "title": {"zh": title.zh if title else clock.name, "en": title.en if title else clock.name},
        "due": f"{clock.due_at.astimezone(CHINA):%Y-%m-%d %H:%M}",
    }


def _clock(moving: Transition, task: Task | None) -> Clock | None:
    """The clock of the task, else the one started last that still runs."""
    rows = Clock.objects.filter(case_id=moving.case.pk).exclude(status=ClockStatus.STOPPED).order_by("id")
    running = list(rows)
    named = [clock for clock in running if task is not None and clock.name == task.clock]
    return next(reversed(named or running), None)


def _letter(moving: Transition) -> Letter | None:
    valid = Letter.objects.filter(case_id=moving.case.pk).exclude(status=LetterStatus.VOIDED)
    return valid.order_by("-id").first()


def _reason(moving: Transition) -> str:
    for happening in reversed(moving.happenings):
        if happening.kind == "case.withdrawn":
            return str(happening.data[REASON])
    latest = Submission.objects.filter(case_id=moving.case.pk, data__has_key=REASON).order_by("-id").first()
    return str(latest.data[REASON]) if latest else ""
