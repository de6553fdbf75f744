"""For worlds and changes as they come: a preview counts what an apply does, undoing is the inverse, and a day off never
brings anything forward."""

from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from tests.changes.support import apply, day, days, draft, ensure_in_step, rule, rules, snapshot, undo
from tests.services.world import china, do, file, task
from workflow_app.models import CalendarDay, Clock
from workflow_app.models.tasks import LIVE
from workflow_app.selectors.previews import preview_change
from workflow_app.services.inbox import receive_message
from workflow_app.services.ticking import run_due

pytestmark = pytest.mark.usefixtures("acts")

BEGIN = china("2026-02-24 09:00")
FIRST, LAST = date(2026, 2, 20), date(2026, 4, 20)
# Making a world smaller takes minutes and says little more.
SETTINGS = settings(
    max_examples=6,
    phases=(Phase.explicit, Phase.generate),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

moves = st.sampled_from(["supplement", "train", "extend", "ok", "wait", "back"])
# A case: after how many hours it is filed, and what happens to it how many hours apart.
cases = st.tuples(st.integers(0, 200), st.lists(st.tuples(st.integers(1, 60), moves), max_size=3))
worlds = st.lists(cases, min_size=1, max_size=4)
some_days = st.dictionaries(
    st.integers(0, (LAST - FIRST).days).map(lambda n: FIRST + timedelta(days=n)),
    st.sampled_from([True, False, None]),
    min_size=1,
    max_size=10,
)
calendars = some_days.map(
    lambda found: ("calendar", days(*(day(each.isoformat(), works) for each, works in found.items())))
)
hours = st.tuples(
    st.sampled_from(["330000", "330700", "330702", "330782"]),
    st.sampled_from(
        [
            [],
            [["09:00", "12:00"], ["13:00", "17:00"]],
            [["08:00", "16:00"]],
            [["08:30", "12:00"], ["14:00", "18:00"]],
        ]
    ),
).map(lambda found: ("hours", {"region": found[0], "hours": found[1]}))
ruled = st.tuples(
    st.integers(1, 25), st.sampled_from(["working_day", "calendar_day", "month"]), st.booleans()
).map(
    lambda found: (
        "rules",
        rules(
            rule(amount=min(found[0], 3) if found[1] == "month" else found[0], unit=found[1], cap_amount=40),
            running=found[2],
        ),
    )
)
changes = st.one_of(calendars, hours, ruled)


@contextmanager
def world(at, plan):
    """The cases of the plan as they stand when all of it has happened; gone afterwards."""
    with transaction.atomic():
        steps = []
        for hours_later, acts in plan:
            moment = BEGIN + timedelta(hours=hours_later)
            steps.append((moment, len(steps), "file"))
            place = len(steps) - 1
            for wait, move in acts:
                moment += timedelta(hours=wait)
                steps.append((moment, place, move))
        made = {}
        for moment, place, move in sorted(steps):
            at(moment)
            run_due()
            if move == "file":
                made[place] = file()
            elif place in made:
                go(made[place], move)
        run_due()
        yield
        transaction.set_rollback(True)


def go(case, move):
    """What can be done, is done; the rest is left."""
    case.refresh_from_db()
    live = {each.element for each in case.tasks.filter(status__in=LIVE)}
    if "task_check" in live and move in ("supplement", "train", "ok"):
        do(case, "reviewer1", result=move)
    elif "task_check" in live and move == "extend":
        do(case, "reviewer1", result="extend")
        if not case.is_finished and task(case).element == "task_extend":
            do(case, "approver1", amount=2, reason="案情复杂")
    elif "task_supplement" in live and move == "back":
        do(case, "applicant1", note="补正")
    elif not live and not case.is_finished and move == "back":
        receive_message(case_number=case.number, name="training.passed", key=f"x{case.lock_version}")


@given(plan=worlds, change=changes, later=st.integers(0, 400))
@SETTINGS
def test_a_preview_counts_exactly_what_an_apply_does_and_undoing_is_the_inverse(at, plan, change, later):
    with world(at, plan):
        at.forward(hours=later)
        run_due()
        before = snapshot()
        drafted = draft(*change)
        preview = preview_change(drafted)
        event(f"moves: {min(preview.counts['moves'], 2)}")
        assert snapshot() == before
        dues = dict(Clock.objects.values_list("pk", "due_at"))
        applied = apply(drafted)
        # Exactly these, exactly so, and nothing else.
        assert preview_change(applied) == preview
        foreseen = {each.clock.pk: each.after_due_at for each in preview.effects}
        assert dict(Clock.objects.values_list("pk", "due_at")) == {**dues, **foreseen}
        marked = {each.clock.pk: each.is_provisional for each in preview.effects}
        assert dict(Clock.objects.filter(pk__in=marked).values_list("pk", "is_provisional")) == marked
        ensure_in_step(at.now)
        undo(applied)
        after = snapshot()
        assert {key: after[key] for key in after if key != "rungs"} == {
            key: before[key] for key in before if key != "rungs"
        }
        # What lay behind is history; what lies ahead is as it was.
        assert {each for each in after["rungs"] if each[3] is None} == {
            each for each in before["rungs"] if each[3] is None
        }
        assert set(before["rungs"]) == set(after["rungs"])


@given(plan=worlds, change=changes, hours_later=st.integers(1, 200))
@SETTINGS
def test_whatever_happens_between_everything_is_in_step_when_it_is_undone(at, plan, change, hours_later):
    with world(at, plan):
        applied = apply(draft(*change))
        at.forward(hours=hours_later)
        run_due()
        file()
        undo(applied)
        ensure_in_step(at.now)
        run_due()
        for clock in Clock.objects.filter(status="running"):
            assert (clock.breached_at is not None) == (clock.due_at < at.now), clock.status


@given(plan=worlds, off=st.sets(st.integers(0, (LAST - FIRST).days), min_size=1, max_size=8))
@SETTINGS
def test_a_day_off_never_makes_anything_due_earlier(at, plan, off):
    with world(at, plan):
        chosen = [FIRST + timedelta(days=n) for n in off]
        # Not those that are off for another reason: they would only be named otherwise.
        chosen = [
            each for each in chosen if not CalendarDay.objects.filter(day=each, is_working=False).exists()
        ]
        if not chosen:
            return
        preview = preview_change(draft("calendar", days(*(each.isoformat() for each in chosen))))
        for each in preview.effects:
            assert each.after_due_at > each.before_due_at
        assert preview.counts["overdue"] == 0
        worked = [day(each.isoformat(), True, "调休上班") for each in chosen if each.weekday() >= 5]
        if worked:
            for each in preview_change(draft("calendar", days(*worked))).effects:
                assert each.after_due_at < each.before_due_at


def test_the_plan_is_played_as_written(at):
    with world(at, [(0, [(20, "supplement"), (30, "back"), (2, "extend"), (5, "ok")]), (5, [(3, "train")])]):
        kinds = list(Clock.objects.order_by("id").values_list("status", flat=True))
        assert kinds == ["running", "paused", "stopped"]
