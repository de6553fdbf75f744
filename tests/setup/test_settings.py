"""Settings of each environment: production refuses what is unsafe, development needs nothing."""

import json
import os
import stat
from pathlib import Path

import pytest

from workflow_app.settings.database import database_from_url
from workflow_app.settings.kept import kept_secret

from .support import output_of, python

SOUND = {
    "SECRET_KEY": "Zm9yIHRlc3RzIG9ubHksIGRyYXduIGJ5IG5vYm9keSwgMDEyMzQ1Njc4OQ",
    "STATE_KEY": "YW5vdGhlciBvbmUgZm9yIHRlc3RzIG9ubHksIGRpZmZlcmVudCwgOTg3Ng",
    "DATABASE_URL": "postgresql://credit@/credit?host=/nowhere",
    "ALLOWED_HOSTS": "credit.example",
    "PUBLIC_URL": "https://credit.example",
    "DEBUG": "",
    "MOVABLE_CLOCK": "",
}

LOAD = """
import importlib, json, sys
settings = importlib.import_module(f"workflow_app.settings.{sys.argv[1]}")
print(json.dumps({name: getattr(settings, name) for name in sys.argv[2:]}))
"""


def load(module: str, *names: str, **environment: str) -> dict[str, object]:
    """The named settings as a fresh process sees them."""
    answer: dict[str, object] = json.loads(output_of(python(LOAD, module, *names, **environment)))
    return answer


def test_production_starts_with_sound_settings() -> None:
    names = ("DEBUG", "MOVABLE_CLOCK", "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SECURE_PROXY_SSL_HEADER")
    assert load("prod", *names, **SOUND) == {
        "DEBUG": False,
        "MOVABLE_CLOCK": False,
        "SESSION_COOKIE_NAME": "__Host-session",
        "CSRF_COOKIE_NAME": "__Host-csrf",
        "SECURE_PROXY_SSL_HEADER": None,
    }


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SECRET_KEY", "", "Set SECRET_KEY to at least 50 random characters"),
        ("SECRET_KEY", "short", "Set SECRET_KEY to at least 50 random characters"),
        ("SECRET_KEY", "ab" * 40, "Set SECRET_KEY to at least 50 random characters"),
        ("STATE_KEY", "", "Set STATE_KEY to at least 50 random characters"),
        ("STATE_KEY", SOUND["SECRET_KEY"], "SECRET_KEY and STATE_KEY must differ"),
        ("DATABASE_URL", "", "Set DATABASE_URL, for example postgresql://"),
        ("DATABASE_URL", "mysql://root@localhost/credit", "DATABASE_URL must begin with postgresql://"),
        ("ALLOWED_HOSTS", "", "List the host names of this service in ALLOWED_HOSTS"),
        ("ALLOWED_HOSTS", "*", "List the host names of this service in ALLOWED_HOSTS"),
        ("PUBLIC_URL", "http://credit.example", "Set PUBLIC_URL to the https:// address"),
        ("DEBUG", "1", "DEBUG must not be set in production"),
        ("MOVABLE_CLOCK", "1", "MOVABLE_CLOCK must not be set in production"),
    ],
)
def test_production_refuses_and_says_what_to_set(name: str, value: str, sentence: str) -> None:
    text = output_of(python(LOAD, "prod", **SOUND | {name: value}), status=1)
    assert sentence in text.splitlines()[-1]


def test_production_believes_only_the_named_proxy_header() -> None:
    header = load("prod", "SECURE_PROXY_SSL_HEADER", **SOUND, PROXY_SSL_HEADER="HTTP_X_FORWARDED_PROTO")
    assert header == {"SECURE_PROXY_SSL_HEADER": ["HTTP_X_FORWARDED_PROTO", "https"]}


def test_only_web_processes_pool_their_connections() -> None:
    plain = load("prod", "DATABASES", **SOUND)["DATABASES"]
    pooled = load("prod", "DATABASES", **SOUND, DATABASE_POOL="1")["DATABASES"]
    assert isinstance(plain, dict)
    assert isinstance(pooled, dict)
    assert plain["default"]["OPTIONS"] == {"prepare_threshold": 5}
    assert pooled["default"]["OPTIONS"]["pool"]["max_size"] > 1
    # Django refuses a pool together with connections that are kept.
    assert pooled["default"].get("CONN_MAX_AGE", 0) == 0


def test_development_needs_no_configuration_and_starts_nothing(tmp_path: Path) -> None:
    nothing = dict.fromkeys(("SECRET_KEY", "STATE_KEY", "DATABASE_URL", "EMAIL_HOST"), "")
    names = ("SECRET_KEY", "STATE_KEY", "DEBUG", "MOVABLE_CLOCK", "EMAIL_BACKEND", "DATABASES")
    var = tmp_path / "var"
    first = load("dev", *names, VAR_DIR=str(var), **nothing)
    assert load("dev", *names, VAR_DIR=str(var), **nothing) == first
    assert first["SECRET_KEY"] != first["STATE_KEY"]
    assert (first["DEBUG"], first["MOVABLE_CLOCK"]) == (False, True)
    assert first["EMAIL_BACKEND"] == "django.core.mail.backends.filebased.EmailBackend"
    assert [path.name for path in var.iterdir()] == ["secrets"]


def test_development_takes_the_given_database(tmp_path: Path) -> None:
    given = {"VAR_DIR": str(tmp_path), "DATABASE_URL": "postgresql://me:se%40cret@db.example:6432/kredit"}
    databases = load("dev", "DATABASES", **given)["DATABASES"]
    assert isinstance(databases, dict)
    assert databases["default"]["HOST"] == "db.example"
    assert databases["default"]["PASSWORD"] == "se@cret"


def test_kept_secrets_are_private_and_stay(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    before = os.umask(0)
    try:
        drawn = kept_secret(folder, "one")
    finally:
        os.umask(before)
    assert len(drawn) >= 50
    assert kept_secret(folder, "one") == drawn
    assert kept_secret(folder, "two") != drawn
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()] == [0o600, 0o600]


def test_processes_that_start_together_get_the_same_secret(tmp_path: Path) -> None:
    script = """
import sys; from pathlib import Path; from workflow_app.settings.kept import kept_secret
print(kept_secret(Path(sys.argv[1]) / "secrets", "one"))
"""
    starts = [python(script, tmp_path) for _ in range(4)]
    assert len({output_of(start) for start in starts}) == 1


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:p@h:5433/n", ("u", "p", "h", "5433", "n", {})),
        ("postgres://u@h/n", ("u", "", "h", "", "n", {})),
        ("postgresql://u@/n?host=/a%20b/run&port=5432", ("u", "", "/a b/run", "5432", "n", {})),
        ("postgresql://u:p%40%2F@h/%E4%BF%A1", ("u", "p@/", "h", "", "信", {})),
        ("postgresql://h/n?sslmode=verify-full", ("", "", "h", "", "n", {"sslmode": "verify-full"})),
        ("postgresql://h", ("", "", "h", "", "postgres", {})),
    ],
)
def test_database_addresses(url: str, expected: tuple[object, ...]) -> None:
    entry = database_from_url(url)
    assert entry["ENGINE"] == "django.db.backends.postgresql"
    assert entry["CONN_HEALTH_CHECKS"]
    parts = ("USER", "PASSWORD", "HOST", "PORT", "NAME", "OPTIONS")
    *others, options = expected
    assert isinstance(options, dict)
    assert tuple(entry[name] for name in parts) == (*others, {"prepare_threshold": 5} | options)


@pytest.mark.parametrize("url", ["sqlite:///db.sqlite3", "mysql://h/n", "h/n", ""])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="must begin with postgresql://"):
        database_from_url(url)
