"""The movable clock over HTTP: one time for everybody, in demo and tests alone."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django_q.models import OrmQ

from tests.services.world import account as account_of
from tests.services.world import file, kinds, the_clock
from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA, system_time
from workflow_app.models import ClockShift
from workflow_app.models.clock_shift import shifted_time
from workflow_app.services.clock_shift import MOST_SECONDS
from workflow_app.services.ticking import run_due
from workflow_app.services.tokens import issue_token
from workflow_app.services.waking import JOBS

from .conftest import Api, problem

pytestmark = pytest.mark.usefixtures("acts", "movable")
BEGINNING = datetime(2026, 3, 2, 10, 0, tzinfo=CHINA)
DAY = 24 * 3600


@pytest.fixture
def movable(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock that demos have, standing at the beginning of the story."""
    ClockShift.objects.create(pk=1, microseconds=(BEGINNING - system_time()) // timedelta(microseconds=1))
    monkeypatch.setattr(clock, "_source", shifted_time)


@pytest.fixture
def applicant() -> Api:
    """Somebody whose token outlives the story."""
    return Api(issue_token(user=account_of("applicant1"), days=1000))


def moment(answer: dict[str, str]) -> datetime:
    return datetime.fromisoformat(answer["now"])


def test_everybody_reads_the_same_time(applicant: Api, account: Callable[[str], Api]) -> None:
    first, second = applicant.get("/clock").json(), account("reviewer1").get("/clock").json()
    assert first["now"].endswith("+08:00")
    assert timedelta() <= moment(second) - moment(first) < timedelta(seconds=10)
    assert first["due"] == 0


def test_time_moves_for_everybody_and_everything(applicant: Api, account: Callable[[str], Api]) -> None:
    before = moment(applicant.get("/clock").json())
    answer = applicant.post("/clock/advance", {"seconds": 3 * DAY})
    assert answer.status_code == 200
    moved = moment(answer.json())
    assert timedelta(days=3) <= moved - before < timedelta(days=3, seconds=10)
    assert clock.now() >= moved
    assert moment(account("reviewer1").get("/clock").json()) >= moved


def test_the_answer_says_what_is_due_and_the_workers_are_woken(applicant: Api) -> None:
    case = file()
    run_due()
    OrmQ.objects.all().delete()
    ahead = the_clock(case).due_at - clock.now() + timedelta(seconds=1)
    answer = applicant.post("/clock/advance", {"seconds": int(ahead.total_seconds()) + 1}).json()
    # Two warnings, the breach, and the timer.
    assert answer["due"] == 4
    assert {JOBS["timers"], JOBS["rungs"]} <= {queued.func() for queued in OrmQ.objects.all()}
    assert "clock.breached" not in kinds(case)
    run_due()
    assert "clock.breached" in kinds(case)
    assert applicant.get("/clock").json()["due"] == 0


def test_the_same_key_moves_it_once(applicant: Api) -> None:
    first = applicant.post("/clock/advance", {"seconds": DAY}, key="one")
    again = applicant.post("/clock/advance", {"seconds": DAY}, key="one")
    assert again.json() == first.json()
    assert moment(applicant.get("/clock").json()) - BEGINNING < timedelta(days=2)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (0, "minimum"),
        (-1, "minimum"),
        (MOST_SECONDS + 1, "maximum"),
        (2**40, "maximum"),
        (1.5, "type"),
        ("60", "type"),
        (True, "type"),
        (None, "type"),
    ],
)
def test_what_is_no_span(applicant: Api, seconds: object, code: str) -> None:
    before = ClockShift.objects.get(pk=1).microseconds
    document = problem(applicant.post("/clock/advance", {"seconds": seconds}), 422, "request_invalid")
    assert [(each["pointer"], each["code"]) for each in document["errors"]] == [("/seconds", code)]
    assert ClockShift.objects.get(pk=1).microseconds == before


def test_the_bound_is_named(applicant: Api) -> None:
    document = problem(
        applicant.post("/clock/advance", {"seconds": MOST_SECONDS + 1}), 422, "request_invalid"
    )
    assert str(MOST_SECONDS) in document["errors"][0]["message"]


def test_no_further_than_the_calendar(applicant: Api) -> None:
    assert applicant.post("/clock/advance", {"seconds": MOST_SECONDS}).status_code == 200
    before = ClockShift.objects.get(pk=1).microseconds
    document = problem(applicant.post("/clock/advance", {"seconds": MOST_SECONDS}), 422, "clock_too_far")
    assert "2028" in document["detail"]
    assert ClockShift.objects.get(pk=1).microseconds == before


def test_only_those_who_are_signed_in(nobody: Api) -> None:
    problem(nobody.get("/clock"), 401, "not_authenticated")
    problem(nobody.post("/clock/advance", {"seconds": 1}), 401, "not_authenticated")


def test_every_page_says_that_time_was_moved(applicant: Api) -> None:
    def pages() -> list[str]:
        return [applicant.client.get(path).content.decode() for path in ("/", "/calculator", "/missing")]

    mark = f'演示时间 <time datetime="{clock.now().astimezone(CHINA):%Y-%m-%dT%H}'
    assert all(mark in page for page in pages())
    ClockShift.objects.update(microseconds=0)
    assert not any("演示时间" in page for page in pages())
    ClockShift.objects.all().delete()
    assert not any("演示时间" in page for page in pages())
