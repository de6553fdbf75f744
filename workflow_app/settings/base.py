"""Settings common to every environment. The environment is read here and nowhere else."""

import os
from pathlib import Path
from typing import Any

BASE_DIR = Path(__file__).resolve().parents[2]
VAR_DIR = Path(os.environ.get("VAR_DIR", BASE_DIR / "var"))

# Empty in base: dev and test bring a throw-away value, production refuses to start without a real one.
SECRET_KEY = os.environ.get("SECRET_KEY", "")
# Authenticates stored process state; kept apart from SECRET_KEY so that either can be rotated alone.
STATE_KEY = os.environ.get("STATE_KEY", "")
# Read so that production can refuse it; nothing here turns it on.
DEBUG = os.environ.get("DEBUG", "") == "1"
# Where `manage.py serve` listens.
HOST = os.environ.get("HOST", "127.0.0.1")
PORT = int(os.environ.get("PORT", "8000"))
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split(",") if os.environ.get("ALLOWED_HOSTS") else []
# Where the service is reached from outside; stands in letters (QR code) and e-mails.
PUBLIC_URL = os.environ.get("PUBLIC_URL", f"http://127.0.0.1:{PORT}")
# The header by which a proxy says that a request came over HTTPS, as Django names it: HTTP_X_FORWARDED_PROTO.
PROXY_SSL_HEADER = os.environ.get("PROXY_SSL_HEADER", "")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_q",
    # For its static files: the page that shows the API loads nothing from elsewhere.
    "ninja",
    "notifications",
    "forms",
    "workflow_app",
]

MIDDLEWARE = [
    "workflow_app.web.middleware.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "workflow_app.web.middleware.CompressionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "workflow_app.web.middleware.LanguageMiddleware",
    "workflow_app.web.middleware.IdleMiddleware",
    "workflow_app.web.middleware.ReadingMiddleware",
    "workflow_app.web.middleware.FailureMiddleware",
]

ROOT_URLCONF = "workflow_app.urls"
WSGI_APPLICATION = "workflow_app.wsgi.application"
AUTH_USER_MODEL = "workflow_app.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "workflow_app" / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "workflow_app.web.context.frame",
            ],
            "libraries": {
                "web": "workflow_app.web.tags",
                "process": "workflow_app.web.public.process_tags",
            },
        },
    },
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

# Filled by the settings of each environment through workflow_app.settings.database.
DATABASES: dict[str, dict[str, Any]] = {}
DATABASE_URL = os.environ.get("DATABASE_URL", "")
# Data of the embedded server, which serves when DATABASE_URL is empty.
POSTGRES_DIR = VAR_DIR / "postgres"
# Set by workflow_app.wsgi. CONN_MAX_AGE stays 0, which the pool demands and everything else can afford.
DATABASE_POOL = os.environ.get("DATABASE_POOL", "") == "1"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "workflow_app" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
# Besides what is compressed already: source maps, which are large and which only developers' tools fetch.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (
    "jpg", "jpeg", "png", "gif", "webp", "zip", "gz", "br", "woff", "woff2", "map",
)  # fmt: skip
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
STATICFILES_DIRS = [BASE_DIR / "workflow_app" / "web" / "static"]
# Uploaded documents and sealed letters, stored by the hash of their content.
BLOB_DIR = VAR_DIR / "blobs"
# Pictures of the pages of uploaded papers, made when somebody looks at them. May be deleted at any time.
PAGE_DIR = VAR_DIR / "pages"
# Keys and certificates of the agencies' seals.
PKI_DIR = Path(os.environ.get("PKI_DIR", VAR_DIR / "pki"))
# Opens the PKCS#12 files of the seals.
PKI_PASSWORD = os.environ.get("PKI_PASSWORD", "")

LOGIN_URL = "web:sign_in"
LOGIN_REDIRECT_URL = "web:home"
LOGOUT_REDIRECT_URL = "web:home"
CSRF_FAILURE_VIEW = "workflow_app.web.errors.csrf_failure"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# A clock that stories can move; production refuses to start with it.
MOVABLE_CLOCK = os.environ.get("MOVABLE_CLOCK", "") == "1"

EMAIL_HOST = os.environ.get("EMAIL_HOST", "")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("EMAIL_USE_TLS", "") == "1"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "credit@localhost")

# retry > timeout * (queue_limit / workers + 1), so that a slow job is never run twice while it still runs.
Q_CLUSTER = {
    "name": "credit",
    "orm": "default",
    "workers": int(os.environ.get("WORKERS", "2")),
    "queue_limit": 1,
    "timeout": 60,
    "retry": 180,
    "max_attempts": 5,
    "poll": 0.2,
    "save_limit": 1000,
    "catch_up": False,
    "label": "jobs",
}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
    "loggers": {
        "fontTools": {"level": "ERROR"},
        "weasyprint": {"level": "ERROR"},
        "pyhanko": {"level": "WARNING"},
        # It tells of every process and every job.
        "django-q": {"level": "WARNING"},
    },
}
