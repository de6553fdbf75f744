"""Fill in an application step by step: kept from the first page on, checked page by page, gone on with anywhere."""

from typing import Any, BinaryIO, cast
from uuid import UUID

import segno
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from forms.fields import fields_of
from forms.loader import Form
from forms.problems import FormInvalidError, Problem
from forms.renderer import SchemaForm, attach_errors
from forms.steps import Step, merged, problems_on, steps_of
from forms.validator import validate
from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import CreditError, NotFoundError
from workflow_app.models import Draft
from workflow_app.selectors.drafts import get_draft
from workflow_app.selectors.signatures import open_request_of
from workflow_app.selectors.subjects import Represented, list_subjects
from workflow_app.services.documents import store_document
from workflow_app.services.drafts import discard_draft, save_draft
from workflow_app.services.errors import DraftChangedError, DraftSubmittedError
from workflow_app.web import filling
from workflow_app.web.bundles import start_form
from workflow_app.web.errors import sentence
from workflow_app.web.visitor import language, signed_in, user_of

# A link to a draft is good for a day, on any device, for the account that made it.
LINK_SECONDS = 24 * 60 * 60
_SALT = "web.draft"
_NOBODY = UUID(int=0)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def draft(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """One page of the application: the one asked for by `step`, from 1, else where its owner was last."""
    found = get_draft(user_of(request), draft_id)
    if found.submitted_at is not None:
        return redirect(receipt_of(found))
    if request.method != "POST" and open_request_of(found):
        # It waits for a second signature: the check says so, and how to take that back.
        return redirect("web:draft_check", found.pk)
    bundle, form = start_form(found.process)
    steps = steps_of(form)
    kept = filling.kept_form(request) if request.method != "POST" else None
    at = _asked(kept or request.POST or request.GET, len(steps), found.step)
    if request.method == "POST":
        return _take(request, found, form, steps, at)
    about = filling.About(bundle, found.on_behalf_of)
    if kept is not None:
        page = filling.reopened(request, form, about, kept, steps[at])
    else:
        page = filling.blank(request, form, about, found.data, steps[at])
        _say_what_is_wrong(request, form, found, steps[at], page)
    return _page(request, found, page, at)


def receipt_of(found: Draft) -> str:
    """Where a draft that was filed leads to: the receipt of what it became."""
    cases = "&".join(f"case={case.number}" for case in found.cases.order_by("id"))
    return f"{reverse('web:receipt')}?{cases}"


def _asked(said: QueryDict, steps: int, last: int) -> int:
    text = said.get("step", "")
    at = int(text) - 1 if text.isdecimal() and len(text) < 4 else last
    return min(max(at, 0), steps - 1)


def _say_what_is_wrong(request: HttpRequest, form: Form, found: Draft, step: Step, page: SchemaForm) -> None:
    """Whoever is sent back from the check sees at once what is to be mended on this page."""
    if "mend" not in request.GET:
        return
    try:
        validate(form, found.data)
    except FormInvalidError as invalid:
        attach_errors(page, problems_on(step, invalid.errors))


def _take(request: HttpRequest, found: Draft, form: Form, steps: tuple[Step, ...], at: int) -> HttpResponse:
    """What was typed is kept first; then on to the next page, or back to this one with what is wrong."""
    bundle, _ = start_form(found.process)
    filled = filling.read(request, form, filling.About(bundle, found.on_behalf_of), steps[at])
    data = merged(found.data, steps[at], filled.data)
    goes_back = "back" in request.POST
    wrong = [] if goes_back or "save" in request.POST else _wrong(form, data, steps[at])
    wrong = filling.without_refused(filled, wrong)
    stays = bool(wrong) or filled.is_refused or "save" in request.POST
    forward = at - 1 if goes_back else at + 1
    try:
        found = _save(request, found, data, form, at if stays else min(max(forward, 0), len(steps) - 1))
    except FormInvalidError as hostile:
        attach_errors(filled.page, hostile.errors)
        return _page(request, found, filled.page, at, status=422)
    except DraftChangedError as elsewhere:
        found.refresh_from_db()
        return _page(request, found, filled.page, at, problem=sentence(elsewhere), status=409)
    if wrong or filled.is_refused:
        attach_errors(filled.page, wrong)
        return _page(request, found, filled.page, at, status=422)
    if "save" in request.POST:
        messages.success(request, gettext("草稿已保存，可以随时回来继续填写。"))
        return redirect("web:cases")
    if forward >= len(steps):
        return redirect("web:draft_check", found.pk)
    return redirect(f"{reverse('web:draft', args=[found.pk])}?step={max(forward, 0) + 1}")


def _wrong(form: Form, data: dict[str, Any], step: Step) -> list[Problem]:
    try:
        validate(form, data)
    except FormInvalidError as invalid:
        return problems_on(step, invalid.errors)
    return []


def _save(request: HttpRequest, found: Draft, data: dict[str, Any], form: Form, step: int) -> Draft:
    version = request.POST.get("version", "")
    return save_draft(
        user=user_of(request),
        process=found.process,
        data=data,
        documents=filling.papers_in(form, data),
        on_behalf_of=found.on_behalf_of,
        draft_id=found.pk,
        version=int(version) if version.isdecimal() and len(version) < 10 else None,
        step=step,
    )


def _page(
    request: HttpRequest, found: Draft, page: SchemaForm, at: int, *, problem: str = "", status: int = 200
) -> HttpResponse:
    bundle, form = start_form(found.process)
    steps = steps_of(form)
    context = {
        "bundle": bundle,
        "form": page,
        "draft": found,
        "at": at + 1,
        "steps": [(number, step.heading(language())) for number, step in enumerate(steps, 1)],
        "step": steps[at].heading(language()),
        "represented": named(request, found.on_behalf_of),
        "problem": problem,
        # Stands in addresses for the paper that is not there yet.
        "nobody": _NOBODY,
    }
    return render(request, "web/portal/step.html", context, status=status)


def named(request: HttpRequest, code: str) -> Represented | None:
    """The subject that is filed for, if the account acts for it."""
    own = list_subjects(user_of(request))
    if not code:
        return own[0] if len(own) == 1 else None
    return next((each for each in own if each.subject.code == code), None)


@require_POST
@signed_in
def save(request: HttpRequest, draft_id: UUID) -> JsonResponse:
    """Keep what stands on the page by itself → `{version, saved_at}`; 409 with the `version` there is now when another
    window was faster, 422 for what no table can hold. Files come one by one through `file`."""
    found = get_draft(user_of(request), draft_id)
    bundle, form = start_form(found.process)
    steps = steps_of(form)
    at = _asked(request.POST, len(steps), found.step)
    filled = filling.read(request, form, filling.About(bundle, found.on_behalf_of), steps[at])
    try:
        found = _save(request, found, merged(found.data, steps[at], filled.data), form, at)
    except DraftChangedError as elsewhere:
        # With this version the page may say that its words hold.
        found.refresh_from_db()
        return _refused(elsewhere, version=found.version)
    except CreditError as refused:
        return _refused(refused)
    moment = clock.now().astimezone(CHINA)
    return JsonResponse({"version": found.version, "saved_at": f"{moment:%H:%M}"})


@require_POST
@signed_in
def file(request: HttpRequest, draft_id: UUID) -> JsonResponse:
    """Keep one paper for a field of the form → `{id, name, page}`, where `page` is the address of its first page's
    picture; or `{code, message}` with what is wrong with it."""
    found = get_draft(user_of(request), draft_id)
    if found.submitted_at is not None:
        return _refused(DraftSubmittedError())
    _, form = start_form(found.process)
    kinds = {field.name for field in fields_of(form) if field.kind == "documents"}
    kind, upload = request.POST.get("field", ""), request.FILES.get("file")
    if kind not in kinds or upload is None:
        return _refused(NotFoundError())
    try:
        content = cast(BinaryIO, upload)
        paper = store_document(user=user_of(request), kind=kind, name=upload.name or "", content=content)
    except CreditError as refused:
        return _refused(refused)
    page = reverse("web:document_page", args=[paper.pk, 1])
    return JsonResponse({"id": str(paper.pk), "name": paper.name, "page": page}, status=201)


def _refused(problem: CreditError, **more: int) -> JsonResponse:
    said = {"code": problem.code, "message": sentence(problem), **more}
    return JsonResponse(said, status=problem.status)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def link(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """A link, also as a QR code, by which the owner goes on with the draft on another device within a day."""
    found = get_draft(user_of(request), draft_id)
    if found.submitted_at is not None:
        raise DraftSubmittedError
    token = signing.dumps([user_of(request).pk, str(found.pk)], salt=_SALT)
    address = settings.PUBLIC_URL.rstrip("/") + reverse("web:resume", args=[token])
    picture = segno.make(address, error="m", micro=False).svg_inline(scale=5, border=2, omitsize=True)
    context = {
        "draft": found,
        "bundle": start_form(found.process)[0],
        "address": address,
        # Made here from an address of our own.
        "picture": mark_safe(picture),  # noqa: S308 - drawn by segno from our own address
    }
    return render(request, "web/portal/link.html", context)


@require_safe
@signed_in
def resume(request: HttpRequest, token: str) -> HttpResponse:
    """Where the link leads: to the draft, for its owner, as long as the link is good."""
    try:
        owner, draft_id = signing.loads(token, salt=_SALT, max_age=LINK_SECONDS)
    except signing.SignatureExpired:
        messages.warning(request, gettext("链接已过期。您的草稿还在，请从下面的列表继续填写。"))
        return redirect("web:cases")
    except signing.BadSignature as bad:
        raise NotFoundError from bad
    if owner != user_of(request).pk:
        raise NotFoundError
    return redirect("web:draft", UUID(draft_id))


@require_POST
@signed_in
def discard(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Throw the draft away."""
    discard_draft(draft_id=draft_id, user=user_of(request))
    messages.success(request, gettext("草稿已删除。"))
    return redirect("web:cases")
