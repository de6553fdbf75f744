"""`python -m benchmarks.ours completions|letters|storage|changes AMOUNT` → a figure of this service, as JSON.

Everything is on: form validation, access, four eyes, state, clock, audit chain, task rows, outbox, wake-ups.
"""

import io
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Whatever the caller runs under.
os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"

import django

django.setup()

from django.core.management import call_command
from django.db import connection
from django.test.utils import override_settings

from workflow_app.demo.load import load_world
from workflow_app.domain import clock
from workflow_app.models import Letter, Task, User
from workflow_app.models.changes import ChangeKind
from workflow_app.models.letters import LetterStatus
from workflow_app.models.tasks import LIVE
from workflow_app.services.calendar import seed_calendar
from workflow_app.services.cases import file_case
from workflow_app.services.changes import apply_change, draft_change, undo_change
from workflow_app.services.definitions import deploy_all
from workflow_app.services.letters import produce_letters
from workflow_app.services.tasks import complete_task

TREE = Path(__file__).parent / "tree"
TASKS = 5
ANSWER = {"result": "accept", "opinion": "材料齐全，符合规定，同意。"}
WARM_UP = 5


def prepare() -> tuple[User, User]:
    """The database with calendar, demo world and processes → applicant and reviewer."""
    call_command("migrate", verbosity=0, interactive=False)
    seed_calendar()
    load_world(anchor=clock.now().astimezone(clock.CHINA).date())
    deploy_all()
    deploy_all(TREE)
    return User.objects.get(username="applicant1"), User.objects.get(username="reviewer1")


def play(applicant: User, reviewer: User) -> float:
    """File one case and do its five tasks → seconds that the five took."""
    (case,) = file_case(process="five", data={"purpose": "测速"}, user=applicant)
    spent = 0.0
    for _ in range(TASKS):
        task_id = Task.objects.values_list("pk", flat=True).get(case=case, status__in=LIVE)
        began = time.perf_counter()
        complete_task(task_id=task_id, user=reviewer, data=ANSWER)
        spent += time.perf_counter() - began
    case.refresh_from_db()
    assert case.outcome == "done", case.status
    return spent


def completions(seconds: float) -> dict[str, Any]:
    """User-task completions a second in one process."""
    people = prepare()
    for _ in range(WARM_UP):
        play(*people)
    done, spent, until = 0, 0.0, time.perf_counter() + seconds
    while time.perf_counter() < until:
        spent += play(*people)
        done += TASKS
    return {"completions_per_second": done / spent}


def letters(amount: float) -> dict[str, Any]:
    """Milliseconds for one letter, warm: render, embed, seal, store, note."""
    applicant, _ = prepare()
    # Only development draws seals.
    with override_settings(MOVABLE_CLOCK=True):
        call_command("make_authority", stdout=io.StringIO())
    for _ in range(int(amount) + WARM_UP):
        file_case(process="commitment", data={"matter": "TRANSPORT-01", "agree": True}, user=applicant)
    produce_letters(WARM_UP)
    before = Letter.objects.filter(status=LetterStatus.ISSUED).count()
    began = time.perf_counter()
    produce_letters(int(amount))
    spent = time.perf_counter() - began
    made = Letter.objects.filter(status=LetterStatus.ISSUED).count() - before
    assert made == int(amount), made
    return {"milliseconds_per_letter": spent / made * 1000}


def storage(amount: float) -> dict[str, Any]:
    """Bytes in all tables and indexes for one closed case of five tasks."""
    people = prepare()
    play(*people)
    before = _stored()
    for _ in range(int(amount)):
        play(*people)
    return {"bytes_per_case": (_stored() - before) / int(amount)}


def _stored() -> int:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        cursor.execute(
            "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' "
            "AND relnamespace = 'public'::regnamespace AND relname <> 'django_q_ormq'"
        )
        return int(cursor.fetchone()[0])


def changes(amount: float) -> dict[str, Any]:
    """Milliseconds for one running clock that a change moves, during which all acts wait."""
    applicant, _ = prepare()
    for _ in range(int(amount)):
        file_case(process="five", data={"purpose": "测速"}, user=applicant)
    admin = User.objects.get(username="sysadmin1")
    hours = {"region": "330700", "hours": [["08:30", "12:00"], ["13:30", "17:00"]]}
    change = draft_change(user=admin, kind=ChangeKind.HOURS, title="测速", content=hours)
    began = time.perf_counter()
    apply_change(change_id=change.pk, user=admin)
    spent = time.perf_counter() - began
    moved = change.effects.count()
    assert moved >= int(amount), moved
    undo_change(change_id=change.pk, user=admin)
    return {"milliseconds_per_clock": spent / moved * 1000}


MEASURES: dict[str, Callable[[float], dict[str, Any]]] = {
    "completions": completions,
    "letters": letters,
    "storage": storage,
    "changes": changes,
}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(MEASURES[sys.argv[1]](float(sys.argv[2]))) + "\n")
