"""Bearer tokens for other systems. The token is shown once; only its SHA-256 is kept."""

import hashlib
import secrets
from datetime import timedelta

from workflow_app.domain import clock
from workflow_app.models import ApiToken, User

# Recognisable in logs and secret scanners; what follows is drawn.
PREFIX = "cwt_"
# Bits of chance: no digest of it can be guessed, so a plain hash is enough.
_BYTES = 32
DEFAULT_DAYS = 90


def issue_token(*, user: User, days: int = DEFAULT_DAYS, label: str = "") -> str:
    """A new token of `user`, valid for `days` days from now. It cannot be shown again."""
    token = PREFIX + secrets.token_urlsafe(_BYTES)
    now = clock.now()
    ApiToken.objects.create(
        user=user, digest=digest_of(token), label=label, created_at=now, expires_at=now + timedelta(days=days)
    )
    return token


def user_of_token(token: str) -> User | None:
    """The account the token was issued to; None if it is unknown or expired, or the account is disabled."""
    row = (
        ApiToken.objects.select_related("user")
        .filter(digest=digest_of(token), expires_at__gt=clock.now(), user__is_active=True)
        .first()
    )
    return row.user if row else None


def digest_of(token: str) -> str:
    """SHA-256 of the token in hexadecimal."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
