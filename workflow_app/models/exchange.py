"""Messages that come in from outside, and effects sent out that others have to acknowledge."""

from django.db import models
from django.db.models import Q


class InboxMessage(models.Model):
    """A message for a case. It waits here until the process is at a point that catches it."""

    case = models.ForeignKey("workflow_app.Case", on_delete=models.CASCADE, related_name="inbox")
    name = models.CharField(max_length=60)
    # The sender's own id of the message: the same one twice is one message.
    key = models.CharField(max_length=80)
    data = models.JSONField(default=dict)
    received_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "name", "key"], name="one_message_per_key")]
        indexes = [
            models.Index(fields=["case"], condition=Q(delivered_at__isnull=True), name="inbox_waiting")
        ]

    def __str__(self) -> str:
        return self.name


class EffectReceipt(models.Model):
    """One recipient told about one effect of a decision (stop publication, lift measures) and its acknowledgement."""

    case = models.ForeignKey("workflow_app.Case", on_delete=models.PROTECT, related_name="effects")
    effect = models.CharField(max_length=40)
    recipient = models.CharField(max_length=120)
    sent_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    acknowledgement = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "effect", "recipient"], name="one_receipt_per_effect_recipient"
            )
        ]

    def __str__(self) -> str:
        return f"{self.effect} → {self.recipient}"
