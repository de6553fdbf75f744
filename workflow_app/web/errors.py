"""Pages for what went wrong: expected errors with what to do, and those nobody expects, in both languages."""

import logging
import sys
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext

from workflow_app.domain.errors import CreditError, NotFoundError
from workflow_app.selectors.wording import say
from workflow_app.web.keeping import keep_typed, kept_path

logger = logging.getLogger(__name__)

_RETRY_SECONDS = 10


def sentence(error: CreditError) -> str:
    """The error's sentence in the language of the page."""
    return say(error.message, error.params)


def expected(request: HttpRequest, error: CreditError) -> HttpResponse:
    """A page with the sentence of an expected error."""
    if isinstance(error, NotFoundError):
        return _page(request, 404, gettext("没有找到这个页面"), sentence(error))
    titles = {
        403: gettext("您无权进行此操作"),
        409: gettext("情况已经变化"),
        413: gettext("内容过大"),
        429: gettext("操作过于频繁"),
        503: gettext("服务暂时不可用"),
    }
    return _page(request, error.status, titles.get(error.status, gettext("操作未能完成")), sentence(error))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """No page at this address, or none that this person may see."""
    if request.path.startswith("/api/"):
        return _problem(404, "not_found", gettext("没有找到您要的内容，或者您无权查看。"))
    return _page(request, 404, gettext("没有找到这个页面"), gettext("没有找到您要的内容，或者您无权查看。"))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The request cannot be read."""
    if request.path.startswith("/api/"):
        return _problem(400, "bad_request", gettext("请求无法识别。"))
    return _page(request, 400, gettext("请求无法识别"), gettext("请返回上一页重新填写后再提交。"))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Not for this person."""
    if request.path.startswith("/api/"):
        return _problem(403, "forbidden", gettext("您无权进行此操作。"))
    return _page(request, 403, gettext("您无权进行此操作"), gettext("您的账户没有使用此页面的权限。"))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's secret does not match the browser's: usually a page that stood open since an earlier session."""
    if request.path.startswith("/api/"):
        return _problem(403, "csrf_failed", gettext("请求缺少安全令牌。"))
    # With an Origin header the page was ours; the secret is older than the latest sign-in. Nothing is done, and what
    # was typed is shown again to be sent anew.
    is_old = "Origin" in request.headers and reason.endswith("incorrect.")
    if is_old and request.user.is_authenticated and keep_typed(request, request.user.pk):
        return redirect(kept_path(request))
    return _page(
        request,
        403,
        gettext("页面已经过期"),
        gettext("此页面打开的时间过长，或者您已在别处重新登录。请返回上一页并刷新，再提交一次。"),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Nobody expected this. Called while the exception is being handled, also outside of views."""
    problem = sys.exc_info()[1]
    if isinstance(problem, (OperationalError, InterfaceError)):
        return unavailable(request, problem)
    if request.path.startswith("/api/"):
        return _problem(500, "server_error", gettext("服务器出现故障，我们已收到记录。"))
    return HttpResponse(_static_page("500.html"), status=500)


def unavailable(request: HttpRequest, problem: BaseException) -> HttpResponse:
    """The database does not answer. This page needs nothing but itself."""
    logger.error("database unavailable at %s: %s", request.path, problem)
    if request.path.startswith("/api/"):
        response: HttpResponse = _problem(503, "unavailable", gettext("服务暂时不可用，请稍后重试。"))
    else:
        response = HttpResponse(_static_page("503.html"), status=503)
    response.headers["Retry-After"] = str(_RETRY_SECONDS)
    return response


def _page(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    # Whoever asked for a part of a page is shown the sentence where that part would stand.
    if request.headers.get("HX-Request"):
        return render(request, "web/parts/refusal.html", {"text": text}, status=status)
    context = {"title": title, "text": text, "status": status, "back": _page_before(request)}
    return render(request, "web/error.html", context, status=status)


def _page_before(request: HttpRequest) -> str:
    """The page of this service whose form was refused, to look at it anew."""
    before = urlsplit(request.headers.get("Referer", ""))
    if request.method != "POST" or before.netloc != request.get_host() or not before.path.startswith("/"):
        return ""
    # Two slashes at the beginning would name another host.
    path = f"/{before.path.lstrip('/')}"
    return f"{path}?{before.query}" if before.query else path


def _problem(status: int, code: str, text: str) -> JsonResponse:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": text,
        "status": status,
        "detail": text,
        "code": code,
    }
    return JsonResponse(body, status=status, content_type="application/problem+json")


@cache
def _static_page(name: str) -> str:
    """A page in both languages that asks for nothing: no database, no visitor."""
    return render_to_string(f"web/static_pages/{name}")
