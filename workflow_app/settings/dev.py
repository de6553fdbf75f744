"""Development and the demo world: works without configuration; nothing of it is fit for real cases."""

from workflow_app.postgres import Server

from .base import *  # noqa: F403 - settings are inherited as a whole
from .base import (
    ALLOWED_HOSTS,
    DATABASE_POOL,
    DATABASE_URL,
    EMAIL_HOST,
    HOST,
    POSTGRES_DIR,
    SECRET_KEY,
    STATE_KEY,
    VAR_DIR,
)
from .database import database_from_url
from .kept import kept_secret

SECRET_KEY = SECRET_KEY or kept_secret(VAR_DIR / "secrets", "secret_key")
STATE_KEY = STATE_KEY or kept_secret(VAR_DIR / "secrets", "state_key")
ALLOWED_HOSTS = [*ALLOWED_HOSTS, "localhost", "127.0.0.1", "[::1]", HOST]

# Naming the embedded server's address does not start it; `manage.py serve` and `manage.py postgres` do.
DATABASES = {
    "default": database_from_url(DATABASE_URL or Server(POSTGRES_DIR).url(), pool=DATABASE_POOL),
}

MOVABLE_CLOCK = True

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

if not EMAIL_HOST:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = VAR_DIR / "mail"
