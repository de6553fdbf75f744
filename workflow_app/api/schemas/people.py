"""Who am I."""

from datetime import date

from django.utils.translation import gettext

from workflow_app.api.schemas.common import AgencyOut, Output, PersonOut, SubjectOut, TitledCode
from workflow_app.models import RoleGrant, User
from workflow_app.models.people import Role
from workflow_app.selectors.access import Access


class RoleOut(Output):
    """One role in one agency."""

    role: TitledCode
    agency: AgencyOut
    valid_until: date | None

    @classmethod
    def of(cls, grant: RoleGrant) -> "RoleOut":
        title = gettext(str(Role(grant.role).label))
        return cls(
            role=TitledCode(code=grant.role, title=title),
            agency=AgencyOut.of(grant.agency),
            valid_until=grant.valid_until,
        )


class Me(Output):
    """The account, its roles by agency, and whom it may act for."""

    username: str
    name: str
    language: str
    roles: list[RoleOut]
    agencies: list[AgencyOut]
    subjects: list[SubjectOut]

    @classmethod
    def of(cls, user: User, access: Access) -> "Me":
        agencies = {grant.agency.code: grant.agency for grant in access.grants}
        return cls(
            **PersonOut.of(user).model_dump(),
            language=user.language,
            roles=[RoleOut.of(grant) for grant in access.grants],
            agencies=[AgencyOut.of(agency) for _, agency in sorted(agencies.items())],
            subjects=[SubjectOut.of(subject) for subject in access.subjects().order_by("pk")],
        )
