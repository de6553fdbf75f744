"""信用修复培训: courses, sessions, attendance and certificates."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Course(models.Model):
    """What is taught. A course may ask for a test; `validity_days` is how long its certificate counts."""

    code = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=120)
    title_en = models.CharField(max_length=120)
    minimum_minutes = models.PositiveIntegerField(default=90)
    pass_mark = models.PositiveIntegerField(null=True, blank=True)
    validity_days = models.PositiveIntegerField(default=365)

    def __str__(self) -> str:
        return self.title


class TrainingSession(models.Model):
    """One date of a course, at a place or online, with a number of seats."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="sessions")
    agency = models.ForeignKey(
        "workflow_app.Agency", on_delete=models.PROTECT, related_name="training_sessions"
    )
    place = models.CharField(max_length=200)
    is_online = models.BooleanField(default=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    seats = models.PositiveIntegerField()
    trainer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="session_ends_after_it_starts"
            )
        ]
        indexes = [models.Index(fields=["starts_at"])]

    def __str__(self) -> str:
        return f"{self.course_id} {self.starts_at:%Y-%m-%d}"


class EnrolmentStatus(models.TextChoices):
    ENROLLED = "enrolled", "已报名"
    WAITING = "waiting", "候补"
    PRESENT = "present", "已签到"
    LEFT = "left", "已签退"
    PASSED = "passed", "合格"
    FAILED = "failed", "不合格"
    ABSENT = "absent", "缺席"
    CANCELLED = "cancelled", "已取消"


# Those that hold a seat; and those that are still under way, of which a case has one at most.
SEATED = (
    EnrolmentStatus.ENROLLED,
    EnrolmentStatus.PRESENT,
    EnrolmentStatus.LEFT,
    EnrolmentStatus.PASSED,
    EnrolmentStatus.FAILED,
    EnrolmentStatus.ABSENT,
)
UNDER_WAY = (
    EnrolmentStatus.ENROLLED,
    EnrolmentStatus.WAITING,
    EnrolmentStatus.PRESENT,
    EnrolmentStatus.LEFT,
)


class Enrolment(models.Model):
    """One subject in one session, for the repair case that asked for it."""

    session = models.ForeignKey(TrainingSession, on_delete=models.PROTECT, related_name="enrolments")
    case = models.ForeignKey("workflow_app.Case", on_delete=models.PROTECT, related_name="enrolments")
    subject = models.ForeignKey("workflow_app.Subject", on_delete=models.PROTECT, related_name="enrolments")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=EnrolmentStatus.choices)
    enrolled_at = models.DateTimeField()
    checked_in_at = models.DateTimeField(null=True)
    checked_out_at = models.DateTimeField(null=True)
    score = models.PositiveIntegerField(null=True)
    certificate_number = models.CharField(max_length=60, null=True, unique=True)
    certificate_valid_until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "case"], name="one_enrolment_per_session_case"),
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(status__in=("enrolled", "waiting", "present", "left")),
                name="one_enrolment_under_way_per_case",
            ),
            models.CheckConstraint(
                condition=~Q(status="passed") | Q(certificate_number__isnull=False),
                name="passed_enrolment_has_certificate",
            ),
        ]
        indexes = [models.Index(fields=["subject", "status"])]

    def __str__(self) -> str:
        return f"{self.session_id} {self.subject_id} {self.status}"
