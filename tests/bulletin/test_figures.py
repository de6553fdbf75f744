"""What a bulletin says of months with nothing in them and at their edges; shares and indicators against rows made for
them."""

from datetime import date, datetime, timedelta

import pytest

from tests.bulletin.world import account, live_a_year
from workflow_app.domain.clock import CHINA
from workflow_app.models import (
    Agency,
    Case,
    Commitment,
    CreditRecord,
    Definition,
    Enrolment,
    RecordImport,
    Subject,
    TrainingSession,
)
from workflow_app.selectors.bulletins import (
    Bulletin,
    BulletinMonthError,
    Tally,
    add_to_month,
    get_bulletin,
    latest_whole,
    list_first_months,
)
from workflow_app.selectors.figures import Share
from workflow_app.selectors.indicators import TABLE_1, monthly_shares
from workflow_app.selectors.scope import places_of
from workflow_app.selectors.shares import commitment_share, training_share

pytestmark = pytest.mark.django_db

JANUARY, NOVEMBER = date(2026, 1, 1), date(2025, 11, 1)


def test_two_months_of_nothing() -> None:
    found: Bulletin = get_bulletin(account("supervisor1"), JANUARY)
    nothing = Tally(0, 0, 0, None, None)
    assert [(part.whole.now, part.whole.before) for part in found.processes] == [(nothing, nothing)] * len(
        found.processes
    )
    assert all(not part.agencies and not part.regions for part in found.processes)
    assert found.headline.objections.count == 0
    assert found.running == []


def test_a_process_out_of_force_is_named_while_there_is_something_to_say() -> None:
    live_a_year(12)
    Definition.objects.filter(slug="objection").update(is_current=False)
    found = {
        part.slug: part.whole.title.zh for part in get_bulletin(account("supervisor1"), JANUARY).processes
    }
    assert found["objection"] == "信用异议"
    Case.objects.filter(process="objection").update(process="repair")
    assert "objection" not in {
        part.slug for part in get_bulletin(account("supervisor1"), date(2021, 1, 1)).processes
    }


# -- which months ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "first",
    [None, date(2026, 4, 1), date(2020, 12, 1), date(2026, 1, 2), date(1, 1, 1), date(9999, 12, 1)],
    ids=["none", "next-month", "before-the-plan", "no-first-day", "first-year", "last-year"],
)
def test_other_months_are_refused(first: date | None) -> None:
    with pytest.raises(BulletinMonthError) as refused:
        get_bulletin(account("supervisor1"), first)
    assert refused.value.params == {"earliest": "2021-01", "latest": "2026-03"}


def test_a_period_that_is_not_over_says_so(at) -> None:
    user = account("supervisor1")
    assert get_bulletin(user, date(2026, 3, 1)).is_open
    assert get_bulletin(user, date(2026, 2, 1)).is_open
    assert not get_bulletin(user, JANUARY).is_open
    at("2026-02-28 23:59")
    assert get_bulletin(user, JANUARY).is_open
    at("2026-03-01 00:00")
    assert not get_bulletin(user, JANUARY).is_open


def test_months_are_chinas(at) -> None:
    at(datetime(2026, 2, 28, 16, 30).astimezone(CHINA).replace(tzinfo=CHINA))
    at("2026-03-01 00:30")
    assert latest_whole() == JANUARY
    assert list_first_months(2) == [date(2026, 3, 1), date(2026, 2, 1)]
    at("2021-02-01 09:00")
    assert list_first_months() == [date(2021, 2, 1), date(2021, 1, 1)]


@pytest.mark.parametrize(
    ("count", "month"), [(1, date(2026, 1, 1)), (-12, date(2024, 12, 1)), (13, date(2027, 1, 1))]
)
def test_months_are_added(count: int, month: date) -> None:
    assert add_to_month(date(2025, 12, 1), count) == month


def test_a_case_of_the_last_minute_belongs_to_its_month_in_china() -> None:
    (case,) = live_a_year(1)
    for moment, place in (
        ("2026-01-01 00:00", "now"),
        ("2025-12-31 23:59", "before"),
        ("2026-02-28 23:59", "now"),
        ("2025-11-01 00:00", "before"),
    ):
        Case.objects.filter(pk=case.pk).update(filed_at=datetime.fromisoformat(moment).replace(tzinfo=CHINA))
        parts = get_bulletin(account("supervisor1"), JANUARY).processes
        assert [sum(getattr(part.whole, name).received for part in parts) for name in ("now", "before")] == [
            int(place == "now"),
            int(place == "before"),
        ]
    for moment in ("2026-03-01 00:00", "2025-10-31 23:59"):
        Case.objects.filter(pk=case.pk).update(filed_at=datetime.fromisoformat(moment).replace(tzinfo=CHINA))
        parts = get_bulletin(account("supervisor1"), JANUARY).processes
        assert all(part.whole.now.received == part.whole.before.received == 0 for part in parts)


# -- shares of listed subjects --------------------------------------------------------------------------------------


def _listed(number: str = "DEMO-S-001") -> CreditRecord:
    return CreditRecord.objects.get(number=number)


def _train(record: CreditRecord, days: int = 1, status: str = "passed") -> None:
    session = TrainingSession.objects.order_by("starts_at")[0]
    session.pk = None
    session.starts_at = datetime.combine(
        record.decision_on + timedelta(days=days), datetime.min.time(), CHINA
    )
    session.ends_at = session.starts_at + timedelta(hours=3)
    session.save()
    Enrolment.objects.create(
        session=session,
        case=_case(record),
        subject=record.subject,
        user=account("applicant1"),
        status=status,
        enrolled_at=session.starts_at,
        certificate_number=f"T-{session.pk}" if status == "passed" else None,
    )


def _case(record: CreditRecord) -> Case:
    (case,) = live_a_year(1, seed=record.pk * 1000 + Case.objects.count())
    Case.objects.filter(pk=case.pk).update(subject=record.subject)
    return Case.objects.get(pk=case.pk)


def _promise(record: CreditRecord, days: int = 1) -> None:
    case = _case(record)
    day = record.decision_on + timedelta(days=days)
    Commitment.objects.create(
        case=case, code=case.number, content="守信", liability="依法", made_on=day, valid_until=day
    )


def test_listed_subjects_count_where_they_were_listed() -> None:
    listed = Subject.objects.filter(is_listed=True).count()
    assert training_share(account("supervisor1")) == Share(0, listed)
    _train(_listed())
    _promise(_listed())
    assert (
        training_share(account("supervisor1")) == commitment_share(account("supervisor1")) == Share(1, listed)
    )
    assert training_share(account("supervisor1-yiwu")) == Share(0, 0)
    assert commitment_share(account("applicant1")) == Share(0, 0)


def test_only_what_came_after_the_listing_counts() -> None:
    _train(_listed(), days=-1)
    _promise(_listed(), days=-1)
    assert (training_share(account("supervisor1")).part, commitment_share(account("supervisor1")).part) == (
        0,
        0,
    )
    _train(_listed(), days=0)
    _promise(_listed(), days=0)
    assert (training_share(account("supervisor1")).part, commitment_share(account("supervisor1")).part) == (
        1,
        1,
    )


def test_twice_trained_is_one_subject_and_failing_is_none() -> None:
    _train(_listed(), status="failed")
    assert training_share(account("supervisor1")).part == 0
    _train(_listed())
    _train(_listed(), days=5)
    assert training_share(account("supervisor1")).part == 1


def test_who_left_the_list_or_whose_entry_was_deleted_is_not_counted() -> None:
    user = account("supervisor1")
    whole = training_share(user).whole
    Subject.objects.filter(pk=_listed().subject_id).update(is_listed=False)
    assert training_share(user).whole == whole - 1
    CreditRecord.objects.filter(number="DEMO-S-002").update(is_deleted=True)
    assert training_share(user).whole == commitment_share(user).whole == whole - 2


# -- table 1 ---------------------------------------------------------------------------------------------------------


def test_table_1_is_whole_and_says_of_each_line_whether_it_is_known() -> None:
    assert [each.number for each in TABLE_1] == list(range(1, 14))
    months = [JANUARY, date(2026, 2, 1)]
    known = monthly_shares(places_of(account("supervisor1")), months, date(2026, 3, 1))
    assert set(known) == {each.number for each in TABLE_1 if not each.missing.zh}
    assert all(list(shares) == months for shares in known.values())
    assert all(bool(each.missing.zh) == bool(each.missing.en) for each in TABLE_1)


def _supply(username: str, moment: str, kind: str, good: tuple[int, int, int], refused: int) -> None:
    RecordImport.objects.create(
        by=account(username),
        at=datetime.fromisoformat(moment).replace(tzinfo=CHINA),
        kind=kind,
        sha256="0" * 64,
        size=1,
        encoding="utf-8",
        new_count=good[0],
        unchanged_count=good[1],
        changed_count=good[2],
        refused_count=refused,
    )


def _known(username: str = "supervisor1", number: int = 2) -> list[tuple[int, int]]:
    months = [JANUARY, date(2026, 2, 1)]
    shares = monthly_shares(places_of(account(username)), months, date(2026, 3, 1))[number]
    return [(share.part, share.whole) for share in shares.values()]


def test_lines_supplied_as_prescribed() -> None:
    _supply("source1", "2026-01-01 00:00", "penalty", (5, 2, 1), 2)
    _supply("source1", "2026-01-31 23:59", "licence", (10, 0, 0), 0)
    _supply("source1", "2026-02-01 00:00", "licence", (1, 0, 0), 3)
    _supply("source1", "2025-12-31 23:59", "licence", (100, 0, 0), 100)
    _supply("source1", "2026-03-01 00:00", "licence", (100, 0, 0), 100)
    _supply("source1", "2026-02-02 00:00", "other", (100, 0, 0), 100)
    assert _known() == [(18, 20), (1, 4)]
    assert _known("supervisor1-yiwu") == [(0, 0), (0, 0)]


def _decide(decided: str, published: str, **changes: object) -> None:
    record = CreditRecord.objects.get(number="DEMO-P-001")
    record.pk = None
    record.number = f"T-{CreditRecord.objects.count()}"
    record.decision_on, record.published_on = date.fromisoformat(decided), date.fromisoformat(published)
    for name, value in changes.items():
        setattr(record, name, value)
    record.save()


@pytest.mark.parametrize(
    ("decided", "published", "is_timely"),
    [
        # A Thursday; the first of January is a holiday of three days, 2026-01-04 a make-up working day.
        ("2025-12-25", "2026-01-06", True),
        ("2025-12-25", "2026-01-07", False),
        ("2026-01-05", "2026-01-05", True),
        ("2026-01-05", "2026-01-14", True),
        ("2026-01-05", "2026-01-15", False),
        # Friday; the seventh working day is the next but one Tuesday, the days off after a sixth are still in time.
        ("2026-01-09", "2026-01-18", True),
        ("2026-01-09", "2026-01-20", True),
        ("2026-01-09", "2026-01-21", False),
        # Published on the Saturday after the seventh day.
        ("2026-01-14", "2026-01-24", False),
        ("2020-06-01", "2026-01-05", False),
        ("1999-06-01", "2026-01-05", False),
        ("2026-01-20", "2026-01-15", True),
    ],
)  # fmt: skip
def test_published_within_seven_working_days(decided: str, published: str, is_timely: bool) -> None:
    CreditRecord.objects.update(published_on=None)
    _decide(decided, published)
    assert _known(number=3) == [(int(is_timely), 1), (0, 0)]


def test_only_licences_and_penalties_of_the_regions_that_stand() -> None:
    CreditRecord.objects.update(published_on=None)
    yiwu = Agency.objects.filter(region="330782")[0]
    _decide("2026-02-02", "2026-02-03")
    _decide("2026-02-02", "2026-02-28", category="licence", source_agency=yiwu)
    _decide("2026-02-02", "2026-02-03", category="list_entry")
    _decide("2026-02-02", "2026-02-03", is_deleted=True)
    _decide("2026-02-02", "2026-03-01")
    _decide("2026-02-02", "2025-12-31")
    assert _known(number=3) == [(0, 0), (1, 2)]
    assert _known("supervisor1-yiwu", number=3) == [(0, 0), (0, 1)]
