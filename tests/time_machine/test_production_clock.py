"""In production there is no clock to move: no setting, no row and no address moves time."""

import json
import re

from tests.setup.support import PROJECT, output_of, python
from tests.setup.test_settings import SOUND

LOOK = """
import json
from datetime import timedelta
import django; django.setup()
from django.test import Client
from workflow_app.domain import clock
from workflow_app.models import ClockShift, User
from workflow_app.services import clock_shift
from workflow_app.services.tokens import issue_token

ClockShift.objects.update_or_create(pk=1, defaults={"microseconds": 10**15})
token = issue_token(user=User.objects.get(username="applicant1"))
client = Client()

def ask(method, path, **headers):
    said = client.generic(
        method, "/api/v1" + path, b'{"seconds": 60}' if method == "POST" else b"", "application/json",
        secure=True, headers={"Host": "credit.example", **headers},
    )
    return said.status_code, said.content.decode()

whoever = ({}, {"Authorization": "Bearer " + token})
answers = {
    path: [ask(method, path, **headers) for method in ("GET", "POST") for headers in whoever]
    for path in ("/clock", "/clock/advance", "/nothing")
}
try:
    clock_shift.advance_clock(timedelta(seconds=1))
    refused = ""
except Exception as error:
    refused = error.code
shift = ClockShift.objects.get(pk=1).microseconds
late = abs((clock.now() - clock.system_time()).total_seconds())
found = {"answers": answers, "refused": refused, "shift": shift, "late": late}
print(json.dumps({**found, "moved_to": clock_shift.moved_to()}))
"""


def test_a_moved_clock_in_the_database_moves_nothing(committed_db: str) -> None:
    environment = {
        **SOUND,
        "DATABASE_URL": committed_db,
        "DJANGO_SETTINGS_MODULE": "workflow_app.settings.prod",
    }
    found = json.loads(output_of(python(LOOK, **environment)).splitlines()[-1])
    assert found["late"] < 5
    assert found["moved_to"] is None
    assert found["refused"] == "forbidden"
    assert found["shift"] == 10**15
    unknown = found["answers"].pop("/nothing")
    assert {status for status, _ in unknown} == {404}
    assert all(answers == unknown for answers in found["answers"].values())


def test_nothing_else_says_where_time_comes_from() -> None:
    """Settings with a movable clock, the demo world's history, and a replay within its own process."""
    sources = {
        path.relative_to(PROJECT / "workflow_app").as_posix()
        for path in PROJECT.glob("workflow_app/**/*.py")
        if re.search(r"\bclock\.(set_source|shown_by|_source)\b", path.read_text(encoding="utf-8"))
    }
    assert sources == {"apps.py", "demo/history.py", "services/replaying.py"}
