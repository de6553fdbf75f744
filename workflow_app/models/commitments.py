"""承诺: the register of commitments made, with how each was kept."""

from django.db import models
from django.db.models import F, Q


class Performance(models.TextChoices):
    """履行状态 of a commitment."""

    RUNNING = "running", "履行中"
    FULFILLED = "fulfilled", "全部履行"
    PARTLY = "partly", "部分履行"
    UNMET = "unmet", "未履行"


class Commitment(models.Model):
    """One commitment in force or past, in the fields of the public register (GB/T 46277-2025 by an export mapping).

    承诺编码 `code`, 承诺内容 `content`, 违诺责任 `liability`, 承诺作出日期 `made_on`, 承诺有效期
    `valid_until`; subject, type, matter and accepting agency are those of the case.
    """

    case = models.OneToOneField("workflow_app.Case", on_delete=models.PROTECT, related_name="commitment")
    code = models.CharField(max_length=60, unique=True)
    content = models.TextField()
    liability = models.TextField()
    made_on = models.DateField()
    valid_until = models.DateField()
    is_public = models.BooleanField(default=False)
    performance = models.CharField(max_length=12, choices=Performance.choices, default=Performance.RUNNING)
    performance_on = models.DateField(null=True)
    performance_basis = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__gte=F("made_on")), name="commitment_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return self.code
