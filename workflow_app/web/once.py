"""An act on ticked rows, done once for the page that was shown, however often it is sent."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from workflow_app.services.idempotency import Answer
from workflow_app.web.filling import TOKEN, answer_waiting
from workflow_app.web.visitor import user_of


def results_once(request: HttpRequest, act: Callable[[], Any]) -> Any:
    """What `act` gives (JSON values). Sent again as it is, nothing is done a second time and the answer is the same;
    with other rows it is another act. Raises `IdempotencyInFlightError` while the first press is at work."""
    digest = hashlib.sha256(f"{request.path}\n{sorted(request.POST.lists())}".encode()).hexdigest()
    token = request.POST.get(TOKEN, "")[:60]
    answer = answer_waiting(
        user=user_of(request),
        key=f"rows:{token}:{digest}" if token else None,
        fingerprint=digest,
        act=lambda: Answer(200, "application/json", json.dumps(act()).encode()),
    )
    return json.loads(answer.body)
