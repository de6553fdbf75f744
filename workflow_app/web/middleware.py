"""What every page has in common: headers, language, time of idleness, and errors that people can mend."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext

from workflow_app.domain.clock import system_time
from workflow_app.domain.errors import CreditError
from workflow_app.selectors.reading import reading
from workflow_app.web import errors
from workflow_app.web.keeping import keep_typed, remember_ended
from workflow_app.web.visitor import access_of, is_signed_in, user_of

Handler = Callable[[HttpRequest], HttpResponse]

API_PREFIX = "/api/"

# Everything comes from this service itself; nothing inline is ever run or applied. `data:` is for the pictures
# that the style sheet carries in itself.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

# Idle time after which a session ends, in seconds (GB/T 22239 level 3: 15 minutes for staff, 30 for citizens).
STAFF_IDLE = 15 * 60
CITIZEN_IDLE = 30 * 60
TOUCH_EVERY = 60
_SEEN = "seen_at"
# Header of requests that a page makes by itself, see credit.js.
RENEWAL = "X-Renewal"


# Twenty papers of the largest size; a visitor only ever sends one letter to be verified.
MOST_BYTES = 410 * 1024 * 1024
MOST_BYTES_OF_VISITORS = 12 * 1024 * 1024


class RequestTooLargeError(CreditError):
    """More than any form of ours takes."""

    code = "request_too_large"
    message = "提交的内容过大，没有保存。请减少或压缩文件后重新提交。"
    status = 413


class SecurityHeadersMiddleware:
    """The headers of every answer; what belongs to one person is never kept by a browser or a proxy."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if not request.path.startswith(settings.STATIC_URL):
            patch_cache_control(response, no_store=True, private=True)
        return response


class CompressionMiddleware(GZipMiddleware):
    """Pages travel compressed, with a random length added so that it tells nothing of what is in them (BREACH).

    Letters, papers and pictures are compressed in themselves.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """The answer, compressed if it is text."""
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        is_text = kind in ("text/html", "application/json", "application/problem+json", "text/csv")
        return super().process_response(request, response) if is_text else response


class LanguageMiddleware:
    """Pages speak Chinese unless the person chose English: by the account, else by the cookie, never by guess."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(API_PREFIX):
            return self.get_response(request)
        language = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        if is_signed_in(request):
            language = request.user.language  # type: ignore[union-attr]  # signed in: an account
        if language not in dict(settings.LANGUAGES):
            language = settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = translation.get_language() or settings.LANGUAGE_CODE
            response = self.get_response(request)
            response.headers["Content-Language"] = "en" if language == "en" else "zh-Hans"
        return response


def idle_seconds(request: HttpRequest) -> int:
    """After how many seconds without an act the session of this account ends."""
    return STAFF_IDLE if access_of(request).roles else CITIZEN_IDLE


class IdleMiddleware:
    """Ends a session in which nothing was done for a while."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(API_PREFIX) and is_signed_in(request):
            self._look_at(request)
        return self.get_response(request)

    def _look_at(self, request: HttpRequest) -> None:
        # The machine's own time: moving the service's clock must not end sessions, and sessions know no deadlines.
        now = int(system_time().timestamp())
        idle = now - int(request.session.get(_SEEN, now))
        if idle > idle_seconds(request):
            user = user_of(request).pk
            logout(request)
            keep_typed(request, user)
            remember_ended(request, user)
            messages.info(request, gettext("您已有一段时间没有操作，为保护您的信息已自动退出，请重新登录。"))
        # A page that renews a part of itself is no sign of anybody sitting there.
        elif not request.headers.get(RENEWAL) and (_SEEN not in request.session or idle > TOUCH_EVERY):
            request.session[_SEEN] = now


class ReadingMiddleware:
    """Pages that are only read ask once what their reader may see."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD") or request.path.startswith(API_PREFIX):
            return self.get_response(request)
        with reading():
            return self.get_response(request)


class FailureMiddleware:
    """Expected errors as pages that say what to do; a database that does not answer as 503."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(API_PREFIX):
            return self.get_response(request)
        # No name in an address can hold it, and the database refuses to look for it.
        if "\0" in request.path_info:
            return errors.not_found(request)
        if _size(request) > (MOST_BYTES if is_signed_in(request) else MOST_BYTES_OF_VISITORS):
            return errors.expected(request, RequestTooLargeError())
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        """The answer to an exception of a page; the API answers for itself."""
        if request.path.startswith(API_PREFIX):
            return None
        if isinstance(problem, CreditError):
            return errors.expected(request, problem)
        if isinstance(problem, (OperationalError, InterfaceError)):
            return errors.unavailable(request, problem)
        return None


def _size(request: HttpRequest) -> int:
    """The length of the body as announced; what is not announced is not read."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    return int(announced) if announced.isdecimal() else 0
