"""Of the subjects on a severe list, how many were trained and how many made a commitment.

A city's plan asks for both (社会信用体系建设计划 2018, 六: 对被列入“黑名单”的企业进行信用修复的培训率要达到100%,
通过信用修复做出信用承诺的比例不低于30%，逐步达到100%). What somebody did before they were listed says nothing about
how they answered to it and does not count.
"""

from workflow_app.models import User, rows
from workflow_app.models.records import RecordCategory
from workflow_app.models.training import EnrolmentStatus
from workflow_app.selectors.figures import Share
from workflow_app.selectors.scope import places_of

# In per cent.
TRAINING_GOAL, COMMITMENT_GOAL, COMMITMENT_GOAL_LATER = 100, 30, 100

# Listed subjects with the earliest list entry by an agency of the scope, found by the index of those listed.
_LISTED = (
    "SELECT s.id, min(r.decision_on) AS listed_on FROM workflow_app_subject s "
    "JOIN workflow_app_creditrecord r ON r.subject_id = s.id AND r.category = %s "
    "WHERE s.is_listed AND NOT r.is_deleted AND r.source_agency_id = ANY(%s) GROUP BY s.id"
)
_TRAINED = (
    f"SELECT count(*), count(*) FILTER (WHERE EXISTS (SELECT 1 FROM workflow_app_enrolment e "  # noqa: S608 - ours
    "JOIN workflow_app_trainingsession t ON t.id = e.session_id WHERE e.subject_id = l.id AND e.status = %s "
    f"AND t.starts_at >= l.listed_on::timestamp AT TIME ZONE 'Asia/Shanghai')) FROM ({_LISTED}) l"
)
_PROMISED = (
    f"SELECT count(*), count(*) FILTER (WHERE EXISTS (SELECT 1 FROM workflow_app_commitment p "  # noqa: S608 - ours
    "JOIN workflow_app_case c ON c.id = p.case_id WHERE c.subject_id = l.id AND p.made_on >= l.listed_on)) "
    f"FROM ({_LISTED}) l"
)


def training_share(user: User) -> Share:
    """Listed subjects of the supervised regions that passed a training since they were listed, of all that are listed.

    A subject belongs to the regions whose agencies put it on a list.
    """
    return _share(_TRAINED, EnrolmentStatus.PASSED.value, *_scope(user))


def commitment_share(user: User) -> Share:
    """Listed subjects of the supervised regions that made a commitment since they were listed, of all that are
    listed."""
    return _share(_PROMISED, *_scope(user))


def _scope(user: User) -> tuple[str, list[int]]:
    return RecordCategory.LIST_ENTRY.value, list(places_of(user))


def _share(text: str, *values: object) -> Share:
    ((whole, part),) = rows.query(text, *values)
    return Share(part, whole)
