"""Who acts: accounts, the region tree, agencies, roles with dates, agents' mandates."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q


class Role(models.TextChoices):
    """Roles of an account in an agency. Applicants need none: they act for subjects."""

    CLERK = "clerk", "窗口人员"
    REVIEWER = "reviewer", "受理审核员"
    APPROVER = "approver", "审批人"
    SOURCE_UNIT = "source_unit", "信源单位"
    TRAINER = "trainer", "培训管理员"
    SUPERVISOR = "supervisor", "督办员"
    SYSTEM_ADMIN = "system_admin", "系统管理员"
    SECURITY_ADMIN = "security_admin", "安全管理员"
    AUDIT_ADMIN = "audit_admin", "审计管理员"


class Region(models.Model):
    """An administrative division by GB/T 2260; the code's prefix gives the tree."""

    code = models.CharField(max_length=6, primary_key=True)
    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    # The region's own office hours as [["08:30", "12:00"], ["13:30", "17:30"]]; empty: those of the region above.
    office_hours = models.JSONField(default=list, blank=True)

    def __str__(self) -> str:
        return self.name

    @property
    def prefix(self) -> str:
        """The part of the code that all divisions below share: 33, 3307 or 330782."""
        code: str = self.code
        while code.endswith("00"):
            code = code[:-2]
        return code


class AgencyKind(models.TextChoices):
    CREDIT_OFFICE = "credit_office", "信用管理机构"
    DEPARTMENT = "department", "业务主管部门"


class Agency(models.Model):
    """An authority of one region: the credit office, or a department that supplies records and grants licences."""

    code = models.CharField(max_length=18, unique=True)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    short_name = models.CharField(max_length=20)
    kind = models.CharField(max_length=20, choices=AgencyKind.choices)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="agencies")

    class Meta:
        verbose_name_plural = "agencies"

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """An account. `display_name` is what others read; `language` decides the language of messages."""

    display_name = models.CharField(max_length=60, blank=True)
    display_name_en = models.CharField(max_length=60, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    language = models.CharField(max_length=10, default="zh-hans")

    def __str__(self) -> str:
        return self.display_name or self.username


class RoleGrant(models.Model):
    """One role of one account in one agency, from a day until a day."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=Role.choices)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="grants")
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "role", "agency"], name="one_grant_per_user_role_agency"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="grant_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.agency_id}"


class Mandate(models.Model):
    """An organisation lets an agent (经办人) file for it until a date."""

    agent = models.ForeignKey(User, on_delete=models.CASCADE, related_name="mandates")
    subject = models.ForeignKey("workflow_app.Subject", on_delete=models.CASCADE, related_name="mandates")
    valid_from = models.DateField()
    valid_until = models.DateField()
    # What this agent files is filed only once the legal representative has signed as well.
    needs_countersignature = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__gte=F("valid_from")), name="mandate_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agent_id} → {self.subject_id}"


class Absence(models.Model):
    """An officer is away, from a day to a day, and names who does the officer's tasks meanwhile."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="absences")
    substitute = models.ForeignKey(User, on_delete=models.PROTECT, related_name="substitutions")
    first_on = models.DateField()
    last_on = models.DateField()
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    # Ended early, or never begun.
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(last_on__gte=F("first_on")), name="absence_ends_after_it_begins"
            ),
            models.CheckConstraint(condition=~Q(user=F("substitute")), name="substitute_is_somebody_else"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} → {self.substitute_id}"


class ApiToken(models.Model):
    """A bearer token of an account; only its SHA-256 is stored."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True)
    label = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id} {self.label}"
