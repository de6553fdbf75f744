"""Whether repair of a record asks for training: dated data by place, like every rule.

National law asks for two papers only (proof that duties are met, repair commitment), so training is asked where a
local plan does: for 严重 records and for subjects on a list, whose training rate is to be 100 %.
"""

from dataclasses import dataclass
from datetime import date

from workflow_app.domain.codes import region_prefixes
from workflow_app.models.records import RecordSeverity


@dataclass(frozen=True)
class TrainingRule:
    """When training is asked for in a jurisdiction (GB/T 2260 code, empty for the whole country), from a day on.

    `persons_may_bring_hours`: natural persons may bring volunteer or public-service hours instead.
    """

    jurisdiction: str
    valid_from: date
    severities: frozenset[str]
    for_listed: bool
    persons_may_bring_hours: bool
    legal_basis: str
    is_assumed: bool = False

    def asks(self, severity: str, is_listed: bool) -> bool:
        """Whether a record of this class, or a subject that is listed, needs training."""
        return severity in self.severities or (self.for_listed and is_listed)


_RULES = (
    TrainingRule(
        jurisdiction="",
        valid_from=date(2018, 1, 1),
        severities=frozenset({RecordSeverity.SERIOUS}),
        for_listed=True,
        persons_may_bring_hours=True,
        legal_basis="社会信用体系建设工作要点：失信专项治理对象修复培训率达到100%；自然人可以通过志愿服务修复信用",
        is_assumed=True,
    ),
)


def training_rule(region: str, day: date, rules: tuple[TrainingRule, ...] = _RULES) -> TrainingRule | None:
    """The rule in force in the region on the day: nearest place first, then the latest; None where there is none."""
    for place in region_prefixes(region):
        known = [rule for rule in rules if rule.jurisdiction == place and rule.valid_from <= day]
        if known:
            return max(known, key=lambda rule: rule.valid_from)
    return None
