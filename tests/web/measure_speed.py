"""How quick pages are on a filled world, on a quiet machine: `.venv/bin/pytest -n0 tests/web/measure_speed.py`.

It is no part of the suite: beside other tests and browsers a time says little.
"""

import time
from collections.abc import Iterator

from django.db import connection
from django.test import Client

from tests.web.browser import Browser
from tests.web.test_speed import COMPRESSED, PAGES, addresses

__all__ = ["addresses"]

P95_SECONDS = 0.060
VISITS = 20


def test_pages_are_quick(addresses: dict[str, str]) -> None:
    """Nineteen of twenty visits are answered in time. What other programs on the same machine take from it is taken
    out: each visit is set beside work that is always the same, done right before and after it."""
    taken: dict[str, list[tuple[float, float]]] = {}
    for name, page in PAGES.items():
        client = Browser(page.username).client
        client.get(addresses[name])
        taken[name] = list(visits(client, addresses[name]))
    quiet = min(work for page in taken.values() for _, work in page)
    slow = {name: round(p95(page, quiet) * 1000) for name, page in taken.items()}
    assert {name: each for name, each in slow.items() if each > P95_SECONDS * 1000} == {}


def p95(taken: list[tuple[float, float]], quiet: float) -> float:
    return sorted(visit * quiet / work for visit, work in taken)[VISITS * 95 // 100 - 1]


def visits(client: Client, url: str) -> Iterator[tuple[float, float]]:
    """Seconds that each visit took, and that the work around it took."""
    before = work()
    for _ in range(VISITS):
        begin = time.perf_counter()
        client.get(url, headers=COMPRESSED)
        end = time.perf_counter()
        after = work()
        yield end - begin, (before + after) / 2
        before = after


def work() -> float:
    """What pages do, always the same: Python puts text together, the database counts."""
    begin = time.perf_counter()
    "".join(f"{each:x}" for each in range(30_000))
    with connection.cursor() as cursor:
        for _ in range(8):
            cursor.execute("SELECT count(*) FROM generate_series(1, 2000) AS n WHERE n % 7 = 0")
    return time.perf_counter() - begin
