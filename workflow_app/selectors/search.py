"""Find cases by what is known of them. It only narrows what an account may see anyway."""

from django.db import connection
from django.db.models import BooleanField, Exists, OuterRef, Q
from django.db.models.expressions import RawSQL

from workflow_app.domain.shingles import query_of
from workflow_app.models import CaseWords

_LONGEST = 100
# Up to so many cases are named by their keys, so that lists are read by these; of more, a list is read in its own order
# and every case is asked, which soon fills a page.
MOST_NAMED = 2_000
# Each way has an index of its own.
_HAS = "words @@ %s::tsquery"
_BY_WORDS = f"SELECT case_id FROM workflow_app_casewords WHERE {_HAS}"  # noqa: S608 - a text of our own
_BY_NUMBER = "SELECT id FROM workflow_app_case WHERE number LIKE %s"
_BY_CODE = "SELECT c.id FROM workflow_app_case c JOIN workflow_app_subject s ON s.id = c.subject_id WHERE s.code = %s"


def clean_search(q: str) -> str:
    """What may be searched for: no NUL, no broken characters, not longer than any name."""
    return q.replace("\0", "").encode("utf-8", "ignore").decode().strip()[:_LONGEST]


def matching(q: str, case: str = "") -> Q:
    """The condition on a case, reached by the prefix `case` (`case__` for tasks), that it is about `q`.

    `q` begins the case number or is the subject's whole code, found at once; or it is part of the number, the name,
    the code, the record, the matter or of what was written in forms, found as soon as the index has it. An empty `q`
    is everything. Asks the database; what it finds there is still to be held to what the account may see.
    """
    q = clean_search(q)
    if not q:
        return Q()
    begins = q.upper().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    found = _keys(_BY_NUMBER, begins) | _keys(_BY_CODE, q.upper())
    if asked := query_of(q):
        named = _keys(_BY_WORDS, asked)
        if len(named) > MOST_NAMED:
            has = RawSQL(_HAS, [asked], output_field=BooleanField())  # noqa: S611 - a text of our own
            return Q(Exists(CaseWords.objects.filter(has, case=OuterRef(f"{case}pk"))))
        found |= named
    return Q(**{f"{case}pk__in": found})


def _keys(text: str, value: str) -> set[int]:
    # Not by a statement that is kept: how it is best answered depends on the words.
    with connection.cursor() as cursor:
        cursor.execute(f"{text} LIMIT {MOST_NAMED + 1}", [value])
        return {key for (key,) in cursor.fetchall()}
