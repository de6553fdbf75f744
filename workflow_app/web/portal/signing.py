"""Read all answers once more, sign them, and where a second person signs too, wait for that."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from forms.display import summary
from forms.loader import Form
from forms.problems import FormInvalidError
from forms.steps import first_faulty, steps_of
from forms.validator import validate
from workflow_app.domain.errors import CreditError, NotFoundError
from workflow_app.models import Case, CountersignRequest, Draft
from workflow_app.models.signatures import Capacity
from workflow_app.selectors.counter import get_visit
from workflow_app.selectors.documents import label_documents
from workflow_app.selectors.drafts import get_draft
from workflow_app.selectors.own_records import early_records
from workflow_app.selectors.signatures import (
    capacity_of,
    digest_of,
    get_to_countersign,
    list_to_countersign,
    needs_countersignature,
    open_request_of,
    papers_of,
    promised_text,
    request_of,
    subject_of,
    today,
)
from workflow_app.services.counter import ensure_signed
from workflow_app.services.countersigning import countersign, refuse_countersign, take_back_countersign
from workflow_app.services.errors import NotRepresentingError
from workflow_app.services.privacy import has_accepted, version_in_force
from workflow_app.services.signing import STATEMENTS, AnswersChangedError, sign_draft
from workflow_app.web import filling
from workflow_app.web.bundles import start_form
from workflow_app.web.errors import sentence
from workflow_app.web.portal.filing import named, receipt_of
from workflow_app.web.visitor import address_of, language, signed_in, user_of

Sections = list[dict[str, Any]]


@require_safe
@signed_in
def check(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """All answers, page by page, each with the way back to it; nothing is filed by looking."""
    found = get_draft(user_of(request), draft_id)
    if found.submitted_at is not None:
        return redirect(receipt_of(found))
    bundle, form = start_form(found.process)
    if (back := _faulty(form, found)) is not None:
        return redirect(f"{reverse('web:draft', args=[found.pk])}?step={back + 1}&mend=1")
    waiting = request_of(found)
    context = {
        "bundle": bundle,
        "draft": found,
        "sections": sections_of(request, form, found),
        "papers": _papers(request, found),
        "promised": promised_text(found),
        "digest": digest_of(found),
        "represented": named(request, found.on_behalf_of),
        "visit": get_visit(found),
        "early": early_records(user_of(request), found),
        "waiting": waiting if waiting and not waiting.settled_at else None,
        "refused": waiting if waiting and waiting.is_refused else None,
    }
    return render(request, "web/portal/check.html", context)


def _papers(request: HttpRequest, found: Draft) -> list[tuple[str, str]]:
    return label_documents(user_of(request), [str(key) for key in papers_of(found)])


def _faulty(form: Form, found: Draft) -> int | None:
    try:
        validate(form, found.data)
    except FormInvalidError as invalid:
        return first_faulty(steps_of(form), invalid.errors)
    return None


def sections_of(request: HttpRequest, form: Form, found: Draft) -> Sections:
    """The answers by step: `number`, `heading`, `rows` of (title, text)."""
    bundle, _ = start_form(found.process)
    about = filling.About(bundle, found.on_behalf_of)
    choices = filling.options(request, about, filling.papers_in(form, found.data))
    told = []
    for number, step in enumerate(steps_of(form), 1):
        answers = {name: found.data[name] for name in step.fields if name in found.data}
        rows = summary(form, answers, language(), choices=choices)
        told.append({"number": number, "heading": step.heading(language()), "rows": rows})
    return told


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def sign(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """The signature under one's own application; with it the application is filed."""
    found = get_draft(user_of(request), draft_id)
    if elsewhere := _not_to_be_signed(request, found):
        return elsewhere
    if request.method != "POST":
        return _sign_page(request, found) if _is_checked(request, found) else _check_anew(request, found)
    if "agree" not in request.POST:
        return _sign_page(request, found, missing=True, status=422)
    try:
        if (visit := get_visit(found)) is not None:
            ensure_signed(visit)
        result = sign_draft(draft_id=found.pk, user=user_of(request), **_proof(request))
    except NotFoundError:
        raise
    except FormInvalidError:
        return redirect("web:draft_check", found.pk)
    except AnswersChangedError:
        return _check_anew(request, found)
    except CreditError as refused:
        return _sign_page(request, found, problem=refused, status=refused.status)
    if isinstance(result, CountersignRequest):
        messages.success(request, gettext("您已签署。法定代表人签署后，申请自动提交，届时您会收到消息。"))
        return redirect("web:draft_check", found.pk)
    return redirect(_receipt(result))


def _not_to_be_signed(request: HttpRequest, found: Draft) -> HttpResponse | None:
    """Where a draft leads that is filed, waits for the second signature, or is not whole."""
    if found.submitted_at is not None:
        return redirect(receipt_of(found))
    _, form = start_form(found.process)
    is_locked = request.method != "POST" and open_request_of(found) is not None
    return redirect("web:draft_check", found.pk) if is_locked or _faulty(form, found) is not None else None


def _is_checked(request: HttpRequest, found: Draft) -> bool:
    """Whether the check that led here showed the answers as they are now; at the counter the signed sheet says so."""
    return get_visit(found) is not None or request.GET.get("digest") == digest_of(found)


def _check_anew(request: HttpRequest, found: Draft) -> HttpResponse:
    """Back to the answers, which are not the ones that were read before."""
    if "digest" in request.GET or "digest" in request.POST:
        messages.warning(request, sentence(AnswersChangedError()))
    return redirect("web:draft_check", found.pk)


def _proof(request: HttpRequest) -> dict[str, Any]:
    return {
        "password": request.POST.get("password", ""),
        "address": address_of(request),
        "digest": request.POST.get("digest", "")[:64],
        "consent": _consents(request),
    }


def _consents(request: HttpRequest) -> bool:
    """Whether the notice in force is the one that was agreed to: it may be a new one since the page was opened."""
    return request.POST.get("consent") == version_in_force()


def _receipt(cases: list[Case]) -> str:
    return f"{reverse('web:receipt')}?{urlencode([('case', case.number) for case in cases])}"


def _sign_page(
    request: HttpRequest,
    found: Draft,
    *,
    problem: CreditError | None = None,
    missing: bool = False,
    status: int = 200,
) -> HttpResponse:
    bundle, _ = start_form(found.process)
    user = user_of(request)
    subject = subject_of(found, user)
    if subject is None:
        raise NotRepresentingError
    context = {
        "bundle": bundle,
        "draft": found,
        "subject": subject,
        "visit": get_visit(found),
        "is_shared": needs_countersignature(user, subject, today()),
        **_signing(request, found, capacity_of(user, subject), problem, missing),
    }
    return render(request, "web/portal/sign.html", context, status=status)


def _signing(
    request: HttpRequest, found: Draft, capacity: Capacity, problem: CreditError | None, missing: bool
) -> dict[str, Any]:
    """What the fields of a signature need, with what is wrong in them: shared by both who sign."""
    code = problem.code if problem else ""
    return {
        "capacity": capacity.label,
        "statement": STATEMENTS[capacity],
        # What was shown with the fields, however often they are sent.
        "digest": request.POST.get("digest", digest_of(found))[:64],
        "version": version_in_force(),
        "needs_consent": not has_accepted(user_of(request)),
        "problem": sentence(problem) if problem else "",
        "is_password": code in ("password_wrong", "sign_in_throttled"),
        "is_consent": code == "consent_missing",
        "missing": missing,
        "agreed": "agree" in request.POST,
        "consented": _consents(request),
    }


@require_POST
@signed_in
def take_back(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Open the draft again, which waited for the second signature."""
    take_back_countersign(draft_id=draft_id, user=user_of(request))
    messages.success(request, gettext("签署请求已撤回，可以继续修改。"))
    return redirect("web:draft", draft_id)


@require_safe
@signed_in
def to_sign(request: HttpRequest) -> HttpResponse:
    """What waits for this account's signature as legal representative."""
    found = list_to_countersign(user_of(request))
    rows = [(each, start_form(each.draft.process)[0]) for each in found]
    return render(request, "web/portal/to_sign.html", {"requests": rows})


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def second(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """The answers an agent has signed, to be signed by the legal representative or refused."""
    waiting = get_to_countersign(user_of(request), draft_id)
    if request.method != "POST" or waiting.settled_at is not None:
        return _second_page(request, waiting)
    try:
        if "refuse" in request.POST:
            reason = request.POST.get("reason", "")
            refuse_countersign(draft_id=draft_id, user=user_of(request), reason=reason)
            messages.success(request, gettext("您没有签署，经办人会收到您写的理由。"))
            return redirect("web:to_sign")
        if "agree" not in request.POST:
            return _second_page(request, waiting, missing=True, status=422)
        cases = countersign(draft_id=draft_id, user=user_of(request), **_proof(request))
    except NotFoundError:
        raise
    except AnswersChangedError as changed:
        messages.warning(request, sentence(changed))
        return redirect("web:countersign", draft_id)
    except CreditError as refused:
        return _second_page(request, waiting, problem=refused, status=refused.status)
    return redirect(_receipt(cases))


def _second_page(
    request: HttpRequest,
    waiting: CountersignRequest,
    *,
    problem: CreditError | None = None,
    missing: bool = False,
    status: int = 200,
) -> HttpResponse:
    bundle, form = start_form(waiting.draft.process)
    context = {
        "waiting": waiting,
        "bundle": bundle,
        "draft": waiting.draft,
        "sections": sections_of(request, form, waiting.draft),
        "papers": _papers(request, waiting.draft),
        "promised": promised_text(waiting.draft),
        "subject": waiting.subject,
        "reason": request.POST.get("reason", "")[:300],
        "is_reason": bool(problem and problem.code == "refusal_reason_missing"),
        **_signing(request, waiting.draft, Capacity.REPRESENTATIVE, problem, missing),
    }
    return render(request, "web/portal/countersign.html", context, status=status)
