"""`python -m benchmarks.figures CASES` → how long each figure of the supervisor's desk takes with so many cases, as JSON.

The rows are made by SQL: two years of cases at a hundred agencies of one city and its counties, one in twenty of them
open, three clocks and five tasks a case. Each figure is then read as its page reads it, for the whole city, and what
ended last is entered into the figures by the service itself.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from statistics import median
from typing import Any

# Whatever the caller runs under.
os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"

import django

django.setup()

from django.core.management import call_command
from django.db import connection

from workflow_app.demo.load import load_world
from workflow_app.domain import clock, histogram
from workflow_app.models import Agency, Region, User
from workflow_app.selectors.board import board
from workflow_app.selectors.breaches import list_breaches
from workflow_app.selectors.bulletins import get_bulletin
from workflow_app.selectors.figures import Selection, headline, heat, loads, trend
from workflow_app.selectors.shares import commitment_share, training_share
from workflow_app.services.calendar import seed_calendar
from workflow_app.services.definitions import deploy_all
from workflow_app.services.figures import BATCH, count_figures

TIMES = 20
DEPARTMENTS, OFFICERS = 90, 300
# Of the newest cases, which are in no figure yet.
UNCOUNTED = 0.005
PROCESSES = ("objection", "repair", "commitment")

# ruff: noqa: E501 - statements are read by their columns
CASES = """
SELECT setseed(0.5);
INSERT INTO workflow_app_case (number, process, definition_id, status, outcome, subject_id, agency_id, applicant_id,
    filed_by_id, channel, filed_at, answered_at, closed_at, is_counted, rules, state, state_mac, serializer_version,
    lock_version, event_count, event_hash)
SELECT 'BENCH-' || n, d.slug, d.id, CASE WHEN is_open THEN 'open' ELSE 'closed' END, '', s.id,
    CASE WHEN d.slug = 'commitment' THEN departments[1 + n %% cardinality(departments)]
        ELSE offices[1 + n %% cardinality(offices)] END,
    u.id, u.id, 'online', filed, CASE WHEN NOT is_open THEN least(filed + spent, %(now)s) END,
    CASE WHEN NOT is_open THEN least(filed + spent, %(now)s) END, n <= %(cases)s * (1 - %(uncounted)s),
    jsonb_build_object('rule', repeat('x', 1500)), decode(repeat(md5(n::text), 22), 'hex'), decode(md5('mac'), 'hex'),
    '1', 6, 12, decode(md5('event'), 'hex')
FROM (
    SELECT n, n > %(cases)s * 0.975 OR n %% 40 = 0 AS is_open, interval '730 days' * (n - %(cases)s) / %(cases)s
        + %(now)s AS filed, interval '1 hour' * exp(4.2 + 1.2 * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())) AS spent
    FROM generate_series(1, %(cases)s) n
) made
CROSS JOIN (SELECT array_agg(id) FILTER (WHERE kind = 'credit_office') AS offices,
    array_agg(id) FILTER (WHERE kind = 'department') AS departments FROM workflow_app_agency) places
JOIN (SELECT id, slug, row_number() OVER (ORDER BY slug) AS place FROM workflow_app_definition WHERE slug = ANY(%(slugs)s)
) d ON d.place = 1 + n %% 3
CROSS JOIN (SELECT min(id) AS id FROM workflow_app_subject) s
CROSS JOIN (SELECT min(id) AS id FROM workflow_app_user) u
ORDER BY n
"""
CLOCKS = """
INSERT INTO workflow_app_clock (case_id, process, agency_id, name, status, amount, unit, jurisdiction, legal_basis,
    escalation, is_applicants, started_at, due_at, is_provisional, stopped_at, breached_at, is_counted)
SELECT c.id, c.process, c.agency_id, p.name, CASE WHEN runs THEN 'running' ELSE 'stopped' END, 5, 'working_day', '330700',
    repeat('法', 40), '{"50": "assignee", "80": "queue", "100": "supervisor", "150": "region"}', p.name = 'supplement',
    begun, due, false, ended, CASE WHEN due < coalesce(ended, %(now)s) AND p.name <> 'supplement' THEN due END,
    NOT runs AND c.is_counted
FROM workflow_app_case c
CROSS JOIN LATERAL unnest(CASE c.process WHEN 'objection' THEN ARRAY['accept', 'supplement', 'handle']
    WHEN 'repair' THEN ARRAY['accept', 'handle', 'decide'] ELSE ARRAY['accept', 'decide', 'check'] END)
    WITH ORDINALITY AS p (name, place)
CROSS JOIN LATERAL (SELECT c.closed_at IS NULL AND p.place = 3 AS runs,
    c.filed_at + (coalesce(c.closed_at, %(now)s) - c.filed_at) * (p.place - 1) / 3 AS begun) b
CROSS JOIN LATERAL (SELECT CASE WHEN NOT runs THEN
    c.filed_at + (coalesce(c.closed_at, %(now)s) - c.filed_at) * p.place / 3 END AS ended,
    CASE WHEN runs THEN %(now)s + interval '10 days' * (random() - 0.1) ELSE begun + interval '7 days' END AS due) e
ORDER BY c.id, p.place
"""
TASKS = """
INSERT INTO workflow_app_task (case_id, process, engine_id, element, title, title_en, role, form, clock, agency_id, assignee_id,
    status, due_at, created_at, claimed_at, done_at, done_by_id, is_counted, hold_reason)
SELECT c.id, c.process, md5(c.id::text || n)::uuid, p.elements[n], '办理' || n, 'Step ' || n, p.roles[n], 'form', p.clocks[n],
    CASE WHEN p.roles[n] <> 'applicant' THEN c.agency_id END,
    CASE WHEN done OR random() < 0.6 THEN officers[1 + (c.agency_id * 3 + n %% 3) %% cardinality(officers)] END,
    CASE WHEN done THEN 'done' ELSE 'open' END, begun + interval '7 days', begun, begun, CASE WHEN done THEN ended END,
    CASE WHEN done THEN officers[1 + (c.agency_id * 3 + n %% 3) %% cardinality(officers)] END, done AND c.is_counted, ''
FROM workflow_app_case c
JOIN (VALUES
    ('objection', ARRAY['task_accept', 'task_supplement', 'task_check', 'task_propose', 'task_approve']),
    ('repair', ARRAY['task_accept', 'task_training', 'task_evidence', 'task_propose', 'task_approve']),
    ('commitment', ARRAY['task_accept', 'task_sign', 'task_propose', 'task_approve', 'task_check'])
) e (process, elements) ON e.process = c.process
CROSS JOIN LATERAL (SELECT e.elements, ARRAY['reviewer', 'applicant', 'reviewer', 'reviewer', 'approver'] AS roles,
    ARRAY['accept', 'supplement', 'handle', 'handle', 'handle'] AS clocks) p
CROSS JOIN (SELECT array_agg(id ORDER BY id) AS officers FROM workflow_app_user WHERE username LIKE 'bench%%') o
CROSS JOIN generate_series(1, 5) n
CROSS JOIN LATERAL (SELECT c.closed_at IS NOT NULL OR n < 1 + c.id %% 5 AS done,
    c.filed_at + (coalesce(c.closed_at, %(now)s) - c.filed_at) * (n - 1) / 5 AS begun,
    c.filed_at + (coalesce(c.closed_at, %(now)s) - c.filed_at) * n / 5 AS ended) b
WHERE c.closed_at IS NOT NULL OR n <= 1 + c.id %% 5
ORDER BY c.id, n
"""
# As the service adds them up, with a third of all time for working time.
FIGURES = """
INSERT INTO workflow_app_figure (month, kind, process, agency_id, name, count, late_count, net_working_seconds,
    gross_working_seconds, gross_calendar_seconds, histogram)
SELECT month, kind, process, agency_id, name, sum(n), sum(late), sum(total) / 3, sum(total) / 3, sum(total),
    sum(n * 10::numeric ^ ({digits} * bucket))
FROM (
    SELECT month, kind, process, agency_id, name, bucket, count(*) AS n, count(*) FILTER (WHERE is_late) AS late,
        sum(seconds)::bigint AS total
    FROM (
        SELECT date_trunc('month', ended AT TIME ZONE 'Asia/Shanghai')::date AS month, kind, process, agency_id, name, is_late, seconds,
            CASE WHEN seconds >= 3 THEN 1 + ceil(ln(seconds / 3) / ln({growth}))::integer ELSE 0 END AS bucket
        FROM ({ended}) each (kind, process, agency_id, name, ended, seconds, is_late)
    ) placed
    GROUP BY month, kind, process, agency_id, name, bucket
) counted
GROUP BY month, kind, process, agency_id, name
"""
ENDED = """
SELECT 'clock', process, agency_id, name, stopped_at, extract(epoch FROM stopped_at - started_at)::float8,
    breached_at IS NOT NULL FROM workflow_app_clock WHERE is_counted AND NOT is_applicants
UNION ALL SELECT 'case', process, agency_id, 'answer', answered_at, extract(epoch FROM answered_at - filed_at)::float8,
    false FROM workflow_app_case WHERE is_counted AND answered_at IS NOT NULL
UNION ALL SELECT 'task', c.process, c.agency_id, t.element, done_at, extract(epoch FROM done_at - created_at)::float8,
    done_at > due_at FROM workflow_app_task t JOIN workflow_app_case c ON c.id = t.case_id WHERE t.is_counted
UNION ALL SELECT 'officer', c.process, t.agency_id, t.done_by_id::text, done_at,
    extract(epoch FROM done_at - created_at)::float8, done_at > due_at
    FROM workflow_app_task t JOIN workflow_app_case c ON c.id = t.case_id WHERE t.is_counted AND t.agency_id IS NOT NULL
"""


def build(cases: int) -> None:
    """A migrated database with the demo world, more agencies and officers, and so many cases."""
    call_command("migrate", verbosity=0, interactive=False)
    seed_calendar()
    load_world(anchor=clock.now().astimezone(clock.CHINA).date())
    deploy_all()
    regions = list(Region.objects.filter(code__startswith="3307").order_by("code"))
    for n in range(DEPARTMENTS):
        names = {"name": f"部门{n}", "name_en": f"Department {n}", "short_name": f"部门{n}"}
        Agency.objects.create(
            code=f"BENCH{n:013}", kind="department", region=regions[n % len(regions)], **names
        )
    User.objects.bulk_create(
        User(username=f"bench{n}", display_name=f"经办人{n}", display_name_en=f"Officer {n}")
        for n in range(OFFICERS)
    )
    values: dict[str, Any] = {
        "cases": cases,
        "now": clock.now(),
        "slugs": list(PROCESSES),
        "uncounted": UNCOUNTED,
    }
    figures = FIGURES.format(growth=histogram.GROWTH, digits=histogram.DIGITS, ended=ENDED)
    with connection.cursor() as cursor:
        # The keys fit: to look up each of twenty million would take longer than all else.
        cursor.execute("SET session_replication_role = replica")
        for statement in (CASES, CLOCKS, TASKS):
            cursor.execute(statement, values)
        cursor.execute(figures)
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


def questions() -> dict[str, Callable[[], Any]]:
    """Each figure as its page asks for it, by the supervisor of the whole city."""
    user = User.objects.get(username="supervisor1")
    this = clock.now().astimezone(clock.CHINA).date().replace(day=1)
    year: dict[str, Any] = {"since": _months_before(this, 11), "until": this}
    two_years: dict[str, Any] = {"since": _months_before(this, 23), "until": this}
    handling = Selection(process="objection", clock="handle")
    asked: dict[str, Callable[[], Any]] = {
        "headline of a month": lambda: headline(user, since=this, until=this),
        "headline of two years": lambda: headline(user, **two_years),
    }
    for by in ("region", "agency", "process", "officer"):
        asked[f"board by {by}"] = partial(board, user, by=by)
    asked |= {
        "trend of one clock, a year": lambda: trend(user, **year, selection=handling),
        "trend of all clocks, two years": lambda: trend(user, **two_years),
        "trend of answers, two years": lambda: trend(user, **two_years, kind="case"),
    }
    for process in PROCESSES:
        asked[f"heat map of {process}, a year"] = partial(heat, user, process, **year)
    asked |= {
        "loads of officers": lambda: loads(user),
        "bulletin of two months": lambda: get_bulletin(user, _months_before(this, 2)),
        "shares of listed subjects": lambda: (training_share(user), commitment_share(user)),
        "breaches of a year, first page": lambda: list_breaches(user, **year),
        "breaches that run on, first page": lambda: list_breaches(user, **two_years, is_going=True),
        "breaches of one agency, first page": lambda: list_breaches(
            user, **two_years, selection=Selection(agency=Agency.objects.latest("pk").pk)
        ),
    }
    return asked


def _months_before(month: date, count: int) -> date:
    index = month.year * 12 + month.month - 1 - count
    return date(index // 12, index % 12 + 1, 1)


def milliseconds(ask: Callable[[], Any]) -> list[float]:
    """How long each of `TIMES` answers took, after one that nobody waits for."""
    ask()
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def counted_per_second() -> float:
    """How many clocks, tasks and cases the service enters into the figures in a second, one worker."""
    total, began = 0, time.perf_counter()
    while done := count_figures(BATCH):
        total += done
    return total / (time.perf_counter() - began)


def main(cases: int) -> dict[str, Any]:
    """Build, ask, count."""
    build(cases)
    taken = {name: milliseconds(ask) for name, ask in questions().items()}
    return {
        "figures": {name: [median(values), max(values)] for name, values in taken.items()},
        "counted_per_second": counted_per_second(),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]))) + "\n")
