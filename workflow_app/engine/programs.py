"""A bundle made ready to run: parsed once per process of the operating system and per content hash."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from threading import Lock

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec

from workflow_app.domain.errors import CreditError
from workflow_app.engine.bundles import Bundle
from workflow_app.engine.decisions import Decision, read_decision
from workflow_app.engine.diagram import Diagram, Node, read_diagram
from workflow_app.engine.errors import DefinitionInvalidError
from workflow_app.engine.expressions import check_expression
from workflow_app.engine.specs import build_spec

# The engine writes every change of state with a dump of the data around it unless its loggers say no: half of its time.
for _name in ("spiff.workflow", "spiff.task"):
    logging.getLogger(_name).setLevel(logging.WARNING)

# Definitions in use at one time; older ones are parsed again when a case of theirs moves.
MAX_CACHED = 200


@dataclass(frozen=True)
class TaskSpec:
    """A user task as the diagram declares it. `role` is its lane; `clock` may be empty."""

    element: str
    title: str
    title_en: str
    role: str
    form: str
    clock: str


@dataclass(frozen=True)
class Program:
    """What runs: the engine's specification, and the diagram it was made from."""

    content_hash: str
    diagram: Diagram
    decisions: Mapping[str, Decision]
    spec: BpmnProcessSpec
    tasks: Mapping[str, TaskSpec]
    allowed: Mapping[str, frozenset[str]]


_PROGRAMS: dict[str, Program] = {}
_LOCK = Lock()


def program_of(bundle: Bundle) -> Program:
    """The program of a bundle, from memory where possible. Raises DefinitionInvalidError."""
    program = _PROGRAMS.get(bundle.content_hash)
    if program is None:
        program = compile_bundle(bundle)
        with _LOCK:
            while len(_PROGRAMS) >= MAX_CACHED:
                _PROGRAMS.pop(next(iter(_PROGRAMS)))
            _PROGRAMS[bundle.content_hash] = program
    return program


def compile_bundle(bundle: Bundle) -> Program:
    """Read, guard and build everything in the bundle that runs. Raises DefinitionInvalidError with all problems."""
    if bundle.diagram_path not in bundle.files:
        raise DefinitionInvalidError(problems=[f"{bundle.diagram_path}：文件不存在"])
    diagram = read_diagram(bundle.files[bundle.diagram_path], bundle.diagram_path)
    decisions = read_decisions(bundle)
    problems = [f"{bundle.diagram_path}：{problem}" for problem in _problems(diagram, bundle.slug)]
    if problems:
        raise DefinitionInvalidError(problems=problems)
    try:
        spec = build_spec(diagram, decisions)
    except DefinitionInvalidError as error:
        raise DefinitionInvalidError(
            problems=[f"{bundle.diagram_path}：{problem}" for problem in error.problems]
        ) from error
    manifest = bundle.manifest
    return Program(
        content_hash=bundle.content_hash,
        diagram=diagram,
        decisions=decisions,
        spec=spec,
        tasks={node.id: _task_spec(node) for node in diagram.of_kind("userTask")},
        allowed={
            node.id: frozenset(manifest.promoted.get(node.id, ())) for node in diagram.of_kind("userTask")
        },
    )


def read_decisions(bundle: Bundle) -> dict[str, Decision]:
    """Every decision table of the bundle, by id. Raises DefinitionInvalidError."""
    decisions: dict[str, Decision] = {}
    for path, text in bundle.below(f"bpmn/{bundle.slug}", ".dmn").items():
        decision = read_decision(text, path)
        if decision.id in decisions or path != f"bpmn/{bundle.slug}/{decision.id}.dmn":
            raise DefinitionInvalidError(
                problems=[f"{path}：决策标识 {decision.id} 应与文件同名，且只出现一次"]
            )
        decisions[decision.id] = decision
    return decisions


def _problems(diagram: Diagram, slug: str) -> Iterator[str]:
    """What the engine must be sure of before anything runs; the deployment gate asks for much more."""
    if diagram.process_id != slug:
        yield f"process 的 id 应为 {slug}，现为 {diagram.process_id}"
    if not diagram.is_executable:
        yield 'process 应有 isExecutable="true"'
    if len(diagram.of_kind("startEvent")) != 1:
        yield "应当恰好有一个开始事件"
    texts = [(flow.id, flow.condition) for flow in diagram.flows.values() if flow.condition]
    for node in diagram.nodes.values():
        texts += [(node.id, node.timer)] if node.timer else []
        texts += [(node.id, value) for value in node.parameters.values()]
        yield from _misplaced(diagram, node)
    for element, text in texts:
        try:
            check_expression(text)
        except CreditError as error:
            yield f"{element}：{error}"


def _misplaced(diagram: Diagram, node: Node) -> Iterator[str]:
    outgoing = diagram.outgoing(node.id)
    if node.kind == "endEvent" and outgoing:
        yield f"{node.id}：结束事件不能有流出"
    if node.kind != "endEvent" and not outgoing:
        yield f"{node.id} 没有流出"
    if node.kind in ("startEvent", "boundaryEvent") and diagram.incoming(node.id):
        yield f"{node.id}：开始事件和边界事件不能有流入"
    if node.is_boundary and diagram.nodes[node.attached_to].kind != "userTask":
        yield f"{node.id}：边界事件只能依附于用户任务，不能依附于 {node.attached_to}"
    if node.timer and not node.timer.isidentifier():
        yield f"{node.id}：定时事件的 timeDate 应当是一个数据名称，不能是 {node.timer}"
    if node.kind == "eventBasedGateway":
        for flow in outgoing:
            if diagram.nodes[flow.target].kind != "intermediateCatchEvent":
                yield f"{node.id}：事件网关之后只能是中间捕获事件，不能是 {flow.target}"


def _task_spec(node: Node) -> TaskSpec:
    return TaskSpec(
        element=node.id,
        title=node.name,
        title_en=node.properties.get("title_en", ""),
        role=node.lane,
        form=node.properties.get("formJsonSchemaFilename", ""),
        clock=node.properties.get("clock", ""),
    )
