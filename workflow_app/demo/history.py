"""Half a year of cases for the demo: filed and handled by its people through the real services, at their own pace.

Time is moved from act to act in this process only, and everything that falls due on the way fires when it does.
Letters and messages are left to the worker, as always.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from io import BytesIO
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import yaml

from workflow_app.demo.names import agency_code, subject_code
from workflow_app.demo.paper import PAPER
from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.models import Agency, Case, CreditRecord, Document, Mandate, RoleGrant, Subject, Task, User
from workflow_app.models.people import Role
from workflow_app.models.records import RecordCategory, RecordSeverity
from workflow_app.models.subjects import CodeKind, SubjectKind
from workflow_app.models.tasks import LIVE
from workflow_app.selectors.access import APPLICANT
from workflow_app.selectors.calendar import get_calendar
from workflow_app.services import sweeping
from workflow_app.services.cases import file_case
from workflow_app.services.documents import store_document
from workflow_app.services.tasks import complete_task

PLAYS = Path(__file__).parent / "data" / "history.yaml"
SPAN = timedelta(days=182)
# The subjects of the history come after those of the demo world.
FIRST_SUBJECT = 1001
NUMBERED = "DEMO-H-"
AGENT, SOURCE_OFFICER = "agent1", "source1"
# Place in the list of agencies → who handles there. Yiwu stands for the counties.
CITY, YIWU = 1, 13
SUPPLIERS = {CITY: 2, YIWU: 16}
STAFF: dict[int, dict[Role, tuple[str, ...]]] = {
    CITY: {Role.REVIEWER: ("reviewer1", "reviewer2"), Role.APPROVER: ("approver1",)},
    YIWU: {Role.REVIEWER: ("reviewer1-yiwu",), Role.APPROVER: ("approver1-yiwu",)},
}
# Working hours that a step usually waits, by role; one in SLOW_IN waits many times that.
HOURS = {APPLICANT: 9.0, Role.REVIEWER: 3.5, Role.APPROVER: 3.0, Role.SOURCE_UNIT: 8.0}
SLOW_IN, SLOWNESS = 14, 7.0
_AFTER = timedelta(seconds=1)


@dataclass
class History:
    """One run. `now` is the time it stands at; `cases` have been filed so far."""

    chance: Random
    now: datetime
    until: datetime
    plays: list[dict[str, Any]]
    cases: int = 0
    _agenda: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=count)

    def at(self, moment: datetime, act: Callable[[], None]) -> None:
        """Plan an act."""
        if moment < self.until:
            heapq.heappush(self._agenda, (moment, next(self._order), act))

    def play(self) -> Iterator[int]:
        """Act after act until the end → the number of cases filed, after each act."""
        while self._agenda:
            moment, _, act = heapq.heappop(self._agenda)
            self._fire_until(moment)
            act()
            yield self.cases
        self._fire_until(self.until)

    def _fire_until(self, moment: datetime) -> None:
        """Let happen what falls due on the way, each at its time."""
        while due := _next_due(moment):
            self.now = max(self.now, due + _AFTER)
            if not sweeping.fire_timers() + sweeping.fire_rungs():
                break
        self.now = max(self.now, moment)

    def file(self, play: dict[str, Any], place: int, subject: Subject) -> None:
        """Hand in one case, and plan its first step."""
        user = User.objects.get(username=AGENT)
        data: dict[str, Any] = self._filled(play["start"], user)
        if "matters" in play:
            data["matter"] = self._drawn([[weight, code] for code, weight in play["matters"].items()])
        else:
            record = str(make_record(subject, place, self.now).pk)
            about: dict[str, Any] = (
                {"record": record} if play["process"] == "objection" else {"records": [record]}
            )
            data |= about
        (case,) = file_case(process=play["process"], data=data, user=user, on_behalf_of=subject.code)
        self.cases += 1
        self._go_on(case, play)

    def _go_on(self, case: Case, play: dict[str, Any]) -> None:
        """Plan the next step of whoever has to act; where nobody has, look again the next working day."""
        tasks = case.tasks.filter(status__in=LIVE).order_by("pk")
        task = next((each for each in tasks if play["steps"].get(each.element)), None)
        hours = 7.5
        if task is not None:
            slow = SLOWNESS if self.chance.randrange(SLOW_IN) == 0 else 1.0
            hours = HOURS[task.role] * self.chance.lognormvariate(0, 0.7) * slow
        elif Case.objects.get(pk=case.pk).is_finished:
            return
        moment = get_calendar("").add_working_time(self.now, timedelta(hours=hours))
        self.at(moment, lambda: self._do(case, play, task))

    def _do(self, case: Case, play: dict[str, Any], task: Task | None) -> None:
        # Time may have taken the step away meanwhile.
        if task is not None and Task.objects.filter(pk=task.pk, status__in=LIVE).exists():
            user = self._doer(case, task)
            data = self._filled(self._drawn(play["steps"][task.element]), user)
            complete_task(task_id=task.pk, user=user, data=data)
        self._go_on(case, play)

    def _doer(self, case: Case, task: Task) -> User:
        if task.role == APPLICANT:
            name = AGENT
        elif task.role == Role.SOURCE_UNIT:
            name = SOURCE_OFFICER
        else:
            place = YIWU if case.agency.region_id == "330782" else CITY
            done = set(case.tasks.exclude(done_by=None).values_list("done_by__username", flat=True))
            names = STAFF[place][Role(task.role)]
            # Whoever began a case usually goes on with it.
            name = next((each for each in names if each in done), self.chance.choice(names))
        return User.objects.get(username=name)

    def _drawn(self, choices: list[list[Any]]) -> Any:
        return self.chance.choices([each for _, each in choices], [weight for weight, _ in choices])[0]

    def _filled(self, value: Any, user: User) -> Any:
        if isinstance(value, dict):
            return {key: self._filled(each, user) for key, each in value.items()}
        if isinstance(value, list):
            return [self._filled(each, user) for each in value]
        if value == "$today":
            return self.now.astimezone(CHINA).date().isoformat()
        return str(paper_of(user, self.now).pk) if value == "$paper" else value


def make_history(cases: int, until: datetime, seed: int = 1) -> Iterator[int]:
    """File about `cases` cases over the half year before `until` and handle them → how many there are, as it goes on.

    Needs the demo world. The service's time is the history's while it runs, in this process.
    """
    chance = Random(seed)  # noqa: S311 - nothing secret
    begun = until - SPAN
    history = History(chance, begun, until, yaml.safe_load(PLAYS.read_text(encoding="utf-8")))
    subjects = make_subjects(max(10, cases // 6), begun)
    prepare_staff(begun)
    for _ in range(cases):
        play = chance.choices(history.plays, [each["weight"] for each in history.plays])[0]
        # Departments of the city grant licences; the county handles its own records.
        place = YIWU if "matters" not in play and chance.random() < 0.3 else CITY
        filing = get_calendar("").next_office_moment(begun + SPAN * chance.random())
        filing += timedelta(minutes=chance.randrange(180))
        subject = chance.choice(subjects)
        history.at(filing, partial(history.file, play, place, subject))
    with clock.shown_by(lambda: history.now):
        yield from history.play()


def make_subjects(number: int, since: datetime) -> list[Subject]:
    """Plainly fictional companies that the demo's agent acts for."""
    agent = User.objects.get(username=AGENT)
    found = []
    for place in range(FIRST_SUBJECT, FIRST_SUBJECT + number):
        subject, _ = Subject.objects.get_or_create(
            code=subject_code(f"org{place}"),
            defaults={
                "kind": SubjectKind.ORGANISATION,
                "code_kind": CodeKind.USCC,
                "name": f"金华市往来{place}号商贸有限公司（演示）",
                "is_listed": place % 9 == 0,
            },
        )
        day = since.astimezone(CHINA).date()
        Mandate.objects.get_or_create(
            agent=agent,
            subject=subject,
            defaults={"valid_from": day - SPAN, "valid_until": day + 6 * SPAN},
        )
        found.append(subject)
    return found


def prepare_staff(since: datetime) -> None:
    """The source unit's officer of the city also answers for Yiwu's."""
    RoleGrant.objects.get_or_create(
        user=User.objects.get(username=SOURCE_OFFICER),
        role=Role.SOURCE_UNIT,
        agency=supplier(YIWU),
        defaults={"valid_from": since.astimezone(CHINA).date() - SPAN},
    )


def supplier(place: int) -> Agency:
    """The department that supplies the records which the office at this place of the list handles."""
    region = "330782" if place == YIWU else "330700"
    return Agency.objects.get(code=agency_code(region, SUPPLIERS[place]))


def make_record(subject: Subject, place: int, now: datetime) -> CreditRecord:
    """A penalty of ten months ago, old enough to be repaired."""
    day = now.astimezone(CHINA).date() - timedelta(days=300)
    number = CreditRecord.objects.filter(number__startswith=NUMBERED).count() + 1
    return CreditRecord.objects.create(
        subject=subject,
        source_agency=supplier(place),
        category=RecordCategory.PENALTY,
        severity=RecordSeverity.GENERAL,
        number=f"{NUMBERED}{number:05d}",
        title="未按规定明码标价案（演示）",
        facts="当事人销售商品未注明计价单位和价格。",
        basis="《中华人民共和国价格法》第十三条第一款",
        content="罚款人民币伍仟元整",
        penalty_kinds="罚款",
        amount_cents=5_000_000,
        decision_on=day,
        published_on=day + timedelta(days=3),
        valid_until=day + timedelta(days=365),
        created_at=now,
    )


def paper_of(user: User, now: datetime) -> Document:
    """A small paper to hand in."""
    return store_document(user=user, kind="proof", name="证明材料.pdf", content=BytesIO(PAPER))


def _next_due(until: datetime) -> datetime | None:
    """When the next timer or rung falls due that is not later than `until`."""
    rows = (sweeping.due_timers(until), sweeping.due_rungs(until))
    found = [query.values_list("due_at", flat=True).first() for query in rows]
    return min((due for due in found if due is not None), default=None)
