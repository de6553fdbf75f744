"""One small process with everything the write path has to carry, and the people of the demo world."""

import json
from datetime import date, datetime
from functools import cache
from typing import Any

from bpmn.manifest import ClockName, Outcome, Text, process_from_dict
from tests.engine.samples import boundary, bundle, catch, diagram, gateway, service, user
from workflow_app.demo.names import subject_code
from workflow_app.domain.clock import CHINA
from workflow_app.engine.bundles import Bundle, content_hash
from workflow_app.models import Case, Clock, CreditRecord, DeadlineRule, Definition, Task, User
from workflow_app.models.tasks import LIVE
from workflow_app.services.cases import file_case
from workflow_app.services.tasks import complete_task

SLUG = "acts"
EVENTS = (
    "received",
    "task_waiting",
    "decided",
    "withdrawn",
    "due_soon",
    "overdue",
    "reminder",
    "extended",
)

_NODES = [
    "start",
    service("do_handle", "clock.start", name="'handle'"),
    user("task_check", "check", "handle"),
    boundary("timer_handle", "task_check", timer="handle_due"),
    gateway("gw_broken", default="flow_4"),
    service("do_break", "deadline.from_form", name="'x'", form="'never'", field="'x'"),
    gateway("gw_check", default="flow_7"),
    service("do_pause", "clock.pause", name="'handle'", owed_by="'applicant'", reason="'补正材料'"),
    service("do_supplement", "clock.start", name="'supplement'", amount="3"),
    user("task_supplement", "supplement", "supplement"),
    boundary("timer_supplement", "task_supplement", timer="supplement_due"),
    service("do_supplemented", "clock.stop", name="'supplement'"),
    service("do_resume", "clock.resume", name="'handle'"),
    service("do_pause_training", "clock.pause", name="'handle'", owed_by="'trainer'", reason="'参加培训'"),
    catch("msg_training", message="training.passed"),
    user("task_extend", "extend", "handle"),
    service("do_extend", "clock.extend", name="'handle'", form="'extend'"),
    user("task_ask", "ask", "handle"),
    user("task_approve", "approve", "handle"),
    service("do_stop", "clock.stop", name="'handle'"),
    service("do_tell", "notify.applicant", event="'decided'"),
    "end_done",
    "end_overdue",
    "end_broken",
    "end_late",
]
_FLOWS = [
    "start > do_handle",
    "do_handle > task_check",
    "timer_handle > gw_broken",
    "gw_broken > do_break : broken == True",
    "gw_broken > end_overdue",
    "do_break > end_broken",
    "task_check > gw_check",
    "gw_check > task_approve",
    "gw_check > do_pause : result == &quot;supplement&quot;",
    "gw_check > do_pause_training : result == &quot;train&quot;",
    "gw_check > task_extend : result == &quot;extend&quot;",
    "gw_check > do_break : result == &quot;break&quot;",
    "gw_check > task_ask : result == &quot;ask&quot;",
    "task_ask > task_check",
    "do_pause > do_supplement",
    "do_supplement > task_supplement",
    "timer_supplement > end_late",
    "task_supplement > do_supplemented",
    "do_supplemented > do_resume",
    "do_resume > task_check",
    "do_pause_training > msg_training",
    "msg_training > do_resume",
    "task_extend > do_extend",
    "do_extend > task_check",
    "task_approve > do_stop",
    "do_stop > do_tell",
    "do_tell > end_done",
]
_LANES = {
    "applicant": ["task_supplement"],
    "reviewer": ["task_check"],
    "approver": ["task_approve", "task_extend"],
    "source_unit": ["task_ask"],
}


def _form(title: str, required: list[str], **fields: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    properties = {name: {"title": name, **schema} for name, schema in fields.items()}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "type": "object",
        "additionalProperties": False,
        "required": required,
        "properties": properties,
    }
    widgets = {"records": {"widget": "record"}}
    return schema, {
        "order": list(fields),
        "fields": {name: widgets[name] for name in fields if name in widgets},
    }


_TEXT = {"type": "string", "maxLength": 500}
_PAPERS = {
    "type": "array",
    "maxItems": 10,
    "uniqueItems": True,
    "items": {"type": "string", "format": "document-id"},
}
_FORMS = {
    "start": _form(
        "申请",
        ["records"],
        records={
            "type": "array",
            "minItems": 1,
            "maxItems": 20,
            "items": {"type": "string", "maxLength": 40},
        },
        broken={"type": "boolean"},
        papers=_PAPERS,
    ),
    "check": _form("核查", ["result"], result={"type": "string", "maxLength": 20}, reason=_TEXT),
    "supplement": _form("补正", ["note"], note=_TEXT, papers=_PAPERS),
    "extend": _form("延期", ["amount", "reason"], amount={"type": "integer"}, reason=_TEXT),
    "ask": _form("反馈", ["note"], note=_TEXT),
    "approve": _form("审批", ["approval"], approval={"type": "string", "maxLength": 20}, reason=_TEXT),
}


@cache
def acts_bundle() -> Bundle:
    """The process as one bundle."""
    drawn = bundle(
        diagram(_NODES, _FLOWS, slug=SLUG, lanes=_LANES),
        slug=SLUG,
        about="records",
        number_prefix="ACTS",
        title=Text("办事", "Acts"),
        clocks=(
            ClockName("handle", Text("办理", "Handling")),
            ClockName("supplement", Text("补正", "Supplement")),
        ),
        outcomes={
            "end_done": Outcome("done", Text("办结", "Done"), True),
            "end_overdue": Outcome("overdue", Text("逾期", "Overdue"), False),
            "end_broken": Outcome("broken", Text("故障", "Broken"), False),
            "end_late": Outcome("late", Text("逾期未补正", "Not supplemented"), False),
        },
        notifications=EVENTS,
        inputs=("broken",),
        promoted={"task_check": ("result",)},
        four_eyes={"task_approve": ("task_check",), "task_check": ("task_approve",)},
        no_withdrawal_after=("task_approve",),
    )
    files = dict(drawn.files)
    for name, (schema, ui) in _FORMS.items():
        files[f"forms/{SLUG}/{name}.schema.json"] = json.dumps(schema, ensure_ascii=False)
        files[f"forms/{SLUG}/{name}.ui.json"] = json.dumps(ui)
        files[f"forms/{SLUG}/{name}.en.json"] = "{}"
    for event in EVENTS:
        for suffix in ("_subject.txt", ".txt", "_subject.en.txt", ".en.txt"):
            files[f"notifications/{SLUG}/{event}{suffix}"] = f"{event} {{{{ case.number }}}}"
    return Bundle(SLUG, drawn.version, content_hash(files, drawn.manifest), files, drawn.manifest)


def deploy_acts() -> Definition:
    """Bring the process into force with its rules: handling 10 working days, 20 with extensions."""
    made = acts_bundle()
    for clock, amount, cap in (("handle", 10, 20), ("supplement", 5, None)):
        DeadlineRule.objects.create(
            process=SLUG,
            clock=clock,
            amount=amount,
            cap_amount=cap,
            unit="working_day",
            starts="受理之日",
            escalation={"50": "assignee", "80": "queue", "100": "supervisor", "150": "region"},
            valid_from=date(2020, 1, 1),
            legal_basis="示例",
        )
    return Definition.objects.create(
        content_hash=made.content_hash,
        slug=SLUG,
        version=made.version,
        files=dict(made.files),
        manifest=made.manifest.as_dict(),
        is_current=True,
        created_at=datetime(2026, 3, 2, tzinfo=CHINA),
    )


def redeploy(files: dict[str, str] | None = None, **changes: Any) -> Definition:
    """Bring the process into force with other texts and another manifest; cases that run keep theirs."""
    made = acts_bundle()
    texts, manifest = {**made.files, **(files or {})}, {**made.manifest.as_dict(), **changes}
    Definition.objects.filter(slug=SLUG).update(is_current=False)
    return Definition.objects.create(
        content_hash=content_hash(texts, process_from_dict(manifest)),
        slug=SLUG,
        version="2",
        files=texts,
        manifest=manifest,
        is_current=True,
        created_at=datetime(2026, 3, 2, tzinfo=CHINA),
    )


def account(name: str) -> User:
    return User.objects.get(username=name)


def record(number: str = "DEMO-P-001") -> CreditRecord:
    return CreditRecord.objects.get(number=number)


def file(name: str = "applicant1", *numbers: str, **extra: Any) -> Case:
    """File one case about records of the demo world (DEMO-P-001 of org1 unless said) → the first case."""
    return file_all(name, *numbers, **extra)[0]


def file_all(
    name: str, *numbers: str, on_behalf_of: str = "", documents: Any = (), **data: Any
) -> list[Case]:
    records = [str(record(number).pk) for number in numbers or ("DEMO-P-001",)]
    code = subject_code(on_behalf_of) if on_behalf_of else ""
    return file_case(
        process=SLUG,
        data={"records": records, **data},
        user=account(name),
        on_behalf_of=code,
        documents=documents,
    )


def task(case: Case, element: str = "") -> Task:
    """The live task of a case."""
    rows = Task.objects.filter(case=case, status__in=LIVE)
    return rows.get(element=element) if element else rows.get()


def do(case: Case, by: str, **data: Any) -> Task:
    """Complete the case's one live task."""
    return complete_task(task_id=task(case).pk, user=account(by), data=data)


def the_clock(case: Case, name: str = "handle") -> Clock:
    return Clock.objects.filter(case=case, name=name).latest("id")


def kinds(case: Case) -> list[str]:
    """The kinds of the case's events, in order."""
    return list(case.events.order_by("sequence").values_list("kind", flat=True))


def china(text: str) -> datetime:
    """An aware moment from local text such as `2026-03-16 17:30`."""
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)
