"""Reads BPMN and DMN files as if their author were hostile: nothing is parsed that the house style does not know.

Guards (OWASP XML External Entity Prevention; the engine would otherwise follow scripts and entities): no DOCTYPE, no
processing instructions, no network, bounded size and number of elements, an allow-list of elements, the official XSD.
"""

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

from lxml import etree

from workflow_app.engine.errors import DefinitionInvalidError

MAX_BYTES = 512 * 1024
# What the engine walks through: activities, events, gateways. A chain of 3,000 exhausted the interpreter's stack.
MAX_FLOW_NODES = 200
# All elements of a file together, diagram included.
MAX_ELEMENTS = 12_000
MAX_DEPTH = 12

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DI = "http://www.omg.org/spec/DD/20100524/DI"
SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"
DMN = "https://www.omg.org/spec/DMN/20191111/MODEL/"
DMNDI = "https://www.omg.org/spec/DMN/20191111/DMNDI/"
DMN_DC = "http://www.omg.org/spec/DMN/20180521/DC/"
DMN_DI = "http://www.omg.org/spec/DMN/20180521/DI/"

# Namespace → the elements of it that a file may have.
Allowed = Mapping[str, Collection[str]]

FLOW_NODES = frozenset(
    {
        "startEvent", "endEvent", "intermediateCatchEvent", "boundaryEvent", "userTask", "serviceTask",
        "businessRuleTask", "exclusiveGateway", "parallelGateway", "eventBasedGateway",
    }
)  # fmt: skip

_DIAGRAM: Allowed = {
    BPMN: FLOW_NODES
    | {
        "definitions", "process", "documentation", "extensionElements", "laneSet", "lane", "flowNodeRef", "incoming",
        "outgoing", "sequenceFlow", "conditionExpression", "timerEventDefinition", "timeDate",
        "messageEventDefinition", "message", "textAnnotation", "text", "association",
    },
    BPMNDI: {"BPMNDiagram", "BPMNPlane", "BPMNShape", "BPMNEdge", "BPMNLabel", "BPMNLabelStyle"},
    DC: {"Bounds", "Font"},
    DI: {"waypoint"},
    SPIFF: {"properties", "property", "serviceTaskOperator", "parameters", "parameter", "calledDecisionId"},
}  # fmt: skip
_DECISION: Allowed = {
    DMN: {
        "definitions", "decision", "decisionTable", "input", "inputExpression", "inputValues", "output",
        "outputValues", "rule", "inputEntry", "outputEntry", "text", "description", "annotation", "annotationEntry",
    },
    DMNDI: {"DMNDI", "DMNDiagram", "DMNShape", "DMNEdge", "DMNLabel"},
    DMN_DC: {"Bounds"},
    DMN_DI: {"waypoint"},
}  # fmt: skip


def parse_bpmn(text: str, path: str) -> Any:
    """The root element of a diagram. `path` names the file in problems. Raises DefinitionInvalidError."""
    root = _parse(text, path, _DIAGRAM)
    nodes = sum(1 for element in root.iter(etree.Element) if name_of(element) in FLOW_NODES)
    if nodes > MAX_FLOW_NODES:
        raise DefinitionInvalidError(problems=[f"{path}：流程元素有 {nodes} 个，最多 {MAX_FLOW_NODES} 个"])
    _validate(root, path, _bpmn_schema())
    return root


def parse_dmn(text: str, path: str) -> Any:
    """The root element of a decision table in DMN 1.3. `path` names the file. Raises DefinitionInvalidError."""
    root = _parse(text, path, _DECISION)
    _validate(root, path, _dmn_schema())
    return root


def name_of(element: Any) -> str:
    """The element's name without its namespace."""
    return str(etree.QName(element).localname)


def _parse(text: str, path: str, allowed: Allowed) -> Any:
    content = text.encode("utf-8", "surrogatepass")
    if len(content) > MAX_BYTES:
        raise DefinitionInvalidError(problems=[f"{path}：文件有 {len(content)} 字节，最多 {MAX_BYTES} 字节"])
    # Before any parsing: an entity bomb would go off inside the parser. Neither word has a use in such a file.
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise DefinitionInvalidError(problems=[f"{path}：不允许 DOCTYPE 和实体声明"])
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        encoding="utf-8",
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise DefinitionInvalidError(problems=[f"{path}：不是格式正确的 XML：{error.msg}"]) from error
    problems = list(_objections(root, path, allowed))
    if problems:
        raise DefinitionInvalidError(problems=problems)
    return root


def _objections(root: Any, path: str, allowed: Allowed) -> Iterator[str]:
    tree = root.getroottree()
    if tree.docinfo.doctype:
        yield f"{path}：不允许 DOCTYPE 和实体声明"
    before = root.getprevious()
    if before is not None or root.getnext() is not None:
        yield f"{path}：不允许处理指令（processing instruction）"
    depths = {root: 1}
    for count, element in enumerate(root.iter(), 1):
        if count > MAX_ELEMENTS:
            yield f"{path}：元素超过 {MAX_ELEMENTS} 个"
            return
        if not isinstance(element.tag, str):
            yield f"{path} 第 {element.sourceline} 行：不允许处理指令和实体引用"
            continue
        parent = element.getparent()
        if parent is not None:
            depths[element] = depths[parent] + 1
        if depths[element] > MAX_DEPTH:
            yield f"{path} 第 {element.sourceline} 行：嵌套超过 {MAX_DEPTH} 层"
            return
        name = etree.QName(element)
        if name.localname not in allowed.get(name.namespace or "", ()):
            identifier = element.get("id")
            shown = f"{name.localname}（{identifier}）" if identifier else name.localname
            yield f"{path} 第 {element.sourceline} 行：不允许元素 {shown}"


def _validate(root: Any, path: str, schema: Any) -> None:
    if schema.validate(root):
        return
    problems = [f"{path} 第 {error.line} 行：不符合标准：{error.message}" for error in schema.error_log]
    raise DefinitionInvalidError(problems=problems[:20])


@lru_cache(maxsize=1)
def _bpmn_schema() -> Any:
    return _schema("SpiffWorkflow.bpmn.parser", "BPMN20.xsd")


@lru_cache(maxsize=1)
def _dmn_schema() -> Any:
    return _schema("SpiffWorkflow.dmn.parser", "DMN13.xsd")


def _schema(package: str, name: str) -> Any:
    # A wheel is unpacked on disk, so the imports beside the schema resolve without any network.
    with resources.as_file(resources.files(package) / "schema") as folder:
        parser = etree.XMLParser(no_network=True, resolve_entities=False)
        return etree.XMLSchema(etree.parse(str(folder / name), parser))
