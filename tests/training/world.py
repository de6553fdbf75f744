"""Repair cases that wait for training, and sessions of the demo world with as many seats as a test needs."""

from datetime import datetime, timedelta

import pytest
from django.db import transaction

from bpmn.manifest import Outcome, Text
from tests.engine.samples import bundle, catch, diagram, user
from tests.records.steps import account, deploy, record, stand_in
from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.errors import CreditError
from workflow_app.engine.bundles import Bundle, content_hash
from workflow_app.models import Case, CreditRecord, Enrolment, Task, TrainingSession
from workflow_app.models.tasks import LIVE
from workflow_app.services.cases import file_case
from workflow_app.services.training import check_in, check_out, enrol, record_results

SLUG = "trained"
BEFORE, DURING, AFTER = "2026-03-05 08:50", "2026-03-05 10:00", "2026-03-05 11:40"


def _bundle() -> Bundle:
    from tests.records.steps import _forms

    drawn = bundle(
        diagram(
            ["start", catch("msg_training", message="training.passed"), user("task_decide"), "end"],
            ["start > msg_training", "msg_training > task_decide", "task_decide > end"],
            slug=SLUG,
            lanes={"reviewer": ["task_decide"]},
        ),
        slug=SLUG,
        about="record",
        number_prefix="TRAIN",
        outcomes={"end": Outcome("done", Text("办结", "Done"), True)},
        clocks=(),
        notifications=("training_again",),
    )
    texts = {
        f"notifications/{SLUG}/training_again{suffix}": "{{ case.number }} {{ reason }}"
        for suffix in ("_subject.txt", ".txt", "_subject.en.txt", ".en.txt")
    }
    files = {**drawn.files, **_forms(SLUG), **texts}
    return Bundle(SLUG, drawn.version, content_hash(files, drawn.manifest), files, drawn.manifest)


def waiting_case(number: str = "DEMO-P-002") -> Case:
    """A case about the record that waits for training.passed, filed by whoever stands for its subject."""
    deploy(_bundle())
    found = record(number)
    (case,) = file_case(
        process=SLUG,
        data={"record": str(found.pk)},
        user=account(stand_in(found.subject)),
        on_behalf_of=found.subject.code,
    )
    return case


def waiting_cases(count: int) -> list[Case]:
    """Cases about `count` different records of the city's market supervision."""
    rows = CreditRecord.objects.filter(number__startswith="DEMO-P-", subject__kind="organisation").order_by(
        "number"
    )
    return [waiting_case(number) for number in rows.values_list("number", flat=True)[:count]]


def session(seats: int = 40, *, place: int = 0) -> TrainingSession:
    """The session at `place` (from 0) of the demo world, with that many seats."""
    found = TrainingSession.objects.order_by("starts_at")[place]
    found.seats = seats
    found.save(update_fields=["seats"])
    return found


def book(case: Case, where: TrainingSession, by: str = "") -> Enrolment:
    return enrol(session_id=where.pk, case_number=case.number, user=account(by) if by else case.applicant)


def attend(
    enrolment: Enrolment, at, come: str = "2026-03-05 09:00", go: str = "2026-03-05 11:30"
) -> Enrolment:
    """The trainer checks the person in and out at these local times."""
    at(come)
    check_in(session_id=enrolment.session_id, user=account("trainer1"), enrolment_id=enrolment.pk)
    at(go)
    return check_out(session_id=enrolment.session_id, user=account("trainer1"), enrolment_id=enrolment.pk)


def grade(
    where: TrainingSession, results: dict[int, int | None], by: str = "trainer1"
) -> dict[int, Enrolment]:
    rows = record_results(session_id=where.pk, user=account(by), results=results)
    return {row.pk: row for row in rows}


def soon(minutes: int) -> datetime:
    return clock.now().astimezone(CHINA) + timedelta(minutes=minutes)


def fails(expected, act, /, *args, **kwargs) -> CreditError:
    """The error with this code that `act` must raise; what it wrote is undone."""
    with pytest.raises(CreditError) as caught, transaction.atomic():
        act(*args, **kwargs)
    assert caught.value.code == expected
    return caught.value


def live(case: Case) -> list[str]:
    """The elements of the tasks that wait for somebody."""
    return list(Task.objects.filter(case=case, status__in=LIVE).values_list("element", flat=True))
