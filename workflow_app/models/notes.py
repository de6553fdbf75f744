"""沟通和批注: what is said within a case besides the forms, and questions put to a source unit (协查)."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Audience(models.TextChoices):
    """Who reads a note: the officers of the case only, or the applicant as well."""

    OFFICE = "office", "内部批注"
    EVERYBODY = "everybody", "与申请人沟通"


class Note(models.Model):
    """One thing said in a case, never changed afterwards. `mentioned` are told of it and asked to look."""

    case = models.ForeignKey(
        "workflow_app.Case", on_delete=models.PROTECT, related_name="notes", db_index=False
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # Who spoke: the office, or the applicant's side. Accounts change sides, what was said does not.
    by_office = models.BooleanField()
    audience = models.CharField(max_length=10, choices=Audience.choices)
    text = models.TextField(max_length=2000)
    mentioned = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(audience="everybody") | Q(by_office=True), name="office_notes_are_by_the_office"
            )
        ]
        indexes = [models.Index(fields=["case", "id"], name="note_of_case")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.audience} {self.at:%Y-%m-%d %H:%M}"


class Assistance(models.Model):
    """协查: an officer asks a source unit about a case and has its answer, while the clocks go on."""

    case = models.ForeignKey("workflow_app.Case", on_delete=models.PROTECT, related_name="assistances")
    agency = models.ForeignKey("workflow_app.Agency", on_delete=models.PROTECT, related_name="assistances")
    question = models.TextField(max_length=2000)
    documents = models.ManyToManyField("workflow_app.Document", related_name="+")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    answer = models.TextField(max_length=4000, blank=True)
    answer_documents = models.ManyToManyField("workflow_app.Document", related_name="+")
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)
    # Taken back by who asked, or because the case has ended.
    cancelled_at = models.DateTimeField(null=True)
    # When the unit and who asked are next told of the due date; null when they have been told all there is.
    remind_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_by__isnull=True, answer="")
                | (Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer="")),
                name="answered_assistance_says_what_and_who",
            )
        ]
        indexes = [
            models.Index(
                fields=["agency", "due_at", "id"],
                condition=Q(answered_at__isnull=True, cancelled_at__isnull=True),
                name="assistance_open",
            ),
            models.Index(
                fields=["remind_at"],
                condition=Q(answered_at__isnull=True, cancelled_at__isnull=True),
                name="assistance_reminder_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} → {self.agency_id}"
