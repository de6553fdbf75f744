"""What a scenario writes for things without a fixed name, such as `$record:NUMBER`, `$paper` or `$date:+30`."""

from datetime import date, datetime
from io import BytesIO
from typing import Any

from workflow_app.demo.names import subject_code
from workflow_app.demo.paper import PAPER
from workflow_app.demo.scenario import ScenarioFormatError, day_of
from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.models import CreditRecord, TrainingSession, User
from workflow_app.selectors.calendar import get_calendar
from workflow_app.services.documents import store_document


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
        return day_of(what, clock.now().astimezone(CHINA).date(), get_calendar("")).isoformat()
    if kind == "session":
        sessions = list(TrainingSession.objects.order_by("starts_at")[: int(what)])
        return str(sessions[int(what) - 1].pk)
    raise ScenarioFormatError(f"no such token: {token}")


def _only(rows: Any, token: str) -> Any:
    found = rows.first()
    if found is None:
        raise ScenarioFormatError(f"there is no {token}")
    return found
