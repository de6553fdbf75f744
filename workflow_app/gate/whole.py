"""All rules together, in the order in which a person would mend what they find."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from workflow_app.engine.bundles import Bundle
from workflow_app.engine.errors import DefinitionInvalidError
from workflow_app.engine.programs import compile_bundle
from workflow_app.gate import (
    deadlines,
    decisions,
    drawing,
    manifest,
    names,
    operations,
    papers,
    scenarios,
    shape,
)
from workflow_app.gate.subject import Subject


def gate_problems(bundle: Bundle, root: Path) -> list[str]:
    """What in a process breaks the rules of this service, each with file and element; [] if nothing.

    `root` is the folder with bpmn/, forms/ and notifications/. A diagram that cannot be read hides what else is wrong.
    """
    try:
        program = compile_bundle(bundle)
    except DefinitionInvalidError as error:
        return error.problems
    return list(_problems(Subject(bundle, program, root)))


def _problems(subject: Subject) -> Iterator[str]:
    for rules in (shape, operations, names, decisions, drawing):
        yield from (f"{subject.path}：{problem}" for problem in rules.check(subject))
    yield from (f"{subject.manifest_path}：{problem}" for problem in manifest.check(subject))
    for rules in (deadlines, papers, scenarios):
        yield from rules.check(subject)


def shared_problems(bundles: Mapping[str, Bundle]) -> list[str]:
    """What two processes must not share: the letters that begin their case numbers."""
    problems: list[str] = []
    owners: dict[str, str] = {}
    for slug, bundle in bundles.items():
        other = owners.setdefault(bundle.manifest.number_prefix, slug)
        if other != slug:
            problems.append(
                f"bpmn/{slug}/process.py：number_prefix {bundle.manifest.number_prefix} 已被 {other} 使用"
            )
    return problems
