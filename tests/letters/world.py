"""One letter as data, the tools that read PDF files from outside, and a small process that issues letters."""

import json
import subprocess
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from bpmn.manifest import ClockName, LetterKind, Outcome, Text
from tests.engine.samples import bundle, diagram, gateway, service, user
from workflow_app.demo.names import subject_code
from workflow_app.engine.bundles import Bundle, content_hash
from workflow_app.letters.page import render_letter
from workflow_app.letters.pki import Seal, seal_of
from workflow_app.letters.sealing import seal_pdf
from workflow_app.models import Case, CreditRecord, DeadlineRule, Definition, Letter, Task, User
from workflow_app.models.tasks import LIVE
from workflow_app.services.cases import file_case
from workflow_app.services.tasks import complete_task

WHEN = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
CODE = "0123456789ABCDEFGHJKMNPQRS"
AGENCY = "金华市公共信用管理办公室（演示）"
AGENCY_CODE = "11330700MB0000001A"
TEXT = """{% extends "letters/base.html" %}
{% block body %}
<p class="to">{{ subject.name }}：</p>
<p>你单位的申请收悉，金额为{{ record.amount }}。{% if extra %}{{ extra }}{% endif %}</p>
<h2>一、决定</h2>
<h3>（一）内容</h3>
<ol><li>1. 准予修复。</li></ol>
<table><thead><tr><th>项目</th></tr></thead><tr><td>罚款</td></tr></table>
{% endblock %}
"""


def words(**text: Any) -> dict[str, Any]:
    """A letter's record; `text` adds to what the template may use."""
    return {
        "format": "letter/1",
        "kind": "decision",
        "number": "金信用修〔2026〕12号",
        "title": "信用修复决定书",
        "issued_on": "2026-03-02",
        "agency": {"name": AGENCY, "code": AGENCY_CODE},
        "verify": {"code": CODE, "url": f"http://127.0.0.1:8000/verify/{CODE}"},
        "text": {
            "subject": {"name": "星河食品有限公司"},
            "record": {"amount": "5,000.00 元"},
            **text,
        },
    }


def seal() -> Seal:
    return seal_of(AGENCY_CODE, AGENCY)


@cache
def sealed(text: str = TEXT) -> bytes:
    """A sealed letter, made once in a run."""
    return sealed_with(seal(), text)


def sealed_with(key: Seal, text: str = TEXT) -> bytes:
    record = words()
    made = render_letter(text, record)
    return seal_pdf(
        made.pdf, key, agency_name=AGENCY, verify_url=record["verify"]["url"], place=made.seal, moment=WHEN
    )


def shell(*command: str | Path) -> str:
    """What a program prints; it must succeed."""
    done = subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8", timeout=60)
    return done.stdout


def text_of(pdf: bytes, folder: Path) -> str:
    """The text as `pdftotext` reads it, without white space."""
    path = folder / "letter.pdf"
    path.write_bytes(pdf)
    return "".join(shell("pdftotext", "-raw", path, "-").split())


def pdfsig(pdf: bytes, folder: Path) -> str:
    """What `pdfsig` says; it exits with an error where the certificate is not known to it."""
    path = folder / "sealed.pdf"
    path.write_bytes(pdf)
    done = subprocess.run(["pdfsig", path], check=False, capture_output=True, timeout=60)
    return done.stdout.decode(errors="replace")


# -- a process that issues letters ------------------------------------------------------------------------------

SLUG = "lettering"
REPLY = """{% extends "letters/base.html" %}
{% block body %}
<p class="to">{{ subject.name }}：</p>
<p>{{ subject.you }}于{{ case.filed_on }}的申请（{{ case.number }}）收悉，理由：{{ forms.start.ground }}。</p>
{% if codes.start.ground == "error" %}<p>属于信息有误。</p>{% endif %}
{% if forms.start.urgent %}<p>加急。</p>{% endif %}
{% for row in forms.start.changes %}<p>{{ row.new }}</p>{% endfor %}
{% include "letters/_record.html" %}
{% if forms.decide.note %}<p>{{ forms.decide.note }}</p>{% endif %}
<p>办理期限至{{ clocks.handle.due_on }}（{{ clocks.handle.amount }}{{ clocks.handle.unit }}）。</p>
<p>由{{ decision.by }}办理。</p>
{% include "letters/_remedies.html" %}
{% endblock %}
"""
SECOND = """{% extends "letters/base.html" %}
{% block body %}<p>以本文书取代{{ letters.reply.number }}。{{ forms.decide.note }}</p>{% endblock %}
"""
STATEMENT = """{% extends "letters/statement.html" %}
{% block body %}<p>本人郑重承诺。</p>{% endblock %}
{% block evidence %}账号 {{ forms.start.submitted_by }}，{{ forms.start.submitted_at }}，
摘要 {{ forms.start.digest }}{% endblock %}
"""
BROKEN = """{% extends "letters/base.html" %}
{% block body %}<p>{{ forms.decide.missing }}</p>{% endblock %}
"""
LETTERS = {"reply": REPLY, "second": SECOND, "statement": STATEMENT, "broken": BROKEN}
_MARKS = {"reply": "测复", "second": "测二", "statement": "测承", "broken": "测坏"}

_RESULTS = ("second", "statement", "broken", "void", "again")
_NODES = [
    "start",
    service("do_clock", "clock.start", name="'handle'"),
    service("do_reply", "letter.issue", kind="'reply'"),
    user("task_decide", "decide", "handle"),
    gateway("gw_decide", default="flow_4"),
    service("do_second", "letter.issue", kind="'second'", supersedes="'reply'"),
    service("do_statement", "letter.issue", kind="'statement'"),
    service("do_broken", "letter.issue", kind="'broken'"),
    service("do_void", "letter.void", kind="'reply'", reason="'内容有误'"),
    "end_done",
]
_FLOWS = [
    "start > do_clock",
    "do_clock > do_reply",
    "do_reply > task_decide",
    "task_decide > gw_decide",
    "gw_decide > end_done",
    "gw_decide > do_reply : result == &quot;again&quot;",
    *(
        f"gw_decide > do_{name} : result == &quot;{name}&quot;"
        for name in ("second", "statement", "broken", "void")
    ),
    *(f"do_{name} > task_decide" for name in ("second", "statement", "broken", "void")),
]


def _text(title: str, **more: Any) -> dict[str, Any]:
    return {"title": title, "type": "string", "maxLength": 500, **more}


def _schema(**properties: Any) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "表",
        "type": "object",
        "additionalProperties": False,
        "required": [],
        "properties": properties,
    }


_START = _schema(
    record=_text("信息"),
    ground=_text(
        "理由", oneOf=[{"const": "error", "title": "信息有误"}, {"const": "old", "title": "已经过期"}]
    ),
    urgent={"title": "加急", "type": "boolean"},
    fine={"title": "金额", "type": "integer", "minimum": 0, "maximum": 10**11},
    on={"title": "日期", "type": "string", "format": "date"},
    phone={"title": "电话", "type": "string", "format": "phone-cn", "maxLength": 20},
    kinds={
        "title": "种类",
        "type": "array",
        "maxItems": 3,
        "items": {"type": "string", "oneOf": [{"const": "a", "title": "甲"}, {"const": "b", "title": "乙"}]},
    },
    changes={
        "title": "更正",
        "type": "array",
        "maxItems": 5,
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": [],
            "properties": {
                "new": _text("应为"),
                "on": {"title": "日期", "type": "string", "format": "date"},
                "sure": {"title": "确定", "type": "boolean"},
            },
        },
    },
    papers={
        "title": "材料",
        "type": "array",
        "maxItems": 5,
        "items": {"type": "string", "format": "document-id"},
    },
    secret=_text("内部意见"),
)
_UI: dict[str, Any] = {
    "order": list(_START["properties"]),
    "fields": {
        "record": {"widget": "record"},
        "fine": {"widget": "money"},
        "changes": {"order": ["new", "on", "sure"]},
        "papers": {"widget": "documents"},
    },
}
_DECIDE = _schema(result=_text("结果"), note=_text("说明"))


def letter_bundle(texts: dict[str, str] | None = None) -> Bundle:
    """The process as a bundle; `texts` replaces letter texts by kind."""
    drawn = bundle(
        diagram(_NODES, _FLOWS, slug=SLUG, lanes={"reviewer": ["task_decide"]}),
        slug=SLUG,
        about="record",
        number_prefix="WSCS",
        title=Text("文书测试", "Letters"),
        clocks=(ClockName("handle", Text("办理", "Handling")),),
        outcomes={"end_done": Outcome("done", Text("办结", "Done"), True)},
        letters=tuple(
            LetterKind(kind, Text(f"{mark}书", kind), mark) for kind, mark in sorted(_MARKS.items())
        ),
        notifications=("received", "letter_issued"),
        promoted={"task_decide": ("result",)},
    )
    files = dict(drawn.files)
    for name, schema, ui in (("start", _START, _UI), ("decide", _DECIDE, {"order": ["result", "note"]})):
        files[f"forms/{SLUG}/{name}.schema.json"] = json.dumps(schema, ensure_ascii=False)
        files[f"forms/{SLUG}/{name}.ui.json"] = json.dumps(ui, ensure_ascii=False)
        files[f"forms/{SLUG}/{name}.en.json"] = "{}"
    for kind, text in (LETTERS | (texts or {})).items():
        files[f"forms/{SLUG}/letters/{kind}.html"] = text
    for event in ("received", "letter_issued"):
        for suffix in ("_subject.txt", ".txt", "_subject.en.txt", ".en.txt"):
            files[f"notifications/{SLUG}/{event}{suffix}"] = f"{event} {{{{ case.number }}}}"
    return Bundle(SLUG, drawn.version, content_hash(files, drawn.manifest), files, drawn.manifest)


def deploy_letters(texts: dict[str, str] | None = None) -> Definition:
    """Bring the process into force: handling 5 working days."""
    made = letter_bundle(texts)
    DeadlineRule.objects.get_or_create(
        process=SLUG,
        clock="handle",
        jurisdiction="",
        valid_from=date(2020, 1, 1),
        defaults={
            "amount": 5,
            "unit": "working_day",
            "starts": "受理之日",
            "escalation": {"100": "supervisor"},
            "legal_basis": "示例",
        },
    )
    Definition.objects.filter(slug=SLUG).update(is_current=False)
    definition, _ = Definition.objects.update_or_create(
        content_hash=made.content_hash,
        defaults={
            "slug": SLUG,
            "version": made.version,
            "files": dict(made.files),
            "manifest": made.manifest.as_dict(),
            "is_current": True,
            "created_at": WHEN,
        },
    )
    return definition


def account(name: str) -> User:
    return User.objects.get(username=name)


def file(by: str = "applicant1", record: str = "DEMO-P-001", on_behalf_of: str = "", **data: Any) -> Case:
    """File one case; its reply is numbered at once."""
    found = CreditRecord.objects.get(number=record)
    return file_case(
        process=SLUG,
        data={"record": str(found.pk), "ground": "error", **data},
        user=account(by),
        on_behalf_of=subject_code(on_behalf_of) if on_behalf_of else "",
    )[0]


def decide(case: Case, result: str = "done", **data: Any) -> Task:
    task = Task.objects.get(case=case, status__in=LIVE)
    return complete_task(task_id=task.pk, user=account("reviewer1"), data={"result": result, **data})


def letter_of(case: Case, kind: str = "reply") -> Letter:
    """The latest letter of this kind."""
    return Letter.objects.filter(case=case, kind=kind).latest("id")
