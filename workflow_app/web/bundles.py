"""What a page needs to know of a process: its diagram, the titles in it, its forms."""

from typing import Any

import yaml

from forms.loader import Form
from workflow_app.domain import clock
from workflow_app.engine.bundles import Bundle
from workflow_app.engine.diagram import Diagram, read_diagram
from workflow_app.engine.run import Run
from workflow_app.models import Case
from workflow_app.services.case_forms import form_of
from workflow_app.services.definitions import bundle_of, current_bundle
from workflow_app.web.diagram import Position

_DIAGRAMS: dict[str, Diagram] = {}
_MOST = 100


def diagram_of(bundle: Bundle) -> Diagram:
    """The diagram of a bundle, read once per process of the operating system."""
    known = _DIAGRAMS.get(bundle.content_hash)
    if known is None:
        known = read_diagram(bundle.files[bundle.diagram_path], bundle.diagram_path, _english(bundle))
        if len(_DIAGRAMS) >= _MOST:
            _DIAGRAMS.clear()
        _DIAGRAMS[bundle.content_hash] = known
    return known


def _english(bundle: Bundle) -> dict[str, str]:
    """English by the Chinese names in the diagram, from the file beside it and the manifest."""
    names = yaml.safe_load(bundle.files.get(f"bpmn/{bundle.slug}/{bundle.slug}.en.yaml", "")) or {}
    return {**names, bundle.manifest.title.zh: bundle.manifest.title.en}


def bundle_for(case: Case) -> Bundle:
    """The bundle the case is pinned to."""
    return bundle_of(case.definition_id)


def position_of(case: Case) -> Position:
    """Where the case stands; nothing moves by looking."""
    # Lists leave these out, and each would be fetched by itself.
    case.refresh_from_db(fields=["state", "state_mac", "serializer_version"])
    run = Run.load(
        bundle_for(case),
        case.number,
        bytes(case.state),
        bytes(case.state_mac),
        case.serializer_version,
        {},
        None,
        clock.now(),
    )
    found: dict[str, Any] = run.position()
    return Position(frozenset(found["active"]), tuple(found["done"]))


def start_form(slug: str) -> tuple[Bundle, Form]:
    """The process in force and the form that starts it; raises `ProcessUnknownError`."""
    _, bundle = current_bundle(slug)
    return bundle, form_of(bundle, bundle.manifest.start_form)
