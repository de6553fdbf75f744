"""`manage.py replay` as somebody runs it: in development and in production, with its table and its JSON."""

import json
from datetime import datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.services.world import do, file
from tests.setup.support import output_of, python
from tests.setup.test_settings import SOUND
from tests.time_machine.world import digest, sandboxes
from workflow_app.services.replay_report import TITLES

pytestmark = pytest.mark.usefixtures("committed_acts")
RUN = """
import sys
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", *sys.argv[1:]])
"""
MARCH = ("--from", "2026-03-03", "--to", "2026-03-31")


@pytest.fixture
def _two_cases(committed_acts: str) -> None:
    file()
    do(file(), "reviewer1", result="supplement")


def run(*arguments: str) -> tuple[str, str]:
    """What it printed, and how it said how far it was."""
    out, progress = StringIO(), StringIO()
    call_command("replay", *arguments, stdout=out, stderr=progress)
    return out.getvalue(), progress.getvalue()


@pytest.mark.usefixtures("_two_cases")
class TestReport:
    def test_a_table_by_day_and_kind(self, at):
        table, progress = run(*MARCH)
        lines = [line.split() for line in table.splitlines()]
        assert ["日期", *TITLES.values()] in lines
        assert ["day", *TITLES] in lines
        # timer, warned, breached, escalated, lapsed, closed, letter, notice, failed
        assert ["2026-03-09", "·", "1", "·", "·", "·", "·", "·", "3", "·"] in lines
        assert ["2026-03-16", "1", "·", "1", "·", "·", "1", "·", "4", "·"] in lines
        assert "涉及案件 2 件" in table
        assert "督办员一（演示）（supervisor1）：overdue 1" in table
        assert "推演至 2026-03-16" in progress

    def test_columns_stand_below_each_other(self, at):
        table, _ = run(*MARCH)
        rows = [
            line
            for line in table.splitlines()
            if line[:4] == "2026" or line.startswith(("日期", "day", "合计"))
        ]
        assert len({sum(2 if letter > "\u2e80" else 1 for letter in row) for row in rows}) == 1

    def test_every_entry_as_json(self, at, tmp_path: Path):
        path = tmp_path / "march.json"
        run(*MARCH, "--json", str(path))
        found = json.loads(path.read_text(encoding="utf-8"))
        assert (found["first"], found["last"], found["cases"]) == ("2026-03-03", "2026-03-31", 2)
        entries = found["entries"]
        assert found["totals"] == {
            kind: sum(entry["kind"] == kind for entry in entries)
            for kind in {each["kind"] for each in entries}
        }
        assert sum(sum(day.values()) for day in found["days"].values()) == len(entries)
        assert sum(sum(each["events"].values()) for each in found["told"]) == found["totals"]["notice"]
        breach = next(entry for entry in entries if entry["kind"] == "breached")
        assert breach == {
            "at": "2026-03-16T17:30:00.000001+08:00",
            "kind": "breached",
            "case": breach["case"],
            "process": "acts",
            "clock": "handle",
            "percent": 100,
            "due_at": "2026-03-16T17:30:00+08:00",
            "late_seconds": 0,
        }
        moments = [datetime.fromisoformat(entry["at"]) for entry in entries]
        assert moments == sorted(moments)

    def test_nothing_at_all(self, at):
        table, _ = run("--from", "2026-03-02", "--to", "2026-03-02")
        assert "涉及案件 0 件" in table
        assert "通知对象" not in table

    def test_the_sandbox_may_be_kept(self, at):
        said, _ = run(*MARCH, "--keep")
        (name,) = sandboxes()
        assert f"沙箱数据库 {name} 已保留" in said
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}"')


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--from", "2026-03-02", "--to", "2026-03-01"), "推演期间无效"),
        (("--from", "2026-03-02", "--to", "soon"), "invalid fromisoformat value"),
        (("--from", "2026-03-02"), "--to"),
    ],
    ids=["backwards", "no day", "no end"],
)
def test_what_cannot_be_replayed(arguments: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        run(*arguments)


def test_it_works_in_production(committed_acts, settings, tmp_path: Path):
    """Its clock cannot be moved, its days can be played. It is in nobody's way: the database stays as it is."""
    settings.STATE_KEY = SOUND["STATE_KEY"]
    file()
    path, before = tmp_path / "march.json", digest()
    environment = {
        **SOUND,
        "DATABASE_URL": committed_acts,
        "DJANGO_SETTINGS_MODULE": "workflow_app.settings.prod",
    }
    printed = output_of(python(RUN, "replay", *MARCH, "--json", path, **environment))
    assert digest() == before
    assert not sandboxes()
    assert "涉及案件 1 件" in printed
    assert json.loads(path.read_text(encoding="utf-8"))["totals"] == {
        "warned": 2,
        "breached": 1,
        "timer": 1,
        "closed": 1,
        "notice": 10,
    }
