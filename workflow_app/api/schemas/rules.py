"""Deadline rules, and changes of them."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictInt

from workflow_app.api.schemas.changes import DraftIn
from workflow_app.api.schemas.common import BodyId, Code, DayIn, Input, Output, PageIn, Slug
from workflow_app.domain.deadlines import Unit
from workflow_app.models import DeadlineRule

Jurisdiction = Annotated[str, Field(max_length=6)]
Amount = Annotated[StrictInt, Field(ge=1, le=3650)]
Escalation = dict[Annotated[str, Field(max_length=4)], Literal["assignee", "queue", "supervisor", "region"]]


class RuleFilters(PageIn):
    """Which rules: of a process, of one of its clocks, made for a code (`country`: for the whole country)."""

    process: Slug = ""
    clock: Code = ""
    jurisdiction: Annotated[str, Field(max_length=7)] = ""


class RuleOut(Output):
    """How long a step may take, where, from when to when, and by which law.

    `jurisdiction` is a GB/T 2260 code, empty for the whole country; the longest one wins. `escalation` says whom a
    warning reaches at which percent of the time. `assumed`: the source could not be read; `edited`: changed here.
    """

    process: str
    clock: str
    jurisdiction: str
    valid_from: date
    valid_until: date | None
    amount: int
    unit: str
    cap_amount: int | None
    starts: str
    pauses: str
    extended_by: str
    escalation: dict[str, str]
    legal_basis: str
    assumed: bool
    edited: bool

    @classmethod
    def of(cls, rule: DeadlineRule) -> "RuleOut":
        same = {name: getattr(rule, name) for name in cls.model_fields.keys() - {"assumed", "edited"}}
        return cls(**same, assumed=rule.is_assumed, edited=rule.is_edited)


class RuleIn(Input):
    """A rule as it shall be, found by process, clock, jurisdiction and first day; with `removed` it shall not be.

    All but the key may be left out only of a rule that is removed.
    """

    process: Slug
    clock: Code
    jurisdiction: Jurisdiction = ""
    valid_from: DayIn
    removed: StrictBool = False
    valid_until: DayIn | None = None
    amount: Amount | None = None
    unit: Unit = Unit.WORKING_DAY
    cap_amount: Amount | None = None
    starts: Annotated[str, Field(max_length=200)] = ""
    pauses: Annotated[str, Field(max_length=200)] = ""
    extended_by: Annotated[str, Field(max_length=60)] = ""
    escalation: Annotated[Escalation, Field(max_length=10)] = {}
    legal_basis: Annotated[str, Field(max_length=2000)] = ""
    assumed: StrictBool = False

    def as_content(self) -> dict[str, Any]:
        """The rule as the content of a change has it."""
        values = self.model_dump(mode="json", exclude={"removed", "assumed"})
        if self.removed:
            key = ("process", "clock", "jurisdiction", "valid_from")
            return {**{name: values[name] for name in key}, "removed": True}
        return {**values, "is_assumed": self.assumed}


class RulesPreviewIn(DraftIn):
    """A change of rules to be looked at. Nothing at all: my open draft. `change`: that draft, with what else is said
    replacing its own. Otherwise a new draft is made of it. Cases that run keep their rules unless
    `applies_to_running`.
    """

    change: BodyId | None = None
    rules: Annotated[list[RuleIn], Field(max_length=200)] | None = None
    applies_to_running: StrictBool | None = None
