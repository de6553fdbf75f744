"""The manifest agrees with the diagram, the forms and the dated rules."""

import re
from collections.abc import Iterator

from bpmn.manifest import Process, Text
from workflow_app.gate.shape import LANES, side_ends
from workflow_app.gate.subject import Subject

_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_PREFIX = re.compile(r"[A-Z]{2,6}")
# Set aside for cases that the applicant takes back.
RESERVED_OUTCOMES = ("recalled", "withdrawn")


def check(subject: Subject) -> Iterator[str]:
    """Every breach, without the name of the file."""
    manifest = subject.bundle.manifest
    yield from _words(manifest)
    yield from _outcomes(subject)
    yield from _fields(subject)
    yield from _elements(subject)
    yield from _clocks(subject)


def _words(manifest: Process) -> Iterator[str]:
    texts: list[tuple[str, Text]] = [("title", manifest.title), ("summary", manifest.summary)]
    texts += [(f"clocks 的 {clock.name}", clock.title) for clock in manifest.clocks]
    texts += [(f"outcomes 的 {each.code}", each.title) for each in manifest.outcomes.values()]
    texts += [(f"letters 的 {letter.kind}", letter.title) for letter in manifest.letters]
    for where, text in texts:
        if not text.zh.strip() or not text.en.strip():
            yield f"{where} 应有中文和英文"
    if not _PREFIX.fullmatch(manifest.number_prefix):
        yield "number_prefix 应为 2 到 6 个大写字母"
    if not manifest.legal_basis or not all(text.strip() for text in manifest.legal_basis):
        yield "缺少 legal_basis"
    for role in manifest.starters:
        if role not in LANES or role == "system":
            yield f"starters 中没有角色“{role}”"
    if not manifest.starters:
        yield "缺少 starters"
    for letter in manifest.letters:
        if not letter.mark.strip():
            yield f"文书 {letter.kind} 缺少文号用字 mark"
    yield from _codes(manifest)


def _codes(manifest: Process) -> Iterator[str]:
    if manifest.answered_by not in {"", *(clock.name for clock in manifest.clocks)}:
        yield f"answered_by：clocks 中没有 {manifest.answered_by}"
    yield from _repeated("clocks", [clock.name for clock in manifest.clocks])
    yield from _repeated("letters", [letter.kind for letter in manifest.letters])
    yield from _repeated("letters 的 mark", [letter.mark for letter in manifest.letters])
    yield from _repeated("outcomes", [each.code for each in manifest.outcomes.values()])
    yield from _repeated("notifications", list(manifest.notifications))
    codes = [clock.name for clock in manifest.clocks] + [letter.kind for letter in manifest.letters]
    for code in [*codes, *manifest.notifications, *(each.code for each in manifest.outcomes.values())]:
        if not _CODE.fullmatch(code):
            yield f"“{code}”只能用小写字母、数字和下划线，并以字母开头"


def _repeated(where: str, values: list[str]) -> Iterator[str]:
    for value in sorted({value for value in values if values.count(value) > 1}):
        yield f"{where} 中“{value}”出现了不止一次"


def _outcomes(subject: Subject) -> Iterator[str]:
    diagram, outcomes = subject.program.diagram, subject.bundle.manifest.outcomes
    side = side_ends(diagram)
    ends = {node.id for node in diagram.of_kind("endEvent")} - side
    for end in sorted(ends - outcomes.keys()):
        yield f"结束事件 {end} 在 outcomes 中没有结果"
    for end in sorted(outcomes.keys() - ends):
        yield f"outcomes 中的 {end} 不是案件的结束事件"
    for outcome in outcomes.values():
        if outcome.code in RESERVED_OUTCOMES:
            yield f"结果代码 {outcome.code} 留给申请人撤回的案件"


def _fields(subject: Subject) -> Iterator[str]:
    manifest = subject.bundle.manifest
    start = subject.single_fields(manifest.start_form)
    if subject.fields(manifest.start_form):
        for name in manifest.inputs:
            if name not in start:
                yield f"inputs 中的 {name} 不是表单 {manifest.start_form} 的单值字段"
    for task, names in manifest.promoted.items():
        if task not in subject.program.tasks:
            yield f"promoted 中的 {task} 不是用户任务"
            continue
        form = subject.form_of(task)
        for name in names:
            if subject.fields(form) and name not in subject.single_fields(form):
                yield f"promoted 中 {task} 的 {name} 不是表单 {form} 的单值字段"
    needed = {"record": "record", "records": "records", "matter": "matter"}.get(manifest.about)
    if needed and subject.fields(manifest.start_form) and needed not in subject.fields(manifest.start_form):
        yield f"about 为 {manifest.about} 时，表单 {manifest.start_form} 应有字段 {needed}"


def _elements(subject: Subject) -> Iterator[str]:
    manifest, tasks = subject.bundle.manifest, subject.program.tasks
    for task, others in manifest.four_eyes.items():
        for element in (task, *others):
            if element not in tasks:
                yield f"four_eyes 中的 {element} 不是用户任务"
        if task in others:
            yield f"four_eyes 中的 {task} 不能与自身分离"
    for element in manifest.no_withdrawal_after:
        if element not in subject.program.diagram.nodes:
            yield f"no_withdrawal_after 中的 {element} 不是流程图的元素"


def _clocks(subject: Subject) -> Iterator[str]:
    names = {clock.name for clock in subject.bundle.manifest.clocks}
    for spec in subject.program.tasks.values():
        if spec.clock and spec.clock not in names:
            yield f"{spec.element} 的时限 {spec.clock} 不在 clocks 中"
