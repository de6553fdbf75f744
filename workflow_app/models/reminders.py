"""催办: somebody in charge reminds whoever has to act."""

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
