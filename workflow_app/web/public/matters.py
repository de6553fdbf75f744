"""承诺事项目录: what can be had on commitment, with the texts in force and those before."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import override
from django.views.decorators.http import require_safe

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.letters.blank import render_blank
from workflow_app.models import MatterText
from workflow_app.models.matters import CommitmentType
from workflow_app.selectors.matters import get_matter, get_version, list_groups, list_matters, list_versions
from workflow_app.web.downloads import attachment

_TEXTS = ("content", "consequences", "conditions", "checking", "legal_basis")


@require_safe
def matters(request: HttpRequest) -> HttpResponse:
    """The catalogue, as far as it is asked for."""
    asked = {name: request.GET.get(name, "").strip() for name in ("q", "type", "agency", "industry")}
    found = list_matters(
        commitment_type=asked["type"] if asked["type"] in CommitmentType.values else "",
        agency=asked["agency"],
        industry=asked["industry"],
        q=asked["q"],
    )
    context = {
        "matters": found,
        "types": CommitmentType.choices,
        "groups": list_groups(),
        "asked": asked,
        "is_filtered": any(asked.values()),
    }
    return render(request, "web/public/matters.html", context)


@require_safe
def matter(request: HttpRequest, code: str) -> HttpResponse:
    """One matter with the texts in force and what came before."""
    found = get_matter(code)
    context = {
        "matter": found.matter,
        "text": found.text,
        "is_in_force": True,
        "versions": list_versions(found.matter),
        "today": clock.now().astimezone(CHINA).date(),
    }
    return render(request, "web/public/matter.html", context)


@require_safe
def version(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """One version of a matter's texts, also an earlier one: a case keeps the version it was told about."""
    text = get_version(code, number)
    today = clock.now().astimezone(CHINA).date()
    context = {
        "matter": text.matter,
        "text": text,
        "is_in_force": text.pk == get_matter(code).text.pk,
        "versions": list_versions(text.matter),
        "today": today,
    }
    return render(request, "web/public/matter.html", context)


@require_safe
def blank(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The blank letter of commitment in that version, as PDF."""
    text = get_version(code, number)
    # A letter of the authority is Chinese, whoever asks for it.
    with override("zh-hans"):
        content = render_blank(_values(text), text.valid_from)
    name = f"信用承诺书-{text.matter.code}-v{text.version}.pdf"
    return attachment(content, name, "application/pdf")


def _values(text: MatterText) -> dict[str, str | int | bool]:
    found = text.matter
    return {
        "code": found.code,
        "version": text.version,
        "title": found.title,
        "type": str(CommitmentType(found.commitment_type).label),
        "agency": found.agency.name,
        "is_public": found.is_public,
        "publication_days": found.publication_days,
        "validity_days": found.validity_days,
        **{name: getattr(text, name) for name in _TEXTS},
    }
