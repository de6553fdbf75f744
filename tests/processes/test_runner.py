"""The tester tested: what the runner must find, and files that are no scenarios."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.conftest import ANCHOR, FrozenClock
from tests.processes.runner import play
from tests.processes.tokens import resolve
from tests.processes.trace import Trace, missing
from workflow_app.demo.names import subject_code
from workflow_app.demo.scenario import Scenario, ScenarioFormatError, parse_scenario
from workflow_app.engine.bundles import discover
from workflow_app.models import Case, Clock, Document, User
from workflow_app.services import ticking

STORY = """
title: 开放的案件
at: 2026-03-02T10:00:00+08:00
by: agent1
on_behalf_of: org6
start: {matter: FOOD-01, agree: true}
steps:
  - do: task_sign
    by: agent1
    data: {choice: commit, signer: 王一, agree: true}
expect:
  status: open
  letters: [notice, commitment]
  clocks: {sign: 2026-03-23T17:30:00+08:00}
  facts: {commitment: null, subject.is_listed: false}
"""


def story(old: str = "", new: str = "") -> Scenario:
    assert old in STORY
    return parse_scenario(STORY.replace(old, new) if old else STORY, "bpmn/commitment/x.yaml", "commitment")


def test_a_true_story_has_no_problem(at: FrozenClock, db: None) -> None:
    result = play(story(), at)
    assert result.problem == ""
    assert result.is_fine
    assert {"start", "task_sign", "do_letter_commitment"} <= result.trace.elements
    assert ("gw_auto", "do_clock_accept") in result.trace.choices
    assert ("gw_sign", "task_sign") in result.trace.choices


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("status: open", "status: closed", "status: told closed, found open"),
        ("[notice, commitment]", "[commitment, notice]", "letters: told"),
        ("T17:30:00+08:00}", "T17:30:01+08:00}", "clock sign: told 2026-03-23T17:30:01"),
        ("subject.is_listed: false", "subject.is_listed: true", "subject.is_listed: told True, found False"),
        ("status: open", "end: end_kept", "end end_kept: told kept, found "),
        ("status: open", "end: end_nowhere", "told no such end"),
        ("status: open", "published: [commitment]", "published: told ['commitment'], found []"),
        ("status: open", "outcome: kept", "outcome: told kept, found "),
        ("clocks: {sign", "clocks: {check", "clock check: told 2026-03-23T17:30:00+08:00, found None"),
        ("do: task_sign", "do: task_accept", "task_accept does not wait; waiting: task_sign"),
        ("by: agent1\n    data", "by: applicant1\n    data", "refused with not_found"),
        ("agree: true}\nexpect", "agree: false}\nexpect", "refused with form_invalid"),
        ("  - do", "  - advance: to check_due\n  - do", "nothing called check is due"),
        ("  - do", "  - refused: form_invalid\n    do", "should have been refused with form_invalid"),
        (
            "  - do",
            "  - {refused: task_taken, do: task_sign, by: agent1, data: {}}\n  - do",
            "refused with form_invalid, not with task_taken",
        ),
        ("matter: FOOD-01", "matter: NONE-01", "start: refused with matter_unknown"),
    ],
)
def test_a_false_story_is_found_out(old: str, new: str, found: str, at: FrozenClock, db: None) -> None:
    scenario = story(old, new)
    result = play(scenario, at)
    assert found in result.problem
    assert not result.is_fine
    assert replace(result, scenario=replace(scenario, must_fail=True)).is_fine


def test_a_story_that_must_fail_and_does_not_is_not_fine(at: FrozenClock, db: None) -> None:
    assert not play(replace(story(), must_fail=True), at).is_fine


def test_filing_may_have_to_be_refused(at: FrozenClock, db: None) -> None:
    scenario = replace(
        story("matter: FOOD-01", "matter: NONE-01"), steps=(), expect={"refused": "matter_unknown"}
    )
    assert play(scenario, at).problem == ""
    accepted = replace(story(), expect={"refused": "matter_unknown"})
    assert "should have been refused with matter_unknown" in play(accepted, at).problem


def test_a_refusal_that_changes_something_is_found(
    at: FrozenClock, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tests.processes.runner as runner
    from workflow_app.domain.errors import NotFoundError

    def act(step: object, case: Case) -> None:
        raise NotFoundError

    changing = iter(range(10))
    monkeypatch.setitem(runner._ACTS, "release", act)
    monkeypatch.setattr("workflow_app.demo.findings.fingerprint", lambda case: next(changing))
    scenario = story("steps:", "steps:\n  - {refused: not_found, release: task_sign, by: agent1}")
    assert "was refused, and changed something" in play(scenario, at).problem


def test_time_stops_at_everything_due_on_its_way(at: FrozenClock, db: None) -> None:
    scenario = story("expect:", "  - advance: 60d\nexpect:")
    assert "clocks" in scenario.expect
    play(scenario, at)
    accept = Clock.objects.get(name="accept", case__matter_text__matter__code="FOOD-01")
    rungs = accept.rungs.order_by("percent")
    # Each within a second of its time, though the story jumps over two months.
    late = [rung.fired_at - rung.due_at for rung in rungs if rung.fired_at]
    assert len(late) == 4
    assert max(late) <= timedelta(seconds=1)
    assert accept.breached_at == accept.due_at
    assert at.now == datetime.fromisoformat("2026-05-01T10:00:00+08:00")


def test_a_letter_that_cannot_be_made_is_found(
    at: FrozenClock, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflow_app.services.letters.produce_letters", lambda limit: 0)
    problem = play(story(), at).problem
    assert "letter notice is pending" in problem
    assert "letter commitment is pending" in problem


def test_a_message_that_cannot_be_written_is_found(
    at: FrozenClock, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ticking.notices, "send_due", lambda limit: 0)
    assert "message received was not written" in play(story(), at).problem


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: 开放的案件\n", ""),
        ("at: 2026-03-02T10:00:00+08:00", "at: 2026-03-02"),
        ("at: 2026-03-02T10:00:00+08:00\n", ""),
        ("status: open", "statsu: open"),
        ("  - do: task_sign", "  - undo: task_sign"),
        ("  - do: task_sign\n    by: agent1", "  - do: task_sign"),
        ("  - do: task_sign", "  - do: task_sign\n    claim: task_sign"),
        ("  - do: task_sign\n    by: agent1", "  - do: task_sign\n    by: agent1\n    to: agent1"),
        ("  - do", "  - advance: 3\n  - do"),
        ("  - do", "  - advance: 0d\n  - do"),
        ("  - do", "  - advance: to sign\n  - do"),
        ("  - do", "  - withdraw: {reason: x}\n  - do"),
        ("  - do", "  - task_sign\n  - do"),
        ("expect:", "then: [{title: x}]\nexpect:"),
        ("start:", "start: ]"),
        ("status: open", "status: open\n  status: closed"),
    ],
)
def test_what_is_no_scenario_is_no_finding(old: str, new: str) -> None:
    with pytest.raises(ScenarioFormatError, match=r"x\.yaml"):
        story(old, new)


def test_an_expectation_that_says_nothing_is_refused() -> None:
    with pytest.raises(ScenarioFormatError, match="says nothing"):
        parse_scenario(STORY.partition("expect:")[0] + "expect: {}", "x.yaml", "commitment")


def test_tokens(at: FrozenClock, db: None) -> None:
    user = User.objects.get(username="agent1")
    found = resolve(
        {
            "a": ["$org:2", "$date:+30", "$date:-1", "$date:+5wd"],
            "b": "$record:DEMO-P-001",
            "c": "$paper",
            "d": 1,
        },
        user,
    )
    assert found["a"] == [subject_code("org2"), "2026-04-01", "2026-03-01", "2026-03-09"]
    assert found["b"].isdecimal()
    document = Document.objects.get(pk=found["c"])
    assert (document.owner, document.content_type) == (user, "application/pdf")
    assert resolve("$session:1", user) != resolve("$session:2", user)
    assert resolve(ANCHOR, user) == "2026-03-02"
    for token in ("$unknown:1", "$record:NONE", "$date:tomorrow"):
        with pytest.raises(ScenarioFormatError):
            resolve(token, user)


def test_what_was_not_passed_is_named(db: None) -> None:
    bundle = discover()["commitment"]
    trace = Trace()
    unseen = missing(bundle, trace)
    assert "end_kept 承诺全部履行" in unseen
    assert any(each.startswith("flow_") and "自动受理" in each for each in unseen)
    # A flow that is the only way on is passed with the element it leaves.
    assert not any("flow_start__" in each for each in unseen)
