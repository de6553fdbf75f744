"""Scenarios beside the diagram: readable, and together they reach every end of the process."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from workflow_app.gate.shape import side_ends
from workflow_app.gate.subject import Subject

_REQUIRED = {"title", "at", "by", "start", "expect"}


def check(subject: Subject) -> Iterator[str]:
    """Every breach, with the name of the file."""
    folder = subject.root / "bpmn" / subject.slug
    if not (folder / "README.md").is_file():
        yield f"bpmn/{subject.slug}/README.md：文件不存在"
    diagram = subject.program.diagram
    ends = {node.id for node in diagram.of_kind("endEvent")} - side_ends(diagram)
    reached = set()
    for path in sorted((folder / "scenarios").glob("*.yaml")):
        shown = path.relative_to(subject.root).as_posix()
        scenario, problems = _read(path)
        yield from (f"{shown}：{problem}" for problem in problems)
        if scenario and not scenario.get("must_fail"):
            end = scenario["expect"].get("end")
            reached.add(end)
            if end is not None and end not in ends:
                yield f"{shown}：expect.end 中的 {end} 不是结束事件"
    for end in sorted(ends - reached):
        yield f"bpmn/{subject.slug}/scenarios：没有任何情景到达结束事件 {end}"


def _read(path: Path) -> tuple[dict[str, Any] | None, list[str]]:
    try:
        scenario = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        return None, [f"不是有效的 YAML：{error}"]
    if not isinstance(scenario, dict):
        return None, ["应为一个情景"]
    missing = sorted(_REQUIRED - scenario.keys())
    if missing:
        return None, [f"缺少 {'、'.join(missing)}"]
    if not isinstance(scenario["expect"], dict):
        return None, ["expect 应为映射"]
    return scenario, []
