"""Forms on pages: options from the server, uploads that survive an error, and acts that happen once."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, BinaryIO, cast
from uuid import uuid4

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext

from forms.fields import fields_of
from forms.loader import Form
from forms.problems import FormInvalidError, Problem
from forms.renderer import SchemaForm, add_documents, attach_errors, build_form, form_data
from forms.steps import Step
from forms.validator import validate
from forms.widgets import Choices
from workflow_app.domain.errors import CreditError
from workflow_app.engine.bundles import Bundle
from workflow_app.models import User
from workflow_app.selectors.choices import choices_for
from workflow_app.selectors.documents import label_documents
from workflow_app.services.documents import store_document
from workflow_app.services.idempotency import Answer, IdempotencyInFlightError, answer_once
from workflow_app.web.errors import sentence
from workflow_app.web.keeping import take_kept
from workflow_app.web.visitor import language, user_of

TOKEN = "form_token"  # noqa: S105 - the name of a field
# More than a form takes in one go; each is also held to the rules for papers.
MOST_UPLOADS = 20
_TRIES, _PAUSE = 60, 0.1


@dataclass(frozen=True)
class About:
    """What a form is about: the process, and the code of the subject whose records it offers (empty: all own)."""

    bundle: Bundle
    code: str = ""


@dataclass(frozen=True)
class Filled:
    """A form as it came in: the page to show again, its JSON data, and whether a file was refused."""

    page: SchemaForm
    data: dict[str, Any]
    is_refused: bool

    @property
    def documents(self) -> list[str]:
        """The ids of all papers the form names."""
        return papers_in(self.page.source, self.data)


def papers_in(form: Form, data: Mapping[str, Any]) -> list[str]:
    """The ids of all papers named in filled data, whatever else it says."""
    named = [data.get(field.name) for field in fields_of(form) if field.kind == "documents"]
    return [str(each) for ids in named if isinstance(ids, list) for each in ids]


def blank(
    request: HttpRequest, form: Form, about: About, initial: Mapping[str, Any], step: Step | None = None
) -> SchemaForm:
    """The form, or one step of it, to fill in, beginning with `initial` (JSON data)."""
    choices = options(request, about, papers_in(form, initial))
    return build_form(form, language=language(), initial=initial, choices=choices, step=step)


def kept_form(request: HttpRequest) -> QueryDict | None:
    """What this account had typed here when its session ended, once, with a word about it; None if nothing waits."""
    kept = take_kept(request)
    if kept is not None:
        messages.info(request, gettext("您上次填写的内容已恢复，还没有提交。附件需要重新选择。"))
    return kept


def reopened(
    request: HttpRequest, form: Form, about: About, kept: QueryDict, step: Step | None = None
) -> SchemaForm:
    """The form, or one step of it, as it was typed when the session ended."""
    data = form_data(build_form(form, language=language(), data=kept, step=step))
    choices = options(request, about, papers_in(form, data))
    return build_form(form, language=language(), data=kept, choices=choices, step=step)


def options(request: HttpRequest, about: About, papers: Sequence[str]) -> Choices:
    """What the server offers in forms about this, with the names of papers already stored."""
    offered = choices_for(user_of(request), about.bundle, about.code)
    return {**offered, "documents": label_documents(user_of(request), papers)}


def read(request: HttpRequest, form: Form, about: About, step: Step | None = None) -> Filled:
    """The form, or one step of it, as it was sent. Files are stored first, so that whatever else is wrong they need not
    be sent again."""
    first = build_form(form, language=language(), data=request.POST, step=step)
    post: QueryDict = request.POST
    refused: list[tuple[str, str]] = []
    for name, upload in first.uploads():
        stored, problems = _store(request, name, request.FILES.getlist(upload))
        post = add_documents(post, name, stored)
        refused += [(name, problem) for problem in problems]
    data = form_data(build_form(form, language=language(), data=post, step=step))
    choices = options(request, about, papers_in(form, data))
    page = build_form(form, language=language(), data=post, choices=choices, step=step)
    for name, message in refused:
        page.attach(name, message)
    return Filled(page, data, bool(refused))


def _store(request: HttpRequest, name: str, files: Sequence[UploadedFile]) -> tuple[list[str], list[str]]:
    """The ids of the papers stored, and a sentence for each that was refused."""
    stored, problems = [], []
    if len(files) > MOST_UPLOADS:
        problems.append(gettext("一次最多上传 {most} 份文件，其余请分次上传。").format(most=MOST_UPLOADS))
    for file in files[:MOST_UPLOADS]:
        content = cast(BinaryIO, file)
        try:
            document = store_document(user=user_of(request), kind=name, name=file.name or "", content=content)
            stored.append(str(document.pk))
        except CreditError as problem:
            problems.append(sentence(problem))
    return stored, problems


def check(filled: Filled) -> bool:
    """Whether the form can be sent as it is; if not, every problem now stands beside its field."""
    try:
        validate(filled.page.source, filled.data)
    except FormInvalidError as invalid:
        attach_errors(filled.page, without_refused(filled, invalid.errors))
        return False
    return not filled.is_refused


def without_refused(filled: Filled, problems: Sequence[Problem]) -> list[Problem]:
    """A field whose file was refused says why; that it is empty as well is no news."""
    refused = set(filled.page.errors)
    return [each for each in problems if each["pointer"].strip("/").split("/")[0] not in refused]


def new_token() -> str:
    """A name for one act; it travels in a hidden field of the page."""
    return str(uuid4())


def act_once(request: HttpRequest, act: Callable[[], str]) -> HttpResponse:
    """Do `act`, which says where to go next, once for each page that was shown; sent again it leads to the same place.

    A second press while the first is at work waits for it. Errors of `act` leave nothing done and the page usable.
    """
    key, user = request.POST.get(TOKEN, ""), user_of(request)
    if not key or len(key) > 60:
        return redirect(act())
    answer = answer_waiting(
        user=user,
        key=f"page:{key}",
        # Addresses may be longer than a fingerprint.
        fingerprint=sha256(f"POST {request.path}".encode()).hexdigest(),
        act=lambda: Answer(303, "text/html", b"", {"Location": act()}),
    )
    return redirect(answer.headers["Location"])


def answer_waiting(*, user: User, key: str | None, fingerprint: str, act: Callable[[], Answer]) -> Answer:
    """As `answer_once`; whoever comes while the same is being done waits for its answer."""
    for _ in range(_TRIES):
        try:
            return answer_once(user=user, key=key, fingerprint=fingerprint, act=act)[0]
        except IdempotencyInFlightError:
            time.sleep(_PAUSE)
    raise IdempotencyInFlightError
