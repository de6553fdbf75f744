"""Who is asking, from where, and in which language."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.utils.translation import get_language

from workflow_app.domain import clock
from workflow_app.domain.errors import ForbiddenError
from workflow_app.models import User
from workflow_app.models.people import Role
from workflow_app.selectors.access import Access
from workflow_app.web.keeping import keep_late

View = Callable[..., HttpResponseBase]

# Roles that have a desk: a queue of cases, or the counter.
DESK_ROLES = frozenset(
    {Role.REVIEWER, Role.APPROVER, Role.SOURCE_UNIT, Role.TRAINER, Role.SUPERVISOR, Role.CLERK}
)


def is_signed_in(request: HttpRequest) -> bool:
    """Whether an enabled account is signed in."""
    return bool(getattr(request, "user", None)) and request.user.is_authenticated


def user_of(request: HttpRequest) -> User:
    """The signed-in account; only for views behind `signed_in`."""
    return cast(User, request.user)


def access_of(request: HttpRequest) -> Access:
    """What the signed-in account may see and do, read once a request."""
    known = getattr(request, "_access", None)
    if known is None or known.user.pk != user_of(request).pk:
        known = Access(user_of(request), clock.now())
        request._access = known  # type: ignore[attr-defined]  # kept for the length of one request
    return known


def language() -> str:
    """`zh-hans` or `en`: the language of the page."""
    return "en" if (get_language() or "").startswith("en") else "zh-hans"


def address_of(request: HttpRequest) -> str:
    """Where the connection comes from; what a client says about itself in headers is not believed."""
    return str(request.META.get("REMOTE_ADDR", ""))


def signed_in(view: View) -> View:
    """Send visitors to the sign-in page and back here afterwards."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if is_signed_in(request):
            return view(request, *args, **kwargs)
        if request.headers.get("HX-Request"):
            # A part of a page that renews itself: the page says so, and keeps what stands on it.
            return HttpResponse(status=401)
        keep_late(request)
        back = request.get_full_path() if request.method != "POST" else ""
        target = resolve_url(settings.LOGIN_URL)
        return redirect(f"{target}?{urlencode({'next': back})}" if back else target)

    return guarded


def for_roles(*roles: str) -> Callable[[View], View]:
    """Only for accounts that hold one of `roles` today; raises ForbiddenError for others."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not access_of(request).roles & set(roles):
                raise ForbiddenError
            return view(request, *args, **kwargs)

        return signed_in(guarded)

    return guard
