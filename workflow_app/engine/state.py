"""A case's position as bytes: small, without the definition, authenticated, and readable by exactly one version.

The engine's serializer writes the specification into every state, builds objects from any mapping with a key
`typename`, and reaches `eval` when it migrates old versions. This one holds a list of tokens and nothing that could
become an object.
"""

import hashlib
import hmac
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.task import Task as Token
from SpiffWorkflow.util.task import TaskState

from workflow_app.engine.errors import StateTamperedError, StateVersionError
from workflow_app.engine.facts import Facts

# The engine's release and the number of this format. Another engine may number states otherwise: migrate on purpose.
VERSION = "3.2.0-1"

_LEVEL = 6


@dataclass
class Position:
    """What is stored: process data, the elements done (in order of the first time), the end reached, the tokens."""

    data: dict[str, Any]
    done: list[str]
    ended: str | None
    workflow: BpmnWorkflow


def dump_state(position: Position) -> bytes:
    """The position, compressed. The same position gives the same bytes."""
    workflow = position.workflow
    content = {
        "data": position.data,
        "done": position.done,
        "ended": position.ended,
        "completed": workflow.completed,
        "success": workflow.success,
        "tokens": list(_rows(workflow)),
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode(), _LEVEL)


def load_state(
    content_hash: str, owner: str, spec: BpmnProcessSpec, state: bytes, mac: bytes, version: str, facts: Facts
) -> Position:
    """The position of `owner` back; `facts` receives the data. Nothing is unpacked before it has proved its origin.

    Raises StateVersionError, StateTamperedError.
    """
    if version != VERSION:
        raise StateVersionError(found=version, expected=VERSION)
    if not hmac.compare_digest(bytes(mac), seal(content_hash, owner, state)):
        raise StateTamperedError
    content = json.loads(zlib.decompress(state))
    facts.data = content["data"]
    workflow = BpmnWorkflow(spec, script_engine=facts, deserializing=True)
    workflow.completed = content["completed"]
    workflow.success = content["success"]
    _restore(workflow, content["tokens"])
    return Position(facts.data, content["done"], content["ended"], workflow)


def seal(content_hash: str, owner: str, state: bytes, version: str = VERSION) -> bytes:
    """HMAC-SHA256 over definition, version, owner and state: a state is good for one case of one definition only.

    `owner` is the case's number. It is known before the first state is written and outlives a move to another
    database, and everything about the case outside this service names it. No part but the last holds a line break.
    """
    if not settings.STATE_KEY:
        raise ImproperlyConfigured(
            "STATE_KEY is empty: stored process state could not be told from a forgery"
        )
    message = b"\n".join((content_hash.encode(), version.encode(), owner.encode(), state))
    return hmac.digest(settings.STATE_KEY.encode(), message, hashlib.sha256)


def _rows(workflow: BpmnWorkflow) -> Iterator[list[Any]]:
    """Tokens from the root down: [row of the parent, element, state, internal values, id]; absent ends are left out.

    Only tokens that somebody outside can name keep their id.
    """
    root = workflow.task_tree
    yield [None, root.task_spec.name, root.state]
    number = {root.id: 0}
    waiting = [(root, child) for child in _start(workflow)]
    while waiting:
        parent, token = waiting.pop(0)
        number[token.id] = len(number)
        row: list[Any] = [number[parent.id], token.task_spec.name, token.state]
        internal = {key: value for key, value in token.internal_data.items() if value is not None}
        named = token.has_state(TaskState.READY | TaskState.WAITING)
        if internal or named:
            row.append(internal)
        if named:
            row.append(token.id.hex)
        yield row
        waiting.extend((token, child) for child in token.children)


def _start(workflow: BpmnWorkflow) -> list[Token]:
    """The children of the root that are worth storing: below them lies everything that is not over.

    A case that goes back and forth for years would otherwise drag its whole past along, and the engine walks up that
    past by recursion. Above the lowest token that all living ones descend from, nothing is read any more: what a join
    waits for are living tokens, too.
    """
    children: list[Token] = workflow.task_tree.children
    alive = _alive(workflow)
    while True:
        living = [child for child in children if child.id in alive]
        if len(living) != 1:
            # None: the case is over, and only that is worth knowing. Several: the token above them is the one.
            return [living[0].parent] if living and living[0].parent is not workflow.task_tree else living
        if not living[0].has_state(TaskState.FINISHED_MASK):
            return living
        children = living[0].children


def _alive(workflow: BpmnWorkflow) -> set[UUID]:
    """Tokens that are not finished, and all above them."""
    alive: set[UUID] = set()
    for token in workflow.tasks.values():
        if not token.has_state(TaskState.FINISHED_MASK):
            above = token
            while above is not None and above.id not in alive:
                alive.add(above.id)
                above = above.parent
    return alive


def _restore(workflow: BpmnWorkflow, rows: list[list[Any]]) -> None:
    specs = workflow.spec.task_specs
    tokens: list[Token] = []
    for parent, element, state, *rest in rows:
        token = Token(
            workflow,
            specs[element],
            parent=tokens[parent] if parent is not None else None,
            state=state,
            id=UUID(rest[1]) if len(rest) > 1 else None,
        )
        if rest:
            token.internal_data = rest[0]
        if state == TaskState.WAITING and isinstance(token.task_spec, CatchingEvent):
            workflow.event_manager.add_task(token)
        tokens.append(token)
    workflow.task_tree = tokens[0]
