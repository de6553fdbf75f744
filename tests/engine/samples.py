"""Small processes as text: a builder of diagrams without pictures, and bundles around them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bpmn.manifest import ClockName, Outcome, Process, Text
from workflow_app.engine.bundles import Bundle, content_hash

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"'
    ' xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI"'
    ' xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' id="definitions" targetNamespace="http://example.invalid/">\n'
)
_EVENTS = {"start": "startEvent", "end": "endEvent"}


def user(name: str, form: str = "decide", clock: str = "") -> str:
    """A user task."""
    properties = "".join(
        f'<spiffworkflow:property name="{key}" value="{value}"/>'
        for key, value in (("formJsonSchemaFilename", form), ("clock", clock), ("title_en", name))
    )
    return (
        f'<bpmn:userTask id="{name}" name="{name}"><bpmn:extensionElements>'
        f"<spiffworkflow:properties>{properties}</spiffworkflow:properties>"
        "</bpmn:extensionElements></bpmn:userTask>"
    )


def service(name: str, operation: str, /, **params: str) -> str:
    """A service task; parameters are expressions."""
    inside = "".join(
        f'<spiffworkflow:parameter id="{key}" type="str" value="{value}"/>' for key, value in params.items()
    )
    return (
        f'<bpmn:serviceTask id="{name}" name="{name}"><bpmn:extensionElements>'
        f'<spiffworkflow:serviceTaskOperator id="{operation}">'
        f"<spiffworkflow:parameters>{inside}</spiffworkflow:parameters></spiffworkflow:serviceTaskOperator>"
        "</bpmn:extensionElements></bpmn:serviceTask>"
    )


def rule(name: str, decision: str) -> str:
    """A business rule task."""
    return (
        f'<bpmn:businessRuleTask id="{name}" name="{name}"><bpmn:extensionElements>'
        f"<spiffworkflow:calledDecisionId>{decision}</spiffworkflow:calledDecisionId>"
        "</bpmn:extensionElements></bpmn:businessRuleTask>"
    )


def _waits(timer: str, message: str) -> str:
    if timer:
        return (
            "<bpmn:timerEventDefinition>"
            f'<bpmn:timeDate xsi:type="bpmn:tFormalExpression">{timer}</bpmn:timeDate>'
            "</bpmn:timerEventDefinition>"
        )
    return f'<bpmn:messageEventDefinition messageRef="message_{message.replace(".", "_")}"/>'


def catch(name: str, *, timer: str = "", message: str = "") -> str:
    """An intermediate event that waits for a date or a message."""
    inside = _waits(timer, message)
    return f'<bpmn:intermediateCatchEvent id="{name}" name="{name}">{inside}</bpmn:intermediateCatchEvent>'


def boundary(name: str, host: str, *, timer: str = "", message: str = "", interrupting: bool = True) -> str:
    """A boundary event on `host`."""
    return (
        f'<bpmn:boundaryEvent id="{name}" name="{name}" attachedToRef="{host}"'
        f' cancelActivity="{str(interrupting).lower()}">{_waits(timer, message)}</bpmn:boundaryEvent>'
    )


def gateway(name: str, kind: str = "exclusive", default: str = "") -> str:
    """A gateway; `kind` exclusive, parallel or eventBased."""
    chosen = f' default="{default}"' if default else ""
    return f'<bpmn:{kind}Gateway id="{name}" name="{name}"{chosen}/>'


def diagram(
    nodes: Sequence[str],
    flows: Sequence[str],
    *,
    slug: str = "sample",
    messages: Sequence[str] = ("training.passed",),
    lanes: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """A whole file. A node is XML or the id of a start or end event; a flow is `a > b`, `a > b : condition`."""
    body = "".join(
        each if each.startswith("<") else f'<bpmn:{_EVENTS[each.split("_")[0]]} id="{each}" name="{each}"/>'
        for each in nodes
    )
    for number, flow in enumerate(flows):
        ends, _, condition = flow.partition(" : ")
        source, _, target = ends.partition(" > ")
        inside = (
            f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{condition}</bpmn:conditionExpression>'
            if condition
            else ""
        )
        body += (
            f'<bpmn:sequenceFlow id="flow_{number}" sourceRef="{source}" targetRef="{target}">{inside}'
            "</bpmn:sequenceFlow>"
        )
    sets = "".join(
        f'<bpmn:lane id="lane_{role}" name="{role}">'
        + "".join(f"<bpmn:flowNodeRef>{node}</bpmn:flowNodeRef>" for node in members)
        + "</bpmn:lane>"
        for role, members in (lanes or {}).items()
    )
    declared = "".join(
        f'<bpmn:message id="message_{name.replace(".", "_")}" name="{name}"/>' for name in messages
    )
    lane_set = f'<bpmn:laneSet id="lanes">{sets}</bpmn:laneSet>' if sets else ""
    return (
        f'{_HEAD}<bpmn:process id="{slug}" name="示例" isExecutable="true">{lane_set}{body}</bpmn:process>'
        f"{declared}</bpmn:definitions>\n"
    )


def table(
    decision: str,
    inputs: Sequence[str],
    outputs: Sequence[str],
    rules: Sequence[tuple[Sequence[str], Sequence[str]]],
    *,
    attributes: str = 'hitPolicy="UNIQUE"',
) -> str:
    """A decision table in DMN 1.3."""
    columns = "".join(
        f'<input id="input_{n}"><inputExpression id="ask_{n}"><text>{text}</text></inputExpression></input>'
        for n, text in enumerate(inputs)
    ) + "".join(f'<output id="output_{n}" name="{name}"/>' for n, name in enumerate(outputs))
    rows = "".join(
        f'<rule id="rule_{r}">'
        + "".join(
            f'<inputEntry id="in_{r}_{n}"><text>{cell}</text></inputEntry>' for n, cell in enumerate(cells)
        )
        + "".join(
            f'<outputEntry id="out_{r}_{n}"><text>{v}</text></outputEntry>' for n, v in enumerate(values)
        )
        + "</rule>"
        for r, (cells, values) in enumerate(rules)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="http://x/">'
        f'<decision id="{decision}" name="{decision}"><decisionTable id="table" {attributes}>{columns}{rows}'
        "</decisionTable></decision></definitions>\n"
    )


def manifest(slug: str = "sample", **changes: Any) -> Process:
    """A manifest with everything that must be there."""
    values: dict[str, Any] = {
        "slug": slug,
        "version": "1",
        "title": Text("示例", "Sample"),
        "summary": Text("示例", "A sample"),
        "number_prefix": "SL",
        "about": "subject",
        "legal_basis": ("示例",),
        "clocks": (ClockName("handle", Text("办理", "Handling")),),
        "outcomes": {"end": Outcome("done", Text("办结", "Done"), True)},
        **changes,
    }
    return Process(**values)


def bundle(
    text: str, *, slug: str = "sample", tables: Mapping[str, str] | None = None, **changes: Any
) -> Bundle:
    """A bundle of one diagram and its decision tables."""
    files = {f"bpmn/{slug}/{slug}.bpmn": text}
    files |= {f"bpmn/{slug}/{name}.dmn": content for name, content in (tables or {}).items()}
    process = manifest(slug, **changes)
    return Bundle(slug, process.version, content_hash(files, process), files, process)
