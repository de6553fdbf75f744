"""A process of one decision: the applicant files, reviewer1 decides, then the operations under test run."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from bpmn.manifest import LetterKind, Outcome, Text
from tests.engine.samples import bundle, diagram, service, user
from workflow_app.demo.names import subject_code
from workflow_app.domain.clock import CHINA
from workflow_app.engine.bundles import Bundle, content_hash
from workflow_app.models import Case, CreditRecord, Definition, Event, Task, User
from workflow_app.models.tasks import LIVE
from workflow_app.services.cases import file_case
from workflow_app.services.tasks import complete_task

Step = tuple[str, dict[str, str]]
_TEXT = {"type": "string", "maxLength": 2000}
_FIELDS: dict[str, dict[str, Any]] = {
    "start": {"record": _TEXT, "matter": {"type": "string", "maxLength": 40}},
    "decide": {
        "result": {"type": "string", "maxLength": 40},
        "reason": _TEXT,
        "basis": _TEXT,
        "changes": {
            "type": "array",
            "maxItems": 20,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"field": {**_TEXT, "title": "项目"}, "new": {**_TEXT, "title": "应为"}},
            },
        },
    },
}


def _forms(slug: str) -> dict[str, str]:
    files = {}
    for form, fields in _FIELDS.items():
        schema = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": form,
            "type": "object",
            "additionalProperties": False,
            "properties": {name: {"title": name, **each} for name, each in fields.items()},
        }
        files[f"forms/{slug}/{form}.schema.json"] = json.dumps(schema, ensure_ascii=False)
        files[f"forms/{slug}/{form}.ui.json"] = json.dumps({"order": list(fields), "fields": {}})
        files[f"forms/{slug}/{form}.en.json"] = "{}"
    return files


def bundle_of_steps(steps: Sequence[Step], about: str, slug: str, before: Sequence[Step] = ()) -> Bundle:
    """The process: `before` runs at filing, `steps` after the decision. A step is (operation, parameters)."""

    def tasks(kind: str, several: Sequence[Step]) -> list[tuple[str, str]]:
        return [
            (
                f"do_{kind}_{n}",
                service(f"do_{kind}_{n}", name, **{key: f"'{text}'" for key, text in given.items()}),
            )
            for n, (name, given) in enumerate(several)
        ]

    first, then = tasks("before", before), tasks("after", steps)
    order = ["start", *[name for name, _ in first], "task_decide", *[name for name, _ in then], "end"]
    nodes = ["start", *[xml for _, xml in first], user("task_decide"), *[xml for _, xml in then], "end"]
    flows = [f"{a} > {b}" for a, b in pairwise(order)]
    drawn = bundle(
        diagram(nodes, flows, slug=slug, lanes={"reviewer": ["task_decide"]}),
        slug=slug,
        about=about,
        number_prefix="STEP",
        outcomes={"end": Outcome("done", Text("办结", "Done"), True)},
        letters=(LetterKind("reply", Text("答复书", "Reply"), "答"),),
        clocks=(),
    )
    files = {**drawn.files, **_forms(slug)}
    return Bundle(slug, drawn.version, content_hash(files, drawn.manifest), files, drawn.manifest)


def deploy(made: Bundle) -> Definition:
    """Bring the bundle into force in place of an earlier one of the same slug."""
    Definition.objects.filter(slug=made.slug, is_current=True).update(is_current=False)
    found, _ = Definition.objects.update_or_create(
        content_hash=made.content_hash,
        defaults={
            "slug": made.slug,
            "version": made.version,
            "files": dict(made.files),
            "manifest": made.manifest.as_dict(),
            "is_current": True,
            "created_at": datetime(2026, 3, 2, tzinfo=CHINA),
        },
    )
    return found


def file(
    *steps: Step,
    number: str = "",
    matter: str = "",
    by: str = "",
    subject: str = "",
    before: Sequence[Step] = (),
    slug: str = "steps",
) -> Case:
    """File a case about the record `number` or the `matter`, by whoever stands for the subject unless said."""
    about = "record" if number else "matter" if matter else "subject"
    deploy(bundle_of_steps(steps, about, slug, before))
    data: dict[str, Any] = {}
    if number:
        found = record(number)
        data["record"] = str(found.pk)
        subject_of = found.subject
        by = by or stand_in(subject_of)
        code = subject_of.code
    else:
        data |= {"matter": matter} if matter else {}
        code = subject_code(subject or "org6")
        by = by or "agent1"
    (case,) = file_case(process=slug, data=data, user=account(by), on_behalf_of=code)
    return case


def stand_in(subject: Any) -> str:
    """A demo account that may file for the subject; agent1 is given a mandate where nobody may."""
    found = User.objects.filter(subject_accounts__subject=subject).first()
    if found:
        return found.username
    agent = account("agent1")
    if not agent.mandates.filter(subject=subject).exists():
        agent.mandates.create(subject=subject, valid_from=date(2026, 1, 1), valid_until=date(2030, 1, 1))
    return "agent1"


def decide(case: Case, by: str = "reviewer1", **data: Any) -> Case:
    """Complete the decision; what raises changes nothing."""
    task = Task.objects.get(case=case, status__in=LIVE)
    complete_task(task_id=task.pk, user=account(by), data=data)
    case.refresh_from_db()
    return case


def run(*steps: Step, number: str = "", matter: str = "", subject: str = "", **data: Any) -> Case:
    """File and decide in one go → the closed case."""
    return decide(file(*steps, number=number, matter=matter, subject=subject), **data)


def account(name: str) -> User:
    return User.objects.get(username=name)


def record(number: str) -> CreditRecord:
    return CreditRecord.objects.get(number=number)


def events(case: Case, kind: str) -> list[Event]:
    return list(case.events.filter(kind=kind).order_by("sequence"))


def changes(found: CreditRecord) -> list[tuple[str, str, str]]:
    """Every change of the record as (field, old, new), oldest first."""
    return list(found.changes.order_by("id").values_list("field", "old", "new"))
