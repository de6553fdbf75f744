"""What lies beside the form of a task: papers, records, history, notes, requests to source units."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest

from forms.fields import fields_of
from workflow_app.domain import clock
from workflow_app.models import Case, Clock, Task
from workflow_app.models.tasks import LIVE
from workflow_app.selectors.access import APPLICANT
from workflow_app.selectors.assistances import list_of_case, may_ask
from workflow_app.selectors.clocks import countdown, ledger_of
from workflow_app.selectors.findings import asked_before, findings_of, records_of_subject
from workflow_app.services.case_forms import form_of
from workflow_app.services.task_drafts import others_typing
from workflow_app.web import ledger
from workflow_app.web.bundles import bundle_for
from workflow_app.web.desk.notes import notes_context
from workflow_app.web.visitor import user_of

# Answers of an approver by which the case goes back to whoever proposed.
_SENDING_BACK = ("send_back", "return")


def bench_context(request: HttpRequest, task: Task, case: Case, clocks: Sequence[Clock]) -> dict[str, Any]:
    """For `web/desk/task.html`, beside `case_context`, with the clocks that it has read. What is for officers only is
    left empty for applicants."""
    context = notes_context(request, case)
    is_office = task.role != APPLICANT and context["reads_as_office"]
    context["is_office"] = is_office
    if not is_office:
        return context
    return context | {
        "findings": findings_of(case),
        "records": records_of_subject(user_of(request), case),
        "asked": _asked(task, case),
        "sends_back": _sends_back(task, case),
        "time": _time(task, clocks),
        "assistances": list_of_case(user_of(request), case),
        "may_ask": may_ask(user_of(request), case),
        "typing": others_typing(task, user_of(request)) if task.status in LIVE else [],
    }


def _asked(task: Task, case: Case) -> list[str]:
    """The papers that were asked for earlier in the case; nothing more may be asked."""
    before = asked_before(case)
    if before is None or before.task_id == task.pk:
        return []
    return [str(row.get("paper", "")) for row in before.data["missing"] if isinstance(row, dict)]


def _sends_back(task: Task, case: Case) -> bool:
    answers = {
        const for field in fields_of(form_of(bundle_for(case), task.form)) for const, _ in field.options("")
    }
    return bool(answers & set(_SENDING_BACK))


def _time(task: Task, clocks: Sequence[Clock]) -> dict[str, Any] | None:
    """Where the time of the task's clock went: bars, totals, and for whom it waits."""
    now = clock.now()
    timer = next((each for each in clocks if each.name == task.clock), None)
    if timer is None:
        return None
    book, left = ledger_of(timer, now), countdown(timer, now)
    return {
        "clock": timer,
        "bars": ledger.bars_of(book),
        "totals": ledger.totals_of(book),
        "waits_for": ledger.waits_for(book),
        "used": ledger.used_of(book, left, timer),
    }
