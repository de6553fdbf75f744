"""The hash chain of a case's audit events."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from workflow_app.models import Case, Event


@dataclass(frozen=True)
class Happening:
    """Something to be written into the trail: its kind (past tense) and what belongs to it."""

    kind: str
    data: dict[str, Any] = field(default_factory=dict)
    actor_id: int | None = None


def event_hash(
    previous: bytes, sequence: int, kind: str, actor_id: int | None, at: datetime, data: dict[str, Any]
) -> bytes:
    """SHA-256 over the previous hash and the canonical JSON of the event; 32 bytes."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    body = json.dumps(
        [sequence, kind, actor_id, moment, data], ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return hashlib.sha256(previous + body.encode()).digest()


def chain_events(case: Case, happenings: Sequence[Happening], at: datetime) -> list[Event]:
    """The events after the last one of `case`, still to be written, and the chain's head moved on the (locked,
    unsaved) case."""
    head = bytes(case.event_hash)
    events = []
    for happening in happenings:
        case.event_count += 1
        head = event_hash(head, case.event_count, happening.kind, happening.actor_id, at, happening.data)
        events.append(
            Event(
                case_id=case.pk,
                sequence=case.event_count,
                kind=happening.kind,
                actor_id=happening.actor_id,
                at=at,
                data=happening.data,
                hash=head,
            )
        )
    case.event_hash = head
    return events
