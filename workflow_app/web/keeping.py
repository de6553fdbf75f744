"""What was typed is not lost when a session ends: it waits, for the same account, until it is shown again.

It lies in the session of the browser that sent it, which ends soon, and opens only for the account that typed it.
"""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, QueryDict

from workflow_app.domain.clock import system_time

_KEPT = "kept_form"
# Long enough to sign in again; longer would leave somebody's words on a public computer.
SECONDS = 15 * 60
MOST_CHARACTERS = 100_000
# Never kept: secrets, and names of acts that are over.
_LEFT_OUT = frozenset({"csrfmiddlewaretoken", "password", "form_token"})


def typed_by(request: HttpRequest) -> dict[str, Any] | None:
    """What a form that arrives too late says, to be kept across the end of the session; None if there is nothing, or
    too much of it. Files are left out: a browser has to send them again."""
    if request.method != "POST":
        return None
    fields = {name: values for name, values in request.POST.lists() if name not in _LEFT_OUT}
    if not fields or sum(len(value) for values in fields.values() for value in values) > MOST_CHARACTERS:
        return None
    return {
        "user": request.user.pk,
        "path": request.path,
        "fields": fields,
        "at": int(system_time().timestamp()),
    }


def keep(request: HttpRequest, typed: Mapping[str, Any] | None) -> None:
    """Lay aside what `typed_by` found, in the session that begins now."""
    if typed:
        request.session[_KEPT] = dict(typed)


def keep_over_sign_in(request: HttpRequest) -> Mapping[str, Any] | None:
    """What is laid aside, for a session that is about to be made anew."""
    return request.session.get(_KEPT)


def kept_path(request: HttpRequest) -> str:
    """Where the laid-aside form belongs, so that signing in leads back to it; empty if there is none."""
    kept = _fresh(request)
    return str(kept["path"]) if kept else ""


def take_kept(request: HttpRequest) -> QueryDict | None:
    """What this account had typed on this page, once; None if nothing waits."""
    kept = _fresh(request)
    if kept is None or kept["path"] != request.path or kept["user"] != request.user.pk:
        return None
    del request.session[_KEPT]
    fields = QueryDict(mutable=True)
    for name, values in kept["fields"].items():
        fields.setlist(name, values)
    return fields


def _fresh(request: HttpRequest) -> Mapping[str, Any] | None:
    kept = request.session.get(_KEPT)
    if kept is None:
        return None
    if system_time().timestamp() - kept["at"] > SECONDS:
        del request.session[_KEPT]
        return None
    return dict(kept)
