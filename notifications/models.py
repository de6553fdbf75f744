"""The outbox: what people have to be told, and how far each channel got with it.

A message is written in the transition that causes it, so it exists only if the act does. The worker renders it in its
reader's language, which puts it into the inbox, and hands it to the channels, each of which keeps a ledger row.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q

# A text that cannot be rendered is given up after this many tries and stays visible as a problem.
MOST_ATTEMPTS = 5


class Message(models.Model):
    """One thing told to one person.

    `values` fill the texts `notifications/<slug>/<event>` of the definition that the case is pinned to; without a case
    of the definition of `process` in force, and `path` is what the message leads to. `subject` and `body` are empty
    until the worker has rendered them; from then on the message stands in the inbox.
    """

    # Indexed as an inbox below.
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="messages", db_index=False
    )
    case = models.ForeignKey(
        "workflow_app.Case", null=True, on_delete=models.CASCADE, related_name="messages"
    )
    process = models.SlugField(max_length=40, blank=True, db_index=False)
    path = models.CharField(max_length=200, blank=True)
    event = models.CharField(max_length=60)
    # The step of the case that caused it: the same step never tells the same person twice.
    origin = models.CharField(max_length=80)
    values = models.JSONField(default=dict)
    language = models.CharField(max_length=10, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField()
    # Other channels than the inbox wait until then: ordinary notices keep to office hours.
    held_until = models.DateTimeField(null=True)
    rendered_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    problem = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "case", "event", "origin"], name="one_message_per_step_and_person"
            ),
            models.UniqueConstraint(
                fields=["recipient", "event", "origin"],
                condition=Q(case__isnull=True),
                name="one_message_without_case_per_origin",
            ),
            models.CheckConstraint(
                condition=Q(case__isnull=False, process="", path="")
                | (Q(case__isnull=True) & ~Q(process="") & ~Q(path="")),
                name="message_is_about_a_case_or_a_place",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(rendered_at__isnull=True), name="message_waiting"),
            models.Index(fields=["recipient", "-id"], name="message_inbox"),
        ]

    def __str__(self) -> str:
        return self.subject or self.event


class DeliveryStatus(models.TextChoices):
    """How far one channel got. UNCONFIRMED: handed over, but the answer was lost; it is never sent again by itself."""

    WAITING = "waiting", "待发送"
    SENDING = "sending", "发送中"
    SENT = "sent", "已发送"
    BOUNCED = "bounced", "被退回"
    FAILED = "failed", "发送失败"
    UNCONFIRMED = "unconfirmed", "结果不明"


class Delivery(models.Model):
    """One message through one channel to one address."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=20)
    address = models.CharField(max_length=254)
    status = models.CharField(max_length=12, choices=DeliveryStatus.choices, default=DeliveryStatus.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "channel"], name="one_delivery_per_channel")
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(status__in=("waiting", "sending")), name="delivery_due"
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel} → {self.address} ({self.status})"


class Preference(models.Model):
    """What an account does not want by a channel, as `email.progress`; the inbox always has everything."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_preference"
    )
    unwanted = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.user_id}: {self.unwanted}"
