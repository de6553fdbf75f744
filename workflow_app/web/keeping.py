"""What was typed is not lost when a session ends: it waits, for the same account, until it is shown again.

It lies in the session of the browser that sent it, which ends soon, and opens only for the account that typed it.
"""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, QueryDict
from django.urls import Resolver404, resolve, reverse

from workflow_app.domain.clock import system_time

_KEPT, _ENDED = "kept_form", "ended"
# Long enough to sign in again; longer would leave somebody's words on a public computer.
SECONDS = 15 * 60
MOST_CHARACTERS = 100_000
# Never kept: secrets, and names of acts that are over.
_LEFT_OUT = frozenset({"csrfmiddlewaretoken", "password", "form_token"})
# The pages that show again what was typed there, and the addresses by which their scripts save.
_SHOWN_BY = {
    "web:draft": "web:draft",
    "web:draft_save": "web:draft",
    "web:task": "web:task",
    "web:task_save": "web:task",
}


def keep_typed(request: HttpRequest, user: int) -> bool:
    """Lay aside what the account `user` sends in a form; whether there was anything that its page can show again.

    Not kept are files, which a browser has to send again, and more than `MOST_CHARACTERS`.
    """
    page = _page_of(request) if request.method == "POST" else ""
    if not page:
        return False
    fields = {name: values for name, values in request.POST.lists() if name not in _LEFT_OUT}
    if not fields or sum(len(value) for values in fields.values() for value in values) > MOST_CHARACTERS:
        return False
    request.session[_KEPT] = {"user": user, "path": page, "fields": fields, "at": _now()}
    return True


def _page_of(request: HttpRequest) -> str:
    try:
        found = resolve(request.path_info)
    except Resolver404:
        return ""
    page = _SHOWN_BY.get(found.view_name)
    return reverse(page, args=found.args, kwargs=found.kwargs) if page else ""


def remember_ended(request: HttpRequest, user: int) -> None:
    """Whose session it was that has just ended here: another window may still hold words of that account."""
    request.session[_ENDED] = {"user": user, "at": _now()}


def keep_late(request: HttpRequest) -> None:
    """Lay aside what a window sends whose session another window has seen end."""
    ended = request.session.get(_ENDED)
    if ended is not None and _now() - ended["at"] <= SECONDS:
        keep_typed(request, ended["user"])


def keep_over_sign_in(request: HttpRequest) -> Mapping[str, Any] | None:
    """What is laid aside, for a session that is about to be made anew."""
    return request.session.get(_KEPT)


def keep(request: HttpRequest, kept: Mapping[str, Any] | None) -> None:
    """Lay aside, in the session that begins now, what `keep_over_sign_in` found."""
    if kept:
        request.session[_KEPT] = dict(kept)


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
    if _now() - kept["at"] > SECONDS:
        del request.session[_KEPT]
        return None
    return dict(kept)


def _now() -> int:
    # The machine's own time, as sessions have it: a moved clock of the service ends none.
    return int(system_time().timestamp())
