"""Service tasks: each calls an operation that exists, with the parameters it takes, about things that exist."""

import inspect
from collections.abc import Iterator

from workflow_app.engine.diagram import Node
from workflow_app.gate.shape import LANES
from workflow_app.gate.subject import Subject, constant, constants


def check(subject: Subject) -> Iterator[str]:
    """Every breach, without the name of the file."""
    for node in subject.program.diagram.of_kind("serviceTask"):
        yield from _call(node)
        yield from _references(subject, node)


def names_set_by(node: Node) -> list[str]:
    """The facts that a service task's operation sets; none for an operation that does not exist."""
    from workflow_app.services.operations import OPERATIONS
    from workflow_app.services.operations.registry import names_set

    if node.operation not in OPERATIONS:
        return []
    given = {key: str(constant(text)) for key, text in node.parameters.items()}
    try:
        return [name.format(**given) for name in names_set(node.operation)]
    except KeyError:
        return []


def _call(node: Node) -> Iterator[str]:
    from workflow_app.services.operations import OPERATIONS

    handler = OPERATIONS.get(node.operation)
    if handler is None:
        yield f"{node.id}：没有操作“{node.operation}”"
        return
    parameters = list(inspect.signature(handler).parameters.values())[1:]
    for name in sorted(node.parameters.keys() - {each.name for each in parameters}):
        yield f"{node.id}：操作 {node.operation} 没有参数 {name}"
    for each in parameters:
        if each.name not in node.parameters and each.default is inspect.Parameter.empty:
            yield f"{node.id}：操作 {node.operation} 缺少参数 {each.name}"
    if "name" in node.parameters and not isinstance(constant(node.parameters["name"]), str):
        yield f"{node.id}：参数 name 应当是文字常量"


def _references(subject: Subject, node: Node) -> Iterator[str]:
    """Constants name clocks, letters, messages, roles, forms and fields of this process."""
    manifest = subject.bundle.manifest
    domain = node.operation.partition(".")[0]
    given = constants(node.parameters)
    known: dict[str, tuple[str, set[str]]] = {
        "form": ("表单", set(subject.forms)),
        "role": ("角色", set(LANES)),
    }
    if domain == "clock":
        known["name"] = ("时限", {clock.name for clock in manifest.clocks})
    if domain == "letter":
        kinds = {letter.kind for letter in manifest.letters}
        known |= {"kind": ("文书", kinds), "supersedes": ("文书", kinds)}
    if domain == "notify":
        known["event"] = ("通知", set(manifest.notifications))
    if isinstance(given.get("form"), str) and given["form"] in subject.forms:
        known["field"] = (f"表单 {given['form']} 的字段", set(subject.fields(str(given["form"]))))
    for name, (what, names) in known.items():
        if name in node.parameters and given[name] not in names:
            yield f"{node.id}：参数 {name} 指向的{what}“{given[name]}”不存在"
