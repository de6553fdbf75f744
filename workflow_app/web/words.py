"""The trail of a case in plain words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from workflow_app.domain.masking import mask_name
from workflow_app.engine.bundles import Bundle
from workflow_app.engine.diagram import Diagram
from workflow_app.models import CounterVisit, Event, User
from workflow_app.models.signatures import Capacity
from workflow_app.web.diagram import called
from workflow_app.web.moments import day
from workflow_app.web.tags import person, text_of
from workflow_app.web.visitor import language

# Kind of event → sentence. What is not here is for the auditor, not for a reader of the timeline.
SENTENCES = {
    "case.filed": _("提交申请"),
    "case.signed": _("签署申请（{capacity}）"),
    "case.closed": _("办结：{outcome}"),
    "case.withdrawn": _("申请人撤回"),
    "task.claimed": _("工作人员开始办理“{task}”"),
    "task.released": _("“{task}”退回待领取"),
    "task.assigned": _("“{task}”转交他人办理"),
    "task.held": _("“{task}”搁置至{until}：{reason}"),
    "task.resumed": _("“{task}”恢复办理"),
    "task.reminded": _("催办“{task}”"),
    "task.completed": _("完成“{task}”"),
    "clock.started": _("“{clock}”开始计时，{due}到期"),
    "clock.paused": _("“{clock}”暂停计时：{reason}"),
    "clock.resumed": _("“{clock}”恢复计时，{due}到期"),
    "clock.extended": _("“{clock}”延长，{due}到期：{reason}"),
    "clock.breached": _("“{clock}”超期"),
    "clock.lapsed": _("“{clock}”期限届满"),
    "clock.recomputed": _("“{clock}”因日历或者规则变更重新计算，{due}到期"),
    "clock.recovered": _("“{clock}”因日历或者规则变更不再超期"),
    "case.rules_changed": _("本案适用的时限规则已变更"),
    "letter.issued": _("发出文书{letter}"),
    "letter.voided": _("文书{letter}作废：{reason}"),
    "letter.superseded": _("文书{letter}被{by}取代"),
    "eligibility.assessed": _("核查信用记录"),
    "record.disputed": _("该条信用信息已标注“异议中”"),
    "record.dispute_cleared": _("“异议中”标注已取消"),
    "record.result_applied": _("处理结果已写入信用信息"),
    "record.publication_stopped": _("该条信用信息已停止公示"),
    "record.breach_added": _("失信信息{number}已记入"),
    "record.repaired": _("信用信息已修复"),
    "record.repair_revoked": _("信用修复已撤销，原信息恢复公示"),
    "commitment.registered": _("承诺已归集，编码{code}"),
    "commitment.performed": _("承诺履行情况已登记"),
    "publication.started": _("开始公示，至{ends}"),
    "publication.stopped": _("公示结束"),
    "effect.announced": _("结果已通知各使用单位"),
    "training.enrolled": _("已预约培训"),
    "training.cancelled": _("已取消培训预约"),
    "training.promoted": _("候补转为正式预约"),
    "training.absent": _("未参加预约的培训"),
    "training.failed": _("培训未合格"),
    "training.unseated": _("候补的培训没有空出名额"),
    "message.received": _("收到外部消息"),
    "timer.fired": _("期限届满：{timer}"),
    "note.written": _("添加内部批注"),
    "note.sent_by_office": _("办理机关发送消息"),
    "note.sent_by_applicant": _("申请人发送消息"),
    "assistance.asked": _("请{agency}协查"),
    "assistance.answered": _("{agency}答复协查"),
    "assistance.cancelled": _("撤回对{agency}的协查"),
}
# How the office works on it is the office's business until something comes of it.
_FOR_STAFF = frozenset(
    {
        "task.released",
        "task.assigned",
        "task.held",
        "task.resumed",
        "task.reminded",
        "message.received",
        "timer.fired",
        "effect.announced",
        "note.written",
        "assistance.asked",
        "assistance.answered",
        "assistance.cancelled",
    }
)


@dataclass(frozen=True)
class Moment:
    """One line of the timeline. `actor` is empty for what happened by itself, and for officers where it is not told."""

    at: datetime
    text: str
    actor: str
    is_end: bool


def timeline(events: Sequence[Event], bundle: Bundle, diagram: Diagram, *, is_own: bool) -> list[Moment]:
    """The lines for people, oldest first. `is_own`: the reader is the applicant's side and reads no officer's name."""
    shown, absent = [], _absent(events)
    for event in events:
        if event.kind not in SENTENCES or (is_own and event.kind in _FOR_STAFF):
            continue
        filer_side = event.kind in ("case.filed", "case.withdrawn", "training.enrolled", "training.cancelled")
        actor = person(event.actor) if event.actor and (not is_own or filer_side) else ""
        if actor and (away := absent.get(event.data.get("in_place_of", 0))):
            actor = gettext("{who}（代{absent}）").format_map({"who": actor, "absent": person(away)})
        text = _at_counter(event, is_own) or gettext(SENTENCES[event.kind]).format_map(
            _values(event.data, bundle, diagram)
        )
        shown.append(Moment(event.at, text, actor, event.kind in ("case.closed", "case.withdrawn")))
    return shown


def _absent(events: Sequence[Event]) -> dict[int, User]:
    """The colleagues in whose place somebody acted, by their keys."""
    keys = {event.data["in_place_of"] for event in events if "in_place_of" in event.data}
    return User.objects.in_bulk(keys) if keys else {}


def _at_counter(event: Event, is_own: bool) -> str:
    """Who came to the counter to file, beside the clerk, who is the event's actor; "" for any other event."""
    if event.kind != "case.filed" or not event.data.get("visit"):
        return ""
    visit = CounterVisit.objects.get(pk=event.data["visit"])
    name = visit.name if is_own else mask_name(visit.name)
    relation = gettext(visit.get_relation_display())
    return gettext("{visitor}（{relation}）到窗口提交申请，窗口人员代录").format(
        visitor=name, relation=relation
    )


class _Blank(dict[str, str]):
    """Placeholders that the event does not fill."""

    def __missing__(self, key: str) -> str:
        return "—"


def _values(data: Mapping[str, Any], bundle: Bundle, diagram: Diagram) -> _Blank:
    values = _Blank({name: str(value) for name, value in data.items() if isinstance(value, (str, int))})
    clocks = {each.name: text_of(each.title) for each in bundle.manifest.clocks}
    if "reason" in data:
        # What a diagram gives as its reason is in the catalogue, what a person typed is not.
        values["reason"] = gettext(str(data["reason"]))
    if language() == "en" and data.get("agency_en"):
        values["agency"] = str(data["agency_en"])
    if "capacity" in data:
        values["capacity"] = gettext(Capacity(data["capacity"]).label)
    if "clock" in data:
        values["clock"] = clocks.get(data["clock"], data["clock"])
    for name in ("task", "timer"):
        if name in data:
            values[name] = element_title(diagram, str(data[name]))
    if "due_at" in data:
        values["due"] = day(datetime.fromisoformat(data["due_at"]))
    if "ends_on" in data:
        values["ends"] = day(date.fromisoformat(data["ends_on"]))
    if "outcome" in data:
        outcomes = bundle.manifest.outcomes.values()
        values["outcome"] = next(
            (text_of(each.title) for each in outcomes if each.code == data["outcome"]), str(data["outcome"])
        )
    return values


def element_title(diagram: Diagram, element: str) -> str:
    """What an element of the diagram is called in the language of the page."""
    node = diagram.nodes.get(element)
    return (called(diagram, node) if node else "") or element
