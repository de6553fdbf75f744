"""Keeps the search up: what was handed in is found a moment later. A job may be lost or run twice."""

import re
from collections.abc import Iterator
from typing import Any

from django.db import transaction

from workflow_app.domain.shingles import fold, vector_of
from workflow_app.models import Case, Letter, Submission, rows

# Cases in one transaction.
BATCH = 100
# A submission says no more than this that anybody would look for.
MOST_CHARACTERS = 8_000
# Held by the one worker that writes words: of two, the slower would put older words over newer ones.
_LOCK = 7_310_442
_IDENTIFIER = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# Identity numbers and telephones. Pages mask them, and where a beginning finds a word, whoever asks often enough would
# read them digit by digit. A person is found by the whole code, see `selectors.search`.
_MASKED = re.compile(
    r"(?<![0-9a-z])(?:[0-9]{17}[0-9x]|(?:\+?86[ -]?)?1[3-9][0-9](?:[ -]?[0-9]{4}){2}|0[0-9]{2,3}[ -]?[0-9]{7,8})"
    r"(?![0-9a-z])"
)
_CLAIM = """
WITH claimed AS MATERIALIZED (
    SELECT id FROM workflow_app_submission WHERE NOT is_indexed ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE workflow_app_submission s SET is_indexed = true FROM claimed WHERE s.id = claimed.id RETURNING s.case_id
"""
_WRITE = """
INSERT INTO workflow_app_casewords (case_id, words)
SELECT case_id, words::tsvector FROM unnest(%s::bigint[], %s::text[]) AS given(case_id, words)
ON CONFLICT (case_id) DO UPDATE SET words = excluded.words
"""


def oldest_unindexed() -> int | None:
    """The key of the oldest submission that the search does not know yet."""
    return Submission.objects.filter(is_indexed=False).order_by("pk").values_list("pk", flat=True).first()


def index_cases(limit: int = BATCH) -> int:
    """Let the search know what was handed in since, for up to `limit` submissions → how many.

    While another worker does it there is nothing to do.
    """
    with transaction.atomic():
        ((is_mine,),) = rows.query("SELECT pg_try_advisory_xact_lock(%s)", _LOCK)
        if not is_mine:
            return 0
        claimed = [case_id for (case_id,) in rows.query(_CLAIM, limit)]
        keys = sorted(set(claimed))
        if keys:
            rows.change(_WRITE, keys, _vectors(keys))
    return len(claimed)


def _vectors(keys: list[int]) -> list[str]:
    """The words of each case, in the order of the keys."""
    cases = Case.objects.filter(pk__in=keys).select_related("subject", "record", "matter_text__matter")
    known = {case.pk: case for case in cases.defer("state", "state_mac")}
    said: dict[int, list[str]] = {key: [] for key in keys}
    for case_id, data in (
        Submission.objects.filter(case__in=keys).order_by("pk").values_list("case_id", "data")
    ):
        said[case_id].append(" ".join(_texts(data))[:MOST_CHARACTERS])
    for case_id, number in (
        Letter.objects.filter(case__in=keys).order_by("pk").values_list("case_id", "number")
    ):
        said[case_id].append(number)
    return [vector_of(*_about(known[key]), *said[key]) for key in keys]


def _about(case: Case) -> Iterator[str]:
    yield from (case.number, case.subject.name)
    if not case.subject.is_person:
        yield case.subject.code
    if case.record is not None:
        yield from (case.record.number, case.record.title)
    if case.matter_text is not None:
        matter = case.matter_text.matter
        yield from (matter.code, matter.title, matter.title_en)


def _texts(data: Any) -> Iterator[str]:
    """Everything written in a form but what pages mask; ids of papers are not words."""
    if isinstance(data, str):
        if not _IDENTIFIER.fullmatch(data):
            yield _MASKED.sub(" ", fold(data))
    elif isinstance(data, dict):
        for value in data.values():
            yield from _texts(value)
    elif isinstance(data, list):
        for value in data:
            yield from _texts(value)
