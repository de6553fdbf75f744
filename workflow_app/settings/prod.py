"""Production. Every unsafe setting is refused at start, with a sentence that says what to set."""

from django.core.exceptions import ImproperlyConfigured

from .base import *  # noqa: F403 - settings are inherited as a whole
from .base import (
    ALLOWED_HOSTS,
    DATABASE_POOL,
    DATABASE_URL,
    DEBUG,
    MOVABLE_CLOCK,
    PROXY_SSL_HEADER,
    PUBLIC_URL,
    SECRET_KEY,
    STATE_KEY,
)
from .database import database_from_url

# A key of this length from a random source cannot be guessed; Django asks for the same.
SHORTEST_SECRET = 50
# Fewer different characters than this is a word or a pattern, not a drawn key.
FEWEST_CHARACTERS = 10
DRAW = 'python3 -c "import secrets; print(secrets.token_urlsafe(48))"'


def _refuse_unless(condition: bool, chinese: str, english: str) -> None:
    if not condition:
        raise ImproperlyConfigured(f"{chinese}\n{english}")


def _ensure_secret(name: str, value: str) -> None:
    _refuse_unless(
        len(value) >= SHORTEST_SECRET and len(set(value)) >= FEWEST_CHARACTERS,
        f"请设置环境变量 {name}：至少 {SHORTEST_SECRET} 个随机字符，可用 {DRAW} 生成。",
        f"Set {name} to at least {SHORTEST_SECRET} random characters, for example from {DRAW}.",
    )


_refuse_unless(
    not DEBUG, "生产环境不得设置 DEBUG，请去掉该环境变量。", "DEBUG must not be set in production: unset it."
)
_refuse_unless(
    not MOVABLE_CLOCK,
    "生产环境不得使用可调时钟，请去掉环境变量 MOVABLE_CLOCK。",
    "MOVABLE_CLOCK must not be set in production: unset it.",
)
_ensure_secret("SECRET_KEY", SECRET_KEY)
_ensure_secret("STATE_KEY", STATE_KEY)
_refuse_unless(
    SECRET_KEY != STATE_KEY,
    "SECRET_KEY 与 STATE_KEY 不得相同，请分别生成。",
    "SECRET_KEY and STATE_KEY must differ: draw each of them.",
)
_refuse_unless(
    bool(DATABASE_URL),
    "请设置 DATABASE_URL，例如 postgresql://user:password@host/credit；生产环境不使用内置数据库。",
    "Set DATABASE_URL, for example postgresql://user:password@host/credit; "
    "the embedded server is not for production.",
)
_refuse_unless(
    bool(ALLOWED_HOSTS) and "*" not in ALLOWED_HOSTS,
    "请在 ALLOWED_HOSTS 中列出本服务的域名，以逗号分隔，不得使用 *。",
    "List the host names of this service in ALLOWED_HOSTS, separated by commas, without *.",
)
_refuse_unless(
    PUBLIC_URL.startswith("https://"),
    "请将 PUBLIC_URL 设为本服务的 https:// 地址；它印在文书和邮件中。",
    "Set PUBLIC_URL to the https:// address of this service; letters and e-mails carry it.",
)

DATABASES = {"default": database_from_url(DATABASE_URL, pool=DATABASE_POOL)}

SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
# Only behind a proxy that always sets or removes this header: otherwise anybody could claim HTTPS.
SECURE_PROXY_SSL_HEADER = (PROXY_SSL_HEADER, "https") if PROXY_SSL_HEADER else None

# With the prefix browsers accept these cookies only from this host, over HTTPS, for every path.
SESSION_COOKIE_NAME = "__Host-session"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
CSRF_COOKIE_SECURE = True
LANGUAGE_COOKIE_NAME = "__Host-language"
LANGUAGE_COOKIE_SECURE = True

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
