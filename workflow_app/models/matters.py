"""承诺事项: the published catalogue of what can be had on commitment, with its dated texts."""

from django.db import models
from django.db.models import F, Q


class CommitmentType(models.TextChoices):
    APPROVAL = "approval", "审批替代型"
    PROOF = "proof", "证明事项型"
    DEFERRED = "deferred", "容缺受理型"
    PUBLIC = "public", "主动公示型"
    INDUSTRY = "industry", "行业自律型"
    REPAIR = "repair", "信用修复型"


class Matter(models.Model):
    """One item of the catalogue: who is in charge, how it is accepted, checked and published."""

    code = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    commitment_type = models.CharField(max_length=20, choices=CommitmentType.choices)
    industry = models.CharField(max_length=60)
    agency = models.ForeignKey("workflow_app.Agency", on_delete=models.PROTECT, related_name="matters")
    # Security, prudential finance, environment, health and life are not for commitment.
    is_suitable = models.BooleanField(default=True)
    is_auto_accepted = models.BooleanField(default=False)
    is_public = models.BooleanField(default=False)
    publication_days = models.PositiveIntegerField(default=365)
    validity_days = models.PositiveIntegerField(default=365)
    # The matter's own period for the ex-post check, in working days; empty: the general rule.
    check_days = models.PositiveIntegerField(null=True, blank=True)
    is_open = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.title


class MatterText(models.Model):
    """One version of a matter's texts. A case keeps the version it was told about."""

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="texts")
    version = models.PositiveIntegerField()
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    legal_basis = models.TextField()
    conditions = models.TextField()
    content = models.TextField()
    consequences = models.TextField()
    checking = models.TextField()
    deferrable_papers = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["matter", "version"], name="one_text_per_matter_version"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="matter_text_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.matter_id} v{self.version}"
