"""What a scenario writes for things without a fixed name, such as `$record:NUMBER`, `$paper` or `$date:+30`."""

import re
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

from tests.processes.scenario import ScenarioFormatError
from workflow_app.demo.names import subject_code
from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.models import CreditRecord, TrainingSession, User
from workflow_app.selectors.calendar import get_calendar
from workflow_app.services.documents import store_document

_DATE = re.compile(r"([+-])(\d{1,4})(wd)?")

# A whole, small PDF of one empty page.
PAPER = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


def resolve(value: Any, user: User) -> Any:
    """The form data with every token replaced; `user` uploads the papers. Raises ScenarioFormatError."""
    if isinstance(value, dict):
        return {key: resolve(each, user) for key, each in value.items()}
    if isinstance(value, list):
        return [resolve(each, user) for each in value]
    if isinstance(value, date | datetime):
        # YAML reads a day as a date; forms take it as text.
        return value.isoformat()
    if isinstance(value, str) and value.startswith("$"):
        return _token(value, user)
    return value


def _token(token: str, user: User) -> str:
    kind, _, what = token.removeprefix("$").partition(":")
    if kind == "record":
        return str(_only(CreditRecord.objects.filter(number=what), token).pk)
    if kind == "org":
        return subject_code(f"org{what}")
    if kind == "paper":
        name = what or "材料.pdf"
        return str(store_document(user=user, kind="paper", name=name, content=BytesIO(PAPER)).pk)
    if kind == "date":
        return _day(what, token).isoformat()
    if kind == "session":
        sessions = list(TrainingSession.objects.order_by("starts_at")[: int(what)])
        return str(sessions[int(what) - 1].pk)
    raise ScenarioFormatError(f"no such token: {token}")


def _only(rows: Any, token: str) -> Any:
    found = rows.first()
    if found is None:
        raise ScenarioFormatError(f"there is no {token}")
    return found


def _day(what: str, token: str) -> date:
    match = _DATE.fullmatch(what)
    if match is None:
        raise ScenarioFormatError(f"a day is written $date:+30 or $date:+5wd, not {token}")
    amount = int(match[1] + match[2])
    today = clock.now().astimezone(CHINA).date()
    if match[3]:
        return get_calendar("").add_working_days(today, amount)
    return today + timedelta(days=amount)
