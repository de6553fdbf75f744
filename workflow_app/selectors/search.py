"""Find cases by what is known of them. It only narrows what an account may see anyway."""

from django.db.models import Q
from django.db.models.expressions import RawSQL

from workflow_app.domain.shingles import query_of

_LONGEST = 100
# One list of keys, each part found by an index of its own.
_BY_WORDS = "SELECT case_id FROM workflow_app_casewords WHERE words @@ %s::tsquery"
_BY_NUMBER = "SELECT id FROM workflow_app_case WHERE number LIKE %s"
_BY_CODE = "SELECT c.id FROM workflow_app_case c JOIN workflow_app_subject s ON s.id = c.subject_id WHERE s.code = %s"


def clean_search(q: str) -> str:
    """What may be searched for: no NUL, no broken characters, not longer than any name."""
    return q.replace("\0", "").encode("utf-8", "ignore").decode().strip()[:_LONGEST]


def matching(q: str, case: str = "") -> Q:
    """The condition on a case, reached by the prefix `case` (`case__` for tasks), that it is about `q`.

    `q` begins the case number or is the subject's whole code, found at once; or it is part of the number, the name,
    the code, the record, the matter or of what was written in forms, found as soon as the index has it. An empty `q`
    is everything.
    """
    q = clean_search(q)
    if not q:
        return Q()
    begins = q.upper().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    parts, values = [_BY_NUMBER, _BY_CODE], [begins, q.upper()]
    if asked := query_of(q):
        parts, values = [*parts, _BY_WORDS], [*values, asked]
    return Q(**{f"{case}pk__in": RawSQL(" UNION ".join(parts), values)})  # noqa: S611 - texts of our own
