"""Stored state: small, sealed, of one version and one definition, the same after a round trip."""

import hmac
import json
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.core.exceptions import ImproperlyConfigured
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.engine.samples import NOW, boundary, bundle, catch, diagram, gateway, service, user
from workflow_app.engine import state as state_module
from workflow_app.engine.errors import EndlessStepsError, StateTamperedError, StateVersionError
from workflow_app.engine.run import Run
from workflow_app.engine.state import VERSION, seal

NUMBER = "CN330700-20260302-00001"
DUE = (NOW + timedelta(days=5)).isoformat()

# Everything the house style allows, with loops in and around it.
WHOLE = bundle(
    diagram(
        [
            "start", service("do_start", "clock.start"), user("task_a"), boundary("timer_a", "task_a", timer="a_due"),
            boundary("msg_a", "task_a", message="training.passed", interrupting=False), service("do_side", "note"),
            "end_side", gateway("gw_a", default="flow_6"), gateway("gw_split", "parallel"), user("task_b"),
            user("task_c"), gateway("gw_c", default="flow_12"), gateway("gw_join", "parallel"),
            gateway("gw_event", "eventBased"),
            catch("timer_w", timer="b_due"), catch("msg_w", message="papers.came"), gateway("gw_merge"), user("task_d"),
            gateway("gw_d", default="flow_22"), "end", "end_late",
        ],
        [
            "start > do_start", "do_start > task_a", "timer_a > end_late", "msg_a > do_side", "do_side > end_side",
            "task_a > gw_a", "gw_a > gw_split", "gw_a > task_a : result == 'again'", "gw_split > task_b",
            "gw_split > task_c", "task_b > gw_join", "task_c > gw_c", "gw_c > gw_join",
            "gw_c > task_c : result == 'again'", "gw_join > gw_event",
            "gw_event > timer_w", "gw_event > msg_w", "timer_w > gw_merge", "msg_w > gw_merge",
            "gw_merge > task_d", "task_d > gw_d", "gw_d > task_a : result == 'again'", "gw_d > end",
        ],
        messages=("training.passed", "papers.came"),
    ),
    inputs=("b_due",),
    promoted={"task_a": ("result",), "task_c": ("result",), "task_d": ("result",)},
    outcomes={},
)  # fmt: skip
OPERATIONS = {"clock.start": lambda context: {"a_due": DUE}, "note": lambda context: None}
OTHER = bundle(diagram(["start", user("task_a"), "end"], ["start > task_a", "task_a > end"]))


def begun() -> Run:
    run = Run.start(WHOLE, {"channel": "online", "b_due": DUE}, OPERATIONS, None, NOW)
    run.advance()
    return run


def load(parts: tuple[bytes, bytes, str], of: Any = WHOLE, owner: str = NUMBER) -> Run:
    return Run.load(of, owner, *parts, OPERATIONS, None, NOW)


def forged(change: Any) -> tuple[bytes, bytes, str]:
    """A state with other content, sealed as this service seals."""
    state, _, version = begun().dump(NUMBER)
    content = json.loads(zlib.decompress(state))
    change(content)
    state = zlib.compress(json.dumps(content).encode())
    return state, seal(WHOLE.content_hash, NUMBER, state), version


def test_the_seal_is_a_hash_of_32_bytes() -> None:
    state, mac, version = begun().dump(NUMBER)
    assert (len(mac), version) == (32, VERSION)
    assert len(state) < 700


@pytest.mark.parametrize("place", [0, 1, 2, 50, -1])
def test_one_changed_bit_is_found(place: int) -> None:
    state, mac, version = begun().dump(NUMBER)
    changed = bytearray(state)
    changed[place] ^= 1
    with pytest.raises(StateTamperedError):
        load((bytes(changed), mac, version))


def test_every_bit_of_the_seal_counts() -> None:
    state, mac, version = begun().dump(NUMBER)
    for bit in range(256):
        changed = bytearray(mac)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(StateTamperedError):
            load((state, bytes(changed), version))


@pytest.mark.parametrize("mac", [b"", b"\0" * 32, b"x" * 31, b"x" * 33])
def test_a_seal_of_another_kind_is_refused(mac: bytes) -> None:
    state, _, version = begun().dump(NUMBER)
    with pytest.raises(StateTamperedError):
        load((state, mac, version))


def test_nothing_is_unpacked_before_the_seal_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*args: object) -> None:
        raise AssertionError("unpacked")

    bomb = zlib.compress(b"\0" * 10_000_000)
    monkeypatch.setattr(state_module.zlib, "decompress", explode)
    with pytest.raises(StateTamperedError):
        load((bomb, b"\0" * 32, VERSION))


def test_the_state_of_another_definition_is_refused() -> None:
    run = Run.start(OTHER, {"channel": "online"}, {}, None, NOW)
    run.advance()
    with pytest.raises(StateTamperedError):
        load(run.dump(NUMBER))


def test_the_same_diagram_in_another_bundle_is_another_definition() -> None:
    twin = bundle(WHOLE.files[WHOLE.diagram_path], version="2")
    with pytest.raises(StateTamperedError):
        load(begun().dump(NUMBER), twin)


@pytest.mark.parametrize("owner", ["", NUMBER[:-1], NUMBER + "0", NUMBER.lower(), "CN330700-20260302-00002"])
def test_the_state_of_another_case_is_refused(owner: str) -> None:
    with pytest.raises(StateTamperedError):
        load(begun().dump(owner))
    with pytest.raises(StateTamperedError):
        load(begun().dump(NUMBER), owner=owner)


@pytest.mark.parametrize("version", ["", "1.0", "1.1", "1.5", "3.2.0", "3.2.0-2", "3.1.2-1", VERSION + " "])
def test_exactly_one_version_is_read(version: str) -> None:
    state, mac, _ = begun().dump(NUMBER)
    with pytest.raises(StateVersionError) as error:
        load((state, mac, version))
    assert error.value.params == {"found": version, "expected": VERSION}
    with pytest.raises(StateVersionError):
        load((state, seal(WHOLE.content_hash, NUMBER, state, version), version))


def test_a_seal_for_another_version_is_no_seal() -> None:
    state, _, version = begun().dump(NUMBER)
    with pytest.raises(StateTamperedError):
        load((state, seal(WHOLE.content_hash, NUMBER, state, "1.0"), version))


def test_another_key_is_another_seal(settings: LazySettings) -> None:
    parts = begun().dump(NUMBER)
    settings.STATE_KEY = "another key"
    with pytest.raises(StateTamperedError):
        load(parts)


def test_without_a_key_nothing_is_sealed(settings: LazySettings) -> None:
    settings.STATE_KEY = ""
    with pytest.raises(ImproperlyConfigured):
        begun().dump(NUMBER)


def test_seals_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    genuine = hmac.compare_digest
    monkeypatch.setattr(state_module.hmac, "compare_digest", lambda a, b: compared.append(1) or genuine(a, b))
    load(begun().dump(NUMBER))
    assert compared


def test_data_in_a_state_stays_data() -> None:
    # Even a state that carried the key of the engine's serializer would give back plain values.
    run = load(forged(lambda content: content["data"].update(typename="UUID", value="x")))
    assert run.data["typename"] == "UUID"
    run = load(forged(lambda content: content["data"].update(extra={"typename": "UUID", "value": "x"})))
    assert run.data["extra"] == {"typename": "UUID", "value": "x"}


def test_memoryviews_from_the_database_are_read() -> None:
    state, mac, version = begun().dump(NUMBER)
    assert load((bytes(memoryview(state)), memoryview(mac), version)).position() == begun().position()


def test_ids_of_tasks_and_timers_last() -> None:
    run = begun()
    again = load(run.dump(NUMBER))
    assert again.human_tasks() == run.human_tasks()
    assert again.timers() == run.timers()
    assert again.position() == run.position()
    assert again.dump(NUMBER) == run.dump(NUMBER)


GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_states_written_by_earlier_releases_are_read(path: Path) -> None:
    """Each file was written once and is never changed: a case that runs must be readable after any release.

    A change that breaks this needs a new VERSION and a migration of what is stored.
    """
    golden = json.loads(path.read_text())
    state = zlib.compress(json.dumps(golden["state"]).encode())
    run = load((state, seal(WHOLE.content_hash, NUMBER, state, golden["version"]), golden["version"]))
    assert run.position() == golden["position"]
    assert run.data == golden["data"]
    for element, data in golden["go_on"]:
        task = next(task for task in run.human_tasks() if task.spec.element == element)
        run.complete(task.engine_id, data)
        run.advance()
    for message in golden["messages"]:
        assert run.send(message)
        run.advance()
    assert run.position()["active"] == golden["then"]


def test_there_is_a_golden_state_of_this_version() -> None:
    versions = {json.loads(path.read_text())["version"] for path in GOLDEN.glob("*.json")}
    assert VERSION in versions


class Twins(RuleBasedStateMachine):
    """Two instances act alike; one of them is stored and read back before every act."""

    @initialize()
    def begin(self) -> None:
        self.kept = begun()
        self.stored = load(begun().dump(NUMBER))

    @precondition(lambda self: self.kept.human_tasks())
    @rule(number=st.integers(0, 3), answer=st.sampled_from(["again", "on", None]))
    def complete(self, number: int, answer: str | None) -> None:
        waiting = sorted({task.spec.element for task in self.kept.human_tasks()})
        element = waiting[number % len(waiting)]
        data = {"result": answer} if element in WHOLE.manifest.promoted else {}
        self.both(lambda run: run.complete(self.first(run, element), data))

    @rule(name=st.sampled_from(["training.passed", "papers.came"]))
    def send(self, name: str) -> None:
        self.both(lambda run: run.send(name))

    @rule()
    def look_again(self) -> None:
        self.both(lambda run: None)

    @precondition(lambda self: self.kept.human_tasks())
    @rule()
    def act_on_what_is_gone(self) -> None:
        with pytest.raises(Exception, match="事项"):
            self.stored.complete(uuid4(), {})

    @invariant()
    def they_are_alike(self) -> None:
        for look in (
            lambda run: sorted(run.position()["active"]),
            lambda run: run.position()["done"],
            lambda run: run.data,
            lambda run: (run.completed, run.ended_at()),
            lambda run: sorted((timer.element, timer.due_at) for timer in run.timers()),
            lambda run: sorted(task.spec.element for task in run.human_tasks()),
            lambda run: run.waiting_messages(),
        ):
            assert look(self.kept) == look(self.stored)

    @staticmethod
    def first(run: Run, element: str) -> Any:
        return next(task.engine_id for task in run.human_tasks() if task.spec.element == element)

    def both(self, act: Any) -> None:
        self.stored = load(self.stored.dump(NUMBER))
        results = []
        for run in (self.kept, self.stored):
            result = act(run)
            try:
                run.advance()
            except EndlessStepsError:
                result = "endless"
            results.append(result)
        assert results[0] == results[1]


TestTwins = Twins.TestCase
TestTwins.settings = hypothesis_settings(max_examples=150, stateful_step_count=25, deadline=None)
