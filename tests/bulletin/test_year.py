"""What a bulletin says of a year of cases, against the same computed from the cases one by one."""

from collections.abc import Callable, Iterator
from datetime import date, datetime

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker

from tests.bulletin.world import Expected, account, expected, live_a_year, working_days
from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.models import Agency, Case, Definition
from workflow_app.models.cases import CaseStatus
from workflow_app.selectors.bulletins import Line, Tally, add_to_month, get_bulletin

pytestmark = pytest.mark.django_db

JANUARY, NOVEMBER = date(2026, 1, 1), date(2025, 11, 1)


def _same(tally: Tally, wanted: Expected) -> None:
    assert (tally.received, tally.answered, tally.late) == (wanted.received, wanted.answered, wanted.late)
    if wanted.mean is None:
        assert (tally.mean_days, tally.p90_days) == (None, None)
    else:
        # Counted in whole seconds; percentiles to two per cent.
        assert tally.mean_days == pytest.approx(wanted.mean, abs=1e-3)
        assert tally.p90_days == pytest.approx(wanted.p90, rel=0.021, abs=1e-4)


def _check(line: Line, cases: list[Case], is_of: Callable[[Case], bool]) -> None:
    _same(line.now, expected(cases, JANUARY, is_of))
    _same(line.before, expected(cases, NOVEMBER, is_of))


@pytest.fixture(scope="module")
def year(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[list[Case]]:
    """A year of cases for all tests of this module, taken back after the last."""

    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "_source", lambda: datetime(2026, 3, 2, 10, tzinfo=CHINA))
        with transaction.atomic():
            yield live_a_year()
            transaction.set_rollback(True)


def test_every_process_agency_and_region_is_as_counted_one_by_one(year: list[Case]) -> None:
    found = get_bulletin(account("supervisor1"), JANUARY)
    assert [part.slug for part in found.processes] == sorted(
        Definition.objects.filter(is_current=True).values_list("slug", flat=True)
    )
    lines = 0
    for part in found.processes:
        mine = [case for case in year if case.process == part.slug]
        _check(part.whole, mine, lambda _: True)
        for line in part.agencies:
            agency = int(line.key)
            _check(line, mine, lambda case, agency=agency: case.agency_id == agency)
        for line in part.regions:
            _check(line, mine, lambda case, region=line.key: case.agency.region_id == region)
        lines += len(part.agencies)
        assert sum(line.now.received for line in part.agencies) == part.whole.now.received
    assert lines > 20
    assert sum(part.whole.now.late for part in found.processes) > 3


def test_the_lines_of_twelve_months(year: list[Case]) -> None:
    found = get_bulletin(account("supervisor1"), JANUARY)
    assert found.months == [add_to_month(date(2025, 3, 1), count) for count in range(12)]
    for part in found.processes:
        for month, mean in zip(found.months, part.means, strict=True):
            days = [
                working_days(case)
                for case in year
                if case.process == part.slug
                and case.answered_at
                and case.answered_at.astimezone(CHINA).date().replace(day=1) == month
            ]
            assert mean == (pytest.approx(sum(days) / len(days), abs=1e-3) if days else None)


def test_a_county_sees_itself_only(year: list[Case]) -> None:
    found = get_bulletin(account("supervisor1-yiwu"), JANUARY)
    assert found.agency.region_id == "330782"
    assert not found.is_over_counties
    for part in found.processes:
        mine = [case for case in year if case.process == part.slug and case.agency.region_id == "330782"]
        _check(part.whole, mine, lambda _: True)
        assert {line.key for line in part.regions} <= {"330782"}
    assert {row.title for row in found.running} <= set(
        Agency.objects.filter(region="330782").values_list("name", flat=True)
    )


def test_withdrawn_cases_are_received_and_never_answered(year: list[Case]) -> None:
    withdrawn = [case for case in year if case.status == CaseStatus.WITHDRAWN]
    assert expected(withdrawn, JANUARY, lambda _: True).received
    found = get_bulletin(account("supervisor1"), JANUARY)
    whole = expected(year, JANUARY, lambda _: True)
    assert sum(part.whole.now.received for part in found.processes) == whole.received
    assert whole.received > whole.answered


def test_it_costs_the_same_whatever_it_tells(year: list[Case]) -> None:
    user = account("supervisor1")
    with CaptureQueriesContext(connection) as full:
        get_bulletin(user, JANUARY)
    with CaptureQueriesContext(connection) as empty:
        get_bulletin(user, date(2021, 1, 1))
    assert len(full) == len(empty) <= 50
