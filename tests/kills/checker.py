"""Compares what the clients were told with what is found. Plain values in, sentences out: nothing means all is well."""

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC
from urllib.parse import unquote

from tests.kills.facts import EventFact, Facts, LetterFact
from tests.kills.journal import Act, Journal

ACTS = ("case.filed", "task.completed", "task.claimed", "task.released", "case.withdrawn")
VERDICTS = {"issued": "valid", "superseded": "superseded", "voided": "voided"}
_ADDRESS = re.compile(r"/api/v1/(cases|tasks)/([^/]+)/(withdraw|complete|claim|release)")
_EVENT_OF = {
    "withdraw": "case.withdrawn",
    "complete": "task.completed",
    "claim": "task.claimed",
    "release": "task.released",
}
_MESSAGE_ID = re.compile(r"<message-(\d+)-(\d+)@[^>]+>")
_NUMBER = re.compile(r"(.+)〔(\d{4})〕(\d+)号")


def doubts(journal: Journal, facts: Facts) -> list[str]:
    """Whatever was lost, doubled, or left half done."""
    checks = (_filings, _acts, _papers, _keys, _letters, _numbers, _messages, _mails, _chains, _time)
    return [doubt for check in checks for doubt in check(journal, facts)]


def _filings(journal: Journal, facts: Facts) -> Iterator[str]:
    """Every acknowledged filing is its cases and no others, and every case was acknowledged to somebody."""
    found = Counter(case.number for case in facts.cases)
    told: Counter[str] = Counter()
    for act in journal.done("/cases"):
        told.update([act.answers[0]["number"], *act.answers[0]["also_filed"]])
    yield from _differences("case", told, found)


def _acts(journal: Journal, facts: Facts) -> Iterator[str]:
    """Every acknowledged act stands in the trail once, in the name of the one who did it, and nothing else does."""
    tasks = {task.id: task for task in facts.tasks}
    told: Counter[tuple[str, ...]] = Counter()
    for act in journal.done("/cases"):
        numbers = [act.answers[0]["number"], *act.answers[0]["also_filed"]]
        told.update((number, "case.filed", "", act.by) for number in numbers)
    completed: Counter[int] = Counter()
    for act, kind, name in _addressed(journal):
        if kind == "case.withdrawn":
            told[unquote(name), kind, "", act.by] += 1
            continue
        task = tasks.get(int(name))
        if task is None:
            yield f"task {name} of {act.by} is gone"
            continue
        told[task.case, kind, task.element, act.by] += 1
        if kind == "task.completed":
            completed[task.id] += 1
            if (task.status, task.done_by) != ("done", act.by):
                yield f"task {name} was done by {act.by}, found {task.status} by {task.done_by}"
    found = Counter(
        (event.case, event.kind, event.data.get("task", ""), event.by or "")
        for event in facts.events
        if event.kind in ACTS
    )
    yield from _differences("event", told, found)
    handed_in = Counter(each.task for each in facts.submissions if each.task is not None)
    yield from _differences("submission of task", completed, handed_in)
    done = Counter(task.id for task in facts.tasks if task.status == "done")
    yield from _differences("done task", completed, done)
    starts = Counter(each.case for each in facts.submissions if each.task is None)
    yield from _differences("start form", Counter(case.number for case in facts.cases), starts)


def _addressed(journal: Journal) -> Iterator[tuple[Act, str, str]]:
    for act in journal.done():
        match = _ADDRESS.fullmatch(act.path)
        if match:
            yield act, _EVENT_OF[match[3]], match[2]


def _papers(journal: Journal, facts: Facts) -> Iterator[str]:
    told = Counter(str(act.answers[0]["id"]) for act in journal.done("/documents"))
    yield from _differences("paper", told, Counter(facts.documents))


def _keys(journal: Journal, facts: Facts) -> Iterator[str]:
    """One key, one answer: each time it was sent, in the store, and when it is sent once more."""
    for act in journal.done():
        if any(answer != act.answers[0] for answer in act.answers):
            yield f"{act.by} got different answers to {act.path} under one key"
    told = Counter((act.key, act.by) for act in journal.done())
    yield from _differences("stored answer", told, Counter((each.key, each.by) for each in facts.answers))
    again = {each.key: each for each in facts.again}
    for act in journal.done():
        answer = again.get(act.key)
        if answer is None or not answer.was_replayed or answer.body != act.answers[0]:
            shown = f"{answer.status} {answer.body}" if answer else "nothing"
            yield f"{act.by} at {act.path}: sent again, the key is answered {shown}"
    for act in journal.acts.values():
        if not act.is_done and not act.refusals:
            yield f"{act.by} at {act.path}: never answered"


def _letters(journal: Journal, facts: Facts) -> Iterator[str]:
    """One letter a step, made, sealed, and stored as it was made."""
    steps = Counter((each.case, each.kind, each.origin) for each in facts.letters)
    yield from (f"{count} letters for {step}" for step, count in steps.items() if count > 1)
    issued = Counter(event.data["letter"] for event in facts.events if event.kind == "letter.issued")
    for letter in facts.letters:
        yield from _letter(letter, issued[letter.number])


def _letter(letter: LetterFact, issued: int) -> Iterator[str]:
    if letter.status == "voided" and not letter.sha256:
        return
    if letter.status not in VERDICTS:
        yield f"letter {letter.number} is {letter.status}"
    elif not letter.sha256 or letter.stored != letter.sha256:
        yield f"letter {letter.number}: stored is {letter.stored or 'nothing'}, registered {letter.sha256}"
    elif letter.verdict != VERDICTS[letter.status]:
        yield f"letter {letter.number} verifies as {letter.verdict or 'nothing'}"
    if issued != 1:
        yield f"letter {letter.number} was issued {issued} times"


def _numbers(journal: Journal, facts: Facts) -> Iterator[str]:
    """Each series is 1, 2, 3 … up to the last number given, once each."""
    series: dict[str, list[int]] = defaultdict(list)
    for letter in facts.letters:
        match = _NUMBER.fullmatch(letter.number)
        assert match, letter.number
        series[f"letter:{match[1]}:{match[2]}"].append(int(match[3]))
    for case in facts.cases:
        prefix, region, day, n = case.number.split("-")
        series[f"case:{prefix}:{region}:{day}"].append(int(n))
    given = {key: last for key, last in facts.series.items() if key.startswith(("letter:", "case:"))}
    for key in sorted(series.keys() | given.keys()):
        if sorted(series.get(key, [])) != list(range(1, given.get(key, 0) + 1)):
            yield f"series {key}: given up to {given.get(key, 0)}, found {sorted(series.get(key, []))}"


def _messages(journal: Journal, facts: Facts) -> Iterator[str]:
    """Each person is told each step once, through each channel once."""
    told = Counter((each.recipient, each.case, each.event, each.origin) for each in facts.messages)
    yield from (f"{count} messages for {step}" for step, count in told.items() if count > 1)
    yield from (f"message {each.id} was not written" for each in facts.messages if not each.is_rendered)
    ways = Counter((each.message, each.channel) for each in facts.deliveries)
    yield from (f"{count} deliveries for {way}" for way, count in ways.items() if count > 1)
    for each in facts.messages:
        if (each.id, "email") not in ways:
            yield f"message {each.id} has no delivery"
    for delivery in facts.deliveries:
        if delivery.status not in ("sent", "unconfirmed"):
            yield f"delivery {delivery.id} is {delivery.status}"


def _mails(journal: Journal, facts: Facts) -> Iterator[str]:
    """Every e-mail belongs to one row, and no row has two; one that is called sent has arrived."""
    deliveries = {(each.message, each.id): each for each in facts.deliveries}
    arrived: Counter[tuple[int, int]] = Counter()
    for mail in facts.mails:
        match = _MESSAGE_ID.fullmatch(mail.message_id)
        key = (int(match[1]), int(match[2])) if match else (0, 0)
        if key not in deliveries:
            yield f"no row knows of the e-mail {mail.message_id}"
        elif mail.to != [deliveries[key].address]:
            yield f"the e-mail {mail.message_id} went to {mail.to}"
        else:
            arrived[key] += 1
    for key, delivery in deliveries.items():
        if arrived[key] > 1:
            yield f"delivery {delivery.id} went out {arrived[key]} times"
        if delivery.status == "sent" and not arrived[key]:
            yield f"delivery {delivery.id} is called sent and never arrived"


def _chains(journal: Journal, facts: Facts) -> Iterator[str]:
    """The trail of each case, computed anew as anybody could with a copy of the table."""
    trails: dict[str, list[EventFact]] = defaultdict(list)
    for event in facts.events:
        trails[event.case].append(event)
    for case in facts.cases:
        head, trail = b"", sorted(trails.pop(case.number, []), key=lambda event: event.sequence)
        if [event.sequence for event in trail] != list(range(1, case.event_count + 1)):
            yield f"{case.number}: the trail has gaps or doubles"
        for event in trail:
            head = _chained(head, event)
            if event.hash != head:
                yield f"{case.number}: the chain breaks at {event.sequence}"
                break
        else:
            if head != case.event_hash:
                yield f"{case.number}: the chain does not end where the case says"
    yield from (f"events of {number}, which is no case" for number in trails)


def _chained(head: bytes, event: EventFact) -> bytes:
    moment = event.at.astimezone(UTC).isoformat(timespec="microseconds")
    parts = [event.sequence, event.kind, event.actor, moment, event.data]
    body = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(head + body.encode()).digest()


def _time(journal: Journal, facts: Facts) -> Iterator[str]:
    """What time does it does once, and nothing that is due lies about."""
    fired = Counter(
        (event.case, event.kind, event.data.get("timer") or event.data.get("clock"), *_which(event))
        for event in facts.events
        if event.kind in ("timer.fired", "clock.warned", "clock.breached")
    )
    yield from (f"{what} fired {count} times" for what, count in fired.items() if count > 1)
    yield from (f"still due: {what}" for what in facts.overdue)
    yield from (f"left behind: {what}" for what in facts.orphans)


def _which(event: EventFact) -> tuple[object, ...]:
    return event.data.get("percent"), event.data["due_at"]


def _differences(what: str, told: Counter, found: Counter) -> Iterator[str]:
    for key in sorted((told | found).keys(), key=str):
        if told[key] != found[key]:
            yield f"{what} {key}: acknowledged {told[key]}, found {found[key]}"
