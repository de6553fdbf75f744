"""What the clients sent and what they were answered, written down on the wire: the truth the database is held to."""

import json
import threading
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx

from workflow_app.demo.client import Client

KEY = "Idempotency-Key"


@dataclass
class Act:
    """One thing to be done, under one key. `answers` are those that came back whole and said that it is done."""

    key: str
    story: str
    by: str
    path: str
    content: bytes
    content_type: str
    sends: int = 0
    answers: list[dict[str, Any]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    was_replayed: bool = False

    @property
    def body(self) -> dict[str, Any]:
        """What was sent, where that is JSON."""
        return json.loads(self.content) if self.content_type == "application/json" else {}

    @property
    def is_done(self) -> bool:
        return bool(self.answers)


class Journal:
    """Every act of every client, by its key."""

    def __init__(self) -> None:
        self.acts: dict[str, Act] = {}
        self.begun = threading.Condition()

    def client(self, story: str, by: str, base: str, token: str) -> Client:
        """A client whose acts are written down here."""
        return _WrittenDown(self, story, by, base, token)

    def done(self, ending: str = "") -> list[Act]:
        """The acknowledged acts, those at addresses that end so."""
        return [act for act in self.acts.values() if act.is_done and act.path.endswith(ending)]

    def note_request(self, story: str, by: str, request: httpx.Request) -> None:
        key = request.headers.get(KEY)
        if key is None:
            return
        with self.begun:
            if key not in self.acts:
                kind = request.headers["Content-Type"]
                self.acts[key] = Act(key, story, by, request.url.path, request.read(), kind)
                self.begun.notify_all()
            self.acts[key].sends += 1

    def note_response(self, response: httpx.Response) -> None:
        key = response.request.headers.get(KEY)
        if key is None:
            return
        # Whoever is cut off in the middle of an answer has none.
        response.read()
        act = self.acts[key]
        if response.is_success:
            act.answers.append(response.json())
            act.was_replayed |= response.headers.get("Idempotency-Replayed") == "true"
        else:
            act.refusals.append(code_of(response))

    def figures(self) -> dict[str, int]:
        """How many acts were begun, acknowledged, sent more than once, and answered from the store."""
        acts = self.acts.values()
        return {
            "acts": len(acts),
            "acknowledged": len(self.done()),
            "retries": sum(act.sends - 1 for act in acts),
            "replayed": sum(act.was_replayed for act in acts),
        }


class _WrittenDown(Client):
    def __init__(self, journal: Journal, story: str, by: str, base: str, token: str) -> None:
        super().__init__(base, token)
        self._http.event_hooks = {
            "request": [lambda request: journal.note_request(story, by, request)],
            "response": [journal.note_response],
        }


def code_of(response: httpx.Response) -> str:
    """The code of a problem document, or the status where there is none."""
    if "json" not in response.headers.get("Content-Type", ""):
        return str(response.status_code)
    return str(response.json().get("code", response.status_code))


def new_key() -> str:
    return uuid.uuid4().hex
