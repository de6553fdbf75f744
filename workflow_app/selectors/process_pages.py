"""A process told from its own files: every step with who does it, what is filled in, how long it may take and why.

The page of the service and docs/processes/ are both written from this, so that neither can say what is not so.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import yaml

from bpmn.manifest import ClockName, Outcome
from forms.fields import FormField, fields_of
from forms.loader import Form, form_from_files
from workflow_app.engine.bundles import Bundle
from workflow_app.engine.diagram import Diagram, Node
from workflow_app.models import DeadlineRule

FORM_PROPERTY, CLOCK_PROPERTY = "formJsonSchemaFilename", "clock"


@dataclass(frozen=True)
class Rule:
    """One dated rule of one clock. `jurisdiction` is a GB/T 2260 code, "" the whole country."""

    clock: str
    jurisdiction: str
    amount: int
    unit: str
    starts: str
    valid_from: date
    legal_basis: str
    cap_amount: int | None = None
    pauses: str = ""
    extended_by: str = ""
    valid_until: date | None = None
    is_assumed: bool = False


@dataclass(frozen=True)
class TimedBy:
    """A clock with its rules: nearest places first, and of one place the newest."""

    name: ClockName
    rules: list[Rule]


@dataclass(frozen=True)
class FilledIn:
    """A form with its fields in order."""

    form: Form
    fields: tuple[FormField, ...]


@dataclass(frozen=True)
class Step:
    """One user task: `not_by` are the tasks whose doers may not do it (审办分离)."""

    node: Node
    form: FilledIn | None
    clock: ClockName | None
    not_by: list[Node]


@dataclass(frozen=True)
class End:
    """One way to end."""

    node: Node
    outcome: Outcome


@dataclass(frozen=True)
class ProcessPage:
    """All of it. `automatic` are the steps that the service does itself: operations and decisions."""

    bundle: Bundle
    diagram: Diagram
    start: FilledIn
    steps: list[Step]
    automatic: list[Node]
    clocks: list[TimedBy]
    ends: list[End]


def describe_process(bundle: Bundle, diagram: Diagram, rules: Iterable[Rule]) -> ProcessPage:
    """The process of the bundle, with these rules; `diagram` is the bundle's own, already read."""
    manifest = bundle.manifest
    by_clock: dict[str, list[Rule]] = {}
    for rule in sorted(rules, key=lambda each: (each.jurisdiction, -each.valid_from.toordinal())):
        by_clock.setdefault(rule.clock, []).append(rule)
    names = {each.name: each for each in manifest.clocks}
    return ProcessPage(
        bundle=bundle,
        diagram=diagram,
        start=filled_in(bundle, manifest.start_form),
        steps=[_step(bundle, diagram, node, names) for node in diagram.of_kind("userTask")],
        automatic=diagram.of_kind("serviceTask", "businessRuleTask"),
        clocks=[TimedBy(each, by_clock.get(each.name, [])) for each in manifest.clocks],
        ends=[End(diagram.nodes[element], outcome) for element, outcome in manifest.outcomes.items()],
    )


def filled_in(bundle: Bundle, name: str) -> FilledIn:
    """The form `name` of the bundle; raises `FormMissingError`."""
    form = form_from_files(bundle.files, bundle.slug, name)
    return FilledIn(form, fields_of(form))


def _step(bundle: Bundle, diagram: Diagram, node: Node, clocks: Mapping[str, ClockName]) -> Step:
    name = node.properties.get(FORM_PROPERTY, "")
    return Step(
        node=node,
        form=filled_in(bundle, name) if name else None,
        clock=clocks.get(node.properties.get(CLOCK_PROPERTY, "")),
        not_by=[diagram.nodes[each] for each in bundle.manifest.four_eyes.get(node.id, ())],
    )


def rules_kept(process: str, day: date) -> list[Rule]:
    """The rules of the process that hold on the day or later, as the service goes by them."""
    names = [each.name for each in fields(Rule)]
    rows = DeadlineRule.objects.filter(process=process).exclude(valid_until__lt=day)
    return [Rule(**values) for values in rows.values(*names)]


def rules_written(bundle: Bundle) -> list[Rule]:
    """All rules that the process came with, also those that hold no more."""
    names = {each.name for each in fields(Rule)}
    text = bundle.files.get(f"bpmn/{bundle.slug}/deadlines.yaml", "")
    found: list[dict[str, Any]] = yaml.safe_load(text) or []
    return [Rule(**{name: value for name, value in each.items() if name in names}) for each in found]
