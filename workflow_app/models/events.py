"""留痕: the audit trail. Rows are only ever added; a database trigger refuses anything else."""

from django.conf import settings
from django.db import models


class Event(models.Model):
    """One thing that happened in a case, chained to the one before by its hash.

    `hash` = SHA-256 over the previous hash and the canonical JSON of sequence, kind, actor, moment and data.
    """

    # The trail is read case by case, by the constraint below.
    case = models.ForeignKey(
        "workflow_app.Case", on_delete=models.PROTECT, related_name="events", db_index=False
    )
    sequence = models.PositiveIntegerField()
    kind = models.CharField(max_length=60)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    data = models.JSONField(default=dict)
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "sequence"], name="one_event_per_sequence")]

    def __str__(self) -> str:
        return f"{self.kind} #{self.sequence}"
