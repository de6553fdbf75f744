"""Turns a PostgreSQL address into Django's settings. There is no other kind of database."""

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


def database_from_url(url: str, *, pool: bool = False) -> dict[str, Any]:
    """`postgresql://user:password@host:port/name`, or `...?host=/socket/dir` → one entry of DATABASES.

    Raises ValueError for any other scheme.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ValueError(f"DATABASE_URL must begin with postgresql://, not {parts.scheme}://")
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    # Whoever finds the database stopped is told so after `timeout` seconds. Within them it is tried again; after that
    # by whoever comes next, at once: left to itself, a pool waits longer from try to try, for minutes in the end.
    pooling = {"min_size": 1, "max_size": 8, "timeout": 5, "reconnect_timeout": 3}
    options: dict[str, Any] = {"pool": pooling} if pool else {}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "postgres",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", None) or unquote(parts.hostname or ""),
        "PORT": str(parts.port or query.pop("port", "")),
        "CONN_HEALTH_CHECKS": True,
        # From the sixth time on a statement of models.rows is planned no more.
        "OPTIONS": {"prepare_threshold": 5} | options | query,
    }
