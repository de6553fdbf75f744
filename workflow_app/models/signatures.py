"""签署: who signed what is filed, and consent to the privacy notice."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Capacity(models.TextChoices):
    """As what somebody signs."""

    SELF = "self", "本人"
    REPRESENTATIVE = "representative", "法定代表人（负责人）"
    AGENT = "agent", "经办人"
    CLERK = "clerk", "窗口人员（代录）"
    OFFICER = "officer", "承办人员"


class Signature(models.Model):
    """One signature under a draft, given before it is filed.

    `digest` is the SHA-256 (hex) of the canonical JSON of what was shown and signed: process, subject, data, papers by
    content. `factor` names how the account had proved itself, such as `password`.
    """

    draft = models.ForeignKey("workflow_app.Draft", on_delete=models.PROTECT, related_name="signatures")
    signer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="signatures")
    capacity = models.CharField(max_length=20, choices=Capacity.choices)
    statement = models.TextField()
    digest = models.CharField(max_length=64)
    factor = models.CharField(max_length=20)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["draft", "signer"], name="one_signature_per_draft_and_signer")
        ]

    def __str__(self) -> str:
        return f"{self.draft_id} {self.capacity}"


class CountersignRequest(models.Model):
    """An agent has signed a draft; the legal representative of its subject has to sign it too, or refuses to.

    While it is open the draft cannot be changed: taking the request back opens it again.
    """

    draft = models.OneToOneField(
        "workflow_app.Draft", on_delete=models.CASCADE, related_name="countersign_request"
    )
    subject = models.ForeignKey(
        "workflow_app.Subject", on_delete=models.PROTECT, related_name="countersign_requests"
    )
    asked_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    is_refused = models.BooleanField(default=False)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, settled_by__isnull=True, is_refused=False)
                | Q(settled_at__isnull=False, settled_by__isnull=False),
                name="settled_countersign_says_who",
            )
        ]
        indexes = [
            models.Index(fields=["subject"], condition=Q(settled_at__isnull=True), name="countersign_open")
        ]

    def __str__(self) -> str:
        return f"{self.draft_id} {self.asked_at:%Y-%m-%d}"


class PrivacyAcceptance(models.Model):
    """An account has read one version of the privacy notice (个人信息保护法 Art. 17) and agreed to it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="privacy_acceptances"
    )
    version = models.CharField(max_length=20)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "version"], name="one_acceptance_per_user_and_version")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.version}"
