"""Calendar periods: month arithmetic of the Civil Code and the publication periods of bad records.

Source of the periods: 《信用修复管理办法》(国家发展改革委令第36号, in force since 2026-04-01).
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from workflow_app.domain.errors import CreditError


class SeverityUnknownError(CreditError):
    """The class of a bad record is none that the rules know; `name` repeats it."""

    code = "severity_unknown"
    message = "失信程度“{name}”不在轻微、一般、严重之列。"
    status = 422


class Severity(StrEnum):
    """Class of a bad record (失信程度)."""

    MINOR = "minor"  # 轻微
    GENERAL = "general"  # 一般
    SERIOUS = "serious"  # 严重


# Provincial plans of before 2026 wrote 一般, 较重, 严重. Their 较重 lies below their 严重, and nobody may
# be treated harder for a new name; their 一般 is not 轻微, which Order 36 defines by the kind of penalty.
SEVERITY_OF_NAME = {
    "轻微": Severity.MINOR,
    "一般": Severity.GENERAL,
    "较重": Severity.GENERAL,
    "严重": Severity.SERIOUS,
}


def severity_of(name: str) -> Severity:
    """The class for its Chinese name, present or older, or such as 较重失信; else `SeverityUnknownError`."""
    try:
        return SEVERITY_OF_NAME[name.strip().removesuffix("失信")]
    except KeyError:
        raise SeverityUnknownError(name=name) from None


@dataclass(frozen=True)
class Publication:
    """Shortest and longest publication of a class, in months; shortest 0: it need not be published."""

    shortest_months: int
    longest_months: int


_PUBLICATIONS = {
    # 轻微: as a rule not published; where it is, three months at most.
    Severity.MINOR: Publication(shortest_months=0, longest_months=3),
    # 一般: three months to one year.
    Severity.GENERAL: Publication(shortest_months=3, longest_months=12),
    # 严重: one year to three years.
    Severity.SERIOUS: Publication(shortest_months=12, longest_months=36),
}


def publication_periods(severity: Severity) -> Publication:
    """The shortest and longest publication of the class."""
    return _PUBLICATIONS[severity]


def add_months(day: date, n: int) -> date:
    """The same date n months on (or back), or the end of the month that lacks it (民法典第二百零二条)."""
    year, month = divmod(day.year * 12 + day.month - 1 + n, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def repair_eligible_from(severity: Severity, start_on: date) -> date | None:
    """First day on which repair may be applied for: the day after the last day of the shortest publication.

    Order 36 opens the way once the period has run out (届满后), and its last day runs to midnight
    (民法典第二百零二条, 第二百零三条). None where no time has to pass: a minor record may be repaired once
    its duties are met.
    """
    months = publication_periods(severity).shortest_months
    return add_months(start_on, months) + timedelta(days=1) if months else None


def publication_ends_on(severity: Severity, start_on: date) -> date:
    """Last day of the longest publication; from the day after, the record is no longer published."""
    return add_months(start_on, publication_periods(severity).longest_months)
