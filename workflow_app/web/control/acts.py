"""What a supervisor does to ticked rows: remind, hand over, extend. Each row stands for itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext

from workflow_app.domain.errors import ConflictError, CreditError, NotFoundError
from workflow_app.models import Clock, User
from workflow_app.selectors.overdue import Watched, get_watched
from workflow_app.selectors.people import get_colleague
from workflow_app.services.reminders import remind_task
from workflow_app.services.supervision import extend_deadline
from workflow_app.services.tasks import assign_task
from workflow_app.web.control.asking import number
from workflow_app.web.errors import sentence
from workflow_app.web.once import results_once
from workflow_app.web.tags import person
from workflow_app.web.visitor import user_of

# As many as one page shows.
MOST_AT_ONCE = 50
LONGEST_NOTE, LONGEST_REASON = 200, 500
# In the units of the rule, whose cap is usually lower.
MOST_EXTENSION = 60


class NothingTickedError(CreditError):
    """A button was pressed without any row."""

    code = "nothing_ticked"
    message = "还没有勾选任何一行。请先勾选要处理的期限，再按按钮。"
    status = 422


class AssigneeMissingError(CreditError):
    """Rows shall be handed over, but to nobody."""

    code = "assignee_missing"
    message = "请选择转交给谁办理。"
    status = 422


class ExtensionIncompleteError(CreditError):
    """By how much and why has to stand in the notice to the applicant."""

    code = "extension_incomplete"
    message = "延长期限请填写延长的数量（1 至 {most}）和理由。"
    status = 422


class NoStepError(ConflictError):
    """The case waits for nobody at this moment."""

    code = "no_step"
    message = "此案件现在没有待办的步骤，无人可以催办或者转交。"


@dataclass(frozen=True)
class Result:
    """What became of one row. `watched` is how it stands now, read again; None if it is out of sight."""

    ok: bool
    text: str
    watched: Watched | None


# Of the clock and the id of the step that the row showed, to what was done in words.
Act = Callable[[Clock, int], str]


def ticked(request: HttpRequest) -> dict[int, int]:
    """The ticked rows, as many as one page can hold: the clock and the step that the row showed, 0 for none.

    Acting on just that step, nobody is urged or relieved of what the supervisor did not see.
    """
    pairs = [text.partition("-") for text in request.POST.getlist("row")[:MOST_AT_ONCE]]
    found = {number(clock) or 0: number(step) or 0 for clock, _dash, step in pairs}
    return {clock: step for clock, step in found.items() if clock}


def act_on_ticked(request: HttpRequest) -> list[Result]:
    """Do what was pressed to each ticked row, once for the page that was shown, and say how each stands now.

    Sent again as it is, nothing is done a second time and the answer is the same; with other rows it is another act.
    Raises `NothingTickedError`, `AssigneeMissingError`, `ColleagueUnknownError`, `ExtensionIncompleteError`,
    NotFoundError (no such button), `IdempotencyInFlightError` while the first press is at work.
    """
    user, rows = user_of(request), ticked(request)
    if not rows:
        raise NothingTickedError
    act = _pressed(request)
    return _read_again(user, results_once(request, lambda: _act_on_all(user, rows, act)))


def _act_on_all(user: User, rows: dict[int, int], act: Act) -> list[tuple[int, bool, str]]:
    """Row by row, in the order of their cases, so that two such requests never wait for each other."""
    done = {each.clock.pk: _act_on(each.clock, rows[each.clock.pk], act) for each in get_watched(user, rows)}
    unseen = (False, sentence(NotFoundError()))
    return [(pk, *done.get(pk, unseen)) for pk in rows]


def _act_on(clock: Clock, step: int, act: Act) -> tuple[bool, str]:
    try:
        return True, act(clock, step)
    except CreditError as refused:
        return False, sentence(refused)


def _read_again(user: User, results: list[tuple[int, bool, str]]) -> list[Result]:
    now = {each.clock.pk: each for each in get_watched(user, [pk for pk, _ok, _text in results])}
    return [Result(ok, text, now.get(pk)) for pk, ok, text in results]


def _pressed(request: HttpRequest) -> Act:
    """The act of the button, with what was typed beside it checked before any row is touched."""
    post, user = request.POST, user_of(request)
    match post.get("act"):
        case "remind":
            note = _line(post.get("note", ""), LONGEST_NOTE)
            return lambda _clock, step: _remind(step, user, note)
        case "assign":
            if not post.get("username"):
                raise AssigneeMissingError
            to = get_colleague(_line(post["username"], LONGEST_NOTE))
            return lambda _clock, step: _assign(step, user, to)
        case "extend":
            amount, reason = number(post.get("amount", "")), _line(post.get("reason", ""), LONGEST_REASON)
            if not amount or amount > MOST_EXTENSION or not reason:
                raise ExtensionIncompleteError(most=MOST_EXTENSION)
            return lambda clock, _step: _extend(clock, user, amount, reason)
    raise NotFoundError


def _remind(step: int, user: User, note: str) -> str:
    told = remind_task(task_id=_known(step), user=user, note=note).told
    return gettext("已催办，通知 {count} 人。").format(count=len(told))


def _assign(step: int, user: User, to: User) -> str:
    assign_task(task_id=_known(step), by=user, to=to)
    return gettext("已转交{who}办理。").format(who=person(to))


def _extend(clock: Clock, user: User, amount: int, reason: str) -> str:
    extend_deadline(number=clock.case.number, clock=clock.name, amount=amount, reason=reason, user=user)
    return gettext("已延长期限。")


def _known(step: int) -> int:
    if not step:
        raise NoStepError
    return step


def _line(text: str, longest: int) -> str:
    return " ".join(text.replace("\0", "").split())[:longest]


def kept_typed(request: HttpRequest) -> dict[str, Any]:
    """What was typed and ticked, for the page that is shown again because something is missing."""
    names = ("act", "note", "username", "amount", "reason")
    return {**{name: request.POST.get(name, "") for name in names}, "rows": ticked(request)}
