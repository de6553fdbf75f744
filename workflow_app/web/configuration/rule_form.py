"""The form of one deadline rule."""

from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext

from workflow_app.models import Change, DeadlineRule
from workflow_app.models.changes import ChangeKind
from workflow_app.models.clocks import ClockUnit, EscalationLevel
from workflow_app.web.configuration.forms import ChangeForm

_TEXTS = (
    "process", "clock", "jurisdiction", "valid_from", "valid_until", "amount", "unit", "cap_amount", "starts",
    "pauses", "extended_by", "legal_basis",
)  # fmt: skip
_KEY = ("process", "clock", "jurisdiction", "valid_from")
_LONGEST = 2000
# Rows for warnings: so many stand there at least, and so many are read.
_STEPS, _MOST_STEPS = 5, 20
_MOST_DIGITS = 6


@dataclass
class RuleForm(ChangeForm):
    """A new rule, a rule to be changed, or one to be removed. `typed` holds its fields as texts."""

    kind = ChangeKind.RULES

    typed: dict[str, str] = field(default_factory=dict)
    steps: list[tuple[str, str]] = field(default_factory=list)
    is_assumed: bool = False
    applies_to_running: bool = False
    removes: bool = False
    # The rule that is changed; its process, clock and place are not the form's to change.
    rule: DeadlineRule | None = None

    @classmethod
    def blank(cls, rule: DeadlineRule | None, title: str) -> "RuleForm":
        """The rule as it is in force, or an empty form for a new one."""
        values = _values(rule) if rule else {"unit": ClockUnit.WORKING_DAY.value, "escalation": _USUAL}
        return cls(title=title, rule=rule)._with(values)

    @classmethod
    def of(cls, change: Change, rule: DeadlineRule | None) -> "RuleForm":
        """A draft of one rule to go on with."""
        form = cls(title=change.title, reason=change.reason, rule=rule)
        form.applies_to_running = bool(change.content.get("applies_to_running"))
        (values,) = change.content["rules"]
        form.removes = bool(values.get("removed"))
        return form._with({**(_values(rule) if rule and form.removes else {}), **values})

    def _with(self, values: dict[str, Any]) -> "RuleForm":
        self.typed = {name: str(values.get(name) or "") for name in _TEXTS}
        self.is_assumed = bool(values.get("is_assumed"))
        steps = sorted(values.get("escalation", {}).items(), key=lambda step: int(step[0]))
        self.steps = [*steps, *[("", "")] * (_STEPS - len(steps))]
        return self

    def read(self, post: QueryDict) -> "RuleForm":
        """The form as it was sent."""
        self.title, self.reason = (post.get(name, "").strip()[:_LONGEST] for name in ("title", "reason"))
        self.typed = {name: post.get(name, "").strip()[:_LONGEST] for name in _TEXTS}
        if self.rule is not None:
            values = _values(self.rule)
            self.typed |= {name: values[name] for name in ("process", "clock", "jurisdiction")}
        elif "/" in (about := post.get("about", "")):
            self.typed["process"], _, self.typed["clock"] = about.partition("/")
        self.is_assumed = post.get("is_assumed") == "1"
        self.applies_to_running = post.get("applies_to_running") == "1"
        self.removes = self.rule is not None and post.get("removes") == "1"
        self.steps = [
            (post.get(f"percent-{n}", "").strip()[:6], post.get(f"level-{n}", "")[:20])
            for n in range(_MOST_STEPS)
            if f"percent-{n}" in post
        ]
        return self

    @property
    def about(self) -> str:
        """Process and clock as one choice."""
        return f"{self.typed['process']}/{self.typed['clock']}"

    def content(self) -> dict[str, Any]:
        if self.removes and self.rule is not None:
            values = _values(self.rule)
            rule = {**{name: values[name] for name in _KEY}, "removed": True}
        else:
            rule = self._rule()
        return {"rules": [rule], "applies_to_running": self.applies_to_running}

    def _rule(self) -> dict[str, Any]:
        # In the order of the page, in which the problems are then listed.
        if not self.typed["process"] or not self.typed["clock"]:
            self.problems["about"] = gettext("请选择业务和期限。")
        amount = self._whole("amount", self.typed["amount"], gettext("时限"))
        cap = self.typed["cap_amount"] and self._whole(
            "cap_amount", self.typed["cap_amount"], gettext("延长后最长")
        )
        if not self.typed["starts"]:
            self.problems["starts"] = gettext("请写明自何时起算，如“受理之日”。")
        valid_from = self._day("valid_from", self.typed["valid_from"], may_be_empty=False)
        valid_until = self._day("valid_until", self.typed["valid_until"])
        if not self.typed["legal_basis"]:
            self.problems["legal_basis"] = gettext("请写明依据的法规和条款。")
        return {
            **self.typed,
            "valid_from": valid_from,
            "valid_until": valid_until,
            "amount": amount,
            "cap_amount": cap or None,
            "escalation": self._escalation(),
            "is_assumed": self.is_assumed,
        }

    def _escalation(self) -> dict[str, str]:
        levels: dict[str, str] = {}
        for place, (percent, level) in enumerate(self.steps):
            name = f"percent-{place}"
            if not percent and not level:
                continue
            if self._whole(name, percent, gettext("百分比")) and level not in EscalationLevel:
                self.problems[name] = gettext("请选择提醒谁。")
            if percent in levels:
                self.problems[name] = gettext("{percent}% 出现了两次。").format(percent=percent)
            levels[percent] = level
        return levels

    def _whole(self, name: str, text: str, called: str) -> int | None:
        if not text.isdecimal() or len(text) > _MOST_DIGITS or int(text) < 1:
            self.problems[name] = gettext("“{field}”应为大于 0 的整数。").format(field=called)
            return None
        return int(text)

    def field_of(self, pointer: str) -> str:
        name = (*pointer.split("/"), "", "", "", "")[3]
        if name in ("process", "clock"):
            return "about"
        if name == "escalation":
            return "percent-0"
        return name if name in _TEXTS else "amount"


# Percent of the time after which somebody is told, and whom it then reaches.
_USUAL = {"50": "assignee", "80": "queue", "100": "supervisor", "150": "region"}


def _values(rule: DeadlineRule) -> dict[str, Any]:
    values = {name: getattr(rule, name) for name in (*_TEXTS, "escalation", "is_assumed")}
    for name in ("valid_from", "valid_until"):
        values[name] = values[name].isoformat() if values[name] else None
    return values
