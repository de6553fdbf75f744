"""One key, one act: a request that is sent again is answered as it was the first time.

Act and answer are written in one transaction, under a lock that lives as long as that transaction. So there is no
moment at which the act is committed and its answer is not, nor the other way round: whoever is killed in between
leaves neither, and the same request may simply be sent again.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connection, transaction

from workflow_app.domain import clock
from workflow_app.domain.errors import ConflictError, CreditError
from workflow_app.models import IdempotentRequest, User

# How long an answer is kept; after that the key is new again.
KEPT = timedelta(days=30)
FIRST_REFUSAL = 400


class IdempotencyMismatchError(CreditError):
    """The key was used before with another request."""

    code = "idempotency_mismatch"
    message = "这个 Idempotency-Key 已用于另一个请求。内容不同的请求请使用新的键。"
    status = 422


class IdempotencyInFlightError(ConflictError):
    """The same key is being worked on at this moment."""

    code = "idempotency_in_flight"
    message = "带有同一 Idempotency-Key 的请求正在处理，请稍候用同样的内容重试。"


@dataclass(frozen=True)
class Answer:
    """What a request was answered. `headers` are those that belong to the answer: Location, ETag."""

    status: int
    content_type: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def answer_once(
    *, user: User, key: str | None, fingerprint: str, act: Callable[[], Answer]
) -> tuple[Answer, bool]:
    """The answer of `act`, or the stored one if `user` sent this key before; and whether it was stored.

    `fingerprint` tells requests apart (method, address, content). A refusal (status 400 and above) undoes whatever
    `act` wrote and leaves the key free: nothing was done, so the request may be mended and sent again. Without a key
    act and answer still stand or fall together. Raises `IdempotencyMismatchError` and `IdempotencyInFlightError`.
    """
    with transaction.atomic():
        kept = _kept(user, key, fingerprint) if key is not None else None
        if kept is not None:
            return kept, True
        answer = act()
        if answer.status >= FIRST_REFUSAL:
            transaction.set_rollback(True)
        elif key is not None:
            _store(user, key, fingerprint, answer)
    return answer, False


def _kept(user: User, key: str, fingerprint: str) -> Answer | None:
    if not _lock(user, key):
        raise IdempotencyInFlightError
    kept = IdempotentRequest.objects.filter(user=user, key=key, created_at__gt=clock.now() - KEPT).first()
    if kept is None:
        return None
    if kept.fingerprint != fingerprint:
        raise IdempotencyMismatchError
    return Answer(kept.status, kept.content_type, bytes(kept.body), dict(kept.headers))


def forget_answers() -> int:
    """Delete the answers whose time is over; says how many they were."""
    return IdempotentRequest.objects.filter(created_at__lte=clock.now() - KEPT).delete()[0]


def _lock(user: User, key: str) -> bool:
    """Whether this transaction is the only one at work on the key. The lock ends with the transaction."""
    name = hashlib.sha256(f"idempotency:{user.pk}:{key}".encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [int.from_bytes(name[:8], signed=True)])
        row = cursor.fetchone()
    return bool(row[0])


def _store(user: User, key: str, fingerprint: str, answer: Answer) -> None:
    IdempotentRequest.objects.update_or_create(
        user=user,
        key=key,
        defaults={
            "fingerprint": fingerprint,
            "status": answer.status,
            "content_type": answer.content_type,
            "body": answer.body,
            "headers": answer.headers,
            "created_at": clock.now(),
        },
    )
