"""Sign in, sign out; the account and how it wants its pages: language, light or dark."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from workflow_app.selectors.absences import SUBSTITUTED
from workflow_app.services import sign_in as signing
from workflow_app.web.context import LOOK_COOKIE, LOOKS
from workflow_app.web.errors import sentence
from workflow_app.web.keeping import keep, keep_over_sign_in, kept_path
from workflow_app.web.visitor import DESK_ROLES, access_of, address_of, is_signed_in, signed_in, user_of

_COOKIE_AGE = 365 * 24 * 3600


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in page; afterwards back to `next`, else to the desk or the front page."""
    if request.method != "POST":
        return _page(request, request.GET.get("next", ""))
    back, username = request.POST.get("next", ""), request.POST.get("username", "")
    try:
        user = signing.sign_in(
            username=username, password=request.POST.get("password", ""), address=address_of(request)
        )
    except (signing.SignInFailedError, signing.SignInThrottledError) as refused:
        return _page(request, back, username=username, problem=sentence(refused), status=refused.status)
    kept = keep_over_sign_in(request)
    login(request, user)
    keep(request, kept)
    return redirect(_safe(request, back) or kept_path(request) or _first_page(request))


def _page(request: HttpRequest, back: str, *, status: int = 200, **context: str) -> HttpResponse:
    return render(
        request, "web/accounts/sign_in.html", {"next": _safe(request, back), **context}, status=status
    )


def _first_page(request: HttpRequest) -> str:
    return resolve_url("web:desk" if access_of(request).roles & DESK_ROLES else settings.LOGIN_REDIRECT_URL)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    messages.success(request, gettext("您已安全退出。"))
    return redirect(settings.LOGOUT_REDIRECT_URL)


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Read on in the chosen language, now and later, on this device and in messages."""
    chosen = request.POST.get("language", "")
    response = redirect(_safe(request, request.POST.get("next", "")) or "web:home")
    if chosen not in dict(settings.LANGUAGES):
        return response
    if is_signed_in(request):
        signing.set_language(user=user_of(request), language=chosen)
    _keep(response, settings.LANGUAGE_COOKIE_NAME, chosen)
    return response


@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """Light or dark, or as the device has it, on this device from now on."""
    response = redirect(_safe(request, request.POST.get("next", "")) or "web:home")
    if (chosen := request.POST.get("look", "")) in LOOKS:
        _keep(response, LOOK_COOKIE, chosen)
    return response


@require_safe
@signed_in
def account(request: HttpRequest) -> HttpResponse:
    """What this account is and may, and where its settings are."""
    access = access_of(request)
    context = {
        "grants": access.grants,
        "has_desk": bool(access.roles & DESK_ROLES),
        "may_be_substituted": bool(access.roles & set(SUBSTITUTED)),
    }
    return render(request, "web/accounts/account.html", context)


def _keep(response: HttpResponse, cookie: str, value: str) -> None:
    response.set_cookie(
        cookie,
        value,
        max_age=_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _safe(request: HttpRequest, url: str) -> str:
    """The address if it leads to a page of this service, else an empty text."""
    allowed = url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return url if allowed and url.startswith("/") else ""
