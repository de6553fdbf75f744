"""Plays scenarios through the real services: filing, tasks, timers, letters, messages. Nothing is replaced.

Time is moved by the caller's `move`, and stops on its way at everything that falls due, as it would in life.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction

from tests.processes.tokens import resolve
from tests.processes.trace import Trace, traced
from workflow_app.demo import findings
from workflow_app.demo.names import subject_code
from workflow_app.demo.scenario import Scenario, Step, find_scenarios
from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import CreditError
from workflow_app.models import Case, Task, User
from workflow_app.models.tasks import LIVE
from workflow_app.selectors.calendar import get_calendar
from workflow_app.services import tasks, ticking
from workflow_app.services.cases import file_case, withdraw_case
from workflow_app.services.definitions import deploy_all
from workflow_app.services.inbox import receive_message
from workflow_app.services.upcoming import next_due_at

Move = Callable[[datetime], Any]

# Just after: what was due at that moment has fired.
_AFTER = timedelta(seconds=1)


class ScenarioFailedError(AssertionError):
    """The process did something else than the story tells."""


@dataclass
class Played:
    """How a scenario went: what it passed, the kinds of letters and events of messages it made, and what was found
    wrong (empty: all as told)."""

    scenario: Scenario
    trace: Trace
    problem: str = ""
    letters: set[str] = field(default_factory=set)
    messages: set[str] = field(default_factory=set)

    @property
    def is_fine(self) -> bool:
        """As told; for one that must fail: found wrong."""
        return bool(self.problem) == self.scenario.must_fail


def run_scenarios(root: Path, move: Move, slug: str = "*") -> list[Played]:
    """Deploy the processes below `root`, play all their scenarios and undo what they did → one result each.

    Raises DefinitionInvalidError, ScenarioFormatError.
    """
    deploy_all(root)
    return [play_and_undo(scenario, move) for scenario in find_scenarios(root, slug)]


def play_and_undo(scenario: Scenario, move: Move) -> Played:
    """Play one scenario and leave the database as it was."""
    with transaction.atomic():
        played = play(scenario, move)
        transaction.set_rollback(True)
    return played


def play(scenario: Scenario, move: Move) -> Played:
    """Play one scenario and its follow-ups. What differs from the story stands in `problem`; other errors come out."""
    played = Played(scenario, Trace())
    with traced(played.trace):
        try:
            _play(scenario, move, played)
        except ScenarioFailedError as error:
            played.problem = str(error)
    return played


def _play(scenario: Scenario, move: Move, played: Played) -> None:
    if scenario.at is not None:
        move(scenario.at)
    ticking.run_due()
    cases = _start(scenario)
    for step in scenario.steps:
        _take(step, cases, move)
        ticking.run_due()
    if cases:
        case = Case.objects.get(pk=cases[0].pk)
        _fail_on(findings.about(case, scenario.expect), scenario.path)
        played.letters |= set(case.letters.values_list("kind", flat=True))
        played.messages |= set(case.messages.values_list("event", flat=True))
    for follow_up in scenario.then:
        _play(follow_up, move, played)


def _start(scenario: Scenario) -> list[Case]:
    user = _user(scenario.by)
    behalf = scenario.on_behalf_of
    code = subject_code(behalf) if behalf and not behalf[0].isdigit() else behalf
    cases: list[Case] = []

    def file() -> None:
        data = resolve(dict(scenario.start), user)
        cases.extend(file_case(process=scenario.slug, data=data, user=user, on_behalf_of=code))

    _attempt(file, scenario.expect.get("refused", ""), f"{scenario.path} start")
    ticking.run_due()
    return cases


def _take(step: Step, cases: list[Case], move: Move) -> None:
    if step.kind == "advance":
        advance(step, cases[step.case - 1], move)
        return
    case = cases[step.case - 1]
    before = findings.fingerprint(case)
    refused = _attempt(lambda: _ACTS[step.kind](step, case), step.refused, step.place)
    if refused and findings.fingerprint(case) != before:
        raise ScenarioFailedError(f"{step.place}: was refused, and changed something all the same")


def _attempt(act: Callable[[], None], code: str, place: str) -> bool:
    """Do it in a savepoint, as a request does in its transaction → whether it was refused, as `code` asks."""
    try:
        with transaction.atomic():
            act()
    except CreditError as error:
        if error.code != code:
            wanted = f", not with {code}" if code else ""
            raise ScenarioFailedError(f"{place}: refused with {error.code}{wanted}: {error}") from error
        return True
    if code:
        raise ScenarioFailedError(f"{place}: should have been refused with {code}")
    return False


def _do(step: Step, case: Case) -> None:
    user = _user(step.by)
    data = resolve(dict(step.data), user)
    tasks.complete_task(task_id=task_of(step, case).pk, user=user, data=data)


def _claim(step: Step, case: Case) -> None:
    tasks.claim_task(task_id=task_of(step, case).pk, user=_user(step.by))


def _release(step: Step, case: Case) -> None:
    tasks.release_task(task_id=task_of(step, case).pk, user=_user(step.by))


def _assign(step: Step, case: Case) -> None:
    tasks.assign_task(task_id=task_of(step, case).pk, by=_user(step.by), to=_user(step.to))


def _withdraw(step: Step, case: Case) -> None:
    withdraw_case(number=case.number, user=_user(step.by), reason=step.target.get("reason", ""))


def _message(step: Step, case: Case) -> None:
    key = step.key or step.place
    receive_message(case_number=case.number, name=step.target, key=key[-80:], data=dict(step.data))


_ACTS: dict[str, Callable[[Step, Case], None]] = {
    "do": _do,
    "claim": _claim,
    "release": _release,
    "assign": _assign,
    "withdraw": _withdraw,
    "message": _message,
}


def task_of(step: Step, case: Case) -> Task:
    """The live task of that element, else the one done last: acting on it again has to be refused by the service."""
    rows = Task.objects.filter(case=case, element=step.target).order_by("-id")
    found = rows.filter(status__in=LIVE).first() or (rows.first() if step.refused else None)
    if found is None:
        waiting = ", ".join(Task.objects.filter(case=case, status__in=LIVE).values_list("element", flat=True))
        raise ScenarioFailedError(
            f"{step.place}: {step.target} does not wait; waiting: {waiting or 'nothing'}"
        )
    return found


def advance(step: Step, case: Case, move: Move) -> None:
    """Let time pass as the step says, stopping at everything that falls due on the way."""
    unit, amount = step.target
    now = clock.now()
    if unit == "to":
        due = findings.due_of(case, amount)
        if due is None:
            raise ScenarioFailedError(f"{step.place}: nothing called {amount} is due")
        target = due + _AFTER
    elif unit == "wd":
        local = now.astimezone(CHINA)
        calendar = get_calendar(case.agency.region_id)
        target = datetime.combine(calendar.add_working_days(local.date(), amount), local.timetz())
    else:
        target = now + timedelta(**{"d": {"days": amount}, "h": {"hours": amount}}[unit])
    if target < now:
        raise ScenarioFailedError(f"{step.place}: {amount} was due already")
    for moment in _stops(now, target):
        move(moment)
        ticking.run_due()
    move(target)


def _stops(now: datetime, target: datetime) -> Iterable[datetime]:
    """The moments just after what falls due on the way, found anew after each: one thing makes the next due."""
    while (due := next_due_at(now, target)) is not None and (now := due + _AFTER) < target:
        yield now


def _user(name: str) -> User:
    return User.objects.get(username=name)


def _fail_on(problems: list[str], path: str) -> None:
    if problems:
        raise ScenarioFailedError("\n".join(f"{path}: {problem}" for problem in problems))
