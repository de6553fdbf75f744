"""催办: somebody in charge reminds whoever has to act; and reminders that applicants ask for themselves."""

from django.conf import settings
from django.db import models


class Reminder(models.Model):
    """One reminder of one task. `told` lists the accounts it went to, by key and in order."""

    case = models.ForeignKey("workflow_app.Case", on_delete=models.PROTECT, related_name="reminders")
    task = models.ForeignKey("workflow_app.Task", on_delete=models.PROTECT, related_name="reminders")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)
    told = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.task_id} {self.at:%Y-%m-%d %H:%M}"


class ApplyReminder(models.Model):
    """An account wants to be told shortly before repair of a record may be applied for."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="apply_reminders"
    )
    record = models.ForeignKey(
        "workflow_app.CreditRecord", on_delete=models.CASCADE, related_name="apply_reminders"
    )
    remind_on = models.DateField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "record"], name="one_apply_reminder_per_user_and_record")
        ]
        indexes = [
            models.Index(
                fields=["remind_on"], condition=models.Q(sent_at__isnull=True), name="apply_reminder_due"
            )
        ]

    def __str__(self) -> str:
        return f"{self.record_id} {self.remind_on}"
