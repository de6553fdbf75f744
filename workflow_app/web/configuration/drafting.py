"""What the three forms have in common: shown, sent, drafted once, and sent again with what is wrong."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from workflow_app.models import Change
from workflow_app.selectors.wording import say
from workflow_app.services.change_errors import ChangeInvalidError
from workflow_app.services.changes import draft_change, revise_change
from workflow_app.web import filling
from workflow_app.web.configuration.forms import ChangeForm
from workflow_app.web.visitor import user_of


def draft_page(
    request: HttpRequest,
    form: ChangeForm,
    template: str,
    context: Mapping[str, Any],
    change: Change | None = None,
) -> HttpResponse:
    """Show the form; once it was sent, make the draft (or write into `change`) and go on to its page.

    `form` has been read already. A button named `more` only asks for the page again.
    """
    if request.method == "POST" and "more" not in request.POST:
        content = form.content()
        if not form.problems:
            try:
                return filling.act_once(request, lambda: _draft(request, form, content, change))
            except ChangeInvalidError as invalid:
                for problem in invalid.errors:
                    form.attach(problem["pointer"], say(problem["message_id"], problem["params"]))
    page = {**context, "form": form, "change": change, "token": filling.new_token()}
    return render(request, template, page, status=422 if form.problems else 200)


def _draft(request: HttpRequest, form: ChangeForm, content: dict[str, Any], change: Change | None) -> str:
    said: dict[str, Any] = {"title": form.title, "reason": form.reason, "content": content}
    act: Callable[..., Change] = revise_change
    if change is None:
        act, said = draft_change, {**said, "kind": form.kind}
    else:
        said["change_id"] = change.pk
    return reverse("web:change", args=[act(user=user_of(request), **said).pk])
