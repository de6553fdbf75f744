"""Who has how much in hand."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from workflow_app.models.people import Role
from workflow_app.selectors.figures import Load, loads
from workflow_app.selectors.overdue import list_choices
from workflow_app.selectors.processes import list_processes
from workflow_app.web.control.asking import asked, selection_of
from workflow_app.web.control.cells import Cell, cells
from workflow_app.web.tags import title_of
from workflow_app.web.visitor import for_roles, user_of


@dataclass(frozen=True)
class Row:
    """One officer. `widths` are those of three bars over each other, in per cent of the heaviest load: all that is in
    hand, of it what presses, of that what is overdue."""

    name: str
    cells: list[Cell]
    widths: tuple[int, ...]
    done: int


@require_safe
@for_roles(Role.SUPERVISOR)
def load(request: HttpRequest) -> HttpResponse:
    """The officers of the supervised regions with what they hold and what they did this month."""
    user, values = user_of(request), asked(request)
    found = loads(user, selection_of({**values, "officer": "", "clock": ""}))
    most = max((each.running for each in found), default=0)
    context = {
        "rows": [_row(each, values, most) for each in found],
        "asked": values,
        "choices": list_choices(user),
        "processes": list_processes(user),
    }
    return render(request, "web/control/load.html", context)


def _row(each: Load, values: dict[str, str], most: int) -> Row:
    name = title_of(each)
    asked_for = {**values, "officer": str(each.user_id), "clock": "", "state": ""}
    widths = (each.running, each.overdue + each.soon, each.overdue)
    return Row(
        name,
        cells(each, name, asked_for),
        tuple(round(100 * width / most) if most else 0 for width in widths),
        each.done_this_month,
    )
