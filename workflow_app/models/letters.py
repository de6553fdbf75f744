"""文书: letters, their gapless numbers, and what is published."""

from django.db import models
from django.db.models import Q


class LetterStatus(models.TextChoices):
    PENDING = "pending", "制作中"
    ISSUED = "issued", "有效"
    SUPERSEDED = "superseded", "已被取代"
    VOIDED = "voided", "已作废"
    FAILED = "failed", "制作失败"


class NumberSeries(models.Model):
    """The last number given in one series; the row lock makes numbers gapless."""

    key = models.CharField(max_length=80, primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.key}: {self.last}"


class Letter(models.Model):
    """One letter of a case.

    The row and its number are made in the transition that decides; the PDF is rendered and sealed afterwards by the
    worker from `record`, which holds all that the text may use, so that doing it twice gives one letter.
    """

    case = models.ForeignKey("workflow_app.Case", on_delete=models.PROTECT, related_name="letters")
    kind = models.CharField(max_length=40)
    # The engine's step that asked for it: the same step never makes two.
    origin = models.CharField(max_length=80)
    number = models.CharField(max_length=60, unique=True)
    title = models.CharField(max_length=120)
    agency = models.ForeignKey("workflow_app.Agency", on_delete=models.PROTECT, related_name="letters")
    status = models.CharField(max_length=12, choices=LetterStatus.choices, default=LetterStatus.PENDING)
    verify_code = models.CharField(max_length=40, unique=True)
    record = models.JSONField()
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    issued_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    # After a failure: not before this moment again.
    retry_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)
    status_reason = models.CharField(max_length=300, blank=True)
    superseded_by = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="supersedes")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "kind", "origin"], name="one_letter_per_step"),
            models.CheckConstraint(
                # A letter that is voided before it was made keeps its number and stays without content.
                condition=Q(status__in=("pending", "failed", "voided")) | ~Q(sha256=""),
                name="issued_letter_has_content",
            ),
        ]
        indexes = [models.Index(fields=["created_at"], condition=Q(status="pending"), name="letter_pending")]

    def __str__(self) -> str:
        return self.number


class Publication(models.Model):
    """公示: a letter or breach shown to everybody, from a day until a day."""

    case = models.ForeignKey("workflow_app.Case", on_delete=models.PROTECT, related_name="publications")
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    # What the public reads, with persons masked when it was made.
    content = models.JSONField()
    starts_on = models.DateField()
    ends_on = models.DateField()
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "kind"], name="one_publication_per_case_kind")]
        indexes = [
            models.Index(fields=["-starts_on"], condition=Q(stopped_at__isnull=True), name="publication_live")
        ]

    def __str__(self) -> str:
        return self.title
