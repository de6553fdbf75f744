"""案件: cases, what people handed in, and their papers."""

import uuid

from django.conf import settings
from django.db import models


class CaseStatus(models.TextChoices):
    OPEN = "open", "办理中"
    WAITING_APPLICANT = "waiting_applicant", "等待申请人"
    CLOSED = "closed", "已办结"
    WITHDRAWN = "withdrawn", "已撤回"


class Channel(models.TextChoices):
    ONLINE = "online", "网上"
    WINDOW = "window", "窗口"


class Case(models.Model):
    """One run of one process.

    `state` is the engine's position, compressed, without the definition; `state_mac` authenticates it; it can only be
    read by the serializer version beside it. `rules` holds the deadline rules in force on the day of filing, by clock.
    `lock_version` counts the transitions and orders concurrent acts.
    """

    number = models.CharField(max_length=40, unique=True)
    process = models.SlugField(max_length=40)
    definition = models.ForeignKey("workflow_app.Definition", on_delete=models.PROTECT, related_name="cases")
    status = models.CharField(max_length=20, choices=CaseStatus.choices, default=CaseStatus.OPEN)
    outcome = models.CharField(max_length=40, blank=True)
    subject = models.ForeignKey("workflow_app.Subject", on_delete=models.PROTECT, related_name="cases")
    agency = models.ForeignKey("workflow_app.Agency", on_delete=models.PROTECT, related_name="cases")
    record = models.ForeignKey(
        "workflow_app.CreditRecord", null=True, on_delete=models.PROTECT, related_name="cases"
    )
    matter_text = models.ForeignKey(
        "workflow_app.MatterText", null=True, on_delete=models.PROTECT, related_name="cases"
    )
    applicant = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="cases"
    )
    filed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="filed_cases"
    )
    channel = models.CharField(max_length=20, choices=Channel.choices, default=Channel.ONLINE)
    filed_at = models.DateTimeField()
    # When the applicant had the answer: the clock named by the manifest stopped, or the case ended before it did.
    answered_at = models.DateTimeField(null=True)
    # Whether the answer has entered the monthly figures.
    is_counted = models.BooleanField(default=False)
    closed_at = models.DateTimeField(null=True)
    rules = models.JSONField(default=dict)
    state = models.BinaryField()
    state_mac = models.BinaryField(max_length=32)
    serializer_version = models.CharField(max_length=10)
    lock_version = models.PositiveIntegerField(default=0)
    event_count = models.PositiveIntegerField(default=0)
    event_hash = models.BinaryField(max_length=32, default=bytes)

    class Meta:
        indexes = [
            models.Index(fields=["subject", "-id"]),
            models.Index(fields=["agency", "process", "-id"]),
            models.Index(fields=["filed_at"], include=["agency", "process"], name="case_filed"),
            models.Index(
                fields=["id"],
                condition=models.Q(answered_at__isnull=False, is_counted=False),
                name="case_uncounted",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_finished(self) -> bool:
        return self.status in (CaseStatus.CLOSED, CaseStatus.WITHDRAWN)


class Submission(models.Model):
    """What a person handed in with one form. It never enters the engine's data as a whole."""

    # Read by case and form, or by task.
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="submissions", db_index=False)
    task = models.OneToOneField(
        "workflow_app.Task", null=True, on_delete=models.PROTECT, related_name="submission"
    )
    form = models.CharField(max_length=60)
    data = models.JSONField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    # Whether the search of cases finds what it says.
    is_indexed = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["case", "form"]),
            models.Index(fields=["id"], condition=models.Q(is_indexed=False), name="submission_unindexed"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.form}"


class Draft(models.Model):
    """A form begun and not yet handed in. Kept as typed, checked only when submitted.

    It is the start form of a process, or with `task` the form of that task. `version` counts the savings, so that two
    windows notice each other; `step` is the page of the form where its owner was last, from 0.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts")
    process = models.SlugField(max_length=40)
    task = models.ForeignKey("workflow_app.Task", null=True, on_delete=models.CASCADE, related_name="drafts")
    data = models.JSONField(default=dict)
    documents = models.JSONField(default=list)
    on_behalf_of = models.CharField(max_length=40, blank=True)
    version = models.PositiveIntegerField(default=0)
    step = models.PositiveSmallIntegerField(default=0)
    updated_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    # What became of it, so that submitting twice gives the same cases.
    cases = models.ManyToManyField(Case, related_name="drafts")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "task"],
                condition=models.Q(task__isnull=False),
                name="one_draft_per_owner_and_task",
            )
        ]

    def __str__(self) -> str:
        return f"{self.process} {self.id}"


class Document(models.Model):
    """材料: an uploaded paper. Its content lies in the blob store under its hash."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="documents")
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=60)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    uploaded_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
