"""Who asks: a system by its bearer token, or a person by the session of the pages with their CSRF token."""

from typing import cast

from django.http import HttpRequest, HttpResponseForbidden
from django.middleware.csrf import CsrfViewMiddleware
from ninja.security.base import AuthBase

from workflow_app.api.failures import CsrfFailedError, NotAuthenticatedError
from workflow_app.models import User
from workflow_app.services.tokens import user_of_token

_SCHEME = "bearer"


def identify(request: HttpRequest) -> User | None:
    """The account behind the request, None for nobody; found once a request.

    A request that brings an Authorization header stands by it alone. Raises `CsrfFailedError` for a session that
    wants to change something without the page's token.
    """
    if not hasattr(request, "_identified"):
        header = request.headers.get("Authorization")
        found = _by_session(request) if header is None else _by_token(request, header)
        request._identified = found  # type: ignore[attr-defined]  # kept for the length of one request
    return cast(User | None, request._identified)  # type: ignore[attr-defined]  # set above


def signed_in(request: HttpRequest) -> User:
    """The account behind a request that passed authentication."""
    user = identify(request)
    if user is None:
        raise NotAuthenticatedError
    return user


def _by_token(request: HttpRequest, header: str) -> User | None:
    scheme, _, token = header.partition(" ")
    user = user_of_token(token.strip()) if scheme.lower() == _SCHEME and token.strip() else None
    if user is not None:
        request.user = user
    return user


def _by_session(request: HttpRequest) -> User | None:
    # A disabled account is nobody: the session backend asks for is_active.
    if not request.user.is_authenticated:
        return None
    _ensure_csrf(request)
    return request.user


def _ensure_csrf(request: HttpRequest) -> None:
    # All views of the API are exempt in the middleware, because tokens need no such proof; sessions do.
    guard = CsrfViewMiddleware(lambda _: HttpResponseForbidden())
    guard.process_request(request)
    request.csrf_processing_done = False  # type: ignore[attr-defined]  # the middleware's own mark
    if guard.process_view(request, _no_view, (), {}) is not None:
        raise CsrfFailedError


def _no_view(request: HttpRequest) -> HttpResponseForbidden:  # pragma: no cover - never called
    return HttpResponseForbidden()


class BearerToken(AuthBase):
    """`Authorization: Bearer TOKEN`, for systems."""

    openapi_type = "http"
    openapi_scheme = _SCHEME

    def __call__(self, request: HttpRequest) -> User | None:
        return identify(request) if "Authorization" in request.headers else None


class PageSession(AuthBase):
    """The session cookie of the pages, with the CSRF token in X-CSRFToken for everything that changes."""

    openapi_type = "apiKey"
    openapi_in = "cookie"
    openapi_name = "sessionid"
    # The page that shows the API sends the token along.
    csrf = True

    def __call__(self, request: HttpRequest) -> User | None:
        return None if "Authorization" in request.headers else identify(request)
