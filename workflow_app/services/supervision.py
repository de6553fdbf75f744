"""督办: what a supervisor does to a case of the region: lengthen a deadline as far as its rule goes."""

from workflow_app.domain.errors import ForbiddenError, NotFoundError
from workflow_app.models import Case, Clock, User
from workflow_app.selectors.access import Access, applicants_of
from workflow_app.services.announcing import called, clock_values
from workflow_app.services.clocks import extend_clock, running_clock
from workflow_app.services.errors import ExtensionNotAllowedError, ExtensionReasonMissingError
from workflow_app.services.notices import notify
from workflow_app.services.transition import open_case

EXTENDED = "extended"


def extend_deadline(
    *, number: str, clock: str, amount: int, reason: str, user: User, expected_version: int | None = None
) -> Clock:
    """Make the running clock named `clock` of the case longer by `amount` of its unit, in the supervisor's name.

    What waits for that date (tasks, timers) moves with it, and the applicant is told with the reason. Raises
    NotFoundError (case not visible), ForbiddenError (not a supervisor of its region), `ClockNotRunningError`,
    `ExtensionNotAllowedError` where the rule names no cap, `ExtensionCapError` beyond it, `BudgetInvalidError` below
    one, `ExtensionReasonMissingError`, `StaleVersionError`.
    """
    reason = reason.strip()
    if not reason:
        raise ExtensionReasonMissingError
    try:
        with open_case(user, number=number, expected_version=expected_version) as moving:
            ensure_supervisor(Access(user, moving.now), moving.case)
            going = running_clock(moving, clock)
            # 《浙江省公共信用信息管理条例》第三十一条: longer only where a rule says so, and never beyond what it says.
            if going.cap_amount is None:
                raise ExtensionNotAllowedError(**called(moving, clock))
            extended = extend_clock(moving, clock, amount, reason)
            moving.run.revise({f"{clock}_due": extended.due_at.isoformat()})
            notify(
                moving,
                EXTENDED,
                applicants_of(moving.case),
                clock=clock_values(moving, extended),
                reason=reason,
            )
    except Case.DoesNotExist as missing:
        raise NotFoundError from missing
    return extended


def ensure_supervisor(access: Access, case: Case, *regions: str) -> None:
    """Raise unless the account supervises the region of the case's agency, or one of `regions` (codes): ForbiddenError
    if it may see the case, else NotFoundError."""
    watched = {case.agency.region_id, *regions}
    if any(code.startswith(prefix) for code in watched for prefix in access.supervised_prefixes):
        return
    raise ForbiddenError if access.cases().filter(pk=case.pk).exists() else NotFoundError
