"""Fourteen months of cases in the city and its counties, and what a bulletin has to say of them computed once more."""

import random
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from pathlib import Path

from workflow_app.domain.clock import CHINA
from workflow_app.models import Agency, Case, Clock, Definition, Region, Subject, User
from workflow_app.models.cases import CaseStatus
from workflow_app.selectors.calendar import get_calendar
from workflow_app.services.figures import count_figures

PROCESSES = ("commitment", "objection", "repair")
YIWU = "330782"
# Six and a half hours a day, where elsewhere it is seven and a half.
YIWU_HOURS = [["09:00", "12:00"], ["14:00", "17:30"]]
BEGIN, END = datetime(2025, 2, 3, 9, tzinfo=CHINA), datetime(2026, 3, 2, 9, tzinfo=CHINA)


def live_a_year(count: int = 240, seed: int = 7) -> list[Case]:
    """Cases filed evenly over the time, most answered within days, some late, some withdrawn, some still open; counted
    into the figures."""
    Region.objects.filter(code=YIWU).update(office_hours=YIWU_HOURS)
    chance = random.Random(seed)
    agencies = list(Agency.objects.filter(kind="credit_office").order_by("region_id"))
    definitions = {each.slug: each for each in Definition.objects.filter(is_current=True)}
    subject, clerk = Subject.objects.order_by("pk")[0], User.objects.get(username="clerk1")
    made = []
    for number in range(count):
        filed_at = BEGIN + (END - BEGIN) * number / count + timedelta(minutes=chance.randrange(600))
        slug, agency = chance.choice(PROCESSES), chance.choice(agencies)
        # Longer before than now, and not the same everywhere.
        took = timedelta(hours=chance.expovariate(1 / (40 + agency.pk % 5 * 12 + (count - number) / 6)))
        answered_at = filed_at + timedelta(minutes=20) + took
        is_withdrawn, is_open = number % 13 == 5, number % 11 == 3
        is_answered = not (is_withdrawn or is_open) and answered_at < END
        made.append(
            Case(
                number=f"T-{seed}-{number:05}",
                process=slug,
                definition=definitions[slug],
                status=CaseStatus.WITHDRAWN if is_withdrawn else CaseStatus.OPEN,
                subject=subject,
                agency=agency,
                filed_by=clerk,
                filed_at=filed_at,
                answered_at=answered_at if is_answered else None,
                state=b"",
                state_mac=bytes(32),
                serializer_version="1",
            )
        )
    Case.objects.bulk_create(made)
    Clock.objects.bulk_create(_clock(case) for case in made if case.status != CaseStatus.WITHDRAWN)
    while count_figures(1000):
        pass
    return made


def account(username: str) -> User:
    return User.objects.get(username=username)


def is_late(case: Case) -> bool:
    """Whether the case was not answered within five days."""
    return case.answered_at is not None and case.answered_at - case.filed_at > timedelta(days=5)


def _clock(case: Case) -> Clock:
    due_at = case.filed_at + timedelta(days=5)
    is_over = case.answered_at is not None
    return Clock(
        case=case,
        process=case.process,
        agency=case.agency,
        name="decide" if case.process == "commitment" else "handle",
        status="stopped" if is_over else "running",
        amount=5,
        unit="calendar_day",
        legal_basis="示例",
        started_at=case.filed_at,
        due_at=due_at,
        stopped_at=case.answered_at,
        breached_at=due_at if is_late(case) else None,
    )


@dataclass(frozen=True)
class Expected:
    """A line of the bulletin by other means: from the cases alone, one by one."""

    received: int
    answered: int
    late: int
    mean: float | None
    p90: float | None


def expected(cases: Iterable[Case], first: date, is_of: Callable[[Case], bool]) -> Expected:
    """What two months from `first` brought, of the cases that `is_of` leaves."""
    months = {(first.year, first.month), (first.year + first.month // 12, first.month % 12 + 1)}

    def within(moment: datetime | None) -> bool:
        local = moment.astimezone(CHINA) if moment else None
        return local is not None and (local.year, local.month) in months

    mine = [case for case in cases if is_of(case)]
    answered = [case for case in mine if within(case.answered_at)]
    days = sorted(map(working_days, answered))
    return Expected(
        received=sum(within(case.filed_at) for case in mine),
        answered=len(answered),
        late=sum(map(is_late, answered)),
        mean=sum(days) / len(days) if days else None,
        p90=days[ceil(0.9 * len(days)) - 1] if days else None,
    )


def working_days(case: Case) -> float:
    """Office time from filing to answer, by the length of a working day where the agency sits."""
    calendar = get_calendar(case.agency.region_id)
    assert case.answered_at is not None
    return calendar.working_time_between(case.filed_at, case.answered_at) / calendar.full_day


def shell(*command: str | Path) -> str:
    """What a program prints; it must succeed."""
    done = subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8", timeout=60)
    return done.stdout


def text_of(pdf: bytes, folder: Path) -> str:
    """The text as `pdftotext` reads it, without white space."""
    path = folder / "bulletin.pdf"
    path.write_bytes(pdf)
    return "".join(shell("pdftotext", "-raw", path, "-").split())
