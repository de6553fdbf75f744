"""`python -m benchmarks.search CASES TIMES` → how long queue pages and the search take with so many cases, each question
asked so many times, as JSON.

The cases are those of `benchmarks.figures`, spread over many subjects with names, each with what was written in its
form; the service itself enters them into its search. Every question is asked by an officer of one office and by the
supervisor of the whole city: for words that hardly any case has, for words that every case has, and for none.
"""

import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count, repeat
from math import ceil
from statistics import median
from typing import Any

# Whatever the caller runs under.
os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"

import django

django.setup()

from django.db import connection

from benchmarks.figures import build
from workflow_app.models import Case, Subject, User
from workflow_app.selectors.cases import list_cases
from workflow_app.selectors.tasks import list_tasks
from workflow_app.services.indexing import index_cases

PAGE = 30
# So many cases has a subject.
CASES_OF_EACH = 10
PLACES = ("金华", "义乌", "东阳", "永康", "兰溪", "浦江", "武义", "磐安", "婺城", "金东")
NAMES = "安邦博诚达恒宏华嘉健金开科立隆茂明宁鹏启仁荣瑞盛泰通万伟祥新兴信亚益永裕源悦泽展振正志中众卓"
TRADES = ("食品", "建筑工程", "五金制造", "纺织", "物流", "电子商务", "餐饮管理", "药业", "机械", "环保科技")
# What people write, in turns; `%s` is what only this case has.
SENTENCES = (
    "行政处罚决定书认定的违法事实与实际情况不符，罚款%s元已于当日缴清，附缴款凭证。",
    "我单位已整改完毕，整改报告编号%s，请予核查并修复信用记录。",
    "承诺在取得许可后三十日内补交材料，材料清单见附件%s，逾期未提交的愿意承担相应责任。",
    "信用信息中登记的金额有误，应为%s元，请信源单位核实后更正。",
)

# ruff: noqa: E501 - statements are read by their columns
OF_SUBJECTS = """
UPDATE workflow_app_case SET subject_id = %(first)s + (id / %(each)s) %% %(count)s
"""
WRITTEN = """
INSERT INTO workflow_app_submission (case_id, form, data, by_id, at, is_indexed)
SELECT c.id, 'start', jsonb_build_object('reason', replace((%(sentences)s::text[])[1 + c.id %% cardinality(%(sentences)s::text[])],
    '%%s', (100000 + c.id)::text), 'contact', '联系人' || c.id %% 977), c.filed_by_id, c.filed_at, false
FROM workflow_app_case c ORDER BY c.id
"""


def build_world(cases: int) -> None:
    """The cases with subjects and with what was written, not yet known to the search."""
    build(cases)
    draw = random.Random(4)
    many = max(1, cases // CASES_OF_EACH)
    made = Subject.objects.bulk_create(
        [
            Subject(
                kind="organisation",
                code_kind="uscc",
                code=f"91330700BENCH{n:05}",
                name=f"{draw.choice(PLACES)}{''.join(draw.sample(NAMES, 2))}{draw.choice(TRADES)}有限公司",
            )
            for n in range(many)
        ],
        batch_size=2000,
    )
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(OF_SUBJECTS, {"first": made[0].pk, "each": CASES_OF_EACH, "count": many})
        cursor.execute(WRITTEN, {"sentences": list(SENTENCES)})
        cursor.execute("SET session_replication_role = origin")


def indexed_per_second() -> float:
    """Let the search know them all, one worker → submissions a second."""
    total, began = 0, time.perf_counter()
    while done := index_cases():
        total += done
    taken = time.perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
    return total / taken


def asked_for() -> dict[str, Callable[[], Iterator[str]]]:
    """What is looked for, by a name; each gives words without end, other ones each time where there are other ones."""
    draw = random.Random(5)
    names = list(Subject.objects.filter(code__startswith="91330700BENCH").values_list("name", "code")[:1000])
    numbers = list(Case.objects.filter(number__startswith="BENCH-").values_list("number", flat=True)[:1000])

    def some(*choices: str) -> Callable[[], Iterator[str]]:
        return lambda: (draw.choice(choices) for _ in count())

    return {
        "a name": some(*(name for name, _ in names)),
        "two characters of a name": some(*(name[2:4] for name, _ in names)),
        "a code": some(*(code for _, code in names)),
        "a case number": some(*numbers),
        "a sum that one case names": some(*(str(100000 + n) for n in range(1, 1000))),
        "a trade, one in ten": some(*TRADES),
        "有限公司, all": some("有限公司"),
        "a phrase of a quarter": some("整改报告", "缴款凭证", "信源单位核实", "三十日内补交"),
        "a character, 元": some("元"),
        "what nobody wrote": some("子虚乌有", "查无此处"),
    }


def pages() -> dict[str, Callable[[str], Any]]:
    """The lists that are searched, by a name."""
    officer, city = User.objects.get(username="reviewer1"), User.objects.get(username="supervisor1")
    busy = User.objects.filter(username__startswith="bench").order_by("pk")[0]
    return {
        "queue of an office": lambda q: list_tasks(officer, queue="group", q=q, limit=PAGE),
        "an officer's own": lambda q: list_tasks(busy, queue="mine", q=q, limit=PAGE),
        "all tasks of a city": lambda q: list_tasks(city, queue="all", q=q, limit=PAGE),
        "cases of an office": lambda q: list_cases(officer, q=q, limit=PAGE),
        "cases of a city": lambda q: list_cases(city, q=q, limit=PAGE),
    }


def usual_and_p99(ask: Callable[[str], Any], words: Iterator[str], times: int) -> list[float]:
    """The median and the 99th percentile of so many answers in milliseconds, after one that nobody waits for."""
    ask(next(words))
    taken = []
    for _ in range(times):
        word, began = next(words), time.perf_counter()
        ask(word)
        taken.append((time.perf_counter() - began) * 1000)
    return [median(taken), sorted(taken)[ceil(times * 0.99) - 1]]


def main(cases: int, times: int) -> dict[str, Any]:
    """Build, index, ask."""
    build_world(cases)
    speed = indexed_per_second()
    queues, search = {}, {}
    for place, ask in pages().items():
        queues[place] = usual_and_p99(ask, repeat(""), times)
        for what, words in asked_for().items():
            search[f"{place}, {what}"] = usual_and_p99(ask, words(), times)
    return {"queues": queues, "search": search, "indexed_per_second": speed}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*map(int, sys.argv[1:]))) + "\n")
