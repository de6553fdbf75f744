"""Plays one scenario through HTTP, each person with a client of their own. Nothing is looked up behind the service's
back but what no client could know: when a timer is due, and how the story ended in the database.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from workflow_app.demo.client import Client, ProblemError
from workflow_app.demo.findings import due_of
from workflow_app.demo.names import subject_code
from workflow_app.demo.paper import PAPER
from workflow_app.demo.scenario import Scenario, Step, day_of
from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.models import Case
from workflow_app.selectors.calendar import get_calendar

# How long the worker may take to do what has become due.
WORKER_SECONDS = 60.0
LOOK_SECONDS = 0.15
AFTER = timedelta(seconds=1)

Say = Callable[[str], None]


class StoryFailedError(Exception):
    """The service did something else than the story tells."""


@dataclass
class Plot:
    """A story while it is played: the cases it filed, and the letters that were fetched, by kind."""

    scenario: Scenario
    clients: Callable[[str], Client]
    say: Say
    numbers: list[str] = field(default_factory=list)
    letters: list[tuple[str, str, bytes]] = field(default_factory=list)
    # When two people raced, the winner goes on in the place of the one the story names.
    stand_ins: dict[str, str] = field(default_factory=dict)
    # Case and element → the task last seen there, for those who come too late.
    seen: dict[tuple[str, str], int] = field(default_factory=dict)

    def client(self, name: str) -> Client:
        return self.clients(self.stand_ins.get(name, name))


def play(plot: Plot) -> Iterator[datetime]:
    """Go through the story; yields each moment to which the clock has to move before it goes on.

    Raises StoryFailedError, ProblemError.
    """
    scenario = plot.scenario
    if scenario.at is not None:
        yield scenario.at
    _file(plot)
    steps = list(scenario.steps)
    while steps:
        step = steps.pop(0)
        if step.kind == "advance":
            plot.say(f"时间推进 / time: {' '.join(map(str, step.target))}")
            yield _target(step, plot)
        elif step.kind == "message":
            yield from _train(plot, step)
        elif steps and _is_race(step, steps[0]):
            _race(plot, step, steps.pop(0))
        else:
            _act(plot, step)


def _file(plot: Plot) -> None:
    scenario = plot.scenario
    client = plot.client(scenario.by)
    behalf = scenario.on_behalf_of
    body = {
        "process": scenario.slug,
        "data": _filled(dict(scenario.start), client, behalf),
        "on_behalf_of": subject_code(behalf) if behalf and not behalf[0].isdigit() else behalf,
    }
    refused = scenario.expect.get("refused", "")
    answer = _refusable(lambda: client.post("/cases", body), refused, "start")
    if answer is not None:
        plot.numbers = [answer["number"], *answer["also_filed"]]
        plot.say(f"{scenario.by} 提交 / files {answer['number']}")


def _filled(value: Any, client: Client, behalf: str) -> Any:
    """Form data with its tokens replaced, as a client would find them."""
    if isinstance(value, Mapping):
        return {key: _filled(each, client, behalf) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, client, behalf) for each in value]
    if not isinstance(value, str) or not value.startswith("$"):
        return value.isoformat() if hasattr(value, "isoformat") else value
    kind, _, word = value.removeprefix("$").partition(":")
    match kind:
        case "record":
            return _record_id(client, word)
        case "paper":
            return client.upload(PAPER)
        case "org":
            return subject_code(f"org{word}")
        case "date":
            return day_of(word, clock.now().astimezone(CHINA).date(), get_calendar("330700")).isoformat()
    raise StoryFailedError(f"{value} means nothing to a client")


def _record_id(client: Client, number: str) -> str:
    cursor = ""
    while True:
        page = client.get("/records", limit="200", **({"cursor": cursor} if cursor else {}))
        for record in page["items"]:
            if record["number"] == number:
                return str(record["id"])
        cursor = page["next"]
        if not cursor:
            raise StoryFailedError(f"the record {number} is not to be seen")


def _refusable(act: Callable[[], Any], code: str, place: str) -> Any:
    """The answer of an act; None when it was refused as told."""
    try:
        answer = act()
    except ProblemError as problem:
        if problem.code == code:
            return None
        raise StoryFailedError(f"{place}: {problem}") from problem
    if code:
        raise StoryFailedError(f"{place}: should have been refused with {code}")
    return answer


def _act(plot: Plot, step: Step) -> None:
    number = plot.numbers[step.case - 1]
    client = plot.client(step.by)
    if step.kind == "withdraw":
        body = {"reason": step.target.get("reason", "")}
        act = lambda: client.post(f"/cases/{number}/withdraw", body)  # noqa: E731 - said once, sent once
    else:
        task = _task(plot, step)
        path = f"/tasks/{task}/{'complete' if step.kind == 'do' else step.kind}"
        act = lambda: client.post(path, _body(step, client))  # noqa: E731 - as above
    answer = _refusable(act, step.refused, step.place)
    verdict = f"被拒绝 / refused: {step.refused}" if answer is None else "完成 / done"
    plot.say(f"{step.by} {step.kind} {step.target if step.kind != 'withdraw' else ''} {verdict}")


def _body(step: Step, client: Client) -> dict[str, Any]:
    if step.kind == "do":
        return {"data": _filled(dict(step.data), client, "")}
    return {"username": step.to} if step.kind == "assign" else {}


def _task(plot: Plot, step: Step) -> int:
    """The id of the task at the step's element, once the worker has brought the case there.

    A step that has to be refused may come when the task is done: then it is the one that was there.
    """
    number, element = plot.numbers[step.case - 1], str(step.target)
    client, deadline = plot.client(step.by), time.monotonic() + WORKER_SECONDS
    while True:
        live = {task["element"]: int(task["id"]) for task in client.get(f"/cases/{number}")["tasks"]}
        if element in live:
            plot.seen[number, element] = live[element]
            return live[element]
        if step.refused and (number, element) in plot.seen:
            return plot.seen[number, element]
        if time.monotonic() > deadline:
            raise StoryFailedError(f"{element} does not wait; waiting: {', '.join(live) or 'nothing'}")
        time.sleep(LOOK_SECONDS)


def _is_race(first: Step, second: Step) -> bool:
    return (
        first.kind == second.kind == "claim"
        and first.target == second.target
        and second.refused == "task_taken"
    )


def _race(plot: Plot, first: Step, second: Step) -> None:
    """Both claim the same task at the same moment: one gets it, the other is told who was faster."""
    task = _task(plot, first)

    def claim(name: str) -> str:
        try:
            plot.client(name).post(f"/tasks/{task}/claim", {})
        except ProblemError as problem:
            return problem.code
        return ""

    with ThreadPoolExecutor(2) as both:
        codes = dict(zip((first.by, second.by), both.map(claim, (first.by, second.by)), strict=True))
    if sorted(codes.values()) != ["", "task_taken"]:
        raise StoryFailedError(f"{first.place}: of two who raced {codes}")
    winner = next(name for name, code in codes.items() if not code)
    if winner == second.by:
        plot.stand_ins = {first.by: second.by, second.by: first.by}
    plot.say(f"{first.by} 与 {second.by} 同时领取，{winner} 得到 / both claim, {winner} gets it")


def _target(step: Step, plot: Plot) -> datetime:
    unit, amount = step.target
    now = clock.now()
    if unit == "to":
        due = _due(plot.numbers[step.case - 1], amount)
        return due + AFTER
    if unit == "wd":
        local = now.astimezone(CHINA)
        day = get_calendar("330700").add_working_days(local.date(), amount)
        return datetime.combine(day, local.timetz())
    return now + timedelta(**{"d": {"days": amount}, "h": {"hours": amount}}[unit])


def _due(number: str, name: str) -> datetime:
    due = due_of(Case.objects.get(number=number), name)
    if due is None:
        raise StoryFailedError(f"nothing called {name} is due")
    return due


def _train(plot: Plot, step: Step) -> Iterator[datetime]:
    """Where the scenario only says `training.passed`, the demo attends: book, come, leave, pass."""
    if step.target != "training.passed":
        raise StoryFailedError(f"{step.place}: no client sends {step.target}")
    number, applicant, trainer = (
        plot.numbers[step.case - 1],
        plot.client(plot.scenario.by),
        plot.client("trainer1"),
    )
    session = applicant.get("/training/sessions")["items"][0]
    here = f"/training/sessions/{session['id']}"
    enrolment = applicant.post(f"{here}/enrol", {"case": number})["id"]
    plot.say(f"报名培训 / books the session of {session['starts_at'][:10]}")
    yield datetime.fromisoformat(session["starts_at"]) + timedelta(minutes=1)
    trainer.post(f"{here}/check-in", {"enrolment": enrolment})
    yield datetime.fromisoformat(session["ends_at"]) + timedelta(minutes=1)
    trainer.post(f"{here}/check-out", {"enrolment": enrolment})
    passed = trainer.post(f"{here}/results", {"results": [{"enrolment": enrolment, "score": 90}]})
    plot.say(f"培训合格 / certificate {passed['items'][0]['certificate_number']}")
