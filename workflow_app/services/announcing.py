"""What a transition tells people, put together when the process has come to rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from notifications.texts import CHINESE, ENGLISH, text_paths
from workflow_app.domain.clock import CHINA
from workflow_app.engine.bundles import Bundle
from workflow_app.models import Case, Clock, Letter, Submission, Task, User, rows
from workflow_app.models.clocks import ClockStatus, EscalationLevel
from workflow_app.models.letters import LetterStatus
from workflow_app.selectors.access import APPLICANT, applicants_of, staff_of
from workflow_app.services.escalation import BREACH, recipients
from workflow_app.services.notices import notify
from workflow_app.services.transition import Transition

# Told of a clock that presses: to whoever has a step when a warning comes, and to whoever gets one afterwards.
DUE_SOON, OVERDUE = "due_soon", "overdue"
# Told by every process without a step in its diagram: the case was taken in, the applicant owes something, it was
# withdrawn. Where the diagram announces the same event in the same transition, it is told once.
RECEIVED, TASK_WAITING, WITHDRAWN = "received", "task_waiting", "withdrawn"
REASON = "reason"

# Percents are below it: a key and a percent as one number.
_PERCENTS = 1000
_WARNED = (
    "SELECT clock.id * 1000 + max(rung.percent) FROM workflow_app_clockrung rung "
    "JOIN workflow_app_clock clock ON clock.id = rung.clock_id WHERE clock.case_id = %s "
    "AND clock.status = 'running' AND clock.name = ANY(%s) AND rung.fired_at IS NOT NULL GROUP BY clock.id"
)


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


def asking_warned(moving: Transition, fresh: Sequence[Task], warned: dict[int, int]) -> rows.Write | None:
    """A question that goes with the statement by which `fresh` tasks are written, for every act asks it: which of their
    clocks run and have warned already → into `warned`, the clock's key and the percent last told."""
    names = sorted({task.clock for task in fresh if task.clock})
    if not names:
        return None

    def finish(keys: list[Any]) -> None:
        warned.update(divmod(key, _PERCENTS) for key in keys)

    return rows.Write(_WARNED, [moving.case.pk, names], finish)


def announce_pressing(moving: Transition, fresh: Sequence[Task], warned: Mapping[int, int]) -> None:
    """A step has begun under a clock that has warned: its new holders are told, as those before were.

    So the warnings of a step count again for whoever has it after it was sent back.
    """
    clocks = {clock.name: clock for clock in rows.read(Clock, "id = ANY(%s)", list(warned))}
    for task in fresh:
        clock = clocks.get(task.clock)
        # A right that its holder has let lapse is nobody's to be reminded of.
        if clock is None or (clock.is_applicants and warned[clock.pk] >= BREACH):
            continue
        notify(
            moving,
            OVERDUE if warned[clock.pk] >= BREACH else DUE_SOON,
            holders_of(task, moving.case),
            by_time=True,
            clock={**clock_values(moving, clock), "percent": warned[clock.pk]},
            task=task_values(task),
        )


def holders_of(task: Task, case: Case) -> list[User]:
    """Who has to act: whoever holds the task, else its whole queue; the queue too where the holder has left."""
    return recipients(case, [task], EscalationLevel.ASSIGNEE)


def _audience(moving: Transition, audience: str) -> list[User]:
    return applicants_of(moving.case) if audience == APPLICANT else staff_of(moving.case, audience)


def _values(moving: Transition, event: str, audience: str, fresh: list[Task]) -> dict[str, Any]:
    """What the texts speak of: the reader's task, its clock, the latest letter, the reason last given."""
    text = _texts(moving.bundle, event)
    task = _task(moving, audience, fresh)
    values: dict[str, Any] = {}
    if task is not None:
        values["task"] = task_values(task)
    # Looked up only where a text asks: most ask for none of it.
    if "clock." in text and (clock := clock_of(moving, task)):
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


def task_values(task: Task) -> dict[str, Any]:
    """A task as message texts know it."""
    return {"title": {"zh": task.title, "en": task.title_en}}


def clock_values(moving: Transition, clock: Clock) -> dict[str, Any]:
    """A clock as message texts know it: its title and when it is due, in local time, with a word where that rests on a
    year without notice."""
    title = next((each.title for each in moving.manifest.clocks if each.name == clock.name), None)
    due = f"{clock.due_at.astimezone(CHINA):%Y-%m-%d %H:%M}"
    return {
        "title": {"zh": title.zh if title else clock.name, "en": title.en if title else clock.name},
        "due": {"zh": f"{due}（暂定）", "en": f"{due} (provisional)"} if clock.is_provisional else due,
    }


def called(moving: Transition, name: str) -> dict[str, str]:
    """What people call the clock of that name, as the parameters of an error."""
    title = next((each.title for each in moving.manifest.clocks if each.name == name), None)
    return {"clock": title.zh, "clock_en": title.en} if title else {"clock": name}


def clock_of(moving: Transition, task: Task | None) -> Clock | None:
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
