"""A city in the middle of its work, and what time does to it."""

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from notifications.models import Message
from tests.conftest import FrozenClock
from tests.processes.runner import play
from workflow_app.demo.scenario import Scenario, find_scenarios
from workflow_app.models import ClockRung, Event, Letter, Timer
from workflow_app.services import sweeping

# The processes' own stories up to the point where everybody waits for time: asked for papers, signatures, answers.
MOMENT = datetime.fromisoformat("2026-03-02T10:00:00+08:00")


def waiting_stories() -> list[Scenario]:
    """The stories that begin at MOMENT, cut off before their first move of the clock; of those that are alike so far
    only one."""
    found = {}
    for story in find_scenarios(settings.BASE_DIR):
        waits = next((place for place, step in enumerate(story.steps) if step.kind == "advance"), None)
        if waits is not None and story.at == MOMENT:
            steps = story.steps[:waits]
            alike = (story.slug, len(story.start), *((step.kind, str(step.target)) for step in steps))
            found.setdefault(alike, replace(story, steps=steps, then=(), expect={}))
    return list(found.values())


def fill_city(at: FrozenClock) -> None:
    """Let all of them happen."""
    at(MOMENT)
    for story in waiting_stories():
        played = play(story, at)
        assert not played.problem, played.problem


def digest() -> dict[str, str]:
    """What every table of the database holds, and every counter."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        found = {}
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT md5(string_agg(md5(t::text), '' ORDER BY t::text)) FROM \"{table}\" AS t")
            found[table] = str(cursor.fetchone()[0])
        cursor.execute(
            "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1"
        )
        found["counters"] = hashlib.sha256(repr(cursor.fetchall()).encode()).hexdigest()
    return found


def sandboxes() -> list[str]:
    """The sandboxes on the server of the database that tests work on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE current_database() || '\\_sandbox\\_%%' ORDER BY 1"
        )
        return [row[0] for row in cursor.fetchall()]


def next_moment(now: datetime, until: datetime) -> datetime | None:
    """When the next thing is due, found without the services."""
    timers = Timer.objects.filter(due_at__gt=now, due_at__lte=until).values_list("due_at", flat=True)
    rungs = ClockRung.objects.filter(due_at__gt=now, due_at__lte=until, fired_at__isnull=True)
    return min([*timers, *rungs.values_list("due_at", flat=True)], default=None)


def live_on(at: FrozenClock, until: datetime) -> None:
    """Let time pass with a worker that is never late: it sweeps just after each due moment, not a moment before."""
    while (due := next_moment(at.now, until)) is not None:
        at(due + timedelta(microseconds=1))
        while sweeping.fire_due():
            pass
    at(until)


class Since:
    """What has been added to the database since this was made."""

    def __init__(self) -> None:
        self._last = {
            model: model.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
            for model in (Event, Letter, Message)
        }

    def events(self) -> list[Event]:
        return list(self._rows(Event))

    def letters(self) -> list[Letter]:
        return list(self._rows(Letter))

    def messages(self) -> list[Message]:
        return list(self._rows(Message).select_related("recipient"))

    def _rows(self, model: Any) -> Any:
        return model.objects.filter(pk__gt=self._last[model]).select_related("case").order_by("pk")
