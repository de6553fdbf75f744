"""Which deadline rule holds where and when, and the form in which cases and clocks keep it."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from workflow_app.domain.codes import region_prefixes
from workflow_app.models import DeadlineRule, rows

# What a case keeps of a rule, and a clock of the case's rule.
TERMS = ("amount", "unit", "cap_amount", "jurisdiction", "legal_basis", "escalation")


def rules_in_force(process: str, region: str, day: date) -> dict[str, dict[str, Any]]:
    """The deadline rule of each clock of a process, by the longest jurisdiction prefix in force on `day`.

    An empty `region` asks for what holds wherever no region has its own.
    """
    in_force = (
        "process = %s AND jurisdiction = ANY(%s) AND valid_from <= %s AND coalesce(valid_until, %s) >= %s"
    )
    found = rows.read(DeadlineRule, in_force, process, _places(region), day, day, day)
    return choose_rules(found, region, day)


def choose_rules(found: Iterable[DeadlineRule], region: str, day: date) -> dict[str, dict[str, Any]]:
    """As `rules_in_force`, among these rules of one process."""
    places = _places(region)
    fit = [
        rule
        for rule in found
        if rule.jurisdiction in places
        and rule.valid_from <= day
        and (rule.valid_until is None or rule.valid_until >= day)
    ]
    # The nearest place wins, and in one place the newest rule.
    fit.sort(key=lambda rule: (len(rule.jurisdiction.rstrip("0")), rule.valid_from))
    return {rule.clock: {name: getattr(rule, name) for name in TERMS} for rule in fit}


def _places(region: str) -> list[str]:
    return list(region_prefixes(region)) if region else [""]
