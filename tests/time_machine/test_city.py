"""A month of a city at work: a replay says what then happens, and a stop of a week changes nothing but lateness."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker

from notifications.models import Delivery, Message
from tests.conftest import NOW, FrozenClock, copied_database
from tests.services.world import china
from tests.time_machine.world import Since, digest, fill_city, live_on, sandboxes
from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.models import Case, Event, IdempotentRequest, Letter, User
from workflow_app.models.letters import LetterStatus
from workflow_app.services import sweeping
from workflow_app.services.replaying import KINDS, Entry, Replay, replay
from workflow_app.services.sandbox import working_on
from workflow_app.services.tokens import issue_token

FIRST, LAST = date(2026, 3, 3), date(2026, 4, 2)
END = china("2026-04-02 23:59") + timedelta(seconds=59)


@dataclass
class Played:
    """A replay of the month, and what the database held before and after it."""

    found: Replay
    before: dict[str, str]
    after: dict[str, str]
    said: list[str]


@pytest.fixture(scope="module", autouse=True)
def _city(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The city in a committed database of its own."""
    at = FrozenClock(NOW)
    with django_db_blocker.unblock(), copied_database():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(clock, "_source", lambda: at.now)
            fill_city(at)
            issue_token(user=User.objects.get(username="applicant1"))
        yield


@pytest.fixture(scope="module")
def played(_city: None) -> Iterator[Played]:
    before, said = digest(), []
    with clock.shown_by(lambda: NOW):
        found = replay(first=FIRST, last=LAST, say=said.append, keep=True)
    after = digest()
    yield Played(found, before, after, said)
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{found.sandbox}"')


def of_kind(found: Replay, kind: str) -> list[Entry]:
    return [entry for entry in found.entries if entry.kind == kind]


class TestReplay:
    def test_the_real_database_is_as_it_was(self, played):
        assert played.after == played.before
        assert len(played.before) > 40

    def test_the_month_is_full(self, played):
        """What is compared below is not nothing."""
        count = Counter(entry.kind for entry in played.found.entries)
        assert set(count) == {*KINDS.values(), "letter", "notice"}
        assert count["breached"] >= 10
        assert count["warned"] > 40
        assert count["timer"] >= 10
        assert {entry.process for entry in played.found.entries} == {
            "commitment",
            "objection",
            "repair",
            "repair_revocation",
        }

    def test_it_says_exactly_what_then_happens(self, played, at):
        with transaction.atomic():
            since = Since()
            live_on(at, END)
            happened = Counter(lived(since))
            transaction.set_rollback(True)
        assert Counter(map(told, played.found.entries)) == happened

    def test_entries_are_in_order_and_within_the_days(self, played):
        moments = [entry.at for entry in played.found.entries]
        assert moments == sorted(moments)
        assert moments[0].astimezone(CHINA).date() >= FIRST
        assert moments[-1].astimezone(CHINA).date() <= LAST

    def test_nobody_is_late(self, played):
        late = {
            entry.detail["late_seconds"] for entry in played.found.entries if "late_seconds" in entry.detail
        }
        assert late == {0}

    def test_letters_are_counted_and_not_made(self, played):
        with working_on(played.found.sandbox):
            numbered = list(Letter.objects.filter(status=LetterStatus.PENDING).values_list("kind", flat=True))
        assert sorted(numbered) == sorted(
            entry.detail["letter_kind"] for entry in of_kind(played.found, "letter")
        )
        assert numbered

    def test_nothing_is_sent(self, played):
        assert not mail.outbox
        with working_on(played.found.sandbox):
            fresh = Message.objects.filter(created_at__gt=NOW)
            assert fresh.count() == len(of_kind(played.found, "notice"))
            assert not fresh.filter(rendered_at__isnull=False).exists()
            assert not Delivery.objects.filter(message__in=fresh).exists()

    def test_no_secret_goes_along(self, played):
        with working_on(played.found.sandbox), connection.cursor() as cursor:
            for table in ("workflow_app_apitoken", "django_session", "workflow_app_idempotentrequest"):
                cursor.execute(f"SELECT count(*) FROM {table}")
                assert cursor.fetchone()[0] == 0, table
        assert IdempotentRequest.objects.count() == 0

    def test_the_sandbox_says_that_it_is_one(self, played):
        assert "_sandbox_" in played.found.sandbox
        assert sandboxes() == [played.found.sandbox]

    def test_it_tells_how_far_it_is(self, played):
        assert played.found.sandbox in played.said[0]
        days = [words for words in played.said if words.startswith("推演至 ")]
        assert days == sorted(set(days))
        assert len(days) > 10

    def test_trails_in_the_sandbox_are_whole(self, played):
        """The copy is no lesser database: its triggers guard it, and its chains go on where they were."""
        from tests.services.test_trail import chain

        with working_on(played.found.sandbox):
            for case in Case.objects.all():
                assert chain(case) == bytes(case.event_hash)
            with pytest.raises(Exception, match="only ever added"), transaction.atomic():
                Event.objects.all().delete()


def told(entry: Entry) -> tuple[Any, ...]:
    return (entry.at, entry.kind, entry.case, *sorted(entry.detail.items(), key=str))


def lived(since: Since) -> Iterator[tuple[Any, ...]]:
    """What has happened since, in the words of a replay."""
    for event in since.events():
        if event.kind in KINDS:
            yield told(Entry(event.at, KINDS[event.kind], event.case.number, "", event.data))
    for letter in since.letters():
        detail = {"letter_kind": letter.kind, "title": letter.title}
        yield told(Entry(letter.created_at, "letter", letter.case.number, "", detail))
    for message in since.messages():
        detail = {
            "event": message.event,
            "to": message.recipient.username,
            "name": message.recipient.display_name,
            "held_until": message.held_until.isoformat() if message.held_until else None,
        }
        yield told(Entry(message.created_at, "notice", message.case.number, "", detail))


class TestCatchingUp:
    """The worker looks every hour for a month; or it stands still for a week in the middle, and then catches up."""

    STOPPED, AGAIN = china("2026-03-09 08:30"), china("2026-03-16 09:00")
    # Afterwards both are left alone until what followed from anything late has had its time.
    REST = timedelta(days=30)

    def live(self, at: FrozenClock, stands_still: Callable[[datetime], bool]) -> list[Event]:
        with transaction.atomic():
            since = Since()
            while at.now < END:
                at.forward(hours=1)
                if not stands_still(at.now):
                    self.sweep()
            end = at.now + self.REST
            while at.now < end:
                at.forward(hours=24)
                self.sweep()
            events = since.events()
            transaction.set_rollback(True)
        return events

    def test_a_week_of_standing_still_changes_nothing_but_lateness(self, at):
        steady = self.live(at, lambda now: False)
        at(NOW)
        stopped = self.live(at, lambda now: self.STOPPED < now < self.AGAIN)
        # A case or two come to a new step by time alone. Whoever is asked late is given the whole time from then on.
        moved = {event.case_id for event in steady if event.kind == "clock.started"}
        assert 1 <= len(moved) <= 2
        assert self.essence(steady, moved) == self.essence(stopped, moved)
        # The other one was late indeed, and said so.
        assert max(event.data.get("late_seconds", 0) for event in steady) < 24 * 3600
        assert max(event.data.get("late_seconds", 0) for event in stopped) > 6 * 24 * 3600
        # What was due in that week came at once, each clock's in the order in which it was due.
        caught_up = [event for event in stopped if event.at == self.AGAIN and "percent" in event.data]
        assert len(caught_up) > 15
        for one in {(event.case_id, event.data["clock"]) for event in caught_up}:
            due = [event.data["due_at"] for event in caught_up if (event.case_id, event.data["clock"]) == one]
            assert due == sorted(due)

    @staticmethod
    def sweep() -> None:
        while sweeping.fire_due():
            pass

    @staticmethod
    def essence(events: list[Event], moved: set[int]) -> Counter[tuple[Any, ...]]:
        """What they say of the cases, whenever it was; of those in `moved` also without the due dates."""
        without = {"late_seconds", "sha256"}

        def of(event: Event) -> tuple[Any, ...]:
            left_out = without | ({"due_at"} if event.case_id in moved else set())
            data = {key: value for key, value in event.data.items() if key not in left_out}
            return (event.case.number, event.kind, *sorted(map(str, data.items())))

        return Counter(map(of, events))
