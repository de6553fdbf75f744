"""The checker itself: a small world in which all is well, and each way of spoiling it, which it has to notice."""

import copy
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.kills.checker import doubts
from tests.kills.facts import (
    AgainFact,
    AnswerFact,
    CaseFact,
    DeliveryFact,
    EventFact,
    Facts,
    LetterFact,
    MailFact,
    MessageFact,
    SubmissionFact,
    TaskFact,
)
from tests.kills.journal import Act, Journal
from workflow_app.services.trail import event_hash

CASE, OTHER = "XYCN-330700-20260302-000001", "XYCN-330700-20260302-000002"
BEGUN = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
PEOPLE = {"agent1": 7, "reviewer1": 8}
SHA = "a" * 64

World = tuple[Journal, Facts]


def act(
    key: str, by: str, path: str, answer: dict[str, object], content_type: str = "application/json"
) -> Act:
    found = Act(key, "story", by, f"/api/v1{path}", b"{}", content_type, sends=1)
    found.answers.append(answer)
    return found


def trail(number: str, *events: tuple[str, str | None, dict[str, object]]) -> list[EventFact]:
    """A chain as the service would write it."""
    head, found = b"", []
    for sequence, (kind, by, data) in enumerate(events, 1):
        at = BEGUN + timedelta(minutes=sequence)
        actor = PEOPLE[by] if by else None
        head = event_hash(head, sequence, kind, actor, at, data)
        found.append(EventFact(number, sequence, kind, actor, by, at, data, head))
    return found


@pytest.fixture
def world() -> World:
    """One case, filed with a paper, signed by its applicant and accepted by an officer, with a letter and an e-mail."""
    journal = Journal()
    for each in (
        act("k1", "agent1", "/documents", {"id": "paper"}, "multipart/form-data; boundary=x"),
        act("k2", "agent1", "/cases", {"number": CASE, "also_filed": []}),
        act("k3", "agent1", "/tasks/1/complete", {"id": 1}),
        act("k4", "reviewer1", "/tasks/2/claim", {"id": 2}),
        act("k5", "agent1", f"/cases/{CASE}/withdraw", {"number": CASE}),
    ):
        journal.acts[each.key] = each
    due = {"due_at": "2026-03-03T09:30:00+00:00", "late_seconds": 1}
    events = trail(
        CASE,
        ("case.filed", "agent1", {}),
        ("task.completed", "agent1", {"task": "task_sign", "form": "sign"}),
        ("letter.numbered", "agent1", {"letter": "金交承〔2026〕1号", "letter_kind": "notice"}),
        ("letter.issued", None, {"letter": "金交承〔2026〕1号", "letter_kind": "notice", "sha256": SHA}),
        ("task.claimed", "reviewer1", {"task": "task_accept"}),
        ("clock.warned", None, {"clock": "handle", "percent": 50, **due}),
        ("clock.warned", None, {"clock": "handle", "percent": 80, **due}),
        ("timer.fired", None, {"timer": "timer_handle", **due}),
        ("case.withdrawn", "agent1", {"outcome": "withdrawn"}),
    )
    facts = Facts(
        cases=[CaseFact(CASE, len(events), events[-1].hash)],
        events=events,
        tasks=[
            TaskFact(1, CASE, "task_sign", "done", "agent1"),
            TaskFact(2, CASE, "task_accept", "cancelled", None),
        ],
        submissions=[
            SubmissionFact(CASE, None, "start", "agent1"),
            SubmissionFact(CASE, 1, "sign", "agent1"),
        ],
        documents=["paper"],
        letters=[LetterFact(CASE, "notice", "1.1", "金交承〔2026〕1号", "issued", SHA, SHA, "valid")],
        series={"letter:金交承:2026": 1, "case:XYCN:330700:20260302": 1, "commitment:330700:2026": 4},
        messages=[MessageFact(5, CASE, "agent1", "received", "0.2", True)],
        deliveries=[DeliveryFact(6, 5, "email", "agent1@demo.invalid", "sent")],
        mails=[MailFact("<message-5-6@city.invalid>", ["agent1@demo.invalid"])],
        answers=[AnswerFact(each.key, each.by) for each in journal.acts.values()],
        again=[AgainFact(each.key, 200, each.answers[0], True) for each in journal.acts.values()],
    )
    return journal, facts


def test_nothing_is_said_where_all_is_well(world: World) -> None:
    assert doubts(*world) == []


def test_a_refused_act_owes_nothing(world: World) -> None:
    journal, facts = world
    refused = Act("k9", "story", "agent1", "/api/v1/tasks/2/complete", b"{}", "application/json", sends=1)
    refused.refusals.append("form_invalid")
    journal.acts["k9"] = refused
    assert doubts(journal, facts) == []


def again(facts: Facts, key: str) -> AgainFact:
    return next(each for each in facts.again if each.key == key)


def add_letter(facts: Facts, **changes: object) -> None:
    letter = copy.copy(facts.letters[0])
    for name, value in changes.items():
        setattr(letter, name, value)
    facts.letters.append(letter)


def add_event(facts: Facts, kind: str, by: str | None, data: dict[str, object]) -> None:
    """An act that was done once more, chained as the service would."""
    told = [(each.kind, each.by, each.data) for each in facts.events]
    facts.events = trail(CASE, *told, (kind, by, data))
    facts.cases[0].event_count, facts.cases[0].event_hash = len(facts.events), facts.events[-1].hash


def renumber(facts: Facts) -> None:
    facts.letters[0].number = "金交承〔2026〕2号"
    for event in facts.events:
        if "letter" in event.data:
            event.data["letter"] = facts.letters[0].number
    told = [(each.kind, each.by, each.data) for each in facts.events]
    facts.events = trail(CASE, *told)
    facts.cases[0].event_hash = facts.events[-1].hash
    facts.series["letter:金交承:2026"] = 2


SPOILT: dict[str, tuple[Callable[[Journal, Facts], object], str]] = {
    "a filing is lost": (lambda j, f: f.cases.clear(), "case .*000001: acknowledged 1, found 0"),
    "a case that nobody was told of": (
        lambda j, f: f.cases.append(CaseFact(OTHER, 0, b"")),
        "case .*000002: acknowledged 0, found 1",
    ),
    "an act is lost": (lambda j, f: f.submissions.pop(), "submission of task 1: acknowledged 1, found 0"),
    "an act is doubled": (
        lambda j, f: f.submissions.append(copy.copy(f.submissions[1])),
        "submission of task 1: acknowledged 1, found 2",
    ),
    "its start is doubled": (
        lambda j, f: f.submissions.append(copy.copy(f.submissions[0])),
        "start form .*: acknowledged 1, found 2",
    ),
    "its event is doubled": (
        lambda j, f: add_event(f, "task.completed", "agent1", {"task": "task_sign", "form": "sign"}),
        "event .*task.completed.*: acknowledged 1, found 2",
    ),
    "a claim is doubled": (
        lambda j, f: add_event(f, "task.claimed", "reviewer1", {"task": "task_accept"}),
        "event .*task.claimed.*: acknowledged 1, found 2",
    ),
    "a withdrawal is doubled": (
        lambda j, f: add_event(f, "case.withdrawn", "agent1", {}),
        "event .*case.withdrawn.*: acknowledged 1, found 2",
    ),
    "the task is still open": (
        lambda j, f: setattr(f.tasks[0], "status", "open"),
        "was done by agent1, found open",
    ),
    "somebody else did it": (
        lambda j, f: setattr(f.tasks[0], "done_by", "reviewer1"),
        "was done by agent1, found done by reviewer1",
    ),
    "a task was done that nobody was told of": (
        lambda j, f: setattr(f.tasks[1], "status", "done"),
        "done task 2: acknowledged 0, found 1",
    ),
    "the task is gone": (lambda j, f: f.tasks.pop(0), "task 1 of agent1 is gone"),
    "a paper is lost": (lambda j, f: f.documents.clear(), "paper paper: acknowledged 1, found 0"),
    "a paper is doubled": (lambda j, f: f.documents.append("copy"), "paper copy: acknowledged 0, found 1"),
    "two answers under one key": (
        lambda j, f: j.acts["k3"].answers.append({"id": 2}),
        "got different answers",
    ),
    "the answer was not stored": (lambda j, f: f.answers.pop(), "stored answer .*: acknowledged 1, found 0"),
    "the key is forgotten": (lambda j, f: f.again.pop(), "sent again, the key is answered nothing"),
    "the key acts again": (
        lambda j, f: setattr(again(f, "k3"), "was_replayed", False),
        "sent again, the key is answered",
    ),
    "the key is answered otherwise": (
        lambda j, f: setattr(again(f, "k2"), "body", {"number": OTHER}),
        "sent again, the key is answered",
    ),
    "a request is never answered": (lambda j, f: j.acts["k1"].answers.clear(), "never answered"),
    "a letter is doubled": (lambda j, f: add_letter(f), "2 letters for"),
    "a letter of the same number": (
        lambda j, f: add_letter(f, origin="1.2"),
        r"series letter:金交承:2026: given up to 1, found \[1, 1\]",
    ),
    "a letter is not made": (lambda j, f: setattr(f.letters[0], "status", "pending"), "is pending"),
    "a letter has failed": (lambda j, f: setattr(f.letters[0], "status", "failed"), "is failed"),
    "a letter has no file": (lambda j, f: setattr(f.letters[0], "stored", ""), "stored is nothing"),
    "a letter has another file": (lambda j, f: setattr(f.letters[0], "stored", "b" * 64), "stored is b"),
    "a letter does not verify": (
        lambda j, f: setattr(f.letters[0], "verdict", "tampered"),
        "verifies as tampered",
    ),
    "a letter is issued twice": (
        lambda j, f: add_event(f, "letter.issued", None, {"letter": "金交承〔2026〕1号"}),
        "was issued 2 times",
    ),
    "a number is left out": (lambda j, f: renumber(f), r"given up to 2, found \[2\]"),
    "a number was given to nothing": (
        lambda j, f: f.series.update({"letter:金交承:2026": 2}),
        r"given up to 2, found \[1\]",
    ),
    "a series without a row": (
        lambda j, f: f.series.pop("case:XYCN:330700:20260302"),
        r"given up to 0, found \[1\]",
    ),
    "a message is doubled": (lambda j, f: f.messages.append(copy.copy(f.messages[0])), "2 messages for"),
    "a message is not written": (lambda j, f: setattr(f.messages[0], "is_rendered", False), "not written"),
    "a delivery is lost": (lambda j, f: f.deliveries.clear(), "message 5 has no delivery"),
    "a delivery is doubled": (
        lambda j, f: f.deliveries.append(copy.copy(f.deliveries[0])),
        "2 deliveries for",
    ),
    "a delivery is on its way for ever": (
        lambda j, f: setattr(f.deliveries[0], "status", "sending"),
        "delivery 6 is sending",
    ),
    "an e-mail is doubled": (lambda j, f: f.mails.append(f.mails[0]), "delivery 6 went out 2 times"),
    "an e-mail is lost": (lambda j, f: f.mails.clear(), "called sent and never arrived"),
    "an e-mail of nobody": (
        lambda j, f: f.mails.append(MailFact("<message-5-7@city.invalid>", ["agent1@demo.invalid"])),
        "no row knows of the e-mail",
    ),
    "an e-mail without our name": (
        lambda j, f: f.mails.append(MailFact("<x@y>", [])),
        "no row knows of the e-mail",
    ),
    "an e-mail to somebody else": (
        lambda j, f: f.mails.append(MailFact("<message-5-6@city.invalid>", ["x@demo.invalid"])),
        "went to",
    ),
    "an event was changed": (lambda j, f: f.events[1].data.update(form="x"), "the chain breaks at 2"),
    "an event is missing": (lambda j, f: f.events.pop(2), "gaps or doubles"),
    "the last event is missing": (lambda j, f: f.events.pop(), "gaps or doubles"),
    "an event stands twice": (lambda j, f: f.events.append(f.events[4]), "gaps or doubles"),
    "the chain was cut off": (
        lambda j, f: (f.events.pop(), setattr(f.cases[0], "event_count", 8)),
        "does not end where the case says",
    ),
    "events of no case": (
        lambda j, f: f.events.extend(trail(OTHER, ("case.closed", None, {}))),
        "events of .*000002, which is no case",
    ),
    "a timer fired twice": (
        lambda j, f: add_event(f, "timer.fired", None, f.events[7].data),
        "fired 2 times",
    ),
    "a warning came twice": (
        lambda j, f: add_event(f, "clock.warned", None, f.events[5].data),
        "fired 2 times",
    ),
    "a timer is left lying": (lambda j, f: f.overdue.append("timer timer_handle"), "still due: timer"),
    "a transaction is left open": (lambda j, f: f.orphans.append("17 idle"), "left behind: 17 idle"),
}


@pytest.mark.parametrize("what", SPOILT)
def test_what_is_wrong_is_noticed(world: World, what: str) -> None:
    spoil, complaint = SPOILT[what]
    spoil(*world)
    found = doubts(*world)
    assert any(re.search(complaint, doubt) for doubt in found), found
