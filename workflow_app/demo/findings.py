"""What is found in the database after a story, compared with what the story tells."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from notifications.models import Message
from notifications.texts import ENGLISH, render
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import CreditError
from workflow_app.models import Case, Clock, CreditRecord, Letter, Publication, Task
from workflow_app.models.clocks import ClockStatus
from workflow_app.models.letters import LetterStatus
from workflow_app.models.tasks import LIVE
from workflow_app.services.definitions import bundle_of


def about(case: Case, expect: Mapping[str, Any]) -> list[str]:
    """Every difference between the case and `expect`, and whatever must never be."""
    problems = [*_ending(case, expect), *_always(case)]
    if "letters" in expect:
        kinds = list(Letter.objects.filter(case=case).order_by("id").values_list("kind", flat=True))
        problems += _differs("letters", kinds, list(expect["letters"]))
    if "published" in expect:
        live = Publication.objects.filter(case=case, stopped_at__isnull=True).order_by("kind")
        problems += _differs(
            "published", list(live.values_list("kind", flat=True)), sorted(expect["published"])
        )
    for name, due in expect.get("clocks", {}).items():
        found = due_of(case, name)
        problems += _differs(f"clock {name}", found and found.astimezone(CHINA), due)
    for path, value in expect.get("facts", {}).items():
        problems += _differs(path, _fact(case, path), value)
    return problems


def _ending(case: Case, expect: Mapping[str, Any]) -> Iterator[str]:
    for name in ("status", "outcome"):
        if name in expect:
            yield from _differs(name, getattr(case, name), expect[name])
    if "end" in expect:
        outcome = bundle_of(case.definition_id).manifest.outcomes.get(expect["end"])
        yield from _differs(f"end {expect['end']}", case.outcome, outcome.code if outcome else "no such end")


def _always(case: Case) -> Iterator[str]:
    """What no story has to say: letters get made, messages get written, nothing runs on in a case that has ended."""
    for letter in Letter.objects.filter(case=case):
        if not letter.sha256 or letter.status in (LetterStatus.PENDING, LetterStatus.FAILED):
            yield f"letter {letter.kind} is {letter.status}: {letter.problem}"
    for message in Message.objects.filter(case=case):
        if message.rendered_at is None:
            yield f"message {message.event} was not written: {message.problem}"
        yield from _in_english(case, message)
    for timer in case.timers.exclude(problem=""):
        yield f"timer {timer.element} failed: {timer.problem}"
    if case.is_finished:
        yield from (f"clock {each.name} runs on" for each in case.clocks.exclude(status=ClockStatus.STOPPED))
        yield from (f"task {each.element} waits on" for each in case.tasks.filter(status__in=LIVE))
        yield from (f"timer {each.element} waits on" for each in case.timers.all())


def _in_english(case: Case, message: Message) -> Iterator[str]:
    """Whoever reads English gets the same message: its text has to take the same values."""
    bundle = bundle_of(case.definition_id)
    values = {**message.values, "case": {**message.values["case"], "url": ""}}
    try:
        render(bundle.files, bundle.slug, message.event, ENGLISH, values)
    except CreditError as error:
        yield f"message {message.event} in English: {error}"


def due_of(case: Case, name: str) -> datetime | None:
    """When the latest clock of that name is due; a date given in a form is read off the task it governs."""
    running = Clock.objects.filter(case=case, name=name).order_by("-id").first()
    if running is not None:
        return running.due_at
    governed = Task.objects.filter(case=case, clock=name).order_by("-id").first()
    return governed.due_at if governed else None


def fingerprint(case: Case) -> tuple[Any, ...]:
    """What a refused act must leave as it was."""
    row = Case.objects.values_list("lock_version", "event_count", "status", "outcome").get(pk=case.pk)
    rows = Task.objects.filter(case=case).order_by("id").values_list("element", "status", "assignee")
    return (*row, tuple(rows), case.submissions.count(), case.letters.count(), case.clocks.count())


def _fact(case: Case, path: str) -> Any:
    root, *names = path.split(".")
    value: Any = case if root == "case" else _roots(case)[root]
    for name in names:
        value = getattr(value, name)
    return value


def _roots(case: Case) -> dict[str, Any]:
    breach = CreditRecord.objects.filter(number__startswith=f"{case.number}-").order_by("-id").first()
    return {
        "record": case.record,
        "subject": case.subject,
        "commitment": getattr(case, "commitment", None),
        "breach": breach,
        "matter": case.matter_text.matter if case.matter_text else None,
    }


def _differs(what: str, found: Any, told: Any) -> list[str]:
    if isinstance(found, datetime) and isinstance(told, date) and not isinstance(told, datetime):
        found = found.astimezone(CHINA).date()
    return [] if found == told else [f"{what}: told {_shown(told)}, found {_shown(found)}"]


def _shown(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
