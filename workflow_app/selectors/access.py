"""Who may see and do what. Lists and single objects both go through these functions; rows are filtered in SQL."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import TypeVar

from django.db.models import Q, QuerySet

from workflow_app.domain import clock
from workflow_app.domain.clock import CHINA
from workflow_app.domain.codes import region_prefixes
from workflow_app.models import (
    Agency,
    Case,
    CreditRecord,
    Letter,
    RoleGrant,
    Subject,
    Task,
    User,
    rows,
)
from workflow_app.models.cases import Channel
from workflow_app.models.people import Role
from workflow_app.models.tasks import LIVE
from workflow_app.selectors.reading import once

APPLICANT = "applicant"
# Roles that work on the cases of their agency. The three administrators see no case (三员分立, GB/T 22239).
CASE_ROLES = (Role.REVIEWER, Role.APPROVER, Role.TRAINER)

_APPLICANTS = (
    "SELECT asked.case_id, who.user_id FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) "
    "AS asked(case_id, subject_id, filer_id) CROSS JOIN LATERAL ("
    "SELECT user_id FROM workflow_app_subjectaccount WHERE subject_id = asked.subject_id UNION "
    "SELECT agent_id FROM workflow_app_mandate WHERE subject_id = asked.subject_id "
    "AND agent_id = coalesce(asked.filer_id, agent_id) AND valid_from <= %s AND valid_until >= %s) AS who "
    "ORDER BY who.user_id"
)
_SUBJECTS = (
    "SELECT subject_id FROM workflow_app_subjectaccount WHERE user_id = %s UNION "
    "SELECT subject_id FROM workflow_app_mandate WHERE agent_id = %s AND valid_from <= %s AND valid_until >= %s"
)
_HELD = (
    "SELECT role, agency_id FROM workflow_app_rolegrant "
    "WHERE user_id = %s AND valid_from <= %s AND (valid_until IS NULL OR valid_until >= %s)"
)

_ABSENT = (
    "SELECT user_id FROM workflow_app_absence WHERE substitute_id = %s AND first_on <= %s AND last_on >= %s "
    "AND cancelled_at IS NULL"
)

_T = TypeVar("_T")


@dataclass(frozen=True)
class Access:
    """What one account may act for at one moment: its roles by agency and its subjects."""

    user: User
    at: datetime

    @property
    def _day(self) -> date:
        return self.at.astimezone(CHINA).date()

    @cached_property
    def _held(self) -> set[tuple[str, int]]:
        """Role and agency of every grant in force today."""
        return self._once("held", self._read_held)

    def _read_held(self) -> set[tuple[str, int]]:
        if not self.user.is_active:
            return set()
        # By hand: every act of every officer asks this.
        return {(role, agency) for role, agency in rows.query(_HELD, self.user.pk, self._day, self._day)}

    def _once(self, name: str, read: Callable[[], _T]) -> _T:
        return once(("access", self.user.pk, self._day, name), read)

    @cached_property
    def grants(self) -> list[RoleGrant]:
        """The role grants in force today, with agency and region."""
        return self._once("grants", self._read_grants)

    def _read_grants(self) -> list[RoleGrant]:
        if not self._held:
            return []
        return list(
            _in_force(self._day).filter(user=self.user).select_related("agency__region").order_by("pk")
        )

    @cached_property
    def subject_ids(self) -> set[int]:
        """The subjects this account is, represents by law, or holds a mandate for today."""
        return self._once("subjects", self._read_subjects)

    def _read_subjects(self) -> set[int]:
        found = rows.query(_SUBJECTS, self.user.pk, self.user.pk, self._day, self._day)
        return {subject for (subject,) in found}

    @cached_property
    def substituted_ids(self) -> set[int]:
        """Accounts of absent officers in whose place this one acts today."""
        return self._once("absent", self._read_absent)

    def _read_absent(self) -> set[int]:
        found = rows.query(_ABSENT, self.user.pk, self._day, self._day) if self._held else []
        return {user for (user,) in found}

    @cached_property
    def counter_ids(self) -> set[int]:
        """Keys of the clerks who sit or sat at the same counters as this one, itself among them: what one of them took
        down, another hands in for; empty for who is no clerk."""
        return self._once("counter", self._read_counter)

    def _read_counter(self) -> set[int]:
        counters = self.agencies(Role.CLERK)
        if not counters:
            return set()
        clerks = RoleGrant.objects.filter(role=Role.CLERK, agency__in=counters)
        return set(clerks.values_list("user_id", flat=True))

    @property
    def roles(self) -> set[str]:
        return {role for role, _ in self._held}

    def agencies(self, *roles: str) -> set[int]:
        """Ids of the agencies in which the account holds one of `roles`."""
        return {agency for role, agency in self._held if role in roles}

    def cases(self) -> QuerySet[Case]:
        """The cases this account may see."""
        seen = (
            Q(subject__in=self.subject_ids) | Q(filed_by=self.user) | Q(agency__in=self.agencies(*CASE_ROLES))
        )
        if source := self.agencies(Role.SOURCE_UNIT):
            seen |= Q(pk__in=Task.objects.filter(agency__in=source, role=Role.SOURCE_UNIT).values("case_id"))
        if prefixes := self.supervised_prefixes:
            seen |= Q(agency__in=_agencies_below(prefixes))
        if self.counter_ids:
            seen |= Q(filed_by__in=self.counter_ids, channel=Channel.WINDOW)
        return Case.objects.filter(seen)

    @cached_property
    def supervised_prefixes(self) -> tuple[str, ...]:
        """Region prefixes that the account supervises: a city sees its counties, a county itself."""
        if Role.SUPERVISOR not in self.roles:
            return ()
        return tuple(grant.agency.region.prefix for grant in self.grants if grant.role == Role.SUPERVISOR)

    def supervised_agencies(self) -> set[int]:
        """Ids of the agencies in the supervised regions."""
        prefixes = self.supervised_prefixes
        return set(_agencies_below(prefixes)) if prefixes else set()

    def tasks(self) -> QuerySet[Task]:
        """The tasks this account may see: those it may do, and those it supervises."""
        seen = self.doable()
        if prefixes := self.supervised_prefixes:
            seen |= Q(agency__in=_agencies_below(prefixes))
        return Task.objects.filter(seen)

    def queue(self) -> QuerySet[Task]:
        """The live tasks of the account's own queues."""
        return Task.objects.filter(self.doable(), status__in=LIVE)

    def doable(self) -> Q:
        """The condition on tasks that they lie in the account's queues, live or not."""
        doable = Q(role=APPLICANT, case__subject__in=self.subject_ids) | self.official()
        if self.counter_ids:
            doable |= Q(role=APPLICANT, case__filed_by__in=self.counter_ids, case__channel=Channel.WINDOW)
        return doable

    def official(self) -> Q:
        """The condition on tasks that they lie in the queues of the account's offices, live or not."""
        official = Q(pk__in=[])
        for role in (Role.REVIEWER, Role.APPROVER, Role.SOURCE_UNIT, Role.TRAINER):
            if agencies := self.agencies(role):
                official |= Q(role=role, agency__in=agencies)
        return official

    def can_do(self, task: Task, case: Case) -> bool:
        """Whether the task lies in one of the account's queues, four eyes aside."""
        if task.role == APPLICANT:
            return case.subject_id in self.subject_ids or self._is_at_window(case)
        return (task.role, task.agency_id) in self._held

    def stands_in(self, task: Task) -> bool:
        """Whether an absent colleague has the task, in whose place the account acts today. Nobody acts for somebody
        who acts for another: the supervisor hands such a task over."""
        return task.assignee_id in self.substituted_ids and task.done_for_id is None

    def _is_at_window(self, case: Case) -> bool:
        """Whether a clerk of this one's counter filed the case for the person who stood there; then this one hands in
        what that person owes."""
        return case.channel == Channel.WINDOW and case.filed_by_id in self.counter_ids

    def can_assign(self, task: Task) -> bool:
        """Whether the account may hand the task to somebody: as supervisor of its region."""
        if task.agency_id is None:
            return False
        region = Agency.objects.values_list("region_id", flat=True).get(pk=task.agency_id)
        return any(region.startswith(prefix) for prefix in self.supervised_prefixes)

    def letters(self) -> QuerySet[Letter]:
        """The letters of the cases this account may see."""
        return Letter.objects.filter(case__in=self.cases())

    def records(self) -> QuerySet[CreditRecord]:
        """Credit records about the account's subjects, and for staff those their agency supplied or handles."""
        seen = Q(subject__in=self.subject_ids) | Q(source_agency__in=self.agencies(Role.SOURCE_UNIT))
        regions = [
            g.agency.region.prefix
            for g in self.grants
            if g.role in (*CASE_ROLES, Role.SUPERVISOR, Role.CLERK)
        ]
        if regions:
            seen |= Q(source_agency__in=_agencies_below(tuple(regions)))
        return CreditRecord.objects.filter(seen, is_deleted=False)

    def subjects(self) -> QuerySet[Subject]:
        """The subjects the account may file for online."""
        return Subject.objects.filter(pk__in=self.subject_ids)


def _agencies_below(prefixes: tuple[str, ...]) -> QuerySet[Agency, int]:
    below = Q()
    for prefix in prefixes:
        below |= Q(region__code__startswith=prefix)
    return Agency.objects.filter(below).values_list("pk", flat=True)


def _in_force(day: date) -> QuerySet[RoleGrant]:
    """The role grants in force on a day."""
    return RoleGrant.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gte=day), valid_from__lte=day
    )


def applicants_of(case: Case) -> list[User]:
    """Who is told about a case on the applicant's side: who filed it, while they may still act for the subject, else
    the subject's own accounts; where an officer began it, those and all agents of the subject, who have to defend it.
    Empty when it was filed at the window for somebody without an account."""
    return applicants_of_each([case])[case.pk]


def applicants_of_each(cases: Sequence[Case]) -> dict[int, list[User]]:
    """`applicants_of` for each of many cases, by their keys."""
    day = _today()
    asked = [[case.pk for case in cases], [c.subject_id for c in cases], [c.applicant_id for c in cases]]
    sides: dict[int, list[int]] = {case.pk: [] for case in cases}
    for case_id, user_id in rows.query(_APPLICANTS, *asked, day, day) if cases else ():
        sides[case_id].append(user_id)
    users = active_users({user_id for side in sides.values() for user_id in side})
    told = {}
    for case in cases:
        side = [users[user_id] for user_id in sides[case.pk] if user_id in users]
        told[case.pk] = [user for user in side if user.pk == case.applicant_id] or side
    return told


def active_users(keys: Collection[int]) -> dict[int, User]:
    """The accounts with these keys that are not disabled, by key."""
    found = rows.read(User, "id = ANY(%s) AND is_active", list(keys)) if keys else []
    return {user.pk: user for user in found}


def staff_of(case: Case, role: str) -> list[User]:
    """The officers who hold `role` for this case: in its agency; the source unit in the agency that supplied the
    record; supervisors in the nearest region that has any."""
    if role == Role.SUPERVISOR:
        region = case.agency.region_id
        return next(iter(supervisor_chain(region, supervisors_in(region_prefixes(region)))), [])
    agency = case.agency_id
    if role == Role.SOURCE_UNIT and case.record is not None:
        agency = case.record.source_agency_id
    return officers_of_each({(role, agency)})[role, agency]


def officers_of_each(queues: Collection[tuple[str, int]]) -> dict[tuple[str, int], list[User]]:
    """Who holds the role in the agency today, for each of `queues` = (role, agency's key), in order of accounts."""
    officers: dict[tuple[str, int], dict[User, None]] = {queue: {} for queue in queues}
    if queues:
        roles, agencies = zip(*queues, strict=True)
        for grant in _active_grants().filter(role__in=roles, agency__in=agencies):
            officers.get((grant.role, grant.agency_id), {})[grant.user] = None
    return {queue: list(users) for queue, users in officers.items()}


def supervisors_in(regions: Collection[str]) -> dict[str, list[User]]:
    """The supervisors of agencies of each of these regions today, by region code; a region without any is left out."""
    found: dict[str, dict[User, None]] = {}
    if regions:
        grants = _active_grants().filter(role=Role.SUPERVISOR, agency__region__in=regions)
        for grant in grants.select_related("agency"):
            found.setdefault(grant.agency.region_id, {})[grant.user] = None
    return {region: list(users) for region, users in found.items()}


def supervisor_chain(region: str, found: Mapping[str, list[User]]) -> list[list[User]]:
    """The supervisors of a region and of those above it, nearest first, by what `supervisors_in` has found."""
    return [found[code] for code in region_prefixes(region) if code in found]


def _active_grants() -> QuerySet[RoleGrant]:
    return _in_force(_today()).filter(user__is_active=True).select_related("user").order_by("user_id")


def _today() -> date:
    return clock.now().astimezone(CHINA).date()
