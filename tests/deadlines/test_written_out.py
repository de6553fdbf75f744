"""Due dates of real cases, written out by hand with the reason of every day, as a lawyer would check them."""

from datetime import datetime
from typing import Any

import pytest

from tests.conftest import FrozenClock
from tests.processes.tokens import resolve
from workflow_app.demo.names import subject_code
from workflow_app.domain.clock import CHINA
from workflow_app.models import Case, Clock, User
from workflow_app.models.tasks import LIVE
from workflow_app.selectors.clocks import explain_clock, get_clock
from workflow_app.services.cases import file_case
from workflow_app.services.tasks import complete_task

pytestmark = pytest.mark.django_db

OBJECTION = {
    "record": "$record:DEMO-P-004",
    "ground": "error",
    "changes": [{"field": "amount_cents", "new": "5000.00"}],
    "explanation": "决定书载明罚款五千元。",
    "papers": ["$paper"],
    "contact": "王一",
    "phone": "13800000001",
    "agree": True,
}
REPAIR = {
    "records": ["$record:DEMO-P-007"],
    "proof": ["$paper"],
    "explanation": "已在首页公示营业执照。",
    "contact": "王一",
    "phone": "13800000001",
    "commitment": True,
}
START = "起算当日，不计入"
WEEKEND = "周末，不计入"
NOTICE = "（国办发明电〔2025〕7号）"
MID_AUTUMN = f"中秋节放假，不计入{NOTICE}"
NATIONAL = f"国庆节放假，不计入{NOTICE}"
SPRING = f"春节放假，不计入{NOTICE}"


def counted(number: int) -> str:
    return f"计为第 {number} 个工作日"


def made_up(number: int) -> str:
    return f"调休上班，计为第 {number} 个工作日{NOTICE}"


def file(process: str, data: dict[str, Any], username: str, on_behalf_of: str = "") -> Case:
    user = User.objects.get(username=username)
    code = subject_code(on_behalf_of) if on_behalf_of else ""
    (case,) = file_case(process=process, data=resolve(data, user), user=user, on_behalf_of=code)
    return case


def accept(case: Case) -> None:
    task = case.tasks.get(status__in=LIVE)
    reviewer = User.objects.get(username="reviewer1")
    complete_task(task_id=task.pk, user=reviewer, data={"acceptance": "accept"})


def due(clock: Clock) -> str:
    return f"{clock.due_at.astimezone(CHINA):%Y-%m-%d %H:%M}"


def reasons(clock: Clock, as_of: datetime) -> list[str]:
    """Every day of the explanation as `MM-DD reason`."""
    return [f"{line.day:%m-%d} {line.reason}" for line in explain_clock(clock, as_of)]


@pytest.mark.parametrize("filed", ["2026-09-25 16:59", "2026-09-25 17:01"])
def test_an_objection_filed_on_the_mid_autumn_holiday(filed: str, at: FrozenClock) -> None:
    # A day off, whatever the hour: the application has arrived, and that day is the start day either way.
    at(filed)
    case = file("objection", OBJECTION, "applicant1")
    form = get_clock(case, "accept")
    assert due(form) == "2026-09-28 17:30"
    assert reasons(form, at.now) == [
        f"09-25 {START}",
        f"09-26 {MID_AUTUMN}",
        f"09-27 {MID_AUTUMN}",
        f"09-28 {counted(1)}",
    ]
    # Accepted on Monday; the week of National Day lies in between.
    at("2026-09-28 10:00")
    accept(case)
    handling = get_clock(case, "handle")
    assert due(handling) == "2026-10-10 17:30"
    assert not handling.is_provisional
    assert reasons(handling, at.now) == [
        f"09-28 {START}",
        f"09-29 {counted(1)}",
        f"09-30 {counted(2)}",
        *(f"10-0{day} {NATIONAL}" for day in range(1, 8)),
        f"10-08 {counted(3)}",
        f"10-09 {counted(4)}",
        f"10-10 {made_up(5)}",
    ]


def test_an_objection_filed_on_a_make_up_saturday(at: FrozenClock) -> None:
    # 2026-10-10 is worked for the National Day week: it is a start day like any other, and the office decides that day.
    at("2026-10-10 10:00")
    case = file("objection", OBJECTION, "applicant1")
    form = get_clock(case, "accept")
    assert due(form) == "2026-10-12 17:30"
    assert reasons(form, at.now) == [f"10-10 {START}", f"10-11 {WEEKEND}", f"10-12 {counted(1)}"]
    accept(case)
    handling = get_clock(case, "handle")
    assert due(handling) == "2026-10-16 17:30"
    assert reasons(handling, at.now) == [
        f"10-10 {START}",
        f"10-11 {WEEKEND}",
        *(f"10-{11 + number} {counted(number)}" for number in range(1, 6)),
    ]


def test_an_objection_accepted_before_the_national_day_counts_the_make_up_saturday(at: FrozenClock) -> None:
    at("2026-09-30 17:30")
    case = file("objection", OBJECTION, "applicant1")
    accept(case)
    handling = get_clock(case, "handle")
    assert due(handling) == "2026-10-13 17:30"
    assert reasons(handling, at.now) == [
        f"09-30 {START}",
        *(f"10-0{day} {NATIONAL}" for day in range(1, 8)),
        f"10-08 {counted(1)}",
        f"10-09 {counted(2)}",
        f"10-10 {made_up(3)}",
        f"10-11 {WEEKEND}",
        f"10-12 {counted(4)}",
        f"10-13 {counted(5)}",
    ]


def test_an_objection_in_the_last_week_of_2026_rests_on_a_year_without_notice(at: FrozenClock) -> None:
    at("2026-12-28 10:00")
    case = file("objection", OBJECTION, "applicant1")
    assert not get_clock(case, "accept").is_provisional
    accept(case)
    handling = get_clock(case, "handle")
    # 1 January 2027 is a Friday. It will be a day off; until the notice says so it counts, and the date is provisional.
    assert due(handling) == "2027-01-04 17:30"
    assert handling.is_provisional
    assert reasons(handling, at.now) == [
        f"12-28 {START}",
        f"12-29 {counted(1)}",
        f"12-30 {counted(2)}",
        f"12-31 {counted(3)}",
        f"01-01 {counted(4)}",
        f"01-02 {WEEKEND}",
        f"01-03 {WEEKEND}",
        f"01-04 {counted(5)}",
    ]
    assert [line.day.year for line in explain_clock(handling, at.now) if line.provisional] == [2027] * 4


def test_a_repair_filed_on_the_last_working_day_before_the_spring_festival(at: FrozenClock) -> None:
    # Saturday 14 February 2026 is a make-up day; the holiday runs from Sunday 15 to Monday 23 February.
    at("2026-02-14 15:00")
    case = file("repair", REPAIR, "agent1", "org4")
    handling = get_clock(case, "handle")
    assert due(handling) == "2026-02-26 17:30"
    assert not handling.is_provisional
    assert reasons(handling, at.now) == [
        f"02-14 {START}",
        *(f"02-{day} {SPRING}" for day in range(15, 24)),
        f"02-24 {counted(1)}",
        f"02-25 {counted(2)}",
        f"02-26 {counted(3)}",
    ]
