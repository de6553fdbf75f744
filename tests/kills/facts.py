"""What is found afterwards: plain values read from the database, the blob store, the service and the mailbox."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
from django.db.models import Q

from notifications.models import Delivery, Message
from tests.kills.journal import KEY, Journal
from workflow_app.demo.client import BUSY
from workflow_app.models import (
    Case,
    ClockRung,
    Document,
    Event,
    IdempotentRequest,
    Letter,
    NumberSeries,
    Submission,
    Task,
    Timer,
)


@dataclass
class CaseFact:
    number: str
    event_count: int
    event_hash: bytes


@dataclass
class EventFact:
    """`actor` is a key, as it stands in the hash; `by` the name of the account."""

    case: str
    sequence: int
    kind: str
    actor: int | None
    by: str | None
    at: datetime
    data: dict[str, Any]
    hash: bytes


@dataclass
class TaskFact:
    id: int
    case: str
    element: str
    status: str
    done_by: str | None


@dataclass
class SubmissionFact:
    case: str
    task: int | None
    form: str
    by: str


@dataclass
class LetterFact:
    """`stored` is the hash of the stored file, `verdict` what verification says."""

    case: str
    kind: str
    origin: str
    number: str
    status: str
    sha256: str
    stored: str = ""
    verdict: str = ""


@dataclass
class MessageFact:
    id: int
    case: str
    recipient: str
    event: str
    origin: str
    is_rendered: bool


@dataclass
class DeliveryFact:
    id: int
    message: int
    channel: str
    address: str
    status: str


@dataclass
class MailFact:
    message_id: str
    to: list[str]


@dataclass
class AnswerFact:
    """A stored answer."""

    key: str
    by: str


@dataclass
class AgainFact:
    """What a key was answered that was sent once more at the end."""

    key: str
    status: int
    body: Any
    was_replayed: bool


@dataclass
class Facts:
    cases: list[CaseFact] = field(default_factory=list)
    events: list[EventFact] = field(default_factory=list)
    tasks: list[TaskFact] = field(default_factory=list)
    submissions: list[SubmissionFact] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    letters: list[LetterFact] = field(default_factory=list)
    series: dict[str, int] = field(default_factory=dict)
    messages: list[MessageFact] = field(default_factory=list)
    deliveries: list[DeliveryFact] = field(default_factory=list)
    mails: list[MailFact] = field(default_factory=list)
    answers: list[AnswerFact] = field(default_factory=list)
    again: list[AgainFact] = field(default_factory=list)
    # Whatever is due and was left lying: timers and rungs.
    overdue: list[str] = field(default_factory=list)
    # Locks and transactions that nobody holds any more who could end them.
    orphans: list[str] = field(default_factory=list)


def read_facts(mails: list[tuple[EmailMessage, list[str]]], blobs: Path, now: datetime) -> Facts:
    """Everything that does not need the service."""
    return Facts(
        cases=[CaseFact(number, n, bytes(head)) for number, n, head in _rows(Case, *_CASE)],
        events=[EventFact(*row[:-1], bytes(row[-1])) for row in _rows(Event, *_EVENT)],
        tasks=[TaskFact(*row) for row in _rows(Task, *_TASK)],
        submissions=[SubmissionFact(*row) for row in _rows(Submission, *_SUBMISSION)],
        documents=[str(key) for (key,) in _rows(Document, "id")],
        letters=[LetterFact(*row, stored=_stored(blobs, row[-1])) for row in _rows(Letter, *_LETTER)],
        series=dict(_rows(NumberSeries, "key", "last")),
        messages=[MessageFact(*row[:-1], row[-1] is not None) for row in _rows(Message, *_MESSAGE)],
        deliveries=[DeliveryFact(*row) for row in _rows(Delivery, *_DELIVERY)],
        mails=[MailFact(str(mail["Message-ID"]), to) for mail, to in mails],
        answers=[AnswerFact(*row) for row in _rows(IdempotentRequest, "key", "user__username")],
        overdue=[f"timer {timer.element}" for timer in Timer.objects.filter(due_at__lte=now)]
        + [f"rung {rung}" for rung in ClockRung.objects.filter(_DUE_RUNG, due_at__lt=now)],
    )


def ask_again(journal: Journal, base: str, tokens: Mapping[str, str]) -> list[AgainFact]:
    """Send every acknowledged act once more, exactly as it was."""
    found = []
    with httpx.Client(base_url=base, trust_env=False, timeout=30) as http:
        for act in journal.done():
            headers = {
                KEY: act.key,
                "Content-Type": act.content_type,
                "Authorization": f"Bearer {tokens[act.by]}",
                "Accept-Language": "zh-Hans",
            }
            answer = _answered(http, act.path, content=act.content, headers=headers)
            replayed = answer.headers.get("Idempotency-Replayed") == "true"
            found.append(AgainFact(act.key, answer.status_code, answer.json(), replayed))
    return found


def let_verify(letters: list[LetterFact], blobs: Path, base: str) -> None:
    """Ask the public verification about the stored file of every letter."""
    with httpx.Client(base_url=base, trust_env=False, timeout=30) as http:
        for letter in letters:
            if letter.stored:
                content = (blobs / letter.sha256[:2] / letter.sha256).read_bytes()
                headers = {"Content-Type": "application/pdf"}
                answer = _answered(http, "/api/v1/verify", content=content, headers=headers)
                letter.verdict = answer.json().get("status", str(answer.status_code))


def _answered(http: httpx.Client, path: str, **request: Any) -> httpx.Response:
    """The answer to a POST; a service that has just lost its database may ask to come again."""
    for _ in range(20):
        answer = http.post(path, **request)
        if answer.status_code not in BUSY:
            break
        time.sleep(0.5)
    return answer


_DUE_RUNG = Q(fired_at__isnull=True, clock__status="running")
_CASE = ("number", "event_count", "event_hash")
_EVENT = ("case__number", "sequence", "kind", "actor_id", "actor__username", "at", "data", "hash")
_TASK = ("id", "case__number", "element", "status", "done_by__username")
_SUBMISSION = ("case__number", "task_id", "form", "by__username")
_LETTER = ("case__number", "kind", "origin", "number", "status", "sha256")
_MESSAGE = ("id", "case__number", "recipient__username", "event", "origin", "rendered_at")
_DELIVERY = ("id", "message_id", "channel", "address", "status")


def _rows(model: Any, *names: str) -> list[tuple[Any, ...]]:
    return list(model.objects.order_by("pk").values_list(*names))


def _stored(blobs: Path, sha256: str) -> str:
    path = blobs / sha256[:2] / sha256
    return hashlib.sha256(path.read_bytes()).hexdigest() if sha256 and path.is_file() else ""
