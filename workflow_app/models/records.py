"""信用信息: credit records and every change made to them, with the decision that allowed it."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class RecordCategory(models.TextChoices):
    LICENCE = "licence", "行政许可"
    PENALTY = "penalty", "行政处罚"
    LIST_ENTRY = "list_entry", "严重失信名单"
    ABNORMAL = "abnormal", "异常经营名录"
    BREACH = "breach", "违反承诺"
    OTHER = "other", "其他"


class RecordSeverity(models.TextChoices):
    NONE = "none", "不分级"
    MINOR = "minor", "轻微"
    GENERAL = "general", "一般"
    SERIOUS = "serious", "严重"


class StartRule(models.TextChoices):
    """Which of the three dates the publication period counts from."""

    FINDING = "finding", "认定文书日期"
    DECISION = "decision", "处罚决定日期"
    PUBLICATION = "publication", "公示日期"


class CreditRecord(models.Model):
    """One published decision or entry about a subject.

    `number` is the decision document's number and unique within the supplying agency. The three dates a period may
    start from are all kept; `start_rule` says which one was used.
    """

    subject = models.ForeignKey("workflow_app.Subject", on_delete=models.PROTECT, related_name="records")
    source_agency = models.ForeignKey("workflow_app.Agency", on_delete=models.PROTECT, related_name="records")
    category = models.CharField(max_length=20, choices=RecordCategory.choices)
    severity = models.CharField(max_length=20, choices=RecordSeverity.choices, default=RecordSeverity.NONE)
    number = models.CharField(max_length=120)
    title = models.CharField(max_length=300)
    facts = models.TextField(blank=True)
    basis = models.TextField(blank=True)
    content = models.TextField(blank=True)
    penalty_kinds = models.CharField(max_length=200, blank=True)
    amount_cents = models.BigIntegerField(null=True, blank=True)
    finding_on = models.DateField(null=True, blank=True)
    decision_on = models.DateField()
    published_on = models.DateField(null=True, blank=True)
    start_rule = models.CharField(max_length=20, choices=StartRule.choices, default=StartRule.DECISION)
    valid_until = models.DateField(null=True, blank=True)
    is_published = models.BooleanField(default=True)
    is_shared = models.BooleanField(default=True)
    is_disputed = models.BooleanField(default=False)
    is_deleted = models.BooleanField(default=False)
    repaired_at = models.DateTimeField(null=True, blank=True)
    reapply_blocked_until = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source_agency", "number"], name="one_record_per_agency_number"),
        ]
        indexes = [
            models.Index(fields=["subject", "category"]),
            # 双公示: whether what was decided was published in time.
            models.Index(
                fields=["published_on"],
                include=["source_agency", "decision_on"],
                condition=Q(category__in=("licence", "penalty"), is_deleted=False),
                name="record_published",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def period_starts_on(self):  # type: ignore[no-untyped-def]  # date; Django's descriptors say more than we can
        """The day the publication period counts from, by `start_rule`, else the decision date."""
        chosen = {
            StartRule.FINDING: self.finding_on,
            StartRule.DECISION: self.decision_on,
            StartRule.PUBLICATION: self.published_on,
        }[StartRule(self.start_rule)]
        return chosen or self.decision_on


class RecordImport(models.Model):
    """One file of records taken in: who, when, which bytes, and what became of its lines."""

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="record_imports")
    at = models.DateTimeField()
    kind = models.CharField(max_length=20, choices=RecordCategory.choices)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    encoding = models.CharField(max_length=10)
    new_count = models.PositiveIntegerField()
    unchanged_count = models.PositiveIntegerField()
    changed_count = models.PositiveIntegerField()
    refused_count = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.kind} {self.sha256[:8]}"


class RecordChange(models.Model):
    """One field of one record changed from old to new: by the decision in a case, or by what its unit supplied."""

    record = models.ForeignKey(CreditRecord, on_delete=models.PROTECT, related_name="changes")
    case = models.ForeignKey(
        "workflow_app.Case", null=True, on_delete=models.PROTECT, related_name="record_changes"
    )
    supplied_by = models.ForeignKey(RecordImport, null=True, on_delete=models.PROTECT, related_name="changes")
    field = models.CharField(max_length=40)
    old = models.TextField()
    new = models.TextField()
    reason = models.CharField(max_length=300)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(old=models.F("new")), name="record_change_changes_something"
            ),
            models.CheckConstraint(
                condition=Q(case__isnull=False, supplied_by__isnull=True)
                | Q(case__isnull=True, supplied_by__isnull=False),
                name="record_change_names_what_allows_it",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field}: {self.old} → {self.new}"
