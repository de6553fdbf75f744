"""办事指南: how a process goes, told from its own files, with its blank forms."""

from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from forms.renderer import build_form
from workflow_app.demo.scenario import Scenario, find_scenarios
from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import NotFoundError
from workflow_app.engine.bundles import Bundle
from workflow_app.engine.diagram import Diagram, Node
from workflow_app.models import Region
from workflow_app.selectors.process_pages import describe_process, rules_kept
from workflow_app.services.case_forms import form_of
from workflow_app.services.definitions import current_bundle
from workflow_app.web.bundles import diagram_of
from workflow_app.web.diagram import Position, describe, draw
from workflow_app.web.submissions import form_title
from workflow_app.web.visitor import language


@dataclass(frozen=True)
class Story:
    """An example: what it is about, and the steps that people take in it, in order."""

    title: str
    steps: list[Node]


@require_safe
def guide(request: HttpRequest, slug: str) -> HttpResponse:
    """How a process goes."""
    _, bundle = current_bundle(slug)
    diagram = diagram_of(bundle)
    regions = {region.code: region for region in Region.objects.all()}
    # What holds in places that nobody here is in charge of would only confuse.
    kept = rules_kept(slug, clock.now().astimezone(CHINA).date())
    rules = [rule for rule in kept if rule.jurisdiction in {"", *regions}]
    context = {
        "page": describe_process(bundle, diagram, rules),
        "bundle": bundle,
        "picture": draw(diagram, Position()),
        "picture_text": describe(diagram, Position()),
        "regions": regions,
        "stories": stories(bundle, diagram),
        "may_start": "applicant" in bundle.manifest.starters,
    }
    return render(request, "web/public/guide.html", context)


@require_safe
def guide_form(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """One form of the process as it looks, to be read and not to be sent."""
    _, bundle = current_bundle(slug)
    if f"forms/{slug}/{name}.schema.json" not in bundle.files:
        raise NotFoundError
    form = form_of(bundle, name)
    context = {
        "bundle": bundle,
        "title": form_title(form),
        "form": build_form(form, language=language(), initial={}, choices={}),
    }
    return render(request, "web/public/guide_form.html", context)


def stories(bundle: Bundle, diagram: Diagram) -> list[Story]:
    """The examples that the process is tested with, without those that show how it must not go."""
    return [
        Story(
            each.title, [diagram.nodes[step.target] for step in each.steps if _is_step(step.target, diagram)]
        )
        for each in _scenarios(bundle.slug)
        if not each.must_fail
    ]


def _is_step(target: object, diagram: Diagram) -> bool:
    return isinstance(target, str) and target in diagram.nodes


@lru_cache(maxsize=64)
def _scenarios(slug: str) -> list[Scenario]:
    """They are files of the release and do not change while it runs."""
    return find_scenarios(settings.BASE_DIR, slug)
