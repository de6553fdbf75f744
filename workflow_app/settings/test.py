"""Tests: one folder and one PostgreSQL a run, shared by its processes; tests/conftest.py makes both."""

import os
import tempfile
from pathlib import Path

# Set before base reads it, so that nothing a test writes can reach the development tree. The first process of
# a run names the folder; those it starts inherit the name.
TEST_RUN_DIR = Path(
    os.environ.setdefault(
        "TEST_RUN_DIR", f"{tempfile.gettempdir()}/credit-workflow-test-{os.getuid()}-{os.getpid()}"
    )
)
os.environ["VAR_DIR"] = str(TEST_RUN_DIR / os.environ.get("PYTEST_XDIST_WORKER", "main"))

from workflow_app.postgres import Server  # noqa: E402 - VAR_DIR is set before

from .base import *  # noqa: E402, F403 - after VAR_DIR; settings are inherited as a whole
from .base import DATABASE_URL  # noqa: E402 - after VAR_DIR
from .database import database_from_url  # noqa: E402 - after VAR_DIR

SECRET_KEY = "tests-only-0123456789-abcdefghijklmnopqrstuvwxyz"  # noqa: S105 - protects nothing
STATE_KEY = "tests-only-zyxwvutsrqponmlkjihgfedcba-9876543210"
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]

# None when DATABASE_URL names a server; the tests then leave starting and stopping to whoever runs it.
TEST_SERVER = None if DATABASE_URL else Server(TEST_RUN_DIR / "postgres", throwaway=True)
DATABASES = {"default": database_from_url(TEST_SERVER.url() if TEST_SERVER else DATABASE_URL)}

MOVABLE_CLOCK = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Static files straight from their folders: no collectstatic before tests.
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
