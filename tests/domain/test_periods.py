"""Months of the Civil Code and publication periods of Order 36."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_app.domain.periods import (
    Publication,
    Severity,
    SeverityUnknownError,
    add_months,
    publication_ends_on,
    publication_periods,
    repair_eligible_from,
    severity_of,
)


@pytest.mark.parametrize(
    ("day", "n", "end"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-03-31", 1, "2026-04-30"),
        ("2026-02-28", 1, "2026-03-28"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-12-15", 0, "2026-12-15"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-01-15", -13, "2024-12-15"),
    ],
)
def test_add_months(day, n, end):
    assert add_months(date.fromisoformat(day), n) == date.fromisoformat(end)


def test_publication_periods_of_each_class():
    assert {severity: publication_periods(severity) for severity in Severity} == {
        Severity.MINOR: Publication(shortest_months=0, longest_months=3),
        Severity.GENERAL: Publication(shortest_months=3, longest_months=12),
        Severity.SERIOUS: Publication(shortest_months=12, longest_months=36),
    }


@pytest.mark.parametrize(
    ("severity", "start", "eligible", "ends"),
    [
        (Severity.MINOR, "2026-11-30", None, "2027-02-28"),
        # The last day of the three months is 15 July; the period has run out when 16 July begins.
        (Severity.GENERAL, "2026-04-15", "2026-07-16", "2027-04-15"),
        (Severity.GENERAL, "2026-11-30", "2027-03-01", "2027-11-30"),
        (Severity.SERIOUS, "2028-02-29", "2029-03-01", "2031-02-28"),
        (Severity.SERIOUS, "2026-04-15", "2027-04-16", "2029-04-15"),
    ],
)
def test_when_repair_opens_and_publication_ends(severity, start, eligible, ends):
    start_on = date.fromisoformat(start)
    assert repair_eligible_from(severity, start_on) == (date.fromisoformat(eligible) if eligible else None)
    assert publication_ends_on(severity, start_on) == date.fromisoformat(ends)


@given(day=st.dates(date(2004, 1, 1), date(2090, 12, 31)), severity=st.sampled_from(["general", "serious"]))
def test_repair_opens_before_publication_ends_by_itself(day, severity):
    eligible = repair_eligible_from(Severity(severity), day)
    shortest = publication_periods(Severity(severity)).shortest_months
    assert eligible - timedelta(days=1) == add_months(day, shortest)
    assert day < eligible < publication_ends_on(Severity(severity), day)


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        ("轻微", Severity.MINOR),
        ("一般", Severity.GENERAL),
        ("较重", Severity.GENERAL),
        ("较重失信", Severity.GENERAL),
        (" 严重 ", Severity.SERIOUS),
        ("严重失信", Severity.SERIOUS),
    ],
)
def test_older_names_of_classes(name, severity):
    assert severity_of(name) is severity


@pytest.mark.parametrize("name", ["", "特别严重", "失信", "serious"])
def test_unknown_classes_are_refused(name):
    with pytest.raises(SeverityUnknownError) as caught:
        severity_of(name)
    assert caught.value.code == "severity_unknown"
    assert caught.value.params == {"name": name}
