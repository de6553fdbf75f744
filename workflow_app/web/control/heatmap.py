"""The diagram of a process with its steps coloured by how long they take and how often they are late."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe
from lxml import etree

from workflow_app.engine.bundles import Bundle
from workflow_app.engine.diagram import Diagram, Node
from workflow_app.engine.xmlguard import BPMN, BPMNDI, DC, parse_bpmn
from workflow_app.models.people import Role
from workflow_app.selectors.figures import Step, heat
from workflow_app.selectors.overdue import list_choices
from workflow_app.selectors.processes import list_processes
from workflow_app.services.definitions import current_bundle
from workflow_app.web.bundles import diagram_of
from workflow_app.web.control.asking import asked, recent_months, selection_of, span_of
from workflow_app.web.diagram import called, spoken
from workflow_app.web.tags import role_title
from workflow_app.web.visitor import for_roles, language, user_of

# A step's colour is told from few cases alike: the last quarter of a year.
MONTHS_SHOWN = 3
# From cool to hot; a step is coloured by where its figure lies between nothing and the highest of the diagram.
HEATS = 5
# As wide as the library makes labels itself.
_ENGLISH_LABEL = 90.0
MEASURES = ("p50", "p90", "late")


@dataclass(frozen=True)
class Line:
    """One step of the diagram with its figures; `heats` by measure, 0 where there is no figure."""

    element: str
    title: str
    role: str
    step: Step | None
    heats: dict[str, int]


@require_safe
@for_roles(Role.SUPERVISOR)
def heatmaps(request: HttpRequest) -> HttpResponse:
    """On to the first process."""
    first = list_processes(user_of(request))[0].slug
    return redirect(reverse("web:control_heatmap", args=[first]))


@require_safe
@for_roles(Role.SUPERVISOR)
def heatmap(request: HttpRequest, slug: str) -> HttpResponse:
    """The steps of the process in force, as a picture and as the table that says the same."""
    user, values = user_of(request), asked(request)
    _definition, bundle = current_bundle(slug)
    span = span_of(request, MONTHS_SHOWN)
    selection = selection_of({**values, "process": slug, "clock": ""})
    steps = heat(user, slug, since=span.since, until=span.until, selection=selection)
    measure = request.GET.get("measure", "")
    measure = measure if measure in MEASURES else MEASURES[0]
    lines = _lines(diagram_of(bundle), steps)
    context = {
        "slug": slug,
        "title": bundle.manifest.title,
        "processes": list_processes(user),
        "measures": [
            ("p50", gettext("半数不超过")),
            ("p90", gettext("九成不超过")),
            ("late", gettext("超期次数")),
        ],
        "measure": measure,
        "heats": range(1, HEATS + 1),
        "span": span,
        "months": recent_months(),
        "asked": values,
        "choices": list_choices(user),
        "lines": lines,
        "picture": _picture(lines),
    }
    return render(request, "web/control/heatmap.html", context)


@require_safe
@for_roles(Role.SUPERVISOR)
def diagram(request: HttpRequest, slug: str) -> HttpResponse:
    """The diagram in force as BPMN, with its names in the language of the page and without what only machines read."""
    _definition, bundle = current_bundle(slug)
    return HttpResponse(told(bundle), content_type="application/xml")


def told(bundle: Bundle) -> bytes:
    """The file of a process with every name as this page says it."""
    known = diagram_of(bundle)
    root = parse_bpmn(bundle.files[bundle.diagram_path], bundle.diagram_path)
    for each in list(root.iter(f"{{{BPMN}}}extensionElements", f"{{{BPMN}}}documentation")):
        each.getparent().remove(each)
    for each in root.iter(etree.Element):
        if name := each.get("name"):
            each.set("name", _called(known, each, name))
    if language() == "en":
        for bounds in root.iterfind(f".//{{{BPMNDI}}}BPMNLabel/{{{DC}}}Bounds"):
            _widen(bounds)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _widen(bounds: Any) -> None:
    """Room for English words: the places of labels were measured for Chinese."""
    more = max(0.0, _ENGLISH_LABEL - float(bounds.get("width")))
    bounds.set("width", str(float(bounds.get("width")) + more))
    bounds.set("x", str(float(bounds.get("x")) - more / 2))


def _called(known: Diagram, element: Any, name: str) -> str:
    if element.tag == f"{{{BPMN}}}lane":
        return role_title(name)
    node = known.nodes.get(element.get("id", ""))
    return called(known, node) if node else spoken(known, name)


def _lines(known: Diagram, steps: list[Step]) -> list[Line]:
    """The user tasks in the order of the file; then those of earlier versions that the diagram does not know."""
    found = {step.element: step for step in steps}
    highest = {name: max((_figure(step, name) for step in steps), default=0) for name in MEASURES}
    tasks = {node.id: node for node in known.of_kind("userTask")}
    return [
        _line(known, tasks.get(element), element, found.get(element), highest)
        for element in [*tasks, *(each for each in found if each not in tasks)]
    ]


def _line(
    known: Diagram, node: Node | None, element: str, step: Step | None, highest: dict[str, float]
) -> Line:
    heats = {name: _heat(_figure(step, name), highest[name]) if step else 0 for name in MEASURES}
    title = called(known, node) if node else gettext("{element}（以前的流程版本）").format(element=element)
    return Line(element, title, role_title(node.lane) if node else "", step, heats)


def _figure(step: Step, measure: str) -> float:
    figure = {"p50": step.p50_hours, "p90": step.p90_hours, "late": step.late}[measure]
    return float(figure or 0)


def _heat(figure: float, highest: float) -> int:
    """1 to `HEATS` by the share of the highest figure; 0 for none."""
    return min(HEATS, int(figure / highest * HEATS) + 1) if figure > 0 else 0


def _picture(lines: list[Line]) -> dict[str, Any]:
    """What the script colours and writes on the diagram."""
    words = {
        "late": gettext("超期 {n}"),
        "waiting": gettext("在办 {n}"),
        "hours": gettext("{n} 小时"),
        "failed": gettext("流程图未能显示，请看下面的表格。"),
    }
    steps = {
        line.element: {"title": line.title, "heats": line.heats, **_written(line.step)}
        for line in lines
        if line.step
    }
    return {"words": words, "steps": steps}


def _written(step: Step) -> dict[str, Any]:
    return {
        "p50": step.p50_hours,
        "p90": step.p90_hours,
        "late": step.late,
        "count": step.count,
        "running": step.running,
    }
