"""Replays of days that lie behind or ahead, of what fails, and of databases that cannot be copied."""

from collections import Counter
from datetime import date, timedelta

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg.conninfo import conninfo_to_dict

from tests.services.world import account, file, task, the_clock
from tests.time_machine.world import digest, sandboxes
from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA, system_time
from workflow_app.models import ClockRung
from workflow_app.postgres import SandboxError
from workflow_app.postgres.copying import copy_database
from workflow_app.services.replaying import Replay, ReplayPeriodError, replay
from workflow_app.services.sandbox import sandbox, working_on
from workflow_app.services.tasks import claim_task
from workflow_app.services.ticking import run_due

pytestmark = pytest.mark.usefixtures("committed_acts")
MARCH = {"first": date(2026, 3, 1), "last": date(2026, 3, 31)}


def count(found: Replay) -> dict[str, int]:
    return Counter(entry.kind for entry in found.entries if entry.kind != "notice")


class TestWhen:
    def test_days_that_lie_behind_fire_again(self, at):
        """The clock of this case has warned twice; the replay shows both warnings, and what is still to come."""
        case = file()
        at(the_clock(case).rungs.get(percent=80).due_at + timedelta(hours=1))
        run_due()
        assert ClockRung.objects.filter(fired_at__isnull=False).count() == 2
        before = digest()
        found = replay(**MARCH)
        assert digest() == before
        assert count(found) == {"warned": 2, "breached": 1, "timer": 1, "closed": 1}
        fired = [entry for entry in found.entries if "percent" in entry.detail]
        rungs = {rung.percent: rung.due_at for rung in ClockRung.objects.filter(percent__lte=100)}
        assert {entry.detail["percent"]: entry.at - timedelta(microseconds=1) for entry in fired} == rungs
        assert all(entry.detail["late_seconds"] == 0 for entry in fired)
        # Half way there, nothing of the first half is shown.
        later = replay(first=rungs[80].astimezone(CHINA).date(), last=date(2026, 3, 31))
        assert count(later) == {"warned": 1, "breached": 1, "timer": 1, "closed": 1}

    def test_days_that_lie_ahead_are_reached_on_the_way(self, at):
        case = file()
        due = the_clock(case).due_at.astimezone(CHINA).date()
        found = replay(first=due, last=due)
        assert count(found) == {"breached": 1, "timer": 1, "closed": 1}
        assert found.entries[0].detail["late_seconds"] == 0

    def test_what_waits_since_long_fires_at_once_and_says_how_late(self, at):
        case = file()
        at.forward(days=30)
        found = replay(first=at.now.astimezone(CHINA).date(), last=at.now.astimezone(CHINA).date())
        breach = next(entry for entry in found.entries if entry.kind == "breached")
        midnight = at.now.astimezone(CHINA).replace(hour=0, minute=0)
        assert breach.at == midnight
        assert breach.detail["late_seconds"] == (midnight - the_clock(case).due_at) // timedelta(seconds=1)

    def test_whoever_holds_a_task_is_told(self, at):
        case = file()
        claim_task(task_id=task(case).pk, user=account("reviewer2"))
        found = replay(**MARCH)
        first = next(entry for entry in found.entries if entry.kind == "notice")
        assert (first.detail["event"], first.detail["to"]) == ("due_soon", "reviewer2")

    @pytest.mark.parametrize(
        ("first", "last"),
        [(date(2026, 3, 2), date(2026, 3, 1)), (date(2026, 1, 1), date(2027, 1, 2))],
        ids=["backwards", "longer than a leap year"],
    )
    def test_what_is_no_period(self, first, last):
        with pytest.raises(ReplayPeriodError, match="366"):
            replay(first=first, last=last)
        assert not sandboxes()


class TestTrouble:
    def test_what_fails_is_reported_and_stops_nothing(self, at):
        broken, sound = file(broken=True), file()
        found = replay(**MARCH)
        assert [(entry.case, entry.detail["name"]) for entry in found.entries if entry.kind == "failed"] == [
            (broken.number, "timer_handle")
        ]
        assert [entry.case for entry in found.entries if entry.kind == "closed"] == [sound.number]

    def test_a_replay_that_breaks_off_leaves_nothing_behind(self, committed_acts, at):
        file()
        before, name = digest(), connection.settings_dict["NAME"]

        def breaks_off(words: str) -> None:
            if words.startswith("推演至"):
                assert "_sandbox_" in connection.settings_dict["NAME"]
                assert clock.now() != at.now
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            replay(**MARCH, say=breaks_off)
        assert not sandboxes()
        assert connection.settings_dict["NAME"] == name
        assert clock.now() == at.now
        assert digest() == before

    def test_a_service_at_work_goes_on(self, committed_acts, at):
        """Somebody holds a case and has written what is not committed: the copy waits for nobody and takes it not."""
        case = file()
        with psycopg.connect(committed_acts) as other:
            other.execute("SELECT 1 FROM workflow_app_case WHERE id = %s FOR UPDATE", [case.pk])
            other.execute("UPDATE workflow_app_clockrung SET fired_at = now()")
            found = replay(**MARCH)
            other.rollback()
        assert count(found)["warned"] == 2
        assert not ClockRung.objects.filter(fired_at__isnull=False).exists()

    def test_who_may_not_create_databases_is_told_what_to_do(self, committed_acts):
        with psycopg.connect(committed_acts, autocommit=True) as owner:
            owner.execute("CREATE ROLE plain LOGIN")
            owner.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO plain")
        real = connection.settings_dict["USER"]
        connection.close()
        connection.settings_dict["USER"] = "plain"
        try:
            with pytest.raises(CommandError, match="ALTER ROLE plain CREATEDB"):
                call_command("replay", "--from", "2026-03-01", "--to", "2026-03-31")
        finally:
            connection.close()
            connection.settings_dict["USER"] = real
            with psycopg.connect(committed_acts, autocommit=True) as owner:
                owner.execute("DROP OWNED BY plain")
                owner.execute("DROP ROLE plain")

    def test_a_database_of_another_version_is_not_copied(self):
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE app = 'workflow_app' AND name LIKE '0007%'")
        with pytest.raises(SandboxError, match=r"manage\.py migrate"):
            replay(**MARCH)
        assert not sandboxes()


class TestLeftBehind:
    @pytest.mark.parametrize(
        ("days", "mark", "is_dropped"),
        [
            (2, "_sandbox_", True),
            (0, "_sandbox_", False),
            (2, "_sandbox_kept_", False),
            (2, "_other_", False),
        ],
        ids=["old", "fresh", "kept", "something else"],
    )
    def test_what_a_killed_one_left_is_dropped_after_a_day(self, days, mark, is_dropped, committed_acts):
        left = self.leave(committed_acts, days, mark)
        with sandbox(lambda words: None) as name:
            assert name != left
        assert self.is_there(committed_acts, left) != is_dropped
        self.drop(committed_acts, left)

    def test_one_that_is_worked_on_stays(self, committed_acts):
        left = self.leave(committed_acts, 2, "_sandbox_")
        with psycopg.connect(committed_acts, dbname=left), sandbox(lambda words: None):
            pass
        assert self.is_there(committed_acts, left)
        self.drop(committed_acts, left)

    def test_names_that_are_too_long_are_cut_before_their_mark(self, committed_acts):
        """And what was left is found all the same."""
        real = connection.settings_dict["NAME"]
        name = (real + "_with_a_long_name" * 4)[:63]
        with psycopg.connect(committed_acts, autocommit=True) as server:
            connection.close()
            server.execute(f'CREATE DATABASE "{name}"')
        copy_database(conninfo_to_dict(committed_acts), real, name, empty=())
        with working_on(name):
            left = self.leave(committed_acts, 2, "_sandbox_")
            with sandbox(lambda words: None) as made:
                assert len(made) == 63
            assert not self.is_there(committed_acts, left)
            assert not self.is_there(committed_acts, made)
        self.drop(committed_acts, name)

    @staticmethod
    def leave(address: str, days: int, mark: str) -> str:
        end = f"{mark}{system_time() - timedelta(days=days):%Y%m%d%H%M%S%f}"
        name = connection.settings_dict["NAME"][: 63 - len(end)] + end
        with psycopg.connect(address, autocommit=True) as server:
            server.execute(f'CREATE DATABASE "{name}"')
        return name

    @staticmethod
    def is_there(address: str, name: str) -> bool:
        with psycopg.connect(address) as server:
            found = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            return found.fetchone() is not None

    @staticmethod
    def drop(address: str, name: str) -> None:
        with psycopg.connect(address, autocommit=True) as server:
            server.execute(f'DROP DATABASE IF EXISTS "{name}"')
