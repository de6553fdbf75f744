"""What a letter text may use: all values of a case as plain JSON, in the words in which people read them.

They are frozen in the letter's row when the decision is made, so that the text says the same whenever it is set.
forms/README.md, "Letter texts", is the public description.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from forms.display import summary
from forms.fields import FormField, fields_of
from forms.loader import Form
from workflow_app.domain.clock import CHINA
from workflow_app.domain.masking import mask_id_number
from workflow_app.domain.money import format_cents
from workflow_app.letters.page import chinese_date
from workflow_app.models import (
    Clock,
    Commitment,
    CreditRecord,
    Document,
    Enrolment,
    Letter,
    Matter,
    RecordChange,
    Subject,
    Submission,
    Task,
    TrainingSession,
)
from workflow_app.models.letters import LetterStatus
from workflow_app.models.people import Role
from workflow_app.models.subjects import CodeKind
from workflow_app.models.training import EnrolmentStatus
from workflow_app.selectors.records import shown_change
from workflow_app.services.case_forms import form_of
from workflow_app.services.transition import Transition

CHINESE = "zh-hans"
_UNITS = {"working_day": "个工作日", "calendar_day": "日", "month": "个月"}
_CODE_TITLES = {
    CodeKind.USCC: "统一社会信用代码",
    CodeKind.ID_CARD: "公民身份号码",
    CodeKind.OTHER: "证件号码",
}
# Names inside the tags of a template, such as forms.propose.reason.
_TAG = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:T.+)?")
_NAMED = re.compile(r"(?<![\w.])(forms|codes|facts|letters|applicant)\.(\w+)(?:\.(\w+))?")


class _Names:
    """Which values of forms, facts and other letters a text names.

    Only these are kept with the letter, which leaves the house with them (个人信息保护法第六条: the least that serves).
    """

    def __init__(self, template_text: str) -> None:
        found = [match.groups() for tag in _TAG.findall(template_text) for match in _NAMED.finditer(tag)]
        self.forms = {second for first, second, _ in found if first in ("forms", "codes")}
        self.facts = {second for first, second, _ in found if first == "facts"}
        self.letters = {second for first, second, _ in found if first == "letters"}
        self.applicant = any(first == "applicant" for first, _, _ in found)
        self._fields = {(first, second, third) for first, second, third in found if third}

    def has(self, group: str, form: str, field: str) -> bool:
        """Whether the text names `forms.<form>.<field>` or `codes.<form>.<field>`."""
        return (group, form, field) in self._fields


def letter_values(moving: Transition, template_text: str, kind: str) -> dict[str, Any]:
    """The values for one letter text, under the names of forms/README.md; what is absent or empty is left out."""
    case, names = moving.case, _Names(template_text)
    groups = dict(_form_values(moving, names))
    values: dict[str, Any] = {
        "issued_on": day_of(moving.now),
        "case": {
            "number": case.number,
            "process_title": moving.manifest.title.zh,
            "filed_on": day_of(case.filed_at),
            "channel": case.get_channel_display(),
        },
        "subject": _subject(case.subject),
        "agency": {
            "name": case.agency.name,
            "short_name": case.agency.short_name,
            "code": case.agency.code,
            "region": case.agency.region.name,
            "region_code": case.agency.region_id,
        },
        "applicant": {"name": str(case.applicant)} if names.applicant and case.applicant else {},
        "matter": _matter(moving),
        "record": _record(case.record_id),
        "changes": _changes(moving),
        "commitment": _commitment(moving),
        "training": _training(moving),
        "clocks": _clocks(moving),
        "letters": _letters(moving, names, kind),
        "forms": {form: shown for form, (shown, _) in groups.items()},
        "codes": {form: raw for form, (_, raw) in groups.items()},
        "facts": {name: _fact(value) for name, value in moving.facts.items() if name in names.facts},
        "decision": {"by": _role_of_last_step(moving), "on": day_of(moving.now)},
    }
    return {name: filled for name, value in values.items() if (filled := _without_empty(value)) is not None}


def day_of(moment: datetime) -> str:
    """The local day of a moment as it stands in a letter: 2026年3月2日."""
    return chinese_date(moment.astimezone(CHINA).date())


def _day(day: date | None) -> str:
    return chinese_date(day) if day else ""


def _without_empty(value: Any) -> Any:
    """The value without empty texts, lists and groups; None if nothing is left. False and 0 stay."""
    if isinstance(value, Mapping):
        kept = {key: found for key, item in value.items() if (found := _without_empty(item)) is not None}
        return kept or None
    if isinstance(value, list):
        return [found for item in value if (found := _without_empty(item)) is not None] or None
    return None if value is None or value == "" else value


def _subject(subject: Subject) -> dict[str, Any]:
    return {
        "name": subject.name,
        "code": mask_id_number(subject.code) if subject.is_person else subject.code,
        "code_title": _CODE_TITLES[CodeKind(subject.code_kind)],
        "kind": subject.kind,
        "is_person": subject.is_person,
        "you": "你" if subject.is_person else "你单位",
    }


def _matter(moving: Transition) -> dict[str, Any]:
    text = moving.case.matter_text
    if text is None:
        return {}
    matter = text.matter
    return {
        "code": matter.code,
        "title": matter.title,
        "type": matter.get_commitment_type_display(),
        "industry": matter.industry,
        "version": text.version,
        "legal_basis": text.legal_basis,
        "conditions": text.conditions,
        "content": text.content,
        "consequences": text.consequences,
        "checking": text.checking,
        "deferrable_papers": text.deferrable_papers,
        "validity_days": matter.validity_days,
        "publication_days": matter.publication_days,
        "check_days": matter.check_days,
        "is_public": matter.is_public,
    }


def _record(record_id: int | None) -> dict[str, Any]:
    # Read anew: an operation of the same transition may have changed it.
    if record_id is None:
        return {}
    record = CreditRecord.objects.select_related("source_agency").get(pk=record_id)
    return {
        "number": record.number,
        "title": record.title,
        "category": record.get_category_display(),
        "severity": record.get_severity_display(),
        "facts": record.facts,
        "basis": record.basis,
        "content": record.content,
        "penalty_kinds": record.penalty_kinds,
        "amount": "" if record.amount_cents is None else f"{format_cents(record.amount_cents)} 元",
        "finding_on": _day(record.finding_on),
        "decision_on": _day(record.decision_on),
        "published_on": _day(record.published_on),
        "valid_until": _day(record.valid_until),
        "source": record.source_agency.name,
    }


def _changes(moving: Transition) -> list[dict[str, str]]:
    rows = RecordChange.objects.filter(case_id=moving.case.pk).order_by("id")
    return [
        {
            "field": shown.field,
            "old": shown.old or "（空）",
            "new": shown.new or "（空）",
            "reason": row.reason,
        }
        for row in rows
        for shown in [shown_change(row)]
    ]


def _commitment(moving: Transition) -> dict[str, str]:
    found = Commitment.objects.filter(case_id=moving.case.pk).first()
    if found is None:
        return {}
    return {
        "code": found.code,
        "content": found.content,
        "liability": found.liability,
        "made_on": _day(found.made_on),
        "valid_until": _day(found.valid_until),
        "performance": found.get_performance_display(),
        "performance_on": _day(found.performance_on),
        "performance_basis": found.performance_basis,
    }


def _training(moving: Transition) -> dict[str, str]:
    passed = (
        Enrolment.objects.filter(case_id=moving.case.pk, status=EnrolmentStatus.PASSED)
        .select_related("session__course")
        .order_by("-id")
        .first()
    )
    if passed is None:
        return {}
    return {
        "course": passed.session.course.title,
        "held_on": day_of(passed.session.starts_at),
        "certificate_number": passed.certificate_number or "",
        "valid_until": _day(passed.certificate_valid_until),
    }


# Said of a date that rests on a year whose notice has not been entered.
_PROVISIONAL = "（暂定，以国家放假安排为准）"


def _clocks(moving: Transition) -> dict[str, dict[str, Any]]:
    titles = {each.name: each.title.zh for each in moving.manifest.clocks}
    # Later ones of the same name replace earlier ones.
    return {
        clock.name: {
            "title": titles.get(clock.name, clock.name),
            "started_on": day_of(clock.started_at),
            "due_on": day_of(clock.due_at) + (_PROVISIONAL if clock.is_provisional else ""),
            "amount": clock.amount,
            "unit": _UNITS[clock.unit],
            "legal_basis": clock.legal_basis,
        }
        for clock in Clock.objects.filter(case_id=moving.case.pk).order_by("id")
    }


def _letters(moving: Transition, names: _Names, kind: str) -> dict[str, dict[str, str]]:
    rows = Letter.objects.filter(case_id=moving.case.pk, kind__in=names.letters).exclude(kind=kind)
    return {
        row.kind: {"number": row.number, "title": row.title, "issued_on": day_of(row.created_at)}
        for row in rows.exclude(status=LetterStatus.VOIDED).order_by("id")
    }


def _role_of_last_step(moving: Transition) -> str:
    if moving.actor is None:
        return "系统"
    last = Task.objects.filter(case_id=moving.case.pk, done_by=moving.actor).order_by("done_at", "id").last()
    titles = {**dict(Role.choices), "applicant": "申请人"}
    return str(titles.get(last.role, "申请人")) if last else "申请人"


def _fact(value: Any) -> Any:
    """A scalar of the process; ISO dates and moments in Chinese."""
    if not isinstance(value, str) or not _ISO_DATE.fullmatch(value):
        return value
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    return day_of(moment) if moment.tzinfo else chinese_date(moment.date())


def _form_values(
    moving: Transition, names: _Names
) -> Iterator[tuple[str, tuple[dict[str, Any], dict[str, Any]]]]:
    """Form → what the text names of its latest submission: for reading, and as it is in the data."""
    rows = Submission.objects.filter(case_id=moving.case.pk, form__in=names.forms).select_related("by")
    for row in {each.form: each for each in rows.order_by("id")}.values():
        form = form_of(moving.bundle, row.form)
        shown = {name: text for name, text in _about(row).items() if names.has("forms", row.form, name)}
        raw = {}
        for field in fields_of(form):
            if field.name in row.data and names.has("forms", row.form, field.name):
                shown[field.name] = _shown(form, field, row.data[field.name])
            if field.name in row.data and names.has("codes", row.form, field.name):
                raw[field.name] = row.data[field.name]
        yield row.form, (shown, raw)


def _about(row: Submission) -> dict[str, str]:
    """The evidence of who handed it in, when, and what exactly (电子签名法第五条: unchanged since)."""
    moment = row.at.astimezone(CHINA)
    content = json.dumps(row.data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return {
        "submitted_on": day_of(row.at),
        "submitted_at": f"{day_of(row.at)}{moment:%H时%M分}",
        "submitted_by": str(row.by),
        "digest": hashlib.sha256(content.encode()).hexdigest(),
    }


def _shown(form: Form, field: FormField, value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if field.kind == "date" and isinstance(value, str):
        return chinese_date(date.fromisoformat(value))
    if field.kind == "group" and isinstance(value, list):
        return [_row(form, field, row) for row in value]
    texts = summary(form, {field.name: value}, CHINESE, choices=_labels(field, value), masked=True)
    return texts[0][1]


def _row(form: Form, group: FormField, row: Mapping[str, Any]) -> dict[str, Any]:
    """One row of a group. Each of its fields is shown as the form would show it if it stood alone."""
    return {
        child.name: _shown(_alone(form, group, child), child, row[child.name])
        for child in group.children
        if child.name in row
    }


def _alone(form: Form, group: FormField, child: FormField) -> Form:
    """The form as if the child of a group were its only field."""
    schema = {"$defs": form.schema.get("$defs", {}), "properties": {child.name: dict(child.schema)}}
    ui = {"order": [child.name], "fields": {child.name: dict(child.ui)}}
    return Form(form.name, schema, ui, form.english)


def _labels(field: FormField, value: Any) -> dict[str, list[tuple[str, str]]]:
    """The words for ids in a field: file names, record numbers, titles of matters, dates of sessions."""
    ids = [str(each) for each in (value if isinstance(value, list) else [value])]
    if field.kind == "documents":
        return {"documents": [(str(row.pk), row.name) for row in Document.objects.filter(pk__in=ids)]}
    if field.kind not in ("server", "server_many"):
        return {}
    widget = field.ui.get("widget", "")
    if widget == "matter":
        return {widget: [(row.code, row.title) for row in Matter.objects.filter(code__in=ids)]}
    numbers = [int(each) for each in ids if each.isdecimal()]
    if widget == "record":
        return {widget: [(str(row.pk), row.number) for row in CreditRecord.objects.filter(pk__in=numbers)]}
    sessions = TrainingSession.objects.filter(pk__in=numbers).select_related("course")
    return {widget: [(str(row.pk), f"{row.course.title}（{day_of(row.starts_at)}）") for row in sessions]}
