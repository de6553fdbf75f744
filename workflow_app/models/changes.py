"""Changes of the calendar, of office hours and of deadline rules: drafted, previewed, applied as a whole, undone."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class ChangeKind(models.TextChoices):
    CALENDAR = "calendar", "工作日历"
    HOURS = "hours", "办公时间"
    RULES = "rules", "时限规则"


class ChangeStatus(models.TextChoices):
    DRAFT = "draft", "草稿"
    APPLIED = "applied", "已生效"
    UNDONE = "undone", "已撤销"
    DISCARDED = "discarded", "已放弃"


class Change(models.Model):
    """What an administrator wants to be different, and what stood there before.

    `content` is what shall be (see workflow_app.services.changes for its shape by kind); `before`, written when it is
    applied, is what it replaced, in the same shape, so that undoing is applying that.
    """

    kind = models.CharField(max_length=10, choices=ChangeKind.choices)
    status = models.CharField(max_length=10, choices=ChangeStatus.choices, default=ChangeStatus.DRAFT)
    title = models.CharField(max_length=200)
    reason = models.CharField(max_length=500, blank=True)
    content = models.JSONField(default=dict)
    before = models.JSONField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    applied_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=("draft", "discarded"))
                | Q(applied_by__isnull=False, applied_at__isnull=False, before__isnull=False),
                name="applied_change_names_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(status="undone") | Q(undone_by__isnull=False, undone_at__isnull=False),
                name="undone_change_names_who_and_when",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class EffectOutcome(models.TextChoices):
    """What becomes of a running clock."""

    MOVES = "moves", "到期时间变动"
    OVERDUE = "overdue", "变为超期"
    RECOVERS = "recovers", "不再超期"


class ChangeEffect(models.Model):
    """What an applied change did to one clock. Terms are the clock's own figures, where a rule changed them."""

    change = models.ForeignKey(Change, on_delete=models.CASCADE, related_name="effects")
    clock = models.ForeignKey("workflow_app.Clock", on_delete=models.CASCADE, related_name="effects")
    outcome = models.CharField(max_length=10, choices=EffectOutcome.choices)
    before_due_at = models.DateTimeField()
    after_due_at = models.DateTimeField()
    before_terms = models.JSONField(default=dict)
    after_terms = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["change", "clock"], name="one_effect_per_change_and_clock")
        ]

    def __str__(self) -> str:
        return f"{self.clock_id} {self.outcome}"
