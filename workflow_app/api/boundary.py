"""Around every address of the API: what is refused before anybody looks, one answer a key, one shape of errors."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase

from workflow_app.api.auth import identify
from workflow_app.api.body import ensure_address, ensure_size, fingerprint
from workflow_app.api.errors import answer_error
from workflow_app.api.failures import CsrfFailedError, MethodNotAllowedError
from workflow_app.api.headers import idempotency_key
from workflow_app.models import User
from workflow_app.services.idempotency import Answer, answer_once

View = Callable[..., HttpResponseBase]
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_KEPT_HEADERS = ("ETag", "Location")


def guarded(view: View) -> View:
    """The view inside the boundary. Whatever happens in it, a problem document is the worst that comes out."""

    @wraps(view)
    def boundary(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            ensure_address(request)
            ensure_size(request)
            response = _answer(view, request, *args, **kwargs)
        except Exception as error:
            response = answer_error(request, error)
        if isinstance(response, HttpResponseNotAllowed):
            response = _not_allowed(request, response)
        # Answers hold personal data, and what one reader may see another may not.
        response.setdefault("Cache-Control", "no-store")
        return response

    # Tokens need no such proof; for sessions workflow_app.api.auth asks for it.
    boundary.csrf_exempt = True  # type: ignore[attr-defined]  # how Django marks a view
    return boundary


def _answer(view: View, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
    user = None if request.method in SAFE_METHODS else _acting(request)
    if user is None:
        return view(request, *args, **kwargs)
    key = idempotency_key(request) if request.method == "POST" else None
    # Everything has come in before a transaction begins: a slow sender holds no lock.
    seen = fingerprint(request)
    made: list[HttpResponseBase] = []

    def act() -> Answer:
        response = view(request, *args, **kwargs)
        made.append(response)
        return _kept(response)

    answer, is_replay = answer_once(user=user, key=key, fingerprint=seen, act=act)
    if not is_replay:
        return made[0]
    response = HttpResponse(
        answer.body, status=answer.status, content_type=answer.content_type, headers=answer.headers
    )
    response["Idempotency-Replayed"] = "true"
    return response


def _acting(request: HttpRequest) -> User | None:
    try:
        return identify(request)
    except CsrfFailedError:
        # Whether that matters is for the operation to say: some are open to everybody.
        return None


def _kept(response: HttpResponseBase) -> Answer:
    assert isinstance(response, HttpResponse)
    return Answer(
        response.status_code,
        response.get("Content-Type", ""),
        response.content,
        {name: response[name] for name in _KEPT_HEADERS if name in response},
    )


def _not_allowed(request: HttpRequest, response: HttpResponseNotAllowed) -> HttpResponse:
    problem = answer_error(request, MethodNotAllowedError(method=request.method))
    problem["Allow"] = response["Allow"]
    return problem
